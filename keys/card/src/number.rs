//! The number printed on a card.

use std::fmt;
use std::str::FromStr;

/// A card's number: 16 characters of A-Z and 0-9. It names the card, not the person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CardNumber(String);

/// The text is no card number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a card number has 16 characters of A-Z and 0-9")]
pub struct CardNumberError;

impl CardNumber {
    /// Length in characters, and in octets on the card.
    pub const LENGTH: usize = 16;

    /// The sixteen characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CardNumber {
    type Err = CardNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |octet: u8| octet.is_ascii_uppercase() || octet.is_ascii_digit();
        if text.len() == Self::LENGTH && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CardNumberError)
        }
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
