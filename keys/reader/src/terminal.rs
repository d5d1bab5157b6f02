//! The terminal: its readers, and the cards in them.

use std::ffi::CString;
use std::time::Duration;

use pcsc::{Context, Error, Protocols, ReaderState, Scope, ShareMode, State};

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

    /// Names of the readers.
    pub fn readers(&self) -> Result<Vec<String>, ReaderError> {
        match self.context.list_readers_owned() {
            Ok(names) => Ok(names.iter().map(|name| name.to_string_lossy().into()).collect()),
            Err(Error::NoReadersAvailable) => Ok(Vec::new()),
            Err(error) => Err(ReaderError::NoService { reason: error.to_string() }),
        }
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
            match self.context.get_status_change(timeout, &mut states) {
                Ok(()) => {}
                Err(Error::Timeout) => return Err(ReaderError::Waited),
                Err(error) => return Err(ReaderError::NoService { reason: error.to_string() }),
            }
            let there = |state: &&ReaderState| {
                let event = state.event_state();
                event.contains(State::PRESENT) && !event.contains(State::MUTE)
            };
            if let Some(state) = states.iter().find(there) {
                return Ok(state.name().to_string_lossy().into());
            }
            for state in &mut states {
                state.sync_current_state();
            }
        }
    }

    /// Connects the card in a reader.
    pub fn connect(&self, reader: &str, sharing: Sharing) -> Result<ConnectedCard, ReaderError> {
        let mode = match sharing {
            Sharing::Shared => ShareMode::Shared,
            Sharing::Exclusive => ShareMode::Exclusive,
        };
        let name = self.named(reader)?;
        // T=1, as every card with this application speaks it: T=0 knows no extended length.
        let card = self.context.connect(&name, mode, Protocols::T1);
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

    fn states(&self, reader: Option<&str>) -> Result<Vec<ReaderState>, ReaderError> {
        let names = match reader {
            Some(reader) => vec![self.named(reader)?],
            None => self.readers()?.iter().map(|one| self.named(one)).collect::<Result<_, _>>()?,
        };
        if names.is_empty() {
            return Err(ReaderError::NoReader);
        }
        Ok(names.into_iter().map(|name| ReaderState::new(name, State::UNAWARE)).collect())
    }

    /// The name as the service takes it, if there is such a reader.
    fn named(&self, reader: &str) -> Result<CString, ReaderError> {
        let there = self.readers()?;
        if there.is_empty() {
            return Err(ReaderError::NoReader);
        }
        let unknown = |there| ReaderError::UnknownReader { name: reader.to_owned(), there };
        if !there.iter().any(|one| one == reader) {
            return Err(unknown(there));
        }
        CString::new(reader).map_err(|_| unknown(there))
    }
}
