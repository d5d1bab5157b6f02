//! Each extension once: "A certificate MUST NOT include more than one instance of a particular
//! extension."

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};

pub(crate) const RULE: CertificateRule =
    Rule { name: "extensions_once", source: "RFC 5280 §4.2", check };

fn check(certificate: &Certificate<'_>) -> Verdict {
    let mut identifiers: Vec<_> = certificate.identifiers().collect();
    identifiers.sort_unstable();
    let once = identifiers.windows(2).all(|pair| pair[0] != pair[1]);
    must(once, "each extension must be there once")
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn an_extension_that_is_there_twice_is_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            let second = tbs.extension(samples::POINTS).clone();
            tbs.extensions().push(second);
        });
    }
}
