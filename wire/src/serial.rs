//! The serial number of a certificate (RFC 5280 §4.1.2.2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Sixteen octets, positive, 126 of the bits random.
///
/// The two leading bits are always `01`: the number is positive without a padding octet and its
/// DER always has the same length, so that the size of a CRL is known before its first octet.
/// Never derived from the person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber([u8; SerialNumber::LENGTH]);

impl SerialNumber {
    /// Octets in a serial number of ours.
    pub const LENGTH: usize = 16;

    /// Makes a serial number of sixteen random octets; two bits of them are overwritten.
    pub fn from_random(mut octets: [u8; Self::LENGTH]) -> Self {
        octets[0] = 0x40 | (octets[0] & 0x3f);
        Self(octets)
    }

    /// Reads a serial number as it stands in a certificate, a CRL or an OCSP request.
    ///
    /// `None` when it cannot be one of ours (another length, or other leading bits).
    pub fn from_slice(octets: &[u8]) -> Option<Self> {
        let octets: [u8; Self::LENGTH] = octets.try_into().ok()?;
        (octets[0] & 0xc0 == 0x40).then_some(Self(octets))
    }

    /// The content octets of the DER INTEGER.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({self})")
    }
}

/// The text is not a serial number of this authority: 32 hexadecimal digits are expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is not a serial number of this authority: 32 hexadecimal digits are expected, the first from 4 to 7"
)]
pub struct NotASerialNumber(String);

impl FromStr for SerialNumber {
    type Err = NotASerialNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::decode(text)
            .ok()
            .and_then(|octets| Self::from_slice(&octets))
            .ok_or_else(|| NotASerialNumber(text.to_owned()))
    }
}

impl TryFrom<String> for SerialNumber {
    type Error = NotASerialNumber;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Serialize for SerialNumber {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SerialNumber {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_sixteen_random_octets_make_a_positive_number_of_fixed_length() {
        for octet in 0..=255u8 {
            let serial = SerialNumber::from_random([octet; 16]);
            assert!((0x40..=0x7f).contains(&serial.as_bytes()[0]));
            assert_eq!(serial.to_string().parse::<SerialNumber>().unwrap(), serial);
        }
    }

    #[test]
    fn a_number_that_this_authority_cannot_have_given_is_not_one_of_ours() {
        assert_eq!(SerialNumber::from_slice(&[0x40; 15]), None);
        assert_eq!(SerialNumber::from_slice(&[0x80; 16]), None);
        assert_eq!(SerialNumber::from_slice(&[0x00; 16]), None);
    }
}
