//! The extensions of the authority, in their order.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "authority_extensions",
    source: "RFC 5280 §4.2, profile: five extensions in this order",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let expected = [
        oid::KEY_USAGE,
        oid::BASIC_CONSTRAINTS,
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::SUBJECT_ALT_NAME,
        oid::CRL_DISTRIBUTION_POINTS,
    ];
    let equal = certificate.identifiers().eq(expected);
    must(equal, "the extensions must be the five of an authority, in their order")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_extension_that_is_missing_is_found() {
        trial::certificate(&super::RULE, samples::authority(), |tbs| tbs.without(samples::POINTS));
    }
}
