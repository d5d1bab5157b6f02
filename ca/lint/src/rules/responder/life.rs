//! A short life, since nobody asks for its status: at most a quarter of a year.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "responder_life", source: "RFC 6960 §4.2.2.2.1, profile: short life", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let life = certificate.not_after() - certificate.not_before();
    must((1..=92 * 24 * 3600).contains(&life), "it must live no longer than a quarter of a year")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_responder_for_a_year_is_found() {
        for end in ["271120000000Z", "261119000000Z"] {
            trial::certificate(&super::RULE, samples::responder(), |tbs| tbs.at(&[4, 1]).set(end));
        }
    }
}
