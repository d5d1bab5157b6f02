//! Version 3, because there are extensions.

use super::{Candidate, Rule, must};

pub(super) const RULE: Rule = Rule { name: "version", source: "RFC 5280 §4.1.2.1", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    must(candidate.tbs.version == 2, "the version must be 3")
}
