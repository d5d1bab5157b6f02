//! The subject says where, and nothing about who.

use super::{Candidate, Rule, must};
use crate::profile::name;
use akashi_wire::pki::oid;
use der::Encode;

pub(super) const RULE: Rule = Rule {
    name: "subject_name",
    source: "profile: C=JP, L=prefecture, L=municipality, CN=opaque",
    check,
};

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let rdns: Vec<_> = candidate.tbs.subject.iter().collect();
    let types: Vec<_> = rdns.iter().map(|attribute| attribute.oid).collect();
    let expected = [oid::COUNTRY, oid::LOCALITY, oid::LOCALITY, oid::COMMON_NAME];
    must(types == expected, "the subject must be C, L, L and CN")?;
    let opaque = String::from_utf8_lossy(rdns[3].value.value()).into_owned();
    let is_opaque = opaque.len() == 32 && opaque.bytes().all(|b| b.is_ascii_hexdigit());
    must(is_opaque, "the common name must be 32 hexadecimal digits")?;
    let again = name::citizen(candidate.expected.profile, candidate.expected.municipality, &opaque)
        .and_then(|name| name.to_der())
        .map_err(|e| e.to_string())?;
    let found = candidate.tbs.subject.to_der().map_err(|e| e.to_string())?;
    must(again == found, "the subject must name the municipality of residence")
}
