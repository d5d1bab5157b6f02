//! Its time lies inside of the authority's own.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "within_authority",
    source: "profile: never before nor beyond the authority, RFC 5280 §4.1.2.5, §6.1",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let lint = certificate.lint;
    must(certificate.not_before() >= lint.not_before, "it must not begin before the authority")?;
    must(certificate.not_after() <= lint.not_after, "it must not outlive the authority")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn what_begins_before_the_authority_or_outlives_it_is_found() {
        for (which, time) in [(0, "260331235959Z"), (1, "360331150000Z")] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| {
                tbs.at(&[4, which]).set(time);
            });
        }
    }
}
