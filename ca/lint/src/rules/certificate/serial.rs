//! A serial number of this authority: positive, sixteen octets, no more and no fewer.
//!
//! ```asn1
//! CertificateSerialNumber  ::=  INTEGER
//! ```

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule = Rule {
    name: "serial_number",
    source: "RFC 5280 §4.1.2.2, profile: sixteen octets, the first from 40 to 7f",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let octets = certificate.tbs.raw_serial();
    let in_form = octets.len() == 16 && (0x40..0x80).contains(&octets[0]);
    must(in_form, "the serial number must be sixteen octets, the first from 40 to 7f")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_serial_number_is_positive_and_of_sixteen_octets() {
        for octets in [vec![0x42; 15], vec![0xc2; 16], vec![0x3f; 16], vec![0x42; 17]] {
            trial::certificate(&super::RULE, samples::resident(), |tbs| tbs.at(&[1]).set(octets));
        }
    }
}
