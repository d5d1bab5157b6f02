//! Birth dates across the eras, and those that no calendar knows.

use akashi_wire::BirthDate;
use jiff::ToSpan as _;
use jiff::civil::{Date, date as civil};
use rand::{Rng, RngExt as _};

use super::one_of;

/// One in so many birth dates is odd.
const ODD: f64 = 1.0 / 50.0;
/// Nobody is made up older than this.
const YEARS: i64 = 105;

/// The last days of the eras and the first of the next, days that common years do not have, leap
/// days, and dates known in part or not at all.
const ODDITIES: [&str; 22] = [
    "119120729", // the day before the change
    "119120730", // 明治45年7月30日, and the same day
    "219120730", // 大正元年7月30日
    "219261224",
    "219261225", // 大正15年12月25日, and the same day
    "319261225", // 昭和元年12月25日
    "319890107",
    "419890108",
    "319710229", // 2月29日 of a common year
    "319550229",
    "319470230",
    "219230229",
    "319640229", // leap days
    "319760229",
    "420000229",
    "319500000", // the year only
    "319380000",
    "319450300", // year and month only
    "219200100",
    "000000000", // nothing is known
    "019480000",
    "400000000", // the era only
];

/// The birth date of a Japanese, with its era.
pub(super) fn date(today: Date, rng: &mut impl Rng) -> BirthDate {
    if rng.random_bool(ODD) {
        let odd: BirthDate = one_of(&ODDITIES, rng).parse().expect("the list holds birth dates");
        if odd.year().is_none_or(|year| (year as i16) < today.year()) {
            return odd;
        }
    }
    let day = some_day(today, rng);
    coded(era_of(day), day)
}

/// The birth date of somebody born abroad: Gregorian, without an era.
pub(super) fn western(today: Date, rng: &mut impl Rng) -> BirthDate {
    coded(0, some_day(today, rng))
}

fn some_day(today: Date, rng: &mut impl Rng) -> Date {
    // The lesser of two draws: more young people than old ones, and a few very old.
    let days = YEARS * 365;
    let back = rng.random_range(0..days).min(rng.random_range(0..days));
    today.saturating_sub(back.days())
}

fn era_of(day: Date) -> u8 {
    let begins = [civil(1912, 7, 30), civil(1926, 12, 25), civil(1989, 1, 8), civil(2019, 5, 1)];
    1 + begins.iter().filter(|begin| **begin <= day).count() as u8
}

fn coded(era: u8, day: Date) -> BirthDate {
    format!("{era}{:04}{:02}{:02}", day.year(), day.month(), day.day())
        .parse()
        .expect("a day of the calendar in its era is a birth date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_a_hundred_and_fifty_years_lies_in_its_era() {
        let mut day = civil(1870, 1, 1);
        while day < civil(2030, 1, 1) {
            coded(era_of(day), day);
            day = day.tomorrow().unwrap();
        }
        assert_eq!(coded(era_of(civil(1989, 1, 7)), civil(1989, 1, 7)).to_string(), "319890107");
        assert_eq!(coded(era_of(civil(2019, 5, 1)), civil(2019, 5, 1)).to_string(), "520190501");
    }

    #[test]
    fn every_oddity_is_a_birth_date() {
        assert!(ODDITIES.iter().all(|odd| odd.parse::<BirthDate>().is_ok()));
    }
}
