//! The terminal: its readers, and the cards in them.

use std::ffi::CString;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pcsc::{Card, Context, Disposition, Error, Protocols, ReaderState, Scope, ShareMode, State};

use crate::card::ConnectedCard;
use crate::error::ReaderError;

/// Whether other programs may use the card meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// They may, except during a session.
    Shared,
    /// They may not.
    Exclusive,
}

/// For so long another program's session is waited for. The service itself waits for ever.
const BUSY: Duration = Duration::from_secs(5);

/// What lies in a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Nothing.
    Empty,
    /// A card that answers.
    Card,
    /// Something that does not answer: a card that is upside down, or none of this kind.
    Mute,
}

/// The PC/SC service of this terminal.
pub struct Terminal {
    context: Context,
}

impl Terminal {
    /// Finds the service.
    pub fn open() -> Result<Self, ReaderError> {
        let context = Context::establish(Scope::User)
            .map_err(|error| ReaderError::NoService { reason: error.to_string() })?;
        Ok(Self { context })
    }

    /// Names of the readers. What is no UTF-8 in one is shown as `�`, and the reader found by that.
    pub fn readers(&self) -> Result<Vec<String>, ReaderError> {
        Ok(self.names()?.iter().map(|name| name.to_string_lossy().into()).collect())
    }

    /// What lies in which reader now.
    pub fn slots(&self) -> Result<Vec<(String, Slot)>, ReaderError> {
        let mut states = self.states(None)?;
        self.look(Duration::ZERO, &mut states)?;
        let seen = |state: &ReaderState| (state.name().to_string_lossy().into(), slot(state));
        Ok(states.iter().map(seen).collect())
    }

    /// Waits until a card lies in a reader, and gives the reader's name; in any reader where none
    /// is named. It waits so long after the last thing that happened at a reader.
    pub fn wait_for_card(
        &self,
        reader: Option<&str>,
        timeout: Duration,
    ) -> Result<String, ReaderError> {
        let mut states = self.states(reader)?;
        loop {
            if !self.look(timeout, &mut states)? {
                // Whoever has put one in upside down waits for ever.
                let mute = states.iter().find(|state| slot(state) == Slot::Mute);
                return Err(match mute {
                    Some(state) => ReaderError::NoAnswer {
                        reader: state.name().to_string_lossy().into(),
                        reason: Error::UnresponsiveCard.to_string(),
                    },
                    None => ReaderError::Waited,
                });
            }
            if let Some(state) = states.iter().find(|state| slot(state) == Slot::Card) {
                return Ok(state.name().to_string_lossy().into());
            }
            for state in &mut states {
                state.sync_current_state();
            }
        }
    }

    /// Looks at readers until something has changed there; says whether it has within this time.
    fn look(&self, timeout: Duration, states: &mut [ReaderState]) -> Result<bool, ReaderError> {
        match self.context.get_status_change(timeout, states) {
            Ok(()) => Ok(true),
            Err(Error::Timeout) => Ok(false),
            Err(error) => Err(ReaderError::NoService { reason: error.to_string() }),
        }
    }

    /// Connects the card in a reader, as soon as no other program has a session with it: a short while that is waited
    /// for, and [`ReaderError::InUse`] after it.
    pub fn connect(&self, reader: &str, sharing: Sharing) -> Result<ConnectedCard, ReaderError> {
        let mode = match sharing {
            Sharing::Shared => ShareMode::Shared,
            Sharing::Exclusive => ShareMode::Exclusive,
        };
        let name = self.named(reader)?;
        let card = connected(name, mode).unwrap_or(Err(Error::SharingViolation));
        card.map(ConnectedCard::new).map_err(|error| {
            let (reader, reason) = (reader.to_owned(), error.to_string());
            match error {
                Error::NoSmartcard | Error::RemovedCard => ReaderError::NoCard { reader },
                Error::SharingViolation => ReaderError::InUse { reader },
                Error::UnpoweredCard | Error::UnresponsiveCard | Error::ProtoMismatch => {
                    ReaderError::NoAnswer { reader, reason }
                }
                Error::UnknownReader => ReaderError::UnknownReader {
                    name: reader,
                    there: self.readers().unwrap_or_default(),
                },
                _ => ReaderError::Failed { reader, reason },
            }
        })
    }

    fn names(&self) -> Result<Vec<CString>, ReaderError> {
        match self.context.list_readers_owned() {
            Ok(names) => Ok(names),
            Err(Error::NoReadersAvailable) => Ok(Vec::new()),
            Err(error) => Err(ReaderError::NoService { reason: error.to_string() }),
        }
    }

    fn states(&self, reader: Option<&str>) -> Result<Vec<ReaderState>, ReaderError> {
        let names = match reader {
            Some(reader) => vec![self.named(reader)?],
            None => self.names()?,
        };
        if names.is_empty() {
            return Err(ReaderError::NoReader);
        }
        Ok(names.into_iter().map(|name| ReaderState::new(name, State::UNAWARE)).collect())
    }

    /// The name as the service takes it, if there is such a reader.
    fn named(&self, reader: &str) -> Result<CString, ReaderError> {
        let there = self.names()?;
        if there.is_empty() {
            return Err(ReaderError::NoReader);
        }
        let is_it = |name: &&CString| name.to_string_lossy() == reader;
        there.iter().find(is_it).cloned().ok_or_else(|| ReaderError::UnknownReader {
            name: reader.to_owned(),
            there: there.iter().map(|name| name.to_string_lossy().into()).collect(),
        })
    }
}

fn slot(state: &ReaderState) -> Slot {
    let event = state.event_state();
    match (event.contains(State::PRESENT), event.contains(State::MUTE)) {
        (false, _) => Slot::Empty,
        (true, false) => Slot::Card,
        (true, true) => Slot::Mute,
    }
}

/// A card that no other program has a session with; nothing where that takes too long. Who waits for a session waits in
/// the service, which nobody can call back: in a thread, over a way of its own.
fn connected(reader: CString, mode: ShareMode) -> Option<Result<Card, Error>> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let card = Context::establish(Scope::User).and_then(|context| {
            // T=1, as every card with this application speaks it: T=0 knows no extended length.
            let mut card = context.connect(&reader, mode, Protocols::T1)?;
            // Whoever had a session may have reset the card at its end: then it is known as it is now.
            if let Err(Error::ResetCard) = card.transaction().map(drop) {
                card.reconnect(mode, Protocols::T1, Disposition::LeaveCard)?;
            }
            card.transaction()?.end(Disposition::LeaveCard).map_err(|(_, error)| error)?;
            Ok(card)
        });
        // Nobody waits any more: it is let go.
        let _ = tell.send(card);
    });
    told.recv_timeout(BUSY).ok()
}
