//! Version v1, which is the default and left out.
//!
//! ```asn1
//! ResponseData ::= SEQUENCE {
//!    version              [0] EXPLICIT Version DEFAULT v1,
//!    responderID              ResponderID,
//!    producedAt               GeneralizedTime,
//!    responses                SEQUENCE OF SingleResponse,
//!    responseExtensions   [1] EXPLICIT Extensions OPTIONAL }
//! ```

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_version", source: "RFC 6960 §4.2.1, §4.2.2.3", check };

fn check(answer: &Answer<'_>) -> Verdict {
    let plain = answer.basic.as_ref().is_none_or(|basic| basic.version.is_none());
    must(plain, "the version must be v1, which is left out")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn another_version_is_found() {
        trial::answer(&super::RULE, |basic| {
            let version = samples::constructed(0xa0, vec![samples::primitive(2, [1])]);
            basic.at(&[0]).nodes().insert(0, version);
        });
    }
}
