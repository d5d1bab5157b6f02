//! Why a certificate was revoked (RFC 5280 §5.3.1).

use serde::{Deserialize, Serialize};

/// CRLReason, in the order of the standard.
///
/// `removeFromCRL` belongs to delta CRLs only, and `privilegeWithdrawn` and `aACompromise` to
/// attribute certificates: this authority never gives them, so they cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RevocationReason {
    /// 0. Issued but never handed over, or interrupted; the extension is omitted.
    Unspecified,
    /// 1. The holder reports leak, theft, loss or a broken card.
    KeyCompromise,
    /// 2. The authority's own key leaked.
    CaCompromise,
    /// 3. 異動: one of the four items changed, or the resident record was deleted.
    AffiliationChanged,
    /// 4. Renewal: a newer certificate took its place.
    Superseded,
    /// 5. The holder's own application.
    CessationOfOperation,
    /// 6. A telephone report; the only reason that can be taken back.
    CertificateHold,
}

impl RevocationReason {
    /// Every reason that can be given, in the standard's order.
    pub const ALL: [Self; 7] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
    ];

    /// The ENUMERATED value of RFC 5280 §5.3.1.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The reason with this ENUMERATED value.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Whether the CRL must carry it within minutes and not at the next regular time.
    pub fn is_urgent(self) -> bool {
        matches!(self, Self::KeyCompromise | Self::CertificateHold | Self::CaCompromise)
    }

    /// The name in the standard, as it is written in JSON and shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "caCompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
        }
    }
}

impl std::fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_rfc_5280() {
        let codes: Vec<u8> = RevocationReason::ALL.iter().map(|r| r.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(RevocationReason::from_code(8), None, "removeFromCRL is not ours to give");
    }
}
