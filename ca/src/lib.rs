//! The authority: accepts, profiles, lints, issues, revokes; hears the registry (異動).
//!
//! Three doors and a scheduler stand around one core:
//!
//! * [`counter`]: what officers ask, act by act;
//! * [`idou`]: what the registry reports, and what it does to a certificate;
//! * [`scheduler`]: what the passing of time asks for;
//! * the core: [`profile`] says what a certificate looks like, [`akashi_lint`] refuses what does not
//!   look so, [`issuance`] takes it from application to file in moved values.

mod alarms;
mod card;
pub mod characters;
mod clock_guard;
mod comparison;
pub mod counter;
mod ends;
mod error;
pub mod founding;
pub mod holders;
pub mod http;
pub mod idou;
pub mod issuance;
pub mod log;
mod observe;
mod open;
pub mod orders;
pub mod possession;
pub mod profile;
pub mod public_key;
mod recall;
mod recovery;
mod refusals;
pub mod registry;
pub mod retention;
pub mod rules;
pub mod scheduler;
mod shelves;
mod stated;
pub mod turn;
mod watch;
mod witnesses;

pub use counter::{Counter, normalised};
pub use ends::OwnCertificate;
pub use error::CaError;
pub use founding::{FirstPage, Founded, Founding, prepare};
pub use holders::Holders;
pub use http::{AboutAuthority, Doors, Rate, serve};
pub use idou::Inbox;
pub use issuance::Issuer;
pub use log::Log;
pub use orders::Orders;
pub use registry::RegistryClient;
pub use rules::Rules;
pub use scheduler::Scheduler;
pub use watch::AlarmSettings;
pub use witnesses::Witnesses;
