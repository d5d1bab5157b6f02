//! 死 at every step: each kind of case at a counter, and the authority killed at each meeting with the book
//! of each of its acts. The officer sends the same request again, the case goes on to its end, and everything
//! is held against what is true as after any event.
//!
//! `KILLS` says how many of them are played (24, drawn by `FIRST`), `K/N` plays the K-th of N parts of them, so that
//! the N parts are all, and `all` plays every one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use crate::checks::Breach;
use crate::founded::Founded;
use crate::play;
use crate::step::Ending;
use crate::trouble::{Kind, Mishap};

/// A case at a counter, from the first act to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// 新規発行.
    Issue(Ending),
    /// 更新.
    Renewal,
    /// 失効.
    Revocation,
    /// 一時保留.
    Hold,
    /// 暗証番号の初期化.
    PinReset,
}

const CASES: [Case; 6] = [
    Case::Issue(Ending::Delivered),
    Case::Issue(Ending::Closed),
    Case::Renewal,
    Case::Revocation,
    Case::Hold,
    Case::PinReset,
];

/// The authority dies at one meeting with the book.
#[derive(Debug, Clone, Copy)]
pub struct Blow {
    /// In which act of the case, from 0.
    pub act: u32,
    /// At which of its meetings with the book, from 0.
    pub at: u32,
}

impl Blow {
    /// As it strikes.
    pub fn mishap(self) -> (u32, Mishap) {
        (self.act, Mishap { at: self.at, kind: Kind::Crash })
    }
}

/// What came of it.
pub struct Outcome {
    /// Kills that were played.
    pub played: usize,
    /// Kills that there are.
    pub of: usize,
    /// Those that left something that must never be.
    pub failures: usize,
}

/// Plays each case undisturbed, then as many kills as are asked for.
pub fn play(founded: &Arc<Founded>, seed: u64) -> Outcome {
    let mut all = Vec::new();
    let mut failures = 0;
    for case in CASES {
        match played(founded, seed, case, None) {
            Ok(meetings) => {
                for (act, meetings) in (0..).zip(meetings) {
                    all.extend((0..meetings).map(|at| (case, Blow { act, at })));
                }
            }
            Err(breach) => {
                failures += 1;
                tell(seed, case, None, &breach);
            }
        }
    }
    let of = all.len();
    let asked = std::env::var("KILLS").unwrap_or_default();
    match (&*asked, asked.split_once('/')) {
        ("all", _) => {}
        (_, Some((part, parts))) => {
            let number = |text: &str| text.parse::<usize>().expect("KILLS=K/N has two numbers");
            let (part, parts) = (number(part), number(parts).max(1));
            let mut at = 0..;
            all.retain(|_| at.next().is_some_and(|at: usize| at % parts == part % parts));
        }
        (text, None) => {
            all.shuffle(&mut StdRng::seed_from_u64(seed));
            let most = if text.is_empty() { Ok(24) } else { text.parse() };
            all.truncate(most.expect("KILLS is a number, K/N, or all"));
        }
    }
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(failures));
    let work = || {
        while let Some((case, blow)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(breach) = played(founded, seed, *case, Some(*blow)) {
                failed.fetch_add(1, Ordering::Relaxed);
                tell(seed, *case, Some(*blow), &breach);
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        (0..workers).for_each(|_| drop(scope.spawn(work)));
    });
    Outcome { played: all.len(), of, failures: failed.into_inner() }
}

/// Plays one. A panic is a breach too.
fn played(
    founded: &Arc<Founded>,
    seed: u64,
    case: Case,
    blow: Option<Blow>,
) -> Result<Vec<u32>, Breach> {
    crate::caught(|| play::case(founded.clone(), seed, case, blow)).unwrap_or_else(Err)
}

/// `FIRST` with this seed and `KILLS=all` play it again.
fn tell(seed: u64, case: Case, blow: Option<Blow>, breach: &Breach) {
    let Breach { check, what } = breach;
    println!("simulate: seed {seed} fails: {check}: {case:?}, killed at {blow:?}: {what}");
}
