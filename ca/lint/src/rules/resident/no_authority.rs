//! A resident is no authority, and says nothing that begins like one.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "no_authority", source: "RFC 5280 §4.2.1.9", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let none = certificate.extension(oid::BASIC_CONSTRAINTS).is_none();
    must(none, "a resident's certificate must have no basicConstraints")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_resident_is_no_authority() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            let authority = samples::sequence(vec![samples::primitive(1, [0xff])]);
            tbs.extensions().push(samples::extension(samples::CONSTRAINTS, true, authority));
        });
    }
}
