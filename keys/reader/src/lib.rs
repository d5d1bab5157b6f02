//! The terminal's card readers, over PC/SC.
//!
//! [`Terminal`] asks the PC/SC service (pcscd, or what the system has in its place) for readers
//! and cards; [`ConnectedCard`] and [`Session`] are ways to a card for `akashi_card::Card`. A
//! virtual reader and one of plastic differ in nothing here.
//!
//! * Another program's session is waited for for a few seconds, and then told.
//! * Who writes (issuing, a new PIN) connects with [`Sharing::Exclusive`]: no other program comes
//!   between two commands, nor finds the PIN verified.
//! * Who reads or signs connects with [`Sharing::Shared`] and works in a [`Session`], during which
//!   other programs wait.
//! * Whatever the way, the card is reset at its end, and forgets that a PIN was verified.
//!
//! Links with the system's PC/SC library, and so stays out of the servers (docs/decisions/0023).
//! Source: PC/SC part 5, SCardConnect and its neighbours; pcsclite.apdu.fr/api.

mod card;
mod error;
mod terminal;

pub use card::{ConnectedCard, Session};
pub use error::ReaderError;
pub use terminal::{Sharing, Slot, Terminal};
