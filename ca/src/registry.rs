//! The authority as a client of the registry: 本人確認情報の照会.
//!
//! The desk never asks by itself. The answer is believed only when an enrolled registry of that
//! municipality signed it, for this very question.

mod faults;

use std::sync::Arc;
use std::time::Duration;

use akashi_keys::{CodeHash, OfficerToken, Opener, Vault};
use akashi_ledger::{Issuing, Ledger, LedgerError};
use akashi_link::{TimeFault, causes, is_of_tls};
use akashi_wire::act::Refusal;
use akashi_wire::lookup::{LookUpAnswer, LookUpEnvelope, LookUpRequest, ResidentRecord, Whom};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::{MEDIA_TYPE, MessageKind};
use akashi_wire::time::{TimeAnswer, TimeQuestion};
use akashi_wire::{Alarm, MunicipalityCode, SignedMessage};
use jiff::{SignedDuration, Timestamp};

use crate::CaError;
use faults::{Faults, NotUnderstood, read};

/// Octets of an answer, at most: a hundred persons with the longest texts have fewer.
const ANSWER: usize = 2 * 1024 * 1024;
/// How far the register's clock may be ahead of ours. An answer of the future would stay fresh for
/// ever.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// It answers within this time, or not at all: well within the time for which a desk waits for the authority.
pub(crate) const ANSWERS: Duration = Duration::from_secs(8);

/// The registry at the other end of a link.
#[derive(Clone)]
pub struct RegistryClient {
    client: reqwest::Client,
    url: String,
    opener: Arc<Opener>,
    token: Arc<OfficerToken>,
    faults: Faults,
}

/// Why a look-up came to nothing.
enum NoAnswer {
    /// Whoever asked can do something about it.
    Refused(Refusal),
    /// Nothing came.
    Unreachable(String),
    /// What came is the operator's matter.
    NotUnderstood(NotUnderstood),
    /// The book.
    Book(LedgerError),
}

impl From<NotUnderstood> for NoAnswer {
    fn from(why: NotUnderstood) -> Self {
        Self::NotUnderstood(why)
    }
}

impl From<LedgerError> for NoAnswer {
    fn from(error: LedgerError) -> Self {
        Self::Book(error)
    }
}

/// Exactly one person, with the keyed hash of the resident code.
pub struct FoundPerson {
    /// As the registry has the record.
    pub record: ResidentRecord,
    /// Who.
    pub code_hash: CodeHash,
    /// State of the register that was read.
    pub as_of: Timestamp,
}

impl RegistryClient {
    /// A client that asks at `url` (without a slash at the end), with questions that this token signs.
    pub fn new(
        client: reqwest::Client,
        url: String,
        opener: Arc<Opener>,
        token: Arc<OfficerToken>,
    ) -> Self {
        Self { client, url, opener, token, faults: Faults::default() }
    }

    /// What is wrong with registries, for whoever runs the authority.
    pub(crate) fn alarms(&self) -> Vec<Alarm> {
        self.faults.alarms()
    }

    /// Asks; gives the one person who fits, in an answer that is as fresh as it has to be for what is asked.
    ///
    /// # Errors
    /// `NotInRegister`, `SeveralInRegister`; `RegistryUnreachable` where no answer came, `RegistryNotUnderstood` where one
    /// came that cannot be read or believed, `RegistryEnded` where its key is over: nothing may be issued on it.
    pub async fn look_up(
        &self,
        request: &LookUpRequest,
        ledger: &Ledger<Issuing>,
        vault: &Vault,
        (now, is_fresh): (Timestamp, impl Fn(Timestamp) -> bool),
    ) -> Result<FoundPerson, CaError> {
        let (town, question) = (request.municipality, self.question(request, now)?);
        let found = self.look_up_by(question, request, (ledger, vault), now).await;
        let found = found.and_then(|found| match is_fresh(found.as_of) {
            true => Ok(found),
            false => Err(NotUnderstood::Stale { as_of: found.as_of, now }.into()),
        });
        match found {
            Ok(found) => {
                self.faults.understood(town);
                Ok(found)
            }
            Err(NoAnswer::Refused(refusal)) => {
                self.faults.understood(town);
                Err(refusal.into())
            }
            Err(NoAnswer::Unreachable(why)) => {
                self.faults.unreachable(town, why);
                Err(Refusal::RegistryUnreachable.into())
            }
            Err(NoAnswer::NotUnderstood(why)) => {
                self.faults.not_understood(town, &why);
                Err(match why {
                    NotUnderstood::Ended => Refusal::RegistryEnded,
                    _ => Refusal::RegistryNotUnderstood,
                }
                .into())
            }
            Err(NoAnswer::Book(error)) => Err(error.into()),
        }
    }

    /// The signed question.
    fn question(&self, request: &LookUpRequest, now: Timestamp) -> Result<Vec<u8>, CaError> {
        let octets = serde_json::to_vec(request).expect("a question is JSON");
        let (kind, certificate) = (MessageKind::LookUpQuestion, self.token.certificate());
        let sign = |octets: &[u8]| self.token.sign(octets);
        let question = SignedMessage::sign(kind, &octets, certificate, now, sign)
            .map_err(|_| CaError::BadSignature("the registry client's own key"))?;
        Ok(question.as_der().to_vec())
    }

    async fn look_up_by(
        &self,
        question: Vec<u8>,
        request: &LookUpRequest,
        (ledger, vault): (&Ledger<Issuing>, &Vault),
        now: Timestamp,
    ) -> Result<FoundPerson, NoAnswer> {
        let digest = Sha256::of(&question);
        let (sealed, media_type) = self.ask("lookup", MEDIA_TYPE, question).await?;
        let envelope = self.opener.open(&sealed);
        let envelope = envelope.map_err(|_| NotUnderstood::Sealed { media_type })?;
        let envelope: LookUpEnvelope = read("the envelope", &envelope)?;
        let signed = SignedMessage::from_der(envelope.signed.0)
            .verify(MessageKind::LookUpAnswer)
            .map_err(|error| NotUnderstood::Signature(error.to_string()))?;
        let signer = ledger.enrolment_of(Sha256::of(signed.signer())).await?;
        if signer.as_ref().is_some_and(|signer| signer.superseded_at.is_some()) {
            return Err(NotUnderstood::Ended.into());
        }
        let expected = request.municipality;
        let signer = signer.ok_or(NotUnderstood::Stranger { expected })?;
        if signer.role != (Role::Registry { municipality: expected }) {
            return Err(NotUnderstood::OtherParty { expected, party: signer.party }.into());
        }
        if !signer.is_in_force(now) || !signed.signer_has_not_ended(now) {
            return Err(NotUnderstood::NotInForce { party: signer.party }.into());
        }
        let answer: LookUpAnswer = read("the answer", signed.content())?;
        // While nobody knows the time it may be of any later one.
        if !is_of_now_or_before(answer.as_of, now) && ledger.is_time_known().await? {
            return Err(NotUnderstood::Future { as_of: answer.as_of, now }.into());
        }
        if answer.request != digest || answer.case != request.case {
            return Err(NotUnderstood::OtherQuestion.into());
        }
        let (persons, openings) = (answer.persons.len(), envelope.openings.len());
        if persons != openings {
            return Err(NotUnderstood::Openings { persons, openings }.into());
        }
        match (answer.persons.as_slice(), envelope.openings.as_slice()) {
            ([record], [opening]) => {
                let code = opening.open(&record.resident).ok_or(NotUnderstood::Commitment)?;
                if let Whom::Code { opening: asked } = &request.whom
                    && asked.open(&asked.commitment()).as_ref() != Some(&code)
                {
                    // Somebody else's record, whatever the reason.
                    return Err(NotUnderstood::OtherPerson.into());
                }
                let code_hash = vault.code_hash(code.expose());
                Ok(FoundPerson { record: record.clone(), code_hash, as_of: answer.as_of })
            }
            ([], _) => Err(NoAnswer::Refused(Refusal::NotInRegister)),
            (several, _) => {
                let count = several.len();
                Err(NoAnswer::Refused(Refusal::SeveralInRegister { count }))
            }
        }
    }

    /// What time the register of a municipality says it is, over a challenge that nobody has seen before;
    /// `None` where it does not answer, or not so that it can be believed.
    pub async fn time(
        &self,
        municipality: MunicipalityCode,
        challenge: Sha256,
        ledger: &Ledger<Issuing>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let question = TimeQuestion { municipality, challenge };
        let question = serde_json::to_vec(&question).expect("a question is JSON");
        let Ok((answer, _)) = self.ask("time", "application/json", question).await else {
            return Ok(None);
        };
        let Some((signer, at)) = said(answer, challenge) else { return Ok(None) };
        let signer = ledger.enrolment_of(signer).await?;
        let is_its = signer.is_some_and(|signer| {
            signer.is_in_force(now) && signer.role == Role::Registry { municipality }
        });
        Ok(is_its.then_some(at))
    }

    /// The answer, and its media type.
    async fn ask(
        &self,
        what: &str,
        kind: &str,
        question: Vec<u8>,
    ) -> Result<(Vec<u8>, String), NoAnswer> {
        let asking = self
            .client
            .post(format!("{}/{what}", self.url))
            .header("content-type", kind)
            .timeout(ANSWERS)
            .body(question)
            .send();
        let answer = asking.await.map_err(|error| match TimeFault::of(&error) {
            Some(TimeFault::PeerEnded) => NotUnderstood::Ended.into(),
            // Of the two ends' clocks and certificates: in its own words.
            Some(fault) => NotUnderstood::Link(fault.to_string()).into(),
            None if error.is_timeout() && !error.is_connect() => {
                NoAnswer::Unreachable(format!("no answer within {} s", ANSWERS.as_secs()))
            }
            // Somebody is there, and it is not whom this link is for, or not in a language of ours.
            None if is_of_tls(&error) => NotUnderstood::Link(causes(&error)).into(),
            None => NoAnswer::Unreachable(causes(&error)),
        })?;
        let media_type = media_type(&answer);
        match answer.status().as_u16() {
            200..=299 => Ok((whole(answer).await?, media_type)),
            // Whoever stands before it says that it is not there.
            status @ 502..=504 => Err(NoAnswer::Unreachable(format!("HTTP status {status}"))),
            status => Err(NotUnderstood::Status(status).into()),
        }
    }
}

/// As it says itself, as far as that may be shown.
fn media_type(answer: &reqwest::Response) -> String {
    let told = answer.headers().get("content-type").and_then(|told| told.to_str().ok());
    let may = |letter: &char| letter.is_ascii_alphanumeric() || "/+-.".contains(*letter);
    match told {
        Some(told) => told.chars().take_while(may).take(80).collect(),
        None => "not said".into(),
    }
}

/// Who says what time it is, to this challenge and no other: by the SHA-256 of the certificate.
fn said(answer: Vec<u8>, challenge: Sha256) -> Option<(Sha256, Timestamp)> {
    let signed = SignedMessage::from_der(answer).verify(MessageKind::TimeAnswer).ok()?;
    let answer: TimeAnswer = serde_json::from_slice(signed.content()).ok()?;
    let signer = Sha256::of(signed.signer());
    (answer.challenge == challenge).then_some((signer, answer.at))
}

/// Whether the state of a register can be known already, as clocks go.
fn is_of_now_or_before(as_of: Timestamp, now: Timestamp) -> bool {
    as_of.duration_since(now) <= AHEAD
}

/// An answer, if it is no longer than one may be: what comes after is not waited for.
async fn whole(mut answer: reqwest::Response) -> Result<Vec<u8>, NoAnswer> {
    let mut octets = Vec::new();
    loop {
        let chunk = answer.chunk().await;
        let chunk = chunk.map_err(|error| NoAnswer::Unreachable(causes(&error)))?;
        let Some(chunk) = chunk else { return Ok(octets) };
        if octets.len() + chunk.len() > ANSWER {
            return Err(NotUnderstood::TooLong { most: ANSWER }.into());
        }
        octets.extend_from_slice(&chunk);
    }
}

#[cfg(test)]
mod tests {
    use akashi_keys::{EcKey, LinkAuthority, Signer, Usage};

    use super::*;

    #[tokio::test]
    async fn an_answer_of_the_register_is_read_up_to_its_bound_and_no_further() {
        let answer = |octets: usize| axum::http::Response::new(vec![7; octets]).into();
        let length = async |octets| whole(answer(octets)).await.ok().map(|octets| octets.len());
        assert_eq!(length(0).await, Some(0));
        assert_eq!(length(ANSWER).await, Some(ANSWER));
        assert_eq!(length(ANSWER + 1).await, None);
    }

    #[test]
    fn a_registry_is_waited_for_for_a_part_of_the_time_for_which_a_desk_waits() {
        assert!(2 * ANSWERS < akashi_link::ANSWERS);
    }

    #[test]
    fn an_answer_of_the_future_would_stay_fresh_for_ever_and_is_none() {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        for as_of in [now, now + AHEAD, Timestamp::UNIX_EPOCH, Timestamp::MIN] {
            assert!(is_of_now_or_before(as_of, now), "{as_of}");
        }
        let later = now + AHEAD + SignedDuration::from_nanos(1);
        for as_of in [later, Timestamp::MAX] {
            assert!(!is_of_now_or_before(as_of, now), "{as_of}");
        }
    }
    #[test]
    fn an_answer_what_time_it_is_is_one_to_its_own_challenge_and_as_what_it_is() {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", now).unwrap();
        let key = EcKey::generate().unwrap();
        let usage = Usage::Party { hosts: Vec::new() };
        let certificate = link.certify(key.public_key(), "register", &usage, now).unwrap();
        let (ours, before) = (Sha256([1; 32]), Sha256([2; 32]));
        let answer =
            serde_json::to_vec(&TimeAnswer { challenge: ours, at: now, boot: None }).unwrap();
        let signed = |kind| {
            let sign = |octets: &[u8]| key.sign(octets);
            let message = SignedMessage::sign(kind, &answer, &certificate, now, sign).unwrap();
            message.as_der().to_vec()
        };
        let signer = Sha256::of(&certificate);
        assert_eq!(said(signed(MessageKind::TimeAnswer), ours), Some((signer, now)));
        assert_eq!(said(signed(MessageKind::TimeAnswer), before), None, "of before");
        assert_eq!(said(signed(MessageKind::LookUpAnswer), ours), None, "said of something else");
        assert_eq!(said(b"no message".to_vec(), ours), None);
    }
}
