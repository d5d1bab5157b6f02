//! A simulated resident registry (住民基本台帳ネットワーク) of a prefecture.
//!
//! Another system, for demonstration, tests and load: it stands on the far side of the link and
//! knows of the authority only what travels on it. Its people are made up from a seed; no real
//! person is in it. Nothing in here reads a clock or makes its own randomness.
//!
//! * [`people`]: made-up residents, with the characters and dates that make registers hard;
//! * [`register`], [`record`]: who lives where; a record is the fold of its changes;
//! * [`office`]: everything that changes a record and thereby queues an 異動;
//! * [`outbox`], [`dispatch`]: events in sequence, batches signed and encrypted;
//! * [`lookup`]: who fits a question;
//! * [`http`]: the two ends of the link, where the clock is passed in.
//!
//! Batches are values: whoever holds them may withhold, repeat or exchange them, as lines do.

pub mod dispatch;
mod error;
pub mod http;
pub mod lookup;
pub mod office;
pub mod outbox;
pub mod people;
pub mod record;
pub mod register;

pub use dispatch::{SealedBatch, TownIdentity};
pub use error::RegistryError;
pub use office::{Office, Queued};
pub use people::Person;
pub use record::Record;
pub use register::Registry;
