//! A sound RSA key of 2048 bits.

use super::{Candidate, Rule, must};
use crate::public_key;
use der::Encode;

pub(super) const RULE: Rule = Rule {
    name: "public_key",
    source: "RFC 3279 §2.3.1; card profile: RSA 2048, e = 65537",
    check,
};

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let key = candidate.tbs.subject_public_key_info.to_der().map_err(|e| e.to_string())?;
    public_key::shape(&key).map_err(|e| e.to_string())?;
    let parameters = candidate.tbs.subject_public_key_info.algorithm.parameters.as_ref();
    must(parameters.is_some_and(der::Any::is_null), "the parameters of rsaEncryption must be NULL")
}
