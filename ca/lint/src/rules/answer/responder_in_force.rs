//! The responder's certificate is in force for as long as the answer is.

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};
use crate::time::second;

pub(crate) const RULE: AnswerRule = Rule {
    name: "answer_responder_in_force",
    source: "RFC 6960 §4.2.2.2, profile: valid from thisUpdate to nextUpdate",
    check,
};

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    let Some(responder) = basic.responder_certificate() else { return Ok(()) };
    let validity = &responder.validity;
    let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let in_force = basic.responses.iter().all(|one| {
        let next = one.next_update.and_then(|time| second(&time));
        second(&one.this_update).is_none_or(|this| from <= this)
            && next.is_none_or(|next| next <= to)
    });
    must(in_force, "the responder's certificate must be in force as long as the answer")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn an_answer_that_outlives_its_responder_is_found() {
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 2, 0, 3, 0]).set("20261221000000Z");
        });
    }
}
