//! Malformed and hostile requests at every door of a whole running authority, over its real
//! sockets: each with what must be answered and where that stands. After each the service is as
//! well as before: a good question gets its answer, and the book holds nothing that it should not.
//!
//! What single parsers do with any octets is for the fuzz targets (`tests/fuzz`); the inputs that
//! are kept there are replayed here.

mod acts;
mod batches;
mod crowds;
mod csr;
mod der;
mod feed;
mod floods;
mod fuzz_inputs;
mod fuzz_seeds;
mod hostile_http;
mod links;
mod message;
mod ocsp;
mod ocsp_signed;
mod possession;
mod question;
mod repository;
mod slow_clients;
mod tls;
mod well;
mod wire;

/// Our real programs, as the stories start them.
#[path = "../stories/running.rs"]
#[allow(dead_code)]
mod running;

/// The world of the stories; not every part of it is used here.
#[path = "../stories/support.rs"]
#[allow(dead_code, unused_imports, unused_macros, unfulfilled_lint_expectations)]
mod support;
