//! Officers who do not give up: whatever happens to the line, the very same request is repeated
//! until it is answered or refused.

use std::time::{Duration, Instant};

use akashi_ledger::{Ledger, Standing, Verifying};
use akashi_ra_console::Desk;
use akashi_town::PaperCard;
use akashi_wire::act::{Act, IdentityProof, Procedure, Refusal, RequestId};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::signed::MessageKind;
use akashi_wire::{Answer, CaseId, Deed, MunicipalityCode, SerialNumber, SignedMessage};

use crate::key::CardKey;
use crate::scene::Scene;
use crate::truth::Answered;

/// Whoever is not answered for so long was forgotten.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many answers are remembered, to be asked for again.
const REMEMBERED: usize = 64;

/// An officer with a desk. The desk signs; what is sent, and how often, is decided here.
pub struct Officer {
    pub number: usize,
    pub municipality: MunicipalityCode,
    pub desk: Desk,
    pub client: reqwest::Client,
    pub url: String,
}

/// What came of an act.
pub type Outcome = Result<Answer, Refusal>;

/// A case in which a key may be certified.
pub struct Case {
    pub person: usize,
    pub case: CaseId,
    pub card: String,
    pub challenge: Vec<u8>,
}

/// A certificate and the case that it came of.
#[derive(Debug, Clone)]
pub struct Issued {
    pub case: CaseId,
    pub card: String,
    pub serial: SerialNumber,
    pub octets: Vec<u8>,
}

impl Officer {
    /// Whether the authority tells its time.
    pub async fn reaches(&self) -> bool {
        let asked = self.client.get(format!("{}/authority", self.url)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// Sends an act once. The error is the line's.
    pub async fn send(&self, act: &SignedMessage) -> Result<Outcome, String> {
        let request = self.client.post(format!("{}/acts", self.url)).body(act.as_der().to_vec());
        let answer = request.send().await.map_err(|e| e.to_string())?;
        let granted = answer.status().is_success();
        let octets = answer.bytes().await.map_err(|e| e.to_string())?;
        if granted {
            serde_json::from_slice(&octets).map(Ok).map_err(|e| e.to_string())
        } else {
            serde_json::from_slice(&octets).map(Err).map_err(|e| e.to_string())
        }
    }

    /// Sends the same octets until they are answered or refused for good.
    pub async fn insist(&self, scene: &Scene, act: &SignedMessage) -> Outcome {
        let until = Instant::now() + PATIENCE;
        let mut broke_off = false;
        loop {
            let not_now = match self.send(act).await {
                Ok(Err(
                    why @ (Refusal::NotNowPossible
                    | Refusal::ClockBehind
                    | Refusal::RegistryUnreachable),
                )) => why.to_string(),
                Ok(outcome) => return outcome,
                Err(broken) => {
                    if !broke_off {
                        scene.notes.count("interrupted");
                        broke_off = true;
                    }
                    broken
                }
            };
            if Instant::now() > until {
                scene.notes.finding(format!("an act got no answer for a minute: {not_now}"));
                return Err(Refusal::NotNowPossible);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Signs an act and insists; now and then two copies of it go out at once.
    pub async fn ask(&self, scene: &Scene, deed: Deed) -> (RequestId, Outcome) {
        let act = self.desk.sign(deed).expect("a token signs");
        let verified = act.clone().verify(MessageKind::Act).expect("we signed it");
        let read: Act = serde_json::from_slice(verified.content()).expect("we wrote it");
        let outcome = if rand::random_range(0..6) == 0 {
            scene.notes.count("doubled");
            let (one, other) = tokio::join!(self.insist(scene, &act), self.insist(scene, &act));
            self.the_same(scene, &read.deed, &act, one, other).await
        } else {
            self.insist(scene, &act).await
        };
        if let Ok(answer) = &outcome {
            let answers = &mut scene.truth.memory().answers;
            let (officer, answer) = (self.number, answer.clone());
            answers.push(Answered { officer, act, answer });
            let surplus = answers.len().saturating_sub(REMEMBERED);
            answers.drain(..surplus);
        }
        (read.request, outcome)
    }

    /// What two copies of one request came to: the same answer, or a clear refusal. Between two
    /// copies the register may change that a look-up asks, and the certificate may end that stood in
    /// the way of an application: then one is refused and the other granted, and granted it stays.
    async fn the_same(
        &self,
        scene: &Scene,
        deed: &Deed,
        act: &SignedMessage,
        one: Outcome,
        other: Outcome,
    ) -> Outcome {
        match (one, other) {
            (Err(one), Err(_)) => Err(one),
            (Ok(answer), Err(why)) | (Err(why), Ok(answer))
                if may_be_granted_later(scene, deed, &why).await
                    && self.insist(scene, act).await.as_ref() == Ok(&answer) =>
            {
                Ok(answer)
            }
            (one, other) => {
                if one != other {
                    let verb = deed.verb();
                    scene.notes.finding(format!("{verb} twice at once: {one:?} and {other:?}"));
                }
                one
            }
        }
    }

    /// Opens a case and finds the person in the register.
    pub async fn find(
        &self,
        scene: &Scene,
        procedure: Procedure,
        person: usize,
    ) -> Result<CaseId, Refusal> {
        let Answer::CaseOpened { case, .. } =
            self.ask(scene, Deed::OpenCase { procedure }).await.1?
        else {
            return Err(unexpected("open_case"));
        };
        let by = scene.by_items(person);
        self.ask(scene, Deed::LookUp { case, by }).await.1.map(|_| case)
    }

    /// Brings a case to the point where a key may be certified.
    pub async fn apply(&self, scene: &Scene, person: usize) -> Result<Case, Refusal> {
        let case = self.find(scene, Procedure::Issue, person).await?;
        self.apply_in(scene, person, case).await
    }

    /// The application in an open case.
    pub async fn apply_in(
        &self,
        scene: &Scene,
        person: usize,
        case: CaseId,
    ) -> Result<Case, Refusal> {
        let card = hex::encode_upper(rand::random::<[u8; 8]>());
        let deed = Deed::Apply {
            case,
            card: card.clone(),
            identity: IdentityProof::ResidentCard,
            under_guardianship: None,
            name_choices: Default::default(),
            address_choices: Default::default(),
        };
        match self.ask(scene, deed).await.1? {
            Answer::Permitted { challenge, .. } => {
                Ok(Case { person, case, card, challenge: challenge.0 })
            }
            _ => Err(unexpected("apply")),
        }
    }

    /// Has a card of paper make this key.
    pub async fn make_key(
        &self,
        scene: &Scene,
        case: &Case,
        key: &CardKey,
    ) -> Result<PaperCard, Refusal> {
        let keys = scene.card_master.card_keys(&case.card);
        let mut paper = PaperCard::new(&case.card, keys, &key.public_key());
        let open = Deed::OpenChannel { case: case.case, card: case.card.clone() };
        let opened = self.ask(scene, open).await.1?;
        match self.carry(scene, case.case, &mut paper, opened).await? {
            Answer::KeyMade { .. } => Ok(paper),
            _ => Err(unexpected("card_answered")),
        }
    }

    /// Carries what the authority tells the card, until it says something else.
    async fn carry(
        &self,
        scene: &Scene,
        case: CaseId,
        paper: &mut PaperCard,
        mut answer: Answer,
    ) -> Result<Answer, Refusal> {
        while let Answer::Commands { run } = answer {
            answer = self.ask(scene, paper.carried(case, &run)).await.1?;
        }
        Ok(answer)
    }

    /// Has a key made, hands in the proof of possession, writes what was issued into the card.
    pub async fn certify(
        &self,
        scene: &Scene,
        case: &Case,
        key: &CardKey,
    ) -> Result<Issued, Refusal> {
        let paper = self.make_key(scene, case, key).await?;
        self.hand_in(scene, case, key, paper).await
    }

    /// The same from where the key is made.
    pub async fn hand_in(
        &self,
        scene: &Scene,
        case: &Case,
        key: &CardKey,
        mut paper: PaperCard,
    ) -> Result<Issued, Refusal> {
        let (request, outcome) = self.ask(scene, certify(case, key)).await;
        let Answer::Certified { serial, certificate, run, .. } = outcome? else {
            return Err(unexpected("certify"));
        };
        let octets = certificate.0;
        let received = (serial, octets.clone());
        scene.truth.received(&scene.notes, (case.person, request), received);
        match self.carry(scene, case.case, &mut paper, Answer::Commands { run }).await {
            // The register may end the certificate before it is written.
            Ok(Answer::Activated) | Err(Refusal::CertificateEnded) => {}
            Ok(other) => scene.notes.finding(format!("writing a card: {other:?}")),
            Err(refusal) => scene.notes.finding(format!("writing a card: {refusal}")),
        }
        Ok(Issued { case: case.case, card: case.card.clone(), serial, octets })
    }

    /// Confirms that the certificate is in the card.
    pub async fn deliver(&self, scene: &Scene, issued: &Issued) -> Result<(), Refusal> {
        let deed = Deed::ConfirmDelivery {
            case: issued.case,
            card: issued.card.clone(),
            read_back: Sha256::of(&issued.octets),
        };
        self.ask(scene, deed).await.1.map(|_| ())
    }

    /// A whole case.
    pub async fn issue(&self, scene: &Scene, person: usize) -> Result<Issued, Refusal> {
        let case = self.apply(scene, person).await?;
        let issued = self.certify(scene, &case, &scene.keys.next()).await?;
        self.deliver(scene, &issued).await?;
        Ok(issued)
    }
}

/// The act that makes a certificate.
pub fn certify(case: &Case, key: &CardKey) -> Deed {
    let proof = Octets(key.proof(&case.challenge).unwrap());
    Deed::Certify { case: case.case, card: case.card.clone(), proof }
}

fn unexpected(act: &str) -> Refusal {
    Refusal::Malformed { what: format!("another answer to {act}") }
}

/// Whether what a refusal rests on may have changed a moment after it.
async fn may_be_granted_later(scene: &Scene, deed: &Deed, why: &Refusal) -> bool {
    match (deed, why) {
        (Deed::LookUp { .. }, _) => true,
        (Deed::Apply { .. }, Refusal::AlreadyCertified { serial, .. }) => {
            let Ok(ledger) = Ledger::<Verifying>::open(&scene.ledger()).await else { return false };
            let standing = ledger.standing(*serial).await;
            ledger.close().await;
            matches!(standing, Ok(Some(Standing::Revoked { .. })))
        }
        _ => false,
    }
}
