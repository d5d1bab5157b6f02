//! 基本4情報: the four facts about a person that a certificate states.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Name, address, birth date and sex, with the registry's own characters.
///
/// Personal data: has no `Display`, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FourItems {
    /// 氏名: family and given name separated by U+3000.
    #[serde(deserialize_with = "crate::bounds::registered")]
    pub name: String,
    /// 住所: begins with the prefecture, no postal code.
    #[serde(deserialize_with = "crate::bounds::registered")]
    pub address: String,
    /// 生年月日.
    pub birth_date: BirthDate,
    /// 性別.
    pub sex: Sex,
}

impl fmt::Debug for FourItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FourItems(withheld)")
    }
}

/// 性別, as coded in the certificate (attribute .3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// 男, coded `1`.
    Male,
    /// 女, coded `2`.
    Female,
    /// 不明, coded `3`.
    Unknown,
}

impl Sex {
    /// The one character that stands in the certificate.
    pub fn code(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
            Self::Unknown => "3",
        }
    }

    /// The Japanese word for the officer's and the holder's eyes.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
            Self::Unknown => "不明",
        }
    }
}

/// 生年月日 as the certificate states it (attribute .4): an era digit and `YYYYMMDD`.
///
/// The registry keeps dates that no calendar knows (29 February of a common year) and dates of
/// which parts are unknown (zeros): both are kept as they are. The year is Gregorian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BirthDate {
    era: u8,
    year: u16,
    month: u8,
    day: u8,
}

impl BirthDate {
    /// Year of the Gregorian calendar; `None` when unknown.
    pub fn year(&self) -> Option<u16> {
        (self.year != 0).then_some(self.year)
    }

    /// Whether it lies after this day, as far as it is known: nobody was born so.
    pub fn is_after(&self, day: jiff::civil::Date) -> bool {
        let today = [day.year() as u16, day.month() as u16, day.day() as u16];
        let birth = [self.year, u16::from(self.month), u16::from(self.day)];
        // What is unknown is zero, and says nothing from there on.
        let known = birth.iter().take_while(|part| **part != 0).count();
        birth[..known] > today[..known]
    }

    /// Whether it lies in the era that it names, as far as it is known: eras change within a year, and the day of a
    /// change is of both. What is read need not (a register has what it has); what is asked and issued must.
    pub fn is_of_its_era(&self) -> bool {
        const ERAS: [([u16; 3], [u16; 3]); 6] = [
            ([0, 0, 0], [9999, 12, 31]),
            ([1868, 1, 1], [1912, 7, 30]),
            ([1912, 7, 30], [1926, 12, 25]),
            ([1926, 12, 25], [1989, 1, 7]),
            ([1989, 1, 8], [2019, 4, 30]),
            ([2019, 5, 1], [9999, 12, 31]),
        ];
        let (first, last) = ERAS[usize::from(self.era)];
        let birth = [self.year, u16::from(self.month), u16::from(self.day)];
        let known = birth.iter().take_while(|part| **part != 0).count();
        first[..known] <= birth[..known] && birth[..known] <= last[..known]
    }

    /// The whole years of age that somebody has at least on a day: of a day or month that is not known the last one
    /// counts. `None` when the year is unknown.
    ///
    /// A non-calendar day such as 29 February 1971 counts as the first day after it.
    pub fn least_age_on(&self, day: jiff::civil::Date) -> Option<i16> {
        if self.year == 0 {
            return None;
        }
        let birthday = match (self.month, self.day) {
            (0, _) => (12, 31),
            (month, 0) => (month, 31),
            known => known,
        };
        let had_birthday = (day.month() as u8, day.day() as u8) >= birthday;
        Some(day.year() - self.year as i16 - i16::from(!had_birthday))
    }

    /// In Japanese, with the era: 昭和45年2月29日; unknown parts are left out with 不詳.
    pub fn japanese(&self) -> String {
        const ERAS: [(&str, u16); 6] = [
            ("", 0),
            ("明治", 1867),
            ("大正", 1911),
            ("昭和", 1925),
            ("平成", 1988),
            ("令和", 2018),
        ];
        let (era, before) = ERAS[usize::from(self.era)];
        let mut text = match self.year {
            0 => format!("{era}年不詳"),
            year if self.era == 0 => format!("西暦{year}年"),
            year if year == before + 1 => format!("{era}元年"),
            year => format!("{era}{}年", year - before),
        };
        match self.month {
            0 => text.push_str("月日不詳"),
            month => {
                text.push_str(&format!("{month}月"));
                match self.day {
                    0 => text.push_str("日不詳"),
                    day => text.push_str(&format!("{day}日")),
                }
            }
        }
        text
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:04}{:02}{:02}", self.era, self.year, self.month, self.day)
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(withheld)")
    }
}

/// Why a text is not a birth date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotABirthDate {
    /// Another length, or other characters than digits.
    #[error("a birth date is nine digits: the era and YYYYMMDD")]
    Form,
    /// The era digit is above 5.
    #[error("era {0} is not known; 0 unknown, 1 Meiji, 2 Taisho, 3 Showa, 4 Heisei, 5 Reiwa")]
    Era(u8),
    /// The year lies outside of the era that the first digit names.
    #[error("the year {year} does not lie in era {era}")]
    YearOutsideEra {
        /// The era digit.
        era: u8,
        /// The Gregorian year.
        year: u16,
    },
    /// Month above 12 or day above 31, or a known day in an unknown month.
    #[error("month {month} and day {day} cannot be")]
    Day {
        /// The month, 0 when unknown.
        month: u8,
        /// The day, 0 when unknown.
        day: u8,
    },
}

impl FromStr for BirthDate {
    type Err = NotABirthDate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotABirthDate::Form);
        }
        let number = |range: std::ops::Range<usize>| text[range].parse::<u16>().expect("digits");
        let (era, year) = (number(0..1) as u8, number(1..5));
        let (month, day) = (number(5..7) as u8, number(7..9) as u8);
        const YEARS: [std::ops::RangeInclusive<u16>; 6] =
            [0..=9999, 1868..=1912, 1912..=1926, 1926..=1989, 1989..=2019, 2019..=9999];
        let years = YEARS.get(usize::from(era)).ok_or(NotABirthDate::Era(era))?;
        if year != 0 && !years.contains(&year) {
            return Err(NotABirthDate::YearOutsideEra { era, year });
        }
        if month > 12 || day > 31 || (month == 0 && day != 0) {
            return Err(NotABirthDate::Day { month, day });
        }
        Ok(Self { era, year, month, day })
    }
}

impl Serialize for BirthDate {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BirthDate {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_as_old_as_the_latest_birthday_that_the_register_allows() {
        let day = jiff::civil::date(2026, 11, 29);
        for (text, years) in [
            ("420111129", Some(15)),
            ("420111130", Some(14)),
            ("420111200", Some(14)),
            ("420111100", Some(14)),
            ("420111000", Some(15)),
            ("420110000", Some(14)),
            ("000000000", None),
        ] {
            let date: BirthDate = text.parse().unwrap();
            assert_eq!(date.least_age_on(day), years, "{text}");
        }
    }

    #[test]
    fn dates_that_no_calendar_knows_are_kept_as_the_registry_has_them() {
        for (text, japanese) in [
            ("319710229", "昭和46年2月29日"),
            ("119120730", "明治45年7月30日"),
            ("219120730", "大正元年7月30日"),
            ("320000000", ""),
            ("319500000", "昭和25年月日不詳"),
            ("000000000", "年不詳月日不詳"),
        ] {
            match text.parse::<BirthDate>() {
                Ok(date) => {
                    assert_eq!(date.to_string(), text);
                    assert_eq!(date.japanese(), japanese);
                }
                Err(error) => {
                    assert_eq!(error, NotABirthDate::YearOutsideEra { era: 3, year: 2000 });
                }
            }
        }
    }

    #[test]
    fn a_birth_date_is_in_the_future_only_as_far_as_it_is_known() {
        let today = jiff::civil::date(2026, 4, 15);
        for (text, after) in [
            ("520260415", false),
            ("520260416", true),
            ("520260501", true),
            ("520270101", true),
            ("520260400", false),
            ("520260500", true),
            ("520260000", false),
            ("520270000", true),
            ("500000000", false),
            ("319700115", false),
        ] {
            assert_eq!(text.parse::<BirthDate>().unwrap().is_after(today), after, "{text}");
        }
    }

    #[test]
    fn nobody_learns_a_person_from_a_debug_print() {
        let items = FourItems {
            name: "証　花子".into(),
            address: "東京都".into(),
            birth_date: "319700115".parse().unwrap(),
            sex: Sex::Female,
        };
        assert_eq!(format!("{items:?}"), "FourItems(withheld)");
    }
}
