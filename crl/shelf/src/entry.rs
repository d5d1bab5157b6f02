//! An entry of a list (RFC 5280 §5.1.2.6).

use akashi_wire::{RevocationReason, SerialNumber};
use jiff::Timestamp;

/// One revoked certificate, as small as millions of them should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// userCertificate.
    pub serial: SerialNumber,
    seconds: i64,
    /// reasonCode.
    pub reason: RevocationReason,
}

impl Entry {
    /// An entry; of `at` the whole seconds, which is all that a CRL can say.
    pub fn new(serial: SerialNumber, at: Timestamp, reason: RevocationReason) -> Self {
        Self { serial, seconds: at.as_millisecond().div_euclid(1000), reason }
    }

    /// revocationDate.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_second(self.seconds).expect("it was a time when it came")
    }
}
