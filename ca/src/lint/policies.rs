//! One policy, the authority's, with the address of the practice statement.

use super::{Candidate, Rule, must};
use crate::profile::extension;
use akashi_wire::pki::oid;

pub(super) const RULE: Rule = Rule { name: "policy", source: "RFC 5280 §4.2.1.4", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let value = candidate
        .extension(oid::CERTIFICATE_POLICIES, candidate.expected.profile.policy_critical)?;
    let profile = candidate.expected.profile;
    let again = extension::certificate_policies(
        &profile.policy,
        profile.policy_critical,
        &profile.cps_url(),
    );
    let again = again.map_err(|e| e.to_string())?;
    must(value == again.extn_value.as_bytes(), "the policy must be the authority's")?;
    must(
        !profile.policy.starts_with("1.2.392.200149."),
        "the policy must not be the real service's",
    )
}
