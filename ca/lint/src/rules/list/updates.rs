//! nextUpdate is there, and after thisUpdate.

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::Head;
use crate::rules::{HeadRule, Rule};

pub(crate) const RULE: HeadRule =
    Rule { name: "list_updates", source: "RFC 5280 §5.1.2.4, §5.1.2.5", check };

fn check(_: &Lint, head: &Head) -> Verdict {
    let Some(next) = head.next_update else { return Err("nextUpdate must be there") };
    must(head.this_update.second < next.second, "nextUpdate must be after thisUpdate")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn a_list_that_is_over_when_it_begins_is_found() {
        trial::list(super::RULE.name, |list| {
            list.at(&[4]).set("261128030000Z");
        });
        trial::list(super::RULE.name, |list| {
            list.nodes().remove(4);
        });
    }
}
