//! Version 2, because there are extensions.
//!
//! ```asn1
//! TBSCertList  ::=  SEQUENCE  {
//!      version                 Version OPTIONAL, -- if present, MUST be v2
//! ```

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::Head;
use crate::rules::{HeadRule, Rule};

pub(crate) const RULE: HeadRule =
    Rule { name: "list_version", source: "RFC 5280 §5.1.2.1", check };

fn check(_: &Lint, head: &Head) -> Verdict {
    must(head.version == [0x02, 1, 1], "the version must be 2")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn a_list_with_extensions_is_of_version_2() {
        trial::list(super::RULE.name, |list| {
            list.at(&[0]).set([0]);
        });
    }
}
