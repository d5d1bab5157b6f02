//! The characters of certificate text: what the register writes, and what a certificate may say.
//!
//! A certificate carries the resident's name and address (OIDs .1 and .5 of the profile) in the
//! characters of JIS X 0208 and JIS X 0212 only, because that is what relying agencies can show
//! and compare. The register knows more characters. Text goes through three steps:
//!
//! 1. *Normalisation*: two writings that only machines tell apart become one (`－` U+FF0D and `−`
//!    U+2212, half-width and full-width kana, variation selectors). This is not a substitution.
//! 2. *Substitution*: a character outside of the [`repertoire`](in_repertoire) is replaced by its
//!    agreed substitute (代替文字, 髙→高), or by what the resident asked for. The map beside the
//!    text (OIDs .2 and .6) says `1` there and `0` elsewhere.
//! 3. *The officer*: where no substitute is agreed, nothing is dropped or guessed. The error lists
//!    every such character, the officer decides, and the text is certified again with [`Choices`].
//!
//! Substitution loses a difference (髙 and 高 become equal), so events of the register are compared
//! on originals, with [`same_original`], and never on certificate text.
//!
//! Positions count Unicode scalar values of the *original*, from 0, for that is the text before
//! the officer's eyes; the map counts scalar values of the final text.
//!
//! Decisions:
//! - *ASCII*. Letters, digits, space, `-`, `'`, `.` and `,` stay as they are, for the Latin names
//!   of foreign residents; other printable ASCII becomes the full-width character of JIS X 0208;
//!   `"`, which has none, is left to the officer.
//! - *No NFC for kanji*. NFC would turn 神 U+FA19 into 神 U+795E without a trace in the map; such
//!   compatibility ideographs are other shapes of a name, hence substitutes. Letters and kana that
//!   come in pieces (`e` U+0301, `か` U+3099) are composed.
//! - *Padding*. Spaces at either end come from fixed-length fields and are cut off.

mod choices;
mod error;
mod normalise;
mod repertoire;
mod substitutes;
mod text;

#[cfg(test)]
mod tests;

pub use choices::Choices;
pub use error::{CharacterError, Unresolved};
pub use repertoire::{admits, in_repertoire};
pub use substitutes::agreed_substitute;
pub use text::{CertificateText, Substitution, SubstitutionSource};

use normalise::{Placed, folded, normalise};
use text::Draft;

/// The longest address that a certificate may carry, in scalar values of the final text.
pub const ADDRESS_LIMIT: usize = 200;

/// What stands for one character of the original in the certificate.
enum Outcome {
    AsIs,
    Substituted(String, SubstitutionSource),
    Undecided,
}

/// Makes certificate text of a text of the register, or says what the officer must decide.
///
/// Pure: the same original and choices give the same text on every terminal. The result of
/// certifying certificate text again is that text, with nothing substituted.
pub fn certify(original: &str, choices: &Choices) -> Result<CertificateText, CharacterError> {
    refuse_control_characters(original)?;
    let mut draft = Draft::default();
    let mut unresolved = Vec::new();
    let mut chosen = choices.positions();
    for Placed { position, character } in normalise(original) {
        match outcome(position, character, choices) {
            Outcome::AsIs => draft.keep(character),
            Outcome::Substituted(substitute, source) => {
                chosen.remove(&position);
                draft.substitute(Substitution {
                    position,
                    original: character,
                    substitute,
                    source,
                });
            }
            Outcome::Undecided => unresolved.push(Unresolved { position, original: character }),
        }
    }
    // A choice that meets no character to be replaced was made for another text.
    if let Some(&position) = chosen.first() {
        return Err(CharacterError::NothingToChoose { position });
    }
    if unresolved.is_empty() {
        Ok(draft.finish())
    } else {
        Err(CharacterError::Unresolved { unresolved, proposed: draft.into_substitutions() })
    }
}

/// Certificate text of a name (氏名): not empty, family and given name parted by U+3000.
///
/// A name in kanji or kana whose parts the register separates by ASCII spaces only gets U+3000
/// in their place. A Latin name keeps its spaces. A name of one part is a name: some foreign
/// residents have no other.
pub fn certify_name(original: &str, choices: &Choices) -> Result<CertificateText, CharacterError> {
    certify(original, choices)?.not_empty().map(CertificateText::with_parted_names)
}

/// Certificate text of an address: not empty, and at most [`ADDRESS_LIMIT`] characters long
/// after substitution.
pub fn certify_address(
    original: &str,
    choices: &Choices,
) -> Result<CertificateText, CharacterError> {
    let address = certify(original, choices)?.not_empty()?;
    match address.text().chars().count() {
        count if count > ADDRESS_LIMIT => Err(CharacterError::AddressTooLong { count }),
        _ => Ok(address),
    }
}

/// Whether two texts of the register say the same, machine variants aside.
///
/// 髙 and 高 are different: a correction from one to the other is a change of the name. U+FF0D
/// and U+2212 are equal, and so are half-width and full-width forms of one letter, digit or
/// space: no fact changes when a town's new system writes `１丁目` for `1丁目`, and a
/// certificate must not be revoked for it.
pub fn same_original(a: &str, b: &str) -> bool {
    comparable(a) == comparable(b)
}

/// A text of the register in the one form in which [`same_original`] compares.
pub fn comparable(text: &str) -> String {
    normalise(text).into_iter().map(|placed| folded(placed.character)).collect()
}

fn outcome(position: usize, character: char, choices: &Choices) -> Outcome {
    if admits(character) {
        return Outcome::AsIs;
    }
    // What the resident asked for goes before what was agreed.
    if let Some(chosen) = choices.at(position) {
        return Outcome::Substituted(chosen.to_owned(), SubstitutionSource::Chosen);
    }
    match agreed_substitute(character) {
        Some(agreed) => Outcome::Substituted(agreed.to_owned(), SubstitutionSource::Agreed),
        None => Outcome::Undecided,
    }
}

fn refuse_control_characters(original: &str) -> Result<(), CharacterError> {
    match original.chars().enumerate().find(|&(_, character)| normalise::is_control(character)) {
        Some((position, character)) => {
            Err(CharacterError::ControlCharacter { position, character })
        }
        None => Ok(()),
    }
}
