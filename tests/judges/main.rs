//! Software that is not ours judges what we make: openssl, GnuTLS, NSS, Java, Bouncy Castle,
//! pyhanko-certvalidator, pkilint and x509-parser, on certificates, lists, answers and messages.
//!
//! `tests/judges/setup` installs them. A judge that is missing fails the tests: nothing is skipped.
//! In [`questions`] they are all asked the same questions; what single ones do otherwise stands in
//! [`exceptions`]. [`scene`] is a world that really serves, [`authority`] one without doors for any
//! date, and [`prefecture`] the two hundred certificates of odd names. The `golden` files are our
//! own reading of the same things, for whoever reviews a change.

mod answers;
mod authority;
mod dates;
mod dump;
mod exceptions;
mod gnutls;
mod golden;
mod lists;
mod nss;
mod odd_names;
mod odd_people;
mod openssl;
mod parser;
mod people;
mod pkilint;
mod prefecture;
mod questions;
mod scene;
mod tool;
mod unpublished;
