//! No policy of the real service: a certificate of ours must not pass for one of its own.

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::oid;
use crate::rules::{CertificateRule, Rule};
use x509_parser::extensions::ParsedExtension;

pub(crate) const RULE: CertificateRule = Rule {
    name: "no_policy_of_the_real_service",
    source: "profile: never pass for the real thing",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extension(oid::CERTIFICATE_POLICIES) else { return Ok(()) };
    let ParsedExtension::CertificatePolicies(policies) = extension.parsed_extension() else {
        return Ok(());
    };
    let real = |policy: &[u8]| policy.starts_with(oid::REAL_SERVICE);
    let ours = !policies.iter().any(|one| real(one.policy_id.as_bytes()));
    must(ours, "the policy must not be one of the real service")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn the_policy_of_the_real_service_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            let real = [0x2a, 0x83, 0x08, 0x8c, 0x9b, 0x55, 8, 1];
            tbs.edit(samples::POLICIES, |value| value.at(&[0, 0]).set(real));
        });
    }
}
