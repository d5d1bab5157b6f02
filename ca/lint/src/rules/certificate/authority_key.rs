//! The issuer's key is named by its subjectKeyIdentifier and by nothing else.
//!
//! ```asn1
//! AuthorityKeyIdentifier ::= SEQUENCE {
//!    keyIdentifier             [0] KeyIdentifier           OPTIONAL,
//!    authorityCertIssuer       [1] GeneralNames            OPTIONAL,
//!    authorityCertSerialNumber [2] CertificateSerialNumber OPTIONAL  }
//! ```

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::octets::{sequence, tlv};
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "authority_key_identifier", source: "RFC 5280 §4.2.1.1", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    certificate.extension_is(
        oid::AUTHORITY_KEY_IDENTIFIER,
        false,
        &sequence(&[&tlv(0x80, &[&certificate.lint.key_identifier])]),
        "the issuer's key must be named by its subjectKeyIdentifier alone",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn the_identifier_of_another_key_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::AUTHORITY_KEY, |value| value.at(&[0]).octets()[0] ^= 1);
        });
    }
}
