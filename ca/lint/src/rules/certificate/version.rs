//! Version 3, because there are extensions.
//!
//! ```asn1
//! version         [0]  EXPLICIT Version DEFAULT v1
//! Version  ::=  INTEGER  {  v1(0), v2(1), v3(2)  }
//! ```

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "version", source: "RFC 5280 §4.1.2.1", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    must(certificate.tbs.version.0 == 2, "the version must be 3")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn a_certificate_with_extensions_is_of_version_3() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| tbs.at(&[0, 0]).set([1]));
    }
}
