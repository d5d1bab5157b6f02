//! Every entry is DER.

use crate::finding::Verdict;
use crate::list::{Entry, Head};
use crate::rules::{EntryRule, Rule};

pub(crate) const RULE: EntryRule =
    Rule { name: "list_entry_der", source: "RFC 5280 §5.1.2.6, X.690 §10, §11", check };

fn check(_: &Head, _: Option<&Entry>, entry: &Entry) -> Verdict {
    entry.encoding
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_entry_that_is_not_der_is_found() {
        trial::list(super::RULE.name, |list| {
            list.at(&[5, 0, 2, 0]).nodes().insert(1, samples::primitive(1, [0]));
        });
    }
}
