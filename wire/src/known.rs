//! What others know of an applicant, as it could stand in a PIN.

use crate::{BirthDate, FourItems};

/// The birth date as people write it, and the number of the ticket.
pub fn of(items: &FourItems, ticket: Option<&str>) -> Vec<String> {
    of_applicant(&items.birth_date, ticket)
}

/// The same, where only the birth date is known.
pub fn of_applicant(birth_date: &BirthDate, ticket: Option<&str>) -> Vec<String> {
    let mut known = of_birth_date(birth_date);
    known.extend(ticket.filter(|ticket| tells(ticket)).map(str::to_owned));
    known
}

/// The birth date as people write it: 19700115, 700115, 0115, 1970, and with the year of the era:
/// 450115.
pub fn of_birth_date(birth_date: &BirthDate) -> Vec<String> {
    let birth = birth_date.to_string();
    let date = birth.get(1..).unwrap_or_default();
    let (year, day) = date.split_at_checked(4).unwrap_or_default();
    let japanese = birth_date.japanese();
    let before = japanese.split('年').next().unwrap_or_default();
    let era: String = before.chars().filter(char::is_ascii_digit).collect();
    let mut known = vec![date.to_owned(), date.get(2..).unwrap_or_default().to_owned()];
    known.extend([day.to_owned(), year.to_owned(), format!("{era:0>2}{day}")]);
    known.retain(|text| tells(text));
    known
}

/// Whether a text can be what a PIN is made of. Parts that are not known are zeros.
fn tells(text: &str) -> bool {
    text.len() >= 4 && text.bytes().any(|octet| octet != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(birth_date: &str) -> Vec<String> {
        let items = FourItems {
            name: "証　花子".into(),
            birth_date: birth_date.parse().unwrap(),
            sex: crate::Sex::Female,
            address: "鳥取県鳥取市栄町1番地".into(),
        };
        of(&items, Some("0471"))
    }

    #[test]
    fn a_birth_date_is_known_in_all_its_spellings() {
        assert_eq!(known("319700115"), ["19700115", "700115", "0115", "1970", "450115", "0471"]);
        assert_eq!(known("520200607"), ["20200607", "200607", "0607", "2020", "020607", "0471"]);
    }

    #[test]
    fn what_is_not_known_of_it_forbids_nothing() {
        assert_eq!(known("319700000"), ["19700000", "700000", "1970", "450000", "0471"]);
        assert_eq!(known("000000000"), ["0471"]);
    }
}
