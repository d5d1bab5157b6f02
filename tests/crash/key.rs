//! Keys of cards, none of them twice.

use std::sync::Arc;

pub use akashi_town::card_key::CardKey;

/// Gives keys.
pub struct Keys;

impl Keys {
    /// The next key.
    pub fn next(&self) -> Arc<CardKey> {
        Arc::new(CardKey::make())
    }
}
