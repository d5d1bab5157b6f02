//! The watch over alarms: what is wrong becomes an alarm in the chain, what is over ends, and whoever can act is told until
//! somebody signs for it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use akashi_ledger::{Issuing, Ledger, Position, StandingAlarm};
use akashi_wire::alarm::{Ends, Severity};
use akashi_wire::{Alarm, Order};
use akashi_words::{Language, of_alarm};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::{CaError, Orders};

/// `[alarms]`: how whoever can act is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlarmSettings {
    /// A program and its arguments: it is started for each alarm, which it reads on standard input. Nobody is called
    /// where there is none.
    pub command: Vec<String>,
    /// How often it is started anew for an alarm that nobody has signed for, in seconds.
    pub repeat_seconds: u32,
}

impl Default for AlarmSettings {
    fn default() -> Self {
        Self { command: Vec::new(), repeat_seconds: 1800 }
    }
}

impl AlarmSettings {
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.repeat_seconds {
            0 => Err("`alarms.repeat_seconds` must be 1 or more"),
            _ => Ok(()),
        }
    }
}

/// A command that has not ended by then is broken off.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// An alarm as the command reads it: one line of JSON.
#[derive(Debug, Serialize)]
struct Told<'a> {
    /// Its name, for `desk sign-for`.
    position: i64,
    code: &'a str,
    severity: Severity,
    since: Timestamp,
    ja: String,
    en: String,
    /// The page that says what to do, in `docs/runbooks/`.
    runbook: String,
    facts: &'a Alarm,
}

impl<'a> Told<'a> {
    fn of(standing: &'a StandingAlarm) -> Self {
        let alarm = &standing.alarm;
        Self {
            position: standing.position.0,
            code: alarm.code(),
            severity: alarm.severity(),
            since: standing.since,
            ja: of_alarm(alarm, Language::Japanese),
            en: of_alarm(alarm, Language::English),
            runbook: format!("{}.md", alarm.code()),
            facts: alarm,
        }
    }
}

/// The watch over alarms.
pub(crate) struct Watch {
    settings: AlarmSettings,
    /// One look at a time: two at once would tell everything twice.
    looks: tokio::sync::Mutex<Looks>,
    calls: Arc<Mutex<Calls>>,
}

#[derive(Default)]
struct Looks {
    /// Whether anything was looked at since this start.
    any: bool,
    /// What the log has.
    logged: BTreeSet<Position>,
}

#[derive(Default)]
struct Calls {
    /// When somebody was called for it last, by the life of this machine.
    called: BTreeMap<Position, Duration>,
    /// Whether the command runs now.
    is_calling: bool,
    /// Why nobody is told.
    failing: Option<String>,
}

impl Watch {
    pub fn new(settings: AlarmSettings) -> Self {
        Self { settings, looks: Default::default(), calls: Arc::default() }
    }

    /// What is wrong with telling.
    pub fn alarm(&self) -> Option<Alarm> {
        self.calls().failing.clone().map(|why| Alarm::NobodyTold { why })
    }

    /// Puts on record what is wrong and was not, and what was and is not; gives what began.
    pub async fn look(
        &self,
        ledger: &Ledger<Issuing>,
        orders: &Orders,
        wrong: Vec<Alarm>,
        now: Timestamp,
    ) -> Result<Vec<Alarm>, CaError> {
        let mut looks = self.looks.lock().await;
        let standing = ledger.standing_alarms().await?;
        // What the recovery key asked for is told anew by each start: nothing is enrolled by an authority that nobody has
        // heard of it for a day.
        let anew =
            |one: &StandingAlarm| !looks.any && matches!(one.alarm, Alarm::RecoveryAsked { .. });
        let is_over = |one: &&StandingAlarm| {
            one.alarm.ends() == Ends::Seen && (anew(one) || !wrong.contains(&one.alarm))
        };
        let over: Vec<Position> = standing.iter().filter(is_over).map(|one| one.position).collect();
        let stands = |alarm: &Alarm| standing.iter().any(|one| one.alarm == *alarm && !anew(one));
        let new: Vec<Alarm> = wrong.iter().filter(|alarm| !stands(alarm)).cloned().collect();
        if !over.is_empty() || !new.is_empty() {
            let permit = orders.permit(Order::RaiseAlarms, now).await?;
            let mut change = ledger.begin(&permit, now).await?;
            for position in over {
                change.end_alarm(position).await?;
            }
            for alarm in &new {
                change.raise(alarm).await?;
            }
            change.commit().await?;
        }
        looks.any = true;
        Ok(new)
    }

    /// Tells whoever can act: the log once, and by the command again and again until somebody signs for it. Commands run
    /// beside the ticks, one at a time.
    pub async fn tell(&self, ledger: &Ledger<Issuing>, now: Duration) -> Result<(), CaError> {
        let standing = ledger.standing_alarms().await?;
        let mut looks = self.looks.lock().await;
        for one in standing.iter().filter(|one| !looks.logged.contains(&one.position)) {
            log(one);
        }
        looks.logged = standing.iter().map(|one| one.position).collect();
        drop(looks);
        let due = self.due(&standing, now);
        if !due.is_empty() {
            let (command, calls) = (self.settings.command.clone(), self.calls.clone());
            tokio::spawn(async move {
                let done = call(&command, &due).await;
                let mut calls = lock(&calls);
                calls.is_calling = false;
                calls.failing = done.err();
                calls.called.extend(due.iter().map(|one| (one.position, now)));
            });
        }
        Ok(())
    }

    /// For what somebody is to be called now.
    fn due(&self, standing: &[StandingAlarm], now: Duration) -> Vec<StandingAlarm> {
        let mut calls = self.calls();
        if self.settings.command.is_empty() || calls.is_calling {
            return Vec::new();
        }
        calls.called.retain(|position, _| standing.iter().any(|one| one.position == *position));
        let repeat = Duration::from_secs(u64::from(self.settings.repeat_seconds));
        let is_due = |one: &&StandingAlarm| {
            let called = calls.called.get(&one.position);
            one.signed_for.is_none() && called.is_none_or(|at| now.saturating_sub(*at) >= repeat)
        };
        let mut due: Vec<_> = standing.iter().filter(is_due).cloned().collect();
        // Whatever cannot wait is not behind what can.
        due.sort_by_key(|one| (std::cmp::Reverse(one.alarm.severity()), one.position));
        calls.is_calling = !due.is_empty();
        due
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, Calls> {
        lock(&self.calls)
    }
}

fn lock(calls: &Mutex<Calls>) -> std::sync::MutexGuard<'_, Calls> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

fn log(standing: &StandingAlarm) {
    let (alarm, position) = (&standing.alarm, standing.position.0);
    let (code, said) = (alarm.code(), of_alarm(alarm, Language::English));
    match alarm.severity() {
        Severity::Critical => tracing::error!(target: "ca", code, position, "alarm: {said}"),
        Severity::Warning | Severity::Notice => {
            tracing::warn!(target: "ca", code, position, "alarm: {said}");
        }
    }
}

/// Starts the command for each of these; the first that fails says why, and does not keep it from the others.
async fn call(command: &[String], due: &[StandingAlarm]) -> Result<(), String> {
    let mut done = Ok(());
    for standing in due {
        let line = serde_json::to_string(&Told::of(standing)).expect("an alarm is JSON");
        let called = tokio::time::timeout(ENDS_WITHIN, call_one(command, line)).await;
        let called = called.unwrap_or_else(|_| {
            Err(format!("{} did not end within {} s", command[0], ENDS_WITHIN.as_secs()))
        });
        if let (Err(why), true) = (called, done.is_ok()) {
            tracing::error!(target: "ca", "the command of [alarms]: {why}");
            done = Err(why);
        }
    }
    done
}

async fn call_one(command: &[String], line: String) -> Result<(), String> {
    let program = &command[0];
    let mut child = Command::new(program)
        .args(&command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // Who does not read it may know enough all the same: how it ends says so.
        let _ = input.write_all(format!("{line}\n").as_bytes()).await;
    }
    let ended = child.wait().await.map_err(|error| format!("{program}: {error}"))?;
    if ended.success() { Ok(()) } else { Err(format!("{program} ended with {ended}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(position: i64, alarm: Alarm) -> StandingAlarm {
        let since = Timestamp::UNIX_EPOCH;
        StandingAlarm { position: Position(position), alarm, since, signed_for: None }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn watch(command: &[&str]) -> Watch {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        Watch::new(AlarmSettings { command, repeat_seconds: 60 })
    }

    #[tokio::test]
    async fn what_cannot_wait_is_told_first_and_everything_again_until_somebody_signs() {
        let watch = watch(&["/bin/true"]);
        let mut all = vec![
            standing(1, Alarm::ClockUnsynchronised {}),
            standing(2, Alarm::TooFewSecurityOfficers {}),
        ];
        let due = |all: &[StandingAlarm], now| -> Vec<i64> {
            let due = watch.due(all, now);
            watch.calls().is_calling = false;
            watch.calls().called.extend(due.iter().map(|one| (one.position, now)));
            due.iter().map(|one| one.position.0).collect()
        };
        assert_eq!(due(&all, at(0)), [2, 1]);
        assert!(due(&all, at(59)).is_empty());
        assert_eq!(due(&all, at(60)), [2, 1]);
        let party = akashi_wire::act::PartyId::from_random([1; 16]);
        all[1].signed_for =
            Some(akashi_wire::alarm::SignedFor { party, at: Timestamp::UNIX_EPOCH });
        assert_eq!(due(&all, at(120)), [1]);
        all.remove(0);
        assert!(due(&all, at(180)).is_empty());
    }

    #[tokio::test]
    async fn a_command_that_fails_is_said_with_how_it_ended_and_keeps_nobody_from_the_next() {
        let told = tempfile::tempdir().unwrap();
        let file = told.path().join("told");
        let both =
            [standing(1, Alarm::ClockDiffers {}), standing(2, Alarm::ClockUnsynchronised {})];
        let script = format!("cat >>{}; exit 3", file.display());
        let words = |script: &str| ["/bin/sh".to_owned(), "-c".to_owned(), script.to_owned()];
        let why = call(&words(&script), &both).await.unwrap_err();
        assert_eq!(why, "/bin/sh ended with exit status: 3");
        let lines = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines[0]["code"], "clock_differs");
        assert_eq!(lines[0]["severity"], "critical");
        assert_eq!(lines[0]["runbook"], "clock_differs.md");
        let missing = call(&["/no/such/program".to_owned()], &both).await.unwrap_err();
        assert!(missing.starts_with("/no/such/program cannot be started"), "{missing}");
        assert_eq!(call(&words("exit 0"), &both).await, Ok(()), "who reads nothing is no fault");
    }
}
