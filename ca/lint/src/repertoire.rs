//! The characters that text of a certificate may have.
//!
//! Sources: JIS X 0208:1990 and JIS X 0212-1990; of ASCII the letters and digits, space, hyphen,
//! apostrophe, full stop and comma, for Latin names. The bits are data of the profile and not its
//! code; their number and the characters at their edges are tested here.

/// One bit a code point of the Basic Multilingual Plane, the lowest bit first.
static JIS: &[u8; 8192] = include_bytes!("../../data/jisx0208_0212.bitmap");

/// Whether a character may stand in a certificate.
pub(crate) fn has(character: char) -> bool {
    match character {
        'A'..='Z' | 'a'..='z' | '0'..='9' | ' ' | '-' | '\'' | '.' | ',' => true,
        '\0'..='\u{7f}' => false,
        '\u{10000}'.. => false,
        _ => {
            let point = character as usize;
            JIS[point / 8] & (1 << (point % 8)) != 0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_are_those_of_the_two_standards() {
        let outside_ascii = ('\u{80}'..='\u{ffff}').filter(|character| has(*character)).count();
        assert_eq!(outside_ascii, 12_947);
        // Rows 13 and 89 to 92, which vendors added, are not among them.
        for character in "髙﨑德瀨①㈱Ⅰ𠮷".chars() {
            assert!(!has(character), "{character}");
        }
        for character in "嵜濵邊邉高崎徳瀬　々丂龥ヴー−￥".chars() {
            assert!(has(character), "{character}");
        }
    }

    #[test]
    fn of_ascii_there_is_what_latin_names_need() {
        let ascii: String = ('\0'..='\u{7f}').filter(|character| has(*character)).collect();
        assert_eq!(ascii, " ',-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    }
}
