//! The authority's own certificate.

use akashi_keys::Signer;
use akashi_ledger::AuthorityProfile;
use akashi_wire::SerialNumber;
use akashi_wire::date::{day_in_japan, end_of_day};
use der::{Decode, Encode};
use jiff::{Timestamp, ToSpan};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{KeyUsages, SubjectKeyIdentifier};
use x509_cert::name::Name;

use super::tbs::TbsCertificate;
use super::{extension, name, tbs};
use akashi_wire::pki::moment;
use akashi_wire::pki::oid;

/// What of the authority's certificate goes into everything that it issues.
#[derive(Clone, Debug)]
pub struct AuthorityFacts {
    /// Its subject, which is the issuer of all the others.
    pub subject: Name,
    /// Its subjectKeyIdentifier.
    pub key_identifier: Vec<u8>,
    /// Its public key.
    pub public_key: SubjectPublicKeyInfoOwned,
    /// Its last second.
    pub not_after: Timestamp,
}

impl AuthorityFacts {
    /// Reads them from the certificate.
    pub fn of(certificate: &[u8]) -> der::Result<Self> {
        let certificate = Certificate::from_der(certificate)?;
        let tbs = certificate.tbs_certificate();
        let (_, id) = tbs
            .get_extension::<SubjectKeyIdentifier>()
            .map_err(|_| der::Tag::OctetString.value_error())?
            .ok_or_else(|| der::Tag::OctetString.value_error())?;
        Ok(Self {
            subject: tbs.subject().clone(),
            key_identifier: id.0.as_bytes().to_vec(),
            public_key: SubjectPublicKeyInfoOwned::from_der(
                &tbs.subject_public_key_info().to_der()?,
            )?,
            not_after: moment(&tbs.validity().not_after),
        })
    }
}

/// What is to be signed for a new authority that signs itself. Valid for `years`, to the last
/// second of a day in Japan.
pub fn tbs_authority(
    profile: &AuthorityProfile,
    key: &dyn Signer,
    serial: SerialNumber,
    years: i16,
    now: Timestamp,
) -> der::Result<TbsCertificate> {
    let subject = name::authority(profile)?;
    let public_key = SubjectPublicKeyInfoOwned::from_der(key.public_key())?;
    let last = day_in_japan(now).saturating_add(years.years()).yesterday();
    let last = last.map_err(|_| der::Tag::UtcTime.value_error())?;
    Ok(TbsCertificate {
        version: 2,
        serial_number: TbsCertificate::serial(serial)?,
        signature: key.algorithm(),
        issuer: subject.clone(),
        validity: tbs::validity(now, end_of_day(last))?,
        subject,
        extensions: vec![
            extension::key_usage(KeyUsages::KeyCertSign, &[KeyUsages::CRLSign])?,
            extension::authority_constraints()?,
            extension::subject_key_identifier(&public_key)?,
            extension::directory_alt_name(
                oid::SUBJECT_ALT_NAME,
                name::authority_in_japanese(profile)?,
            )?,
            extension::crl_distribution_point(
                &name::authority_distribution_point(profile)?.to_der()?,
            )?,
        ],
        subject_public_key_info: public_key,
    })
}
