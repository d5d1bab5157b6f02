//! Dates through 2049 are UTCTime, later ones GeneralizedTime.
//!
//! ```asn1
//! Validity ::= SEQUENCE {
//!      notBefore      Time,
//!      notAfter       Time  }
//! ```

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};
use crate::time::is_in_form;

pub(crate) const RULE: CertificateRule =
    Rule { name: "time_form", source: "RFC 5280 §4.1.2.5", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let validity = &certificate.tbs.validity;
    let in_form = [&validity.not_before, &validity.not_after]
        .iter()
        .all(|time| is_in_form(time.is_generalizedtime(), time.timestamp()));
    must(in_form, "dates through 2049 must be UTCTime, later ones GeneralizedTime")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_date_has_the_form_of_its_year() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            *tbs.at(&[4, 1]) = samples::generalized("20291127145959Z");
        });
    }
}
