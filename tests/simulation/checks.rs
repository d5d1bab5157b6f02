//! What must always hold, computed from what is true and from the octets that others read.

pub mod chain;
pub mod content;
pub mod lists;
pub mod privacy;
pub mod status;
pub mod uniqueness;

/// Something that must never be.
#[derive(Debug, Clone)]
pub struct Breach {
    /// Which check found it.
    pub check: &'static str,
    /// What it found.
    pub what: String,
}

/// Refuses with a sentence unless something holds.
pub fn hold(check: &'static str, holds: bool, what: impl FnOnce() -> String) -> Result<(), Breach> {
    if holds { Ok(()) } else { Err(Breach { check, what: what() }) }
}

/// A breach where something could not even be read.
pub fn read<T>(check: &'static str, read: Result<T, String>) -> Result<T, Breach> {
    read.map_err(|what| Breach { check, what })
}
