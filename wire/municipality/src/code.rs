//! The codes: parsed once, checked wholly.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const PREFECTURES: u8 = 47;

/// A local government code (全国地方公共団体コード): six digits, the last of which checks the rest.
///
/// Well formed, which is not to say that such a body exists. Written and serialised as its six
/// digits, `131041`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MunicipalityCode(u32);

impl MunicipalityCode {
    /// The prefecture that the first two digits name (JIS X 0401).
    pub fn prefecture(self) -> PrefectureCode {
        // Parsing has seen to it that the quotient lies between 1 and 47.
        PrefectureCode((self.0 / 10_000) as u8)
    }

    /// Whether it is a prefecture's own code, that is, the next three digits are 000.
    pub fn is_prefecture(self) -> bool {
        (self.0 / 10).is_multiple_of(1000)
    }
}

impl FromStr for MunicipalityCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let digits = digits::<6>(text)?;
        let [a, b, c, d, e, found] = digits;
        PrefectureCode::from_digits([a, b])?;
        let expected = check_digit([a, b, c, d, e]);
        if found != expected {
            return Err(InvalidCode::CheckDigit { expected, found });
        }
        Ok(Self(digits.iter().fold(0, |number, digit| number * 10 + u32::from(*digit))))
    }
}

impl fmt::Display for MunicipalityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// The number of a prefecture (JIS X 0401): 01 to 47. Written and serialised as two digits, `13`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrefectureCode(u8);

impl PrefectureCode {
    /// The prefecture's own local government code: `130001` for 13.
    pub fn code(self) -> MunicipalityCode {
        let check = check_digit([self.0 / 10, self.0 % 10, 0, 0, 0]);
        MunicipalityCode(u32::from(self.0) * 10_000 + u32::from(check))
    }

    fn from_digits([tens, units]: [u8; 2]) -> Result<Self, InvalidCode> {
        match tens * 10 + units {
            number @ 1..=PREFECTURES => Ok(Self(number)),
            found => Err(InvalidCode::NoSuchPrefecture { found }),
        }
    }
}

impl FromStr for PrefectureCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        Self::from_digits(digits(text)?)
    }
}

impl fmt::Display for PrefectureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

/// What is wrong with a text that should be a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCode {
    /// It has too many characters, or too few.
    #[error("the code has {found} characters, expected {expected}")]
    Length {
        /// How many it should have: six, or two for a prefecture's number.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// A character is not one of 0 to 9. Full-width digits are not.
    #[error("character {position} of the code is {found:?}, not a digit")]
    NotADigit {
        /// Which character, counted from one.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// The first two digits are not a prefecture's.
    #[error("no prefecture has the number {found:02}; they run from 01 to 47")]
    NoSuchPrefecture {
        /// The number that was given.
        found: u8,
    },
    /// The last digit does not follow from the first five: one of the six was mistyped.
    #[error("the check digit of the code is {found}, expected {expected}")]
    CheckDigit {
        /// What the first five digits call for.
        expected: u8,
        /// What was given.
        found: u8,
    },
}

/// `(11 - (6a+5b+4c+3d+2e) mod 11) mod 10`.
fn check_digit(digits: [u8; 5]) -> u8 {
    let sum: u8 = digits.iter().zip([6, 5, 4, 3, 2]).map(|(digit, weight)| digit * weight).sum();
    (11 - sum % 11) % 10
}

fn digits<const N: usize>(text: &str) -> Result<[u8; N], InvalidCode> {
    let found = text.chars().count();
    if found != N {
        return Err(InvalidCode::Length { expected: N, found });
    }
    let mut digits = [0; N];
    for (index, (digit, found)) in digits.iter_mut().zip(text.chars()).enumerate() {
        *digit = match found {
            '0'..='9' => found as u8 - b'0',
            _ => {
                return Err(InvalidCode::NotADigit { position: index + 1, found });
            }
        };
    }
    Ok(digits)
}

/// The conversions that serde and callers with text in hand go through.
macro_rules! travels_as_text {
    ($($code:ty),+) => { $(
        impl TryFrom<&str> for $code {
            type Error = InvalidCode;

            fn try_from(text: &str) -> Result<Self, InvalidCode> {
                text.parse()
            }
        }

        impl TryFrom<String> for $code {
            type Error = InvalidCode;

            fn try_from(text: String) -> Result<Self, InvalidCode> {
                text.parse()
            }
        }

        impl From<$code> for String {
            fn from(code: $code) -> Self {
                code.to_string()
            }
        }
    )+ };
}

travels_as_text!(MunicipalityCode, PrefectureCode);
