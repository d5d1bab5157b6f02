//! The book of a benchmark.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use akashi_edge::{LedgerRole, Opened};
use akashi_keys::{Passphrase, RsaSize};
use akashi_ledger::{
    Access, Intention, Issuing, Ledger, NewCertificate, NewFile, PersonId, Recording, Slot,
};
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, MunicipalityCode, RevocationReason, SerialNumber};
use jiff::{Timestamp, ToSpan};

use super::BenchError;
use akashi::init::{Plan, init};
use akashi_town::house::House;
use akashi_town::{Filler, PASSPHRASE, TownError, filler};

/// Certificates in one change of the book.
const CHUNK: usize = 256;

/// Which data base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A file in the benchmark's directory.
    Sqlite,
    /// An empty data base of a server that runs: `postgres://…`.
    Postgres(String),
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            url if url.starts_with("postgres://") => Ok(Self::Postgres(url.into())),
            other => Err(format!("“{other}” is neither sqlite nor postgres://…")),
        }
    }
}

impl Address {
    /// One word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// The address of the book, as akashi.toml has it.
    pub fn ledger(&self) -> String {
        match self {
            Self::Sqlite => "sqlite:book.sqlite".into(),
            Self::Postgres(url) => url.clone(),
        }
    }
}

/// Whose certificates fill a book.
pub fn town() -> MunicipalityCode {
    "312011".parse().expect("a code of the table")
}

/// The serial number of certificate `number` of a filled book.
pub fn serial(number: usize) -> SerialNumber {
    let digest = Sha256::of(&number.to_be_bytes()).0;
    SerialNumber::from_random(digest[..16].try_into().expect("sixteen octets"))
}

/// Opens the authority in a directory; makes it, with so many certificates in force and so many
/// revoked, where there is none. Only the book is filled: nobody holds these certificates.
pub async fn filled(
    dir: &Path,
    (good, revoked): (usize, usize),
    clock: Arc<dyn Clock>,
) -> Result<House, BenchError> {
    let passphrase = Passphrase::new(PASSPHRASE.into())?;
    if !dir.join(FILLED).exists() {
        let plan = Plan {
            prefecture: "310000".parse().expect("a code of the table"),
            organisation: "Akashi Test".into(),
            policy: None,
            policy_critical: false,
            validity: Default::default(),
            access: Access::Open,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: [None; 6],
            public_host: None,
            public_ports: [None; 2],
            ledger: Address::Sqlite.ledger(),
            registry_url: "https://127.0.0.1:1".into(),
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
        let mut rng = rand::rng();
        let made = init(dir, &plan, &passphrase, [PASSPHRASE; 2], clock.now(), &mut rng).await;
        made.map_err(TownError::from)?;
        fill(dir, &passphrase, (good, revoked), clock.now()).await?;
        std::fs::write(dir.join(FILLED), format!("{good} {revoked}\n"))?;
    }
    let found = std::fs::read_to_string(dir.join(FILLED))?;
    if found.trim() != format!("{good} {revoked}") {
        let what = format!("{} holds another book: give another --dir", dir.display());
        return Err(BenchError::Wrong(what));
    }
    Ok(House::open(dir, &passphrase, clock).await.map_err(TownError::from)?)
}

/// Says in the directory how its book was filled.
const FILLED: &str = "filled";

async fn fill(
    dir: &Path,
    passphrase: &Passphrase,
    (good, revoked): (usize, usize),
    now: Timestamp,
) -> Result<(), BenchError> {
    eprintln!("bench: filling a book with {} certificates", good + revoked);
    let opened = Opened::open(dir, passphrase).map_err(akashi_ca::CaError::from)?;
    let ledger = Ledger::<Issuing>::open(
        &opened.ledger(LedgerRole::Authority).map_err(akashi_edge::OpenError::from)?,
    )
    .await?;
    let officer = Filler::enrol(&opened, &ledger, town(), now).await?;
    let permit = officer.permit(&ledger, filler::issuing(), now).await?;
    let revoking = officer.permit(&ledger, filler::revoking(), now).await?;
    let recording = Recording { reason: RevocationReason::AffiliationChanged, received_at: now };
    // Nobody reads it, but an authority looks at its opening whether the key of the newest is here.
    let sealed = opened.vault()?.seal("certificate_items", b"nobody's", &[0; 36], 203_905)?;
    for first in (0..good + revoked).step_by(CHUNK) {
        let numbers: Vec<usize> = (first..(first + CHUNK).min(good + revoked)).collect();
        let new = |number: &usize| {
            let serial = serial(*number);
            let id = *serial.as_bytes();
            let intention = Intention {
                serial,
                generation: 1,
                municipality: town(),
                person: PersonId::from_random(id),
                case: filler::case(),
                public_key: Sha256::of(&id),
                modulus: Vec::new(),
                tbs_digest: Sha256::of(&id),
                not_before: now,
                not_after: now + (3 * 365 * 24).hours(),
                slot: Slot::Current,
            };
            NewCertificate {
                permit: permit.clone(),
                intention,
                sealed_items: sealed.clone(),
                history: 1,
                card: Some(hex::encode_upper(&id[..8])),
            }
        };
        let file = |number: &usize| NewFile {
            permit: permit.clone(),
            serial: serial(*number),
            sealed_der: sealed.clone(),
        };
        let mut change = ledger.begin(&permit, now).await?;
        change.intend_all(&numbers.iter().map(new).collect::<Vec<_>>()).await?;
        change.file_all(&numbers.iter().map(file).collect::<Vec<_>>()).await?;
        let ended: Vec<SerialNumber> = numbers
            .iter()
            .filter(|number| **number >= good)
            .map(|number| serial(*number))
            .collect();
        change.commit().await?;
        if !ended.is_empty() {
            let mut change = ledger.begin(&revoking, now).await?;
            change.revoke_all(&ended, &recording).await?;
            change.commit().await?;
        }
    }
    ledger.close().await;
    Ok(())
}
