//! An authority below which there is none, critical.
//!
//! ```asn1
//! BasicConstraints ::= SEQUENCE {
//!      cA                      BOOLEAN DEFAULT FALSE,
//!      pathLenConstraint       INTEGER (0..MAX) OPTIONAL }
//! ```

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "authority_constraints", source: "RFC 5280 §4.2.1.9", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    certificate.extension_is(
        oid::BASIC_CONSTRAINTS,
        true,
        &[0x30, 6, 1, 1, 0xff, 2, 1, 0],
        "it must be an authority, below which there is none",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_authority_that_may_make_others_is_found() {
        trial::certificate(&super::RULE, samples::authority(), |tbs| {
            tbs.edit(samples::CONSTRAINTS, |value| value.nodes().truncate(1));
        });
    }
}
