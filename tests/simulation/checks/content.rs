//! Certificates: they say what the register said, for three years.

use akashi_agency::{StatedItems, stated_items};
use akashi_wire::FourItems;
use jiff::Timestamp;

use super::{Breach, hold, read};
use crate::octets::Read;
use crate::truth::last_day;

/// A certificate states the four items of the register, in characters that it may hold.
pub fn a_certificate_says_what_the_register_says(
    der: &[u8],
    items: &FourItems,
) -> Result<(), Breach> {
    const NAME: &str = "a_certificate_says_what_the_register_says";
    let StatedItems { name, birth_date, sex, address } = read(NAME, stated_items(der))?;
    let substituted: String = items.name.chars().map(substitute).collect();
    let right = name == substituted
        && address == items.address
        && birth_date == items.birth_date.to_string()
        && sex == items.sex.code();
    hold(NAME, right, || "it states other items".into())
}

/// 代替文字 of the characters that the people of the simulation have in their names.
fn substitute(original: char) -> char {
    match original {
        '\u{9ad9}' => '高',
        '\u{fa11}' => '崎',
        '\u{20bb7}' => '吉',
        other => other,
    }
}

/// It is valid from now to the end of three years as the law counts them.
pub fn a_certificate_lives_three_years(read: &Read, now: Timestamp) -> Result<(), Breach> {
    let begins = now.as_second() - read.not_before.as_second();
    let right = (0..=1).contains(&begins) && read.not_after == last_day(read.not_before);
    hold("a_certificate_lives_three_years", right, || {
        format!("issued at {now}, valid from {} to {}", read.not_before, read.not_after)
    })
}
