//! What is to be said, decided. Pure.

use akashi_ledger::Standing;

use crate::{CertId, Issuer, OcspRequest, Refusal, Table};

/// One certificate that was asked about, and how it stands; `None` when it was never issued.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'r> {
    pub(crate) cert_id: CertId<'r>,
    pub(crate) standing: Option<Standing>,
}

/// How each certificate of a request stands, in the request's order.
///
/// A serial number that this authority never issued is told `unknown`: it is not
/// *good*, and saying *revoked* (RFC 6960 §2.2, extended-revoke) would make a mistyped number read
/// as a verdict. A request that names another issuer, even for one of many certificates, is
/// refused whole: an error response has no room for the others, and half of an answer could be
/// taken for all of it.
pub(crate) fn respond<'r>(
    request: &OcspRequest<'r>,
    issuer: &Issuer,
    table: &Table,
) -> Result<Vec<Found<'r>>, Refusal> {
    request
        .cert_ids
        .iter()
        .map(|cert_id| {
            if !issuer.is_named_by(cert_id) {
                return Err(Refusal::OtherIssuer);
            }
            let standing = cert_id.serial().and_then(|serial| table.standing(serial));
            Ok(Found { cert_id: *cert_id, standing })
        })
        .collect()
}

impl Found<'_> {
    /// The answer in one word, as it goes on record.
    pub(crate) fn word(&self) -> &'static str {
        match self.standing {
            Some(Standing::Good) => "good",
            Some(Standing::Held { .. } | Standing::Revoked { .. }) => "revoked",
            None => "unknown",
        }
    }
}
