//! Exactly the extensions of the profile, each once, in its order.

use super::{Candidate, Rule, must};
use akashi_wire::pki::oid;

pub(super) const RULE: Rule = Rule { name: "extensions_once", source: "RFC 5280 §4.2", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let expected = [
        oid::KEY_USAGE,
        oid::CERTIFICATE_POLICIES,
        oid::SUBJECT_ALT_NAME,
        oid::ISSUER_ALT_NAME,
        oid::CRL_DISTRIBUTION_POINTS,
        oid::AUTHORITY_INFO_ACCESS,
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::SUBJECT_KEY_IDENTIFIER,
    ];
    let found: Vec<_> = candidate.tbs.extensions.iter().map(|e| e.extn_id).collect();
    must(found == expected, "the extensions must be those of the profile, in its order")
}
