//! Command APDUs (ISO/IEC 7816-4 §5.2): class, instruction, parameters, data, expected length.

use akashi_scp03::KeyVersion;

use crate::status::Status;

/// The class octet (ISO/IEC 7816-4 §5.4.1), as far as this card knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// 00: as the standard defines the instruction.
    Interindustry,
    /// 80: as the application defines the instruction.
    Proprietary,
    /// 84: the same, inside the issuer's secure channel.
    Secured,
}

/// On whose behalf a command is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    /// Whoever has the card in a reader.
    Anybody,
    /// Who knows a key set of the card.
    Issuer(KeyVersion),
}

/// The instruction octet (ISO/IEC 7816-4 §5.4.2; -8 for keys and signatures; -9 for ACTIVATE
/// and TERMINATE).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Instruction {
    /// 50 INITIALIZE UPDATE (GlobalPlatform): asks for a secure channel.
    InitializeUpdate,
    /// 82 EXTERNAL AUTHENTICATE: the host shows that it knows the card's keys.
    ExternalAuthenticate,
    /// 20 VERIFY.
    Verify,
    /// 24 CHANGE REFERENCE DATA: set a new PIN.
    ChangeReferenceData,
    /// 2A PERFORM SECURITY OPERATION: sign.
    PerformSecurityOperation,
    /// 2C RESET RETRY COUNTER: open the PIN window.
    ResetRetryCounter,
    /// 44 ACTIVATE: the pending slot becomes the living one.
    Activate,
    /// 47 GENERATE ASYMMETRIC KEY PAIR.
    GenerateKeyPair,
    /// A4 SELECT.
    Select,
    /// B0 READ BINARY.
    ReadBinary,
    /// CA GET DATA: the card's number, or its life cycle.
    GetData,
    /// D6 UPDATE BINARY: write a block of a pending certificate.
    UpdateBinary,
    /// FE TERMINATE CARD USAGE: the end.
    TerminateCardUsage,
}

/// A command, taken apart. Borrows from the octets that came in.
#[derive(Clone, Copy)]
pub(crate) struct Command<'a> {
    /// Class.
    pub class: Class,
    /// Instruction.
    pub instruction: Instruction,
    /// Class and instruction as they came.
    pub octets: [u8; 2],
    /// Whether the lengths are extended.
    pub extended: bool,
    /// On whose behalf it is.
    pub by: By,
    /// P1.
    pub p1: u8,
    /// P2.
    pub p2: u8,
    /// The data field; empty when absent.
    pub data: &'a [u8],
    /// Le: the most octets of data that the answer may have, if it may have any.
    pub expected: Option<usize>,
}

impl<'a> Command<'a> {
    /// Takes a command apart; all four cases, short and extended (ISO/IEC 7816-4 §5.2).
    pub fn parse(octets: &'a [u8]) -> Result<Self, Status> {
        let &[class_octet, instruction_octet, p1, p2, ref body @ ..] = octets else {
            return Err(Status::WRONG_LENGTH);
        };
        let class = Class::parse(class_octet)?;
        let instruction = Instruction::parse(instruction_octet)?;
        let (data, expected) = parse_body(body)?;
        let octets = [class_octet, instruction_octet];
        let extended = matches!(body, [0, _, _, ..]);
        let by = By::Anybody;
        Ok(Self { class, instruction, octets, extended, by, p1, p2, data, expected })
    }

    /// Class, instruction, P1 and P2, as they came.
    pub fn header(&self) -> [u8; 4] {
        let [class, instruction] = self.octets;
        [class, instruction, self.p1, self.p2]
    }

    /// Refuses what is reserved to the authority when the command is not its own.
    pub fn require_issuer(&self) -> Result<(), Status> {
        match self.by {
            By::Issuer(KeyVersion::Authority) => Ok(()),
            By::Issuer(KeyVersion::Municipality) | By::Anybody => {
                Err(Status::SECURITY_NOT_SATISFIED)
            }
        }
    }

    /// Refuses what only the authority and the holder's municipality may do.
    pub fn require_issuer_or_municipality(&self) -> Result<(), Status> {
        match self.by {
            By::Issuer(_) => Ok(()),
            By::Anybody => Err(Status::SECURITY_NOT_SATISFIED),
        }
    }

    /// Refuses any other class than this one.
    pub fn of_class(&self, class: Class) -> Result<(), Status> {
        if self.class == class { Ok(()) } else { Err(Status::WRONG_CLASS) }
    }

    /// Refuses any other P1 and P2 than these.
    pub fn with_parameters(&self, p1: u8, p2: u8) -> Result<(), Status> {
        if (self.p1, self.p2) == (p1, p2) { Ok(()) } else { Err(Status::WRONG_PARAMETERS) }
    }

    /// Refuses a data field.
    pub fn without_data(&self) -> Result<(), Status> {
        if self.data.is_empty() { Ok(()) } else { Err(Status::WRONG_LENGTH) }
    }

    /// Refuses a command whose Le leaves no room for an answer of so many octets.
    pub fn with_room_for(&self, octets: usize) -> Result<(), Status> {
        match self.expected {
            Some(expected) if expected >= octets => Ok(()),
            _ => Err(Status::WRONG_LENGTH),
        }
    }

    /// P1-P2 as an offset into the selected EF; no short EF identifiers (P1 bit 8).
    pub fn offset(&self) -> Result<usize, Status> {
        if self.p1 & 0x80 == 0 {
            Ok(usize::from(u16::from_be_bytes([self.p1, self.p2])))
        } else {
            Err(Status::WRONG_PARAMETERS)
        }
    }
}

impl Class {
    fn parse(octet: u8) -> Result<Self, Status> {
        match octet {
            0x00 => Ok(Self::Interindustry),
            0x80 => Ok(Self::Proprietary),
            0x84 => Ok(Self::Secured),
            _ => Err(Status::WRONG_CLASS),
        }
    }
}

impl Instruction {
    fn parse(octet: u8) -> Result<Self, Status> {
        match octet {
            0x50 => Ok(Self::InitializeUpdate),
            0x82 => Ok(Self::ExternalAuthenticate),
            0x20 => Ok(Self::Verify),
            0x24 => Ok(Self::ChangeReferenceData),
            0x2A => Ok(Self::PerformSecurityOperation),
            0x2C => Ok(Self::ResetRetryCounter),
            0x44 => Ok(Self::Activate),
            0x47 => Ok(Self::GenerateKeyPair),
            0xA4 => Ok(Self::Select),
            0xB0 => Ok(Self::ReadBinary),
            0xCA => Ok(Self::GetData),
            0xD6 => Ok(Self::UpdateBinary),
            0xFE => Ok(Self::TerminateCardUsage),
            _ => Err(Status::UNKNOWN_INSTRUCTION),
        }
    }
}

/// Data field and Le from what follows the header.
fn parse_body(body: &[u8]) -> Result<(&[u8], Option<usize>), Status> {
    match body {
        [] => Ok((&[], None)),
        [le] => Ok((&[], Some(short(*le)))),
        [0, high, low] => Ok((&[], Some(extended(*high, *low)))),
        [0, high, low, rest @ ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            match split(rest, length)? {
                (data, []) => Ok((data, None)),
                (data, [high, low]) => Ok((data, Some(extended(*high, *low)))),
                _ => Err(Status::WRONG_LENGTH),
            }
        }
        [length, rest @ ..] => match split(rest, usize::from(*length))? {
            (data, []) => Ok((data, None)),
            (data, [le]) => Ok((data, Some(short(*le)))),
            _ => Err(Status::WRONG_LENGTH),
        },
    }
}

/// The data field of `length` octets, which is never empty when Lc is there, and the rest.
fn split(octets: &[u8], length: usize) -> Result<(&[u8], &[u8]), Status> {
    match octets.split_at_checked(length) {
        Some((data, rest)) if !data.is_empty() => Ok((data, rest)),
        _ => Err(Status::WRONG_LENGTH),
    }
}

/// Le of one octet: 00 means 256.
fn short(le: u8) -> usize {
    if le == 0 { 256 } else { usize::from(le) }
}

/// Le of two octets: 0000 means 65,536.
fn extended(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => 0x1_0000,
        le => usize::from(le),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(octets: &[u8]) -> Result<(Vec<u8>, Option<usize>), Status> {
        parse_body(octets).map(|(data, expected)| (data.to_vec(), expected))
    }

    #[test]
    fn all_seven_forms_of_a_body_are_understood() {
        assert_eq!(body(&[]), Ok((vec![], None)));
        assert_eq!(body(&[0x10]), Ok((vec![], Some(16))));
        assert_eq!(body(&[0x00]), Ok((vec![], Some(256))));
        assert_eq!(body(&[2, 7, 8]), Ok((vec![7, 8], None)));
        assert_eq!(body(&[2, 7, 8, 0]), Ok((vec![7, 8], Some(256))));
        assert_eq!(body(&[0, 1, 1]), Ok((vec![], Some(257))));
        assert_eq!(body(&[0, 0, 0]), Ok((vec![], Some(65_536))));
        assert_eq!(body(&[0, 0, 2, 7, 8]), Ok((vec![7, 8], None)));
        assert_eq!(body(&[0, 0, 2, 7, 8, 0, 0]), Ok((vec![7, 8], Some(65_536))));
    }

    #[test]
    fn a_body_whose_lengths_disagree_is_refused() {
        for octets in [
            &[0, 1][..],
            &[2, 7],
            &[2, 7, 8, 0, 0],
            &[0, 0, 0, 7],
            &[0, 0, 2, 7],
            &[0, 0, 2, 7, 8, 0],
            &[0, 0xFF, 0xFF, 7, 8, 0],
        ] {
            assert_eq!(body(octets), Err(Status::WRONG_LENGTH), "{octets:02X?}");
        }
    }
}
