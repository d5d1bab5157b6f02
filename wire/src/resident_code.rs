//! 住民票コード, and how to speak of one without saying it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::octets::{Octets, Sha256};

/// 住民票コード: eleven digits that nobody outside of the registry may use.
///
/// No `Display`, a `Debug` that shows nothing, wiped when dropped as far as the type can; it is
/// turned into the authority's keyed hash at the door and never kept. The formula of its check
/// digit is not published, so none is tested.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentCode([u8; 11]);

impl ResidentCode {
    /// The digits, for the keyed hash and for the commitment; never for a person's eyes.
    pub fn expose(&self) -> &[u8; 11] {
        &self.0
    }
}

impl Drop for ResidentCode {
    fn drop(&mut self) {
        self.0 = std::hint::black_box([0; 11]);
    }
}

impl fmt::Debug for ResidentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentCode(withheld)")
    }
}

/// A resident code is eleven digits. (What was there instead is not repeated.)
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a resident code is eleven digits")]
pub struct NotAResidentCode;

impl FromStr for ResidentCode {
    type Err = NotAResidentCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: [u8; 11] = text.as_bytes().try_into().map_err(|_| NotAResidentCode)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(NotAResidentCode) }
    }
}

/// SHA-256 over a random salt of 32 octets and the code: stands for the code in what is signed
/// and kept, and cannot be turned back once the salt is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeCommitment(Sha256);

impl CodeCommitment {
    /// Stands for no code: thirty-two zeros, which no opening opens. Put in place of a commitment
    /// where two events are compared, since each has a salt of its own.
    pub fn blank() -> Self {
        Self(Sha256([0; 32]))
    }
}

/// What opens a [`CodeCommitment`]: travels only encrypted to the authority, and is destroyed
/// there as soon as the keyed hash is made.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeOpening {
    salt: Octets,
    code: String,
}

impl fmt::Debug for CodeOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeOpening(withheld)")
    }
}

impl CodeOpening {
    /// An opening for this code with 32 random octets of salt.
    pub fn new(code: &ResidentCode, salt: [u8; 32]) -> Self {
        let code = String::from_utf8(code.expose().to_vec()).expect("digits");
        Self { salt: Octets(salt.to_vec()), code }
    }

    /// The commitment that this opens.
    pub fn commitment(&self) -> CodeCommitment {
        let octets =
            [b"akashi resident code\0".as_slice(), &self.salt.0, self.code.as_bytes()].concat();
        CodeCommitment(Sha256::of(&octets))
    }

    /// The code, if this really opens the commitment.
    pub fn open(&self, commitment: &CodeCommitment) -> Option<ResidentCode> {
        if self.salt.0.len() != 32 || self.commitment() != *commitment {
            return None;
        }
        self.code.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_opens_only_with_its_own_salt_and_code() {
        let code: ResidentCode = "01234567890".parse().unwrap();
        let other: ResidentCode = "01234567891".parse().unwrap();
        let opening = CodeOpening::new(&code, [7; 32]);
        assert_eq!(opening.open(&opening.commitment()), Some(code.clone()));
        assert_eq!(CodeOpening::new(&other, [7; 32]).open(&opening.commitment()), None);
        assert_eq!(CodeOpening::new(&code, [8; 32]).open(&opening.commitment()), None);
    }

    #[test]
    fn a_resident_code_never_shows_in_a_debug_print_or_an_error() {
        let code: ResidentCode = "01234567890".parse().unwrap();
        assert!(!format!("{code:?}").contains("0123"));
        assert!(!"0123456789x".parse::<ResidentCode>().unwrap_err().to_string().contains("0123"));
    }
}
