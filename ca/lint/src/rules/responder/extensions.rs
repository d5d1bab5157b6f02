//! Five extensions and no more: it is good for one thing.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "responder_extensions",
    source: "RFC 6960 §4.2.2.2, profile: five extensions in this order",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let expected = [
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::OCSP_NO_CHECK,
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::SUBJECT_KEY_IDENTIFIER,
    ];
    let equal = certificate.identifiers().eq(expected);
    must(equal, "the extensions must be the five of a responder, in their order")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_extension_that_is_missing_or_too_much_is_found() {
        trial::certificate(&super::RULE, samples::responder(), |tbs| {
            tbs.without(samples::NO_CHECK)
        });
        trial::certificate(&super::RULE, samples::responder(), |tbs| {
            let more = tbs.extension(samples::KEY_USAGE).clone();
            tbs.extensions().push(more);
        });
    }
}
