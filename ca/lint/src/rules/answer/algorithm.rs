//! The algorithm of the responder's key with SHA-256: ecdsa-with-SHA256 without parameters, or
//! sha256WithRSAEncryption with NULL.

use crate::answer::Answer;
use crate::finding::{Verdict, must};
use crate::rsa::RsaKey;
use crate::rules::certificate::SHA256_WITH_RSA;
use crate::rules::{AnswerRule, Rule};

pub(crate) const RULE: AnswerRule =
    Rule {
        name: "answer_algorithm", source: "RFC 6960 §4.3, RFC 5758 §3.2, RFC 4055 §5", check
    };

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    let Some(responder) = basic.responder_certificate() else { return Ok(()) };
    let rsa = RsaKey::read(responder.subject_pki.raw).is_some();
    let expected = if rsa { &SHA256_WITH_RSA[..] } else { &ECDSA_WITH_SHA256[..] };
    must(
        basic.algorithm == expected,
        "the algorithm must be that of the responder's key, with SHA-256",
    )
}

/// `SEQUENCE { 1.2.840.10045.4.3.2 }`.
const ECDSA_WITH_SHA256: [u8; 12] = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn the_algorithm_of_another_key_is_found() {
        trial::answer(&super::RULE, |basic| {
            *basic.at(&[1]) = samples::algorithm();
        });
    }
}
