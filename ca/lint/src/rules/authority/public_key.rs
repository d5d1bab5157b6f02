//! An RSA key of 2048 bits at least.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rsa::RsaKey;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "authority_public_key",
    source: "RFC 3279 §2.3.1, RFC 8017 §A.1.1, profile: RSA",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let key = RsaKey::read(certificate.tbs.subject_pki.raw);
    must(
        key.is_some_and(|key| key.bits() >= 2048 && key.is_odd() && key.exponent == [1, 0, 1]),
        "the key must be an RSA key of 2048 bits at least, its exponent 65537",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_key_of_another_kind_is_found() {
        trial::certificate(&super::RULE, samples::authority(), |tbs| {
            *tbs.at(&[6]) = samples::ec_key()
        });
    }
}
