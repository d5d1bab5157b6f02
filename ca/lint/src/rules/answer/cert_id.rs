//! Every certificate that is answered for is one of this authority.
//!
//! ```asn1
//! CertID ::= SEQUENCE {
//!    hashAlgorithm           AlgorithmIdentifier,
//!    issuerNameHash          OCTET STRING, -- Hash of issuer's DN
//!    issuerKeyHash           OCTET STRING, -- Hash of issuer's public key
//!    serialNumber            CertificateSerialNumber }
//! ```

use crate::answer::Answer;
use crate::authority::Named;
use crate::finding::{Verdict, must};
use crate::rules::{AnswerRule, Rule};

pub(crate) const RULE: AnswerRule =
    Rule { name: "answer_cert_id", source: "RFC 6960 §4.1.1, §4.3", check };

fn check(answer: &Answer<'_>) -> Verdict {
    let Some(basic) = &answer.basic else { return Ok(()) };
    let Named { sha1, sha256 } = &answer.lint.named;
    let ours = basic.responses.iter().all(|one| {
        let [name, key] = match one.hash_algorithm {
            SHA_1 => sha1.each_ref().map(|digest| &digest[..]),
            SHA_256 => sha256.each_ref().map(|digest| &digest[..]),
            _ => return false,
        };
        one.name_hash == name && one.key_hash == key
    });
    must(ours, "an answer must be about a certificate of the authority, by SHA-1 or SHA-256")
}

/// id-sha1, 1.3.14.3.2.26 (RFC 3279 §2.2.1).
const SHA_1: &[u8] = &[0x2b, 0x0e, 3, 2, 0x1a];
/// id-sha256, 2.16.840.1.101.3.4.2.1 (RFC 5754 §2.2).
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn an_answer_about_another_issuer_is_found() {
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 2, 0, 0, 1]).octets()[0] ^= 1;
        });
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 2, 0, 0, 2]).octets()[0] ^= 1;
        });
        trial::answer(&super::RULE, |basic| {
            basic.at(&[0, 2, 0, 0, 0, 0]).set([0x2a, 3]);
        });
    }
}
