//! That something ends soon: said three months, one month and one week ahead.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::date::day_in_japan;

/// How near an end is. A later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// Three months, or less.
    Quarter,
    /// One month, or less.
    Month,
    /// One week, or less.
    Week,
    /// It is over.
    Over,
}

impl Ending {
    /// Every one, the earliest first.
    pub const ALL: [Self; 4] = [Self::Quarter, Self::Month, Self::Week, Self::Over];

    /// How near the end of something is: its last moment, as a certificate's notAfter. `None` while more than
    /// three months are left. Months are Japan's calendar months, clamped to the end of a month.
    pub fn of(last: Timestamp, now: Timestamp) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|ending| ending.begins(last) <= now)
    }

    /// The first moment at which this is said of something.
    pub fn begins(self, last: Timestamp) -> Timestamp {
        let ahead = match self {
            Self::Quarter => 3.months(),
            Self::Month => 1.month(),
            Self::Week => 1.week(),
            Self::Over => return last.saturating_add(1.nanosecond()).unwrap_or(Timestamp::MAX),
        };
        let japan = TimeZone::fixed(jiff::tz::offset(9));
        last.to_zoned(japan).saturating_sub(ahead).timestamp()
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quarter => "within three months",
            Self::Month => "within a month",
            Self::Week => "within a week",
            Self::Over => "has ended",
        })
    }
}

/// The header in which every answer over a link says when the certificate ends that whoever asked showed,
/// from three months before on: its last moment (RFC 3339).
pub const CERTIFICATE_ENDS: &str = "akashi-certificate-ends";

/// What its holder is told of a certificate's end, in one line: its last day in Japan, and what to do.
pub fn notice(what: &str, last: Timestamp, now: Timestamp, act: &str) -> Option<String> {
    let day = day_in_japan(last);
    Some(match Ending::of(last, now)? {
        Ending::Over => format!("{what} ended on {day}: {act}"),
        ending => format!("{what} ends on {day}, {ending}: {act}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_said_three_months_one_month_and_one_week_ahead_by_japans_calendar() {
        // 31 May, 23:59:59 in Japan.
        let last: Timestamp = "2031-05-31T14:59:59Z".parse().unwrap();
        for (now, said) in [
            ("2031-02-28T14:59:58Z", None),
            ("2031-02-28T14:59:59Z", Some(Ending::Quarter)),
            ("2031-04-30T14:59:58Z", Some(Ending::Quarter)),
            ("2031-04-30T14:59:59Z", Some(Ending::Month)),
            ("2031-05-24T14:59:58Z", Some(Ending::Month)),
            ("2031-05-24T14:59:59Z", Some(Ending::Week)),
            ("2031-05-31T14:59:59Z", Some(Ending::Week)),
            ("2031-05-31T15:00:00Z", Some(Ending::Over)),
            ("2041-05-31T15:00:00Z", Some(Ending::Over)),
        ] {
            assert_eq!(Ending::of(last, now.parse().unwrap()), said, "{now}");
        }
    }

    #[test]
    fn leap_days_and_the_ends_of_other_counts_of_seconds_are_days_as_any() {
        for (last, now) in [
            ("2028-02-29T14:59:59Z", "2027-11-29T14:59:59Z"),
            ("2038-01-19T03:14:07Z", "2037-10-19T03:14:07Z"),
            ("2050-01-01T00:00:00Z", "2049-10-01T00:00:00Z"),
        ] {
            let (last, now): (Timestamp, Timestamp) = (last.parse().unwrap(), now.parse().unwrap());
            assert_eq!(Ending::of(last, now), Some(Ending::Quarter), "{last}");
            assert_eq!(Ending::of(last, now - jiff::SignedDuration::from_secs(1)), None, "{last}");
        }
    }

    #[test]
    fn the_holder_is_told_the_day_and_what_to_do() {
        let last: Timestamp = "2031-05-31T14:59:59Z".parse().unwrap();
        let told = |now: &str| notice("this token", last, now.parse().unwrap(), "re-key it");
        assert_eq!(told("2031-01-01T00:00:00Z"), None);
        assert_eq!(
            told("2031-05-01T00:00:00Z").as_deref(),
            Some("this token ends on 2031-05-31, within a month: re-key it")
        );
        assert_eq!(
            told("2031-06-01T00:00:00Z").as_deref(),
            Some("this token ended on 2031-05-31: re-key it")
        );
    }
}
