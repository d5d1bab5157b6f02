//! good, revoked or unknown; good only of a number that this authority can have given.
//!
//! ```asn1
//! CertStatus ::= CHOICE {
//!     good        [0]     IMPLICIT NULL,
//!     revoked     [1]     IMPLICIT RevokedInfo,
//!     unknown     [2]     IMPLICIT UnknownInfo }
//! ```

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};

pub(crate) const RULE: AnswerRule = Rule {
    name: "answer_cert_status",
    source: "RFC 6960 §2.2, §4.2.1, profile: good only of what was issued",
    check,
};

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    for one in &basic.responses {
        let is_ours = one.serial.len() == 16 && (0x40..0x80).contains(&one.serial[0]);
        match one.status.raw {
            [0x82, 0] => {}
            [0x80, 0] | [0xa1, ..] => {
                must(is_ours, "a number that the authority cannot have given must be unknown")?;
            }
            _ => return Err("the status must be good, revoked or unknown"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn a_good_number_that_was_never_given_is_found() {
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 2, 0, 0, 3]).set([1]);
        });
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 2, 0, 1]).tag = 0x83;
        });
    }
}
