//! A second responder over the same book, which follows only when it is told to.

use std::sync::Arc;

use akashi_edge::Opened;
use akashi_keys::{EcKey, OfficerToken, Passphrase};
use akashi_ocsp::{Answer, Asker, Followed, Responder, Settings};
use akashi_wire::{Clock, SerialNumber};
use der::{Decode, Encode};
use sha1::{Digest, Sha1};

use akashi_town::PASSPHRASE;
use akashi_wire::party::Role;

use crate::support::Place;

/// A responder in one's own hand.
pub struct SecondResponder {
    responder: Arc<Responder>,
}

/// What a responder says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Good,
    Revoked,
    Unknown,
    TryLater,
}

/// Key and certificate of one of the authority's own programs.
pub fn own(place: &Place, role: &Role) -> OfficerToken {
    let passphrase = Passphrase::new(PASSPHRASE.into()).unwrap();
    Opened::open(&place.dir, &passphrase).unwrap().own(role).unwrap()
}

impl SecondResponder {
    /// Opens it for a world with open access; the authority certifies it.
    pub async fn open(place: &Place) -> Self {
        let ledger = place.house.ledger().as_role();
        let (key, token) = (EcKey::generate().unwrap(), Arc::new(own(place, &Role::Responder)));
        let orders = place.house.doors.orders.clone();
        let settings = Settings::default();
        let responder =
            Responder::open(ledger, orders, (key.into(), token), settings).await.unwrap();
        let second = Self { responder };
        second.follow(place).await;
        place.tick().await;
        second.follow(place).await;
        second
    }

    /// Reads what is new, once.
    pub async fn follow(&self, place: &Place) -> Followed {
        self.follow_by(&*place.clock).await
    }

    /// The same, by a clock of its own.
    pub async fn follow_by(&self, clock: &dyn Clock) -> Followed {
        let reading = clock.read();
        let followed = self.responder.follow(reading).await.unwrap();
        // As the service does after each.
        if let Some(past) = self.responder.past(&reading).await {
            clock.hear(&past);
        }
        followed
    }

    /// Asks about one certificate of the world's authority.
    pub async fn ask(&self, place: &Place, serial: SerialNumber) -> Told {
        self.ask_by(&*place.clock, place, serial).await
    }

    /// The same, by a clock of its own.
    pub async fn ask_by(&self, clock: &dyn Clock, place: &Place, serial: SerialNumber) -> Told {
        let authority = x509_cert::Certificate::from_der(&place.security.authority().certificate.0);
        let authority = authority.unwrap();
        let tbs = authority.tbs_certificate();
        let name = Sha1::digest(tbs.subject().to_der().unwrap());
        let key = Sha1::digest(tbs.subject_public_key_info().subject_public_key.raw_bytes());
        let parts =
            [SHA1.to_vec(), tlv(4, &name), tlv(4, &key), tlv(2, serial.as_bytes())].concat();
        let cert_id = tlv(0x30, &parts);
        let mut request = cert_id.clone();
        for _ in 0..4 {
            request = tlv(0x30, &request);
        }
        let asker = Asker::default();
        let answer: Answer = self.responder.answer(&request, asker, clock.read()).await;
        let octets = answer.octets();
        // In an answer the status follows the CertID (RFC 6960 §4.2.1).
        let at = octets.windows(cert_id.len()).position(|window| window == cert_id);
        match at.map(|at| octets[at + cert_id.len()]) {
            Some(0x80) => Told::Good,
            Some(0xa1) => Told::Revoked,
            Some(0x82) => Told::Unknown,
            None if octets == [0x30, 3, 0x0a, 1, 3] => Told::TryLater,
            _ => panic!("{answer:?}"),
        }
    }
}

/// AlgorithmIdentifier of SHA-1, DER.
const SHA1: &[u8] = &[0x30, 9, 0x06, 5, 0x2b, 14, 3, 2, 26, 5, 0];

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).ok().filter(|length| *length < 128).unwrap();
    [&[tag, length], content].concat()
}
