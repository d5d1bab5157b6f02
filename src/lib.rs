//! The command line, and what assembles the rooms into one authority.
//!
//! * [`house`] opens an authority's directory and serves all of its roles in one process;
//! * [`init`] makes such a directory;
//! * [`command`] is the program `akashi`, for others to add to.

pub mod command;
pub mod house;
pub mod init;
pub mod public_host;

pub use akashi_edge::{clock, config, secret};
