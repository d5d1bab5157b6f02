//! Reading a list of revoked certificates, believing nothing that does not verify
//! (RFC 5280 §6.3.3).

use akashi_wire::RevocationReason;
use akashi_wire::pki::moment;
use akashi_wire::pki::oid;
use const_oid::ObjectIdentifier;
use der::{Decode, Enumerated};
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_cert::Certificate;
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::ext::pkix::CrlDistributionPoints;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use super::Verdict;
use super::answer::SKEW;
use super::der_reader::{expect, next};

/// issuingDistributionPoint (RFC 5280 §5.2.5).
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
/// reasonCode (RFC 5280 §5.3.1).
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");

const JUNK: &str = "the list is not a CRL";

/// Of which time a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListTimes {
    /// thisUpdate.
    pub made: Timestamp,
    /// nextUpdate: until then it holds.
    pub holds_until: Timestamp,
}

/// Reads what a list says about a certificate. `Err(text)` when it cannot be believed.
pub(super) fn read(
    octets: &[u8],
    leaf: &Certificate,
    authority: &Certificate,
    now: Timestamp,
) -> Result<(Verdict, ListTimes), String> {
    let issuer = authority.tbs_certificate();
    verify(octets, issuer.subject_public_key_info().subject_public_key.raw_bytes())?;
    let list: CertificateList = CertificateList::from_der(octets).map_err(|_| JUNK)?;
    let tbs = list.tbs_cert_list;
    if tbs.issuer != *issuer.subject() {
        return Err("the list is not the authority's".into());
    }
    let until = tbs.next_update.ok_or("the list says not until when it holds")?;
    let times = ListTimes { made: moment(&tbs.this_update), holds_until: moment(&until) };
    if times.made > now + SKEW || times.holds_until < now {
        let ListTimes { made, holds_until } = times;
        return Err(format!(
            "the list holds from {made} to {holds_until}, and the clock of this computer says {now}: look at \
             the clock first"
        ));
    }
    let extensions = tbs.crl_extensions.as_deref().unwrap_or_default();
    if extensions.iter().any(|one| one.critical && one.extn_id != ISSUING_DISTRIBUTION_POINT) {
        return Err("the list is of a kind that is not known here".into());
    }
    let scope = extensions.iter().find(|one| one.extn_id == ISSUING_DISTRIBUTION_POINT);
    let scope = scope.ok_or("the list says not which certificates it is about")?;
    covers(scope.extn_value.as_bytes(), leaf)?;
    let serial = leaf.tbs_certificate().serial_number();
    let entries = tbs.revoked_certificates.unwrap_or_default();
    let verdict = match entries.iter().find(|entry| entry.serial_number == *serial) {
        None => Verdict::Valid,
        Some(entry) => {
            Verdict::Revoked { at: moment(&entry.revocation_date), reason: reason(entry)? }
        }
    };
    Ok((verdict, times))
}

/// Before anything else is read: what the authority did not sign is not worth reading.
fn verify(octets: &[u8], key: &[u8]) -> Result<(), String> {
    let mut octets = octets;
    let mut parts = expect(&mut octets, 0x30).ok_or(JUNK)?.content;
    let signed = next(&mut parts).ok_or(JUNK)?;
    next(&mut parts).ok_or(JUNK)?;
    let signature = expect(&mut parts, 0x03).ok_or(JUNK)?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(signed.whole, signature.content.get(1..).unwrap_or_default())
        .map_err(|_| "the list's signature does not verify".to_owned())
}

/// The names of the certificate's distribution points.
pub(super) fn distribution_points(leaf: &Certificate) -> Result<Vec<Vec<GeneralName>>, String> {
    let extensions = leaf.tbs_certificate().extensions();
    let found = extensions
        .and_then(|all| all.iter().find(|one| one.extn_id == oid::CRL_DISTRIBUTION_POINTS))
        .ok_or("the certificate says nowhere where its list is")?;
    let points = CrlDistributionPoints::from_der(found.extn_value.as_bytes())
        .map_err(|error| error.to_string())?;
    let names = points.0.into_iter().filter_map(|point| match point.distribution_point {
        Some(DistributionPointName::FullName(names)) => Some(names),
        _ => None,
    });
    Ok(names.collect())
}

/// A list of another municipality says nothing of this certificate, though the same key signed it.
fn covers(scope: &[u8], leaf: &Certificate) -> Result<(), String> {
    let scope = IssuingDistributionPoint::from_der(scope)
        .map_err(|_| "the list says not which certificates it is about")?;
    let is_whole = !scope.only_contains_ca_certs
        && !scope.only_contains_attribute_certs
        && !scope.indirect_crl
        && scope.only_some_reasons.is_none();
    let is_named = match scope.distribution_point {
        Some(DistributionPointName::FullName(names)) => distribution_points(leaf)?.contains(&names),
        _ => false,
    };
    if is_whole && is_named { Ok(()) } else { Err("the list is about other certificates".into()) }
}

fn reason(entry: &RevokedCert) -> Result<RevocationReason, String> {
    let unknown = || "the list gives a reason that is not known here".to_owned();
    let extensions = entry.crl_entry_extensions.as_deref().unwrap_or_default();
    if extensions.iter().any(|one| one.critical) {
        return Err(unknown());
    }
    let Some(found) = extensions.iter().find(|one| one.extn_id == REASON_CODE) else {
        return Ok(RevocationReason::Unspecified);
    };
    let code = Code::from_der(found.extn_value.as_bytes()).map_err(|_| unknown())?;
    RevocationReason::from_code(code as u8).ok_or_else(unknown)
}

/// CRLReason, as far as it is given here.
#[derive(Clone, Copy, Enumerated)]
#[repr(u8)]
enum Code {
    Unspecified = 0,
    KeyCompromise = 1,
    CaCompromise = 2,
    AffiliationChanged = 3,
    Superseded = 4,
    CessationOfOperation = 5,
    CertificateHold = 6,
}
