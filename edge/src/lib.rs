//! What every program of ours does at its edge: reads the clock, the configuration and secrets,
//! opens the custody, stops when asked.
//!
//! The front door (`akashi`) and the rooms' own programs (`akashi-ca`, `akashi-crl`,
//! `akashi-repository`, `akashi-ocsp`, `akashi-holders-door`) begin here alike; below it nothing reads a clock, a variable or a file of its own
//! accord.

pub mod authority;
pub mod clock;
pub mod config;
pub mod doors;
pub mod doubt;
pub mod hand_out;
pub mod hold;
pub mod log;
pub mod observe;
pub mod opened;
pub mod own_orders;
pub mod program;
pub mod say;
pub mod secret;

pub use authority::AuthorityLink;
pub use clock::{SystemClock, TrustedClock};
pub use config::{ClockSettings, Config, ConfigError, LedgerRole, Logins};
pub use hand_out::Program;
pub use hold::Hold;
pub use log::{Log, LogForm, LogSettings};
pub use opened::{OpenError, Opened};
pub use own_orders::OwnOrders;
pub use program::{ready, run, stopped};
