//! The municipality's own PKCS#11 token: the master key of key set 2, which opens a card's PIN window
//! and does nothing else, and a count of its uses.
//!
//! The master key (AES-128) is made in the token and does not leave it: sensitive, not extractable.
//! The keys of a card come of one CKM_AES_CMAC signature each, over the input block of NIST SP 800-108
//! that akashi_scp03 gives ([`KeySet::inputs`]).
//!
//! # Counting
//!
//! Two private data objects lie beside the key, each eight octets, big-endian: how often a card was
//! opened at the counter, and how many cards were made. The next count is written, in a new object
//! before the former goes, **before** anything is derived by it ([`Token::count`]), and gives the keys
//! of one card ([`Counted`]).
//!
//! * Programs of one machine never share a count: whoever counts holds the lock (flock) of the
//!   module's own file, the one thing that all of them have in common.
//! * The token enforces nothing. Two machines that share one over a network can take the same count,
//!   which shows at the authority, where each count is known once; and another program that has the
//!   token's PIN can sign without counting.
//!
//! Everything that may stay out of the servers does: only this crate knows cryptoki
//! (docs/decisions/0027). Source: PKCS#11 v3.1, OASIS; NIST SP 800-38B.
//!
//! [`KeySet::inputs`]: akashi_scp03::KeySet::inputs

mod counter;
mod error;
mod module;
mod token;

pub use counter::{Counted, Purpose};
pub use error::TokenError;
pub use token::Token;
