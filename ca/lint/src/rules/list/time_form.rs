//! Times through 2049 are UTCTime, later ones GeneralizedTime.

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::Head;
use crate::rules::{HeadRule, Rule};
use crate::time::is_in_form;

pub(crate) const RULE: HeadRule =
    Rule { name: "list_time_form", source: "RFC 5280 §5.1.2.4, §5.1.2.5", check };

fn check(_: &Lint, head: &Head) -> Verdict {
    let times = [Some(head.this_update), head.next_update];
    let in_form =
        times.into_iter().flatten().all(|time| is_in_form(time.is_generalized, time.second));
    must(in_form, "dates through 2049 must be UTCTime, later ones GeneralizedTime")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_time_has_the_form_of_its_year() {
        trial::list(super::RULE.name, |list| {
            *list.at(&[3]) = samples::generalized("20261128030000Z");
        });
    }
}
