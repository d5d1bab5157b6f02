//! The answer is DER, down into what is signed and into the certificate.

use crate::answer::Answer;
use crate::finding::Verdict;
use crate::rules::{AnswerRule, Rule};
use crate::walk;

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_der", source: "RFC 6960 §4.2.1, X.690 §10, §11", check };

fn check(answer: &Answer<'_>) -> Verdict {
    walk::canonical(answer.octets)
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_encoding_that_is_longer_than_need_be_is_found() {
        trial::answer(&super::RULE, |basic| {
            let more = samples::constructed(0xa0, vec![samples::primitive(2, [0])]);
            basic.at(&[0]).nodes().insert(0, more); // version v1, the default
        });
    }
}
