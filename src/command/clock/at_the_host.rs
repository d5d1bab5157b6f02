//! What two persons say of the time at the authority's host, while the authority is stopped.

use std::path::{Path, PathBuf};

use akashi_edge::clock::{Kernel, Machine};
use akashi_edge::{Hold, TrustedClock};
use akashi_keys::OfficerToken;
use akashi_ledger::{Here, Issuing, Ledger, LedgerError, Position, Verifying, WrongTimes};
use akashi_wire::clock::Past;
use akashi_wire::octets::Sha256;
use akashi_wire::signed::MessageKind;
use akashi_wire::time_word::{Saying, TimeWord};
use akashi_wire::{Clock, SignedMessage, Verified};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::{length, seconds, span};
use crate::command::Failure;
use crate::config::{Config, LedgerRole};
use crate::secret::TOKEN_PASSWORD;

/// Who speaks, and what time it is.
#[derive(clap::Args)]
pub(super) struct Persons {
    /// Directory of the authority, which is stopped.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// What time it is, read from a clock that is not this machine's: 2026-11-29T08:15 in Japan's time, or with an
    /// offset.
    #[arg(long, value_name = "TIME")]
    time: Told,
    /// The token (PKCS#12) of each person; given once for each.
    #[arg(long, value_name = "FILE", required = true)]
    token: Vec<PathBuf>,
    /// File with a token's password, in the order of the tokens; else AKASHI_TOKEN_PASSWORD, else a prompt.
    #[arg(long, value_name = "FILE")]
    password_file: Vec<PathBuf>,
}

/// A time as a person gives it.
#[derive(Clone, Copy)]
struct Told(Timestamp);

impl std::str::FromStr for Told {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let japan = TimeZone::fixed(Offset::constant(9));
        let local = |at: DateTime| at.to_zoned(japan).ok().map(|zoned| zoned.timestamp());
        let told = text.parse().ok().or_else(|| text.parse().ok().and_then(local));
        told.map(Self).ok_or("a time is given as 2026-11-29T08:15, in Japan, or with an offset")
    }
}

/// Two persons say that the machine's clock, which is in doubt, is right.
#[derive(clap::Args)]
pub(super) struct Accept {
    #[command(flatten)]
    persons: Persons,
}

/// Two persons bring back the time of a book whose newest entries bear one that has not come yet.
#[derive(clap::Args)]
pub(super) struct BringBack {
    #[command(flatten)]
    persons: Persons,
    /// The first entry whose time is wrong, where the clock ran ahead before what it recorded was later than now;
    /// `akashi audit show` lists them.
    #[arg(long, value_name = "POSITION")]
    first: Option<i64>,
}

impl Persons {
    fn here() -> (Here, Kernel) {
        let machine = Kernel::new();
        let (look, boot) = (machine.look(), machine.boot());
        (Here { boot, since_boot: look.since_boot, wall: look.wall }, machine)
    }

    /// What each signs, over the same.
    fn sign(&self, authority: Sha256, says: Saying) -> Result<Vec<Verified>, Failure> {
        let Told(time) = self.time;
        let content = serde_json::to_vec(&TimeWord { authority, time, says })?;
        let sign = |(number, file): (usize, &PathBuf)| -> Result<Verified, Failure> {
            akashi_edge::say!("signs        {}", file.display());
            let password =
                TOKEN_PASSWORD.read(self.password_file.get(number).map(PathBuf::as_path))?;
            let token = OfficerToken::open(file, &password)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            let (kind, certificate) = (MessageKind::TimeWord, token.certificate());
            let message = SignedMessage::sign(kind, &content, certificate, time, |octets| {
                token.sign(octets)
            })?;
            Ok(message.verify(kind)?)
        };
        self.token.iter().enumerate().map(sign).collect()
    }

    async fn open(&self) -> Result<(Hold, Config, Ledger<Issuing>), Failure> {
        let hold = Hold::take(&self.dir)?;
        let config = Config::read(&self.dir)?;
        let address = config.ledger_address(&self.dir, LedgerRole::Authority)?;
        Ok((hold, config, Ledger::<Issuing>::open(&address).await?))
    }
}

impl Accept {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (_hold, config, ledger) = self.persons.open().await?;
        let (here, machine) = Persons::here();
        let past = ledger.past().await?;
        let kept = TrustedClock::over(std::sync::Arc::new(machine), config.clock.longest_stop());
        kept.resume(&past);
        // As the start stood that put it in doubt: by what was known before.
        kept.withhold_belief();
        let doubt = ledger.clock_doubt().await?.ok_or(
            "nothing is in doubt: where the book's time has not come yet, see `akashi clock bring-back`",
        )?;
        akashi_edge::say!("machine      {}", seconds(here.wall));
        akashi_edge::say!(
            "in doubt     since entry {}: {}",
            doubt.position.0,
            length(doubt.doubt.ahead())
        );
        let authority = ledger.authority().await?.fingerprint();
        let words = self.persons.sign(authority, Saying::Right { doubt: doubt.position.0 })?;
        let accepted = ledger.accept_clock_at_the_host(&words, &here, kept.now()).await;
        accepted.map_err(|error| sentence(error, &past))?;
        let stands = ledger.clock_doubt().await?;
        ledger.close().await;
        match stands.is_some_and(|found| found.accepted.is_some()) {
            true => akashi_edge::say!("accepted     by two: start the authority within the hour"),
            false => {
                akashi_edge::say!(
                    "noted        another person says so too, here or by `desk accept-clock`"
                )
            }
        }
        Ok(())
    }
}

impl BringBack {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (_hold, _, ledger) = self.persons.open().await?;
        let (here, _) = Persons::here();
        let past = ledger.past().await?;
        let found = ledger.wrong_times(&here, self.first.map(Position)).await;
        let found = found.map_err(|error| match error {
            LedgerError::NotAsItStands => {
                "--first names no entry that can be meant: one after the founding, and none \
                                           after the first whose time has not come (`akashi clock`)"
                    .into()
            }
            other => Failure::from(other),
        })?;
        let wrong = found.ok_or("no entry of this book bears a time that has not come")?;
        akashi_edge::say!("machine      {}", seconds(here.wall));
        for (name, value) in told(&wrong) {
            akashi_edge::say!("{name:<12} {value}");
        }
        let authority = ledger.authority().await?.fingerprint();
        let says = Saying::BringBack { first: wrong.first.0, head: wrong.head.0, hash: wrong.hash };
        let words = self.persons.sign(authority, says)?;
        let brought = ledger.bring_back(&words, &here).await;
        let wrong = brought.map_err(|error| sentence(error, &past))?;
        ledger.close().await;
        akashi_edge::say!(
            "brought back by entry {}: the book goes on from {}",
            wrong.head.0 + 1,
            seconds(here.wall)
        );
        akashi_edge::say!(
            "next         start every program of the authority; all lists are made anew at once"
        );
        Ok(())
    }
}

/// What bringing back would say of the entries.
fn told(wrong: &WrongTimes) -> Vec<(&'static str, String)> {
    let WrongTimes { first, head, head_at, exact, back, begun, .. } = wrong;
    let newest = seconds(*head_at);
    let mut lines =
        vec![("wrong times", format!("entries {first} to {head}; the newest says {newest}"))];
    if exact > first {
        let until = exact.0.min(head.0 + 1) - 1;
        let by = seconds(*begun);
        lines.push((
            "",
            format!("what entries {first} to {until} say is later than {by} is read as {by}"),
        ));
    }
    if exact <= head {
        let by = span(*back);
        lines.push(("", format!("entries {exact} to {head} are read as {by} earlier, which is when they were written")));
    }
    lines
}

/// What is wrong, where the book's own sentence does not say what to do here.
fn sentence(error: LedgerError, past: &Past) -> Failure {
    match error {
        LedgerError::ClockBehind { now, .. } => format!(
            "the book was last written at {}, and the machine's clock says {}: where that is right, the time is brought back \
             (`akashi clock bring-back`)",
            seconds(past.latest),
            seconds(now),
        )
        .into(),
        LedgerError::NotAsItStands => "the book, or the machine's clock, is not what was looked at: where the clock was set since it was \
                                       put in doubt, start the authority and see what it says (`akashi clock`)"
            .into(),
        LedgerError::TakesTwo => "two persons sign, each with an own token; to bring a time back, security officers or \
                                  operators, and one at least is a security officer"
            .into(),
        LedgerError::NotEnrolled => "one of the tokens is not enrolled as somebody who may say so: officers, supervisors, \
                                     operators and security officers accept a clock; operators and security officers bring \
                                     a time back"
            .into(),
        other => other.into(),
    }
}

/// What stands in the book beside it, for whoever only looks.
pub(super) async fn wrong(
    ledger: &Ledger<Verifying>,
    dir: &Path,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let (here, _) = Persons::here();
    let wrong = match ledger.wrong_times(&here, None).await {
        Ok(Some(wrong)) => wrong,
        Ok(None) => return Ok(Vec::new()),
        Err(founded @ LedgerError::FoundedAhead { .. }) => {
            return Ok(vec![("wrong times", founded.to_string())]);
        }
        Err(other) => return Err(other.into()),
    };
    let mut lines = told(&wrong);
    let command = format!(
        "akashi clock bring-back --dir {} --time TIME --token FILE --token FILE",
        dir.display()
    );
    lines.push((
        "bring back",
        "where the machine's clock is right: stop every program of the authority, then two persons at the host:".into(),
    ));
    lines.push(("", command));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_given_as_a_clock_on_the_wall_in_japan_shows_it_or_with_its_offset() {
        let told = |text: &str| text.parse().map(|Told(at)| seconds(at));
        let utc = Ok("2026-11-28T23:15:00Z".to_owned());
        assert_eq!(told("2026-11-29T08:15"), utc);
        assert_eq!(told("2026-11-29 08:15:00"), utc);
        assert_eq!(told("2026-11-28T23:15:00Z"), utc);
        assert_eq!(told("2026-11-29T08:15+09:00"), utc);
        for no in ["", "08:15", "now", "2026-13-01T00:00"] {
            assert!(told(no).unwrap_err().contains("2026-11-29T08:15"), "{no}");
        }
    }
}
