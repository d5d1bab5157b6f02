//! Talking with a card through a terminal that only carries.
//!
//! The authority derives the card's keys from its number, opens a secure channel (akashi_scp03) and
//! tells the card what to do in runs: each run is wrapped beforehand, goes to the terminal in one
//! answer and comes back in one act, so that a slow line is waited for once a run and not once a
//! command.
//!
//! ```text
//! INITIALIZE UPDATE ─▶ (authenticate) make the key pair, open the PIN window ─▶ the key
//!                                                              … certify …
//!                      [authenticate] write both certificates, read them back ─▶ compared ─▶ ACTIVATE
//! ```
//!
//! Everything here is pure. Between two acts the channel lies in the case, sealed ([`Channel`]); a
//! card that left the reader has forgotten it, and another is opened.

mod channel;
mod run;

pub(crate) use channel::{Channel, Halted, Sent};
pub(crate) use run::{Certificates, Run, reads_back};
