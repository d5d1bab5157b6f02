//! Where a card stands in its life (GlobalPlatform Card Specification v2.3 §5.1.1).

use std::fmt;

use crate::card::Card;
use crate::command::{self, Command};
use crate::error::CardError;
use crate::transport::Transport;

/// Where a card stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifeCycle {
    /// Nothing has been issued into it.
    New,
    /// It has a key that signs, and its certificate.
    Personalised,
    /// No tries are left for its PIN.
    Blocked,
    /// It was ended, for good.
    Terminated,
}

impl fmt::Display for LifeCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new: nothing is issued into it yet",
            Self::Personalised => "personalised",
            Self::Blocked => "blocked: the counter can set a new PIN after an identity check",
            Self::Terminated => "terminated",
        })
    }
}

impl<T: Transport> Card<T> {
    /// Where the card stands in its life; needs no PIN.
    pub fn life_cycle(&mut self) -> Result<LifeCycle, CardError> {
        let answer = self.ask(Command::expecting(command::LIFE_CYCLE, 1))?;
        let malformed = answer.malformed();
        match answer.done()?[..] {
            [0x01] => Ok(LifeCycle::New),
            [0x0F] => Ok(LifeCycle::Personalised),
            [0x7F] => Ok(LifeCycle::Blocked),
            [0xFF] => Ok(LifeCycle::Terminated),
            _ => Err(malformed),
        }
    }
}
