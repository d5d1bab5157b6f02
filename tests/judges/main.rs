//! Software that is not ours judges what we make: openssl, GnuTLS, pkilint and x509-parser, on
//! certificates, lists, answers and messages of a world that really serves.
//!
//! `tests/judges/setup` installs them. A judge that is missing fails the tests: nothing is skipped.
//! The `golden` files are our own reading of the same things, for whoever reviews a change.

mod dump;
mod gnutls;
mod golden;
mod openssl;
mod parser;
mod people;
mod pkilint;
mod scene;
mod tool;
