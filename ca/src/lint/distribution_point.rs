//! The municipality's distribution point, octet for octet as in its CRL.

use super::{Candidate, Rule, must};
use crate::profile::extension;
use akashi_wire::pki::oid;

pub(super) const RULE: Rule =
    Rule { name: "distribution_point", source: "RFC 5280 §4.2.1.13, §6.3.3 (b)(2)", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let value = candidate.extension(oid::CRL_DISTRIBUTION_POINTS, false)?;
    let again = extension::crl_distribution_point(candidate.expected.distribution_point);
    let again = again.map_err(|e| e.to_string())?;
    let equal = value == again.extn_value.as_bytes();
    must(equal, "the distribution point must be that of the municipality, octet for octet")
}
