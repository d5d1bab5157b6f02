//! The one type that everybody knows: id-pkix-ocsp-basic.
//!
//! ```asn1
//! ResponseBytes ::=       SEQUENCE {
//!     responseType   OBJECT IDENTIFIER,
//!     response       OCTET STRING }
//! ```

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::oid;
use crate::rules::{AnswerRule, Rule};

pub(crate) const RULE: AnswerRule = Rule { name: "answer_type", source: "RFC 6960 §4.2.1", check };

fn check(answer: &Answer<'_>) -> Verdict {
    must(
        answer.kind.is_none_or(|kind| kind == oid::OCSP_BASIC),
        "the type must be id-pkix-ocsp-basic",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn another_type_is_found() {
        trial::whole_answer(&super::RULE, |answer| {
            *answer.at(&[1, 0, 0]).octets().last_mut().unwrap() = 2;
        });
    }
}
