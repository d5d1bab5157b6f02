//! The life cycle of a card: from the factory to its end.
//!
//! Only the end is stored. Everything else is seen in what the card remembers, so that it cannot
//! contradict it.

use crate::application::{AID, SoftCard};
use crate::command::{Class, Command, Instruction};
use crate::status::Status;

/// Where a card stands in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LifeCycle {
    /// Nothing has been issued into it.
    New,
    /// It has a key that signs, and the certificate of it.
    Personalised,
    /// A signing PIN was set and no tries are left for it, whatever was issued. A new PIN through the
    /// issuer's window ends this.
    Blocked,
    /// Its keys and PINs are gone, for good.
    Terminated,
}

impl LifeCycle {
    /// The octet of GET DATA: the state with this meaning of GlobalPlatform's Card Specification
    /// (v2.3, §5.1.1).
    pub fn octet(self) -> u8 {
        match self {
            // OP_READY: can be issued into.
            Self::New => 0x01,
            // SECURED: in the holder's hands.
            Self::Personalised => 0x0F,
            // CARD_LOCKED: the one state from which a way leads back.
            Self::Blocked => 0x7F,
            // TERMINATED.
            Self::Terminated => 0xFF,
        }
    }
}

impl SoftCard {
    /// Where the card stands in its life.
    pub fn life_cycle(&self) -> LifeCycle {
        if self.terminated {
            LifeCycle::Terminated
        } else if self.signing_pin.is_locked() {
            LifeCycle::Blocked
        } else if self.living.is_some() {
            LifeCycle::Personalised
        } else {
            LifeCycle::New
        }
    }

    /// TERMINATE CARD USAGE (ISO/IEC 7816-9): the card's end. It is about the card and not about
    /// its application, so none need be selected.
    ///
    /// One assignment: what was there is dropped, and wiped with it, and only the number is left. The
    /// channel's keys go too, for a dead card must prove nothing to anybody.
    pub(crate) fn terminate(&mut self, command: &Command<'_>) -> Result<(), Status> {
        command.require_issuer()?;
        command.with_parameters(0x00, 0x00)?;
        command.without_data()?;
        *self = Self { terminated: true, ..Self::new(self.number.clone()) };
        Ok(())
    }

    /// What a terminated card still answers: which one it is, and that it is dead. No channel reaches
    /// it, so class 84 is refused too.
    ///
    /// The application is found in its termination state (ISO/IEC 7816-4 §5.6: 6285). 6A82 would
    /// make it a card of another kind, for which somebody might look elsewhere. That warning is for
    /// our application alone: a client that takes each 62xx for success must not believe that it
    /// found another one here. Everything else finds that the conditions of use are not satisfied.
    pub(crate) fn after_the_end(&self, command: &Command<'_>) -> Result<Vec<u8>, Status> {
        match (command.instruction, command.class) {
            (Instruction::GetData, Class::Interindustry | Class::Proprietary) => {
                let mut answer = self.get_data(command)?;
                answer.extend(Status::DONE.octets());
                Ok(answer)
            }
            (Instruction::Select, Class::Interindustry) => match (command.p1, command.data) {
                (0x04, data) if data == AID => Err(Status::IN_TERMINATION_STATE),
                (0x00 | 0x04, _) => Err(Status::NOT_FOUND),
                _ => Err(Status::CONDITIONS_NOT_SATISFIED),
            },
            _ => Err(Status::CONDITIONS_NOT_SATISFIED),
        }
    }
}
