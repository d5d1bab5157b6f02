//! How much is left of a disk.

use std::path::Path;

/// Of a file system, in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// What may still be written.
    pub free: u64,
    /// All of it.
    pub size: u64,
}

/// How much is left where this lies; `None` where nobody can tell.
pub fn disk(at: &Path) -> Option<Disk> {
    let found = rustix::fs::statvfs(at).ok()?;
    Some(Disk {
        free: found.f_bavail.saturating_mul(found.f_frsize),
        size: found.f_blocks.saturating_mul(found.f_frsize),
    })
}
