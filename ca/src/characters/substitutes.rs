//! The agreed substitutes (代替文字) of characters outside of the repertoire.
//!
//! `ca/data/substitutes.tsv` is written by hand: old forms, common variants of names (髙→高,
//! 﨑→崎), Roman numerals of house names. `ca/data/substitutes-unicode.tsv` is made from
//! Unicode's own data: compatibility ideographs by their canonical mapping, hentaigana by the
//! reading in their names.

use std::collections::HashMap;
use std::sync::LazyLock;

const BY_AGREEMENT: &str = include_str!("../../data/substitutes.tsv");
const BY_UNICODE: &str = include_str!("../../data/substitutes-unicode.tsv");

static AGREED: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| all().collect());

/// What by agreement stands for a character outside of the repertoire, if anything does.
///
/// Mostly one character; a few (Ⅱ→ＩＩ, ㈱→（株）) are longer.
pub fn agreed_substitute(original: char) -> Option<&'static str> {
    AGREED.get(&original).copied()
}

/// All agreements, in the order of the tables.
pub(super) fn all() -> impl Iterator<Item = (char, &'static str)> {
    [BY_AGREEMENT, BY_UNICODE]
        .into_iter()
        .flat_map(rows)
        .map(|[original, substitute, _note]| (code_point(original), substitute))
}

/// The first three fields of each row of a table of ours.
///
/// Panics on a damaged table: it is part of the program, and the tests read every row.
pub(super) fn rows(table: &'static str) -> impl Iterator<Item = [&'static str; 3]> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut fields = line.split('\t');
        std::array::from_fn(|_| fields.next().expect("a row of three fields"))
    })
}

/// Reads `U+9AD9`. The tables name originals so, because an editor that applies NFC would turn
/// compatibility ideographs into their substitutes.
pub(super) fn code_point(field: &str) -> char {
    field
        .strip_prefix("U+")
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .and_then(char::from_u32)
        .expect("a code point as U+9AD9")
}
