//! 暗証番号の初期化 while the authority is out of reach: the municipality's own token knows key set 2 of
//! the card, which opens the PIN window and does nothing else.
//!
//! The order makes sure that nothing happens in silence. The token counts, then an entry that holds
//! the count is signed and on the disk ([`Journal`]), then the token derives, then the card is told;
//! what came of it is the next entry. Power may be cut between any two of them: a count without an
//! entry is a gap, an entry without an outcome is one of which nobody knows what came. The authority
//! sees both when it is told ([`reconcile`]).

mod head;
mod journal;
mod reconcile;
mod reset;

use akashi_scp03::KeySet;

pub use journal::{Journal, JournalError};
pub use reconcile::{Told, reconcile};
pub use reset::{Counter, OfflineApplication, reset_pin};

/// Why the token is of no use.
pub type TokenFailure = Box<dyn std::error::Error + Send + Sync>;

/// Key set 2 of cards, wherever the master key lies.
pub trait MunicipalKeys {
    /// The number of the token that keeps it.
    fn token(&self) -> &str;

    /// Counts one more use, good for the keys of one card; nothing is derived yet.
    fn count(&mut self) -> Result<u64, TokenFailure>;

    /// The keys of a card, by the use just counted.
    fn card_keys(&mut self, card: &str) -> Result<KeySet, TokenFailure>;
}
