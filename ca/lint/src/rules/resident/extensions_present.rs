//! Every extension of the profile is there.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::oid;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "extensions_present", source: "RFC 5280 §4.2, profile: eight extensions", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let all = PROFILE.iter().all(|identifier| certificate.extension(identifier).is_some());
    must(all, "every extension of the profile must be there")
}

/// The extensions of a resident's certificate, in the profile's order.
pub(crate) const PROFILE: [&[u8]; 8] = [
    oid::KEY_USAGE,
    oid::CERTIFICATE_POLICIES,
    oid::SUBJECT_ALT_NAME,
    oid::ISSUER_ALT_NAME,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::AUTHORITY_INFO_ACCESS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::SUBJECT_KEY_IDENTIFIER,
];

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_extension_that_is_missing_is_found() {
        for identifier in super::PROFILE {
            trial::certificate(&super::RULE, samples::resident(), |tbs| tbs.without(identifier));
        }
    }
}
