//! Entries stand in the order of their serial numbers, each number once.

use crate::finding::{Verdict, must};
use crate::list::{Entry, Head};
use crate::rules::{EntryRule, Rule};

pub(crate) const RULE: EntryRule = Rule {
    name: "list_entry_order",
    source: "profile: entries in the order of their numbers, RFC 5280 §5.1.2.6",
    check,
};

fn check(_: &Head, previous: Option<&Entry>, entry: &Entry) -> Verdict {
    let Some(previous) = previous else { return Ok(()) };
    must(previous.serial < entry.serial, "serial numbers must be ascending, each there once")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn an_entry_that_is_there_twice_or_out_of_order_is_found() {
        trial::list(super::RULE.name, |list| {
            list.at(&[5]).nodes().swap(0, 1);
        });
        trial::list(super::RULE.name, |list| {
            let second = list.at(&[5, 0]).clone();
            list.at(&[5]).nodes().insert(1, second);
        });
    }
}
