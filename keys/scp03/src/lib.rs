//! The secure channel between the authority and a card: GlobalPlatform SCP03 (Card Specification
//! v2.3, Amendment D v1.2), AES-128, security level 33: commands and answers are enciphered and
//! authenticated. Both ends, pure: no transport, no clock; random octets are arguments.
//!
//! # How a channel begins
//!
//! | command | answer |
//! |---|---|
//! | INITIALIZE UPDATE `80 50 KVN 00 08 <host challenge> 00` | diversification data (10), KVN, `03 60`, card challenge (8), card cryptogram (8) |
//! | EXTERNAL AUTHENTICATE `84 82 33 00 10 <host cryptogram (8)> <MAC (8)>` | 9000, or 6300 |
//!
//! Both ends derive the same session keys from the card's static keys and the two challenges
//! ([`derivation`], NIST SP 800-108 in counter mode with CMAC), and show each other by the
//! cryptograms that they did. The card's challenge is random and not pseudo-random (`i` = 60): nobody
//! can collect challenges beforehand.
//!
//! # How a command and its answer travel
//!
//! The data field is padded and enciphered (AES-CBC, the counter of commands enciphered as its first
//! block), then header, length and data are authenticated with the chain of all commands before; eight
//! octets of the MAC follow the data. The answer is protected with the counter and the chain of its
//! command. So a run of commands can be wrapped beforehand ([`Host::wrap`] gives a [`Receipt`] for
//! each answer), which a line of 300 ms a round trip asks for; and an answer can be opened only by
//! whoever wrapped its command. An answer that states an error carries no data and no MAC (§6.2.5).
//!
//! Static keys: each card has its own, derived from an issuer master key and the card's number
//! ([`MasterKey::card_keys`]). Master keys never lie in a terminal.

mod card;
pub mod derivation;
mod error;
mod host;
mod keys;
mod session;

pub use card::{Card, Challenged, INITIALIZE_UPDATE_OCTETS};
pub use error::ChannelError;
pub use host::{Host, Opening, Plain, Receipt};
pub use keys::{Key, KeySet, KeyVersion, MasterKey};
pub use session::{LEVEL, MAC, plain_room, protected_length};
