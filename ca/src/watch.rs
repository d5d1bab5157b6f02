//! The watch over alarms: what is wrong becomes an alarm in the chain, what is over ends, and whoever can act is told until
//! somebody signs for it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use akashi_ledger::{Issuing, Ledger, Position, StandingAlarm};
use akashi_wire::alarm::{Ends, Severity};
use akashi_wire::{Alarm, MunicipalityCode, Order};
use akashi_words::{Language, of_alarm};
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process_group};
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
/// After one that failed it is tried again, where it would not be earlier.
const FAILED: Duration = Duration::from_secs(60);

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
    /// When somebody was called for it last, by the life of this machine, and whether that went well.
    called: BTreeMap<Position, (Duration, bool)>,
    /// Whether the command runs now.
    is_calling: bool,
    /// Why nobody is told.
    failing: Option<String>,
}

/// What is seen to be wrong at one look.
struct Seen<'a> {
    wrong: Vec<Alarm>,
    /// Events that cannot be settled still.
    still: &'a [(MunicipalityCode, u64)],
    /// Whether nothing was looked at before, since this start.
    is_first: bool,
}

/// What is to be put on record.
#[derive(Debug, PartialEq, Eq)]
struct Differs {
    over: Vec<Position>,
    new: Vec<Alarm>,
}

impl Differs {
    fn is_none(&self) -> bool {
        self.over.is_empty() && self.new.is_empty()
    }
}

impl Seen<'_> {
    /// What stands and is not wrong any more, and what is wrong and does not stand.
    fn differs_from(&self, standing: &[StandingAlarm]) -> Differs {
        // What the recovery key asked for is told anew by each start: nothing is enrolled by an authority that nobody has
        // heard of it for a day.
        let anew =
            |one: &StandingAlarm| self.is_first && matches!(one.alarm, Alarm::RecoveryAsked { .. });
        let is_over = |one: &&StandingAlarm| {
            one.alarm.ends() == Ends::Seen && (anew(one) || !self.is_wrong(&one.alarm))
        };
        let stands = |alarm: &Alarm| standing.iter().any(|one| one.alarm == *alarm && !anew(one));
        Differs {
            over: standing.iter().filter(is_over).map(|one| one.position).collect(),
            new: self.wrong.iter().filter(|alarm| !stands(alarm)).cloned().collect(),
        }
    }

    fn is_wrong(&self, alarm: &Alarm) -> bool {
        match alarm {
            Alarm::EventUnsettled { municipality, sequence, .. } => {
                self.still.contains(&(*municipality, *sequence))
            }
            _ => self.wrong.contains(alarm),
        }
    }
}

impl Watch {
    pub fn new(settings: AlarmSettings) -> Self {
        Self { settings, looks: Default::default(), calls: Arc::default() }
    }

    /// What is wrong with telling.
    pub fn alarm(&self) -> Option<Alarm> {
        self.calls().failing.clone().map(|why| Alarm::NobodyTold { why })
    }

    /// Puts on record what is wrong and was not, and what was and is not; gives what began. An event that cannot be settled
    /// `still` stays an alarm.
    pub async fn look(
        &self,
        ledger: &Ledger<Issuing>,
        orders: &Orders,
        (wrong, still): (Vec<Alarm>, &[(MunicipalityCode, u64)]),
        now: Timestamp,
    ) -> Result<Vec<Alarm>, CaError> {
        let mut looks = self.looks.lock().await;
        let seen = Seen { wrong, still, is_first: !looks.any };
        let mut new = Vec::new();
        if !seen.differs_from(&ledger.standing_alarms().await?).is_none() {
            let permit = orders.permit(Order::RaiseAlarms, now).await?;
            let mut change = ledger.begin(&permit, now).await?;
            // A batch may have raised one of them, or a person ended one, since it was read.
            let differs = seen.differs_from(&change.standing_alarms().await?);
            for position in &differs.over {
                change.end_alarm(*position).await?;
            }
            for alarm in differs.new {
                if change.raise(&alarm).await? {
                    new.push(alarm);
                }
            }
            match differs.over.is_empty() && new.is_empty() {
                true => change.rollback().await?,
                false => change.commit().await.map(|_| ())?,
            }
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
        if let Some(due) = self.due(&standing, now) {
            let (command, calls) = (self.settings.command.clone(), self.calls.clone());
            tokio::spawn(async move {
                let called = call(&command, &Told::of(&due), ENDS_WITHIN).await;
                if let Err(why) = &called {
                    tracing::error!(target: "ca", "the command of [alarms]: {why}");
                }
                let mut calls = lock(&calls);
                calls.is_calling = false;
                calls.called.insert(due.position, (now, called.is_ok()));
                calls.failing = called.err();
            });
        }
        Ok(())
    }

    /// For what somebody is to be called now: whatever cannot wait is never behind what can.
    fn due(&self, standing: &[StandingAlarm], now: Duration) -> Option<StandingAlarm> {
        let mut calls = self.calls();
        if self.settings.command.is_empty() || calls.is_calling {
            return None;
        }
        calls.called.retain(|position, _| standing.iter().any(|one| one.position == *position));
        let repeat = Duration::from_secs(u64::from(self.settings.repeat_seconds));
        let is_due = |one: &&StandingAlarm| {
            let rests = |(at, is_told): &(Duration, bool)| {
                let rest = if *is_told { repeat } else { repeat.min(FAILED) };
                now.saturating_sub(*at) < rest
            };
            one.signed_for.is_none() && !calls.called.get(&one.position).is_some_and(rests)
        };
        // Of those that are as urgent, whoever waits the longest.
        let waits = |one: &&StandingAlarm| calls.called.get(&one.position).map(|(at, _)| *at);
        let urgent = |one: &&StandingAlarm| {
            (std::cmp::Reverse(one.alarm.severity()), waits(one), one.position)
        };
        let due = standing.iter().filter(is_due).min_by_key(urgent).cloned();
        calls.is_calling = due.is_some();
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

/// Starts the command for one alarm, which has its own time to end; then it is ended with whatever it has started.
async fn call(command: &[String], told: &Told<'_>, within: Duration) -> Result<(), String> {
    let line = serde_json::to_string(told).expect("an alarm is JSON");
    let program = &command[0];
    let mut child = Command::new(program)
        .args(&command[1..])
        // What this program has in its environment is nobody else's.
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let ends = async {
        if let Some(mut input) = child.stdin.take() {
            // Who does not read it may know enough all the same: how it ends says so.
            let _ = input.write_all(format!("{line}\n").as_bytes()).await;
        }
        child.wait().await
    };
    match tokio::time::timeout(within, ends).await {
        Ok(Ok(ended)) if ended.success() => Ok(()),
        Ok(Ok(ended)) => Err(format!("{program} ended with {ended}")),
        Ok(Err(error)) => Err(format!("{program}: {error}")),
        Err(_) => {
            if let Some(group) = group {
                let _ = kill_process_group(group, Signal::KILL);
            }
            Err(format!("{program} did not end within {} s", within.as_secs()))
        }
    }
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

    #[test]
    fn what_stands_already_begins_nothing_and_what_is_over_ends_by_what_stands_now() {
        let town: MunicipalityCode = "312011".parse().unwrap();
        let gap = Alarm::BatchGap { municipality: town, due: 1, came: 3 };
        let seen = |wrong: &[Alarm]| Seen { wrong: wrong.to_vec(), still: &[], is_first: false };
        let (over, new) = (Vec::new(), vec![gap.clone()]);
        assert_eq!(seen(std::slice::from_ref(&gap)).differs_from(&[]), Differs { over, new });
        // Whoever raised it between the read and the change has done it.
        let raised = [standing(7, gap.clone())];
        assert!(seen(std::slice::from_ref(&gap)).differs_from(&raised).is_none());
        let ended = Differs { over: vec![Position(7)], new: Vec::new() };
        assert_eq!(seen(&[]).differs_from(&raised), ended);
        assert!(seen(&[]).differs_from(&[]).is_none(), "somebody has ended it meanwhile");
        // What only a person ends stays, whatever is seen.
        let missing = Alarm::BatchMissing { municipality: town, before: 3 };
        assert!(seen(&[]).differs_from(&[standing(8, missing)]).is_none());
    }

    #[tokio::test]
    async fn what_cannot_wait_is_told_first_and_everything_again_until_somebody_signs() {
        let watch = watch(&["/bin/true"]);
        let mut all = vec![
            standing(1, Alarm::ClockUnsynchronised {}),
            standing(2, Alarm::TooFewSecurityOfficers {}),
        ];
        let called = |all: &[StandingAlarm], now, is_told| {
            let due = watch.due(all, now)?.position;
            watch.calls().is_calling = false;
            watch.calls().called.insert(due, (now, is_told));
            Some(due.0)
        };
        assert_eq!(called(&all, at(0), true), Some(2), "what cannot wait is first");
        assert_eq!(called(&all, at(0), true), Some(1));
        assert_eq!(called(&all, at(59), true), None);
        assert_eq!(called(&all, at(60), true), Some(2));
        assert_eq!(called(&all, at(60), true), Some(1));
        let party = akashi_wire::act::PartyId::from_random([1; 16]);
        all[1].signed_for =
            Some(akashi_wire::alarm::SignedFor { party, at: Timestamp::UNIX_EPOCH });
        assert_eq!(called(&all, at(120), true), Some(1));
        assert_eq!(called(&all, at(120), true), None, "it is somebody's");
        all.remove(0);
        assert_eq!(called(&all, at(180), true), None);
        // A new one that cannot wait goes before what is due again.
        let mut all = vec![standing(3, Alarm::ClockUnsynchronised {})];
        assert_eq!(called(&all, at(200), false), Some(3));
        all.push(standing(4, Alarm::ClockDiffers {}));
        assert_eq!(called(&all, at(260), true), Some(4));
        assert_eq!(called(&all, at(260), true), Some(3));
    }

    #[test]
    fn what_was_not_told_is_tried_again_within_a_minute_however_seldom_it_is_repeated() {
        let settings = AlarmSettings { command: vec!["/bin/false".into()], repeat_seconds: 3600 };
        let watch = Watch::new(settings);
        let all = [standing(1, Alarm::ClockDiffers {})];
        watch.calls().called.insert(Position(1), (at(0), false));
        assert!(watch.due(&all, at(59)).is_none());
        assert!(watch.due(&all, at(60)).is_some());
    }

    #[tokio::test]
    async fn a_command_has_the_path_and_nothing_else_of_our_environment() {
        let told = tempfile::tempdir().unwrap();
        let file = told.path().join("environment");
        let script = format!("/usr/bin/env >{}", file.display());
        let command = ["/bin/sh".to_owned(), "-c".to_owned(), script];
        let one = standing(1, Alarm::ClockDiffers {});
        assert_eq!(call(&command, &Told::of(&one), ENDS_WITHIN).await, Ok(()));
        let environment = std::fs::read_to_string(&file).unwrap();
        let names = environment.lines().filter_map(|line| line.split('=').next());
        // A shell adds its own.
        let ours = names.filter(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name));
        assert_eq!(ours.collect::<Vec<_>>(), ["PATH"], "{environment}");
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended_with_whatever_it_has_started() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("started");
        let script = format!("sleep 600 & echo $! >{}; wait", file.display());
        let command = ["/bin/sh".to_owned(), "-c".to_owned(), script];
        let one = standing(1, Alarm::ClockDiffers {});
        let within = Duration::from_secs(1);
        let why = call(&command, &Told::of(&one), within).await.unwrap_err();
        assert_eq!(why, "/bin/sh did not end within 1 s");
        for _ in 0..100 {
            let started = std::fs::read_to_string(&file).unwrap_or_default();
            let lives = |id: &str| {
                let state = std::fs::read_to_string(format!("/proc/{id}/stat"));
                state.is_ok_and(|state| !state.contains(") Z "))
            };
            if !started.is_empty() && !lives(started.trim()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("what it has started lives on");
    }

    #[tokio::test]
    async fn a_command_reads_one_line_of_json_and_one_that_fails_is_said_with_how_it_ended() {
        let told = tempfile::tempdir().unwrap();
        let file = told.path().join("told");
        let one = standing(1, Alarm::ClockDiffers {});
        let script = format!("cat >>{}; exit 3", file.display());
        let words = |script: &str| ["/bin/sh".to_owned(), "-c".to_owned(), script.to_owned()];
        let why = call(&words(&script), &Told::of(&one), ENDS_WITHIN).await.unwrap_err();
        assert_eq!(why, "/bin/sh ended with exit status: 3");
        let line = std::fs::read_to_string(&file).unwrap();
        let line: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
        assert_eq!(line["code"], "clock_differs");
        assert_eq!(line["severity"], "critical");
        assert_eq!(line["runbook"], "clock_differs.md");
        let missing =
            call(&["/no/such/program".to_owned()], &Told::of(&one), ENDS_WITHIN).await.unwrap_err();
        assert!(missing.starts_with("/no/such/program cannot be started"), "{missing}");
        let silent = call(&words("exit 0"), &Told::of(&one), ENDS_WITHIN).await;
        assert_eq!(silent, Ok(()), "who reads nothing is no fault");
    }
}
