//! Nothing was revoked after the list was made.

use crate::finding::{Verdict, must};
use crate::list::{Entry, Head};
use crate::rules::{EntryRule, Rule};

pub(crate) const RULE: EntryRule = Rule {
    name: "list_entry_future",
    source: "RFC 5280 §5.1.2.6, profile: the time of the record",
    check,
};

fn check(head: &Head, _: Option<&Entry>, entry: &Entry) -> Verdict {
    let past = entry.at.is_none_or(|at| at.second <= head.this_update.second);
    must(past, "no revocation must lie after thisUpdate")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn a_revocation_that_lies_ahead_is_found() {
        trial::list(super::RULE.name, |list| {
            list.at(&[5, 0, 1]).set("261128030001Z");
        });
    }
}
