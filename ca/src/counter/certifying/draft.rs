//! Everything about a certificate that can be done without the book: proof, draft, lint.

use akashi_ledger::{CaseFile, Step};
use akashi_wire::act::Refusal;
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::Sha256;
use akashi_wire::{FourItems, MunicipalityCode, SerialNumber};
use der::{Decode, Encode};
use jiff::Timestamp;
use spki::SubjectPublicKeyInfoOwned;

use super::{Proven, Waiting, room};
use crate::characters::CertificateText;
use crate::counter::case_record::{CaseRecord, texts};
use crate::counter::{Halt, at_step, of_counter};
use crate::issuance::{Draft, Interrupted, Linted};
use crate::profile::TbsCertificate;
use crate::profile::citizen::{CitizenFacts, tbs_citizen};
use crate::{CaError, Issuer};
use akashi_wire::validity::not_after;

/// What there is before the signature.
pub(super) enum Before {
    /// A new certificate, not in the book yet.
    New(Linted),
    /// It was interrupted between record and file: the same key resumes, and gives the same.
    Resumed(Interrupted),
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
    let file = of_counter(file, waiting.acting.permit.municipality(), now)?;
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
            Before::Resumed(Interrupted { tbs: tbs.0, serial })
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
    let ends = not_after(not_before, issuer.authority.profile.validity);
    // Never shortened: once three years no longer fit, issuing stops.
    if ends > issuer.facts.not_after {
        return Err(Refusal::AuthorityEnding.into());
    }
    let (name, address) = texts(&person.items, &applied.name_choices, &applied.address_choices)?;
    let stated = Stated {
        municipality: file.municipality,
        items: &person.items,
        name: &name,
        address: &address,
        public_key: proven.public_key.clone(),
        not_before,
    };
    let tbs = drawn_up(issuer, &stated, &chance)?;
    room::fits(issuer, &tbs)?;
    Ok(Draft::new(tbs).lint(issuer)?)
}

/// What a certificate states beside what comes from the generator.
pub(super) struct Stated<'a> {
    pub municipality: MunicipalityCode,
    pub items: &'a FourItems,
    pub name: &'a CertificateText,
    pub address: &'a CertificateText,
    pub public_key: SubjectPublicKeyInfoOwned,
    pub not_before: Timestamp,
}

/// The certificate as the profile makes it.
pub(super) fn drawn_up(
    issuer: &Issuer,
    stated: &Stated<'_>,
    chance: &Chance,
) -> Result<TbsCertificate, CaError> {
    let (municipality, distribution_point) = town(issuer, stated.municipality)?;
    let facts = CitizenFacts {
        serial: chance.serial,
        municipality,
        opaque: hex::encode(chance.opaque),
        name: stated.name,
        address: stated.address,
        birth_date: stated.items.birth_date,
        sex: stated.items.sex,
        not_before: stated.not_before,
        not_after: not_after(stated.not_before, issuer.authority.profile.validity),
        public_key: stated.public_key.clone(),
        distribution_point,
    };
    let profile = &issuer.authority.profile;
    Ok(tbs_citizen(profile, &issuer.facts, issuer.key.algorithm(), &facts)?)
}

/// A municipality and its distribution point.
fn town(
    issuer: &Issuer,
    code: MunicipalityCode,
) -> Result<(&'static Municipality, &[u8]), CaError> {
    let municipality =
        Municipality::of(code).ok_or_else(|| CaError::Damaged(format!("municipality {code}")))?;
    let distribution_point = issuer
        .distribution_points
        .get(&code)
        .ok_or_else(|| CaError::Damaged("no distribution point".into()))?;
    Ok((municipality, distribution_point))
}

/// A certificate counts whole seconds, downwards: it never begins in the future.
pub(super) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The last second of a certificate.
pub(in crate::counter) fn end(certificate: &[u8]) -> Result<Timestamp, der::Error> {
    let certificate = x509_cert::Certificate::from_der(certificate)?;
    Ok(akashi_wire::pki::moment(&certificate.tbs_certificate().validity().not_after))
}
