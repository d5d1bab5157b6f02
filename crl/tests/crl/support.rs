//! A prefecture with two towns: a book in SQLite, an authority with an RSA key, a shelf.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use akashi_crl::{CrlError, Issuer, ListKey, Outcome, Published, Settings};
use akashi_keys::{EcKey, LinkAuthority, OfficerToken, RsaKey, RsaSize, Signer, Usage};
use akashi_ledger::status::Recording;
use akashi_ledger::{
    Access, Authority, AuthorityProfile, BookDoor, Change, Intention, Issuing, Ledger,
    NewEnrolment, PersonId, Scope, Slot,
};
use akashi_shelf::read::Tail;
use akashi_shelf::{Entry, Reading};
use akashi_wire::OrderDoor;
use akashi_wire::act::{Deed, PartyId};
use akashi_wire::clock::SimulatedClock;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{Clock, MunicipalityCode, RevocationReason, SerialNumber};
use der::Decode;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa,
    KeyUsagePurpose, PublicKeyData, SigningKey,
};
use tempfile::TempDir;

use crate::permits;

pub const SHINJUKU: &str = "131041";
pub const CHIYODA: &str = "131016";
pub const BEGIN: &str = "2006-04-03T00:30:00Z";

pub fn code(text: &str) -> MunicipalityCode {
    text.parse().unwrap()
}

pub fn shinjuku() -> Scope {
    Scope::Partition(code(SHINJUKU))
}

pub fn chiyoda() -> Scope {
    Scope::Partition(code(CHIYODA))
}

/// One key for all tests: making one takes a while, and none of them is about the key.
pub fn key() -> Arc<RsaKey> {
    static KEY: OnceLock<Arc<RsaKey>> = OnceLock::new();
    KEY.get_or_init(|| Arc::new(RsaKey::generate(RsaSize::Rsa2048).unwrap())).clone()
}

pub struct World {
    pub dir: TempDir,
    pub clock: Arc<SimulatedClock>,
    pub ledger: Ledger<Issuing>,
    /// What the list issuer signs its orders with.
    pub list_issuer: Arc<OfficerToken>,
    /// What the repository signs its orders with.
    pub repository: Arc<OfficerToken>,
    pub officer: OfficerToken,
    pub security: OfficerToken,
    pub link: LinkAuthority,
    pub authority: Authority,
    pub points: Vec<(MunicipalityCode, Vec<u8>)>,
    people: AtomicU64,
}

impl World {
    pub async fn open() -> Self {
        Self::with_access(Access::Open).await
    }

    pub async fn with_access(access: Access) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let begin: Timestamp = BEGIN.parse().unwrap();
        let clock = Arc::new(SimulatedClock::at(begin));
        let address = format!("sqlite:{}", dir.path().join("book.db").display());
        let ledger = Ledger::<Issuing>::create(&address).await.unwrap();
        let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", begin).unwrap();
        let scheduler = token(&link, "scheduler", begin);
        let list_issuer = Arc::new(token(&link, "list issuer", begin));
        let repository = Arc::new(token(&link, "repository", begin));
        let profile = AuthorityProfile {
            generation: 1,
            policy_critical: false,
            validity: Default::default(),
            prefecture: code("130001"),
            organisation: "Akashi test".into(),
            ocsp_url: "http://127.0.0.1:1/ocsp".into(),
            repository_url: "http://127.0.0.1:2".into(),
            policy: "2.25.1".into(),
            access,
        };
        let authority = Authority { certificate: ca_certificate(&key()), profile };
        let points = [CHIYODA, SHINJUKU].map(|town| (code(town), point(&authority, town))).to_vec();
        let (officer, security) = (token(&link, "officer", begin), token(&link, "security", begin));
        let party = |number: u8, role: Role, token: &OfficerToken| NewEnrolment {
            party: PartyId::from_random([number; 16]),
            name: role.name().into(),
            role,
            until: jiff::Timestamp::constant(32_503_680_000, 0),
            certificate: token.certificate().to_vec(),
        };
        let [office, counter] = permits::terminals(code("130001"), code(SHINJUKU));
        let parties = [
            office,
            counter,
            party(1, Role::Scheduler, &scheduler),
            party(4, Role::ListIssuer, &list_issuer),
            party(96, Role::Repository, &repository),
            party(2, Role::Officer { municipality: code(SHINJUKU) }, &officer),
            party(3, Role::SecurityOfficer, &security),
        ];
        let founding = permits::founding(&authority, &scheduler, &[&security], begin);
        ledger.found(&founding, &authority, &points, &parties, begin).await.unwrap();
        let people = AtomicU64::new(0);
        Self {
            dir,
            clock,
            ledger,
            list_issuer,
            repository,
            officer,
            security,
            link,
            authority,
            points,
            people,
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// A second from now: each list of a scope has a second of its own.
    pub fn later(&self) -> Timestamp {
        self.wait(1);
        self.now()
    }

    pub fn shelf(&self) -> PathBuf {
        self.dir.path().join("crl/1")
    }

    pub async fn issuer(&self) -> Issuer {
        self.issuer_with(Settings::default()).await.unwrap()
    }

    pub async fn issuer_with(&self, settings: Settings) -> Result<Issuer, CrlError> {
        let ledger = self.ledger.as_role();
        let signing = (ListKey::new(key()), self.list_issuer.clone());
        Issuer::open(ledger, self.orders(), signing, self.dir.path(), settings).await
    }

    /// The authority's door for orders.
    pub fn orders(&self) -> Arc<dyn OrderDoor> {
        Arc::new(BookDoor::new(self.ledger.clone(), self.clock.clone()))
    }

    /// A change by an act of this party.
    pub async fn begin(&self, token: &OfficerToken, deed: Deed) -> Change {
        let permit = permits::try_act(&self.ledger, token, deed, self.now()).await.unwrap();
        self.ledger.begin(&permit, self.now()).await.unwrap()
    }

    /// Records a certificate that is going to be signed.
    pub async fn intend(&self, town: &str, not_after: Timestamp) -> SerialNumber {
        let person = self.people.fetch_add(1, Ordering::Relaxed);
        let octets = Sha256::of(&person.to_be_bytes()).0;
        let id: [u8; 16] = octets[..16].try_into().unwrap();
        let serial = SerialNumber::from_random(id);
        let mut change = self.begin(&self.officer, permits::issuing()).await;
        let intention = Intention {
            serial,
            generation: 1,
            municipality: code(town),
            person: PersonId::from_random(id),
            case: permits::case(),
            public_key: Sha256(octets),
            modulus: Vec::new(),
            tbs_digest: Sha256(octets),
            not_before: self.now(),
            not_after,
            slot: Slot::Current,
        };
        change.intend(&intention, b"sealed", 1).await.unwrap();
        change.commit().await.unwrap();
        serial
    }

    /// Issues a certificate for three years.
    pub async fn issue(&self, town: &str) -> SerialNumber {
        self.issue_until(town, self.now() + SignedDuration::from_hours(3 * 365 * 24)).await
    }

    pub async fn issue_until(&self, town: &str, not_after: Timestamp) -> SerialNumber {
        let serial = self.intend(town, not_after).await;
        let mut change = self.begin(&self.officer, permits::issuing()).await;
        change.file(serial, b"sealed").await.unwrap();
        change.commit().await.unwrap();
        serial
    }

    pub async fn revoke(&self, serial: SerialNumber, reason: RevocationReason) -> Timestamp {
        let mut change = self.begin(&self.officer, permits::revoking()).await;
        let recording = Recording { reason, received_at: self.now() };
        let row = change.revoke(serial, &recording).await.unwrap();
        change.commit().await.unwrap();
        row.recorded_at
    }

    pub async fn hold(&self, serial: SerialNumber) {
        let mut change = self.begin(&self.officer, permits::holding()).await;
        change.hold(serial, self.now()).await.unwrap();
        change.commit().await.unwrap();
    }

    pub async fn void(&self, serial: SerialNumber) {
        let mut change = self.begin(&self.officer, permits::revoking()).await;
        change.void(serial).await.unwrap();
        change.commit().await.unwrap();
    }

    /// The point of a town as the book keeps it.
    pub fn point(&self, town: &str) -> &[u8] {
        &self.points.iter().find(|(at, _)| *at == code(town)).unwrap().1
    }
}

/// A key with a certificate of the link authority.
pub fn token(link: &LinkAuthority, name: &str, now: Timestamp) -> OfficerToken {
    let key = EcKey::generate().unwrap();
    let certificate =
        link.certify(key.public_key(), name, &Usage::Party { hosts: Vec::new() }, now).unwrap();
    OfficerToken::new(key, certificate, link.certificate().to_vec())
}

/// The lists that a tick published; panics when one was not.
pub fn published(outcomes: Vec<Outcome>) -> Vec<Published> {
    outcomes.into_iter().map(|outcome| outcome.result.unwrap()).collect()
}

pub fn scopes(published: &[Published]) -> Vec<Scope> {
    published.iter().map(|published| published.scope).collect()
}

pub fn read(file: &Path) -> (Vec<Entry>, Tail) {
    let mut reading = Reading::open(file).unwrap();
    let entries = reading.by_ref().collect::<Result<Vec<_>, _>>().unwrap();
    (entries, reading.finish().unwrap())
}

pub fn serials(file: &Path) -> Vec<SerialNumber> {
    read(file).0.iter().map(|entry| entry.serial).collect()
}

pub fn sorted(mut serials: Vec<SerialNumber>) -> Vec<SerialNumber> {
    serials.sort();
    serials
}

/// TLV with a short or a two-octet length, by hand: nothing here uses the encoder under test.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let header = match length {
        0..=0x7f => vec![tag, length as u8],
        0x80..=0xff => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [header, content.to_vec()].concat()
}

fn romaji(town: &str) -> &'static str {
    match town {
        SHINJUKU => "Shinjuku-ku",
        CHIYODA => "Chiyoda-ku",
        other => panic!("no town of these tests: {other}"),
    }
}

/// DistributionPointName of a town: a directoryName and a URI.
fn point(authority: &Authority, town: &str) -> Vec<u8> {
    let attribute = |oid: &[u8], tag, text: &str| {
        tlv(0x31, &tlv(0x30, &[tlv(0x06, oid), tlv(tag, text.as_bytes())].concat()))
    };
    let name = [
        attribute(&[0x55, 4, 6], 0x13, "JP"),
        attribute(&[0x55, 4, 10], 0x0c, "Akashi test"),
        attribute(&[0x55, 4, 11], 0x0c, "CRL Distribution Points"),
        attribute(&[0x55, 4, 11], 0x0c, "Tokyo-to"),
        attribute(&[0x55, 4, 3], 0x0c, &format!("{} CRLDP", romaji(town))),
    ];
    let directory_name = tlv(0xa4, &tlv(0x30, &name.concat()));
    let url = authority.profile.partition_url(code(town));
    tlv(0xa0, &[directory_name, tlv(0x86, url.as_bytes())].concat())
}

/// rcgen's view of a key in custody.
pub struct Custodian(Arc<RsaKey>, Vec<u8>);

impl Custodian {
    pub fn new(key: Arc<RsaKey>) -> Self {
        let spki = spki::SubjectPublicKeyInfoOwned::from_der(key.public_key()).unwrap();
        let octets = spki.subject_public_key.raw_bytes().to_vec();
        Self(key, octets)
    }
}

impl PublicKeyData for Custodian {
    fn der_bytes(&self) -> &[u8] {
        &self.1
    }
    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl SigningKey for Custodian {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

fn ca_params() -> CertificateParams {
    let mut name = DistinguishedName::new();
    let jp = rcgen::string::PrintableString::try_from("JP").unwrap();
    name.push(DnType::CountryName, rcgen::DnValue::PrintableString(jp));
    name.push(DnType::OrganizationName, "Akashi test");
    name.push(DnType::OrganizationalUnitName, "Governor of Tokyo-to");
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = rcgen::date_time_ymd(2006, 1, 1);
    params.not_after = rcgen::date_time_ymd(2016, 1, 1);
    params
}

pub fn ca_certificate(key: &Arc<RsaKey>) -> Vec<u8> {
    ca_params().self_signed(&Custodian::new(key.clone())).unwrap().der().to_vec()
}

/// DER of a resident's certificate, with the distribution point of a town.
pub fn resident_certificate(serial: SerialNumber, point: &[u8]) -> Vec<u8> {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, serial.to_string());
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    params.serial_number = Some(serial.as_bytes().to_vec().into());
    params.not_before = rcgen::date_time_ymd(2006, 4, 1);
    params.not_after = rcgen::date_time_ymd(2009, 4, 1);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    params.use_authority_key_identifier_extension = true;
    let points = tlv(0x30, &tlv(0x30, &tlv(0xa0, point)));
    params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 31], points)];
    let issuer = rcgen::Issuer::new(ca_params(), Custodian::new(key()));
    let holder = rcgen::KeyPair::generate().unwrap();
    params.signed_by(&holder, &issuer).unwrap().der().to_vec()
}

/// Runs openssl; gives whether it was content, and all that it said.
pub fn openssl(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl")
        .args(arguments)
        .output()
        .expect("openssl is missing: these tests need it as a judge (apt install openssl)");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// The same thing in PEM, by openssl.
pub fn pem(kind: &str, der: &Path) -> PathBuf {
    let pem = der.with_extension("pem");
    let (der, out) = (der.to_str().unwrap(), pem.to_str().unwrap());
    let (done, said) = openssl(&[kind, "-inform", "DER", "-in", der, "-out", out]);
    assert!(done, "{said}");
    pem
}
