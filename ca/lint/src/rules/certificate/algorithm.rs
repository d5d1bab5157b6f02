//! SHA-256 with RSA, its parameters NULL; the same inside of what is signed and beside the signature.
//!
//! ```asn1
//! AlgorithmIdentifier  ::=  SEQUENCE  {
//!      algorithm               OBJECT IDENTIFIER,
//!      parameters              ANY DEFINED BY algorithm OPTIONAL  }
//! ```

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule {
        name: "signature_algorithm", source: "RFC 5280 §4.1.1.2, §4.1.2.3, RFC 4055 §5", check
    };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let what = "the algorithm must be sha256WithRSAEncryption, its parameters NULL";
    must(certificate.inner == SHA256_WITH_RSA, what)?;
    let same = certificate.outer.is_none_or(|outer| outer == certificate.inner);
    must(same, "the algorithm beside the signature must be the one that is signed")
}

/// `SEQUENCE { 1.2.840.113549.1.1.11, NULL }`.
pub(crate) const SHA256_WITH_RSA: [u8; 15] =
    [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0];

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn another_algorithm_is_found_and_other_parameters_too() {
        // sha1WithRSAEncryption; and parameters that are left out.
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            *tbs.at(&[2, 0]).octets().last_mut().unwrap() = 5;
        });
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.at(&[2]).nodes().pop();
        });
    }
}
