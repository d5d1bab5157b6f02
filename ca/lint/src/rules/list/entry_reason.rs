//! An entry has no extension but a reasonCode, not critical; unspecified is left out, and
//! removeFromCRL belongs to lists of changes.
//!
//! ```asn1
//! CRLReason ::= ENUMERATED {
//!      unspecified             (0),
//!      keyCompromise           (1),
//!      cACompromise            (2),
//!      affiliationChanged      (3),
//!      superseded              (4),
//!      cessationOfOperation    (5),
//!      certificateHold         (6), ...
//! ```

use crate::finding::{Verdict, must};
use crate::list::{Entry, Head};
use crate::rules::{EntryRule, Rule};

pub(crate) const RULE: EntryRule = Rule {
    name: "list_entry_reason",
    source: "RFC 5280 §5.3, §5.3.1, profile: reasonCode, not critical",
    check,
};

fn check(_: &Head, _: Option<&Entry>, entry: &Entry) -> Verdict {
    let reason = match entry.extensions.as_slice() {
        [] => return Ok(()),
        extensions => extensions.strip_prefix(&REASON),
    };
    let what = "an entry must have no extension but a reason from 1 to 6, not critical";
    must(matches!(reason, Some([1..=6])), what)
}

/// crlEntryExtensions with one extension, a reasonCode that is not critical, up to the reason.
const REASON: [u8; 13] = [0x30, 12, 0x30, 10, 6, 3, 0x55, 0x1d, 21, 4, 3, 0x0a, 1];

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_reason_that_is_none_is_found_and_one_that_is_critical() {
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[5, 0, 2, 0]), |value| value.set([0]));
        });
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[5, 0, 2, 0]), |value| value.set([7]));
        });
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[5, 0, 2, 0]), |value| value.set([8]));
        });
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[5, 0, 2, 0]), |value| value.set([11]));
        });
        trial::list(super::RULE.name, |list| {
            list.at(&[5, 0, 2, 0]).nodes().insert(1, samples::primitive(1, [0xff]));
        });
        trial::list(super::RULE.name, |list| {
            list.at(&[5, 0, 2, 0, 0]).set([0x55, 0x1d, 24]);
        });
    }
}
