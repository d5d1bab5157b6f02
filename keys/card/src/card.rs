//! A card in a reader: its application, its PIN, its certificates.

use crate::answer::{Answer, DONE, NOT_FOUND, PIN_LOCKED, SECURITY_NOT_SATISFIED, TERMINATED};
use crate::command::{self, Command};
use crate::error::CardError;
use crate::number::CardNumber;
use crate::pin::SigningPin;
use crate::transport::Transport;

/// The application identifier of the JPKI application.
const AID: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];

/// The EF of the signing PIN.
pub(crate) const SIGNING_PIN: u16 = 0x001B;
/// The EF of the signing certificate. While issuing, writing it writes the pending one.
pub(crate) const CERTIFICATE: u16 = 0x0001;
/// The EF of the authority's certificate. While issuing, writing it writes the pending one.
pub(crate) const CA_CERTIFICATE: u16 = 0x0002;

/// The most octets one READ BINARY of short length gives.
const READ_BLOCK: usize = 256;

/// A card in a reader, with its JPKI application selected.
///
/// The card forgets everything but its memory on power off and reset: after
/// [`CardError::CardRemoved`] call [`Card::select`] and verify the PIN again.
pub struct Card<T> {
    transport: T,
}

impl<T: Transport> Card<T> {
    /// Selects the JPKI application of the card behind `transport`.
    pub fn open(transport: T) -> Result<Self, CardError> {
        let mut card = Self { transport };
        card.select()?;
        Ok(card)
    }

    /// Gives the transport back.
    pub fn into_transport(self) -> T {
        self.transport
    }

    /// Selects the JPKI application again, which forgets that a PIN was verified.
    pub fn select(&mut self) -> Result<(), CardError> {
        let answer = self.ask(Command::with_data(command::SELECT_APPLICATION, &AID))?;
        match answer.status {
            TERMINATED => Err(CardError::Terminated),
            _ => answer.done_or(NOT_FOUND, CardError::NotOurCard).map(|_| ()),
        }
    }

    /// The number printed on the card: compare it with the case's before anything else.
    pub fn number(&mut self) -> Result<CardNumber, CardError> {
        let answer = self.ask(Command::expecting(command::CARD_NUMBER, CardNumber::LENGTH))?;
        let malformed = answer.malformed();
        let text = String::from_utf8(answer.done()?).map_err(|_| malformed.clone())?;
        text.parse().map_err(|_| malformed)
    }

    /// Tries left for the signing PIN: 0 to 5. A PIN that was never set has none.
    pub fn pin_tries_left(&mut self) -> Result<u8, CardError> {
        self.select_file(SIGNING_PIN)?;
        let answer = self.ask(Command::plain(command::VERIFY))?;
        answer.tries_left().ok_or_else(|| answer.unexpected())
    }

    /// Verifies the signing PIN, for as long as the card stays selected and powered.
    ///
    /// A wrong PIN costs one of five tries and forgets an earlier right one.
    pub fn verify_pin(&mut self, pin: &SigningPin) -> Result<(), CardError> {
        self.select_file(SIGNING_PIN)?;
        let answer = self.ask(Command::with_data(command::VERIFY, pin.octets()))?;
        match (answer.status, answer.tries_left()) {
            (DONE, _) => Ok(()),
            (PIN_LOCKED, _) | (_, Some(0)) => Err(CardError::PinLocked),
            (_, Some(left)) => Err(CardError::WrongPin { left }),
            _ => Err(answer.unexpected()),
        }
    }

    /// Changes the signing PIN: verifies the current one, then sets the new one.
    pub fn change_pin(&mut self, current: &SigningPin, new: &SigningPin) -> Result<(), CardError> {
        self.verify_pin(current)?;
        self.ask(Command::with_data(command::CHANGE_PIN, new.octets()))?
            .done_or(SECURITY_NOT_SATISFIED, CardError::PinNeeded)?;
        Ok(())
    }

    /// Sets the signing PIN through the window that the issuer opened; unlocks it and closes the
    /// window. The new PIN still has to be verified before it is good for anything.
    pub fn set_pin(&mut self, new: &SigningPin) -> Result<(), CardError> {
        self.select_file(SIGNING_PIN)?;
        self.ask(Command::with_data(command::CHANGE_PIN, new.octets()))?
            .done_or(SECURITY_NOT_SATISFIED, CardError::PinWindowClosed)?;
        Ok(())
    }

    /// Carries commands of the issuer to the card, as they are, up to the first that it does not
    /// answer with 9000. Gives the answers, SW1 and SW2 included: for the issuer, not for us.
    pub fn carry(&mut self, run: &[impl AsRef<[u8]>]) -> Result<Vec<Vec<u8>>, CardError> {
        let mut answers = Vec::with_capacity(run.len());
        for command in run {
            let answer = self.transport.transmit(command.as_ref())?;
            let done = answer.ends_with(&DONE.to_be_bytes());
            answers.push(answer);
            if !done {
                break;
            }
        }
        Ok(answers)
    }

    /// The living signing certificate (DER). It states who the holder is: the card gives it only
    /// after the PIN.
    pub fn read_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.read_file(CERTIFICATE)
    }

    /// The certificate (DER) of the authority that issued the living one. Needs no PIN.
    pub fn read_ca_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.read_file(CA_CERTIFICATE)
    }

    /// Sends a command and takes its answer apart.
    pub(crate) fn ask(&mut self, command: Command) -> Result<Answer, CardError> {
        let octets = self.transport.transmit(command.octets())?;
        Answer::parse(command.instruction(), octets)
    }

    /// Selects an EF.
    pub(crate) fn select_file(&mut self, identifier: u16) -> Result<(), CardError> {
        self.try_select_file(identifier)?.done()?;
        Ok(())
    }

    /// Selects an EF that may not be there.
    pub(crate) fn try_select_file(&mut self, identifier: u16) -> Result<Answer, CardError> {
        self.ask(Command::with_data(command::SELECT_FILE, &identifier.to_be_bytes()))
    }

    /// Reads the certificate in an EF, in blocks, as long as its DER header says.
    fn read_file(&mut self, identifier: u16) -> Result<Vec<u8>, CardError> {
        self.try_select_file(identifier)?.done_or(NOT_FOUND, CardError::NoCertificate)?;
        let mut content = self.read_block(0, READ_BLOCK)?;
        let malformed = CardError::MalformedAnswer { instruction: command::READ[1] };
        let length = certificate_length(&content).ok_or(malformed.clone())?;
        while content.len() < length {
            let wanted = (length - content.len()).min(READ_BLOCK);
            let block = self.read_block(content.len(), wanted)?;
            if block.is_empty() {
                return Err(malformed);
            }
            content.extend(block);
        }
        content.truncate(length);
        Ok(content)
    }

    fn read_block(&mut self, offset: usize, octets: usize) -> Result<Vec<u8>, CardError> {
        let answer = self.ask(Command::expecting(command::read_at(offset), octets))?;
        match answer.status {
            SECURITY_NOT_SATISFIED => Err(CardError::PinNeeded),
            NOT_FOUND => Err(CardError::NoCertificate),
            _ => answer.done(),
        }
    }
}

/// How long a certificate is, in octets, by its DER header: `30 82` and two octets of length, the
/// only form in which a certificate of ours, or of clients' expectations, begins.
pub(crate) fn certificate_length(octets: &[u8]) -> Option<usize> {
    match octets {
        [0x30, 0x82, high, low, ..] => {
            let length = 4 + usize::from(u16::from_be_bytes([*high, *low]));
            // Offsets have 15 bits.
            (length <= 0x8000).then_some(length)
        }
        _ => None,
    }
}
