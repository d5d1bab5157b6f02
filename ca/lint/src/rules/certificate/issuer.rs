//! The issuer is the authority's subject, octet for octet.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "issuer_name", source: "RFC 5280 §4.1.2.4, §6.1.3 (a)(4)", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let equal = certificate.tbs.issuer.as_raw() == certificate.lint.subject;
    must(equal, "the issuer must be the subject of the authority, octet for octet")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn the_same_name_in_other_octets_is_another_name() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.at(&[3, 1, 0, 1]).tag = 0x13; // O as PrintableString
        });
    }
}
