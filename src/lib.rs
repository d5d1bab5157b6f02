//! The command line.
//!
//! * [`init`] makes an authority's directory;
//! * [`programs`] runs the programs of an authority on one host, each in a process of its own;
//! * [`command`] is the program `akashi`, for others to add to.

pub mod command;
pub mod init;
pub mod programs;
pub mod public_host;

pub use akashi_edge::{clock, config, secret};
