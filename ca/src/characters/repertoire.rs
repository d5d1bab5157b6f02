//! Which characters certificate text may contain.
//!
//! Sources: JIS X 0208:1990 and JIS X 0212-1990, as RFC 2237 (ISO-2022-JP-1) carries them. The
//! table is made by `ca/data/repertoire.py`, which also keeps vendors' rows (NEC 13, IBM 89-92,
//! the home of 髙 and 﨑) out.

/// One bit for each code point of the Basic Multilingual Plane, lowest bit first.
static BITMAP: &[u8; 8192] = include_bytes!("../../data/jisx0208_0212.bitmap");

/// Whether the character is one of the 12,947 of JIS X 0208 and JIS X 0212.
///
/// They are 6,879 of JIS X 0208, 6,066 of JIS X 0212 (its 6,067th, the tilde of cell 2-23, is
/// ASCII), and U+00A5 and U+203E, the yen sign and overline of JIS X 0208 1-79 and 1-17 by their
/// names; normalisation writes those two as U+FFE5 and U+FFE3.
pub fn in_repertoire(character: char) -> bool {
    let code_point = character as usize;
    BITMAP.get(code_point >> 3).is_some_and(|octet| octet >> (code_point & 7) & 1 == 1)
}

/// Whether the character may stand in certificate text: the repertoire, and the ASCII characters
/// of Latin names (letters, digits, space, hyphen, apostrophe, full stop, comma).
pub fn admits(character: char) -> bool {
    is_admitted_ascii(character) || in_repertoire(character)
}

/// The ASCII characters that Latin names and their addresses need.
pub(super) fn is_admitted_ascii(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, ' ' | '-' | '\'' | '.' | ',')
}

/// A space, narrow or wide: it separates, and stands for no character.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\u{3000}')
}

/// A kana of JIS X 0208 with the marks that belong to it (゛゜ゝゞヽヾー).
pub(super) fn is_kana(character: char) -> bool {
    matches!(character,
        '\u{3041}'..='\u{3093}' | '\u{309B}'..='\u{309E}'
        | '\u{30A1}'..='\u{30F6}' | '\u{30FC}'..='\u{30FE}')
}

/// A kanji by its place in Unicode, for telling Japanese names from Latin ones.
pub(super) fn is_kanji(character: char) -> bool {
    matches!(character, '々' | '\u{4E00}'..='\u{9FFF}')
}
