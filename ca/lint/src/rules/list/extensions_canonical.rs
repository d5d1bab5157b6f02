//! What stands around the entries is DER.

use crate::Lint;
use crate::finding::Verdict;
use crate::list::{Head, Tail};
use crate::rules::{Rule, TailRule};

pub(crate) const RULE: TailRule =
    Rule { name: "list_der", source: "RFC 5280 §5.1, X.690 §10, §11", check };

fn check(_: &Lint, _: &Head, tail: &Tail) -> Verdict {
    tail.encoding
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_encoding_that_is_longer_than_need_be_is_found() {
        trial::list(super::RULE.name, |list| {
            list.at(&[6, 0, 0]).nodes().insert(1, samples::primitive(1, [0]));
        });
    }
}
