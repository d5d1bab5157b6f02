//! The responder with a real book, real keys and real sockets.

mod access;
mod book;
mod door;
mod judge;
mod lint;
mod malformed;
mod outage;
#[path = "../../ledger/tests/book/permits.rs"]
mod permits;
mod world;
