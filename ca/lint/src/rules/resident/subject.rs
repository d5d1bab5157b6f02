//! The subject says where, and nothing about who: two localities, in this order, and an opaque name.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::octets::name;
use crate::rules::{CertificateRule, Rule};
use crate::{oid, place};

pub(crate) const RULE: CertificateRule = Rule {
    name: "subject_name",
    source: "RFC 5280 §4.1.2.6, profile: C=JP, L=prefecture, L=municipality, CN=opaque",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let founding = certificate.founding();
    let attributes: Vec<_> = certificate.tbs.subject.iter_attributes().collect();
    let [_, _, town, opaque] = attributes[..] else {
        return Err("the subject must be C, L, L and CN");
    };
    let (town, opaque) = (town.as_str().unwrap_or_default(), opaque.as_str().unwrap_or_default());
    let digits = opaque.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    must(opaque.len() == 32 && digits, "the common name must be 32 hexadecimal digits")?;
    let known = certificate.lint.towns.iter().any(|one| one.romaji == town);
    must(known, "the second locality must be a municipality of the prefecture")?;
    let expected = name(&[
        (oid::COUNTRY, "JP"),
        (oid::LOCALITY, &place::prefecture(founding).romaji()),
        (oid::LOCALITY, town),
        (oid::COMMON_NAME, opaque),
    ]);
    let equal = certificate.tbs.subject.as_raw() == expected;
    must(
        equal,
        "the subject must be the country, the prefecture, the municipality and an opaque name",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_locality_that_is_missing_or_elsewhere_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.at(&[5]).nodes().remove(1);
        });
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.at(&[5]).nodes().swap(1, 2)
        });
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.at(&[5, 2, 0, 1]).set("Shinjuku-ku");
        });
        // Whoever the person is does not stand in the common name.
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.at(&[5, 3, 0, 1]).set(samples::NAME);
        });
    }
}
