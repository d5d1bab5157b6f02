//! A card of paper, for tests and measurements that need thousands of cards.
//!
//! It answers the issuer through the secure channel as a card does, in microseconds: it holds the
//! channel's keys and a public key, remembers what is written into it, and keeps no secret of a
//! holder. Whoever has the private key makes the proof of possession. It has no PIN.

use akashi_card::{Transport, TransportError};
use akashi_scp03::{Card, Challenged, KeySet};
use akashi_wire::CaseId;
use akashi_wire::act::Deed;
use akashi_wire::octets::Octets;
use der::Decode;
use spki::SubjectPublicKeyInfoOwned;

/// A card of paper.
pub struct PaperCard {
    number: String,
    keys: KeySet,
    template: Vec<u8>,
    channel: Channel,
    selected: u16,
    /// What was written into EFs 0001 and 0002, and is read back from 0101 and 0102.
    written: [Vec<u8>; 2],
}

enum Channel {
    Closed,
    Challenged(Box<Challenged>),
    Open(Box<Card>),
}

/// SW1 and SW2 of a refusal.
type Status = [u8; 2];

const DONE: Status = [0x90, 0x00];
const NO_CHANNEL: Status = [0x69, 0x82];
const NOT_THE_NEXT: Status = [0x69, 0x88];
const WRONG_CRYPTOGRAM: Status = [0x63, 0x00];
const UNKNOWN: Status = [0x6D, 0x00];

impl PaperCard {
    /// A card with this number and these keys, which will say that it made this public key
    /// (SubjectPublicKeyInfo, DER).
    pub fn new(number: &str, keys: KeySet, public_key: &[u8]) -> Self {
        Self {
            number: number.to_owned(),
            keys,
            template: template(public_key),
            channel: Channel::Closed,
            selected: 0,
            written: Default::default(),
        }
    }

    /// What a terminal hands in after it carried a run to this card.
    pub fn carried(&mut self, case: CaseId, run: &[Octets]) -> Deed {
        let mut answers = Vec::with_capacity(run.len());
        for command in run {
            answers.push(Octets(self.answer(&command.0)));
            if !answers.last().is_some_and(|answer| answer.0.ends_with(&DONE)) {
                break;
            }
        }
        Deed::CardAnswered { case, answers }
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        let answered = match command {
            [0x00, 0xA4, 0x04, ..] => {
                self.channel = Channel::Closed;
                Ok(DONE.to_vec())
            }
            [0x80, 0xCA, ..] => Ok([self.number.as_bytes(), &DONE].concat()),
            [0x80, 0x50, _, _, _, challenge @ .., _] => self.challenged(challenge),
            [0x84, 0x82, _, _, _, cryptogram @ ..] => self.authenticated(cryptogram),
            [0x84, instruction, p1, p2, rest @ ..] => {
                self.secured([0x84, *instruction, *p1, *p2], rest)
            }
            _ => Err(UNKNOWN),
        };
        answered.unwrap_or_else(|status| status.to_vec())
    }

    fn challenged(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Status> {
        let challenge = challenge.try_into().map_err(|_| UNKNOWN)?;
        let own = rand::random();
        let (challenged, answer) = Challenged::new(&self.keys, challenge, &own, &[0; 10]);
        self.channel = Channel::Challenged(Box::new(challenged));
        Ok([&answer[..], &DONE].concat())
    }

    fn authenticated(&mut self, cryptogram: &[u8]) -> Result<Vec<u8>, Status> {
        let closed = std::mem::replace(&mut self.channel, Channel::Closed);
        let Channel::Challenged(challenged) = closed else { return Err(NO_CHANNEL) };
        let card = challenged.authenticate(cryptogram, false).ok_or(WRONG_CRYPTOGRAM)?;
        self.channel = Channel::Open(Box::new(card));
        Ok(DONE.to_vec())
    }

    fn secured(&mut self, header: [u8; 4], rest: &[u8]) -> Result<Vec<u8>, Status> {
        let closed = std::mem::replace(&mut self.channel, Channel::Closed);
        let Channel::Open(mut card) = closed else { return Err(NO_CHANNEL) };
        let (protected, extended) = data(rest).ok_or(UNKNOWN)?;
        let plain = card.open(&header, protected, extended).ok_or(NOT_THE_NEXT)?;
        let answer = self.performed(header, &plain).map(|data| card.wrap(&data, DONE));
        self.channel = Channel::Open(card);
        answer
    }

    fn performed(
        &mut self,
        [_, instruction, p1, p2]: [u8; 4],
        data: &[u8],
    ) -> Result<Vec<u8>, Status> {
        let offset = usize::from(u16::from_be_bytes([p1, p2]));
        match instruction {
            0x47 => Ok(self.template.clone()),
            0xA4 => {
                self.selected = u16::from_be_bytes(data.try_into().map_err(|_| UNKNOWN)?);
                Ok(Vec::new())
            }
            0xD6 => {
                let file = self.file()?;
                file.truncate(offset);
                file.extend(data);
                Ok(Vec::new())
            }
            0xB0 => {
                let rest = self.file()?.get(offset..).unwrap_or_default();
                Ok(rest[..rest.len().min(239)].to_vec())
            }
            0x2C | 0x44 => Ok(Vec::new()),
            _ => Err(UNKNOWN),
        }
    }

    fn file(&mut self) -> Result<&mut Vec<u8>, Status> {
        match self.selected & 0xFF {
            number @ (1 | 2) => Ok(&mut self.written[usize::from(number) - 1]),
            _ => Err([0x6A, 0x82]),
        }
    }
}

impl Transport for PaperCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        Ok(self.answer(command))
    }
}

/// The data field of a command, and whether its length is extended.
fn data(rest: &[u8]) -> Option<(&[u8], bool)> {
    match rest {
        [0, high, low, rest @ ..] => {
            Some((rest.get(..usize::from(u16::from_be_bytes([*high, *low])))?, true))
        }
        [length, rest @ ..] => Some((rest.get(..usize::from(*length))?, false)),
        [] => None,
    }
}

/// The public key template `7F49 {81 n, 82 e}` of an RSA key.
fn template(public_key: &[u8]) -> Vec<u8> {
    let Ok(key) = SubjectPublicKeyInfoOwned::from_der(public_key) else { return Vec::new() };
    let numbers = key.subject_public_key.raw_bytes();
    let Ok(key) = rsa_numbers(numbers) else { return Vec::new() };
    let [modulus, exponent] = key;
    let object = |tag: &[u8], value: &[u8]| {
        let [.., high, low] = value.len().to_be_bytes();
        [tag, &[0x82, high, low], value].concat()
    };
    object(&[0x7F, 0x49], &[object(&[0x81], &modulus), object(&[0x82], &exponent)].concat())
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017 §A.1.1).
fn rsa_numbers(der: &[u8]) -> der::Result<[Vec<u8>; 2]> {
    let numbers = Vec::<der::asn1::Uint>::from_der(der)?;
    let number = |at: usize| numbers.get(at).map(|number| number.as_bytes().to_vec());
    number(0)
        .zip(number(1))
        .map(|(modulus, exponent)| [modulus, exponent])
        .ok_or_else(|| der::ErrorKind::Failed.into())
}
