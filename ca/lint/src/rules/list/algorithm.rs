//! SHA-256 with RSA, its parameters NULL; the same inside of what is signed and beside the signature.

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::{Head, Tail};
use crate::rules::certificate::SHA256_WITH_RSA;
use crate::rules::{Rule, TailRule};

pub(crate) const RULE: TailRule =
    Rule { name: "list_algorithm", source: "RFC 5280 §5.1.1.2, §5.1.2.2, RFC 4055 §5", check };

fn check(_: &Lint, head: &Head, tail: &Tail) -> Verdict {
    let what = "the algorithm must be sha256WithRSAEncryption, its parameters NULL";
    must(head.algorithm == SHA256_WITH_RSA, what)?;
    let beside = tail.algorithm.as_ref();
    let same = beside.is_none_or(|beside| *beside == head.algorithm);
    must(same, "the algorithm beside the signature must be the one that is signed")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn another_algorithm_is_found() {
        trial::list(super::RULE.name, |list| {
            *list.at(&[1, 0]).octets().last_mut().unwrap() = 5;
        });
    }
}
