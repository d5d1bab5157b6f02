//! Private keys: who holds them and how to ask for a signature.
//!
//! Nothing outside of this crate (and the card) ever holds the octets of a private key. The rest
//! of the authority knows four handles: a [`Signer`] that signs digests, a [`Vault`] that seals
//! personal data at rest, an [`Opener`] that opens what was encrypted to the authority, and a
//! [`CardMaster`] that knows the keys of every card's channel.
//!
//! Randomness for keys and nonces comes from the operating system, here and nowhere else: a seed
//! that a test chooses must never become a key.

mod card_master;
mod content_keys;
mod custody;
mod durable;
mod error;
mod hand_out;
mod link_authority;
mod next_key;
mod recovery;
mod responder_key;
mod sealed_message;
mod signer;
mod token;
mod vault;

pub use card_master::CardMaster;
pub use content_keys::{ContentKeys, Copy, KeyId};
pub use custody::{Cost, Custody, Passphrase};
pub use durable::{lock, parent, placed, sync_directory, write_durably};
pub use error::KeyError;
pub use link_authority::{LinkAuthority, Usage};
pub use next_key::NextKeys;
pub use recovery::{Quorum, RecoveryShare};
pub use responder_key::{ResponderKey, ResponderKeyKind};
pub use sealed_message::{Opener, seal_to};
pub use signer::{EcKey, RsaKey, RsaSize, Signer};
pub use token::{ITERATIONS, OfficerToken};
pub use vault::{CodeHash, Vault, random_octets};
