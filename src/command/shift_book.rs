//! `akashi shift-book` (当直引継簿): it writes itself, from the chain.

use std::path::PathBuf;

use akashi_ledger::{BEGUN, Enrolment, Entry, Ledger, OVER, StandingAlarm, Verifying};
use akashi_wire::act::PartyId;
use akashi_wire::{Alarm, Clock};
use akashi_words::{Language, clock, line, of_alarm, of_role};
use jiff::{Timestamp, ToSpan};

use super::Failure;
use crate::clock::SystemClock;
use crate::config::{Config, LedgerRole};

/// What the next shift has to know, by the verbs of the chain.
const VERBS: [&str; 23] = [
    BEGUN,
    OVER,
    "sign_for_alarm",
    "hold",
    "release",
    "revoke",
    "holder_revokes",
    "suspend",
    "lift",
    "dismiss",
    "report_offline",
    "hand_over",
    "prolong",
    "rekey",
    "enrol",
    "propose",
    "stop_recovery",
    "ask_for_recovery",
    "carry_out_recovery",
    "doubt_clock",
    "trust_clock",
    "accept_clock",
    "bring_back_clock",
];

/// What happened in a shift, who took which alarm, and what is left for the next one: a page in Markdown, in Japanese
/// where the environment says so. Changes nothing, and needs no passphrase.
#[derive(clap::Args)]
pub struct ShiftBook {
    /// Directory of the authority.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// From when on; else the last sixteen hours.
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Until when; else now.
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
}

impl ShiftBook {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = Config::read(&self.dir)?;
        let address = config.ledger_address(&self.dir, LedgerRole::Verifier)?;
        let ledger = Ledger::<Verifying>::open(&address).await?;
        let to = self.to.unwrap_or_else(|| SystemClock::new().now());
        let from = self.from.unwrap_or(to - 16.hours());
        let book = Book {
            language: Language::of_locale(|name| std::env::var(name).ok()),
            entries: ledger.audit_entries_between((from, to), &VERBS).await?,
            parties: ledger.enrolments().await?,
            alarms: ledger.standing_alarms().await?,
        };
        book.page((from, to)).iter().for_each(|line| akashi_edge::say!("{line}"));
        Ok(())
    }
}

struct Book {
    language: Language,
    entries: Vec<Entry>,
    parties: Vec<Enrolment>,
    alarms: Vec<StandingAlarm>,
}

impl Book {
    fn word(&self, attribute: &str, with: &[(&'static str, String)]) -> String {
        line("shift-book", Some(attribute), with, self.language)
    }

    fn page(&self, (from, to): (Timestamp, Timestamp)) -> Vec<String> {
        let mut page = vec![
            format!("# {}", line("shift-book", None, &[], self.language)),
            String::new(),
            self.word("from", &[("from", clock(from)), ("to", clock(to))]),
            String::new(),
        ];
        let heads = ["time", "what", "about", "who"].map(|head| self.word(head, &[]));
        page.push(format!("| {} |", heads.join(" | ")));
        page.push("|---|---|---|---|".into());
        let lines = self.entries.iter().filter(|entry| self.is_told(entry));
        page.extend(lines.map(|entry| self.line(entry)));
        if self.entries.is_empty() {
            page.push(format!("| | {} | | |", self.word("nothing", &[])));
        }
        page.extend([String::new(), format!("## {}", self.word("open", &[])), String::new()]);
        page.extend(self.alarms.iter().map(|one| {
            let signed = match one.signed_for {
                Some(signed) => self.word("signed", &[("who", self.party(signed.party))]),
                None => format!("**{}**", self.word("unsigned", &[])),
            };
            let said = of_alarm(&one.alarm, self.language);
            let (number, code) = (one.position, one.alarm.code());
            format!("- {number} [{code}]({code}.md) {said} — {signed}")
        }));
        if self.alarms.is_empty() {
            page.push(format!("- {}", self.word("none", &[])));
        }
        page
    }

    /// A change and the act that asked for it are two entries, of which one is told.
    fn is_told(&self, entry: &Entry) -> bool {
        let same = |one: &&Entry| {
            one.verb == entry.verb && one.cause == entry.cause && one.position < entry.position
        };
        let is_of_an_act = entry.cause.starts_with("act ") && entry.verb != BEGUN;
        !(is_of_an_act && self.entries.iter().any(|one| same(&one)))
    }

    fn line(&self, entry: &Entry) -> String {
        let did = line("did", None, &[("verb", entry.verb.clone())], self.language);
        let about = match entry.verb.as_str() {
            BEGUN => match Alarm::from_text(&entry.subject) {
                Ok(alarm) => {
                    format!(
                        "{} [{}] {}",
                        entry.position,
                        alarm.code(),
                        of_alarm(&alarm, self.language)
                    )
                }
                Err(_) => entry.subject.clone(),
            },
            _ => self.named(&entry.subject),
        };
        let about = about.replace('|', "\\|");
        let (here, there) = (clock(entry.at), entry.at.strftime("%H:%M"));
        format!("| {here} ({there} UTC) | {did} | {about} | {} |", self.actor(&entry.actor))
    }

    /// The same with the name of each party beside its number.
    fn named(&self, subject: &str) -> String {
        let word = |word: &str| {
            let party = word.rsplit(':').next().and_then(|party| party.parse().ok());
            let known = party.filter(|party| self.parties.iter().any(|one| one.party == *party));
            known.map_or_else(|| word.to_owned(), |party| self.party(party))
        };
        subject.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    /// `ROLE:PARTY@TERMINAL` as people know each other.
    fn actor(&self, actor: &str) -> String {
        let party = actor.split(['@', ':']).nth(1).and_then(|party| party.parse().ok());
        party.map_or_else(|| actor.to_owned(), |party| self.party(party))
    }

    fn party(&self, party: PartyId) -> String {
        match self.parties.iter().find(|one| one.party == party) {
            Some(one) => {
                let (role, name) =
                    (of_role(&one.role, self.language), one.name.replace('|', "\\|"));
                format!("{role} {name} ({})", &party.to_string()[..8])
            }
            None => party.to_string(),
        }
    }
}
