//! Shrinking: which events of a list that fails are needed to fail in the same way.

use std::time::{Duration, Instant};

use crate::step::Event;

/// No list is shrunk for longer than this.
const PATIENCE: Duration = Duration::from_secs(120);

/// Leaves out ever smaller parts of the list as long as `fails` says that it still fails.
pub fn shrink(events: &[Event], mut fails: impl FnMut(&[Event]) -> bool) -> Vec<Event> {
    let begun = Instant::now();
    let mut needed = events.to_vec();
    let mut part = needed.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        let mut smaller = false;
        while at < needed.len() && begun.elapsed() < PATIENCE {
            let end = (at + part).min(needed.len());
            let mut without = needed.clone();
            let left_out: u64 = without.drain(at..end).map(|event| u64::from(event.after)).sum();
            // Time passes all the same, or everything after would happen at another time.
            if let Some(next) = without.get_mut(at) {
                next.after = next.after.saturating_add(u32::try_from(left_out).unwrap_or(u32::MAX));
            }
            if fails(&without) {
                needed = without;
                smaller = true;
            } else {
                at = end;
            }
        }
        if begun.elapsed() >= PATIENCE || part == 1 && !smaller {
            break;
        }
        part = if smaller { part } else { part.div_ceil(2) };
    }
    for number in 0..needed.len() {
        for without in [without_mishap, without_round] {
            let mut plainer = needed.clone();
            without(&mut plainer[number]);
            if plainer != needed && begun.elapsed() < PATIENCE && fails(&plainer) {
                needed = plainer;
            }
        }
    }
    needed
}

fn without_mishap(event: &mut Event) {
    event.mishap = None;
}

fn without_round(event: &mut Event) {
    event.round = None;
}
