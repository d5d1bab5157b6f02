//! By what a certificate is found where no registry is asked: loss, theft and hold are taken at any hour.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::{BirthDate, SerialNumber};

/// By what a certificate is found in the authority's own book.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum CertificateBy {
    /// By its serial number, as it stands on the copy that its holder took home.
    Serial {
        /// All of it, or its end.
        serial: SerialGiven,
    },
    /// By the number of the card that it was written into.
    Card {
        /// The number that is printed on the card.
        #[serde(deserialize_with = "bounds::card")]
        card: String,
    },
    /// By what it states. Machine variants, blanks and substitutes are nobody else's name.
    Stated {
        /// 氏名.
        #[serde(deserialize_with = "bounds::written")]
        name: String,
        /// 生年月日.
        birth_date: BirthDate,
    },
}

impl fmt::Debug for CertificateBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CertificateBy(withheld)")
    }
}

/// A serial number as people give it: all 32 hexadecimal digits, or the last eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum SerialGiven {
    /// All of it.
    Whole(SerialNumber),
    /// Its last four octets.
    End([u8; 4]),
}

impl fmt::Display for SerialGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(serial) => serial.fmt(f),
            Self::End(octets) => f.write_str(&hex::encode(octets)),
        }
    }
}

/// The text is neither a serial number nor the end of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a serial number of this authority has 32 hexadecimal digits, the first from 4 to 7: give all of them, or the last eight"
)]
pub struct NotASerialGiven;

impl FromStr for SerialGiven {
    type Err = NotASerialGiven;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let octets = hex::decode(text).map_err(|_| NotASerialGiven)?;
        match <[u8; 4]>::try_from(octets.as_slice()) {
            Ok(end) => Ok(Self::End(end)),
            Err(_) => SerialNumber::from_slice(&octets).map(Self::Whole).ok_or(NotASerialGiven),
        }
    }
}

impl TryFrom<String> for SerialGiven {
    type Error = NotASerialGiven;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SerialGiven> for String {
    fn from(given: SerialGiven) -> Self {
        given.to_string()
    }
}

/// Whose certificate was found, as far as the officer needs to know to ask the right person: no
/// address, for nobody has asked whether it is protected.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedHolder {
    /// 氏名, with the register's own characters.
    #[serde(deserialize_with = "bounds::registered")]
    pub name: String,
    /// 生年月日.
    pub birth_date: BirthDate,
}

impl fmt::Debug for StatedHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StatedHolder(withheld)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_is_given_whole_or_by_its_last_eight_digits() {
        let serial = SerialNumber::from_random([0xab; 16]);
        let whole = serial.to_string();
        assert_eq!(whole.parse(), Ok(SerialGiven::Whole(serial)));
        assert_eq!(whole.to_uppercase().parse(), Ok(SerialGiven::Whole(serial)));
        assert_eq!(whole[24..].parse(), Ok(SerialGiven::End([0xab; 4])));
        assert_eq!(SerialGiven::End([0xab; 4]).to_string(), "abababab");
        for text in [
            "",
            "abababa",
            "abababab0",
            &whole[1..],
            &whole[2..],
            "ffffffffffffffffffffffffffffffff",
        ] {
            assert_eq!(text.parse::<SerialGiven>(), Err(NotASerialGiven), "{text}");
        }
    }
}
