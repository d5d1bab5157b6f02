//! Crashes for real: `kill -9` of the running authority at random moments of issuing, revoking,
//! the feed and publication, over both data bases, while officers, registers and agencies go on
//! asking. What anybody outside ever received or was promised must hold in the book and at the
//! doors after each restart.
//!
//! ```text
//! tests/with-postgres cargo test --test crash
//! ROUNDS=500 DB=sqlite SEED=random cargo test --test crash
//! ```
//!
//! `ROUNDS` counts the rounds of both data bases together; `INTERLEAVINGS` the deaths in the midst
//! of an issuance, for each data base. The seed decides what is tried and when; what the machine
//! makes of it is its own. The last line tells the counts; the exit code is not zero where anything
//! failed.

mod agencies;
mod authority;
mod base;
mod deaths;
mod ending;
mod feed;
mod inspect;
mod key;
mod notes;
mod officer;
mod plots;
mod rounds;
mod scene;
mod settings;
mod truth;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::deaths::Met;
use crate::key::Keys;
use crate::rounds::Report;
use crate::settings::{Base, Settings};

fn main() -> ExitCode {
    // Whoever names another test, or wants a list, does not want this one.
    let mut asked = std::env::args().skip(1);
    if asked.any(|one| one == "--list" || !one.starts_with('-') && !"crash".contains(&one)) {
        return ExitCode::SUCCESS;
    }
    let settings = match Settings::read() {
        Ok(settings) => settings,
        Err(why) => {
            eprintln!("crash: {why}");
            return ExitCode::from(2);
        }
    };
    println!("crash: seed {}", settings.seed);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("threads");
    let reports: Vec<(Base, Report, Met)> = runtime.block_on(async {
        let keys = Arc::new(Keys);
        let mut reports = Vec::new();
        for base in &settings.bases {
            let report = rounds::play(&settings, *base, keys.clone()).await;
            reports.push((*base, report, deaths::play(&settings, *base, &keys).await));
        }
        reports
    });
    tell(&reports)
}

fn tell(reports: &[(Base, Report, Met)]) -> ExitCode {
    let mut failures = 0;
    for (base, report, met) in reports {
        let base = base.name();
        println!("crash: {base}: {}", report.more);
        println!(
            "crash: {base}: {} deaths met an issuance in {:.1} s: {} refused, {} revoked; {} \
             between record and file, {} broken off and taken up again",
            met.deaths,
            met.took.as_secs_f64(),
            met.refused,
            met.revoked,
            met.voided,
            met.broken_off,
        );
        for what in report.failures.iter().chain(&met.failures) {
            println!("crash: {base}: FAILED: {what}");
            failures += 1;
        }
    }
    let sum = |of: fn(&Report) -> usize| reports.iter().map(|(_, one, _)| of(one)).sum::<usize>();
    let rounds: Vec<String> =
        reports.iter().map(|(base, one, _)| format!("{} {}", one.rounds, base.name())).collect();
    let mut restarts: Vec<Duration> =
        reports.iter().flat_map(|(_, one, _)| one.restarts.clone()).collect();
    restarts.sort();
    let seconds = |place: usize| restarts.get(place).map_or(0.0, Duration::as_secs_f64);
    println!(
        "crash: {} rounds ({}), {} certificates, {} events, {} revocations, restart median {:.1} s, \
         max {:.1} s, {failures} failures",
        sum(|report| report.rounds),
        rounds.join(", "),
        sum(|report| report.certificates),
        sum(|report| report.events),
        sum(|report| report.revocations),
        seconds(restarts.len() / 2),
        seconds(restarts.len().saturating_sub(1)),
    );
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
