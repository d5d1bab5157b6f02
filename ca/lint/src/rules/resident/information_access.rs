//! Where to ask for status, and where the issuer is found.
//!
//! ```asn1
//! AuthorityInfoAccessSyntax  ::= SEQUENCE SIZE (1..MAX) OF AccessDescription
//! AccessDescription  ::=  SEQUENCE {
//!      accessMethod          OBJECT IDENTIFIER,
//!      accessLocation        GeneralName  }
//! ```

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::octets::{sequence, uri};
use crate::rules::{CertificateRule, Rule};
use crate::{addresses, octets, oid};

pub(crate) const RULE: CertificateRule = Rule {
    name: "information_access",
    source: "RFC 5280 §4.2.2.1, profile: OCSP and caIssuers",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let founding = certificate.founding();
    let access = |method, address: &str| sequence(&[&octets::oid(method), &uri(address)]);
    certificate.extension_is(
        oid::AUTHORITY_INFO_ACCESS,
        false,
        &sequence(&[
            &access(oid::OCSP, &founding.ocsp_url),
            &access(oid::CA_ISSUERS, &addresses::certificate(founding)),
        ]),
        "the addresses must be those of the founding record",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_address_on_another_host_is_found() {
        for (which, address) in
            [(0, "http://ocsp.example.net/"), (1, "http://crl.example/ca/2.cer")]
        {
            trial::certificate(&super::RULE, samples::resident(), |tbs| {
                tbs.edit(samples::ACCESS, |value| value.at(&[which, 1]).set(address));
            });
        }
    }
}
