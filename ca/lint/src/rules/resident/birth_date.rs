//! 生年月日: the era from 0 (unknown) to 5 (令和), and a Gregorian day whose unknown parts are zeros. Days
//! that no calendar has are in the register, and stand as they are there.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::resident::six_items::text;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "birth_date", source: "profile: .4, an era and YYYYMMDD", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(date) = text(certificate, 4) else { return Ok(()) };
    must(is_birth_date(date.as_bytes()), "the birth date must be an era and a day in it")
}

/// First and last day of each era, from 明治 on, as YYYYMMDD; 令和 goes on. The days on which 大正 and 昭和 began are of
/// the era before as well.
const ERAS: [(u32, u32); 5] = [
    (1868_0101, 1912_0730),
    (1912_0730, 1926_1225),
    (1926_1225, 1989_0107),
    (1989_0108, 2019_0430),
    (2019_0501, 9999_1231),
];

fn is_birth_date(text: &[u8]) -> bool {
    if text.len() != 9 || !text.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |sum, one| sum * 10 + u32::from(one - b'0'));
    let (era, year) = (number(&text[..1]), number(&text[1..5]));
    let (month, day) = (number(&text[5..7]), number(&text[7..]));
    // What is unknown is zero: it may be the first, or the last.
    let span = match (year, month, day) {
        (0, ..) => (0, 9999_1231),
        (year, 0, _) => (year * 1_0000, year * 1_0000 + 1231),
        (year, month, 0) => (year * 1_0000 + month * 100, year * 1_0000 + month * 100 + 31),
        _ => (number(&text[1..]), number(&text[1..])),
    };
    let in_era = match era {
        0 => true,
        _ => ERAS
            .get(era as usize - 1)
            .is_some_and(|(first, last)| span.0 <= *last && *first <= span.1),
    };
    in_era && month <= 12 && day <= 31 && (month != 0 || day == 0)
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn the_days_on_which_an_era_began_and_what_is_not_known_are_taken() {
        for text in ["119120730", "219120730", "319261225", "419890108", "520190501", "319890000"] {
            assert!(super::is_birth_date(text.as_bytes()), "{text}");
        }
        for text in ["019890601", "300000000", "419890100", "320190000"] {
            assert_eq!(super::is_birth_date(text.as_bytes()), !text.starts_with("3201"), "{text}");
        }
    }

    #[test]
    fn a_day_of_no_era_is_found() {
        for text in [
            "619700115",
            "320200115",
            "319890601",
            "419890107",
            "219261226",
            "520190430",
            "319701315",
            "319700132",
            "319700015",
            "31970115",
            "3197O0115",
        ] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| {
                tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.at(&[1, 1, 0]).set(text));
            });
        }
    }
}
