//! The signing PIN, as the resident types it.

use std::fmt;
use std::str::FromStr;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The PIN of the signing key: 4 to 16 characters of A-Z and 0-9.
///
/// It is typed by the resident and goes to the card only: it has no Display, its Debug shows
/// nothing, and it is wiped from memory on drop.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SigningPin(String);

/// Why a text is no signing PIN. Does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningPinError {
    /// Too short or too long.
    #[error("the PIN has {characters} characters; choose 4 to 16")]
    Length {
        /// How many characters it has.
        characters: usize,
    },
    /// A character outside of A-Z and 0-9; small letters too.
    #[error("the PIN may contain only capital letters A-Z and digits 0-9")]
    Character,
}

impl SigningPin {
    /// Under this many characters standard card middleware refuses the PIN.
    pub const RECOMMENDED: usize = 6;

    /// Whether the PIN, though allowed, is too short for standard card middleware: warn the
    /// resident before it is set.
    pub fn is_short(&self) -> bool {
        self.0.len() < Self::RECOMMENDED
    }

    /// The characters, for the card.
    pub(crate) fn octets(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for SigningPin {
    type Err = SigningPinError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |octet: u8| octet.is_ascii_uppercase() || octet.is_ascii_digit();
        let characters = text.chars().count();
        if !(4..=16).contains(&characters) {
            return Err(SigningPinError::Length { characters });
        }
        if !text.bytes().all(allowed) {
            return Err(SigningPinError::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for SigningPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningPin(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_four_to_sixteen_capital_letters_and_digits() {
        for text in ["A1B2", "ABC123", "ABCDEFGHIJ012345"] {
            assert!(text.parse::<SigningPin>().is_ok(), "{text}");
        }
        for text in ["", "ABC", "ABCDEFGHIJ0123456", "abc123", "ABC 12", "ＡＢＣ１２３"] {
            assert!(text.parse::<SigningPin>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pin_under_six_characters_is_called_short() {
        let is_short = |text: &str| text.parse::<SigningPin>().is_ok_and(|pin| pin.is_short());
        assert!(is_short("ABC12"));
        assert!(!is_short("ABC123"));
    }

    #[test]
    fn a_pin_does_not_show_in_debug_output() {
        let pin: SigningPin = "SECRET99".parse().expect("a PIN");
        assert_eq!(format!("{pin:?}"), "SigningPin(…)");
    }
}
