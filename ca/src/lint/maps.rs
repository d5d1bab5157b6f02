//! A map has one digit a character of its text.

use super::{Candidate, Rule, must};

use akashi_wire::pki::{oid, person};

pub(super) const RULE: Rule = Rule {
    name: "substitution_maps",
    source: "profile: .2 and .6, one character a character",
    check,
};

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let value = candidate.extension(oid::SUBJECT_ALT_NAME, false)?;
    let names = person::read(value).map_err(|e| e.to_string())?;
    let text = |oid| names.iter().find(|(found, _)| *found == oid).map(|(_, text)| text.as_str());
    for (text_oid, map_oid) in
        [(oid::PERSON_NAME, oid::PERSON_NAME_MAP), (oid::PERSON_ADDRESS, oid::PERSON_ADDRESS_MAP)]
    {
        let (text, map) = (text(text_oid).unwrap_or_default(), text(map_oid).unwrap_or_default());
        must(map.chars().all(|c| c == '0' || c == '1'), "a map must be made of 0 and 1")?;
        must(map.len() == text.chars().count(), "a map must be as long as its text")?;
    }
    Ok(())
}
