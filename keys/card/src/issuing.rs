//! Issuing: a new key pair in the pending slot, its certificates, and the switch.

use crate::answer::{CONDITIONS_NOT_SATISFIED, NOT_FOUND};
use crate::card::{CA_CERTIFICATE, CERTIFICATE, Card, certificate_length};
use crate::command::{self, Command, at};
use crate::error::CardError;
use crate::public_key;
use crate::signature::KeySlot;
use crate::transport::Transport;

/// The EF through which the pending signing certificate is read back.
const PENDING_CERTIFICATE: u16 = 0x0101;
/// The EF through which the pending certificate of the authority is read back.
const PENDING_CA_CERTIFICATE: u16 = 0x0102;

/// Octets of a certificate in one UPDATE BINARY: the most that, encrypted and authenticated by
/// the secure channel, still fits into a command of short length.
const WRITE_BLOCK: usize = 224;

/// The control reference template that names the signing key (ISO/IEC 7816-4 §10.3).
const SIGNING_KEY_TEMPLATE: [u8; 5] = [0xB6, 0x03, 0x84, 0x01, 0x1A];

/// What was read back from the pending slot: compare it with what the authority issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCertificates {
    /// The signing certificate, DER.
    pub certificate: Vec<u8>,
    /// The certificate of the authority that issued it, DER.
    pub ca_certificate: Vec<u8>,
}

impl<T: Transport> Card<T> {
    /// Makes a new RSA-2048 key pair on the card, in the pending slot. Returns its
    /// SubjectPublicKeyInfo (DER, rsaEncryption, RFC 3279 §2.3.1).
    ///
    /// The living pair stays usable. A pending pair that was not activated is lost.
    pub fn generate_key_pair(&mut self) -> Result<Vec<u8>, CardError> {
        self.public_key_from(command::GENERATE)
    }

    /// The SubjectPublicKeyInfo of the pending key once more, for a case that was interrupted.
    pub fn pending_public_key(&mut self) -> Result<Vec<u8>, CardError> {
        self.public_key_from(command::PENDING_PUBLIC_KEY)
    }

    /// Writes the signing certificate and its authority's (both DER) into the pending slot, in
    /// blocks. May be repeated, for instance after the card was torn out.
    pub fn write_pending_certificates(
        &mut self,
        certificate: &[u8],
        ca_certificate: &[u8],
    ) -> Result<(), CardError> {
        for octets in [certificate, ca_certificate] {
            if certificate_length(octets) != Some(octets.len()) {
                return Err(CardError::NotACertificate { octets: octets.len() });
            }
        }
        self.write_file(CERTIFICATE, certificate)?;
        self.write_file(CA_CERTIFICATE, ca_certificate)
    }

    /// Reads both pending certificates back.
    pub fn read_pending_certificates(&mut self) -> Result<PendingCertificates, CardError> {
        Ok(PendingCertificates {
            certificate: self.read_file(PENDING_CERTIFICATE, command::READ_AS_ISSUER)?,
            ca_certificate: self.read_file(PENDING_CA_CERTIFICATE, command::READ_AS_ISSUER)?,
        })
    }

    /// Switches: the pending pair and certificates become the living ones, and the former living
    /// ones are gone. One command, so it happens or it does not.
    pub fn activate(&mut self) -> Result<(), CardError> {
        self.ask(Command::plain(command::ACTIVATE))?
            .done_or(CONDITIONS_NOT_SATISFIED, CardError::NotReadyToActivate)?;
        Ok(())
    }

    fn public_key_from(&mut self, header: command::Header) -> Result<Vec<u8>, CardError> {
        let answer = self.ask(Command::with_data_expecting_many(header, &SIGNING_KEY_TEMPLATE))?;
        let malformed = answer.malformed();
        let template = answer
            .done_or(CONDITIONS_NOT_SATISFIED, CardError::NoKey { slot: KeySlot::Pending })?;
        let (modulus, exponent) = public_key::parse(&template).ok_or(malformed)?;
        public_key::subject_public_key_info(modulus, exponent)
    }

    fn write_file(&mut self, identifier: u16, octets: &[u8]) -> Result<(), CardError> {
        self.try_select_file(identifier)?.done_or(NOT_FOUND, CardError::NotOurCard)?;
        for (index, block) in octets.chunks(WRITE_BLOCK).enumerate() {
            let header = at(command::UPDATE, index * WRITE_BLOCK);
            self.ask(Command::with_data(header, block))?
                .done_or(CONDITIONS_NOT_SATISFIED, CardError::NoKey { slot: KeySlot::Pending })?;
        }
        Ok(())
    }
}
