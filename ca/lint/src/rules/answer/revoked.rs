//! When and why it was revoked: not after thisUpdate; unspecified is left out.
//!
//! ```asn1
//! RevokedInfo ::= SEQUENCE {
//!     revocationTime              GeneralizedTime,
//!     revocationReason    [0]     EXPLICIT CRLReason OPTIONAL }
//! ```

use crate::answer::Answer;
use crate::der;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};
use crate::time::second;

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_revoked", source: "RFC 6960 §4.2.1, RFC 5280 §5.3.1", check };

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    for one in basic.responses.iter().filter(|one| one.status.tag == 0xa1) {
        let parts = der::all(one.status.content)?;
        let (at, reason) = match parts[..] {
            [at] => (at, None),
            [at, reason] => (at, Some(reason)),
            _ => return Err("a revocation must be a time and a reason"),
        };
        let past = second(&at).is_some_and(|at| Some(at) <= second(&one.this_update));
        must(at.tag == 0x18 && past, "a revocation must not lie after thisUpdate")?;
        let reasoned = reason.is_none_or(|reason| matches!(reason.raw, [0xa0, 3, 0x0a, 1, 1..=6]));
        must(reasoned, "a reason must be one from 1 to 6")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_revocation_that_lies_ahead_is_found_and_a_reason_that_is_none() {
        for (at, reason) in [("20261128030001Z", 1), ("20261101000000Z", 0), ("20261101000000Z", 8)]
        {
            trial::answer(&super::RULE, |basic| {
                *basic.at(&[0, 2, 0, 1]) = samples::constructed(
                    0xa1,
                    vec![
                        samples::generalized(at),
                        samples::constructed(0xa0, vec![samples::primitive(0x0a, [reason])]),
                    ],
                );
            });
        }
    }
}
