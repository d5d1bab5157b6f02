//! Tells the story: one line a step, with the day it is, what happened, and how long it took.

use std::io::{IsTerminal, Write};
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
        say(format_args!("\n{}", self.paint("1", title)));
        self.last = Instant::now();
    }

    /// One step that came out as it must.
    pub fn tell(&mut self, now: Timestamp, text: &str) {
        self.well += 1;
        self.line("32", "✓", now, text);
    }

    /// A line without a check.
    pub fn aside(&self, text: &str) {
        say(format_args!("      {text}"));
    }

    fn line(&mut self, colour: &str, mark: &str, now: Timestamp, text: &str) {
        let took = format!("{:>8}", duration(self.last.elapsed()));
        let (mark, took) = (self.paint(colour, mark), self.paint("2", &took));
        say(format_args!("  {mark} {} {took}  {text}", day_in_japan(now)));
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
        self.line("31", "✗", now, text);
        say(format_args!("      found: {found}"));
        self.wrong.push(format!("{text}: {found}"));
    }

    /// The story broke off.
    pub fn fail(&mut self, error: &DemoError) {
        say(format_args!("\n  {} The story breaks off: {error}", self.paint("31", "✗")));
        self.wrong.push(error.to_string());
    }

    /// Whether everything was as it must be.
    pub fn all_well(&self) -> bool {
        self.wrong.is_empty()
    }

    /// The last words.
    pub fn close(&self, kept: Option<&Path>) {
        let took = duration(self.began.elapsed());
        say(format_args!(""));
        if self.wrong.is_empty() {
            say(format_args!(
                "{} {} steps, all as they must be, in {took}.",
                self.paint("1;32", "Done."),
                self.well
            ));
        } else {
            let head = self.paint("1;31", "Not well.");
            say(format_args!("{head} {} steps were not as they must be:", self.wrong.len()));
            self.wrong.iter().for_each(|wrong| say(format_args!("  - {wrong}")));
        }
        if let Some(dir) = kept {
            say(format_args!(
                "The authority is kept in {}; its evidence in {}.",
                dir.display(),
                super::evidence_dir(dir).display()
            ));
            say(format_args!(
                "Serve it again:  AKASHI_PASSPHRASE='{}' akashi up --dir {}",
                akashi_town::PASSPHRASE,
                dir.display()
            ));
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A duration as people read it.
pub fn duration(took: Duration) -> String {
    match took.as_millis() {
        0 => "< 1 ms".into(),
        ms @ 1..1000 => format!("{ms} ms"),
        ms => format!("{:.1} s", ms as f64 / 1000.0),
    }
}

/// Prints a line. A reader who has gone away is no reason to stop.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
