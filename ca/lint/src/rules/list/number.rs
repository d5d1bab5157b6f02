//! cRLNumber is positive, and above that of the list before.
//!
//! ```asn1
//! CRLNumber ::= INTEGER (0..MAX)
//! ```

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::{Head, Tail};
use crate::oid;
use crate::rules::{Rule, TailRule};

pub(crate) const RULE: TailRule = Rule { name: "list_number", source: "RFC 5280 §5.2.3", check };

fn check(_: &Lint, head: &Head, tail: &Tail) -> Verdict {
    if tail.value(oid::CRL_NUMBER).is_none() {
        return Ok(());
    }
    let number = tail.number().filter(|number| *number > 0);
    let Some(number) = number else { return Err("the number must be positive, and fit 63 bits") };
    let follows = head.expected.previous.is_none_or(|previous| number > previous);
    must(follows, "the number must be above that of the list before")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_number_that_does_not_follow_is_found() {
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[6, 0, 1]), |value| value.set([8]));
        });
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[6, 0, 1]), |value| value.set([0xff]));
        });
    }
}
