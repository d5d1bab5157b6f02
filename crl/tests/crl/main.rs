//! The CRL issuer and the repository, with a real book, real keys, and foreign verifiers.

mod judge;
mod judges;
#[path = "../../../ledger/tests/book/permits.rs"]
mod permits;
mod publisher;
mod publishing;
mod recovery;
mod repository;
mod seeded;
mod support;
