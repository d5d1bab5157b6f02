//! Three years by the rule, inside of the authority's own.

use super::{Candidate, Rule, must};
use akashi_wire::pki::moment;
use akashi_wire::validity::not_after;
use x509_cert::time::Time;

pub(super) const RULE: Rule =
    Rule {
        name: "validity", source: "RFC 5280 §4.1.2.5; three-year rule; 民法 art. 143", check
    };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let validity = &candidate.tbs.validity;
    let (from, to) = (moment(&validity.not_before), moment(&validity.not_after));
    must(to == not_after(from, candidate.expected.rule), "the end must follow from the beginning")?;
    must(to <= candidate.expected.authority.not_after, "it must not outlive the authority")?;
    let in_form = [&validity.not_before, &validity.not_after].into_iter().all(|time| match time {
        Time::UtcTime(_) => true,
        Time::GeneralTime(_) => moment(time).as_second() >= 2_524_608_000,
    });
    must(in_form, "dates through 2049 must be UTCTime, later ones GeneralizedTime")
}
