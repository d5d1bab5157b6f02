//! The responder is named by the key that is certified to it.
//!
//! ```asn1
//! ResponderID ::= CHOICE {
//!    byName              [1] Name,
//!    byKey               [2] KeyHash }
//! KeyHash ::= OCTET STRING -- SHA-1 hash of responder's public key
//! ```

use crate::answer::Answer;
use crate::authority::sha1;
use crate::finding::{Verdict, must};
use crate::octets::tlv;
use crate::rules::{AnswerRule, Rule};

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_responder", source: "RFC 6960 §4.2.1, §4.2.2.3", check };

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    let Some(responder) = basic.responder_certificate() else { return Ok(()) };
    let hash = sha1(&responder.subject_pki.subject_public_key.data);
    let named = basic.responder.raw == tlv(0xa2, &[&tlv(0x04, &[&hash])]);
    must(named, "the responder must be named by SHA-1 over its key")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn a_responder_of_another_key_is_found() {
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 0, 0]).octets()[0] ^= 1;
        });
    }
}
