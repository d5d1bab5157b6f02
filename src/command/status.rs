//! `akashi status`: how an authority is, at a glance.

use std::path::PathBuf;
use std::process::ExitCode;

use akashi_edge::Program;
use akashi_edge::clock::{Kernel, Machine};
use akashi_edge::observe::{Disk, Report, Unasked, ask, disk};
use akashi_ledger::{Ledger, NewestList, Overview, Source, StandingAlarm, Unsettled, Verifying};
use akashi_wire::alarm::Severity;
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::Sha256;
use akashi_wire::{MunicipalityCode, Scope};
use akashi_words::{Language, of_alarm};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Failure;
use crate::clock::SystemClock;
use crate::config::{Config, LedgerRole};

/// How an authority is: its programs on this host, the feed, the lists, the chain, the machine, the alarms. Changes
/// nothing, and needs no passphrase. Ends with 1 where a program is not ready or a critical alarm waits for somebody.
#[derive(clap::Args)]
pub struct Status {
    /// Directory of the authority, or of a hand-out.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Everything that is shown.
struct Shown {
    now: Timestamp,
    programs: Vec<(Program, Result<Report, Unasked>)>,
    book: Result<Book, String>,
    is_synchronised: bool,
    disk: Option<Disk>,
    /// Where lists are public, where that is on this host.
    public: PathBuf,
    /// That nobody is called for an alarm: a hand-out does not say whether the authority calls somebody.
    is_nobody_called: bool,
}

/// What the book says.
struct Book {
    overview: Overview,
    sources: Vec<Source>,
    unsettled: Vec<Unsettled>,
    alarms: Vec<StandingAlarm>,
    doubt: Option<String>,
}

impl Status {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let config = Config::read(&self.dir)?;
        let home = config.home(&self.dir);
        let mut programs = Vec::new();
        for program in config.programs() {
            programs.push((program, ask(&home, program).await));
        }
        let address = config.ledger_address(&self.dir, LedgerRole::Verifier)?;
        let shown = Shown {
            now: akashi_wire::Clock::now(&SystemClock::new()),
            programs,
            book: Book::read(&address).await.map_err(|error| error.to_string()),
            is_synchronised: Kernel::new().look().is_synchronised,
            disk: disk(&home),
            public: home.join("public"),
            is_nobody_called: config.home.is_none()
                && config
                    .alarms
                    .get("command")
                    .is_none_or(|command| command.as_array().is_none_or(Vec::is_empty)),
        };
        match self.json {
            true => akashi_edge::say!("{}", shown.to_json()),
            false => shown.lines().iter().for_each(|line| akashi_edge::say!("{line}")),
        }
        Ok(if shown.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Book {
    async fn read(address: &str) -> Result<Self, akashi_ledger::LedgerError> {
        let ledger = Ledger::<Verifying>::open(address).await?;
        let doubt = ledger.clock_doubt().await?;
        Ok(Self {
            overview: ledger.overview().await?,
            sources: ledger.sources().await?,
            unsettled: ledger.unsettled().await?,
            alarms: ledger.standing_alarms().await?,
            doubt: doubt.map(|found| match found.doubt.is_unwitnessed() {
                true => "nobody has witnessed the time".into(),
                false => "it does not agree with the kept time".into(),
            }),
        })
    }
}

impl Shown {
    fn is_well(&self) -> bool {
        // One that was never here runs elsewhere, and is asked there.
        let is_here = |report: &&Result<Report, Unasked>| !matches!(report, Err(Unasked::NotHere));
        let is_ready = |report: &Result<Report, Unasked>| {
            report.as_ref().is_ok_and(|report| report.standing.not_ready.is_empty())
        };
        let here: Vec<_> = self.programs.iter().map(|(_, report)| report).filter(is_here).collect();
        let waits = |book: &Book| {
            book.alarms
                .iter()
                .any(|one| one.alarm.severity() == Severity::Critical && one.signed_for.is_none())
        };
        let is_late = |list: &NewestList| list.next_update < self.now || self.is_unpublished(list);
        let is_sound = |book: &Book| !waits(book) && !book.overview.lists.iter().any(is_late);
        !here.is_empty()
            && here.iter().all(|report| is_ready(report))
            && self.book.as_ref().is_ok_and(is_sound)
    }

    /// Whether the list that was handed over is not the one that is public here.
    fn is_unpublished(&self, list: &NewestList) -> bool {
        let generation = self.public.join("crl").join(list.generation.to_string());
        if !generation.exists() {
            return false;
        }
        let file = generation.join(format!("{}.crl", list.scope));
        !std::fs::read(file).is_ok_and(|octets| Sha256::of(&octets) == list.digest)
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (program, report) in &self.programs {
            let told = match report {
                Ok(report) if report.standing.not_ready.is_empty() => "ready".into(),
                Ok(report) => format!("NOT READY: {}", report.standing.not_ready.join("; ")),
                Err(Unasked::NotHere) => "does not run on this host".into(),
                Err(why) => format!("NOT READY: {why}"),
            };
            lines.push(line(program.file(), told));
        }
        match &self.book {
            Ok(book) => self.of_alarms(&book.alarms, &mut lines),
            Err(error) => lines.push(line("book", format!("CANNOT BE READ: {error}"))),
        }
        let clock = if self.is_synchronised { "synchronised" } else { "not synchronised" };
        let doubt = self.book.as_ref().ok().and_then(|book| book.doubt.as_deref());
        let doubt = doubt.map(|doubt| format!("; IN DOUBT: {doubt}")).unwrap_or_default();
        lines.push(line("clock", format!("{clock}{doubt}")));
        if let Some(disk) = &self.disk {
            let gib = |octets: u64| octets / (1 << 30);
            let (free, size) = (gib(disk.free), gib(disk.size));
            lines.push(line(
                "disk",
                format!(
                    "{free} of {size} GiB free ({} %)",
                    disk.free.saturating_mul(100) / disk.size.max(1)
                ),
            ));
        }
        if let Ok(book) = &self.book {
            self.of_the_book(book, &mut lines);
        }
        lines
    }

    fn of_the_book(&self, book: &Book, lines: &mut Vec<String>) {
        let Overview { head, signed, undelivered, undelivered_since, lists, responders, .. } =
            &book.overview;
        lines.push(line("chain", format!("{head} entries, signed up to {signed}")));
        for at in responders {
            lines.push(line("responder", format!("had the whole book {}", self.ago(*at))));
        }
        if responders.is_empty() {
            lines.push(line("responder", "none has had the book".into()));
        }
        let delivery = match undelivered_since {
            Some(at) => format!(
                "{undelivered} certificates are not handed over, the oldest case is of {}",
                self.ago(*at)
            ),
            None => "everything is handed over".into(),
        };
        lines.push(line("delivery", delivery));
        for source in &book.sources {
            let heard = match source.last_heard {
                Some(at) => format!("heard {}", self.ago(at)),
                None => "never heard".into(),
            };
            let waiting = book.unsettled.iter().find(|one| one.municipality == source.municipality);
            let waiting = match waiting {
                Some(one) => {
                    format!("{} events wait, the oldest came {}", one.events, self.ago(one.since))
                }
                None => "nothing waits".into(),
            };
            let stopped = if source.is_open { "" } else { ", SUSPENDED" };
            let (town, next) = (named(source.municipality), source.next_expected);
            lines
                .push(format!("feed {town:<13} {heard}, event {next} is next, {waiting}{stopped}"));
        }
        for list in lists {
            let NewestList { scope, this_update, next_update, unlisted_since, .. } = list;
            let scope = match scope {
                Scope::Partition(town) => named(*town),
                other => other.to_string(),
            };
            let unlisted = match unlisted_since {
                Some(at) => format!(", a revocation of {} is not on it yet", self.ago(*at)),
                None => String::new(),
            };
            let unpublished = if self.is_unpublished(list) { ", NOT PUBLISHED here" } else { "" };
            let (made, next) = (self.ago(*this_update), self.until(*next_update));
            lines.push(line(
                &format!("list {scope}"),
                format!("made {made}, the next {next}{unlisted}{unpublished}"),
            ));
        }
    }

    fn of_alarms(&self, alarms: &[StandingAlarm], lines: &mut Vec<String>) {
        let language = Language::of_locale(|name| std::env::var(name).ok());
        let count = |severity| alarms.iter().filter(|one| one.alarm.severity() == severity).count();
        let signed = alarms.iter().filter(|one| one.signed_for.is_some()).count();
        let counts = [Severity::Critical, Severity::Warning, Severity::Notice].map(count);
        let [critical, warning, notice] = counts;
        let nobody = match self.is_nobody_called {
            true => "; NOBODY IS CALLED (`[alarms]` `command`)",
            false => "",
        };
        let told = format!(
            "{critical} critical, {warning} to be seen to within the day, {notice} to be known; {signed} signed for{nobody}"
        );
        lines.push(line("alarms", told));
        let mut sorted: Vec<_> = alarms.iter().collect();
        sorted.sort_by_key(|one| (std::cmp::Reverse(one.alarm.severity()), one.position));
        for one in sorted {
            let mark = match one.alarm.severity() {
                Severity::Critical => "!!",
                Severity::Warning => "! ",
                Severity::Notice => "  ",
            };
            let signed = if one.signed_for.is_some() { " (signed for)" } else { "" };
            let (said, since) = (of_alarm(&one.alarm, language), self.ago(one.since));
            let code = one.alarm.code();
            lines.push(format!("  {mark} {:>6}  {said} [{code}], {since}{signed}", one.position.0));
        }
    }

    fn ago(&self, at: Timestamp) -> String {
        match self.now.duration_since(at) {
            age if age.is_negative() => format!("in {}", length(-age)),
            age => format!("{} ago", length(age)),
        }
    }

    fn until(&self, at: Timestamp) -> String {
        match at.duration_since(self.now) {
            left if left.is_negative() => format!("WAS DUE {} ago", length(-left)),
            left => format!("due within {}", length(left)),
        }
    }

    fn to_json(&self) -> Value {
        let programs = self.programs.iter().map(|(program, report)| match report {
            Ok(report) => serde_json::to_value(report).expect("a report is JSON"),
            Err(Unasked::NotHere) => json!({"program": program.file(), "is_here": false}),
            Err(why) => json!({"program": program.file(), "not_ready": [why.to_string()]}),
        });
        let book = match &self.book {
            Err(error) => json!({"cannot_be_read": error}),
            Ok(book) => {
                let Overview {
                    head,
                    head_at,
                    signed,
                    undelivered,
                    undelivered_since,
                    lists,
                    responders,
                } = &book.overview;
                let waiting = |town| book.unsettled.iter().find(|one| one.municipality == town);
                json!({
                    "head": head.0, "head_at": head_at, "signed": signed.0,
                    "undelivered": undelivered, "undelivered_since": undelivered_since,
                    "responders_had_the_book": responders,
                    "doubt": book.doubt,
                    "feed": book.sources.iter().map(|one| json!({
                        "municipality": one.municipality, "last_heard": one.last_heard,
                        "next_expected": one.next_expected, "is_open": one.is_open,
                        "unsettled": waiting(one.municipality).map_or(0, |it| it.events),
                        "unsettled_since": waiting(one.municipality).map(|it| it.since),
                    })).collect::<Vec<_>>(),
                    "lists": lists.iter().map(|one| json!({
                        "scope": one.scope, "number": one.number, "this_update": one.this_update,
                        "next_update": one.next_update, "unlisted_since": one.unlisted_since,
                        "is_unpublished_here": self.is_unpublished(one),
                    })).collect::<Vec<_>>(),
                    "alarms": book.alarms.iter().map(|one| json!({
                        "position": one.position.0, "severity": one.alarm.severity(),
                        "since": one.since, "signed_for": one.signed_for, "alarm": one.alarm,
                    })).collect::<Vec<_>>(),
                })
            }
        };
        json!({
            "is_well": self.is_well(),
            "now": self.now,
            "programs": programs.collect::<Vec<_>>(),
            "book": book,
            "clock_is_synchronised": self.is_synchronised,
            "disk": self.disk.as_ref().map(|disk| json!({"free": disk.free, "size": disk.size})),
        })
    }
}

/// What, and how it is, in two columns: a Japanese character is as wide as two others.
fn line(what: &str, how: String) -> String {
    let wide = what.chars().filter(|letter| *letter >= '\u{2e80}').count();
    format!("{what}{:1$} {how}", "", WIDTH.saturating_sub(what.chars().count() + wide))
}

/// Of the first column.
const WIDTH: usize = 24;

/// A municipality by its name and code.
fn named(code: MunicipalityCode) -> String {
    Municipality::of(code).map_or(code.to_string(), |town| format!("{code} {}", town.name))
}

/// A length of time, in its two largest units.
fn length(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    match (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, ..) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_in_its_two_largest_units() {
        let of = |seconds| length(SignedDuration::from_secs(seconds));
        assert_eq!(of(7), "7 s");
        assert_eq!(of(61), "1 min 1 s");
        assert_eq!(of(3 * 3600 + 61), "3 h 1 min");
        assert_eq!(of(50 * 3600), "2 d 2 h");
    }
}
