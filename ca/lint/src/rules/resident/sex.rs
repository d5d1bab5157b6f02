//! 性別: 1 男, 2 女, 3 不明.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::resident::six_items::text;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "sex", source: "profile: .3, one of 1, 2 and 3", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(sex) = text(certificate, 3) else { return Ok(()) };
    must(matches!(sex, "1" | "2" | "3"), "the sex must be 1, 2 or 3")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_fourth_sex_is_found() {
        for text in ["4", "0", "", "12"] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| {
                tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.at(&[2, 1, 0]).set(text));
            });
        }
    }
}
