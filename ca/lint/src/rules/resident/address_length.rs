//! 住所 has at most 200 characters.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::resident::six_items::text;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "address_length", source: "profile: .5, at most 200 characters", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(address) = text(certificate, 5) else { return Ok(()) };
    must(address.chars().count() <= 200, "the address must have at most 200 characters")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_address_of_201_characters_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::SUBJECT_ALT_NAME, |value| {
                value.at(&[3, 1, 0]).set(format!("鳥取県{}", "一".repeat(198)));
            });
        });
    }
}
