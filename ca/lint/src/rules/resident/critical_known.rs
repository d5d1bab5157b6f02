//! No critical extension that a relying party of this profile does not know: it would have to refuse
//! the certificate.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::oid;
use crate::rules::resident::extensions_present::PROFILE;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "critical_extensions_known", source: "RFC 5280 §4.2, §6.1.4 (o)", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let unknown = certificate.tbs.extensions().iter().any(|one| {
        let identifier = one.oid.as_bytes();
        one.critical && identifier != oid::BASIC_CONSTRAINTS && !PROFILE.contains(&identifier)
    });
    must(!unknown, "there must be no critical extension that the profile does not have")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_critical_extension_that_nobody_knows_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            let unknown = samples::extension(&[0x2a, 3], true, samples::primitive(5, []));
            tbs.extensions().push(unknown);
        });
    }
}
