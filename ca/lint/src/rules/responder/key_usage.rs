//! digitalSignature alone, critical.

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "responder_key_usage", source: "RFC 5280 §4.2.1.3, §4.2.1.12", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    // One bit, seven unused: 1000000.
    certificate.extension_is(
        oid::KEY_USAGE,
        true,
        &[0x03, 2, 7, 0x80],
        "the key usage must be digitalSignature, and no other bit",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn another_usage_is_found() {
        trial::certificate(&super::RULE, samples::responder(), |tbs| {
            tbs.edit(samples::KEY_USAGE, |value| value.set([1, 0x82]));
        });
    }
}
