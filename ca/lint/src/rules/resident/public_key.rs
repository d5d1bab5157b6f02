//! An RSA key of 2048 bits, as the cards make it.
//!
//! ```asn1
//! RSAPublicKey ::= SEQUENCE {
//!      modulus            INTEGER,    -- n
//!      publicExponent     INTEGER  }  -- e
//! ```

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rsa::RsaKey;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "public_key",
    source: "RFC 3279 §2.3.1, RFC 8017 §A.1.1, profile: RSA 2048, e = 65537",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(key) = RsaKey::read(certificate.tbs.subject_pki.raw) else {
        return Err("the key must be an RSA key in DER, its parameters NULL");
    };
    must(key.bits() == 2048, "the modulus must have 2048 bits")?;
    must(key.is_odd(), "the modulus must be odd")?;
    must(key.exponent == [1, 0, 1], "the exponent must be 65537")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_key_of_another_kind_is_found() {
        // A modulus that is shorter, that is even; another exponent; parameters left out; a curve.
        let with = |modulus: Vec<u8>, exponent: &[u8]| {
            let key = samples::sequence(vec![
                samples::primitive(2, modulus),
                samples::primitive(2, exponent),
            ]);
            [&[0], &key.write()[..]].concat()
        };
        let good = [&[0][..], &[0xc5; 256]].concat();
        let even = [&[0][..], &[0xc4; 256]].concat();
        for bits in [
            with([&[0][..], &[0xc5; 255]].concat(), &[1, 0, 1]),
            with(even, &[1, 0, 1]),
            with(good.clone(), &[3]),
            with(good[1..].to_vec(), &[1, 0, 1]),
        ] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| tbs.at(&[6, 1]).set(bits));
        }
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.at(&[6, 0]).nodes().pop();
        });
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            *tbs.at(&[6]) = samples::ec_key()
        });
    }
}
