//! revocationDate is UTCTime through 2049, GeneralizedTime from 2050.

use crate::finding::{Verdict, must};
use crate::list::{Entry, Head};
use crate::rules::{EntryRule, Rule};
use crate::time::is_in_form;

pub(crate) const RULE: EntryRule =
    Rule { name: "list_entry_time", source: "RFC 5280 §5.1.2.6", check };

fn check(_: &Head, _: Option<&Entry>, entry: &Entry) -> Verdict {
    let in_form = entry.at.is_some_and(|time| is_in_form(time.is_generalized, time.second));
    must(in_form, "dates through 2049 must be UTCTime, later ones GeneralizedTime")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_time_has_the_form_of_its_year() {
        trial::list(super::RULE.name, |list| {
            *list.at(&[5, 0, 1]) = samples::generalized("20261101000000Z");
        });
    }
}
