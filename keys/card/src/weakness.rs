//! PINs that somebody else would try first.

use crate::pin::SigningPin;

/// Why a PIN, though well formed, is refused when it is set. Does not repeat the PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// One to three characters again and again: `111111`, `A1A1A1`.
    #[error("the PIN repeats itself")]
    Repeated,
    /// Neighbours in a row, up or down: `123456`, `FEDCBA`.
    #[error("the PIN counts up or down")]
    Sequence,
    /// A birth date, a ticket number or the like.
    #[error("the PIN is made of something that others know: a birth date or a number on a paper")]
    Known,
}

/// A known text of this length is refused wherever it stands in a PIN; a shorter one when it is all
/// that the PIN has of digits.
const TELLING: usize = 6;

impl SigningPin {
    /// What is weak about it, if anything. `known` are texts that others know of the holder, of four
    /// characters or more, as they could stand in a PIN.
    pub fn weakness<'k>(&self, known: impl IntoIterator<Item = &'k str>) -> Option<Weakness> {
        let pin = self.octets();
        let repeats = |period: usize| pin.iter().zip(&pin[period..]).all(|(a, b)| a == b);
        if (1..=3).any(|period| 2 * period <= pin.len() && repeats(period)) {
            return Some(Weakness::Repeated);
        }
        let steps =
            |step: i16| pin.windows(2).all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == step);
        if steps(1) || steps(-1) {
            return Some(Weakness::Sequence);
        }
        known.into_iter().any(|text| self.is_made_of(text.as_bytes())).then_some(Weakness::Known)
    }

    fn is_made_of(&self, text: &[u8]) -> bool {
        let pin = self.octets();
        let whole = text.len() >= TELLING && pin.windows(text.len()).any(|piece| piece == text);
        let digits = pin.iter().filter(|octet| octet.is_ascii_digit());
        whole || pin == text || (text.len() >= 4 && digits.eq(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weakness(text: &str) -> Option<Weakness> {
        let pin: SigningPin = text.parse().expect("a PIN");
        pin.weakness(["19700115", "700115", "0115", "4711", "450115"])
    }

    #[test]
    fn a_pin_that_repeats_itself_or_counts_is_weak() {
        for text in ["1111", "AAAAAA", "121212", "A1A1", "ABCABC", "1231231", "ABABA"] {
            assert_eq!(weakness(text), Some(Weakness::Repeated), "{text}");
        }
        for text in ["1234", "ABCDEF", "987654", "0123456789", "ZYXW"] {
            assert_eq!(weakness(text), Some(Weakness::Sequence), "{text}");
        }
    }

    #[test]
    fn a_pin_made_of_what_others_know_is_weak() {
        for text in ["19700115", "X700115", "0115", "AB0115", "4711", "TANAKA4711", "S450115"] {
            assert_eq!(weakness(text), Some(Weakness::Known), "{text}");
        }
    }

    #[test]
    fn any_other_pin_is_not() {
        for text in ["ABC123", "KOUSHIN3", "X01159", "A1B2", "1357", "112233"] {
            assert_eq!(weakness(text), None, "{text}");
        }
    }
}
