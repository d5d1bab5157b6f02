//! Everything about a certificate that can be done without the book: proof, draft, lint.

use akashi_ledger::{CaseFile, Step};
use akashi_wire::SerialNumber;
use akashi_wire::act::Refusal;
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::Sha256;
use der::{Decode, Encode};
use jiff::Timestamp;

use super::{Proven, Waiting};
use crate::counter::case_record::{CaseRecord, texts};
use crate::counter::{Halt, at_step, of_counter};
use crate::issuance::{Draft, Linted, Recorded};
use crate::lint::Expected;
use crate::profile::TbsCertificate;
use crate::profile::citizen::{CitizenFacts, tbs_citizen};
use crate::{CaError, Issuer};
use akashi_wire::validity::not_after;

/// What there is before the signature.
pub(super) enum Before {
    /// A new certificate, not in the book yet.
    New(Linted),
    /// It was interrupted between record and file: the same key resumes, and gives the same.
    Resumed(Recorded),
}

/// What of a certificate comes from the generator.
pub(super) struct Chance {
    pub serial: SerialNumber,
    pub opaque: [u8; 16],
}

/// Holds the proof against the case and makes the certificate as it would be signed now.
pub(super) fn prepare(
    issuer: &Issuer,
    waiting: &Waiting,
    file: Option<CaseFile>,
    chance: Chance,
    now: Timestamp,
) -> Result<(CaseFile, CaseRecord, Sha256, Before), Halt> {
    let file = of_counter(file, waiting.acting.permit.municipality())?;
    let mut record = CaseRecord::open(&issuer.vault, file.case, &file.sealed_file)?;
    at_step(&file, &[Step::Applied], &waiting.acting)?;
    let applied = record.application()?;
    if applied.card != waiting.card {
        return Err(Refusal::WrongCard.into());
    }
    let proven = waiting.proven.clone()?;
    let unproved =
        |e: crate::possession::NoPossession| Refusal::NoPossession { what: e.to_string() };
    proven.proof.answers(&applied.challenge.0).map_err(unproved)?;
    if applied.made != Some(proven.digest) {
        return Err(Refusal::KeyNotOfCard.into());
    }
    let before = match (file.serial, record.tbs.take()) {
        (Some(serial), Some(tbs)) => {
            let recorded = TbsCertificate::from_der(&tbs.0)?.subject_public_key_info.to_der()?;
            if recorded != proven.proof.public_key {
                let (step, asked) = ("applied".into(), "certify another key".into());
                return Err(Refusal::WrongStep { step, asked }.into());
            }
            Before::Resumed(Recorded::resume(tbs.0, serial)?)
        }
        _ => Before::New(draft(issuer, &proven, (&file, &record), chance, whole_second(now))?),
    };
    Ok((file, record, proven.digest, before))
}

fn draft(
    issuer: &Issuer,
    proven: &Proven,
    (file, record): (&CaseFile, &CaseRecord),
    chance: Chance,
    not_before: Timestamp,
) -> Result<Linted, Halt> {
    let (person, applied) = (record.person()?, record.application()?);
    person.is_good(&issuer.rules, not_before)?;
    let ends = not_after(not_before, issuer.rules.validity);
    // Never shortened: once three years no longer fit, issuing stops.
    if ends > issuer.facts.not_after {
        return Err(Refusal::AuthorityEnding.into());
    }
    let (name, address) = texts(&person.items, &applied.name_choices, &applied.address_choices)?;
    let municipality = Municipality::of(file.municipality)
        .ok_or_else(|| CaError::Damaged(format!("municipality {}", file.municipality)))?;
    let distribution_point = issuer
        .distribution_points
        .get(&file.municipality)
        .ok_or_else(|| CaError::Damaged("no distribution point".into()))?;
    let facts = CitizenFacts {
        serial: chance.serial,
        municipality,
        opaque: hex::encode(chance.opaque),
        name: &name,
        address: &address,
        birth_date: person.items.birth_date,
        sex: person.items.sex,
        not_before,
        not_after: ends,
        public_key: proven.public_key.clone(),
        distribution_point,
    };
    let profile = &issuer.authority.profile;
    let tbs = tbs_citizen(profile, &issuer.facts, issuer.key.algorithm(), &facts)?;
    Ok(Draft::new(tbs).lint(&Expected {
        authority: &issuer.facts,
        profile,
        municipality,
        distribution_point,
        rule: issuer.rules.validity,
    })?)
}

/// A certificate counts whole seconds, downwards: it never begins in the future.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).expect("a whole second of a valid time")
}

/// The last second of a certificate.
pub(in crate::counter) fn end(certificate: &[u8]) -> Result<Timestamp, der::Error> {
    let certificate = x509_cert::Certificate::from_der(certificate)?;
    Ok(akashi_wire::pki::moment(&certificate.tbs_certificate().validity().not_after))
}
