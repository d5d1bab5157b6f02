//! The month in which what is recorded about a person is deleted.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::date::day_in_japan;

/// A month of Japan's calendar in which records are deleted, all that are due in it at once.
///
/// What is due on a day is deleted in the month after it: never a day too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeletionMonth {
    year: i16,
    month: i8,
}

/// Not a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a month is YYYY-MM, such as 2039-05")]
pub struct NotAMonth;

impl DeletionMonth {
    /// The month after this day.
    pub fn after(day: Date) -> Self {
        match day.month() {
            12 => Self { year: day.year().saturating_add(1), month: 1 },
            month => Self { year: day.year(), month: month + 1 },
        }
    }

    /// The month with this number, where there is one.
    pub fn of_number(number: u32) -> Option<Self> {
        let (year, month) = (i16::try_from(number / 100).ok()?, (number % 100) as i8);
        let is_one = (1..=9999).contains(&year) && (1..=12).contains(&month);
        is_one.then_some(Self { year, month })
    }

    /// Its number, YYYYMM: that of the key under which everything is sealed that is deleted in it.
    pub fn number(self) -> u32 {
        u32::from(self.year.unsigned_abs()) * 100 + u32::from(self.month.unsigned_abs())
    }

    /// Whether it has begun.
    pub fn has_begun(self, now: Timestamp) -> bool {
        let today = day_in_japan(now);
        (today.year(), today.month()) >= (self.year, self.month)
    }
}

impl fmt::Display for DeletionMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl From<DeletionMonth> for String {
    fn from(month: DeletionMonth) -> Self {
        month.to_string()
    }
}

impl TryFrom<String> for DeletionMonth {
    type Error = NotAMonth;

    fn try_from(text: String) -> Result<Self, NotAMonth> {
        text.parse()
    }
}

impl FromStr for DeletionMonth {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let digits = |text: &str, count: usize| {
            let all = text.len() == count && text.bytes().all(|octet| octet.is_ascii_digit());
            all.then(|| text.parse::<u32>().ok()).flatten()
        };
        let (year, month) = text.split_once('-').ok_or(NotAMonth)?;
        let (year, month) = (digits(year, 4).ok_or(NotAMonth)?, digits(month, 2).ok_or(NotAMonth)?);
        Self::of_number(year * 100 + month).ok_or(NotAMonth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> DeletionMonth {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_due_on_a_day_is_deleted_in_the_month_after_it() {
        for (day, deleted) in [
            ("2039-04-02", "2039-05"),
            ("2039-04-30", "2039-05"),
            ("2039-12-01", "2040-01"),
            ("2040-02-29", "2040-03"),
        ] {
            assert_eq!(DeletionMonth::after(day.parse().unwrap()), month(deleted), "{day}");
        }
    }

    #[test]
    fn a_month_begins_at_midnight_in_japan() {
        let may = month("2039-05");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(!may.has_begun(at("2039-04-30T14:59:59Z")));
        assert!(may.has_begun(at("2039-04-30T15:00:00Z")));
        assert!(may.has_begun(at("2040-01-01T00:00:00Z")));
        assert!(!may.has_begun(at("2038-12-31T00:00:00Z")));
    }

    #[test]
    fn a_month_is_read_as_it_is_written_and_nothing_else_is_one() {
        for text in ["2039-05", "0001-01", "9999-12"] {
            assert_eq!(month(text).to_string(), text);
            assert_eq!(DeletionMonth::of_number(month(text).number()), Some(month(text)));
        }
        assert_eq!(month("2039-05").number(), 203_905);
        for text in [
            "2039-00",
            "2039-13",
            "0000-01",
            "2039-5",
            "39-05",
            "2039-05-01",
            "203905",
            "２０３９-05",
            "",
        ] {
            assert_eq!(text.parse::<DeletionMonth>(), Err(NotAMonth), "{text}");
        }
        for number in [0, 1, 13, 203_900, 203_913, 1_000_001, u32::MAX] {
            assert_eq!(DeletionMonth::of_number(number), None, "{number}");
        }
    }
}
