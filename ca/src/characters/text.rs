//! Certificate text with its map of substitutions.

use std::fmt;

use super::error::{CharacterError, code_point};
use super::repertoire::{is_kana, is_kanji};

/// Text as it may stand in a certificate, and which of its characters were substituted.
///
/// Made by [`certify`](super::certify) and its kin only, so it is always inside the repertoire
/// and its map always fits. Its `Debug` form does not show the text, which is personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateText {
    text: String,
    map: String,
    substitutions: Vec<Substitution>,
}

/// One character of the register and what stands for it, for the officer's eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitution {
    /// Where the character begins in the original, in scalar values from 0.
    pub position: usize,
    /// The character of the register, normalised.
    pub original: char,
    /// What stands in the certificate: one character, a reading in kana, or an agreed spelling.
    pub substitute: String,
    /// Who says so.
    pub source: SubstitutionSource,
}

/// Where a substitute comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubstitutionSource {
    /// The table of agreed substitutes.
    Agreed,
    /// The resident's wish or the officer's decision.
    Chosen,
}

impl CertificateText {
    /// The text for OID .1 or .5.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The map for OID .2 or .6: for each scalar value of the text `0` (as registered) or `1`
    /// (substituted).
    pub fn map(&self) -> &str {
        &self.map
    }

    /// What was substituted, in the order of the text: the proposal that the officer confirms.
    pub fn substitutions(&self) -> &[Substitution] {
        &self.substitutions
    }

    pub(super) fn not_empty(self) -> Result<Self, CharacterError> {
        if self.text.is_empty() { Err(CharacterError::Empty) } else { Ok(self) }
    }

    /// Widens the ASCII spaces of a Japanese name that has no U+3000. One character stays one,
    /// so the map stays.
    pub(super) fn with_parted_names(mut self) -> Self {
        let japanese = self.text.contains(|character| is_kanji(character) || is_kana(character));
        if japanese && !self.text.contains('\u{3000}') {
            self.text = self.text.replace(' ', "\u{3000}");
        }
        self
    }
}

impl fmt::Debug for CertificateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters = self.map.len();
        let substituted = self.map.matches('1').count();
        write!(f, "CertificateText({characters} characters, {substituted} substituted)")
    }
}

impl Substitution {
    /// The code point of the original, as in `U+9AD9`: not every screen has its glyph.
    pub fn code_point(&self) -> String {
        code_point(self.original)
    }
}

/// Certificate text in the making: text and map grow together.
#[derive(Default)]
pub(super) struct Draft {
    text: String,
    map: String,
    substitutions: Vec<Substitution>,
}

impl Draft {
    pub fn keep(&mut self, character: char) {
        self.text.push(character);
        self.map.push('0');
    }

    pub fn substitute(&mut self, substitution: Substitution) {
        self.map.extend(substitution.substitute.chars().map(|_| '1'));
        self.text.push_str(&substitution.substitute);
        self.substitutions.push(substitution);
    }

    pub fn finish(self) -> CertificateText {
        CertificateText { text: self.text, map: self.map, substitutions: self.substitutions }
    }

    pub fn into_substitutions(self) -> Vec<Substitution> {
        self.substitutions
    }
}
