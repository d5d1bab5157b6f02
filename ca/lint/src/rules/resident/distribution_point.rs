//! One distribution point, of a municipality of the prefecture: its directoryName and its address, octet
//! for octet as in its list.
//!
//! ```asn1
//! CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint
//! DistributionPoint ::= SEQUENCE {
//!      distributionPoint       [0]     DistributionPointName OPTIONAL, ... }
//! DistributionPointName ::= CHOICE {
//!      fullName                [0]     GeneralNames, ... }
//! ```

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::oid;
use crate::place::Town;
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "distribution_point",
    source: "RFC 5280 §4.2.1.13, §6.3.3 (b)(2), profile: a directoryName and an address",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extension(oid::CRL_DISTRIBUTION_POINTS) else {
        return Ok(());
    };
    must(!extension.critical, "the distribution point must not be critical")?;
    must(
        town(certificate).is_some(),
        "the distribution point must be the name and the address of a municipality of the prefecture",
    )
}

/// The municipality whose distribution point this is.
pub(crate) fn town<'c>(certificate: &'c Certificate<'_>) -> Option<&'c Town> {
    let value = certificate.extension(oid::CRL_DISTRIBUTION_POINTS)?.value;
    certificate.lint.towns.iter().find(|town| value == town.in_certificates)
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_address_on_another_host_is_found_and_a_name_of_another_town() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::POINTS, |value| {
                value.at(&[0, 0, 0, 1]).set("http://crl.example.net/crl/1/312011.crl");
            });
        });
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::POINTS, |value| {
                value.at(&[0, 0, 0, 0, 0, 4, 0, 1]).set("Yonago-shi CRLDP");
            });
        });
        // A directoryName alone, which no client fetches.
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::POINTS, |value| value.at(&[0, 0, 0]).nodes().truncate(1));
        });
    }
}
