//! What a program says of itself to whoever runs it: whether it lives, whether it is ready and if not why, and how much it
//! does. On a socket in the authority's own directory, and on an address where one is configured.

mod ask;
mod disk;
mod health;
mod http;
mod metrics;
mod notify;

pub use ask::{Unasked, ask};
pub use disk::{Disk, disk};
pub use health::{Health, Report, Standing};
pub use http::{Operators, SOCKETS, operators_page, socket};
pub(crate) use metrics::begin;
pub use metrics::{ALL, Kind, Metric, text};
pub use notify::{notify_ready, notify_stopping, watchdog};

/// Of this process.
static HEALTH: Health = Health::new();

/// What is known of this process.
pub fn health() -> &'static Health {
    &HEALTH
}
