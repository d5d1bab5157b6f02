//! A reader with a soft card in it, and an authority that is openssl.
//!
//! Nothing here parses or signs by the code under test: openssl, another implementation, makes
//! the certificates and judges requests and signatures.

#![allow(dead_code)] // each test binary uses its own part

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use akashi_card::issuing::{self, IssuerCommand};
use akashi_card::{Card, CardError, SigningPin, Transport, TransportError};
use akashi_softcard::SoftCard;
use rand::rngs::ThreadRng;

/// The number of every card here.
pub const NUMBER: &str = "AKASHI0000000001";
/// The resident's PIN.
pub const PIN: &str = "ABC123";
/// A case's challenge.
pub const CHALLENGE: &[u8] = &[0xC0, 0xFF, 0xEE, 0x00, 0x19];

/// A reader with a card in it.
pub struct Reader {
    pub card: SoftCard,
    rng: ThreadRng,
    /// Commands until the card is torn out.
    patience: Option<usize>,
    /// Whether the command that tears the card out still reaches it.
    pub reaches_card: bool,
}

impl Reader {
    pub fn with(card: SoftCard) -> Self {
        Self { card, rng: rand::rng(), patience: None, reaches_card: false }
    }

    /// A reader with a copy of the card whose memory this is.
    pub fn with_memory(memory: &str) -> Self {
        Self::with(serde_json::from_str(memory).expect("a card's memory"))
    }

    /// The card's memory.
    pub fn memory(&self) -> String {
        serde_json::to_string(&self.card).expect("a card's memory")
    }

    /// Lets so many commands through; at the next the card leaves the reader, once.
    pub fn tear_out_after(&mut self, commands: usize) {
        self.patience = Some(commands);
    }
}

impl Transport for Reader {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match self.patience {
            Some(0) => {
                self.patience = None;
                if self.reaches_card {
                    self.card.transmit(command, &mut self.rng);
                }
                self.card.reset();
                return Err(TransportError::CardRemoved {
                    reason: "torn out by the test".to_owned(),
                });
            }
            Some(left) => self.patience = Some(left - 1),
            None => {}
        }
        Ok(self.card.transmit(command, &mut self.rng))
    }
}

/// An issuer at the card of these tests, which believes every issuing command: without a channel.
pub trait Issuer {
    fn tell(&mut self, command: &IssuerCommand) -> Result<Vec<u8>, CardError>;
    fn generate_key_pair(&mut self) -> Result<Vec<u8>, CardError>;
    fn pending_public_key(&mut self) -> Result<Vec<u8>, CardError>;
    fn open_pin_window(&mut self) -> Result<(), CardError>;
    fn write_pending(&mut self, certificate: &[u8], ca_certificate: &[u8])
    -> Result<(), CardError>;
    fn read_pending(&mut self, certificate: usize, ca: usize) -> Result<Vec<u8>, CardError>;
    fn activate(&mut self) -> Result<(), CardError>;
    fn prove(&mut self, challenge: &[u8]) -> Result<Vec<u8>, CardError>;
}

impl<T: Transport> Issuer for Card<T> {
    fn tell(&mut self, command: &IssuerCommand) -> Result<Vec<u8>, CardError> {
        let [.., high, low] = command.answer.to_be_bytes();
        let length = command.data.len() as u8;
        let mut octets = vec![0x84];
        octets.extend(command.instruction);
        match (length, command.answer) {
            (0, 0) => {}
            (0, _) => octets.push(low),
            (_, 0) => octets.push(length),
            _ => octets.extend([0, 0, length]),
        }
        octets.extend(&command.data);
        if length > 0 && command.answer > 0 {
            octets.extend([high, low]);
        }
        let mut answer = self.carry(&[octets])?.remove(0);
        let status = answer.split_off(answer.len() - 2);
        match u16::from_be_bytes([status[0], status[1]]) {
            0x9000 => Ok(answer),
            status => {
                let instruction = command.instruction[0];
                Err(CardError::UnexpectedAnswer { instruction, status })
            }
        }
    }

    fn generate_key_pair(&mut self) -> Result<Vec<u8>, CardError> {
        issuing::public_key(&self.tell(&issuing::make_key_pair())?)
    }

    fn pending_public_key(&mut self) -> Result<Vec<u8>, CardError> {
        issuing::public_key(&self.tell(&issuing::pending_public_key())?)
    }

    fn open_pin_window(&mut self) -> Result<(), CardError> {
        issuing::open_pin_window().iter().try_for_each(|command| self.tell(command).map(|_| ()))
    }

    fn write_pending(
        &mut self,
        certificate: &[u8],
        ca_certificate: &[u8],
    ) -> Result<(), CardError> {
        let commands = issuing::write_certificates(certificate, ca_certificate)?;
        commands.iter().try_for_each(|command| self.tell(command).map(|_| ()))
    }

    fn read_pending(&mut self, certificate: usize, ca: usize) -> Result<Vec<u8>, CardError> {
        let commands = issuing::read_certificates(certificate, ca);
        let read: Result<Vec<_>, _> = commands.iter().map(|command| self.tell(command)).collect();
        Ok(read?.concat())
    }

    fn activate(&mut self) -> Result<(), CardError> {
        self.tell(&issuing::activate()).map(|_| ())
    }

    fn prove(&mut self, challenge: &[u8]) -> Result<Vec<u8>, CardError> {
        let public_key = self.pending_public_key()?;
        self.proof_of_possession(&public_key, challenge)
    }
}

/// The refusal of a command that builds on what is missing.
pub fn not_satisfied(instruction: u8) -> CardError {
    CardError::UnexpectedAnswer { instruction, status: 0x6985 }
}

pub fn pin(text: &str) -> SigningPin {
    text.parse().expect("a PIN")
}

pub fn factory_card() -> SoftCard {
    SoftCard::new(NUMBER.parse().expect("a card number"))
}

/// The memory of a card with a PIN and a pending key, made once.
pub fn card_with_pending_key() -> &'static str {
    static MEMORY: OnceLock<String> = OnceLock::new();
    MEMORY.get_or_init(|| {
        let mut reader = Reader::with(factory_card());
        let mut card = Card::open(&mut reader).expect("open");
        card.open_pin_window().expect("window");
        card.set_pin(&pin(PIN)).expect("set PIN");
        card.generate_key_pair().expect("key pair");
        reader.memory()
    })
}

/// The memory of a card with a living certificate, made once; and that certificate.
pub fn issued_card() -> &'static (String, Vec<u8>) {
    static MEMORY: OnceLock<(String, Vec<u8>)> = OnceLock::new();
    MEMORY.get_or_init(|| {
        let mut reader = Reader::with_memory(card_with_pending_key());
        let mut card = Card::open(&mut reader).expect("open");
        card.verify_pin(&pin(PIN)).expect("verify");
        let request = card.prove(CHALLENGE).expect("request");
        let certificate = authority().issue(&request);
        card.write_pending(&certificate, &authority().certificate).expect("write");
        card.activate().expect("activate");
        (reader.memory(), certificate)
    })
}

/// The memory of a card with a living certificate and a second, pending key, made once.
pub fn renewing_card() -> &'static str {
    static MEMORY: OnceLock<String> = OnceLock::new();
    MEMORY.get_or_init(|| {
        let mut reader = Reader::with_memory(&issued_card().0);
        let mut card = Card::open(&mut reader).expect("open");
        card.generate_key_pair().expect("key pair");
        reader.memory()
    })
}

/// An authority run with openssl.
pub struct Authority {
    key: Vec<u8>,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
}

/// The authority of all tests, made once.
pub fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        openssl(
            folder.path(),
            "req -x509 -newkey rsa:2048 -nodes -subj /C=JP/O=Akashi -days 3650 \
             -keyout key.pem -outform DER -out ca.der",
        );
        Authority {
            key: read(folder.path(), "key.pem"),
            certificate: read(folder.path(), "ca.der"),
        }
    })
}

impl Authority {
    /// A certificate (DER) for a request (DER).
    pub fn issue(&self, request: &[u8]) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "key.pem", &self.key);
        write(folder.path(), "ca.der", &self.certificate);
        write(folder.path(), "request.der", request);
        openssl(
            folder.path(),
            "x509 -req -inform DER -in request.der -CAform DER -CA ca.der -CAkey key.pem \
             -set_serial 4711 -days 1096 -outform DER -out certificate.der",
        );
        read(folder.path(), "certificate.der")
    }
}

/// What `openssl req -verify` prints about a request; fails unless it verifies.
pub fn verify_request(request: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "request.der", request);
    openssl(folder.path(), "req -verify -inform DER -in request.der -noout -text")
}

/// Fails unless openssl accepts the signature of `message` by the key of `certificate`.
pub fn verify_signature(certificate: &[u8], message: &[u8], signature: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "certificate.der", certificate);
    write(folder.path(), "message", message);
    write(folder.path(), "signature", signature);
    openssl(folder.path(), "x509 -inform DER -in certificate.der -noout -pubkey -out key.pem");
    let said = openssl(folder.path(), "dgst -sha256 -verify key.pem -signature signature message");
    assert!(said.contains("Verified OK"), "{said}");
}

/// Runs openssl; what it printed. A missing openssl is a failed test, not a skipped one.
fn openssl(folder: &Path, arguments: &str) -> String {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl judges these tests; install it (apt-get install openssl)");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "openssl {arguments}:\n{said}");
    said
}

fn write(folder: &Path, name: &str, octets: &[u8]) {
    std::fs::write(folder.join(name), octets).expect("write a file");
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).expect("read a file")
}
