//! Whether the authority's certificate on a card is the prefecture's: by a fingerprint that came on
//! paper, and not with the card.

use std::fmt;
use std::str::FromStr;

use akashi_wire::octets::Sha256;
use der::Decode;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use super::HolderError;
use akashi_agency::is_signed_by;

/// SHA-256 of a certificate's DER.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// The fingerprint of a certificate.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::of(certificate))
    }

    /// In groups of four digits, eight groups a line, to be compared by eye.
    pub fn lines(&self) -> [String; 2] {
        let digits = self.0.to_string().to_uppercase();
        let groups = |half: &str| {
            let groups: Vec<_> = (0..8).map(|group| &half[4 * group..4 * group + 4]).collect();
            groups.join(" ")
        };
        [groups(&digits[..32]), groups(&digits[32..])]
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join(" "))
    }
}

impl FromStr for Fingerprint {
    type Err = HolderError;

    /// As people copy it: with spaces, colons or hyphens anywhere, in letters of any case.
    fn from_str(text: &str) -> Result<Self, HolderError> {
        let between = |c: &char| !c.is_whitespace() && !matches!(c, ':' | '-');
        let digits: Vec<char> = text.chars().filter(between).collect();
        if let Some(other) = digits.iter().find(|digit| !digit.is_ascii_hexdigit()) {
            return Err(HolderError::FingerprintCharacter(*other));
        }
        let octets = hex::decode(String::from_iter(&digits)).ok();
        let digest = octets.and_then(|octets| Sha256::from_slice(&octets));
        digest.map(Self).ok_or(HolderError::FingerprintLength(digits.len()))
    }
}

/// Whether this is the certificate of an authority that signed it itself.
pub fn is_self_signed_authority(authority: &[u8]) -> bool {
    let Ok(read) = Certificate::from_der(authority) else { return false };
    let tbs = read.tbs_certificate();
    let is_authority =
        matches!(tbs.get_extension::<BasicConstraints>(), Ok(Some((_, found))) if found.ca);
    let signs =
        matches!(tbs.get_extension::<KeyUsage>(), Ok(Some((_, usage))) if usage.key_cert_sign());
    is_authority && signs && is_signed_by(authority, &read, &read)
}

/// Whether this certificate was signed by that authority.
pub fn is_of(certificate: &[u8], authority: &[u8]) -> bool {
    let read = (Certificate::from_der(certificate), Certificate::from_der(authority));
    matches!(read, (Ok(leaf), Ok(issuer)) if is_signed_by(certificate, &leaf, &issuer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_taken_as_people_copy_it() {
        let own = Fingerprint::of(b"a certificate");
        let digits = own.0.to_string();
        let colons: Vec<_> = digits.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
        for text in [
            digits.clone(),
            digits.to_uppercase(),
            own.to_string(),
            own.lines().join("\n"),
            colons.join(":"),
            format!(" {}　", colons.join("-")),
        ] {
            assert_eq!(text.parse::<Fingerprint>().unwrap(), own, "{text}");
        }
    }

    #[test]
    fn what_is_no_fingerprint_is_told_so() {
        let own = Fingerprint::of(b"a certificate").to_string();
        let short = own[..own.len() - 1].parse::<Fingerprint>();
        assert!(matches!(short, Err(HolderError::FingerprintLength(63))));
        let odd = own.replacen(' ', "O", 1).parse::<Fingerprint>();
        assert!(matches!(odd, Err(HolderError::FingerprintCharacter('O'))));
        assert!(matches!("".parse::<Fingerprint>(), Err(HolderError::FingerprintLength(0))));
    }

    #[test]
    fn eight_groups_make_a_line() {
        let own = Fingerprint::of(b"");
        assert_eq!(own.lines()[0], "E3B0 C442 98FC 1C14 9AFB F4C8 996F B924");
        assert_eq!(own.lines()[1], "27AE 41E4 649B 934C A495 991B 7852 B855");
    }
}
