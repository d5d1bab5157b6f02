//! The issuer's secure channel, seen from the card (GlobalPlatform SCP03, akashi_scp03).
//!
//! What arrives through the channel has a selection of its own: a terminal that selects another file
//! between two of the authority's commands does not turn them to it. What the holder's programs ask
//! meanwhile is answered as ever, and is never the issuer's.

use akashi_scp03::{
    Card, Challenged, INITIALIZE_UPDATE_OCTETS, KeySet, KeyVersion, MAC, plain_room,
};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::application::{Selection, SoftCard};
use crate::command::{By, Class, Command, Instruction};
use crate::number::CardNumber;
use crate::status::Status;

/// Authentications that may fail, one after the other, before a key set is dead. Nobody guesses 128
/// bits; a hundred failures are a terminal that tries something.
const LIMIT: u8 = 100;

/// A key set in the card's memory.
#[derive(Serialize, Deserialize)]
pub(crate) struct Access {
    keys: KeySet,
    left: u8,
}

/// Where the channel stands. Forgotten on power off, reset, and when the application is selected.
#[derive(Default)]
pub(crate) enum Channel {
    #[default]
    Closed,
    Challenged(Challenged),
    Open(Card, Selection),
}

impl SoftCard {
    /// A card from the factory that takes issuing commands only from whoever knows its keys.
    pub fn with_keys(number: CardNumber, keys: impl IntoIterator<Item = KeySet>) -> Self {
        let accesses = keys.into_iter().map(|keys| Access { keys, left: LIMIT }).collect();
        Self { accesses, ..Self::new(number) }
    }

    /// Whether a command must have come through the channel.
    pub(crate) fn is_for_channel(&self, command: &Command<'_>) -> bool {
        command.class == Class::Secured
            && command.instruction != Instruction::ExternalAuthenticate
            && !self.accesses.is_empty()
    }

    /// INITIALIZE UPDATE: P1 names the key set, 0 the authority's.
    pub(crate) fn initialize_update(
        &mut self,
        command: &Command<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Status> {
        self.channel = Channel::Closed;
        command.of_class(Class::Proprietary)?;
        if self.selection == Selection::Nothing {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        if command.p2 != 0 {
            return Err(Status::WRONG_PARAMETERS);
        }
        let host = command.data.try_into().map_err(|_| Status::WRONG_LENGTH)?;
        // Some hosts leave Le away here, as if the line were T=0.
        if command.expected.is_some() {
            command.with_room_for(INITIALIZE_UPDATE_OCTETS)?;
        }
        let version = match command.p1 {
            0 => Some(KeyVersion::Authority),
            number => KeyVersion::with_number(number),
        };
        let diversification = self.diversification();
        let access = version.and_then(|version| self.access(version));
        let access = access.ok_or(Status::UNKNOWN_REFERENCE)?;
        if access.left == 0 {
            return Err(Status::PIN_LOCKED);
        }
        let mut challenge = [0; 8];
        rng.fill_bytes(&mut challenge);
        let (challenged, answer) =
            Challenged::new(&access.keys, host, &challenge, &diversification);
        self.channel = Channel::Challenged(challenged);
        Ok(answer.to_vec())
    }

    /// EXTERNAL AUTHENTICATE: level 33, or none.
    pub(crate) fn external_authenticate(&mut self, command: &Command<'_>) -> Result<(), Status> {
        command.of_class(Class::Secured)?;
        let Channel::Challenged(challenged) = std::mem::take(&mut self.channel) else {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        };
        command.with_parameters(akashi_scp03::LEVEL, 0)?;
        // The try is spent before the comparison, as on a chip that may lose power in between.
        let access = self.access(challenged.version()).ok_or(Status::UNKNOWN_REFERENCE)?;
        access.left -= 1;
        let card = challenged
            .authenticate(command.data, command.extended)
            .ok_or(Status::WRONG_CRYPTOGRAM)?;
        access.left = LIMIT;
        self.channel = Channel::Open(card, Selection::Application);
        Ok(())
    }

    /// Unwraps a command, has it performed, and wraps the answer; the whole answer.
    pub(crate) fn secured(
        &mut self,
        command: &Command<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Status> {
        let Channel::Open(mut card, mut selection) = std::mem::take(&mut self.channel) else {
            return Err(Status::SECURITY_NOT_SATISFIED);
        };
        let data = card.open(&command.header(), command.data, command.extended);
        // A PIN must not come through the channel, and a host may send one.
        let data = Zeroizing::new(data.ok_or(Status::WRONG_SECURE_MESSAGING)?);
        // Every answer has octets here, those of its MAC at least: who sends no Le expects whatever
        // the form of the command allows.
        let most = if command.extended { 0x1_0000 } else { 256 };
        let room = command.expected.unwrap_or(most);
        let plain = Command {
            by: By::Issuer(card.version()),
            data: &data,
            expected: Some(plain_room(room)),
            ..*command
        };
        std::mem::swap(&mut self.selection, &mut selection);
        let outcome = match room {
            ..MAC => Err(Status::WRONG_LENGTH),
            _ => self.perform(&plain, rng),
        };
        let answer = outcome.map(|data| card.wrap(&data, Status::DONE.octets()));
        if self.terminated {
            // This answer is the channel's last, and nothing is selected any more.
            return answer;
        }
        std::mem::swap(&mut self.selection, &mut selection);
        if self.pending.is_none() {
            // The holder's programs may have looked at what has become the living slot.
            self.selection = self.selection.without_pending();
        }
        self.channel = Channel::Open(card, selection);
        answer
    }

    fn access(&mut self, version: KeyVersion) -> Option<&mut Access> {
        self.accesses.iter_mut().find(|access| access.keys.version == version)
    }

    /// The last ten characters of the number name the card to hosts that derive its keys.
    fn diversification(&self) -> [u8; 10] {
        let number = self.number.as_str().as_bytes();
        *number.last_chunk().expect("a number has sixteen characters")
    }
}
