//! `akashi status`: how an authority is, at a glance.

mod page;

use std::path::PathBuf;
use std::process::ExitCode;

use akashi_edge::Program;
use akashi_edge::clock::{Kernel, Machine};
use akashi_edge::observe::{Disk, Report, Unasked, ask, disk};
use akashi_ledger::{Ledger, NewestList, Overview, Source, StandingAlarm, Unsettled, Verifying};
use akashi_wire::alarm::Severity;
use akashi_wire::octets::Sha256;
use akashi_words::Language;
use jiff::Timestamp;
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
    doubt: Option<Doubt>,
}

/// Why the time is in doubt.
#[derive(Clone, Copy)]
enum Doubt {
    Unwitnessed,
    Disagrees,
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
            false => {
                let language = Language::of_locale(|name| std::env::var(name).ok());
                page::lines(&shown, language).iter().for_each(|line| akashi_edge::say!("{line}"));
            }
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
                true => Doubt::Unwitnessed,
                false => Doubt::Disagrees,
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
                    "doubt": book.doubt.map(|doubt| match doubt {
                        Doubt::Unwitnessed => "nobody has witnessed the time",
                        Doubt::Disagrees => "it does not agree with the kept time",
                    }),
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
