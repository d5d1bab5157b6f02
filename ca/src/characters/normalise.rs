//! Writings of one character that only machines tell apart, made one.
//!
//! The variants arise where vendors' conversion tables disagree on a cell of JIS X 0208
//! (Unicode's JIS0208.TXT against Windows code page 932), from half-width kana (JIS X 0201),
//! from variation selectors (Unicode chapter 23.4, Ideographic Variation Database), and from
//! letters that arrive decomposed (Unicode Standard Annex 15).

use std::collections::HashMap;
use std::sync::LazyLock;

use super::repertoire::{is_admitted_ascii, is_space};
use super::substitutes::{code_point, rows};

/// A name could hide or reorder its letters with these.
pub(super) use akashi_wire::bounds::commands as is_control;

/// A normalised character, and where in the original it began.
pub(super) struct Placed {
    pub position: usize,
    pub character: char,
}

/// Letters and kana that Unicode composes of a base and a mark.
static COMPOSITIONS: LazyLock<HashMap<(char, char), char>> = LazyLock::new(|| {
    rows(include_str!("../../data/compositions.tsv"))
        .map(|[base, mark, composed]| ((code_point(base), code_point(mark)), code_point(composed)))
        .collect()
});

/// U+FF61 to U+FF9D, widened.
const WIDE_KANA: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

const COMBINING_DAKUTEN: char = '\u{3099}';
const COMBINING_HANDAKUTEN: char = '\u{309A}';

/// The text in its one form, without padding. Normalising twice changes nothing more.
pub(super) fn normalise(text: &str) -> Vec<Placed> {
    let mut normal: Vec<Placed> = Vec::new();
    for (position, character) in text.chars().enumerate() {
        if is_variation_selector(character) {
            continue;
        }
        let character = one_form(character);
        match normal.last_mut().and_then(|last| Some((composed(last.character, character)?, last)))
        {
            Some((composed, last)) => last.character = composed,
            None => normal.push(Placed { position, character: standing_alone(character) }),
        }
    }
    without_padding(normal)
}

/// The key of a normalised character in comparisons of originals: its narrow form.
pub(super) fn folded(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        // U+FF0D is already U+2212, so its narrow form must become the same.
        '-' => '\u{2212}',
        '\u{FF01}'..='\u{FF5D}' => shifted(character, '\u{FF01}', '!'),
        other => other,
    }
}

fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn one_form(character: char) -> char {
    match character {
        '\u{FF0D}' => '\u{2212}',       // － minus, 1-61
        '\u{FF5E}' | '~' => '\u{301C}', // ～ wave dash, 1-33
        '\u{2225}' => '\u{2016}',       // ∥ double vertical line, 1-34
        '\u{2014}' => '\u{2015}',       // — dash, 1-29
        '\u{FFE0}' => '\u{00A2}',       // ￠ cent, 1-81
        '\u{FFE1}' => '\u{00A3}',       // ￡ pound, 1-82
        '\u{FFE2}' => '\u{00AC}',       // ￢ not, 2-44
        '\u{FFE4}' => '\u{00A6}',       // ￤ broken bar, JIS X 0212 2-35
        '\u{00A5}' => '\u{FFE5}',       // ¥ yen, 1-79
        '\u{203E}' => '\u{FFE3}',       // ‾ overline, 1-17
        '\u{FF07}' => '\'',             // ＇ apostrophe, in no JIS row
        '\u{00A0}' => ' ',              // no-break space
        '\u{FF61}'..='\u{FF9D}' => wide_kana(character),
        '\u{FF9E}' => COMBINING_DAKUTEN,
        '\u{FF9F}' => COMBINING_HANDAKUTEN,
        // The quotation mark has no full-width form in JIS X 0208.
        '"' => '"',
        '!'..='~' if !is_admitted_ascii(character) => shifted(character, '!', '\u{FF01}'),
        other => other,
    }
}

fn wide_kana(narrow: char) -> char {
    WIDE_KANA.chars().nth(narrow as usize - 0xFF61).unwrap_or(narrow)
}

fn composed(base: char, mark: char) -> Option<char> {
    COMPOSITIONS.get(&(base, mark)).copied()
}

/// A mark that found no base is the spacing mark of JIS X 0208.
fn standing_alone(character: char) -> char {
    match character {
        COMBINING_DAKUTEN => '゛',
        COMBINING_HANDAKUTEN => '゜',
        other => other,
    }
}

/// The character as far from `to` as it is from `from`.
fn shifted(character: char, from: char, to: char) -> char {
    char::from_u32(character as u32 - from as u32 + to as u32).unwrap_or(character)
}

fn without_padding(mut text: Vec<Placed>) -> Vec<Placed> {
    while text.last().is_some_and(|last| is_space(last.character)) {
        text.pop();
    }
    let padding = text.iter().take_while(|placed| is_space(placed.character)).count();
    text.drain(..padding);
    text
}
