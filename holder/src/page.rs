//! A page for a terminal of 80 columns: headings, and rows of a name and a text beside it.
//!
//! Japanese characters are as wide as two others (Unicode Standard Annex 11). Nothing of a
//! certificate can move the cursor or turn the direction of writing.

use std::fmt;

use akashi_wire::bounds::harmless;

/// Columns of a terminal.
const COLUMNS: usize = 80;
/// Columns before the text of a row: an indent of two, and the name.
const MARGIN: usize = 22;

/// A page, written from top to bottom.
#[derive(Default)]
pub struct Page(String);

impl Page {
    /// A heading; an empty line stands before each but the first.
    pub fn heading(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        for line in wrapped(text, COLUMNS) {
            self.line(&line);
        }
    }

    /// A row.
    pub fn row(&mut self, name: &str, text: &str) {
        let name = format!("  {}", harmless(name));
        let gap = MARGIN.saturating_sub(width(&name)).max(1);
        let mut start = name + &" ".repeat(gap);
        for line in wrapped(text, COLUMNS - MARGIN) {
            self.line(&(start + &line));
            start = " ".repeat(MARGIN);
        }
    }

    /// More text of the row before, on a line of its own.
    pub fn more(&mut self, text: &str) {
        self.row("", text);
    }

    fn line(&mut self, text: &str) {
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn columns(character: char) -> usize {
    match u32::from(character) {
        // Written over the character before: accents, voicing marks, variants of a glyph.
        0x300..=0x36f | 0x3099 | 0x309a | 0xfe00..=0xfe0f | 0xe0100..=0xe01ef => 0,
        // Wide or full-width: kana, kanji, Hangul, full-width forms.
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff01..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// The lines of a text: broken at spaces, and anywhere between wide characters. What cannot be
/// broken, an address such as `http://…`, stays whole.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(&harmless(text)) {
        let line = lines.last_mut().expect("there is a first one");
        if width(line) + width(piece.trim_end_matches(' ')) > columns && !line.is_empty() {
            lines.push(piece);
        } else {
            line.push_str(&piece);
        }
    }
    lines
}

/// What may not be broken: a word with the spaces behind it, one wide character, or what stands in
/// brackets up to a space.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let (mut before, mut brackets) = (None, 0u32);
    for character in text.chars() {
        let begins = match before {
            None => true,
            Some(' ') => character != ' ',
            Some('(' | '“') => false,
            Some(before) => {
                let is_wide = columns(before) == 2 || columns(character) == 2;
                // Marks do not begin a line, and brackets hold together what is in them.
                let holds = matches!(character, ')' | '”' | ',' | '.' | ':' | ';' | ' ');
                is_wide && !holds && brackets == 0 && columns(character) > 0
            }
        };
        match pieces.last_mut() {
            Some(piece) if !begins => piece.push(character),
            _ => pieces.push(character.into()),
        }
        match character {
            '(' => brackets += 1,
            ')' => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        before = Some(character);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_and_latin_names_of_rows_are_equally_long() {
        let mut page = Page::default();
        page.row("Name (氏名)", "髙﨑　花子");
        page.row("Card", "ABC");
        let starts = [("髙", "  Name (氏名)"), ("ABC", "  Card")];
        for (line, (text, _)) in page.to_string().lines().zip(starts) {
            let before = &line[..line.find(text).unwrap()];
            assert_eq!(width(before), MARGIN, "{line}");
        }
    }

    #[test]
    fn no_line_is_longer_than_a_terminal_and_nothing_is_lost() {
        let words = "a certificate that is not in force any more (失効) says so ".repeat(5);
        let address = "鳥取県鳥取市湖山町南四丁目１０１番地".repeat(6);
        for text in [words.trim(), &address] {
            let mut page = Page::default();
            page.row("Name", text);
            let lines: Vec<_> = page.to_string().lines().map(str::to_owned).collect();
            assert!(lines.len() > 3);
            assert!(lines.iter().all(|line| width(line) <= COLUMNS), "{page}");
            let joined: String = page.to_string().split_whitespace().skip(1).collect();
            assert_eq!(joined, text.split_whitespace().collect::<String>());
        }
    }

    #[test]
    fn what_cannot_be_broken_stays_whole() {
        let address = format!("http://{}.example/crl", "a".repeat(90));
        assert_eq!(wrapped(&format!("at {address}"), 58), ["at ", &address]);
    }

    #[test]
    fn a_name_cannot_command_the_terminal() {
        let mut page = Page::default();
        page.row("Name", "\u{1b}[2J証\u{202e}花子\r");
        assert!(page.to_string().contains("\u{fffd}[2J証\u{fffd}花子\u{fffd}"));
    }
}
