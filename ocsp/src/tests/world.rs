//! A small authority: a book in a directory of its own, its keys, and one responder.

use std::sync::Arc;
use std::time::Duration;

use akashi_keys::{
    EcKey, LinkAuthority, OfficerToken, ResponderKey, RsaKey, RsaSize, Signer, Usage,
};
use akashi_ledger::{
    Access, Authority, AuthorityProfile, BookDoor, Change, Intention, Issuing, Ledger,
    NewEnrolment, PersonId, Recording, ResponderCertificate, Slot,
};
use akashi_wire::Order;
use akashi_wire::act::{Deed, PartyId, Suspension};
use akashi_wire::clock::SimulatedClock;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{Clock, RevocationReason, SerialNumber};
use der::asn1::OctetString;
use der::{Decode, Encode};
use jiff::{SignedDuration, Timestamp};

use crate::response::{BasicOcspResponse, CertStatus, OcspResponse, ResponseData};
use crate::x509::Parts;
use crate::{Answer, Asker, Responder, ResponseStatus, Settings, oid};

use super::permits;

/// What the tests of this crate happen to begin at.
pub(crate) const START: &str = "2026-11-22T01:02:03.456Z";

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) ledger: Ledger<Issuing>,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) responder: Arc<Responder>,
    pub(crate) responder_key: Vec<u8>,
    scheduler: OfficerToken,
    /// What the responder signs its orders with.
    pub(crate) own: Arc<OfficerToken>,
    pub(crate) link: LinkAuthority,
    security: OfficerToken,
    officer: OfficerToken,
    ca_key: rcgen::KeyPair,
    ca_params: rcgen::CertificateParams,
    numbers: u128,
}

pub(crate) struct Options {
    pub(crate) access: Access,
    pub(crate) rsa: bool,
    pub(crate) rsa_responder: bool,
    pub(crate) start: Timestamp,
    pub(crate) certified: bool,
    pub(crate) settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            access: Access::Open,
            rsa: false,
            rsa_responder: false,
            start: START.parse().unwrap(),
            certified: true,
            settings: Settings::default(),
        }
    }
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut octets).unwrap();
    octets
}

pub(crate) fn token(link: &LinkAuthority, name: &str, now: Timestamp) -> OfficerToken {
    let key = EcKey::generate().unwrap();
    let certificate =
        link.certify(key.public_key(), name, &Usage::Party { hosts: Vec::new() }, now).unwrap();
    OfficerToken::new(key, certificate, link.certificate().to_vec())
}

fn enrolment(token: &OfficerToken, name: &str, role: Role) -> NewEnrolment {
    let certificate = token.certificate().to_vec();
    NewEnrolment {
        party: PartyId::from_random(random()),
        name: name.into(),
        role,
        until: jiff::Timestamp::constant(32_503_680_000, 0),
        certificate,
    }
}

fn date(at: Timestamp) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(at.as_second()).unwrap()
}

impl World {
    pub(crate) async fn open() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn registered() -> Self {
        Self::with(Options { access: Access::Registered, ..Options::default() }).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let now = options.start;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("book.db");
        let ledger =
            Ledger::<Issuing>::create(&format!("sqlite:{}", path.display())).await.unwrap();
        let link_key = EcKey::generate().unwrap();
        let link = LinkAuthority::create(&link_key, "Link Authority", now).unwrap();
        let scheduler = token(&link, "Scheduler", now);
        let own = Arc::new(token(&link, "Responder", now));
        let security = token(&link, "Security Officer", now);
        let officer = token(&link, "Officer", now);
        let (ca_key, ca_params, ca) = authority(options.rsa, now);
        let profile = AuthorityProfile {
            generation: 1,
            policy_critical: false,
            validity: Default::default(),
            prefecture: "130001".parse().unwrap(),
            organisation: "Akashi Test".into(),
            ocsp_url: "http://localhost/ocsp".into(),
            repository_url: "http://localhost/repository".into(),
            policy: "2.25.1".into(),
            access: options.access,
        };
        let authority = Authority { certificate: ca, profile };
        let town = "131041".parse().unwrap();
        let [office, counter] = permits::terminals(authority.profile.prefecture, town);
        let parties = [
            office,
            counter,
            enrolment(&scheduler, "Scheduler", Role::Scheduler),
            enrolment(&own, "Responder", Role::Responder),
            enrolment(&security, "Security Officer", Role::SecurityOfficer),
            enrolment(&officer, "Officer", Role::Officer { municipality: town }),
        ];
        let founding = permits::founding(&authority, &scheduler, &[&security], now);
        ledger.found(&founding, &authority, &[], &parties, now).await.unwrap();
        let key: ResponderKey = match options.rsa_responder {
            true => {
                let key = RsaKey::generate(RsaSize::Rsa2048).unwrap();
                ResponderKey { key: Arc::new(key), before: Vec::new() }
            }
            false => EcKey::generate().unwrap().into(),
        };
        let responder_key = key.key.public_key().to_vec();
        let clock = Arc::new(SimulatedClock::at(now));
        let orders = Arc::new(BookDoor::new(ledger.clone(), clock.clone()));
        let signing = (key, own.clone());
        let responder =
            Responder::open(ledger.as_role(), orders, signing, options.settings).await.unwrap();
        let world = Self {
            dir,
            ledger,
            clock,
            responder,
            responder_key,
            scheduler,
            own,
            link,
            security,
            officer,
            ca_key,
            ca_params,
            numbers: 0,
        };
        if options.certified {
            world.certify_responder(30).await;
            world.follow().await;
        }
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn authority_certificate(&self) -> Vec<u8> {
        self.responder.authority().certificate.clone()
    }

    /// A change by an act of this party.
    async fn begin(&self, token: &OfficerToken, deed: Deed) -> Change {
        let permit = permits::try_act(&self.ledger, token, deed, self.now()).await.unwrap();
        self.ledger.begin(&permit, self.now()).await.unwrap()
    }

    /// A change by an officer's act.
    pub(crate) async fn writing(&self, deed: Deed) -> Change {
        self.begin(&self.officer, deed).await
    }

    pub(crate) async fn follow(&self) -> crate::Followed {
        self.responder.follow(self.clock.read()).await.unwrap()
    }

    /// A certificate for the responder's key, from yesterday until so many days from now.
    pub(crate) fn responder_certificate(&self, days: i64, usage: bool) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::default();
        let mut name = rcgen::DistinguishedName::new();
        name.push(rcgen::DnType::CommonName, "OCSP Responder");
        params.distinguished_name = name;
        params.serial_number = Some(rcgen::SerialNumber::from_slice(&serial().as_bytes()[..]));
        params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        if usage {
            params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::OcspSigning];
        }
        let no_check = &[1, 3, 6, 1, 5, 5, 7, 48, 1, 5];
        params
            .custom_extensions
            .push(rcgen::CustomExtension::from_oid_content(no_check, vec![5, 0]));
        params.use_authority_key_identifier_extension = true;
        let day = SignedDuration::from_hours(24);
        params.not_before = date(self.now() - day);
        params.not_after = date(self.now() + day * days as i32);
        let key = rcgen::SubjectPublicKeyInfo::from_der(&self.responder_key).unwrap();
        let issuer = rcgen::Issuer::from_params(&self.ca_params, &self.ca_key);
        params.signed_by(&key, &issuer).unwrap().der().to_vec()
    }

    pub(crate) async fn file_responder(&self, certificate: Vec<u8>) {
        let parts = Parts::read(&certificate).unwrap();
        let (not_before, not_after) = (parts.not_before, parts.not_after);
        let serial = serial();
        let token = &self.scheduler;
        let (by, sign) = (token.certificate(), |octets: &[u8]| token.sign(octets));
        let order = self.ledger.order(Order::CertifyResponders, by, self.now(), sign).await;
        let mut change = self.ledger.begin(&order.unwrap(), self.now()).await.unwrap();
        change.intend_responder(serial).await.unwrap();
        let public_key = self.responder_key.clone();
        let new = ResponderCertificate { serial, public_key, certificate, not_before, not_after };
        change.file_responder(1, &new).await.unwrap();
        change.commit().await.unwrap();
    }

    pub(crate) async fn certify_responder(&self, days: i64) {
        self.file_responder(self.responder_certificate(days, true)).await;
    }

    /// A certificate that is written down and not filed.
    pub(crate) async fn intend(&mut self) -> SerialNumber {
        self.numbers += 1;
        let number = self.numbers.to_be_bytes();
        let serial = serial();
        let mut change = self.writing(permits::issuing()).await;
        let person = PersonId::from_random(number);
        let intention = Intention {
            serial,
            generation: 1,
            municipality: "131041".parse().unwrap(),
            person,
            case: permits::case(),
            public_key: Sha256::of(&number),
            modulus: Vec::new(),
            tbs_digest: Sha256::of(b""),
            not_before: self.now(),
            not_after: self.now() + SignedDuration::from_hours(24 * 365),
            slot: Slot::Current,
        };
        change.intend(&intention, b"sealed", 1).await.unwrap();
        change.commit().await.unwrap();
        serial
    }

    pub(crate) async fn issue(&mut self) -> SerialNumber {
        let serial = self.intend().await;
        let mut change = self.writing(permits::issuing()).await;
        change.file(serial, b"sealed").await.unwrap();
        change.commit().await.unwrap();
        serial
    }

    pub(crate) async fn revoke(&self, serial: SerialNumber, reason: RevocationReason) {
        let mut change = self.writing(permits::revoking()).await;
        let recording = Recording { reason, received_at: self.now() };
        change.revoke(serial, &recording).await.unwrap();
        change.commit().await.unwrap();
    }

    pub(crate) async fn hold(&self, serial: SerialNumber) {
        let mut change = self.writing(permits::holding()).await;
        change.hold(serial, self.now()).await.unwrap();
        change.commit().await.unwrap();
    }

    /// Enrols a party; gives its token and number.
    pub(crate) async fn enrol(&self, name: &str, role: Role) -> (OfficerToken, PartyId) {
        let token = token(&self.link, name, self.now());
        let party = self.enrol_with(&token, name, role).await;
        (token, party)
    }

    /// Enrols a party whose certificate there is.
    pub(crate) async fn enrol_with(&self, token: &OfficerToken, name: &str, role: Role) -> PartyId {
        let new = enrolment(token, &format!("{name} {:08x}", rand::random::<u32>()), role);
        let deed = permits::enrolling(&new.role, token.key());
        let mut change = self.begin(&self.security, deed).await;
        change.enrol(&new).await.unwrap();
        change.commit().await.unwrap();
        new.party
    }

    pub(crate) async fn suspend(&self, party: PartyId) {
        let what = Suspension::Party { party };
        let deed = Deed::Suspend { what, why: String::new() };
        let mut change = self.begin(&self.security, deed).await;
        change.suspend(what).await.unwrap();
        change.commit().await.unwrap();
    }

    pub(crate) async fn dismiss(&self, party: PartyId) {
        let deed = Deed::Dismiss { party, why: String::new() };
        let mut change = self.begin(&self.security, deed).await;
        change.dismiss(party).await.unwrap();
        change.commit().await.unwrap();
    }

    pub(crate) async fn ask_as(&self, request: &[u8], asker: Asker<'_>) -> Answer {
        let answer = self.responder.answer(request, asker, self.clock.read()).await;
        self.keeps_every_rule(answer.octets());
        answer
    }

    /// Whatever is answered keeps the rules of answers; the responder's certificate is rcgen's here,
    /// and not of the profile.
    fn keeps_every_rule(&self, answer: &[u8]) {
        let record = serde_json::to_vec(&self.responder.authority().profile).unwrap();
        let lint = akashi_lint::Lint::new(&self.authority_certificate(), &record).unwrap();
        let mut findings = lint.answer(answer);
        findings.retain(|finding| finding.rule != "answer_responder_certificate");
        assert_eq!(findings, []);
    }

    pub(crate) async fn ask(&self, request: &[u8]) -> Answer {
        self.ask_as(request, Asker::default()).await
    }

    /// What is told of one certificate.
    pub(crate) async fn status(&self, serial: SerialNumber) -> CertStatus {
        let answer = self.ask(&self.request(&[serial])).await;
        assert_eq!(answer.status(), ResponseStatus::Successful);
        Told::read(answer.octets()).statuses.remove(0)
    }

    pub(crate) fn cert_id(&self, serial: &[u8]) -> Vec<u8> {
        let certificate = self.authority_certificate();
        let parts = Parts::read(&certificate).unwrap();
        cert_id(parts.subject, parts.public_key.bits, serial)
    }

    pub(crate) fn request(&self, serials: &[SerialNumber]) -> Vec<u8> {
        let ids = serials.iter().map(|serial| self.cert_id(serial.as_bytes())).collect();
        request(ids, &[])
    }

    pub(crate) fn request_with_nonce(&self, serial: SerialNumber, nonce: &[u8]) -> Vec<u8> {
        request(vec![self.cert_id(serial.as_bytes())], &[nonce_extension(nonce)])
    }
}

fn authority(rsa: bool, now: Timestamp) -> (rcgen::KeyPair, rcgen::CertificateParams, Vec<u8>) {
    let key = if rsa {
        rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
    } else {
        rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)
    }
    .unwrap();
    let mut params = rcgen::CertificateParams::default();
    let mut name = rcgen::DistinguishedName::new();
    // PrintableString, as RFC 5280 has it; rcgen alone would take UTF8String.
    let country = rcgen::string::PrintableString::try_from("JP").unwrap();
    name.push(rcgen::DnType::CountryName, rcgen::DnValue::PrintableString(country));
    name.push(rcgen::DnType::OrganizationName, "Akashi Test");
    params.distinguished_name = name;
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    let day = SignedDuration::from_hours(24);
    params.not_before = date(now - day * 2);
    params.not_after = date(now + day * 3650);
    let certificate = params.self_signed(&key).unwrap().der().to_vec();
    (key, params, certificate)
}

pub(crate) fn serial() -> SerialNumber {
    SerialNumber::from_random(random())
}

/// A TLV with a length of its own.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = match content.len() {
        short @ 0..=0x7f => vec![short as u8],
        long @ 0x80..=0xff => vec![0x81, long as u8],
        long => vec![0x82, (long >> 8) as u8, long as u8],
    };
    [&[tag][..], &length, &content].concat()
}

/// CertID with SHA-1.
pub(crate) fn cert_id(name: &[u8], key: &[u8], serial: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &[&oid::SHA_1.to_der().unwrap(), &[5, 0]]);
    let (name, key) = (crate::cert_id::sha1(name), crate::cert_id::sha1(key));
    let hashes = [tlv(4, &[&name]), tlv(4, &[&key])].concat();
    tlv(0x30, &[&algorithm, &hashes, &tlv(2, &[serial])])
}

pub(crate) fn tbs_request(cert_ids: Vec<Vec<u8>>, extensions: &[Vec<u8>]) -> Vec<u8> {
    let requests: Vec<Vec<u8>> = cert_ids.iter().map(|id| tlv(0x30, &[id])).collect();
    let list = tlv(0x30, &[&requests.concat()]);
    let extensions = match extensions {
        [] => Vec::new(),
        some => tlv(0xa2, &[&tlv(0x30, &[&some.concat()])]),
    };
    tlv(0x30, &[&list, &extensions])
}

pub(crate) fn request(cert_ids: Vec<Vec<u8>>, extensions: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &[&tbs_request(cert_ids, extensions)])
}

pub(crate) fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let id = const_oid::ObjectIdentifier::new_unwrap(id).to_der().unwrap();
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    tlv(0x30, &[&id, critical, &tlv(4, &[value])])
}

pub(crate) fn nonce_extension(nonce: &[u8]) -> Vec<u8> {
    extension("1.3.6.1.5.5.7.48.1.2", false, &tlv(4, &[nonce]))
}

/// The same question over the signature of this token.
pub(crate) fn signed(tbs: &[u8], token: &OfficerToken) -> Vec<u8> {
    let algorithm = tlv(0x30, &[&oid::ECDSA_WITH_SHA256.to_der().unwrap()]);
    let signature = tlv(3, &[&[0], &token.sign(tbs).unwrap()]);
    let certs = tlv(0xa0, &[&tlv(0x30, &[token.certificate()])]);
    let signature = tlv(0xa0, &[&tlv(0x30, &[&algorithm, &signature, &certs])]);
    tlv(0x30, &[tbs, &signature])
}

/// A successful response, read with its signature verified.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) cert_ids: Vec<Vec<u8>>,
    pub(crate) statuses: Vec<CertStatus>,
    pub(crate) this_update: i64,
    pub(crate) next_update: i64,
    pub(crate) produced_at: i64,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) certificate: Vec<u8>,
}

impl Told {
    pub(crate) fn read(octets: &[u8]) -> Self {
        let response = OcspResponse::from_der(octets).unwrap();
        assert_eq!(response.response_status, ResponseStatus::Successful);
        let octets = response.response_bytes.unwrap();
        assert_eq!(octets.response_type, oid::OCSP_BASIC);
        let basic = BasicOcspResponse::from_der(octets.response.as_bytes()).unwrap();
        let certificate = basic.certs.unwrap()[0].to_der().unwrap();
        let data = basic.tbs_response_data.to_der().unwrap();
        let parts = Parts::read(&certificate).unwrap();
        let signature = basic.signature.raw_bytes();
        assert!(parts.public_key.verifies(basic.signature_algorithm.oid, &data, signature));
        let data = ResponseData::from_der(&data).unwrap();
        let by_key = crate::cert_id::sha1(parts.public_key.bits);
        assert_eq!(data.responder_id.as_bytes(), by_key);
        let seconds = |t: der::asn1::GeneralizedTime| t.to_unix_duration().as_secs() as i64;
        let nonce = data.response_extensions.map(|extensions| {
            assert_eq!(extensions.len(), 1);
            assert_eq!(extensions[0].extn_id, oid::OCSP_NONCE);
            let nonce = OctetString::from_der(extensions[0].extn_value.as_bytes()).unwrap();
            nonce.as_bytes().to_vec()
        });
        Self {
            cert_ids: data.responses.iter().map(|r| r.cert_id.to_der().unwrap()).collect(),
            statuses: data.responses.iter().map(|r| r.cert_status.clone()).collect(),
            this_update: seconds(data.responses[0].this_update),
            next_update: seconds(data.responses[0].next_update.unwrap()),
            produced_at: seconds(data.produced_at),
            nonce,
            certificate,
        }
    }
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
