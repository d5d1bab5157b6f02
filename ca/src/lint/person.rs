//! The four items: six otherName, in order, each in its form.

use super::{Candidate, Rule, must};
use akashi_wire::BirthDate;

use crate::characters::{ADDRESS_LIMIT, admits};

use akashi_wire::pki::{oid, person};

pub(super) const RULE: Rule = Rule {
    name: "four_items",
    source: "profile: six otherName of arc 1.2.392.200149.8.5.5",
    check,
};

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let value = candidate.extension(oid::SUBJECT_ALT_NAME, false)?;
    let names = person::read(value).map_err(|e| e.to_string())?;
    let types: Vec<_> = names.iter().map(|(oid, _)| *oid).collect();
    let expected = [
        oid::PERSON_NAME,
        oid::PERSON_BIRTH_DATE,
        oid::PERSON_SEX,
        oid::PERSON_ADDRESS,
        oid::PERSON_NAME_MAP,
        oid::PERSON_ADDRESS_MAP,
    ];
    must(types == expected, "the six items must stand in the order .1 .4 .3 .5 .2 .6")?;
    let (name, birth_date, sex, address) = (&names[0].1, &names[1].1, &names[2].1, &names[3].1);
    let admitted = |text: &str| !text.is_empty() && text.chars().all(admits);
    must(admitted(name), "the name must be made of characters of the repertoire")?;
    must(admitted(address), "the address must be made of characters of the repertoire")?;
    must(address.chars().count() <= ADDRESS_LIMIT, "the address must have at most 200 characters")?;
    must(birth_date.parse::<BirthDate>().is_ok(), "the birth date must be an era and YYYYMMDD")?;
    must(matches!(sex.as_str(), "1" | "2" | "3"), "the sex must be 1, 2 or 3")
}
