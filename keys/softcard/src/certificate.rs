//! A certificate in the card's memory, written in blocks.

use serde::{Deserialize, Serialize};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use zeroize::Zeroizing;

use crate::hexadecimal;
use crate::status::Status;

/// The longest certificate the card takes, in octets.
const LIMIT: usize = 4096;

/// SEQUENCE with a length of two octets: how the DER of every certificate here begins.
const HEADER: [u8; 2] = [0x30, 0x82];

/// The octets of one certificate, perhaps not all of them yet. Wiped when dropped: it says who the
/// holder is and where they live, and is read after the PIN only.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct StoredCertificate(#[serde(with = "hexadecimal")] Zeroizing<Vec<u8>>);

impl StoredCertificate {
    /// What has been written.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Writes a block at `offset` and cuts off what stood behind it.
    ///
    /// There may be no hole, and no more octets than the DER header in the first block declares.
    pub fn write(&mut self, offset: usize, block: &[u8]) -> Result<(), Status> {
        if offset > self.0.len() {
            return Err(Status::WRONG_OFFSET);
        }
        let octets = Zeroizing::new([&self.0[..offset], block].concat());
        match declared_length(&octets) {
            None => Err(Status::WRONG_DATA),
            Some(declared) if declared > LIMIT || octets.len() > declared => Err(Status::NO_SPACE),
            Some(_) => {
                self.0 = octets;
                Ok(())
            }
        }
    }

    /// The subject public key info (DER), if this is a complete X.509 certificate.
    pub fn public_key_info(&self) -> Option<Vec<u8>> {
        let certificate = Certificate::from_der(&self.0).ok()?;
        let public_key_info = certificate.tbs_certificate().subject_public_key_info();
        public_key_info.to_der().ok()
    }
}

/// Header and content together, in octets, as the DER header declares them.
fn declared_length(octets: &[u8]) -> Option<usize> {
    match octets.strip_prefix(&HEADER)? {
        [high, low, ..] => Some(4 + usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}
