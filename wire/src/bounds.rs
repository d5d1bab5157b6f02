//! Bounds of what comes from outside: every text, every run of octets and every list in a message has
//! one, and is held against it where it is parsed. Beyond it there is no message.
//!
//! Characters are Unicode scalar values, of at most four octets each in UTF-8. A bound is far above
//! what honest senders write; its source stands beside it. docs/interfaces.md has the table.
//!
//! A field says which is its own: `#[serde(deserialize_with = "bounds::card")]`. One function serves
//! the text, the optional text and the list of texts.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::octets::Octets;

/// Which characters a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Whatever the register has: what a certificate may say of it is decided where one is made, and
    /// a change of the register is never refused for a character.
    Registered,
    /// One line for people's eyes: without characters that command a device or a layout.
    Line,
    /// ASCII without space.
    Visible,
    /// Octets, which are no text.
    Octets,
}

/// How long something may be, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// What it is, for the sentence.
    pub what: &'static str,
    /// Characters, or octets, of one of them, at most.
    pub most: usize,
    /// Of which kind.
    pub letters: Letters,
    /// How many there may be in a list.
    pub count: usize,
}

/// Why something is beyond its bound. Never repeats it: it may hold what nobody may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Beyond {
    /// Longer than it may be.
    #[error("{} has more than {} {}", .0.what, .0.most, unit(.0))]
    Length(&'static Bound),
    /// More of them than there may be.
    #[error("there are more than {} of {}", .0.count, .0.what)]
    Count(&'static Bound),
    /// A character that it may not have, at this place from 0.
    #[error("character {} of {} may not stand there", .1 + 1, .0.what)]
    Character(&'static Bound, usize),
}

fn unit(bound: &Bound) -> &'static str {
    if bound.letters == Letters::Octets { "octets" } else { "characters" }
}

impl Bound {
    /// Whether a text is within.
    pub fn text(&'static self, text: &str) -> Result<(), Beyond> {
        // A text has no more characters than octets: the long way is for the few that may be long.
        if text.len() > self.most && text.chars().count() > self.most {
            return Err(Beyond::Length(self));
        }
        let fits = |letter: char| match self.letters {
            Letters::Registered | Letters::Octets => true,
            Letters::Line => !commands(letter),
            Letters::Visible => letter.is_ascii_graphic(),
        };
        match text.chars().position(|letter| !fits(letter)) {
            Some(at) => Err(Beyond::Character(self, at)),
            None => Ok(()),
        }
    }
}

/// Whether a character commands a device or a layout and shows nothing itself: controls, format
/// characters that hide or reorder what is around them, and code points that are no characters
/// (Unicode categories Cc, Zl, Zp, and Cf as far as it occurs in running text).
pub fn commands(letter: char) -> bool {
    let is_none = matches!(letter, '\u{FDD0}'..='\u{FDEF}') || u32::from(letter) & 0xFFFE == 0xFFFE;
    is_none
        || letter.is_control()
        || matches!(letter,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// A text without characters that command a device or a layout, for a line on a terminal: each is
/// U+FFFD in their place.
pub fn harmless(text: &str) -> String {
    text.chars().map(|letter| if commands(letter) { '\u{FFFD}' } else { letter }).collect()
}

/// What has a bound.
pub trait Bounded {
    /// Holds it against its bound.
    fn within(&self, bound: &'static Bound) -> Result<(), Beyond>;
}

impl Bounded for String {
    fn within(&self, bound: &'static Bound) -> Result<(), Beyond> {
        bound.text(self)
    }
}

impl Bounded for Octets {
    fn within(&self, bound: &'static Bound) -> Result<(), Beyond> {
        if self.0.len() > bound.most { Err(Beyond::Length(bound)) } else { Ok(()) }
    }
}

impl<T: Bounded> Bounded for Option<T> {
    fn within(&self, bound: &'static Bound) -> Result<(), Beyond> {
        self.as_ref().map_or(Ok(()), |one| one.within(bound))
    }
}

impl<T: Bounded> Bounded for Vec<T> {
    fn within(&self, bound: &'static Bound) -> Result<(), Beyond> {
        if self.len() > bound.count {
            return Err(Beyond::Count(bound));
        }
        self.iter().try_for_each(|one| one.within(bound))
    }
}

macro_rules! bounds {
    ($($(#[$doc:meta])* $read:ident, $bound:ident: $what:literal, $most:expr, $letters:ident, $count:expr;)*) => {
        $(
            $(#[$doc])*
            pub static $bound: Bound =
                Bound { what: $what, most: $most, letters: Letters::$letters, count: $count };

            $(#[$doc])*
            pub fn $read<'de, D, T>(d: D) -> Result<T, D::Error>
            where
                D: Deserializer<'de>,
                T: Deserialize<'de> + Bounded,
            {
                let read = T::deserialize(d)?;
                read.within(&$bound).map_err(D::Error::custom)?;
                Ok(read)
            }
        )*

        /// All of them.
        pub static ALL: &[&Bound] = &[$(&$bound),*];
    };
}

bounds! {
    /// 氏名 or 住所 as the register has it. A certificate carries far less (an address of 200
    /// characters, and no more of both than a card can hold); a change of the register that is too
    /// long for a certificate must still end one.
    registered, REGISTERED: "a name or an address of the register", 1_000, Registered, 1;
    /// 氏名 or 住所 as an applicant wrote it, to look the person up.
    written, WRITTEN: "a name or an address", 1_000, Line, 1;
    /// A date as a register has it that no calendar knows.
    odd_date, ODD_DATE: "a date", 64, Line, 1;
    /// The number of a card: sixteen characters on ours; an inventory takes makers' own. A card
    /// without a number is refused where it is used.
    card, CARD: "the number of a card", 40, Visible, 1;
    /// The numbers of one delivery note's cards.
    cards, CARDS: "the number of a card", 40, Visible, crate::act::CARDS_OF_ONE_ACT;
    /// What kind of document was shown (運転免許証, 旅券 …).
    document, DOCUMENT: "the kind of a document", 64, Line, 1;
    /// The end of a document's number.
    last_four, LAST_FOUR: "the last four of a document's number", 4, Visible, 1;
    /// What stands for one character of a name or an address: a character, or its reading in kana.
    substitute, SUBSTITUTE: "a substitute", 16, Line, 1;
    /// Why something was done, in a person's words.
    why, WHY: "a reason in words", 1_000, Line, 1;
    /// Name of a party: CN of its certificate (X.520, ub-common-name).
    party, PARTY: "the name of a party", 64, Line, 1;
    /// What an agency may ask for, as notified (law art. 17).
    purposes, PURPOSES: "a purpose", 64, Line, 64;
    /// For what the authority asks the register: a procedure.
    purpose, PURPOSE: "a purpose", 64, Line, 1;
    /// Names or addresses of a registry (RFC 1035 §2.3.4).
    hosts, HOSTS: "a name of a host", 253, Visible, 16;
    /// A lot or a model of cards, as the maker names it.
    lot, LOT: "the name of a lot or a model", 64, Line, 1;
    /// The number of a PKCS#11 token (CK_TOKEN_INFO has sixteen characters, blanks too).
    token, TOKEN: "the number of a token", 64, Line, 1;
    /// A PKCS#10 request: RSA-4096 with a challenge has 1,200 octets.
    request, REQUEST: "a request for a certificate", 8 * 1024, Octets, 1;
    /// A certificate or a message about one person.
    enclosed, ENCLOSED: "a sealed message", 16 * 1024, Octets, 1;
    /// What a source signs of a batch: 200,000 digests in hexadecimal, and a header.
    signed_batch, SIGNED_BATCH: "a signed batch", 16 * 1024 * 1024, Octets, 1;
    /// The text of a batch: no longer than what its door takes.
    batch_text, BATCH_TEXT: "the text of a batch", 64 * 1024 * 1024, Octets, 1;
    /// A register's answer about a hundred persons.
    signed_answer, SIGNED_ANSWER: "an answer of the register", 2 * 1024 * 1024, Octets, 1;
    /// What the holders' door gives out, and takes back.
    challenge, CHALLENGE: "a challenge", 256, Octets, 1;
    /// Public keys of responders, SubjectPublicKeyInfo: RSA-2048 has 294 octets.
    public_keys, PUBLIC_KEYS: "a public key", 512, Octets, 64;
    /// Lines of a journal, an entry and its outcome.
    lines, LINES: "the lines of a journal", 64 * 1024, Octets, 2;
    /// Answers of a card to one run. Writing two certificates of 4,096 octets and reading them back is
    /// less than 80 commands; an answer has at most 280 octets and its status.
    answers, ANSWERS: "the answers of a card", 300, Octets, 128;
}

/// Characters of a name or an address that are replaced, at most; their positions lie below it.
pub const POSITIONS: usize = REGISTERED.most;

/// Persons that one answer of the register may have: who asks wants one.
pub const PERSONS: usize = 100;

/// Changes that one record sees, at most; a larger history number is a mistake of the sender.
pub const CHANGES: u32 = 1_000_000;

/// Changes in one batch, at most. (64 MiB of the smallest hold fewer.)
pub const EVENTS: u32 = 200_000;

/// A history number, where none is 0.
pub(crate) fn history<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(d)?;
    if number > CHANGES {
        return Err(D::Error::custom("a history number is at most 1,000,000"));
    }
    Ok(number)
}

/// A list of whatever, of no more than so many.
pub(crate) fn few<'de, D, T, const MOST: usize>(d: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Vec::deserialize(d)?;
    if list.len() > MOST {
        return Err(D::Error::custom(format_args!("a list has more than {MOST} members")));
    }
    Ok(list)
}

/// A moment in the years 1 to 9000: whoever reads it adds and takes away years without coming to an end.
pub(crate) fn moment<'de, D: Deserializer<'de>>(d: D) -> Result<Timestamp, D::Error> {
    let moment = Timestamp::deserialize(d)?;
    if !MOMENTS.contains(&moment.as_second()) {
        return Err(D::Error::custom("a time lies in the years 1 to 9000"));
    }
    Ok(moment)
}

/// The same, where one is told.
pub(crate) fn moment_if_told<'de, D>(d: D) -> Result<Option<Timestamp>, D::Error>
where
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Told(#[serde(deserialize_with = "moment")] Timestamp);
    Ok(Option::<Told>::deserialize(d)?.map(|told| told.0))
}

/// Seconds since 1970 from the beginning of the year 1 to that of the year 9001, UTC.
const MOMENTS: std::ops::Range<i64> = -62_135_596_800..221_876_928_000;

/// A number that is counted from 1 and fits the book's column.
pub(crate) fn counted<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(d)?;
    if !(1..=i64::MAX as u64).contains(&number) {
        return Err(D::Error::custom("lines and uses are counted from 1"));
    }
    Ok(number)
}

/// A day on a document, of the years 1 to 9999.
pub(crate) fn day<'de, D: Deserializer<'de>>(d: D) -> Result<Date, D::Error> {
    let day = Date::deserialize(d)?;
    if day.year() < 1 {
        return Err(D::Error::custom("a day lies in the years 1 to 9999"));
    }
    Ok(day)
}

/// A year that the calendar has, however unlikely: what a change of the register says of its day
/// never keeps it from ending a certificate.
pub(crate) fn year<'de, D: Deserializer<'de>>(d: D) -> Result<i16, D::Error> {
    let year = i16::deserialize(d)?;
    if (Date::MIN.year()..=Date::MAX.year()).contains(&year) {
        return Ok(year);
    }
    Err(D::Error::custom("a year is a number from -9999 to 9999"))
}

/// A month from 1 to 12, where it is known.
pub(crate) fn month<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u8>, D::Error> {
    let month = Option::<u8>::deserialize(d)?;
    if month.is_none_or(|month| (1..=12).contains(&month)) {
        return Ok(month);
    }
    Err(D::Error::custom("a month is a number from 1 to 12"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_up_to_its_bound_and_not_one_character_beyond() {
        for letter in ["a", "寿", "\u{20BB7}"] {
            assert_eq!(REGISTERED.text(&letter.repeat(1_000)), Ok(()));
            let beyond = REGISTERED.text(&letter.repeat(1_001));
            assert_eq!(beyond, Err(Beyond::Length(&REGISTERED)));
        }
        assert_eq!(Octets(vec![0; 300]).within(&ANSWERS), Ok(()));
        assert_eq!(Octets(vec![0; 301]).within(&ANSWERS), Err(Beyond::Length(&ANSWERS)));
        let hosts = |count| vec![String::from("registry.example"); count];
        assert_eq!(hosts(16).within(&HOSTS), Ok(()));
        assert_eq!(hosts(17).within(&HOSTS), Err(Beyond::Count(&HOSTS)));
    }

    #[test]
    fn what_people_read_hides_and_reorders_nothing() {
        for letter in [
            '\0',
            '\n',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{200b}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{ffff}',
            '\u{e0041}',
        ] {
            let text = format!("鳥取{letter}花子");
            assert_eq!(PARTY.text(&text), Err(Beyond::Character(&PARTY, 2)), "{letter:?}");
            assert_eq!(REGISTERED.text(&text), Ok(()), "the register's own are kept: {letter:?}");
        }
        assert_eq!(WHY.text("取下げ　O'Brien-Smith, é"), Ok(()));
        assert_eq!(CARD.text("AK 1"), Err(Beyond::Character(&CARD, 2)));
        assert_eq!(CARD.text("ＡＫ1"), Err(Beyond::Character(&CARD, 0)));
    }

    #[test]
    fn a_harmless_text_shows_where_something_was() {
        assert_eq!(harmless("\u{1b}[2J証\u{202e}花子\r"), "\u{fffd}[2J証\u{fffd}花子\u{fffd}");
        assert_eq!(harmless("証　花子 e\u{301} 葛\u{e0100}"), "証　花子 e\u{301} 葛\u{e0100}");
    }

    #[test]
    fn what_is_beyond_is_told_in_a_sentence_that_does_not_repeat_it() {
        let told = |text: &str| PARTY.text(text).unwrap_err().to_string();
        assert_eq!(told(&"秘".repeat(65)), "the name of a party has more than 64 characters");
        assert_eq!(told("秘\n"), "character 2 of the name of a party may not stand there");
        assert_eq!(
            Octets(vec![0; 9_000]).within(&REQUEST).unwrap_err().to_string(),
            "a request for a certificate has more than 8192 octets"
        );
        assert_eq!(
            vec![Octets::default(); 3].within(&LINES).unwrap_err().to_string(),
            "there are more than 2 of the lines of a journal"
        );
    }
}
