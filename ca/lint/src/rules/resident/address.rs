//! 住所 is there, and made of characters that relying agencies can show and compare.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::repertoire;
use crate::rules::resident::six_items::text;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "address_characters",
    source: "profile: JIS X 0208 and JIS X 0212, and ASCII of Latin names",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(address) = text(certificate, 5) else { return Ok(()) };
    must(!address.is_empty(), "the address must not be empty")?;
    let admitted = address.chars().all(repertoire::has);
    must(admitted, "the address must be made of characters of the repertoire")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_address_of_other_characters_is_found() {
        for text in ["鳥取県鳥取市尚徳町①", ""] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| {
                tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.at(&[3, 1, 0]).set(text));
            });
        }
    }
}
