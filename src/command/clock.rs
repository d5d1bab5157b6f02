//! `akashi clock`.

mod at_the_host;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use akashi_edge::clock::{Kernel, Machine};
use akashi_ledger::{ClockDoubt, Ledger, Verifying};
use akashi_wire::Clock;
use akashi_wire::clock::{Doubt, Past};
use jiff::{SignedDuration, Timestamp};

use super::Failure;
use crate::clock::TrustedClock;
use crate::config::{Config, LedgerRole};

/// What this machine, the book and a program that starts now say of the time; and what to do where they do
/// not agree. Alone it changes nothing, and no passphrase is needed.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ClockCommand {
    /// Directory of the authority.
    #[arg(long, value_name = "DIR", required = true)]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    saying: Option<Saying>,
}

/// What persons say at the host of an authority that is stopped.
#[derive(clap::Subcommand)]
enum Saying {
    /// Two persons say that the machine's clock, which is in doubt, is right; at the host, however wrong the time is
    /// that the authority keeps.
    Accept(at_the_host::Accept),
    /// Two persons bring back the time of a book whose newest entries bear one that has not come yet.
    BringBack(at_the_host::BringBack),
}

impl ClockCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self.saying {
            Some(Saying::Accept(accept)) => accept.run().await,
            Some(Saying::BringBack(bring_back)) => bring_back.run().await,
            None => show(&self.dir.expect("the command line asks for it")).await,
        }
    }
}

async fn show(dir: &Path) -> Result<(), Failure> {
    let config = Config::read(dir)?;
    let ledger =
        Ledger::<Verifying>::open(&config.ledger_address(dir, LedgerRole::Verifier)?).await?;
    let (past, doubt) = (ledger.past().await?, ledger.clock_doubt().await?);
    let machine = Arc::new(Kernel::new());
    let look = machine.look();
    let kept = TrustedClock::over(machine, config.clock.longest_stop());
    kept.resume(&past);
    let reading = kept.read();

    let synchronised = match look.is_synchronised {
        true => "kept synchronised",
        false => "nothing keeps it synchronised: it is no witness",
    };
    let mut lines = vec![
        ("machine", format!("{}  {synchronised}", seconds(look.wall))),
        ("book", format!("{}  the newest entry", seconds(past.latest))),
        ("a start now", told(&past, reading.now, reading.doubt)),
    ];
    lines.push(("in the book", recorded(doubt.as_ref())));
    if doubt.is_some() || reading.doubt.is_some() {
        let ahead = reading.doubt.or(doubt.map(|found| found.doubt)).map(|one| one.ahead());
        lines.extend(advice(ahead.unwrap_or_default()));
    }
    lines.extend(at_the_host::wrong(&ledger, dir).await?);
    for (name, value) in lines {
        akashi_edge::say!("{name:<12} {value}");
    }
    ledger.close().await;
    Ok(())
}

/// What a program would believe that starts now.
fn told(past: &Past, now: Timestamp, doubt: Option<Doubt>) -> String {
    let known = match doubt {
        None => "known",
        Some(Doubt::Differs { .. }) => {
            "known by what has passed in this life of the machine; its clock differs"
        }
        Some(Doubt::Unwitnessed { .. }) => "not known: it is not before this",
    };
    let since = match past.mark {
        Some(_) => "",
        None => ", nothing is signed of an earlier start",
    };
    format!("{}  {known}{since}", seconds(now))
}

/// What the book says of a doubt.
fn recorded(doubt: Option<&ClockDoubt>) -> String {
    let Some(ClockDoubt { position, at, doubt, accepted }) = doubt else {
        return "no doubt".into();
    };
    let ahead = length(doubt.ahead());
    let what = match doubt {
        Doubt::Differs { .. } => {
            "planned acts wait; everything else goes on by the time that was kept"
        }
        Doubt::Unwitnessed { .. } => {
            "nothing is signed; losses, holds, revocations and batches are taken"
        }
    };
    let said =
        if accepted.is_some() { "two persons have said that it is right" } else { "it stands" };
    format!("in doubt since entry {} ({}): {ahead}; {what}; {said}", position.0, seconds(*at))
}

/// What a person can do; where the machine's clock stands before the book, more is said of that.
fn advice(ahead: SignedDuration) -> Vec<(&'static str, String)> {
    let set = "set the machine's clock right, or have NTP do it: the doubt ends by itself";
    let mut lines = vec![("what to do", set.to_owned())];
    if ahead >= SignedDuration::ZERO {
        let accept = "the machine's clock is right and cannot agree: two persons, each `akashi desk … accept-clock`, or \
                      together `akashi clock accept` at the host";
        lines.push(("or, where", accept.to_owned()));
    }
    lines
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn length(ahead: SignedDuration) -> String {
    let side = if ahead < SignedDuration::ZERO { "behind" } else { "ahead" };
    format!("the machine's clock was {} {side}", span(ahead))
}

fn span(length: SignedDuration) -> String {
    let seconds = length.abs().as_secs();
    match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
