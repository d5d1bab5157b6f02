//! thisUpdate and, after it, nextUpdate, both GeneralizedTime: an answer without an end would be good for
//! ever.
//!
//! ```asn1
//! SingleResponse ::= SEQUENCE {
//!    certID                       CertID,
//!    certStatus                   CertStatus,
//!    thisUpdate                   GeneralizedTime,
//!    nextUpdate         [0]       EXPLICIT GeneralizedTime OPTIONAL,
//!    singleExtensions   [1]       EXPLICIT Extensions OPTIONAL }
//! ```

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};
use crate::time::second;

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_updates", source: "RFC 6960 §2.4, §4.2.2.1", check };

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    must(!basic.responses.is_empty(), "there must be an answer about a certificate")?;
    let sound = basic.responses.iter().all(|one| {
        let next = one.next_update.filter(|time| time.tag == 0x18).and_then(|time| second(&time));
        let this = second(&one.this_update).filter(|_| one.this_update.tag == 0x18);
        this.is_some() && this < next
    });
    must(sound, "nextUpdate must be there and after thisUpdate, both GeneralizedTime")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn an_answer_without_an_end_is_found() {
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 2, 0]).nodes().remove(3);
        });
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 2, 0, 3, 0]).set("20261128030000Z");
        });
    }
}
