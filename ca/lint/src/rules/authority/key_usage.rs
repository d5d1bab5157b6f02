//! keyCertSign and cRLSign, critical, and no other bit: bits 5 and 6.

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "authority_key_usage", source: "RFC 5280 §4.2.1.3", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    certificate.extension_is(
        oid::KEY_USAGE,
        true,
        &[0x03, 2, 1, 0x06],
        "the key usage must be keyCertSign and cRLSign, and no other bit",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn another_usage_is_found() {
        trial::certificate(&super::RULE, samples::authority(), |tbs| {
            tbs.edit(samples::KEY_USAGE, |value| value.set([1, 0x86]));
        });
    }
}
