//! The application: what is selected, and what every client may ask (ISO/IEC 7816-4 §11).

use akashi_scp03::KeyVersion;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::channel::{Access, Channel};
use crate::command::{By, Class, Command, Instruction};
use crate::file::{AUTHENTICATION_PLACEHOLDER, ElementaryFile, TOKEN_INFORMATION};
use crate::key::{KeyPair, MODULUS_OCTETS};
use crate::number::CardNumber;
use crate::pin::{Pin, PinName};
use crate::slot::{Slot, SlotName};
use crate::status::Status;

/// The application identifier of the JPKI application.
pub const AID: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];

/// A card.
///
/// Serialised it is the chip's memory, private keys included: what a host keeps between power-on
/// and power-on. What was selected and verified is not in it, as after [`SoftCard::reset`]. A card
/// cannot be copied; only whoever holds that memory could.
#[derive(Serialize, Deserialize)]
pub struct SoftCard {
    pub(crate) number: CardNumber,
    pub(crate) signing_pin: Pin,
    pub(crate) authentication_pin: Pin,
    pub(crate) living: Option<Slot>,
    pub(crate) pending: Option<Slot>,
    /// A pair made beforehand, for the next key generation.
    pub(crate) ahead: Option<KeyPair>,
    /// None on a card that believes every issuing command.
    pub(crate) accesses: Vec<Access>,
    /// Whether it is terminated, for good.
    pub(crate) terminated: bool,
    #[serde(skip)]
    pub(crate) selection: Selection,
    #[serde(skip)]
    pub(crate) channel: Channel,
}

/// What is selected.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Selection {
    /// No application.
    #[default]
    Nothing,
    /// The JPKI application, and none of its files.
    Application,
    /// One of its files.
    File(ElementaryFile),
}

impl Selection {
    /// The same, where there is no pending slot.
    pub fn without_pending(self) -> Self {
        match self {
            Self::File(file) if file.is_pending() => Self::Application,
            other => other,
        }
    }
}

impl SoftCard {
    /// A card as it comes from the factory: no key pair, no PIN, no certificate. It has no keys of a
    /// secure channel and believes every issuing command, whoever gives it: not a card to hand out.
    pub fn new(number: CardNumber) -> Self {
        Self {
            number,
            signing_pin: Pin::unset(5),
            authentication_pin: Pin::unset(3),
            living: None,
            pending: None,
            ahead: None,
            accesses: Vec::new(),
            terminated: false,
            selection: Selection::Nothing,
            channel: Channel::Closed,
        }
    }

    /// The number printed on the card.
    pub fn number(&self) -> &CardNumber {
        &self.number
    }

    /// Makes the next key pair before it is asked for, as chips do while they are idle: nobody waits
    /// for it at the counter.
    ///
    /// # Errors
    /// The chip failed.
    pub fn make_key_ahead(&mut self, rng: &mut impl CryptoRng) -> Result<(), Status> {
        self.ahead = Some(KeyPair::generate(rng)?);
        Ok(())
    }

    /// Answers a command: response data, then SW1 and SW2. Any octets get an answer.
    ///
    /// Store the card before the answer leaves the host (see the crate's documentation).
    pub fn transmit(&mut self, command: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        let answer = Command::parse(command).and_then(|command| {
            if self.terminated {
                self.after_the_end(&command)
            } else if self.is_for_channel(&command) {
                self.secured(&command, rng)
            } else {
                self.plain(command, rng)
            }
        });
        answer.unwrap_or_else(|status| status.octets().to_vec())
    }

    /// Performs a command that did not come through the channel; the whole answer.
    fn plain(
        &mut self,
        mut command: Command<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Status> {
        if self.accesses.is_empty() {
            command.by = By::Issuer(KeyVersion::Authority);
        }
        let mut answer = self.perform(&command, rng)?;
        answer.extend(Status::DONE.octets());
        Ok(answer)
    }

    /// Power off or reset: forgets the selection, the channel, that a PIN was verified, and the PIN
    /// window.
    pub fn reset(&mut self) {
        self.selection = Selection::Nothing;
        self.channel = Channel::Closed;
        self.signing_pin.reset();
        self.authentication_pin.reset();
    }

    /// Performs a command; the data of its answer, or why there is none.
    pub(crate) fn perform(
        &mut self,
        command: &Command<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Status> {
        let done = |()| Vec::new();
        match command.instruction {
            Instruction::InitializeUpdate => self.initialize_update(command, rng),
            Instruction::ExternalAuthenticate => self.external_authenticate(command).map(done),
            Instruction::Select => self.select(command).map(done),
            Instruction::ReadBinary => self.read_binary(command),
            Instruction::GetData => self.get_data(command),
            Instruction::Verify => self.verify(command).map(done),
            Instruction::ChangeReferenceData => self.change_reference_data(command).map(done),
            Instruction::PerformSecurityOperation => self.sign(command, rng),
            Instruction::GenerateKeyPair => self.generate_key_pair(command, rng),
            Instruction::UpdateBinary => self.update_binary(command).map(done),
            Instruction::Activate => self.activate(command).map(done),
            Instruction::ResetRetryCounter => self.open_pin_window(command).map(done),
            Instruction::TerminateCardUsage => self.terminate(command).map(done),
        }
    }

    /// SELECT by application (P1 04) or by EF of the application (P1 02).
    fn select(&mut self, command: &Command<'_>) -> Result<(), Status> {
        // Inside the channel a file may be selected, never the application: that would close it.
        match (command.class, command.p1) {
            (Class::Secured, 0x02) => return self.select_file(command),
            (class, _) if class != Class::Interindustry => return Err(Status::WRONG_CLASS),
            _ => {}
        }
        match command.p1 {
            0x04 => self.select_application(command),
            0x02 => self.select_file(command),
            // Clients that look for other cards ask for a master file: there is none.
            0x00 => Err(Status::NOT_FOUND),
            _ => Err(Status::WRONG_PARAMETERS),
        }
    }

    fn select_application(&mut self, command: &Command<'_>) -> Result<(), Status> {
        if command.data != AID {
            return Err(Status::NOT_FOUND);
        }
        self.selection = Selection::Application;
        self.channel = Channel::Closed;
        self.signing_pin.forget_verification();
        self.authentication_pin.forget_verification();
        Ok(())
    }

    fn select_file(&mut self, command: &Command<'_>) -> Result<(), Status> {
        let [high, low] = *command.data else {
            return Err(Status::WRONG_LENGTH);
        };
        if self.selection == Selection::Nothing {
            return Err(Status::NOT_FOUND);
        }
        let file = ElementaryFile::with_identifier(u16::from_be_bytes([high, low]))
            .filter(|file| !file.is_pending() || self.pending.is_some())
            .ok_or(Status::NOT_FOUND)?;
        self.selection = Selection::File(file);
        Ok(())
    }

    /// The selected EF.
    pub(crate) fn current_file(&self) -> Result<ElementaryFile, Status> {
        match self.selection {
            Selection::File(file) => Ok(file),
            Selection::Application | Selection::Nothing => Err(Status::NO_CURRENT_FILE),
        }
    }

    /// READ BINARY: at most Le octets from an offset.
    fn read_binary(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Status> {
        command.without_data()?;
        command.with_room_for(1)?;
        let offset = command.offset()?;
        let content = self.content(self.current_file()?, command)?;
        if content.is_empty() {
            return Err(Status::NOT_FOUND);
        }
        let rest = content.get(offset..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(Status::WRONG_OFFSET)?;
        let length = rest.len().min(command.expected.unwrap_or(0));
        Ok(rest[..length].to_vec())
    }

    /// What can be read of a file, if the reader may.
    fn content(&self, file: ElementaryFile, command: &Command<'_>) -> Result<&[u8], Status> {
        // A living file is read by the holder's programs, a pending one by the issuer, who has
        // the channel in place of the PIN.
        let by_issuer = file.is_pending() && command.class == Class::Secured;
        if by_issuer {
            command.require_issuer()?;
        } else {
            command.of_class(Class::Interindustry)?;
        }
        match file {
            ElementaryFile::Certificate(slot) => {
                if !by_issuer {
                    self.signing_pin.require_verified()?;
                }
                Ok(self.slot(slot).map_or(&[], |slot| slot.certificate.octets()))
            }
            ElementaryFile::CaCertificate(slot) => {
                Ok(self.slot(slot).map_or(&[], |slot| slot.ca_certificate.octets()))
            }
            ElementaryFile::TokenInformation => Ok(TOKEN_INFORMATION),
            ElementaryFile::AuthenticationPlaceholder => Ok(AUTHENTICATION_PLACEHOLDER),
            ElementaryFile::AuthenticationKey
            | ElementaryFile::SigningKey(_)
            | ElementaryFile::Pin(_) => Err(Status::WRONG_KIND_OF_FILE),
        }
    }

    fn slot(&self, name: SlotName) -> Option<&Slot> {
        match name {
            SlotName::Living => self.living.as_ref(),
            SlotName::Pending => self.pending.as_ref(),
        }
    }

    /// GET DATA: the card's number or its life cycle, before anything is selected too.
    pub(crate) fn get_data(&self, command: &Command<'_>) -> Result<Vec<u8>, Status> {
        command.without_data()?;
        let data = match (command.p1, command.p2) {
            (0x00, 0x45) => self.number.as_str().as_bytes().to_vec(),
            (0x9F, 0x70) => vec![self.life_cycle().octet()],
            _ => return Err(Status::UNKNOWN_REFERENCE),
        };
        command.with_room_for(data.len())?;
        Ok(data)
    }

    /// VERIFY: without data, how many tries are left; with data, compares the PIN.
    fn verify(&mut self, command: &Command<'_>) -> Result<(), Status> {
        command.of_class(Class::Interindustry)?;
        command.with_parameters(0x00, 0x80)?;
        let pin = self.current_pin()?;
        if command.data.is_empty() {
            Err(Status::tries_left(pin.tries_left()))
        } else {
            pin.verify(command.data)
        }
    }

    /// CHANGE REFERENCE DATA (P1 01: only the new PIN is given).
    fn change_reference_data(&mut self, command: &Command<'_>) -> Result<(), Status> {
        command.of_class(Class::Interindustry)?;
        command.with_parameters(0x01, 0x80)?;
        self.current_pin()?.set(command.data)
    }

    /// The PIN whose EF is selected.
    pub(crate) fn current_pin(&mut self) -> Result<&mut Pin, Status> {
        match self.current_file()? {
            ElementaryFile::Pin(PinName::Signing) => Ok(&mut self.signing_pin),
            ElementaryFile::Pin(PinName::Authentication) => Ok(&mut self.authentication_pin),
            _ => Err(Status::WRONG_KIND_OF_FILE),
        }
    }

    /// PERFORM SECURITY OPERATION: signs a DigestInfo with the selected key, after its PIN.
    fn sign(&mut self, command: &Command<'_>, rng: &mut impl CryptoRng) -> Result<Vec<u8>, Status> {
        command.of_class(Class::Proprietary)?;
        command.with_parameters(0x00, 0x80)?;
        command.with_room_for(MODULUS_OCTETS)?;
        let (pin, slot) = match self.current_file()? {
            ElementaryFile::SigningKey(slot) => (&self.signing_pin, self.slot(slot)),
            ElementaryFile::AuthenticationKey => (&self.authentication_pin, None),
            _ => return Err(Status::WRONG_KIND_OF_FILE),
        };
        pin.require_verified()?;
        let slot = slot.ok_or(Status::CONDITIONS_NOT_SATISFIED)?;
        slot.key.sign(command.data, rng)
    }
}
