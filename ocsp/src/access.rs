//! Who asks, and whether it may (law art. 17, 18).
//!
//! An agency shows who it is by a signed request (RFC 6960 §4.1.1) or by mutual TLS. What counts
//! is that its very certificate is enrolled as an agency in force; a name in the request counts
//! for nothing. A signed request can be repeated by whoever saw it: it says who asked, not when.
//! Mutual TLS has no such gap.

use std::time::Duration;

use akashi_ledger::{Ledger, NotAdmitted, Responding};
use akashi_wire::act::PartyId;
use akashi_wire::octets::Sha256;
use jiff::Timestamp;

use crate::x509::Parts;
use crate::{OcspRequest, Refusal};

/// What the door knows of who asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asker<'a> {
    /// DER of the certificate at the other end of a mutual TLS link.
    pub certificate: Option<&'a [u8]>,
    /// For what it asks, where it said so.
    pub purpose: Option<&'a str>,
}

/// An agency in force, and for what it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agency {
    pub(crate) party: PartyId,
    pub(crate) purpose: String,
}

/// The agency that asks.
///
/// A signed request is its signer's, whoever carries it. The purpose is told beside the request, which
/// has no place for one (RFC 6960 §4.1.1), by whoever carries it.
pub(crate) async fn agency(
    ledger: &Ledger<Responding>,
    request: &OcspRequest<'_>,
    asker: Asker<'_>,
    now: Timestamp,
    patience: Duration,
) -> Result<Agency, Refusal> {
    let certificate = signer(request)?.or(asker.certificate).ok_or(Refusal::Unsigned)?;
    let enrolment = ledger.enrolment_of(Sha256::of(certificate));
    let enrolment = match tokio::time::timeout(patience, enrolment).await {
        Ok(Ok(enrolment)) => enrolment,
        Ok(Err(_)) | Err(_) => return Err(Refusal::LedgerUnreachable),
    };
    let enrolment = enrolment.ok_or(Refusal::NotAnAgency)?;
    match enrolment.admitted(asker.purpose, now) {
        Ok(purpose) => Ok(Agency { party: enrolment.party, purpose: purpose.to_owned() }),
        Err(NotAdmitted::NotAnAgency) => Err(Refusal::NotAnAgency),
        Err(NotAdmitted::Purpose(_)) => Err(Refusal::PurposeNotNotified),
    }
}

/// The certificate whose key signed the request; `None` when nobody did.
fn signer<'r>(request: &OcspRequest<'r>) -> Result<Option<&'r [u8]>, Refusal> {
    let Some(signature) = request.signature else { return Ok(None) };
    let signer = signature.signer.ok_or(Refusal::BadSignature)?;
    let parts = Parts::read(signer).map_err(|_| Refusal::BadSignature)?;
    if !parts.public_key.verifies(signature.algorithm, request.tbs(), signature.signature) {
        return Err(Refusal::BadSignature);
    }
    Ok(Some(signer))
}
