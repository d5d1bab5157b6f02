//! The signing certificate of a resident.

use akashi_ledger::AuthorityProfile;
use akashi_wire::municipality::Municipality;
use akashi_wire::{BirthDate, SerialNumber, Sex};
use jiff::Timestamp;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::ext::pkix::KeyUsages;

use super::authority::AuthorityFacts;
use super::tbs::TbsCertificate;
use super::{extension, name, tbs};
use crate::characters::CertificateText;
use akashi_wire::pki::oid;

/// Everything that a citizen's certificate states.
pub struct CitizenFacts<'a> {
    /// Its number.
    pub serial: SerialNumber,
    /// The municipality of residence.
    pub municipality: &'static Municipality,
    /// An opaque common name: random, never derived from the person.
    pub opaque: String,
    /// 氏名 and its map.
    pub name: &'a CertificateText,
    /// 住所 and its map.
    pub address: &'a CertificateText,
    /// 生年月日.
    pub birth_date: BirthDate,
    /// 性別.
    pub sex: Sex,
    /// First second.
    pub not_before: Timestamp,
    /// Last second.
    pub not_after: Timestamp,
    /// The card's key.
    pub public_key: SubjectPublicKeyInfoOwned,
    /// DER of the municipality's distribution point, from the book.
    pub distribution_point: &'a [u8],
}

/// What is to be signed.
pub fn tbs_citizen(
    profile: &AuthorityProfile,
    authority: &AuthorityFacts,
    signature: AlgorithmIdentifierOwned,
    facts: &CitizenFacts<'_>,
) -> der::Result<TbsCertificate> {
    let birth_date = facts.birth_date.to_string();
    Ok(TbsCertificate {
        version: 2,
        serial_number: TbsCertificate::serial(facts.serial)?,
        signature,
        issuer: authority.subject.clone(),
        validity: tbs::validity(facts.not_before, facts.not_after)?,
        subject: name::citizen(profile, facts.municipality, &facts.opaque)?,
        subject_public_key_info: facts.public_key.clone(),
        extensions: vec![
            extension::key_usage(KeyUsages::DigitalSignature, &[KeyUsages::NonRepudiation])?,
            extension::certificate_policies(
                &profile.policy,
                profile.policy_critical,
                &profile.cps_url(),
            )?,
            extension::person(&[
                (oid::PERSON_NAME, facts.name.text()),
                (oid::PERSON_BIRTH_DATE, &birth_date),
                (oid::PERSON_SEX, facts.sex.code()),
                (oid::PERSON_ADDRESS, facts.address.text()),
                (oid::PERSON_NAME_MAP, facts.name.map()),
                (oid::PERSON_ADDRESS_MAP, facts.address.map()),
            ])?,
            extension::directory_alt_name(
                oid::ISSUER_ALT_NAME,
                name::authority_in_japanese(profile)?,
            )?,
            extension::crl_distribution_point(facts.distribution_point)?,
            extension::authority_info_access(&profile.ocsp_url, &profile.ca_issuers_url())?,
            extension::authority_key_identifier(&authority.key_identifier)?,
            extension::subject_key_identifier(&facts.public_key)?,
        ],
    })
}
