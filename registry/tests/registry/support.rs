//! A prefecture with two towns, enrolled at an authority that can open what they send.

use std::sync::atomic::{AtomicI64, Ordering};

use akashi_keys::{
    Custody, EcKey, LinkAuthority, Opener, Passphrase, RsaKey, RsaSize, Signer as _, Usage,
};
use akashi_registry::{Person, Registry, TownIdentity};
use akashi_wire::batch::{Batch, BatchEnvelope, Opening, signed_form};
use akashi_wire::{FourItems, MunicipalityCode, ResidentCode, Sex, SignedMessage};
use jiff::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

pub const SHINJUKU: &str = "131041";
pub const CHIYODA: &str = "131016";

pub struct World {
    pub registry: Registry,
    pub rng: StdRng,
    pub authority: LinkAuthority,
    pub opener: Opener,
    pub recipient: Vec<u8>,
    seconds: AtomicI64,
}

impl World {
    pub fn new() -> Self {
        let begin: Timestamp = "2006-04-03T00:30:00Z".parse().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let passphrase = Passphrase::new("correct horse battery".into()).unwrap();
        let custody = Custody::create(dir.path(), &passphrase).unwrap();
        let key = RsaKey::generate(RsaSize::Rsa2048).unwrap();
        custody.keep_rsa("registry", &key).unwrap();
        let authority = LinkAuthority::create(&EcKey::generate().unwrap(), "link", begin).unwrap();
        let recipient =
            authority.certify(key.public_key(), "in", &Usage::Recipient, begin).unwrap();
        Self {
            registry: Registry::new(),
            rng: StdRng::seed_from_u64(2006),
            authority,
            opener: custody.opener("registry").unwrap(),
            recipient,
            seconds: AtomicI64::new(begin.as_second()),
        }
    }

    /// A minute later than when it was last asked.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds.fetch_add(60, Ordering::Relaxed)).unwrap()
    }

    pub fn source(&self, municipality: &str) -> TownIdentity {
        let key = EcKey::generate().unwrap();
        let request = key.request_for_certificate().unwrap();
        let certificate = self
            .authority
            .certify_request(
                &request,
                municipality,
                &Usage::Party { hosts: Vec::new() },
                jiff::Timestamp::constant(32_503_680_000, 0),
                self.now(),
            )
            .unwrap();
        TownIdentity {
            municipality: code(municipality),
            key: key.into(),
            certificate,
            link_authority: self.authority.certificate().to_vec(),
            recipient: self.recipient.clone(),
        }
    }

    pub fn enter(&mut self, municipality: &str, name: &str) -> ResidentCode {
        let person = person(municipality, name);
        self.registry.enter(None, person, &mut self.rng).unwrap()
    }

    /// What the authority reads in a sealed batch, with everything verified that can be.
    pub fn open(&self, sealed: &[u8], source: &TownIdentity) -> (Batch, Vec<Opening>, Vec<u8>) {
        let envelope: BatchEnvelope =
            serde_json::from_slice(&self.opener.open(sealed).unwrap()).unwrap();
        let verified = SignedMessage::from_der(envelope.signed.0)
            .verify(akashi_wire::signed::MessageKind::Batch)
            .unwrap();
        assert_eq!(verified.signer(), source.certificate);
        assert_eq!(verified.content(), signed_form(&envelope.text.0));
        (Batch::parse(&envelope.text.0).unwrap(), envelope.openings, envelope.text.0)
    }
}

pub fn code(text: &str) -> MunicipalityCode {
    text.parse().unwrap()
}

pub fn person(municipality: &str, name: &str) -> Person {
    let town = akashi_wire::municipality::Municipality::of(code(municipality)).unwrap();
    let items = FourItems {
        name: name.into(),
        address: format!("{}青葉一丁目1番1号", town.address_prefix()),
        birth_date: "319700115".parse().unwrap(),
        sex: Sex::Female,
    };
    Person { municipality: code(municipality), items, protected: false }
}
