//! The authority of the prefecture, which names itself.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::octets::name;
use crate::rules::{CertificateRule, Rule};
use crate::{oid, place};

pub(crate) const RULE: CertificateRule = Rule {
    name: "authority_name",
    source: "RFC 5280 §4.1.2.4, §4.1.2.6, profile: several OU in one name",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let founding = certificate.founding();
    let expected = name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &founding.organisation),
        (oid::UNIT, "Certification Authority"),
        (oid::UNIT, &place::prefecture(founding).romaji()),
    ]);
    let equal = certificate.tbs.subject.as_raw() == expected;
    must(equal, "the subject must be the certification authority of the prefecture")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_authority_of_another_name_is_found() {
        // A program that keeps one attribute a type drops the second OU.
        trial::certificate(&super::RULE, samples::authority(), |tbs| {
            tbs.at(&[5]).nodes().remove(2);
        });
    }
}
