//! What only the issuer may ask: a new key pair, its certificates, ACTIVATE, the PIN window.

use rand::CryptoRng;

use crate::application::{Selection, SoftCard};
use crate::command::Command;
use crate::file::ElementaryFile;
use crate::key::{KeyPair, PUBLIC_KEY_OCTETS};
use crate::slot::{Slot, SlotName};
use crate::status::Status;

/// The control reference template for digital signature that names key 1A (ISO/IEC 7816-4 §10.3).
const SIGNING_KEY_TEMPLATE: [u8; 5] = [0xB6, 0x03, 0x84, 0x01, 0x1A];

impl SoftCard {
    /// GENERATE ASYMMETRIC KEY PAIR: P1 80 makes a pair in a new pending slot, P1 81 only reads
    /// the pending public key.
    pub(crate) fn generate_key_pair(
        &mut self,
        command: &Command<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Status> {
        command.require_issuer()?;
        self.require_application()?;
        if !matches!((command.p1, command.p2), (0x80 | 0x81, 0x00)) {
            return Err(Status::WRONG_PARAMETERS);
        }
        match command.data {
            [0xB6, 0x03, 0x84, 0x01, key] if *key != 0x1A => return Err(Status::UNKNOWN_REFERENCE),
            data if data != SIGNING_KEY_TEMPLATE => return Err(Status::WRONG_DATA),
            _ => {}
        }
        // Before the pair is made: an answer that does not fit must not cost the pending slot.
        command.with_room_for(PUBLIC_KEY_OCTETS)?;
        if command.p1 == 0x80 {
            let made = self.ahead.take().map_or_else(|| KeyPair::generate(rng), Ok)?;
            self.pending = Some(Slot::new(made));
        }
        Ok(self.pending_slot()?.key.public_key())
    }

    /// UPDATE BINARY on EF 0001 or 0002: a block of a pending certificate.
    pub(crate) fn update_binary(&mut self, command: &Command<'_>) -> Result<(), Status> {
        command.require_issuer()?;
        let offset = command.offset()?;
        let file = self.current_file()?;
        let slot = self.pending_slot();
        let certificate = match file {
            ElementaryFile::Certificate(SlotName::Living) => &mut slot?.certificate,
            ElementaryFile::CaCertificate(SlotName::Living) => &mut slot?.ca_certificate,
            _ => return Err(Status::WRONG_KIND_OF_FILE),
        };
        if command.data.is_empty() {
            return Err(Status::WRONG_LENGTH);
        }
        certificate.write(offset, command.data)
    }

    /// ACTIVATE: the pending slot becomes the living one, if it is complete.
    pub(crate) fn activate(&mut self, command: &Command<'_>) -> Result<(), Status> {
        command.require_issuer()?;
        self.require_application()?;
        command.with_parameters(0x00, 0x00)?;
        command.without_data()?;
        self.pending_slot()?.require_complete()?;
        self.living = self.pending.take();
        // The selected file may have been a pending one.
        self.selection = Selection::Application;
        Ok(())
    }

    /// RESET RETRY COUNTER (P1 02: new reference data follow, here from the holder's terminal):
    /// opens the window of the selected PIN.
    pub(crate) fn open_pin_window(&mut self, command: &Command<'_>) -> Result<(), Status> {
        command.require_issuer_or_municipality()?;
        command.with_parameters(0x02, 0x80)?;
        command.without_data()?;
        self.current_pin()?.open_window();
        Ok(())
    }

    fn pending_slot(&mut self) -> Result<&mut Slot, Status> {
        self.pending.as_mut().ok_or(Status::CONDITIONS_NOT_SATISFIED)
    }

    fn require_application(&self) -> Result<(), Status> {
        match self.selection {
            Selection::Nothing => Err(Status::CONDITIONS_NOT_SATISFIED),
            Selection::Application | Selection::File(_) => Ok(()),
        }
    }
}
