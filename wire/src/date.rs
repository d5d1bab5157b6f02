//! 異動年月日: the day on which a change in the register takes effect, however odd.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use crate::bounds;

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
        #[serde(deserialize_with = "bounds::year")]
        year: i16,
        /// Month from 1 to 12 where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[serde(deserialize_with = "bounds::month")]
        month: Option<u8>,
    },
    /// A day that the calendar does not have.
    NonCalendar {
        /// As it stands in the register.
        #[serde(deserialize_with = "bounds::odd_date")]
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
    moment(day.at(0, 0, 0, 0))
}

/// 23:59:59 JST of a day, that is 14:59:59Z: the last second of a certificate.
pub fn end_of_day(day: Date) -> Timestamp {
    moment(day.at(23, 59, 59, 0))
}

/// A moment of a day in Japan. The calendar has a day more at either end than time has moments: what
/// lies beyond is the first moment, or the last.
fn moment(civil: DateTime) -> Timestamp {
    let end = if civil.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    civil.to_zoned(japan()).map_or(end, |zoned| zoned.timestamp())
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

    #[test]
    fn the_first_and_the_last_day_of_the_calendar_have_moments_too() {
        assert_eq!(start_of_day(Date::MIN), Timestamp::MIN);
        assert_eq!(end_of_day(Date::MIN), Timestamp::MIN);
        assert_eq!(start_of_day(Date::MAX).to_string(), "9999-12-30T15:00:00Z");
        assert_eq!(end_of_day(Date::MAX), Timestamp::MAX);
    }

    #[test]
    fn a_date_known_in_part_has_a_year_and_a_month_of_the_calendar() {
        let read = |json: &str| serde_json::from_str::<EffectiveDate>(json);
        for json in [
            r#"{"form":"partial","year":2024}"#,
            r#"{"form":"partial","year":2024,"month":12}"#,
            r#"{"form":"partial","year":-9999,"month":1}"#,
            r#"{"form":"full","day":"-009999-01-01"}"#,
        ] {
            assert!(read(json).is_ok(), "{json}");
        }
        for json in [
            r#"{"form":"partial","year":2024,"month":13}"#,
            r#"{"form":"partial","year":2024,"month":0}"#,
            r#"{"form":"partial","year":10000}"#,
            r#"{"form":"partial","year":2024.5}"#,
            r#"{"form":"non_calendar","text":"\u202e"}"#,
            &format!(r#"{{"form":"non_calendar","text":"{}"}}"#, "春".repeat(65)),
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
