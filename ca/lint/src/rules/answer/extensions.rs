//! No extension but the asker's nonce: 1 to 128 octets, not critical.
//!
//! ```asn1
//! Nonce ::= OCTET STRING(SIZE(1..128))
//! ```

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};
use crate::{der, oid};

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_extensions", source: "RFC 6960 §4.4, RFC 9654 §2.1", check };

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    let none = basic.responses.iter().all(|one| one.extensions.is_none());
    must(none, "an answer about one certificate must have no extensions")?;
    let Some(extensions) = basic.extensions else { return Ok(()) };
    let [nonce] = der::all(extensions)?[..] else { return Err(NONCE) };
    let [identifier, value] = der::all(nonce.content)?[..] else { return Err(NONCE) };
    let nonce = der::only(value.content)?;
    let sound = identifier.content == oid::OCSP_NONCE
        && nonce.tag == 0x04
        && (1..=128).contains(&nonce.content.len());
    must(sound, NONCE)
}

const NONCE: &str = "there must be no extension but a nonce of 1 to 128 octets, not critical";

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_nonce_that_is_too_long_is_found_and_one_that_is_critical() {
        let nonce = |basic: &mut samples::Node, critical, length| {
            let nonce = samples::primitive(4, vec![7; length]);
            let nonce = samples::extension(&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2], critical, nonce);
            let extensions = samples::sequence(vec![nonce]);
            basic.at(&[0]).nodes().push(samples::constructed(0xa1, vec![extensions]));
        };
        trial::answer(&super::RULE, |basic| nonce(basic, false, 129));
        trial::answer(&super::RULE, |basic| nonce(basic, false, 0));
        trial::answer(&super::RULE, |basic| nonce(basic, true, 16));
    }
}
