//! The scope of the list, in octets that equal the distribution point of its certificates.
//!
//! ```asn1
//! IssuingDistributionPoint ::= SEQUENCE {
//!      distributionPoint          [0] DistributionPointName OPTIONAL,
//!      onlyContainsUserCerts      [1] BOOLEAN DEFAULT FALSE,
//!      onlyContainsCACerts        [2] BOOLEAN DEFAULT FALSE, ... }
//! ```
//!
//! A list of one municipality names its point and holds users' certificates only; that of authorities
//! names none; the complete list has no such extension.

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::ListScope;
use crate::list::{Head, Tail};
use crate::oid;
use crate::rules::{Rule, TailRule};

pub(crate) const RULE: TailRule =
    Rule { name: "issuing_distribution_point", source: "RFC 5280 §5.2.5, §6.3.3 (b)(2)", check };

fn check(lint: &Lint, head: &Head, tail: &Tail) -> Verdict {
    let found = tail.value(oid::ISSUING_DISTRIBUTION_POINT);
    let scope = scope_of(lint, found).ok_or(
        "issuingDistributionPoint must be that of a municipality of the prefecture, or of authorities",
    )?;
    let meant = head.expected.scope.is_none_or(|meant| meant == scope);
    must(meant, "issuingDistributionPoint must be that of the scope of the list")
}

/// The scope that an issuingDistributionPoint states; none is the complete list's.
pub(crate) fn scope_of(lint: &Lint, value: Option<&[u8]>) -> Option<ListScope> {
    // SEQUENCE { onlyContainsCACerts TRUE }
    const AUTHORITIES: [u8; 5] = [0x30, 3, 0x82, 1, 0xff];
    let Some(value) = value else { return Some(ListScope::Complete) };
    if value == AUTHORITIES {
        return Some(ListScope::Authority);
    }
    let town = lint.towns.iter().find(|town| value == town.in_list)?;
    Some(ListScope::Partition(town.municipality.code))
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn the_point_of_another_town_is_found() {
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[6, 0, 2]), |value| {
                value.at(&[0, 0, 1]).set("http://crl.example/crl/1/312029.crl");
            });
        });
        trial::list(super::RULE.name, |list| {
            samples::edit_value(list.at(&[6, 0, 2]), |value| value.nodes().truncate(1));
        });
        trial::list(super::RULE.name, |list| {
            list.at(&[6, 0]).nodes().truncate(2);
        });
    }
}
