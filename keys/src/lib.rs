//! Private keys: who holds them and how to ask for a signature.
//!
//! Nothing outside of this crate (and the card) ever holds the octets of a private key. The rest
//! of the authority knows three handles: a [`Signer`] that signs digests, a [`Vault`] that seals
//! personal data at rest, and an [`Opener`] that opens what was encrypted to the authority.
//!
//! Randomness for keys and nonces comes from the operating system, here and nowhere else: a seed
//! that a test chooses must never become a key.

mod custody;
mod error;
mod link_authority;
mod sealed_message;
mod signer;
mod token;
mod vault;

pub use custody::{Custody, Passphrase, write_durably};
pub use error::KeyError;
pub use link_authority::{LinkAuthority, Usage};
pub use sealed_message::{Opener, seal_to};
pub use signer::{EcKey, RsaKey, RsaSize, Signer};
pub use token::OfficerToken;
pub use vault::{CodeHash, Vault};
