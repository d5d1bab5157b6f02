//! When it was signed: GeneralizedTime, not before what it says was known.

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};
use crate::time::second;

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_produced_at", source: "RFC 6960 §2.4, §4.2.1, §4.2.2.1", check };

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    let generalized = basic.produced_at.tag == 0x18;
    let Some(produced) = second(&basic.produced_at).filter(|_| generalized) else {
        return Err("producedAt must be GeneralizedTime to the second");
    };
    let after = basic.responses.iter().all(|one| second(&one.this_update) <= Some(produced));
    must(after, "producedAt must not lie before thisUpdate")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn an_answer_from_before_what_it_knows_is_found() {
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 1]).set("20261128025959Z");
        });
    }
}
