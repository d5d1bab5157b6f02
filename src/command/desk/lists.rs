//! What there is, each with its state: alarms, parties, sources, cases, certificates.

use akashi_ra_console::Desk;
use akashi_wire::act::{
    LIST_PAGE, List, Listed, ListedCase, ListedCertificate, ListedSource, Procedure,
};
use akashi_wire::alarm::{KnownAlarm, Severity};
use akashi_wire::date::day_in_japan;
use akashi_wire::{Answer, Deed};
use akashi_words::{Language, moment, of_alarm};
use jiff::Timestamp;

use super::office::{party_line, town};
use super::{Failure, Lines};

/// In what language the person at this desk reads.
fn language() -> Language {
    Language::of_locale(|name| std::env::var(name).ok())
}

/// Asks for a list and shows it.
pub(super) async fn list(desk: &Desk, list: List) -> Result<Lines<String>, Failure> {
    let Answer::Listed { list } = desk.ask(Deed::List { list }).await? else {
        return Err("the authority's answer cannot be understood".into());
    };
    let mut lines: Lines<String> = match &list {
        Listed::Alarms { alarms } => alarms.iter().map(alarm).collect(),
        Listed::Parties { parties } => {
            parties.iter().map(|one| (one.party.to_string(), party_line(one))).collect()
        }
        Listed::Sources { sources } => sources.iter().map(source).collect(),
        Listed::Cases { cases } => {
            let next = cases.last().map(|one| one.opened_at.to_string());
            let shown = cases.iter().map(case);
            shown.chain(more(cases.len(), next)).collect()
        }
        Listed::Certificates { certificates } => {
            let next = certificates.last().map(|one| one.position.to_string());
            let shown = certificates.iter().map(certificate);
            shown.chain(more(certificates.len(), next)).collect()
        }
    };
    if lines.is_empty() {
        lines.push(("none".into(), "there is nothing".into()));
    }
    Ok(lines)
}

/// How the next page is asked for, where there may be one.
fn more(shown: usize, next: Option<String>) -> Option<(String, String)> {
    let next = next.filter(|_| shown == LIST_PAGE)?;
    Some(("more".into(), format!("--before {next}")))
}

fn alarm(one: &KnownAlarm) -> (String, String) {
    let language = language();
    let soon = match one.alarm.severity() {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    };
    let signed = match one.signed_for {
        Some(signed) => format!(", signed for by {} at {}", signed.party, signed.at),
        None => String::new(),
    };
    let (since, said) = (moment(one.since, language), of_alarm(&one.alarm, language));
    let runbook = one.alarm.code();
    (one.position.to_string(), format!("{soon}: {said} [{runbook}], since {since}{signed}"))
}

fn source(one: &ListedSource) -> (String, String) {
    let heard = match one.last_heard {
        Some(at) => format!("heard {}", moment(at, language())),
        None => "never heard".into(),
    };
    let stopped = if one.is_open { "" } else { ", suspended" };
    let waiting = match one.waiting_since {
        Some(since) => {
            format!("{} events wait, the oldest since {}", one.waiting, moment(since, language()))
        }
        None => "nothing waits".into(),
    };
    let told = format!("{heard}, event {} is next, {waiting}{stopped}", one.next_expected);
    (town(one.municipality), told)
}

fn procedure(procedure: Procedure) -> &'static str {
    match procedure {
        Procedure::Issue => "issue (新規発行)",
        Procedure::Renewal => "renewal (更新)",
        Procedure::Revocation => "revocation (失効)",
        Procedure::Hold => "hold (一時保留)",
        Procedure::PinReset => "PIN reset (暗証番号の初期化)",
    }
}

fn case(one: &ListedCase) -> (String, String) {
    let until = match (one.serial, one.closes_at) {
        (Some(serial), _) => format!(", certificate {serial}"),
        (None, Some(until)) => format!(", closes at {}", moment(until, language())),
        (None, None) => String::new(),
    };
    let (what, step) = (procedure(one.procedure), one.step.replace('_', " "));
    let (where_, who) = (town(one.municipality), one.party);
    let opened = moment(one.opened_at, language());
    let told = format!("{what}, {step}, {where_}, opened at {opened} by {who}{until}");
    (one.case.to_string(), told)
}

fn certificate(one: &ListedCertificate) -> (String, String) {
    let why = match (one.reason, one.since) {
        (Some(reason), Some(since)) => {
            format!(" since {} ({})", moment(since, language()), reason.name())
        }
        _ => String::new(),
    };
    let (where_, end) = (town(one.municipality), day_in_japan(one.not_after));
    (one.serial.to_string(), format!("{}{why}, {where_}, until {end}", one.standing))
}

/// Options of a list that has pages.
#[derive(clap::Args)]
pub(super) struct CasesBefore {
    /// Only those that were opened before then, as the last page has said.
    #[arg(long, value_name = "TIME")]
    pub before: Option<Timestamp>,
}

/// Options of a list that has pages.
#[derive(clap::Args)]
pub(super) struct CertificatesBefore {
    /// Only those before this one, as the last page has said.
    #[arg(long, value_name = "POSITION")]
    pub before: Option<i64>,
}
