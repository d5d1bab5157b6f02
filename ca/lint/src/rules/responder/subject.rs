//! The responder of this authority, by name.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::octets::name;
use crate::rules::{CertificateRule, Rule};
use crate::{oid, place};

pub(crate) const RULE: CertificateRule = Rule {
    name: "responder_name",
    source: "RFC 5280 §4.1.2.6, profile: a responder is named for what it does",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let founding = certificate.founding();
    let expected = name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &founding.organisation),
        (oid::UNIT, &place::prefecture(founding).romaji()),
        (oid::COMMON_NAME, "OCSP Responder"),
    ]);
    let equal = certificate.tbs.subject.as_raw() == expected;
    must(equal, "the subject must be the responder of the authority")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_responder_of_another_name_is_found() {
        trial::certificate(&super::RULE, samples::responder(), |tbs| {
            tbs.at(&[5, 3, 0, 1]).set("Responder");
        });
    }
}
