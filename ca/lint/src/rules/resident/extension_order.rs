//! The extensions of the profile stand in its order, so that two certificates differ in nothing but
//! what they say.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::resident::extensions_present::PROFILE;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "extension_order",
    source: "profile: the order of the extensions, RFC 5280 §4.2",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let place = |identifier: &[u8]| PROFILE.iter().position(|one| *one == identifier);
    let places: Vec<_> = certificate.identifiers().filter_map(place).collect();
    let mut first: Vec<usize> = Vec::new();
    for place in places {
        if !first.contains(&place) {
            first.push(place);
        }
    }
    must(first.is_sorted(), "the extensions must stand in the order of the profile")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn two_extensions_that_changed_places_are_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| tbs.extensions().swap(3, 4));
    }
}
