//! For signing OCSP answers and for nothing else, critical.
//!
//! ```asn1
//! ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId
//! id-kp-OCSPSigning OBJECT IDENTIFIER ::= { id-kp 9 }
//! ```

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "ocsp_signing", source: "RFC 6960 §4.2.2.2, RFC 5280 §4.2.1.12", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    certificate.extension_is(
        oid::EXTENDED_KEY_USAGE,
        true,
        &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 9],
        "it must be for signing OCSP answers, and for nothing else",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn another_purpose_is_found_and_one_that_may_be_overlooked() {
        trial::certificate(&super::RULE, samples::responder(), |tbs| {
            tbs.edit(samples::EXTENDED, |value| *value.at(&[0]).octets().last_mut().unwrap() = 1);
        });
        trial::certificate(&super::RULE, samples::responder(), |tbs| {
            tbs.extension(samples::EXTENDED).nodes().remove(1);
        });
    }
}
