//! Time, read from its octets.
//!
//! ```asn1
//! Time ::= CHOICE {
//!      utcTime        UTCTime,
//!      generalTime    GeneralizedTime }
//! ```
//!
//! Source: RFC 5280 §4.1.2.5.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::der::Tlv;

/// 2050-01-01T00:00:00Z: what is before is UTCTime, the rest GeneralizedTime.
const FIRST_GENERALIZED: i64 = 2_524_608_000;

/// The second that a Time names, whichever form it has.
pub(crate) fn second(time: &Tlv<'_>) -> Option<i64> {
    let digits = time.content.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |from: usize, count: usize| -> Option<i16> {
        let digits = digits.get(from..from + count)?;
        Some(digits.iter().fold(0, |sum, digit| sum * 10 + i16::from(digit - b'0')))
    };
    let (year, rest) = match (time.tag, digits.len()) {
        // "Where YY is greater than or equal to 50, the year SHALL be interpreted as 19YY."
        (0x17, 12) => (number(0, 2).map(|two| two + if two >= 50 { 1900 } else { 2000 })?, 2),
        (0x18, 14) => (number(0, 4)?, 4),
        _ => return None,
    };
    let part = |index: usize| i8::try_from(number(rest + 2 * index, 2)?).ok();
    let civil = DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
    Some(Offset::UTC.to_timestamp(civil).ok()?.as_second())
}

/// Whether a Time of a certificate or a list has the form that its year asks for.
pub(crate) fn is_in_form(is_generalized: bool, second: i64) -> bool {
    is_generalized == (second >= FIRST_GENERALIZED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::only;

    #[test]
    fn both_forms_name_the_same_seconds() {
        let read = |octets: &[u8]| second(&only(octets).unwrap());
        assert_eq!(read(b"\x17\x0d491231235959Z"), Some(FIRST_GENERALIZED - 1));
        assert_eq!(read(b"\x18\x0f20500101000000Z"), Some(FIRST_GENERALIZED));
        assert_eq!(read(b"\x17\x0d700101000000Z"), Some(0));
        assert_eq!(read(b"\x17\x0d500101000000Z"), Some(-631_152_000));
        for junk in [&b"\x17\x0d261301000000Z"[..], b"\x17\x0b2601010000Z", b"\x0c\x01Z"] {
            assert_eq!(read(junk), None);
        }
    }

    #[test]
    fn the_form_changes_with_the_year_2050() {
        assert!(is_in_form(false, FIRST_GENERALIZED - 1) && is_in_form(true, FIRST_GENERALIZED));
        assert!(!is_in_form(true, FIRST_GENERALIZED - 1) && !is_in_form(false, FIRST_GENERALIZED));
    }
}
