//! "When there are no revoked certificates, the revoked certificates list MUST be absent."

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::{Head, Tail};
use crate::rules::{Rule, TailRule};

pub(crate) const RULE: TailRule = Rule { name: "list_empty", source: "RFC 5280 §5.1.2.6", check };

fn check(_: &Lint, head: &Head, tail: &Tail) -> Verdict {
    must(
        head.has_entries == (tail.entries > 0),
        "revokedCertificates must be there if and only if somebody is revoked",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn an_empty_list_of_the_revoked_is_found() {
        trial::list(super::RULE.name, |list| {
            list.at(&[5]).nodes().clear();
        });
    }
}
