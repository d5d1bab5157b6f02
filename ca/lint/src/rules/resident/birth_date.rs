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

/// First and last year of each era, from 明治 on; 令和 goes on.
const ERAS: [(u16, u16); 5] =
    [(1868, 1912), (1912, 1926), (1926, 1989), (1989, 2019), (2019, 9999)];

fn is_birth_date(text: &[u8]) -> bool {
    if text.len() != 9 || !text.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |sum, one| sum * 10 + u16::from(one - b'0'));
    let (era, year) = (number(&text[..1]), number(&text[1..5]));
    let (month, day) = (number(&text[5..7]), number(&text[7..]));
    let in_era = match era {
        0 => true,
        _ => ERAS
            .get(usize::from(era) - 1)
            .is_some_and(|(first, last)| year == 0 || (*first..=*last).contains(&year)),
    };
    in_era && month <= 12 && day <= 31 && (month != 0 || day == 0)
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_day_of_no_era_is_found() {
        for text in [
            "619700115",
            "320200115",
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
