//! A serial number of this authority: positive, sixteen octets.

use super::{Candidate, Rule, must};

pub(super) const RULE: Rule = Rule { name: "serial_number", source: "RFC 5280 §4.1.2.2", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    must(
        candidate.tbs.our_serial().is_some(),
        "the serial number must be sixteen octets from 40 to 7f",
    )
}
