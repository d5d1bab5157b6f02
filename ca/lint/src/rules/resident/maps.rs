//! A map of substitutes has one digit for each character of its text: 0 as it is, 1 substituted.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::resident::six_items::text;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "substitution_maps",
    source: "profile: .2 and .6, one character a character",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    for (text_number, map_number) in [(1, 2), (5, 6)] {
        let (Some(of), Some(map)) = (text(certificate, text_number), text(certificate, map_number))
        else {
            continue;
        };
        must(
            map.bytes().all(|digit| matches!(digit, b'0' | b'1')),
            "a map must be made of 0 and 1",
        )?;
        must(map.len() == of.chars().count(), "a map must be as long as its text")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_map_of_another_length_is_found_and_maps_that_changed_places() {
        for text in ["000", "00000", "0002"] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| {
                tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.at(&[4, 1, 0]).set(text));
            });
        }

        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::SUBJECT_ALT_NAME, |value| {
                let name = value.at(&[4, 1, 0]).octets().clone();
                let address = value.at(&[5, 1, 0]).octets().clone();
                value.at(&[4, 1, 0]).set(address);
                value.at(&[5, 1, 0]).set(name);
            });
        });
    }
}
