//! One policy, the authority's, with the address of the practice statement; critical only where the
//! founding record says so.
//!
//! ```asn1
//! certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF PolicyInformation
//! PolicyInformation ::= SEQUENCE {
//!      policyIdentifier   CertPolicyId,
//!      policyQualifiers   SEQUENCE SIZE (1..MAX) OF PolicyQualifierInfo OPTIONAL }
//! PolicyQualifierInfo ::= SEQUENCE {
//!      policyQualifierId  PolicyQualifierId,   -- here id-qt-cps
//!      qualifier          ANY DEFINED BY policyQualifierId }   -- here CPSuri ::= IA5String
//! ```

use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::octets::{oid_content, sequence, tlv};
use crate::rules::{CertificateRule, Rule};
use crate::{addresses, octets, oid};

pub(crate) const RULE: CertificateRule = Rule {
    name: "policy",
    source: "RFC 5280 §4.2.1.4, profile: one policy and the address of its statement",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let founding = certificate.founding();
    let policy = oid_content(&founding.policy).ok_or("the founding record must have a policy")?;
    let statement = tlv(0x16, &[addresses::practice(founding).as_bytes()]);
    let qualifiers = sequence(&[&sequence(&[&octets::oid(oid::CPS), &statement])]);
    certificate.extension_is(
        oid::CERTIFICATE_POLICIES,
        founding.policy_critical,
        &sequence(&[&sequence(&[&octets::oid(&policy), &qualifiers])]),
        "the policy must be the authority's, with the address of its statement",
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn another_policy_is_found_and_another_address_and_another_criticality() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::POLICIES, |value| value.at(&[0, 0]).set([0x88, 0x37, 2]));
        });
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::POLICIES, |value| {
                value.at(&[0, 1, 0, 1]).set("http://crl.example.net/cps");
            });
        });
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.extension(samples::POLICIES).nodes().insert(1, samples::primitive(1, [0xff]));
        });
    }
}
