//! The newest keys of the book, against which a new one is held.

use std::sync::{Arc, PoisonError, RwLock};

use akashi_ledger::{Issuing, Ledger, LedgerError, Position};
use akashi_wire::SerialNumber;
use tokio::sync::Mutex;

use crate::public_key::shared_primes::{Modulus, Window};

/// Moduli read at once.
const PAGE: usize = 1024;

/// A window on the newest keys, which follows the book: so it sees what another authority over the
/// same book certifies. Keys that are certified at the same moment do not see each other; the
/// comparison by night does.
pub(in crate::counter) struct RecentKeys {
    size: usize,
    /// Up to where the book was read; `None` before the first look.
    read: Mutex<Option<Position>>,
    window: Arc<RwLock<Window<SerialNumber>>>,
}

/// What the window says about a key.
pub(super) type View = Arc<RwLock<Window<SerialNumber>>>;

impl RecentKeys {
    /// For so many keys.
    pub fn new(size: u32) -> Self {
        let size = size as usize;
        let window = Arc::new(RwLock::new(Window::new(size)));
        Self { size, read: Mutex::new(None), window }
    }

    /// Reads what is new in the book.
    pub(super) async fn follow(&self, ledger: &Ledger<Issuing>) -> Result<(), LedgerError> {
        if self.size == 0 {
            return Ok(());
        }
        let mut read = self.read.lock().await;
        let mut after = match *read {
            Some(after) => after,
            None => ledger.before_newest_moduli(self.size).await?,
        };
        loop {
            let page = ledger.moduli(after, PAGE).await?;
            let mut window = self.window.write().unwrap_or_else(PoisonError::into_inner);
            for one in &page {
                if let Some(modulus) = Modulus::from_be_bytes(&one.modulus) {
                    window.push(one.serial, modulus);
                }
                after = one.position;
            }
            *read = Some(after);
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// The window, to look through on another thread.
    pub(super) fn view(&self) -> View {
        self.window.clone()
    }

    /// Whether this very modulus was certified a short while ago.
    pub(super) fn holds(&self, modulus: &[u8]) -> bool {
        Modulus::from_be_bytes(modulus).is_some_and(|modulus| {
            self.window.read().unwrap_or_else(PoisonError::into_inner).holds(&modulus)
        })
    }
}

/// The certificates whose keys share a prime with this modulus.
pub(super) fn sharing(view: &View, modulus: &[u8]) -> Vec<SerialNumber> {
    let Some(modulus) = Modulus::from_be_bytes(modulus) else { return Vec::new() };
    view.read().unwrap_or_else(PoisonError::into_inner).sharing(&modulus)
}
