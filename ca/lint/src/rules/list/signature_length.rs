//! The signature has as many octets as the modulus, and no unused bits.

use crate::Lint;
use crate::finding::{Verdict, must};
use crate::list::{Head, Tail};
use crate::rsa::RsaKey;
use crate::rules::{Rule, TailRule};

pub(crate) const RULE: TailRule =
    Rule { name: "list_signature_length", source: "RFC 5280 §5.1.1.3, RFC 8017 §8.2.1", check };

fn check(lint: &Lint, _: &Head, tail: &Tail) -> Verdict {
    let Some(signature) = tail.signature.as_deref() else { return Ok(()) };
    let Some(key) = RsaKey::of_bits(&lint.key) else { return Ok(()) };
    let whole = signature.len() == key.modulus.len() + 1 && signature[0] == 0;
    must(whole, "the signature must be as long as the modulus, without unused bits")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;

    #[test]
    fn a_signature_of_another_length_is_found() {
        trial::signed_list(super::RULE.name, |list| {
            list.at(&[2]).octets().pop();
        });
    }
}
