//! 氏名 is there, and made of characters that relying agencies can show and compare.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::repertoire;
use crate::rules::resident::six_items::text;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "name_characters",
    source: "profile: JIS X 0208 and JIS X 0212, and ASCII of Latin names",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(name) = text(certificate, 1) else { return Ok(()) };
    must(!name.is_empty(), "the name must not be empty")?;
    must(name.chars().all(repertoire::has), "the name must be made of characters of the repertoire")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_name_of_other_characters_is_found() {
        for text in ["髙　花子", "𠮷野　花子", ""] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| {
                tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.at(&[0, 1, 0]).set(text));
            });
        }
    }
}
