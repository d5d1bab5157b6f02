//! The certificate that goes with the answer keeps every rule of a responder's.

use crate::answer::Answer;
use crate::certificate::{Certificate, judge};
use crate::finding::{Verdict, must};
use crate::rules::RESPONDER;
use crate::rules::{AnswerRule, Rule};

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_responder_certificate", source: "RFC 6960 §4.2.2.2", check };

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    let sound = basic.certificates.iter().all(|one| {
        let Ok((tbs, algorithm)) = Certificate::parts(one) else { return false };
        judge(RESPONDER, answer.lint, tbs, Some(algorithm), Some(one)).is_empty()
    });
    must(sound, "the responder's certificate must keep every rule of its own")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_certificate_of_a_resident_answers_for_nobody() {
        trial::answer(&super::RULE, |basic| {
            *basic.at(&[3, 0, 0]) = samples::signed(samples::resident());
        });
    }
}
