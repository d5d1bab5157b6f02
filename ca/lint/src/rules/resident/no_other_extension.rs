//! No extension that the profile does not have, though it be not critical.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::oid;
use crate::rules::resident::extensions_present::PROFILE;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "no_other_extension",
    source: "profile: these extensions and no more, RFC 5280 §4.2",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let other = certificate.tbs.extensions().iter().any(|one| {
        let identifier = one.oid.as_bytes();
        !one.critical && identifier != oid::BASIC_CONSTRAINTS && !PROFILE.contains(&identifier)
    });
    must(!other, "there must be no extension that the profile does not have")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_extension_of_somebody_elses_profile_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            let comment = samples::extension(&[0x2a, 3], false, samples::utf8("comment"));
            tbs.extensions().push(comment);
        });
    }
}
