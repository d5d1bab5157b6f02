//! The authority that every seed begins with: founded once, its parties enrolled, its book copied.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use akashi::init::{OFFICE_TERMINALS, Plan, SECURITY_OFFICERS, init};
use akashi_edge::{LedgerRole, Opened};
use akashi_keys::{CardMaster, EcKey, OfficerToken, Passphrase, RsaSize};
use akashi_ledger::Access;
use akashi_registry::TownIdentity;
use akashi_town::PASSPHRASE;
use akashi_wire::act::{Act, Answer, Deed, RequestId};
use akashi_wire::clock::{Clock, SimulatedClock};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{MunicipalityCode, SignedMessage};
use jiff::{Timestamp, ToSpan};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::book::Book;
use crate::lens::Lens;
use crate::prefecture::Authority;
use crate::trouble::Trouble;

/// The towns that play: 鳥取市, 米子市, 倉吉市.
pub const TOWNS: [&str; 3] = ["312011", "312029", "312037"];

/// Founded on this day.
pub fn founding_day() -> Timestamp {
    "2021-11-30T00:00:00Z".parse().expect("a time")
}

/// An officer at a terminal, with the token.
#[derive(Clone)]
pub struct Officer {
    /// Signs every act.
    pub token: Arc<OfficerToken>,
    /// DER of the terminal's certificate.
    pub terminal: Arc<[u8]>,
}

/// The authority with its parties, before anything happened.
pub struct Founded {
    /// Keys and configuration.
    pub opened: Opened,
    /// DER of the authority's certificate.
    pub certificate: Vec<u8>,
    /// Two officers a town.
    pub officers: BTreeMap<MunicipalityCode, [Officer; 2]>,
    /// The municipalities' registries.
    pub sources: Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>>,
    /// Who answers for the register of which municipality.
    pub registries: Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>>,
    /// An agency.
    pub agency: Arc<OfficerToken>,
    /// Who may ask.
    pub access: Access,
    /// From what the keys of every card come.
    pub card_master: CardMaster,
    /// The book, which nobody has open.
    book: Book,
    #[expect(dead_code, reason = "keys and file lie in it")]
    dir: tempfile::TempDir,
}

/// A directory of a simulation, in memory where there is room for it.
pub fn directory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a directory")
}

impl Founded {
    /// Founds an authority and enrols everybody who plays.
    pub fn make(access: Access) -> Self {
        let runtime = crate::process::runtime();
        let (dir, now) = (directory(), founding_day());
        let home = dir.path().join("authority");
        let book = Book::new(dir.path());
        let mut rng = StdRng::seed_from_u64(1);
        let passphrase = Passphrase::new(PASSPHRASE.into()).expect("long enough");
        let plan = Plan {
            prefecture: "310000".parse().expect("a prefecture"),
            organisation: "Akashi Test".into(),
            policy: None,
            policy_critical: false,
            validity: Default::default(),
            access,
            host: std::net::Ipv4Addr::LOCALHOST.into(),
            ports: [None; 6],
            public_host: None,
            public_ports: [None; 2],
            ledger: book.address().to_owned(),
            registry_url: "https://127.0.0.1:9".into(),
            size: RsaSize::Rsa2048,
            security_officers: vec!["証 守".into(), "証 護".into()],
            token_iterations: akashi_town::FEW_ITERATIONS,
            custody_cost: akashi_town::CHEAP,
            recovery: akashi_keys::Quorum {
                holders: ["一", "二", "三"].map(String::from).into(),
                needed: 2,
            },
            mark: None,
        };
        let founding = init(&home, &plan, &passphrase, [PASSPHRASE; 2], now, &mut rng);
        let certificate = runtime.block_on(founding).expect("an authority is founded").certificate;
        let opened = Opened::open(&home, &passphrase).expect("its keys open");
        let security = SECURITY_OFFICERS
            .map(|file| OfficerToken::open(&home.join(file), PASSPHRASE).expect("a token"));
        let office = OfficerToken::open(&home.join(OFFICE_TERMINALS[0]), PASSPHRASE);
        let office = office.expect("a terminal's key").certificate().to_vec();
        let lens = Arc::new(Lens::open(opened.ledger(LedgerRole::Authority).expect("a book")));
        let (officers, [sources, registries], agency) = runtime.block_on(async {
            let trouble = Arc::new(Trouble::default());
            let address = opened.ledger(LedgerRole::Authority).expect("a book");
            let url = "http://127.0.0.1:9".to_owned();
            let clock = SimulatedClock::at(now);
            let begin = (2, &clock as &dyn Clock);
            let authority =
                Authority::open(&opened, &address, url, begin, trouble, lens.clone()).await;
            let clerk = Clerk { authority, security, office, certificate: &certificate, now };
            let recipient = opened.certificate("envelope").expect("a certificate");
            let (mut sources, mut registries) = (BTreeMap::new(), BTreeMap::new());
            let mut officers = BTreeMap::new();
            for town in TOWNS.map(|code| code.parse::<MunicipalityCode>().expect("a code")) {
                let role = Role::Source { municipality: town };
                let token = clerk.enrol(&format!("Source of {town}"), role).await;
                sources.insert(town, Arc::new(municipal(town, token, &recipient)));
                let role = Role::Registry { municipality: town };
                let token = clerk.enrol(&format!("Registry of {town}"), role).await;
                registries.insert(town, Arc::new(municipal(town, token, &recipient)));
                let role = Role::Officer { municipality: town };
                let one = clerk.enrol(&format!("Officer one of {town}"), role.clone()).await;
                let other = clerk.enrol(&format!("Officer two of {town}"), role).await;
                let role = Role::Terminal { municipality: town };
                let terminal = clerk.enrol(&format!("Terminal of {town}"), role).await;
                let terminal: Arc<[u8]> = terminal.certificate().into();
                let officer =
                    |token| Officer { token: Arc::new(token), terminal: terminal.clone() };
                officers.insert(town, [one, other].map(officer));
            }
            let role = Role::Agency { purposes: vec!["e-tax filing (simulated)".into()] };
            let agency = Arc::new(clerk.enrol("Simulated Tax Office", role).await);
            clerk.authority.ledger.close().await;
            (officers, [sources, registries].map(Arc::new), agency)
        });
        drop(lens);
        let card_master = opened.custody.card_master().expect("an authority has one");
        Self {
            opened,
            certificate,
            officers,
            sources,
            registries,
            agency,
            access,
            card_master,
            book,
            dir,
        }
    }

    /// A copy of the book, for a seed.
    pub fn copy_book(&self, to: &Path) -> Book {
        self.book.copied(to)
    }

    /// SHA-256 of the authority's certificate.
    pub fn fingerprint(&self) -> Sha256 {
        Sha256::of(&self.certificate)
    }
}

/// Whoever enrols everybody.
struct Clerk<'a> {
    authority: Authority,
    security: [OfficerToken; 2],
    /// DER of the certificate of the office's terminal.
    office: Vec<u8>,
    certificate: &'a [u8],
    now: Timestamp,
}

impl Clerk<'_> {
    async fn act(&self, by: &OfficerToken, deed: Deed) -> Answer {
        let fingerprint = Sha256::of(self.certificate);
        let message = signed((by, &self.office), fingerprint, rand::random(), self.now, deed);
        let answer = self.authority.counter.act(message, &self.office, self.now);
        answer.await.expect("an act of the office")
    }

    async fn enrol(&self, name: &str, party: Role) -> OfficerToken {
        let key = EcKey::generate().expect("a key");
        let request = Octets(key.request_for_certificate().expect("a request"));
        let deed = Deed::Enrol {
            name: name.into(),
            party,
            hosts: Vec::new(),
            request_for_certificate: request,
            until: None,
        };
        let [one, other] = &self.security;
        let Answer::Proposed { request, digest, .. } = self.act(one, deed).await else {
            panic!("an enrolment takes two");
        };
        match self.act(other, Deed::Countersign { request, digest }).await {
            Answer::Enrolled { certificate, link_authority, .. } => {
                OfficerToken::new(key, certificate.0, link_authority.0)
            }
            other => panic!("an enrolment is answered by {other:?}"),
        }
    }
}

fn municipal(
    municipality: MunicipalityCode,
    token: OfficerToken,
    recipient: &[u8],
) -> TownIdentity {
    let certificate = token.certificate().to_vec();
    let link_authority = token.link_authority().to_vec();
    let (key, recipient) = (token.into_key().into(), recipient.to_vec());
    TownIdentity { municipality, key, certificate, link_authority, recipient }
}

/// An act over a token's signature, at the terminal with this certificate.
pub fn signed(
    (token, terminal): (&OfficerToken, &[u8]),
    authority: Sha256,
    request: [u8; 16],
    now: Timestamp,
    deed: Deed,
) -> SignedMessage {
    let (request, terminal) = (RequestId::from_random(request), Sha256::of(terminal));
    let act = Act { request, authority, terminal, made_at: now, deed };
    let content = serde_json::to_vec(&act).expect("an act is JSON");
    SignedMessage::sign(MessageKind::Act, &content, token.certificate(), now, |octets| {
        token.sign(octets)
    })
    .expect("a token signs")
}

/// The first moment of a seed's play: not every seed begins on the same day.
pub fn beginning(seed: u64) -> Timestamp {
    founding_day() + i64::try_from(seed % 97).expect("small").saturating_mul(24).hours() + 1.hours()
}
