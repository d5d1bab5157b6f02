//! A status of the standard; an answer inside if and only if it is successful.
//!
//! ```asn1
//! OCSPResponse ::= SEQUENCE {
//!    responseStatus         OCSPResponseStatus,
//!    responseBytes          [0] EXPLICIT ResponseBytes OPTIONAL }
//! OCSPResponseStatus ::= ENUMERATED {
//!     successful            (0),
//!     malformedRequest      (1),
//!     internalError         (2),
//!     tryLater              (3),
//!                              -- (4) is not used
//!     sigRequired           (5),
//!     unauthorized          (6) }
//! ```

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_status", source: "RFC 6960 §4.2.1, §2.3", check };

fn check(answer: &Answer<'_>) -> Verdict {
    must(matches!(answer.status, [0..=3 | 5 | 6]), "the status must be one of the standard")?;
    let successful = answer.status == [0];
    must(
        successful == answer.kind.is_some(),
        "there must be an answer if and only if it is successful",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn a_status_without_an_answer_is_found() {
        for status in [3, 4, 7] {
            trial::whole_answer(&super::RULE, |answer| answer.at(&[0]).set([status]));
        }
    }
}
