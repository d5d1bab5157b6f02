//! Why a text of the register cannot become certificate text.

use super::text::Substitution;

/// Why a text of the register cannot become certificate text. Shown to the officer.
///
/// Fields count positions from 0; sentences count characters from 1, as people do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CharacterError {
    /// Characters outside of the repertoire without an agreed substitute: the officer decides
    /// each, and certifies again with [`Choices`](super::Choices).
    #[error("no substitute is agreed for {}", listed(.unresolved))]
    Unresolved {
        /// Every character that waits for a decision, in the order of the text.
        unresolved: Vec<Unresolved>,
        /// What would be substituted in the rest of the text.
        proposed: Vec<Substitution>,
    },
    /// A control or layout character; the register has to correct its text.
    #[error("character {} is the control character {}", .position + 1, code_point(*.character))]
    ControlCharacter {
        /// Where it stands in the original.
        position: usize,
        /// The character itself; do not print it.
        character: char,
    },
    /// A substitute was chosen for a position where no character needs one.
    #[error(
        "a substitute was chosen for the character at position {position}, counted from 0, which needs none"
    )]
    NothingToChoose {
        /// The position of the choice.
        position: usize,
    },
    /// The choice is neither one character of JIS X 0208 or JIS X 0212 nor kana.
    #[error(
        "“{replacement}” ({}) is neither one character of the repertoire nor kana",
        points(replacement)
    )]
    NotASubstitute {
        /// What was typed.
        replacement: String,
    },
    /// Nothing but spaces.
    #[error("the text is empty")]
    Empty,
    /// The address is longer than a certificate may carry.
    #[error("the address has {count} characters, {} are allowed", super::ADDRESS_LIMIT)]
    AddressTooLong {
        /// The number of characters after substitution.
        count: usize,
    },
}

/// A character that waits for the officer's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// Where the character begins in the original, in scalar values from 0.
    pub position: usize,
    /// The character of the register, normalised.
    pub original: char,
}

impl Unresolved {
    /// The character's code point, as in `U+20BB7`: not every screen has its glyph.
    pub fn code_point(&self) -> String {
        code_point(self.original)
    }
}

/// `U+9AD9`.
pub(super) fn code_point(character: char) -> String {
    format!("U+{:04X}", character as u32)
}

fn points(text: &str) -> String {
    match text.is_empty() {
        true => "nothing".into(),
        false => text.chars().map(code_point).collect::<Vec<_>>().join(" "),
    }
}

fn listed(unresolved: &[Unresolved]) -> String {
    unresolved
        .iter()
        .map(|one| format!("{} (character {})", one.code_point(), one.position + 1))
        .collect::<Vec<_>>()
        .join(", ")
}
