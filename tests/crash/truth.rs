//! What the outside world knows for certain, kept without looking at the book: what a client once
//! received or was promised must hold for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use akashi_registry::SealedBatch;
use akashi_wire::SignedMessage;
use akashi_wire::act::RequestId;
use akashi_wire::batch::BatchAnswer;
use akashi_wire::octets::Sha256;
use akashi_wire::{Answer, MunicipalityCode, ResidentCode, RevocationReason, SerialNumber};
use der::{Decode, Encode};
use jiff::Timestamp;

use crate::notes::Notes;

/// What was promised of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is in force.
    InForce,
    /// Somebody asked for its end and has no answer yet.
    Unsure,
    /// It ended; the reason, the time where one was told, and since when we know.
    Ended { reason: RevocationReason, at: Option<Timestamp>, since: Instant },
}

/// A certificate that a client received.
#[derive(Debug, Clone)]
pub struct Received {
    pub serial: SerialNumber,
    pub octets: Vec<u8>,
    pub person: usize,
    pub claim: Claim,
    pub since: Instant,
}

/// A person, as the register's own officials know.
#[derive(Debug, Clone)]
pub struct Citizen {
    pub code: ResidentCode,
    pub town: MunicipalityCode,
    pub death: Death,
}

/// How far the news of a death has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    No,
    /// Known to the register; not known whether to the authority.
    Unsure,
    /// The authority answered 202.
    Accepted(Instant),
}

/// An act that was answered.
#[derive(Clone)]
pub struct Answered {
    pub officer: usize,
    pub act: SignedMessage,
    pub answer: Answer,
}

/// A list that an agency fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub digest: Sha256,
    pub entries: BTreeSet<SerialNumber>,
}

/// Everything that is known.
#[derive(Default)]
pub struct Memory {
    pub certificates: BTreeMap<SerialNumber, Received>,
    pub people: Vec<Citizen>,
    pub events: Vec<(MunicipalityCode, u64)>,
    pub batches: Vec<(SealedBatch, BatchAnswer)>,
    pub answers: Vec<Answered>,
    pub lists: BTreeMap<String, BTreeMap<i64, Fetched>>,
    told: BTreeMap<SerialNumber, (Timestamp, RevocationReason)>,
    keys: BTreeMap<Vec<u8>, SerialNumber>,
    requests: BTreeMap<RequestId, SerialNumber>,
}

/// What the outside world knows.
#[derive(Default)]
pub struct Truth(Mutex<Memory>);

impl Truth {
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody new.
    pub fn person(&self, code: ResidentCode, town: MunicipalityCode) -> usize {
        let people = &mut self.memory().people;
        people.push(Citizen { code, town, death: Death::No });
        people.len() - 1
    }

    /// A client received a certificate.
    pub fn received(
        &self,
        notes: &Notes,
        (person, request): (usize, RequestId),
        (serial, octets): (SerialNumber, Vec<u8>),
    ) {
        let memory = &mut *self.memory();
        let key = match x509_cert::Certificate::from_der(&octets) {
            Ok(read) => read.tbs_certificate().subject_public_key_info().to_der().expect("a key"),
            Err(error) => return notes.finding(format!("{serial} is no certificate: {error}")),
        };
        if let Some(other) = memory.requests.insert(request, serial).filter(|one| *one != serial) {
            notes.finding(format!("one request gave two certificates: {other} and {serial}"));
        }
        if let Some(other) = memory.keys.insert(key, serial).filter(|one| *one != serial) {
            notes.finding(format!("one key was certified twice: {other} and {serial}"));
        }
        if let Some(known) = memory.certificates.get(&serial) {
            if known.octets != octets {
                notes.finding(format!("number {serial} was given twice"));
            }
            return;
        }
        let since = Instant::now();
        let claim = Claim::InForce;
        let received = Received { serial, octets, person, claim, since };
        memory.certificates.insert(serial, received);
    }

    /// Something is promised of a certificate.
    pub fn claim(&self, serial: SerialNumber, claim: Claim) {
        if let Some(known) = self.memory().certificates.get_mut(&serial) {
            known.claim = claim;
        }
    }

    /// It ended, as an answer said.
    pub fn ended(&self, serial: SerialNumber, reason: RevocationReason, at: Option<Timestamp>) {
        self.claim(serial, Claim::Ended { reason, at, since: Instant::now() });
    }

    /// The news of a death came further.
    pub fn death(&self, person: usize, death: Death) {
        self.memory().people[person].death = death;
    }

    /// OCSP told that a certificate is revoked: it may never say anything else.
    pub fn told_revoked(
        &self,
        notes: &Notes,
        serial: SerialNumber,
        revocation: (Timestamp, RevocationReason),
    ) {
        let before = *self.memory().told.entry(serial).or_insert(revocation);
        if before != revocation {
            notes.finding(format!("{serial}: OCSP said {before:?} and then {revocation:?}"));
        }
    }

    /// Whether OCSP ever told that it is revoked.
    pub fn was_told_revoked(&self, serial: SerialNumber) -> bool {
        self.memory().told.contains_key(&serial)
    }

    /// An agency fetched a list: numbers only rise, one number is one list, no entry vanishes.
    pub fn fetched(&self, notes: &Notes, scope: &str, number: i64, list: Fetched) {
        let memory = &mut *self.memory();
        let lists = memory.lists.entry(scope.to_owned()).or_default();
        if let Some(same) = lists.get(&number) {
            if same.digest != list.digest {
                notes.finding(format!("list {scope} {number} is there in two forms"));
            }
        } else if let Some((newest, before)) = lists.last_key_value() {
            if *newest > number {
                notes.finding(format!("list {scope} went back from {newest} to {number}"));
            }
            if let Some(lost) = before.entries.difference(&list.entries).next() {
                notes.finding(format!("list {scope} {number}: {lost} stood on {newest}"));
            }
        }
        lists.insert(number, list);
    }

    /// What holds of every certificate now, deaths taken into account.
    pub fn claims(&self) -> Vec<Received> {
        let memory = self.memory();
        let now = |one: &Received| Received { claim: memory.claim(one), ..one.clone() };
        memory.certificates.values().map(now).collect()
    }

    /// What holds of one certificate now.
    pub fn claim_of(&self, serial: SerialNumber) -> Claim {
        let memory = self.memory();
        memory.certificates.get(&serial).map_or(Claim::Unsure, |one| memory.claim(one))
    }
}

impl Memory {
    fn claim(&self, received: &Received) -> Claim {
        match (self.people[received.person].death, received.claim) {
            (Death::No, claim) | (_, claim @ Claim::Ended { .. }) => claim,
            (Death::Unsure, _) => Claim::Unsure,
            (Death::Accepted(at), _) => Claim::Ended {
                reason: RevocationReason::AffiliationChanged,
                at: None,
                since: at.max(received.since),
            },
        }
    }
}
