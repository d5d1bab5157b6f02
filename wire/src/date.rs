//! 異動年月日: the day on which a change in the register takes effect, however odd.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// A date as the registry reports it.
///
/// Registers hold dates that no calendar knows (2月29日 of a common year) and dates known only in
/// part (令和6年春). They are kept as they came; [`EffectiveDate::day`] gives the day only where
/// there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case", deny_unknown_fields)]
pub enum EffectiveDate {
    /// A day of the calendar.
    Full {
        /// The day, in Japan.
        day: Date,
    },
    /// Year, or year and month, known.
    Partial {
        /// Gregorian year.
        year: i16,
        /// Month from 1 to 12 where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        month: Option<u8>,
    },
    /// A day that the calendar does not have.
    NonCalendar {
        /// As it stands in the register.
        text: String,
    },
    /// Not known.
    Unknown,
}

impl EffectiveDate {
    /// The day of the calendar, where this is one.
    pub fn day(&self) -> Option<Date> {
        match self {
            Self::Full { day } => Some(*day),
            _ => None,
        }
    }
}

/// The time zone in which every day of the law is counted.
///
/// An issue at 08:00 in Japan is the previous day in UTC; all day arithmetic goes through here.
pub fn japan() -> TimeZone {
    // Japan has had no daylight saving time since 1952; a fixed offset needs no zone database.
    TimeZone::fixed(jiff::tz::offset(9))
}

/// The day it is in Japan at this instant.
pub fn day_in_japan(at: Timestamp) -> Date {
    Zoned::new(at, japan()).date()
}

/// 00:00 JST of a day.
pub fn start_of_day(day: Date) -> Timestamp {
    day.to_zoned(japan()).expect("every civil day has a midnight at a fixed offset").timestamp()
}

/// 23:59:59 JST of a day, that is 14:59:59Z: the last second of a certificate.
pub fn end_of_day(day: Date) -> Timestamp {
    day.at(23, 59, 59, 0).to_zoned(japan()).expect("a fixed offset has no gaps").timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_in_the_morning_in_japan_is_that_day_and_not_the_day_before() {
        let at: Timestamp = "2004-01-28T23:00:00Z".parse().unwrap();
        assert_eq!(day_in_japan(at), jiff::civil::date(2004, 1, 29));
        assert_eq!(end_of_day(jiff::civil::date(2007, 1, 28)).to_string(), "2007-01-28T14:59:59Z");
        assert_eq!(
            start_of_day(jiff::civil::date(2007, 1, 28)).to_string(),
            "2007-01-27T15:00:00Z"
        );
    }
}
