//! Where the channel to a card stands between two acts.

use akashi_scp03::{
    ChannelError, Host, KeySet, KeyVersion, Opening, Plain, Receipt, protected_length,
};
use akashi_wire::octets::Octets;
use serde::{Deserialize, Serialize};

use super::run::{Certificates, Run};

/// The channel to the card of a case. Holds session keys: it lies in the book sealed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "channel", rename_all = "snake_case")]
pub(crate) enum Channel {
    /// INITIALIZE UPDATE is on its way.
    Opening { opening: Opening },
    /// It is open, and nothing is on its way.
    Open { host: Host },
    /// A run is on its way.
    Sent { sent: Sent },
}

/// A run on its way. Wrapping is deterministic: what opens the answers comes of wrapping it again.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub run: Run,
    /// EXTERNAL AUTHENTICATE goes before it.
    authenticates: bool,
    /// As it was before the run was wrapped.
    host: Host,
}

/// Why a run did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halted {
    /// The card does not know the keys of its number.
    ForeignCard,
    /// The answers are not those to this run.
    NoChannel,
    /// The card refused a command, or did not answer any more.
    Refused {
        /// SW1 and SW2; `None` where there was no answer.
        status: Option<u16>,
        /// In the run after EXTERNAL AUTHENTICATE, from 0; `None` for that one.
        at: Option<usize>,
    },
    /// What is to be written is longer than what a card takes.
    TooLong,
}

impl Channel {
    /// Asks a card for a channel, with eight random octets.
    pub fn ask(challenge: [u8; 8]) -> (Self, Vec<Octets>) {
        let opening = Opening::new(KeyVersion::Authority, challenge);
        let command = Octets(opening.command());
        (Self::Opening { opening }, vec![command])
    }
}

impl Sent {
    /// Opens the channel with the answer to INITIALIZE UPDATE, and tells the card what to do.
    pub fn opening(
        opening: &Opening,
        keys: &KeySet,
        answers: &[Octets],
        (run, certificates): (Run, Certificates<'_>),
    ) -> Result<(Self, Vec<Octets>), Halted> {
        let answer = answers.first().ok_or(Halted::Refused { status: None, at: None })?;
        let (host, authenticate) = opening.authenticate(keys, &answer.0).map_err(halted)?;
        let sent = Self { run, authenticates: true, host };
        let mut commands = vec![Octets(authenticate)];
        commands.extend(sent.wrapped(certificates)?.commands);
        Ok((sent, commands))
    }

    /// Tells the card what to do through a channel that is open.
    pub fn through(
        host: Host,
        run: Run,
        certificates: Certificates<'_>,
    ) -> Result<(Self, Vec<Octets>), Halted> {
        let sent = Self { run, authenticates: false, host };
        let commands = sent.wrapped(certificates)?.commands;
        Ok((sent, commands))
    }

    /// The data of the answers, and the channel as it is after them.
    pub fn received(
        &self,
        answers: &[Octets],
        certificates: Certificates<'_>,
    ) -> Result<(Vec<Vec<u8>>, Host), Halted> {
        let mut answers = answers.iter();
        if self.authenticates {
            let answer = answers.next().ok_or(Halted::Refused { status: None, at: None })?;
            match answer.0[..] {
                [0x90, 0x00] => {}
                [sw1, sw2] => {
                    let status = Some(u16::from_be_bytes([sw1, sw2]));
                    return Err(Halted::Refused { status, at: None });
                }
                _ => return Err(Halted::NoChannel),
            }
        }
        let Wrapped { receipts, host, .. } = self.wrapped(certificates)?;
        let mut data = Vec::new();
        for (at, receipt) in receipts.iter().enumerate() {
            let silent = Halted::Refused { status: None, at: Some(at) };
            let answer = answers.next().ok_or(silent)?;
            data.push(host.open(receipt, &answer.0).map_err(|error| match error {
                ChannelError::Refused { status } => {
                    Halted::Refused { status: Some(status), at: Some(at) }
                }
                _ => Halted::NoChannel,
            })?);
        }
        if answers.next().is_some() {
            return Err(Halted::NoChannel);
        }
        Ok((data, host))
    }

    fn wrapped(&self, certificates: Certificates<'_>) -> Result<Wrapped, Halted> {
        let mut host = self.host.clone();
        let (mut commands, mut receipts) = (Vec::new(), Vec::new());
        for command in self.run.commands(certificates).map_err(|_| Halted::TooLong)? {
            let room = (command.answer > 0).then(|| protected_length(command.answer));
            let plain = Plain { instruction: command.instruction, data: &command.data, room };
            let (octets, receipt) = host.wrap(&plain);
            commands.push(Octets(octets));
            receipts.push(receipt);
        }
        Ok(Wrapped { commands, receipts, host })
    }
}

/// A run, wrapped.
struct Wrapped {
    commands: Vec<Octets>,
    /// With what the answer to each is opened.
    receipts: Vec<Receipt>,
    /// The channel after it.
    host: Host,
}

fn halted(error: ChannelError) -> Halted {
    match error {
        ChannelError::ForeignCard | ChannelError::KeySet { .. } => Halted::ForeignCard,
        ChannelError::Refused { status } => Halted::Refused { status: Some(status), at: None },
        ChannelError::NoChannel | ChannelError::Answer => Halted::NoChannel,
    }
}
