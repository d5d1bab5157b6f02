//! The public repository (RFC 5280 §3): it publishes what the CRL issuer signed, and holds no key of the authority
//! nor code that could use one.
//!
//! [`publisher`] takes what was handed over: reads it again, holds it against the book's row and the profile, and
//! gives it its place; [`repository`] serves what lies on the shelf; [`http`] is the door.

pub mod error;
pub mod http;
pub mod publisher;
pub mod repository;
pub mod serve;
pub mod settings;
pub mod unpublished;

pub use error::PublishError;
pub use publisher::{Publication, Publisher};
pub use repository::Repository;
pub use serve::{serve, serve_link};
pub use settings::Settings;
