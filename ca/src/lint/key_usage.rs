//! digitalSignature and nonRepudiation, critical, and no more.

use super::{Candidate, Rule, must};
use akashi_wire::pki::oid;

pub(super) const RULE: Rule = Rule { name: "key_usage", source: "RFC 5280 §4.2.1.3", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let value = candidate.extension(oid::KEY_USAGE, true)?;
    // BIT STRING of two bits: 11000000, six unused.
    must(value == [0x03, 0x02, 0x06, 0xc0], "key usage must be digitalSignature and nonRepudiation")
}
