//! Elementary files (ISO/IEC 7816-4 §7.1) of the JPKI application.

use crate::pin::PinName;
use crate::slot::SlotName;

/// What the application on the card can select.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ElementaryFile {
    /// 0001 living, 0101 pending: the signing certificate.
    Certificate(SlotName),
    /// 0002 living, 0102 pending: the certificate of the authority that issued it.
    CaCertificate(SlotName),
    /// 0006: what kind of token this is.
    TokenInformation,
    /// 000A and 000B: a placeholder; clients hide the signing certificate without it.
    AuthenticationPlaceholder,
    /// 0017: the authentication key, which this service does not issue.
    AuthenticationKey,
    /// 001A living, 011A pending: the signing key.
    SigningKey(SlotName),
    /// 0018 and 001B: a PIN.
    Pin(PinName),
}

impl ElementaryFile {
    /// The file with this identifier.
    pub fn with_identifier(identifier: u16) -> Option<Self> {
        Some(match identifier {
            0x0001 => Self::Certificate(SlotName::Living),
            0x0101 => Self::Certificate(SlotName::Pending),
            0x0002 => Self::CaCertificate(SlotName::Living),
            0x0102 => Self::CaCertificate(SlotName::Pending),
            0x0006 => Self::TokenInformation,
            0x000A | 0x000B => Self::AuthenticationPlaceholder,
            0x0017 => Self::AuthenticationKey,
            0x0018 => Self::Pin(PinName::Authentication),
            0x001A => Self::SigningKey(SlotName::Living),
            0x011A => Self::SigningKey(SlotName::Pending),
            0x001B => Self::Pin(PinName::Signing),
            _ => return None,
        })
    }

    /// Whether the file is there only while a pending slot is.
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            Self::Certificate(SlotName::Pending)
                | Self::CaCertificate(SlotName::Pending)
                | Self::SigningKey(SlotName::Pending)
        )
    }
}

/// EF 0006, 32 octets.
pub(crate) const TOKEN_INFORMATION: &[u8; 32] = b"JPKIAPICCTOKEN                  ";

/// EFs 000A and 000B: a self-signed certificate that names no person; its key was thrown away.
pub(crate) const AUTHENTICATION_PLACEHOLDER: &[u8] = include_bytes!("placeholder.der");
