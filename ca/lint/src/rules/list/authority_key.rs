//! The issuer's key is named by its subjectKeyIdentifier and by nothing else.

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::{Head, Tail};
use crate::octets::{sequence, tlv};
use crate::oid;
use crate::rules::{Rule, TailRule};

pub(crate) const RULE: TailRule =
    Rule { name: "list_authority_key_identifier", source: "RFC 5280 §5.2.1", check };

fn check(lint: &Lint, _: &Head, tail: &Tail) -> Verdict {
    let Some(value) = tail.value(oid::AUTHORITY_KEY_IDENTIFIER) else { return Ok(()) };
    let expected = sequence(&[&tlv(0x80, &[&lint.key_identifier])]);
    must(value == expected, "the issuer's key must be named by its subjectKeyIdentifier alone")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn the_identifier_of_another_key_is_found() {
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[6, 0, 0]), |value| value.at(&[0]).octets()[0] ^= 1);
        });
    }
}
