//! By which time the other end's certificate is judged.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

/// What time it is, for whoever opens a link.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The time that is told, as TLS asks for it.
#[derive(Clone)]
pub(crate) struct Told(pub Now);

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

impl TimeProvider for Told {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from((self.0)().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}
