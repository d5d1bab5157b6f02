//! Another key in the place of a party's own (certificate re-key, RFC 3647 §4.7): asked over the signature of
//! the key in use.
//!
//! One door, `POST /rekey`, for every kind of party, over its own link or that of a terminal at which it
//! works: the body is a CMS SignedData of the kind
//! [`RekeyRequest`](crate::signed::MessageKind::RekeyRequest) whose content is the JSON of a
//! [`RekeyRequest`]; the answer is an [`Answer::Rekeyed`](crate::Answer::Rekeyed) or a
//! [`Refusal`](crate::act::Refusal). With the answer the key that signed is dead. Asked again for the same
//! key, the dead one is given the same answer: the line may have broken.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::octets::{Octets, Sha256};

/// A party wants another key certified in the place of the one that signs this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RekeyRequest {
    /// SHA-256 of the certificate of the authority that is asked.
    pub authority: Sha256,
    /// When it was signed, by the party's clock.
    #[serde(deserialize_with = "bounds::moment")]
    pub made_at: Timestamp,
    /// PKCS#10 request by the next key (RFC 2986).
    #[serde(deserialize_with = "bounds::request")]
    pub request_for_certificate: Octets,
}
