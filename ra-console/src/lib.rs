//! The registration officer's desk: the counter terminal's own program.
//!
//! It signs what the officer asks with the officer's token, speaks with the card in the reader,
//! and keeps nothing: the case and its state are the authority's. Only what is done while the
//! authority is out of reach stays here, until it is told ([`offline`]). This room knows messages
//! ([`akashi_wire`]) and the reader's side of a card; it has no code that could issue anything.
//!
//! [`Desk`] asks act by act; [`journey`] leads a case from the first to the last. Whatever drives
//! them, the command line today and the terminal's pages later, drives these.

pub mod channel;
mod desk;
mod error;
pub mod journey;
pub mod offline;

pub use desk::{Desk, Rekeyed, Tell};
pub use error::DeskError;
