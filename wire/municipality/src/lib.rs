//! Prefectures, municipalities and wards: their codes, their names, how their names are read.
//!
//! A code is JIS X 0401 (two digits, the prefecture), JIS X 0402 (three digits, the body within
//! it) and a check digit. A `MunicipalityCode` is a well-formed code; whether such a body is
//! known is asked of the table with `Municipality::of`. The table is a committed file, see
//! `data/README.md` for its source and for what it lacks.

mod code;
mod romaji;
mod table;
#[cfg(test)]
mod tests;

pub use code::{InvalidCode, MunicipalityCode, PrefectureCode};

use table::TABLE;

/// A body that bears a local government code: a prefecture (都道府県), a municipality (市町村 and
/// the special wards of Tokyo-to) or a ward of a designated city (政令指定都市の区).
///
/// Made only from the committed table, so whoever holds one holds a body that is listed.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Municipality {
    /// Its code.
    pub code: MunicipalityCode,
    /// Its own name in kanji, as 新宿区: without the prefecture, and for a ward without the city.
    pub name: &'static str,
    /// The reading of [`name`](Self::name) in hiragana, as しんじゅくく.
    pub kana: &'static str,
    city: Option<MunicipalityCode>,
}

impl Municipality {
    /// The body that bears this code, if the table lists one.
    pub fn of(code: MunicipalityCode) -> Option<&'static Self> {
        let row = TABLE.binary_search_by_key(&code, |body| body.code).ok()?;
        TABLE.get(row)
    }

    /// All bodies in order of code: each prefecture, then what lies in it.
    pub fn all() -> &'static [Self] {
        &TABLE
    }

    /// The 47 prefectures in order of code.
    pub fn prefectures() -> impl Iterator<Item = &'static Self> {
        TABLE.iter().filter(|body| body.code.is_prefecture())
    }

    /// The municipalities of a prefecture in order of code, without the wards of its cities.
    pub fn in_prefecture(prefecture: PrefectureCode) -> impl Iterator<Item = &'static Self> {
        bodies_in(prefecture)
            .iter()
            .filter(|body| !body.code.is_prefecture() && body.city.is_none())
    }

    /// The wards of a designated city in order of code; of any other body, none.
    pub fn wards(&self) -> impl Iterator<Item = &'static Self> {
        let city = self.code;
        bodies_in(city.prefecture()).iter().filter(move |body| body.city == Some(city))
    }

    /// The prefecture it lies in; a prefecture lies in itself.
    pub fn prefecture(&self) -> &'static Self {
        Self::of(self.code.prefecture().code()).expect("the table lists all 47 prefectures")
    }

    /// The designated city it is a ward of, if it is one. A special ward of Tokyo-to is not.
    pub fn city(&self) -> Option<&'static Self> {
        self.city.and_then(Self::of)
    }

    /// What an address in it begins with: 東京都新宿区, 北海道札幌市中央区, 東京都.
    ///
    /// The 郡 that an address in a town or village may name is not in the table and is left out.
    pub fn address_prefix(&self) -> String {
        let prefecture = (!self.code.is_prefecture()).then(|| self.prefecture().name);
        let city = self.city().map(|city| city.name);
        prefecture.into_iter().chain(city).chain([self.name]).collect()
    }

    /// Its name in Roman letters: `Tokyo-to`, `Shinjuku-ku`, and a ward with its city,
    /// `Sapporo-shi Chuo-ku`.
    ///
    /// Hepburn from the reading, without macrons or apostrophes, so that it fits a
    /// PrintableString; ん is always `n` (`Gunma-ken`). The kind of body is set off by a hyphen,
    /// as it is read: `-cho` or `-machi`, `-mura` or `-son`.
    pub fn romaji(&self) -> String {
        let own = romaji::of_body(self.name, self.kana);
        match self.city() {
            Some(city) => format!("{} {own}", city.romaji()),
            None => own,
        }
    }
}

/// The stretch of the table that one prefecture takes up, itself included.
fn bodies_in(prefecture: PrefectureCode) -> &'static [Municipality] {
    let start = TABLE.partition_point(|body| body.code.prefecture() < prefecture);
    let end = TABLE.partition_point(|body| body.code.prefecture() <= prefecture);
    &TABLE[start..end]
}
