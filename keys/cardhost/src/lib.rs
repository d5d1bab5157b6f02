//! What a software card sits in.
//!
//! * [`InsertedCard`] is a card in this process, its memory in a file: what the chip has written
//!   before it answers is on the disk before the answer leaves, sealed under the user's key
//!   ([`Seal`]).
//! * [`VirtualSlot`] puts a card into a virtual reader (vpcd), so that every program that speaks
//!   PC/SC meets it as it meets a card of plastic.
//! * [`PrivateService`] is a PC/SC service with such a reader, for tests and demonstrations: no
//!   root, no systemd, nothing left behind.
//!
//! Software cards are for demonstration and tests: no program of production is linked with this.

mod cardfile;
mod error;
mod form;
mod inserted;
mod issuer;
mod memory;
mod seal;
mod service;
mod vpcd;

pub use cardfile::request_removal;
pub use error::CardHostError;
pub use inserted::{InsertedCard, RemovalRequest, new_number};
pub use issuer::tell;
pub use seal::Seal;
pub use service::PrivateService;
pub use vpcd::{Remover, VirtualSlot};

#[cfg(test)]
mod tests;
