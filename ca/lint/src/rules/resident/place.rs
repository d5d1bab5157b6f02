//! The subject, the distribution point and the beginning of the address name the same municipality: a
//! certificate in the wrong list would never be seen to be revoked.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::resident::distribution_point;
use crate::rules::resident::six_items::text;
use crate::rules::{CertificateRule, Rule};
use akashi_municipality::Municipality;

pub(crate) const RULE: CertificateRule = Rule {
    name: "place_of_residence",
    source: "profile: subject, distribution point and .5 name one municipality, RFC 5280 §4.2.1.13",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(town) = distribution_point::town(certificate) else { return Ok(()) };
    let attributes: Vec<_> = certificate.tbs.subject.iter_attributes().collect();
    if let [_, _, found, _] = attributes[..] {
        let equal = found.as_slice() == town.romaji.as_bytes()
            || !certificate.lint.towns.iter().any(|one| one.romaji.as_bytes() == found.as_slice());
        must(equal, "the distribution point must be that of the municipality of the subject")?;
    }
    let (Some(address), Some(map)) = (text(certificate, 5), text(certificate, 6)) else {
        return Ok(());
    };
    if address.is_empty() {
        return Ok(());
    }
    let address: Vec<char> = address.chars().collect();
    must(
        begins_in(&address, map.as_bytes(), town.municipality),
        "the address must begin with the prefecture and the municipality",
    )
}

/// Whether an address begins with the prefecture, a 郡 where the town lies in one, and the
/// municipality. A character that was substituted may be any.
fn begins_in(address: &[char], map: &[u8], municipality: &Municipality) -> bool {
    let same = |one: char, other: char| one == other || (is_small_ke(one) && is_small_ke(other));
    let stands_at = |from: usize, text: &str| {
        text.chars().enumerate().all(|(index, expected)| {
            let place = from + index;
            map.get(place) == Some(&b'1')
                || address.get(place).is_some_and(|found| same(*found, expected))
        })
    };
    let prefecture = municipality.prefecture().name;
    let own = municipality.address_prefix();
    let Some(within) = own.strip_prefix(prefecture) else { return false };
    let start = prefecture.chars().count();
    let district = address.iter().skip(start).take(8).position(|one| *one == '郡');
    stands_at(0, prefecture)
        && (stands_at(start, within)
            || district.is_some_and(|at| stands_at(start + at + 1, within)))
}

/// Registers write 龍ケ崎 and 龍ヶ崎 for the same city.
fn is_small_ke(character: char) -> bool {
    matches!(character, 'ケ' | 'ヶ')
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_distribution_point_of_another_town_is_found_and_an_address_elsewhere() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::POINTS, |value| {
                value.at(&[0, 0, 0, 0, 0, 4, 0, 1]).set("Yonago-shi CRLDP");
                value.at(&[0, 0, 0, 1]).set("http://crl.example/crl/1/312029.crl");
            });
        });
        for address in ["島根県鳥取市尚徳町１１６番地", "鳥取県米子市尚徳町１１６番地"]
        {
            trial::certificate(&super::RULE, samples::resident(), |tbs| {
                tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.at(&[3, 1, 0]).set(address));
            });
        }
    }
}
