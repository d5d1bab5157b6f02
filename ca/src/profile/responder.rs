//! The certificate of a delegated OCSP responder (RFC 6960 §4.2.2.2).

use akashi_ledger::AuthorityProfile;
use akashi_wire::SerialNumber;
use jiff::Timestamp;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::ext::pkix::KeyUsages;

use super::authority::AuthorityFacts;
use super::tbs::TbsCertificate;
use super::{extension, name, tbs};

/// What is to be signed.
pub fn tbs_responder(
    profile: &AuthorityProfile,
    authority: &AuthorityFacts,
    signature: AlgorithmIdentifierOwned,
    serial: SerialNumber,
    public_key: SubjectPublicKeyInfoOwned,
    (not_before, not_after): (Timestamp, Timestamp),
) -> der::Result<TbsCertificate> {
    Ok(TbsCertificate {
        version: 2,
        serial_number: TbsCertificate::serial(serial)?,
        signature,
        issuer: authority.subject.clone(),
        validity: tbs::validity(not_before, not_after)?,
        subject: name::responder(profile)?,
        extensions: vec![
            extension::key_usage(KeyUsages::DigitalSignature, &[])?,
            extension::ocsp_signing()?,
            extension::ocsp_no_check()?,
            extension::authority_key_identifier(&authority.key_identifier)?,
            extension::subject_key_identifier(&public_key)?,
        ],
        subject_public_key_info: public_key,
    })
}
