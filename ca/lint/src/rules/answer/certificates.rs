//! The certificate of the responder goes with the answer, and no other.
//!
//! ```asn1
//! BasicOCSPResponse       ::= SEQUENCE {
//!    tbsResponseData      ResponseData,
//!    signatureAlgorithm   AlgorithmIdentifier,
//!    signature            BIT STRING,
//!    certs            [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
//! ```

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_certificates", source: "RFC 6960 §4.2.1, §4.2.2.2", check };

fn check(answer: &Answer<'_>) -> Verdict {
    let one = answer.basic.as_ref().is_none_or(|basic| basic.certificates.len() == 1);
    must(one, "the responder's certificate must go with the answer, and no other")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn an_answer_without_a_certificate_is_found() {
        trial::answer(&super::RULE, |basic| {
            basic.nodes().truncate(3);
        });
    }
}
