//! Days, moments and facts as people say them.

use std::ops::Range;

use akashi_wire::date::japan;
use akashi_wire::{BirthDate, Sex};
use jiff::Timestamp;
use jiff::civil::Date;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment in Japan: 4 January 2029, 23:59:59 Japan time.
pub fn moment(at: Timestamp) -> String {
    let at = at.to_zoned(japan());
    format!("{}, {} Japan time", day(at.date()), at.strftime("%H:%M:%S"))
}

/// A day: 4 January 2029.
pub fn day(day: Date) -> String {
    let month = MONTHS[usize::from(day.month().unsigned_abs()) - 1];
    format!("{} {month} {}", day.day(), day.year())
}

/// How many days: 1 day, 2 days.
pub fn days(count: i32) -> String {
    if count == 1 { "1 day".into() } else { format!("{count} days") }
}

/// 生年月日, in both calendars. The register has days that no calendar has, and knows some in part
/// only: it is said as it stands.
pub fn birth_date(text: &str) -> String {
    let Ok(date) = text.parse::<BirthDate>() else { return text.to_owned() };
    let part = |range: Range<usize>| text[range].parse::<usize>().unwrap_or(0);
    let (year, month, day) = (part(1..5), part(5..7), part(7..9));
    let month_name = month.checked_sub(1).and_then(|index| MONTHS.get(index));
    let said = match (year, month_name) {
        (0, None) => "not known".into(),
        (0, Some(name)) if day > 0 => format!("{day} {name}, year not known"),
        (0, Some(name)) => format!("{name}, year and day not known"),
        (_, None) => format!("{year}, month and day not known"),
        (_, Some(name)) if day == 0 => format!("{name} {year}, day not known"),
        (_, Some(name)) => format!("{day} {name} {year}"),
    };
    format!("{said} ({})", date.japanese())
}

/// 性別, by its digit in the certificate.
pub fn sex(code: &str) -> String {
    match [Sex::Male, Sex::Female, Sex::Unknown].into_iter().find(|sex| sex.code() == code) {
        Some(sex) => {
            let word = match sex {
                Sex::Male => "male",
                Sex::Female => "female",
                Sex::Unknown => "not known",
            };
            format!("{word} ({}); the certificate has the digit {code} for it", sex.japanese())
        }
        None => format!("written “{code}”, which has no meaning"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_said_in_japan() {
        assert_eq!(
            moment("2029-01-04T14:59:59Z".parse().unwrap()),
            "4 January 2029, 23:59:59 Japan time"
        );
        assert_eq!(
            moment("2028-12-31T15:00:00Z".parse().unwrap()),
            "1 January 2029, 00:00:00 Japan time"
        );
    }

    #[test]
    fn a_birth_date_is_said_as_the_register_has_it() {
        for (text, said) in [
            ("319600229", "29 February 1960 (昭和35年2月29日)"),
            ("319710229", "29 February 1971 (昭和46年2月29日)"),
            ("319500000", "1950, month and day not known (昭和25年月日不詳)"),
            ("420000200", "February 2000, day not known (平成12年2月日不詳)"),
            ("000000000", "not known (年不詳月日不詳)"),
            ("in spring", "in spring"),
        ] {
            assert_eq!(birth_date(text), said);
        }
    }

    #[test]
    fn a_sex_is_said_with_its_digit() {
        assert!(sex("2").starts_with("female (女)"));
        assert!(sex("3").starts_with("not known (不明)"));
        assert!(sex("9").contains("no meaning"));
    }
}
