//! Every element is DER: one encoding for one meaning.

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::rules::{CertificateRule, Rule};
use crate::walk;

pub(crate) const RULE: CertificateRule =
    Rule { name: "canonical_der", source: "RFC 5280 §4.1, X.690 §10, §11", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    walk::canonical(certificate.octets)
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn what_is_not_der_is_found() {
        // critical, which is FALSE, the default.
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.extension(samples::POINTS).nodes().insert(1, samples::primitive(1, [0]));
        });
    }
}
