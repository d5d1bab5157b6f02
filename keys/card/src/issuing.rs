//! What the issuer tells a card, before it is wrapped for the secure channel: a new key pair in the
//! pending slot, its certificates, the switch, the PIN window.
//!
//! The terminal never gives these commands: it carries them, wrapped ([`Card::carry`]). So they are
//! values here, and whoever holds the card's keys makes octets of them.
//!
//! [`Card::carry`]: crate::Card::carry

use crate::card::{CA_CERTIFICATE, CERTIFICATE, SIGNING_PIN, certificate_length};
use crate::error::CardError;
use crate::public_key;

/// The EF through which the pending signing certificate is read back.
const PENDING_CERTIFICATE: u16 = 0x0101;
/// The EF through which the pending certificate of the authority is read back.
const PENDING_CA_CERTIFICATE: u16 = 0x0102;

/// The longest certificate that a card takes, in octets: an issuer makes none that is longer.
pub const CERTIFICATE_ROOM: usize = 4096;

/// Octets of a certificate in one UPDATE BINARY: the most that, enciphered and authenticated,
/// still fits into a command of short length.
const WRITE_BLOCK: usize = 224;
/// Octets in one READ BINARY: the most whose protected form is no longer than 256.
const READ_BLOCK: usize = 239;

/// Octets of the public key template `7F49 {81 n, 82 e}` of RSA-2048.
const PUBLIC_KEY: usize = 270;

/// The control reference template that names the signing key (ISO/IEC 7816-4 §10.3).
const SIGNING_KEY_TEMPLATE: [u8; 5] = [0xB6, 0x03, 0x84, 0x01, 0x1A];

/// SELECT by EF identifier, no answer data.
const SELECT_FILE: [u8; 3] = [0xA4, 0x02, 0x0C];
/// GENERATE ASYMMETRIC KEY PAIR, into the pending slot.
const GENERATE: [u8; 3] = [0x47, 0x80, 0x00];
/// GENERATE ASYMMETRIC KEY PAIR, reading the pending public key only.
const PENDING_PUBLIC_KEY: [u8; 3] = [0x47, 0x81, 0x00];
/// ACTIVATE: pending becomes living.
const ACTIVATE: [u8; 3] = [0x44, 0x00, 0x00];
/// RESET RETRY COUNTER: opens the PIN window.
const OPEN_PIN_WINDOW: [u8; 3] = [0x2C, 0x02, 0x80];
/// READ BINARY.
const READ: u8 = 0xB0;
/// UPDATE BINARY.
const UPDATE: u8 = 0xD6;

/// One command of the issuer. Its class is 84.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerCommand {
    /// Instruction, P1, P2.
    pub instruction: [u8; 3],
    /// The data field; empty when there is none.
    pub data: Vec<u8>,
    /// Octets of data in the answer, at most.
    pub answer: usize,
}

impl IssuerCommand {
    fn plain(instruction: [u8; 3]) -> Self {
        Self { instruction, data: Vec::new(), answer: 0 }
    }

    fn select(file: u16) -> Self {
        Self { instruction: SELECT_FILE, data: file.to_be_bytes().to_vec(), answer: 0 }
    }

    fn about_the_key(instruction: [u8; 3]) -> Self {
        Self { instruction, data: SIGNING_KEY_TEMPLATE.to_vec(), answer: PUBLIC_KEY }
    }
}

/// Makes a new RSA-2048 pair in the pending slot. The living pair stays usable; a pending one that
/// was not activated is lost. [`public_key`] reads the answer.
pub fn make_key_pair() -> IssuerCommand {
    IssuerCommand::about_the_key(GENERATE)
}

/// Asks for the pending public key once more. [`public_key`] reads the answer.
pub fn pending_public_key() -> IssuerCommand {
    IssuerCommand::about_the_key(PENDING_PUBLIC_KEY)
}

/// SubjectPublicKeyInfo (DER, rsaEncryption, RFC 3279 §2.3.1) of the key that the card made.
///
/// # Errors
/// [`CardError::WrongKindOfKey`] unless it is RSA-2048 with exponent 65537.
pub fn public_key(answer: &[u8]) -> Result<Vec<u8>, CardError> {
    let malformed = CardError::MalformedAnswer { instruction: GENERATE[0] };
    let (modulus, exponent) = public_key::parse(answer).ok_or(malformed)?;
    public_key::subject_public_key_info(modulus, exponent)
}

/// Opens the window through which one new signing PIN can be set without the old one: a first PIN,
/// or a reset. Forgotten on power off and reset.
pub fn open_pin_window() -> [IssuerCommand; 2] {
    [IssuerCommand::select(SIGNING_PIN), IssuerCommand::plain(OPEN_PIN_WINDOW)]
}

/// Writes the signing certificate and its authority's (both DER) into the pending slot, in blocks.
/// May be repeated, for instance after the card was torn out.
///
/// # Errors
/// [`CardError::NotACertificate`] when one is not the DER of a certificate that the card can hold.
pub fn write_certificates(
    certificate: &[u8],
    ca_certificate: &[u8],
) -> Result<Vec<IssuerCommand>, CardError> {
    let mut commands = Vec::new();
    for (file, octets) in [(CERTIFICATE, certificate), (CA_CERTIFICATE, ca_certificate)] {
        if certificate_length(octets) != Some(octets.len()) || octets.len() > CERTIFICATE_ROOM {
            return Err(CardError::NotACertificate { octets: octets.len() });
        }
        commands.push(IssuerCommand::select(file));
        commands.extend(octets.chunks(WRITE_BLOCK).enumerate().map(|(index, block)| {
            let instruction = at(UPDATE, index * WRITE_BLOCK);
            IssuerCommand { instruction, data: block.to_vec(), answer: 0 }
        }));
    }
    Ok(commands)
}

/// Reads both pending certificates back, so many octets of each; one after the other, the data of
/// the answers is both, one after the other.
pub fn read_certificates(certificate: usize, ca_certificate: usize) -> Vec<IssuerCommand> {
    let mut commands = Vec::new();
    let files = [(PENDING_CERTIFICATE, certificate), (PENDING_CA_CERTIFICATE, ca_certificate)];
    for (file, octets) in files {
        commands.push(IssuerCommand::select(file));
        commands.extend((0..octets).step_by(READ_BLOCK).map(|offset| IssuerCommand {
            instruction: at(READ, offset),
            data: Vec::new(),
            answer: READ_BLOCK.min(octets - offset),
        }));
    }
    commands
}

/// Switches: the pending pair and certificates become the living ones, and the former living ones
/// are gone. One command, so it happens or it does not.
pub fn activate() -> IssuerCommand {
    IssuerCommand::plain(ACTIVATE)
}

/// READ BINARY or UPDATE BINARY at an offset (at most 32,767).
fn at(instruction: u8, offset: usize) -> [u8; 3] {
    debug_assert!(offset <= 0x7FFF, "every offset comes from a length checked before");
    let [.., high, low] = offset.to_be_bytes();
    [instruction, high & 0x7F, low]
}
