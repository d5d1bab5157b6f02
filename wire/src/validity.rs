//! Three years, counted as Japanese law counts them, and the window of renewal.
//!
//! All day arithmetic is in Japan's days; only the results are moments.

use crate::date::{day_in_japan, end_of_day};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// How the three years are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ValidityRule {
    /// Rule A: the day of issue is the first day.
    #[default]
    FromIssueDay,
    /// Rule B: the day after the issue is the first day (民法 art. 140).
    FromNextDay,
}

/// Years of a citizen's certificate.
const YEARS: i16 = 3;

/// The last day of a certificate issued on a day.
///
/// 民法 art. 143: the period ends on the day before the day that corresponds to its first; where
/// the last month has no such day, on the last day of that month. To clamp first and subtract a day
/// then would be wrong by one.
///
/// # Panics
/// Beyond the year 9990; no clock of ours gets there.
pub fn last_day(issued: Date, rule: ValidityRule) -> Date {
    let first = match rule {
        ValidityRule::FromIssueDay => issued,
        ValidityRule::FromNextDay => issued.tomorrow().expect("before the end of time"),
    };
    match Date::new(first.year() + YEARS, first.month(), first.day()) {
        Ok(corresponding) => corresponding.yesterday().expect("after the beginning of time"),
        Err(_) => jiff::civil::date(first.year() + YEARS, first.month(), 1).last_of_month(),
    }
}

/// notAfter of a certificate issued now: 23:59:59 JST of its last day.
pub fn not_after(now: Timestamp, rule: ValidityRule) -> Timestamp {
    end_of_day(last_day(day_in_japan(now), rule))
}

/// The first day on which a certificate may be renewed: three calendar months before its last day,
/// clamped to the end of the month.
pub fn renewal_opens(not_after: Timestamp) -> Date {
    day_in_japan(not_after).saturating_sub(3.months())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ValidityRule::*;

    #[test]
    fn three_years_end_on_the_days_that_the_law_says() {
        for (issued, a, b) in [
            ("2004-01-29", "2007-01-28", "2007-01-29"),
            ("2004-02-29", "2007-02-28", "2007-02-28"),
            ("2005-02-28", "2008-02-27", "2008-02-29"),
            ("2005-03-01", "2008-02-29", "2008-03-01"),
            ("2004-12-31", "2007-12-30", "2007-12-31"),
            ("2004-02-28", "2007-02-27", "2007-02-28"),
        ] {
            let issued: Date = issued.parse().unwrap();
            assert_eq!(last_day(issued, FromIssueDay).to_string(), a, "rule A, issued {issued}");
            assert_eq!(last_day(issued, FromNextDay).to_string(), b, "rule B, issued {issued}");
        }
    }

    #[test]
    fn a_certificate_ends_at_the_last_second_of_a_day_in_japan() {
        let issued = "2004-01-28T23:00:00Z".parse().unwrap(); // 08:00 of 29 January in Japan
        assert_eq!(not_after(issued, FromIssueDay).to_string(), "2007-01-28T14:59:59Z");
    }

    #[test]
    fn renewal_opens_three_calendar_months_before_the_end() {
        for (end, opens) in [
            ("2007-01-28T14:59:59Z", "2006-10-28"),
            ("2007-05-31T14:59:59Z", "2007-02-28"),
            ("2008-05-31T14:59:59Z", "2008-02-29"),
        ] {
            assert_eq!(renewal_opens(end.parse().unwrap()).to_string(), opens);
        }
    }
}
