//! The issuer is the authority's subject, octet for octet.

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::Head;
use crate::rules::{HeadRule, Rule};

pub(crate) const RULE: HeadRule =
    Rule { name: "list_issuer", source: "RFC 5280 §5.1.2.3, §6.3.3 (b)(1)", check };

fn check(lint: &Lint, head: &Head) -> Verdict {
    let equal = head.issuer == lint.subject;
    must(equal, "the issuer must be the subject of the authority, octet for octet")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn the_same_name_in_other_octets_is_another_name() {
        trial::list(super::RULE.name, |list| {
            list.at(&[2, 1, 0, 1]).tag = 0x13;
        });
    }
}
