//! authorityKeyIdentifier, cRLNumber and, of all but the complete list, issuingDistributionPoint; each
//! once, in this order; the last is critical and nothing else is.

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::{Head, Tail};
use crate::oid;
use crate::rules::{Rule, TailRule};

pub(crate) const RULE: TailRule =
    Rule { name: "list_extensions", source: "RFC 5280 §5.2, §5.2.1, §5.2.3, §5.2.5", check };

fn check(_: &Lint, _: &Head, tail: &Tail) -> Verdict {
    let expected =
        [oid::AUTHORITY_KEY_IDENTIFIER, oid::CRL_NUMBER, oid::ISSUING_DISTRIBUTION_POINT];
    let found: Vec<_> = tail.extensions.iter().map(|one| one.identifier.as_slice()).collect();
    let in_order = found == expected || found == expected[..2];
    must(in_order, "the extensions must be those of a list, each once, in their order")?;
    let critical = tail
        .extensions
        .iter()
        .all(|one| one.is_critical == (one.identifier == oid::ISSUING_DISTRIBUTION_POINT));
    must(critical, "issuingDistributionPoint must be critical, and nothing else")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_extension_too_many_is_found_and_one_that_is_not_critical() {
        trial::list(super::RULE.name, |list| {
            list.at(&[6, 0, 2]).nodes().remove(1);
        });
        trial::list(super::RULE.name, |list| {
            list.at(&[6, 0]).nodes().swap(0, 1);
        });
        trial::list(super::RULE.name, |list| {
            let more = samples::extension(&[0x2a, 3], false, samples::utf8("x"));
            list.at(&[6, 0]).nodes().push(more);
        });
    }
}
