//! Three years to the last second of a day in Japan, counted again from the law's text.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};
use crate::three_years::last_second;

pub(crate) const RULE: CertificateRule = Rule {
    name: "validity",
    source: "profile: three years, 民法 art. 140, 143, RFC 5280 §4.1.2.5",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let counting = certificate.founding().validity;
    let last = last_second(certificate.not_before(), counting);
    must(
        last == Some(certificate.not_after()),
        "the end must follow from the beginning by three years",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_day_too_many_or_too_few_is_found() {
        for time in ["291128145959Z", "291126145959Z", "291127150000Z"] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| tbs.at(&[4, 1]).set(time));
        }
    }
}
