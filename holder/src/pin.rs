//! A new signing PIN (署名用暗証番号), and what is wrong with it.

use akashi_card::{SigningPin, Weakness};
use akashi_wire::known;

use super::Stated;

/// Why a new PIN is refused. Does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinRefusal {
    /// Somebody else would try it first.
    #[error("{0}")]
    Weak(Weakness),
    /// It is the PIN that the card has.
    #[error("the new PIN is the old one")]
    Same,
}

/// Whether a PIN may take the place of the current one, by the rule of the counter. `stated` is
/// what the card's certificate says, where there is one.
pub fn consider(
    current: &SigningPin,
    new: &SigningPin,
    stated: Option<&Stated>,
) -> Result<(), PinRefusal> {
    if current == new {
        return Err(PinRefusal::Same);
    }
    let birth_date = stated.and_then(|stated| stated.items.birth_date.parse().ok());
    let known = birth_date.map(|date| known::of_birth_date(&date)).unwrap_or_default();
    match new.weakness(known.iter().map(String::as_str)) {
        Some(weakness) => Err(PinRefusal::Weak(weakness)),
        None => Ok(()),
    }
}
