//! Tells the story: one line a step, with the day it is, what happened, and how long it took.

use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

use akashi_wire::date::day_in_japan;
use jiff::Timestamp;

use super::DemoError;

/// Tells and counts.
pub struct Narrator {
    began: Instant,
    last: Instant,
    colour: bool,
    well: usize,
    wrong: Vec<String>,
}

impl Narrator {
    /// A narrator who has not begun.
    #[expect(clippy::new_without_default, reason = "it starts a stop-watch")]
    pub fn new() -> Self {
        let now = Instant::now();
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { began: now, last: now, colour, well: 0, wrong: Vec::new() }
    }

    /// A chapter's heading.
    pub fn chapter(&mut self, title: &str) {
        println!("\n{}", self.paint("1", title));
        self.last = Instant::now();
    }

    /// One step that came out as it must.
    pub fn tell(&mut self, now: Timestamp, text: &str) {
        self.well += 1;
        let took = duration(self.last.elapsed());
        println!(
            "  {} {}  {text}  {}",
            self.paint("32", "✓"),
            day_in_japan(now),
            self.paint("2", &took)
        );
        self.last = Instant::now();
    }

    /// One step that must come out so; tells it, or remembers what is wrong.
    pub fn check(
        &mut self,
        now: Timestamp,
        text: &str,
        holds: bool,
        found: impl FnOnce() -> String,
    ) {
        if holds {
            return self.tell(now, text);
        }
        let found = found();
        println!("  {} {}  {text}", self.paint("31", "✗"), day_in_japan(now));
        println!("      found: {found}");
        self.wrong.push(format!("{text}: {found}"));
        self.last = Instant::now();
    }

    /// The story broke off.
    pub fn fail(&mut self, error: &DemoError) {
        println!("\n  {} The story breaks off: {error}", self.paint("31", "✗"));
        self.wrong.push(error.to_string());
    }

    /// Whether everything was as it must be.
    pub fn all_well(&self) -> bool {
        self.wrong.is_empty()
    }

    /// The last words.
    pub fn close(&self, kept: Option<&Path>) {
        let took = duration(self.began.elapsed());
        println!();
        if self.wrong.is_empty() {
            println!(
                "{} {} steps, all as they must be, in {took}.",
                self.paint("1;32", "Done."),
                self.well
            );
        } else {
            let head = self.paint("1;31", "Not well.");
            println!("{head} {} steps were not as they must be:", self.wrong.len());
            self.wrong.iter().for_each(|wrong| println!("  - {wrong}"));
        }
        if let Some(dir) = kept {
            println!(
                "The authority is kept in {}; its evidence in {}.",
                dir.display(),
                super::evidence_dir(dir).display()
            );
            println!(
                "Serve it again:  AKASHI_PASSPHRASE='{}' akashi up --dir {}",
                super::PASSPHRASE,
                dir.display()
            );
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A duration as people read it.
pub fn duration(took: Duration) -> String {
    match took.as_millis() {
        0 => "under 1 ms".into(),
        ms @ 1..1000 => format!("{ms} ms"),
        ms => format!("{:.1} s", ms as f64 / 1000.0),
    }
}
