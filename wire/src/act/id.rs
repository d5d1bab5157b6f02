//! Numbers of requests, cases and parties.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Sixteen random octets in hexadecimal that name one thing.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Made of sixteen random octets.
            pub fn from_random(octets: [u8; 16]) -> Self {
                Self(octets)
            }

            /// Read back from where it was kept.
            pub fn from_slice(octets: &[u8]) -> Option<Self> {
                octets.try_into().ok().map(Self)
            }

            /// The sixteen octets.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                hex::decode(text)
                    .ok()
                    .and_then(|octets| Self::from_slice(&octets))
                    .ok_or(NotAnId($what))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is 32 hexadecimal digits")]
pub struct NotAnId(&'static str);

random_id!(
    /// Names one request for ever: sent again, it gives the same answer.
    RequestId, "a request number");
random_id!(
    /// Names one case at a counter. Opaque; the ticket's barcode.
    CaseId, "a case number");
random_id!(
    /// Names one recall of cards.
    RecallId, "the number of a recall");
random_id!(
    /// Names one enrolled party.
    PartyId, "a party number");
