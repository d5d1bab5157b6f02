//! What the founders sign: the founding record of an authority, over the certificate that it is of.

use serde::{Deserialize, Serialize};

use crate::octets::Sha256;

/// The content of a message of the kind [`Founding`](crate::signed::MessageKind::Founding): the same for
/// everybody who signs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedFounding {
    /// SHA-256 of the authority's certificate.
    pub certificate: Sha256,
    /// The founding record, JSON, to the octet.
    pub record: String,
    /// SHA-256 of the certificates of the security officers who sign it, all of them: a signature that is
    /// lost is missed.
    pub officers: Vec<Sha256>,
}
