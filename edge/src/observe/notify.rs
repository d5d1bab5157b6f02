//! What the service manager is told: that this program is ready, that it lives, that it stops (sd_notify(3)).

use std::time::Duration;

use akashi_wire::Clock;
use sd_notify::NotifyState;

use super::health;
use crate::clock::SystemClock;

/// This program serves.
pub fn notify_ready() {
    // Where nobody manages it there is nobody to tell.
    let _ = sd_notify::notify(&[NotifyState::Ready]);
}

/// This program stops.
pub fn notify_stopping() {
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
}

/// Tells that this program lives, as often as the service manager wants to hear it, for as long as it does: one whose
/// parts do not come round any more is ended and started anew.
pub async fn watchdog() {
    let Some(every) = sd_notify::watchdog_enabled() else { return };
    let mut rounds = tokio::time::interval((every / 3).max(Duration::from_millis(100)));
    loop {
        rounds.tick().await;
        let late = health().standing(SystemClock::new().monotonic()).late;
        if late.is_empty() {
            let _ = sd_notify::notify(&[NotifyState::Watchdog]);
        } else {
            tracing::error!(target: "akashi", "the service manager is not told that this program lives: {}", late.join("; "));
        }
    }
}
