//! The number printed on a card.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A card's number: 16 characters of A-Z and 0-9. It names the card, not the person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardNumber(String);

/// The text is no card number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a card number has 16 characters of A-Z and 0-9")]
pub struct CardNumberError;

impl CardNumber {
    /// Length in characters, and in octets.
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

impl TryFrom<String> for CardNumber {
    type Error = CardNumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CardNumber> for String {
    fn from(number: CardNumber) -> Self {
        number.0
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
