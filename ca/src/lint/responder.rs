//! The same care for a responder's certificate (RFC 6960 §4.2.2.2).

use der::{Decode, Encode};

use super::Finding;
use crate::profile::{AuthorityFacts, TbsCertificate, extension};
use akashi_wire::pki::oid;

/// Everything that is wrong with the certificate of a delegated responder.
pub fn lint_responder(der: &[u8], authority: &AuthorityFacts) -> Vec<Finding> {
    let finding = |what: &str| Finding {
        rule: "responder",
        source: "RFC 6960 §4.2.2.2, RFC 5280 §4.2",
        what: what.to_owned(),
    };
    let Ok(tbs) = TbsCertificate::from_der(der) else {
        return vec![finding("it cannot be read")];
    };
    let octets = |name: &x509_cert::name::Name| name.to_der().unwrap_or_default();
    let is = |oid, critical, again: der::Result<x509_cert::ext::Extension>| {
        tbs.extension(oid).is_some_and(|found| {
            found.critical == critical && again.is_ok_and(|again| again == *found)
        })
    };
    let checks = [
        (tbs.version == 2, "the version must be 3"),
        (tbs.our_serial().is_some(), "the serial number must be one of ours"),
        (tbs.signature.oid == oid::SHA256_WITH_RSA, "the algorithm must be SHA-256 with RSA"),
        (octets(&tbs.issuer) == octets(&authority.subject), "the issuer must be the authority"),
        (
            is(oid::EXTENDED_KEY_USAGE, true, extension::ocsp_signing()),
            "it must be for signing OCSP answers and for nothing else",
        ),
        (
            is(oid::OCSP_NO_CHECK, false, extension::ocsp_no_check()),
            "it must say that its own status is not asked for",
        ),
        (
            is(
                oid::AUTHORITY_KEY_IDENTIFIER,
                false,
                extension::authority_key_identifier(&authority.key_identifier),
            ),
            "its authority key identifier must be the authority's",
        ),
        (tbs.extensions.len() == 5, "it must have the extensions of the profile and no more"),
        (tbs.to_der().is_ok_and(|again| again == der), "the encoding must be DER"),
    ];
    checks.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| finding(what)).collect()
}
