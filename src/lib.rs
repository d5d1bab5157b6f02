//! The front door: assembles the rooms into one program.
//!
//! * [`house`] opens an authority's directory and serves all of its roles in one process;
//! * [`init`] makes such a directory;
//! * [`agency`] is the relying agency's side, another system, for demonstration and tests;
//! * [`holder`] is the holder's side of a card, on the holder's own computer;
//! * [`demo`] tells the main job from beginning to end.

pub mod agency;
pub mod bench;
pub mod command;
pub mod demo;
pub mod holder;
pub mod house;
pub mod init;

pub use akashi_edge::{clock, config, secret};
