//! digitalSignature and nonRepudiation, critical: exactly these two bits.
//!
//! ```asn1
//! KeyUsage ::= BIT STRING {
//!      digitalSignature        (0),
//!      nonRepudiation          (1), ...
//! ```

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "key_usage", source: "RFC 5280 §4.2.1.3", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    // Two bits, six unused: 11000000.
    certificate.extension_is(
        oid::KEY_USAGE,
        true,
        &[0x03, 2, 6, 0xc0],
        "the key usage must be digitalSignature and nonRepudiation, and no other bit",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_bit_too_many_is_found_and_a_usage_that_may_be_overlooked() {
        // keyEncipherment too; one bit alone; not critical.
        for octets in [[5, 0xe0], [7, 0x80], [0, 0xc0]] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| {
                tbs.edit(samples::KEY_USAGE, |value| value.set(octets));
            });
        }
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.extension(samples::KEY_USAGE).nodes().remove(1);
        });
    }
}
