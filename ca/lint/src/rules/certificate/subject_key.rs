//! The certified key is named by SHA-1 over its bits.
//!
//! ```asn1
//! SubjectKeyIdentifier ::= KeyIdentifier
//! KeyIdentifier ::= OCTET STRING
//! ```

use crate::authority::sha1;
use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::octets::tlv;
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "subject_key_identifier", source: "RFC 5280 §4.2.1.2 (1)", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let hash = sha1(&certificate.tbs.subject_pki.subject_public_key.data);
    certificate.extension_is(
        oid::SUBJECT_KEY_IDENTIFIER,
        false,
        &tlv(0x04, &[&hash]),
        "the subjectKeyIdentifier must be SHA-1 over the bits of the key",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn the_identifier_of_another_key_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::SUBJECT_KEY, |value| value.octets()[19] ^= 1);
        });
    }
}
