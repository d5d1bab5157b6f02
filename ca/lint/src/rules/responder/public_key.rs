//! A key on P-256, uncompressed, or an RSA key of 2048 bits.
//!
//! ```asn1
//! ECParameters ::= CHOICE {
//!      namedCurve         OBJECT IDENTIFIER }
//! ```

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rsa::RsaKey;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "responder_key",
    source: "RFC 5480 §2.1.1, RFC 3279 §2.3.1, profile: P-256, or RSA 2048",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let key = certificate.tbs.subject_pki.raw;
    let is_p256 = key.len() == 91 && key.starts_with(&P256);
    let is_rsa = RsaKey::read(key)
        .is_some_and(|key| key.bits() == 2048 && key.is_odd() && key.exponent == [1, 0, 1]);
    must(is_p256 || is_rsa, "the key must be one on P-256, or an RSA key of 2048 bits")
}

/// `SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 04 …` of 65 octets.
const P256: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 3, 1, 7, 0x03, 0x42, 0, 4,
];

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_key_of_another_kind_is_found_and_rsa_is_one_of_the_two() {
        trial::certificate(&super::RULE, samples::responder(), |tbs| {
            *tbs.at(&[6, 0, 1]).octets().last_mut().unwrap() = 34; // secp384r1 has 1.3.132.0.34
        });
        let mut rsa = samples::responder();
        *rsa.at(&[6]) = samples::rsa_key(0x77);
        trial::certificate(&super::RULE, rsa, |tbs| tbs.at(&[6, 0]).nodes().truncate(1));
    }
}
