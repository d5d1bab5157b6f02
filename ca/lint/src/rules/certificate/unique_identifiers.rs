//! No unique identifiers: "CAs conforming to this profile MUST NOT generate certificates with unique
//! identifiers."

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "no_unique_identifiers", source: "RFC 5280 §4.1.2.8", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let none = certificate.tbs.issuer_uid.is_none() && certificate.tbs.subject_uid.is_none();
    must(none, "there must be no unique identifiers")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_unique_identifier_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.nodes().insert(7, samples::primitive(0x81, [0, 1]));
        });
    }
}
