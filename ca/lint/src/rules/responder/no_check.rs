//! Its own status is not asked for: "The value of the extension SHALL be NULL."

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "ocsp_no_check", source: "RFC 6960 §4.2.2.2.1", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    certificate.extension_is(
        oid::OCSP_NO_CHECK,
        false,
        &[0x05, 0],
        "id-pkix-ocsp-nocheck must be NULL",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn another_value_is_found() {
        trial::certificate(&super::RULE, samples::responder(), |tbs| {
            tbs.edit(samples::NO_CHECK, |value| *value = samples::utf8("no check"));
        });
    }
}
