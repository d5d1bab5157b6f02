//! What the resident and the officer settled at the counter.

use std::collections::{BTreeMap, BTreeSet};

use super::error::CharacterError;
use super::normalise::normalise;
use super::repertoire::{admits, is_kana, is_space};

/// Substitutes chosen at the counter, by position in the original.
///
/// The resident may ask for another substitute than the agreed one, and the officer decides where
/// none is agreed. Only characters outside of the repertoire can be replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices(BTreeMap<usize, String>);

impl Choices {
    /// Nothing was chosen: only agreed substitutes apply.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a choice for the character at this position, in place of an earlier one.
    ///
    /// The replacement is one character that a certificate admits, or a reading in kana. A space
    /// or 〓 (U+3013) would hide that a character is missing, and is refused.
    pub fn with(mut self, position: usize, replacement: &str) -> Result<Self, CharacterError> {
        let chosen: String = normalise(replacement).iter().map(|placed| placed.character).collect();
        if !is_substitute(&chosen) {
            return Err(CharacterError::NotASubstitute { replacement: replacement.to_owned() });
        }
        self.0.insert(position, chosen);
        Ok(self)
    }

    pub(super) fn at(&self, position: usize) -> Option<&str> {
        self.0.get(&position).map(String::as_str)
    }

    pub(super) fn positions(&self) -> BTreeSet<usize> {
        self.0.keys().copied().collect()
    }
}

fn is_substitute(chosen: &str) -> bool {
    let mut characters = chosen.chars();
    match (characters.next(), characters.next()) {
        (None, _) => false,
        (Some(only), None) => admits(only) && !is_space(only) && only != '〓',
        _ => chosen.chars().all(is_kana),
    }
}
