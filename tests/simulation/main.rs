//! A seeded prefecture over years, in one process and on simulated time.
//!
//! Residents are born, move, marry, die, lose cards, renew and leave; officers at several counters
//! certify, revoke and hold; the feed repeats, reorders, withholds and corrects; trouble kills any
//! process between any two statements, fills the disk, stops the data base, moves the clock and
//! tears cards out. After each event the machines do their round, and what others can see is
//! compared with what is true by the simulator's own reckoning ([`truth`], [`checks`]).
//!
//! `SEEDS` says how many seeds are played (6), `FIRST` with which one to begin (1), `STEPS` how
//! many events each has (160); `VERBOSE` tells of each seed, `STOP` ends with the first failure,
//! `NO_SHRINK` leaves its events as they are. A failure prints its seed and its events, shrunk; what is put into
//! `tests/simulation/regressions/` is played in every run. After the seeds a sample of the kills of
//! [`every_step`] is played, `KILLS` of them (24, or `all`). `DB=postgres`, by `tests/with-postgres`, plays it
//! all on the second data base.

mod book;
mod card;
mod checks;
mod every_step;
mod founded;
mod keys;
mod lens;
mod line;
mod octets;
mod plan;
mod play;
mod prefecture;
mod process;
mod shrink;
mod step;
mod time;
mod trouble;
mod truth;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use akashi_ledger::Access;

use checks::Breach;
use founded::Founded;
use play::Counts;
use step::Event;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The two authorities that seeds begin with.
struct Worlds {
    open: Arc<Founded>,
    registered: Arc<Founded>,
}

impl Worlds {
    fn of(&self, seed: u64) -> Arc<Founded> {
        if seed.is_multiple_of(2) { self.open.clone() } else { self.registered.clone() }
    }

    /// Plays once. A panic is a breach too.
    fn play(&self, seed: u64, events: &[Event]) -> (Counts, Result<(), Breach>) {
        caught(|| play::play(self.of(seed), seed, events))
            .unwrap_or_else(|breach| (Counts::default(), Err(breach)))
    }
}

/// What is played, or the breach that a panic is.
fn caught<T>(play: impl FnOnce() -> T) -> Result<T, Breach> {
    catch_unwind(AssertUnwindSafe(play)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Breach { check: "nothing_panics", what: text.unwrap_or_default() }
    })
}

fn regressions() -> Vec<(PathBuf, u64, Vec<Event>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulation/regressions");
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|e| e == "txt")).collect();
    files.sort();
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).expect("a regression can be read");
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let seed = lines.next().and_then(|line| line.strip_prefix("seed ")?.parse().ok());
        let events = lines.map(|line| serde_json::from_str(line).expect("an event in JSON"));
        (file, seed.expect("a line with the seed"), events.collect())
    };
    files.into_iter().map(read).collect()
}

fn main() -> ExitCode {
    let (seeds, first, steps) = (setting("SEEDS", 6), setting("FIRST", 1), setting("STEPS", 160));
    std::panic::set_hook(Box::new(|panic| eprintln!("simulate: {panic}")));
    let worlds = Worlds {
        open: Arc::new(Founded::make(Access::Open)),
        registered: Arc::new(Founded::make(Access::Registered)),
    };
    let planned = (first..first + seeds)
        .map(|seed| (None, seed, plan::plan(seed, usize::try_from(steps).expect("small"))));
    let kept = regressions().into_iter().map(|(file, seed, events)| (Some(file), seed, events));
    let lists: Vec<_> = kept.chain(planned).collect();
    let total = Mutex::new((Counts::default(), 0, 0));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((file, seed, events)) = lists.get(next.fetch_add(1, Ordering::Relaxed)) {
            let begun = Instant::now();
            let (counts, outcome) = worlds.play(*seed, events);
            if std::env::var_os("VERBOSE").is_some() {
                eprintln!("seed {seed}: {:?} in {:?}", outcome.is_ok(), begun.elapsed());
            }
            let failed = outcome.is_err();
            {
                let mut total = total.lock().expect("nobody panics with the sums in hand");
                total.0.add(counts);
                total.1 += 1;
                total.2 += usize::from(failed);
            }
            if let Err(breach) = outcome {
                tell(&worlds, (file.as_deref(), *seed), events, &breach);
                if std::env::var_os("STOP").is_some() {
                    next.store(lists.len(), Ordering::Relaxed);
                }
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        (0..workers).for_each(|_| drop(scope.spawn(work)));
    });
    let (total, played, failures) = total.into_inner().expect("nobody panics with the sums");
    println!("simulate: {}", total.line(played, failures));
    let kills = every_step::play(&worlds.open, first);
    println!(
        "simulate: {} of {} kills within a case, {} failures",
        kills.played, kills.of, kills.failures
    );
    if failures + kills.failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints what failed, and the fewest events that fail so.
fn tell(worlds: &Worlds, (file, seed): (Option<&Path>, u64), events: &[Event], breach: &Breach) {
    let mut text = String::new();
    if let Some(file) = file {
        text += &format!("simulate: {} fails again\n", file.display());
    }
    text += &format!("simulate: seed {seed} fails: {}: {}\n", breach.check, breach.what);
    if std::env::var_os("NO_SHRINK").is_none() {
        let fewer = shrink::shrink(events, |fewer| {
            let outcome = worlds.play(seed, fewer).1;
            outcome.is_err_and(|other| other.check == breach.check)
        });
        if let Err(shrunk) = worlds.play(seed, &fewer).1 {
            text += &format!("# {}: {}\n", shrunk.check, shrunk.what);
        }
        text += &format!("seed {seed}\n");
        for event in &fewer {
            text += &(serde_json::to_string(event).expect("an event is JSON") + "\n");
        }
    }
    // In one piece: others may be printing too.
    print!("{text}");
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.certificates += other.certificates;
        self.changes += other.changes;
        self.deaths += other.deaths;
        self.mishaps += other.mishaps;
        self.ended += other.ended;
    }

    fn line(&self, seeds: usize, failures: usize) -> String {
        format!(
            "{seeds} seeds, {} steps, {} certificates, {} ended, {} changes of the register, \
             {} restarts, {} mishaps, {failures} failures",
            self.steps, self.certificates, self.ended, self.changes, self.deaths, self.mishaps,
        )
    }
}
