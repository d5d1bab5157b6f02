//! SHA-256 with RSA, its parameters NULL.

use super::{Candidate, Rule, must};
use akashi_wire::pki::oid;

pub(super) const RULE: Rule =
    Rule { name: "signature_algorithm", source: "RFC 5280 §4.1.2.3, RFC 4055 §5", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let algorithm = &candidate.tbs.signature;
    must(algorithm.oid == oid::SHA256_WITH_RSA, "the algorithm must be sha256WithRSAEncryption")?;
    let is_null = algorithm.parameters.as_ref().is_some_and(der::Any::is_null);
    must(is_null, "the parameters of sha256WithRSAEncryption must be NULL")
}
