//! The authority's Japanese name, a directoryName, not critical.

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::octets::{directory_name, sequence};
use crate::rules::{CertificateRule, Rule};
use crate::{oid, place};

pub(crate) const RULE: CertificateRule = Rule {
    name: "issuer_alt_name",
    source: "RFC 5280 §4.2.1.7, profile: the Japanese name of the authority",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    certificate.extension_is(
        oid::ISSUER_ALT_NAME,
        false,
        &sequence(&[&directory_name(&place::authority_in_japanese(certificate.founding()))]),
        "the issuer's other name must be the authority's name in Japanese",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn another_japanese_name_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::ISSUER_ALT_NAME, |value| value.at(&[0, 0, 3, 0, 1]).set("島根県"));
        });
    }
}
