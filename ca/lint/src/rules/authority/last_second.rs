//! It ends with the last second of a day in Japan.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};
use crate::three_years::ends_a_day;

pub(crate) const RULE: CertificateRule = Rule {
    name: "authority_last_second",
    source: "profile: notAfter 14:59:59Z, RFC 5280 §4.1.2.5",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let (from, to) = (certificate.not_before(), certificate.not_after());
    must(from < to && ends_a_day(to), "it must end with the last second of a day in Japan")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn another_second_is_found() {
        trial::certificate(&super::RULE, samples::authority(), |tbs| {
            tbs.at(&[4, 1]).set("360331150000Z")
        });
    }
}
