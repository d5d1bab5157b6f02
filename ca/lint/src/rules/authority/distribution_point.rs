//! Where the list of revoked authorities is: by name, and by an address that clients fetch.

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::octets::{sequence, tlv};
use crate::rules::{CertificateRule, Rule};
use crate::{oid, place};

pub(crate) const RULE: CertificateRule = Rule {
    name: "authority_distribution_point",
    source: "RFC 5280 §4.2.1.13, profile: a directoryName and the address of the ARL",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let names = tlv(0xa0, &[&place::authority_point(certificate.founding())]);
    certificate.extension_is(
        oid::CRL_DISTRIBUTION_POINTS,
        false,
        &sequence(&[&sequence(&[&tlv(0xa0, &[&names])])]),
        "the distribution point must be the name and the address of the list of authorities",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_name_without_an_address_is_found() {
        trial::certificate(&super::RULE, samples::authority(), |tbs| {
            tbs.edit(samples::POINTS, |value| value.at(&[0, 0, 0]).nodes().truncate(1));
        });
    }
}
