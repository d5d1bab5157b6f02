//! The last second of three years, from the text of the law.
//!
//! 民法 art. 140: a period of years does not count its first day, unless it begins at midnight; the
//! founding record says which day is the first. Art. 143 (2): 「期間は、最後の週、月又は年において
//! その起算日に応当する日の前日に満了する。ただし、…最後の月に応当する日がないときは、その月の末日
//! に満了する」: it ends with the day before the one that corresponds to its first; where the last
//! month has none, with the last day of that month. Either way it ends at a midnight: that which
//! begins the corresponding day, or that which begins the month after.

use jiff::civil::{Date, date};
use jiff::tz::{self, Offset};
use jiff::{Timestamp, ToSpan};

use crate::Counting;

/// Japan has kept nine hours before UTC, and no summer time, since 1952.
const JAPAN: Offset = tz::offset(9);

/// notAfter of a certificate whose notBefore is this second.
pub(crate) fn last_second(not_before: i64, counting: Counting) -> Option<i64> {
    let issued = JAPAN.to_datetime(Timestamp::from_second(not_before).ok()?).date();
    let first = match counting {
        Counting::FromIssueDay => issued,
        Counting::FromNextDay => issued.tomorrow().ok()?,
    };
    let year = first.year().checked_add(3)?;
    let midnight = match Date::new(year, first.month(), first.day()) {
        Ok(corresponding) => corresponding,
        // Only 29 February has no corresponding day.
        Err(_) => date(year, first.month(), 1).checked_add(1.month()).ok()?,
    };
    Some(second_of(midnight)? - 1)
}

/// Whether a second is the last one of a day in Japan.
pub(crate) fn ends_a_day(second: i64) -> bool {
    (second + 1 + 9 * 3600).rem_euclid(24 * 3600) == 0
}

fn second_of(midnight: Date) -> Option<i64> {
    Some(JAPAN.to_timestamp(midnight.at(0, 0, 0, 0)).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(issued: &str, counting: Counting) -> String {
        let noon: Timestamp = format!("{issued}T12:00:00+09:00").parse().unwrap();
        let last = last_second(noon.as_second(), counting).unwrap();
        assert!(ends_a_day(last));
        let last = JAPAN.to_datetime(Timestamp::from_second(last).unwrap());
        assert_eq!(last.time().to_string(), "23:59:59");
        last.date().to_string()
    }

    #[test]
    fn three_years_end_as_the_law_has_it() {
        for (issued, from_issue_day, from_next_day) in [
            ("2004-01-29", "2007-01-28", "2007-01-29"),
            ("2004-02-29", "2007-02-28", "2007-02-28"),
            ("2005-02-28", "2008-02-27", "2008-02-29"),
            ("2005-03-01", "2008-02-29", "2008-03-01"),
            ("2004-12-31", "2007-12-30", "2007-12-31"),
            ("2004-02-28", "2007-02-27", "2007-02-28"),
            ("2026-01-01", "2028-12-31", "2029-01-01"),
        ] {
            assert_eq!(ends(issued, Counting::FromIssueDay), from_issue_day, "{issued}");
            assert_eq!(ends(issued, Counting::FromNextDay), from_next_day, "{issued}");
        }
    }

    #[test]
    fn the_day_of_issue_is_a_day_in_japan() {
        let evening: Timestamp = "2004-01-28T23:00:00Z".parse().unwrap();
        let last = last_second(evening.as_second(), Counting::FromIssueDay).unwrap();
        assert_eq!(Timestamp::from_second(last).unwrap().to_string(), "2007-01-28T14:59:59Z");
    }
}
