//! By night every modulus of the book is held against every other: what shares a prime with another,
//! however long ago that one was certified, is an alarm. Nothing is revoked; that is for persons.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use akashi_ledger::{LedgerError, Position};
use akashi_wire::date::{day_in_japan, start_of_day};
use akashi_wire::{Clock, Order, Reading, SerialNumber};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use crate::public_key::primality::is_prime;
use crate::public_key::shared_primes::{Common, Modulus, Sharing, sharing};
use crate::{CaError, Issuer, Orders};

/// When the night's comparison begins, in Japan: counters are closed, batches of the day are in.
const BEGINS: SignedDuration = SignedDuration::from_hours(2);
/// Moduli read at once.
const PAGE: usize = 4096;
/// Findings written in one change of the book.
const CHANGE: usize = 64;
/// Others that are named beside a certificate; the rest is counted.
const NAMED: usize = 4;

/// What a night's comparison did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Moduli looked at.
    pub moduli: usize,
    /// Certificates whose key has something in common with another.
    pub found: usize,
    /// How long it took, without writing down what was found.
    pub took: Duration,
}

/// Whether this night was looked at: the book is asked once a night, not at every tick.
#[derive(Default)]
pub(crate) struct Comparison(Mutex<Option<Date>>);

impl Comparison {
    /// Compares, if this night's comparison is due and nobody has begun it.
    pub async fn compare(
        &self,
        issuer: &Issuer,
        orders: &Orders,
        clock: &dyn Clock,
    ) -> Result<Option<Compared>, CaError> {
        let Reading { now, monotonic: began, .. } = clock.read();
        let (day, begins) = night(now);
        if *self.0.lock().unwrap_or_else(PoisonError::into_inner) == Some(day) {
            return Ok(None);
        }
        let compared = if issuer.ledger.is_comparison_due(begins, now).await? {
            compare(issuer, orders, clock, (day, began)).await?
        } else {
            None
        };
        // Only now: a night in which the book could not be asked is looked at again.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(day);
        Ok(compared)
    }
}

/// The night that this moment belongs to, and when its comparison began to be due.
fn night(now: Timestamp) -> (Date, Timestamp) {
    let day = day_in_japan(now - BEGINS);
    (day, start_of_day(day) + BEGINS)
}

async fn compare(
    issuer: &Issuer,
    orders: &Orders,
    clock: &dyn Clock,
    (day, began): (Date, Duration),
) -> Result<Option<Compared>, CaError> {
    let now = clock.now();
    let mut change =
        issuer.ledger.begin(&orders.permit(Order::CompareModuli, now).await?, now).await?;
    let Some(up_to) = change.begin_comparison(day).await? else {
        change.rollback().await?;
        return Ok(None);
    };
    change.commit().await?;

    let looked_at = issuer.ledger.compared_up_to().await?;
    let All { serials, moduli, new } = read(issuer, (looked_at, up_to)).await?;
    let count = moduli.len();
    let (groups, primes) = beside(move || {
        let primes = new.into_iter().filter(|(_, modulus)| is_prime(modulus));
        let primes: Vec<SerialNumber> = primes.map(|(serial, _)| serial).collect();
        (sharing(&moduli), primes)
    })
    .await?;
    let found = findings(&serials, &groups, &primes);
    let compared = Compared {
        moduli: count,
        found: found.len(),
        took: clock.monotonic().saturating_sub(began),
    };
    for some in found.chunks(CHANGE) {
        let now = clock.now();
        let permit = orders.permit(Order::CompareModuli, now).await?;
        let mut change = issuer.ledger.begin(&permit, now).await?;
        for (serial, what) in some {
            change.share_prime(*serial, what).await?;
        }
        change.commit().await?;
    }
    let now = clock.now();
    let mut change =
        issuer.ledger.begin(&orders.permit(Order::CompareModuli, now).await?, now).await?;
    let Compared { moduli, found, took } = &compared;
    let says = format!("{moduli} moduli, {found} found, {} s", took.as_secs());
    change.end_comparison(day, &says).await?;
    change.commit().await?;
    Ok(Some(compared))
}

/// What a night looks at.
struct All {
    /// For which certificate each modulus was.
    serials: Vec<SerialNumber>,
    moduli: Vec<Modulus>,
    /// Those that no night has looked at before, big-endian.
    new: Vec<(SerialNumber, Vec<u8>)>,
}

/// Every modulus up to a position. What is too short to be one is left out.
async fn read(
    issuer: &Issuer,
    (looked_at, up_to): (Position, Position),
) -> Result<All, LedgerError> {
    let (mut serials, mut moduli, mut new) = (Vec::new(), Vec::new(), Vec::new());
    let mut after = Position(0);
    while after < up_to {
        let page = issuer.ledger.moduli(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.position;
        for one in page.into_iter().filter(|one| one.position <= up_to) {
            if let Some(modulus) = Modulus::from_be_bytes(&one.modulus) {
                serials.push(one.serial);
                moduli.push(modulus);
                if one.position > looked_at {
                    new.push((one.serial, one.modulus));
                }
            }
        }
    }
    Ok(All { serials, moduli, new })
}

/// Does long work on a thread of its own. The runtime's would make the authority wait for its end
/// when it is told to stop.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CaError> {
    let (reply, answer) = oneshot::channel();
    std::thread::Builder::new()
        .name("comparison".into())
        // Whoever waits for it may be gone.
        .spawn(move || drop(reply.send(work())))
        .map_err(|e| CaError::Comparison(e.to_string()))?;
    answer.await.map_err(|_| CaError::Comparison("its thread has stopped".into()))
}

/// What is kept of each certificate that was found, in the order of the numbers.
fn findings(
    serials: &[SerialNumber],
    groups: &[Sharing],
    primes: &[SerialNumber],
) -> Vec<(SerialNumber, String)> {
    let prime = |serial: &SerialNumber| (*serial, "a modulus that is itself a prime".to_owned());
    let mut found: std::collections::BTreeMap<SerialNumber, String> =
        primes.iter().map(prime).collect();
    for Sharing { common, members } in groups {
        let what = match common {
            Common::Prime => "a prime",
            Common::Modulus => "its whole key",
        };
        for member in members {
            let others = members.iter().filter(|other| *other != member);
            let named: Vec<String> =
                others.take(NAMED).map(|other| serials[*other].to_string()).collect();
            let rest = members.len() - 1 - named.len();
            let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            let says = found.entry(serials[*member]).or_default();
            if !says.is_empty() {
                says.push_str("; ");
            }
            says.push_str(&format!("{what} in common with {}{more}", named.join(", ")));
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_begins_at_two_in_japan() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (day, begins) = night(at("2026-04-01T16:59:59Z"));
        assert_eq!((day.to_string().as_str(), begins), ("2026-04-01", at("2026-03-31T17:00:00Z")));
        let (day, begins) = night(at("2026-04-01T17:00:00Z"));
        assert_eq!((day.to_string().as_str(), begins), ("2026-04-02", at("2026-04-01T17:00:00Z")));
    }

    #[test]
    fn a_finding_names_some_others_and_counts_the_rest() {
        let serials: Vec<SerialNumber> =
            (1..=7).map(|number| SerialNumber::from_random([number; 16])).collect();
        let groups = [
            Sharing { common: Common::Prime, members: (0..7).collect() },
            Sharing { common: Common::Modulus, members: vec![0, 6] },
        ];
        let found = findings(&serials, &groups, &[]);
        assert_eq!(found.len(), 7);
        let first = found.iter().find(|(serial, _)| *serial == serials[0]).unwrap();
        let expected = format!(
            "a prime in common with {}, {}, {}, {} and 2 more; its whole key in common with {}",
            serials[1], serials[2], serials[3], serials[4], serials[6]
        );
        assert_eq!(first.1, expected);
        let found = findings(&serials, &groups[1..], &serials[6..]);
        let last = found.iter().find(|(serial, _)| *serial == serials[6]).unwrap();
        let also = format!("its whole key in common with {}", serials[0]);
        assert_eq!(last.1, format!("a modulus that is itself a prime; {also}"));
    }
}
