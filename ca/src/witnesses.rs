//! Who is asked what time it is while the machine's clock is in doubt.
//!
//! Two that do not depend on each other must agree within a minute: the kernel, where something keeps its
//! clock synchronised, and registers, each of which answers a challenge that nobody has seen before.

use std::time::Duration;

use akashi_ledger::{Issuing, Ledger};
use akashi_wire::clock::Doubt;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{Clock, Order, Reading};
use jiff::{SignedDuration, Timestamp};

use crate::{CaError, Orders, RegistryClient};

/// Within which two agree.
const AGREE: SignedDuration = SignedDuration::from_mins(1);

/// An answer that took longer says nothing.
const LONGEST: Duration = Duration::from_secs(10);

/// What the kernel is called.
const KERNEL: &str = "the kernel";

/// Registers that are asked at a time, at most: two are enough, and some may rest.
const ASKED: usize = 8;

/// Who can say what time it is.
pub struct Witnesses {
    ledger: Ledger<Issuing>,
    orders: Orders,
    registry: RegistryClient,
}

/// What one said.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    by: String,
    /// The time, and where it was by what passes.
    at: Timestamp,
    heard: Duration,
}

impl Word {
    /// What it means later.
    fn at(&self, monotonic: Duration) -> Timestamp {
        let passed = monotonic.saturating_sub(self.heard);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        self.at.saturating_add(passed).unwrap_or(Timestamp::MAX)
    }
}

impl Witnesses {
    /// Those of this authority.
    pub fn new(ledger: Ledger<Issuing>, orders: Orders, registry: RegistryClient) -> Self {
        Self { ledger, orders, registry }
    }

    /// Asks everybody, where there is a doubt; puts on record who agreed, and settles the time.
    /// `challenge` gives 32 octets that nobody can foresee. Gives whether two agreed.
    pub async fn ask(
        &self,
        clock: &dyn Clock,
        mut challenge: impl FnMut() -> [u8; 32],
    ) -> Result<bool, CaError> {
        let Some(doubt) = clock.read().doubt else { return Ok(false) };
        let mut words = Vec::new();
        for municipality in self.registers().await? {
            let (begun, challenge) = (clock.read(), Sha256(challenge()));
            let told = self.registry.time(municipality, challenge, &self.ledger, begun.now).await?;
            let heard = clock.monotonic();
            if let Some(at) = told
                && heard.saturating_sub(begun.monotonic) <= LONGEST
            {
                words.push(Word { by: format!("register of {municipality}"), at, heard });
            }
        }
        words.extend(of_the_kernel(&clock.read()));
        let reading = clock.read();
        let Some((agreed, by)) = agreed(&words, reading.monotonic) else { return Ok(false) };
        if !settles(&doubt, &reading, agreed) {
            return Ok(false);
        }
        let permit = self.orders.permit(Order::TrustClock, reading.now).await?;
        let mut change = self.ledger.begin(&permit, reading.now).await?;
        change.append("witness_clock", &format!("{agreed}: {by}"), None).await?;
        change.commit().await?;
        clock.settle(agreed);
        Ok(true)
    }

    /// Of which municipalities the registers may be asked, each once.
    async fn registers(&self) -> Result<Vec<akashi_wire::MunicipalityCode>, CaError> {
        let all = self.ledger.enrolments().await?;
        let of = |role: &Role| match role {
            Role::Registry { municipality } => Some(*municipality),
            _ => None,
        };
        let mut registers: Vec<_> = all
            .iter()
            .filter(|one| one.ended_at.is_none() && one.suspended_at.is_none())
            .filter_map(|one| of(&one.role))
            .collect();
        registers.sort();
        registers.dedup();
        registers.truncate(ASKED);
        Ok(registers)
    }
}

/// What the kernel says of its own clock.
fn of_the_kernel(reading: &Reading) -> Option<Word> {
    let ahead = reading.doubt?.ahead();
    let at = reading.now.checked_add(ahead).ok()?;
    let by = KERNEL.to_owned();
    reading.is_synchronised.then_some(Word { by, at, heard: reading.monotonic })
}

/// The time that two agree on, and who they are; of several pairs the closest. What a register says is
/// taken before what the kernel does, whose clock it is that is in doubt.
fn agreed(words: &[Word], monotonic: Duration) -> Option<(Timestamp, String)> {
    let mut at: Vec<(Timestamp, &str)> =
        words.iter().map(|word| (word.at(monotonic), word.by.as_str())).collect();
    at.sort();
    let pairs = at.iter().zip(at.iter().skip(1));
    let closest = pairs.min_by_key(|((one, _), (other, _))| other.duration_since(*one))?;
    let ((one, by), (other, and)) = closest;
    let time = if *by == KERNEL { other } else { one };
    (other.duration_since(*one) <= AGREE).then(|| (*time, format!("{by} and {and}")))
}

/// Whether a time that was agreed on ends the doubt: of who does not know the time any that is not before
/// what is known, else that of the machine's clock, where it is nearer than what was kept.
fn settles(doubt: &Doubt, reading: &Reading, agreed: Timestamp) -> bool {
    let machine = reading.now.saturating_add(doubt.ahead()).unwrap_or(Timestamp::MAX);
    let of_machine = agreed.duration_since(machine).abs();
    let is_the_machines =
        of_machine <= AGREE && of_machine < agreed.duration_since(reading.now).abs();
    let is_later = agreed.duration_since(reading.now) >= -AGREE;
    is_later && (doubt.is_unwitnessed() || is_the_machines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn start() -> Timestamp {
        "2026-04-01T00:00:00Z".parse().unwrap()
    }

    fn word(by: &str, seconds: i64, heard: u64) -> Word {
        let at = start() + SignedDuration::from_secs(seconds);
        Word { by: by.into(), at, heard: Duration::from_secs(heard) }
    }

    #[test]
    fn two_that_agree_within_a_minute_are_believed_and_one_is_not() {
        let now = Duration::from_secs(10);
        let by =
            |words: &[Word]| agreed(words, now).map(|(at, by)| (at.duration_since(start()), by));
        let told = |seconds, by: &str| Some((SignedDuration::from_secs(seconds), by.to_owned()));
        assert_eq!(by(&[]), None);
        assert_eq!(by(&[word("a", 0, 10)]), None);
        assert_eq!(by(&[word("a", 0, 10), word("b", 61, 10)]), None);
        assert_eq!(by(&[word("a", 0, 10), word("b", 60, 10)]), told(0, "a and b"));
        // What was heard earlier has grown older.
        assert_eq!(by(&[word("a", 0, 0), word("b", 70, 10)]), told(10, "a and b"));
        // The one that lies is left alone.
        let three = [word("a", 5, 10), word("liar", 9_000, 10), word("b", 0, 10)];
        assert_eq!(by(&three), told(0, "b and a"));
    }

    #[test]
    fn what_two_agree_on_ends_a_doubt_that_it_is_about() {
        let ahead = 20 * HOUR;
        let read = |doubt| Reading {
            now: start(),
            monotonic: Duration::ZERO,
            doubt: Some(doubt),
            is_synchronised: false,
        };
        let (differs, bound) = (Doubt::Differs { ahead }, Doubt::Unwitnessed { ahead });
        // The machine's clock was right.
        assert!(settles(&differs, &read(differs), start() + ahead));
        // It was not, and the time that was kept is: nothing is to be moved.
        assert!(!settles(&differs, &read(differs), start()));
        let little = Doubt::Differs { ahead: SignedDuration::from_secs(3) };
        assert!(!settles(&little, &read(little), start() + SignedDuration::from_secs(1)));
        assert!(settles(&little, &read(little), start() + SignedDuration::from_secs(2)));
        // Whoever does not know the time learns it, whatever the machine says.
        assert!(settles(&bound, &read(bound), start() + HOUR));
        assert!(!settles(&bound, &read(bound), start() - HOUR), "no time goes back");
    }
}
