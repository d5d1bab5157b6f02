//! What a machine says of the time.

use std::time::Duration;

use akashi_wire::octets::Sha256;
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// A machine with its clocks.
pub trait Machine: Send + Sync {
    /// Both clocks at one moment.
    fn look(&self) -> Look;

    /// Which start of which machine this is; of two that are equal the second goes on where the first was.
    fn boot(&self) -> Sha256;
}

/// One look at both clocks of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The time of day, as somebody set it.
    pub wall: Timestamp,
    /// Time since the machine was started, with that in which it slept.
    pub since_boot: Duration,
    /// Whether the kernel says that something keeps its clock synchronised.
    pub is_synchronised: bool,
}

/// This machine.
#[derive(Debug)]
pub struct Kernel {
    boot: Sha256,
}

impl Kernel {
    /// This machine, as it runs.
    #[expect(clippy::new_without_default, reason = "it reads the machine: that must be seen")]
    pub fn new() -> Self {
        // Where the kernel gives none no two starts are the same one.
        let boot = std::fs::read("/proc/sys/kernel/random/boot_id")
            .unwrap_or_else(|_| format!("{} {}", std::process::id(), Timestamp::now()).into());
        Self { boot: Sha256::of(&boot) }
    }
}

impl Machine for Kernel {
    fn look(&self) -> Look {
        let since = clock_gettime(ClockId::Boottime);
        let since_boot = Duration::new(
            u64::try_from(since.tv_sec).unwrap_or_default(),
            u32::try_from(since.tv_nsec).unwrap_or_default(),
        );
        Look { wall: Timestamp::now(), since_boot, is_synchronised: is_synchronised() }
    }

    fn boot(&self) -> Sha256 {
        self.boot
    }
}

/// Whether something keeps the kernel's clock synchronised: adjtimex(2), asked and not told.
#[expect(unsafe_code, reason = "no safe library asks this; see tests/architecture.rs")]
fn is_synchronised() -> bool {
    // SAFETY: `timex` is plain integers, for which zeros are a value; its `modes` of 0 say that nothing is to
    // be changed. The kernel writes into it for the length of the call and keeps nothing.
    let state = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        libc::adjtimex(&raw mut timex)
    };
    (0..libc::TIME_ERROR).contains(&state)
}
