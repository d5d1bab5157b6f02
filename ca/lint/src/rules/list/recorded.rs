//! Number and times are those that were recorded before anything was signed.

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::{Head, Tail};
use crate::rules::{Rule, TailRule};

pub(crate) const RULE: TailRule = Rule {
    name: "list_as_recorded",
    source: "RFC 5280 §5.2.3, §5.1.2.4, §5.1.2.5, profile: the same number never with other octets",
    check,
};

fn check(_: &Lint, head: &Head, tail: &Tail) -> Verdict {
    let expected = &head.expected;
    let number = expected.number.is_none_or(|number| tail.number() == Some(number));
    must(number, "the number must be the one that was recorded")?;
    let this = expected.this_update.is_none_or(|at| at == head.this_update.second);
    let found = head.next_update.map(|time| time.second);
    let next = expected.next_update.is_none_or(|at| Some(at) == found);
    must(this && next, "the times must be those that were recorded")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_list_that_says_something_else_than_the_record_is_found() {
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[6, 0, 1]), |value| value.set([10]));
        });
        trial::list(super::RULE.name, |list| {
            list.at(&[4]).set("261130030001Z");
        });
    }
}
