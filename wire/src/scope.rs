//! What a list of revoked certificates covers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::MunicipalityCode;

/// What a CRL covers (RFC 5280 §5.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The certificates of one municipality; has a critical IssuingDistributionPoint.
    Partition(MunicipalityCode),
    /// Every certificate of the authority; has none.
    Complete,
    /// Certificates of authorities only (ARL).
    Authority,
}

impl fmt::Display for Scope {
    /// As it stands in the book, in file names and in URLs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition(code) => code.fmt(f),
            Self::Complete => f.write_str("complete"),
            Self::Authority => f.write_str("authority"),
        }
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list covers a municipality (its code), `complete` or `authority`")]
pub struct NotAScope;

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        match text {
            "complete" => Ok(Self::Complete),
            "authority" => Ok(Self::Authority),
            code => code.parse().map(Self::Partition).map_err(|_| NotAScope),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
