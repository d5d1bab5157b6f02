//! Every entry is about a serial number of this authority.

use crate::finding::{Verdict, must};
use crate::list::{Entry, Head};
use crate::rules::{EntryRule, Rule};

pub(crate) const RULE: EntryRule = Rule {
    name: "list_entry_serial",
    source: "RFC 5280 §5.1.2.6, §4.1.2.2, profile: sixteen octets",
    check,
};

fn check(_: &Head, _: Option<&Entry>, entry: &Entry) -> Verdict {
    let in_form = entry.serial.len() == 16 && (0x40..0x80).contains(&entry.serial[0]);
    must(in_form, "an entry must be about sixteen octets, the first from 40 to 7f")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn a_number_of_somebody_else_is_found() {
        trial::list(super::RULE.name, |list| {
            list.at(&[5, 0, 0]).set([0x41; 15]);
        });
    }
}
