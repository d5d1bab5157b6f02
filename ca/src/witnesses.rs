//! Who is asked what time it is while the machine's clock is in doubt.
//!
//! Two that do not depend on each other must agree within a minute, and not as many on another time: the
//! kernel, where something keeps its clock synchronised; registers, each of which answers a challenge that
//! nobody has seen before; and other programs of the authority, each other machine once and each program once. After a start in another life of the machine its own clock is one that says so, and is
//! asked about before anything is recorded by it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use akashi_ledger::{Issuing, Ledger};
use akashi_wire::clock::Doubt;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::time::TimeAnswer;
use akashi_wire::{Clock, Order, Reading, SignedMessage};
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
    programs: Mutex<Programs>,
}

/// What other programs of the authority are asked, and what they said.
#[derive(Default)]
struct Programs {
    /// Asked of whoever looks, and when: an answer that took longer than one of a register says nothing.
    asked: VecDeque<(Sha256, Duration)>,
    /// By machine: whose key signed it, and what it said. One key is one, whatever machines it says that it is on.
    told: BTreeMap<Sha256, (Sha256, Word)>,
}

/// Questions that are open at a time.
const OPEN: usize = 64;

/// For how long a program's word counts, which says it twice a minute: who fell silent says nothing more.
const WORD_COUNTS: Duration = Duration::from_secs(120);

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

impl Programs {
    /// What was said lately.
    fn words(&self, monotonic: Duration) -> impl Iterator<Item = Word> + '_ {
        let is_of_now = move |word: &&Word| monotonic.saturating_sub(word.heard) <= WORD_COUNTS;
        self.told.values().map(|(_, word)| word).filter(is_of_now).cloned()
    }
}

impl Witnesses {
    /// Those of this authority.
    pub fn new(ledger: Ledger<Issuing>, orders: Orders, registry: RegistryClient) -> Self {
        Self { ledger, orders, registry, programs: Mutex::default() }
    }

    /// What other programs of the authority are asked, where there is a doubt; another question each time.
    pub fn asks(&self, clock: &dyn Clock, challenge: impl FnOnce() -> [u8; 32]) -> Option<Sha256> {
        let (mut programs, reading) = (self.programs(), clock.read());
        if reading.doubt.is_none() {
            *programs = Programs::default();
            return None;
        }
        let challenge = Sha256(challenge());
        programs.asked.push_back((challenge, reading.monotonic));
        if programs.asked.len() > OPEN {
            programs.asked.pop_front();
        }
        Some(challenge)
    }

    /// Hears what one of them says: over the challenge of now, signed by a key of the authority's own programs, on
    /// another machine than this. `false` where it does not count; that of a stranger, who showed the certificate `peer`,
    /// is put on record.
    pub async fn hear(
        &self,
        message: SignedMessage,
        peer: &[u8],
        clock: &dyn Clock,
    ) -> Result<bool, CaError> {
        let Some((signer, TimeAnswer { challenge, at, boot: Some(boot) })) =
            self.of_ours(message, clock.now()).await?
        else {
            self.orders
                .record_refusal(Some(peer), ("time_of_a_stranger", None), clock.now())
                .await?;
            return Ok(false);
        };
        let mut programs = self.programs();
        let heard = clock.monotonic();
        let is_open = |(asked, at): &(Sha256, Duration)| {
            *asked == challenge && heard.saturating_sub(*at) <= LONGEST
        };
        let asked = programs.asked.iter().position(is_open);
        let Some(asked) = asked.filter(|_| clock.boot() != Some(boot)) else {
            return Ok(false);
        };
        programs.asked.remove(asked);
        let by = format!("a program on the machine {:.8}", boot.to_string());
        programs.told.retain(|_, (of, _)| *of != signer);
        programs.told.insert(boot, (signer, Word { by, at, heard }));
        Ok(true)
    }

    /// What was said, where a key of the authority's own programs signed it.
    async fn of_ours(
        &self,
        message: SignedMessage,
        now: Timestamp,
    ) -> Result<Option<(Sha256, TimeAnswer)>, CaError> {
        let Ok(signed) = message.verify(MessageKind::TimeAnswer) else { return Ok(None) };
        let digest = Sha256::of(signed.signer());
        let signer = self.ledger.enrolment_of(digest).await?;
        let is_ours = |one: &akashi_ledger::Enrolment| {
            matches!(one.role, Role::ListIssuer | Role::Responder | Role::Repository)
                && one.is_in_force(now)
        };
        let said = || serde_json::from_slice(signed.content()).ok();
        Ok(signer.filter(is_ours).and_then(|_| said()).map(|said| (digest, said)))
    }

    fn programs(&self) -> MutexGuard<'_, Programs> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// At a start in another life of the machine: believes its clock only where as many say so as say another time, the
    /// kernel among them where it is kept synchronised. Nobody is waited for longer than ten seconds, and whoever does
    /// not answer says nothing. Called before anything is recorded.
    pub async fn see_to_a_start(
        &self,
        clock: &dyn Clock,
        challenge: impl FnMut() -> [u8; 32],
    ) -> Result<(), CaError> {
        if !clock.began_anew() {
            return Ok(());
        }
        // Links are judged by what was known before: by a wrong clock no register's certificate is of now.
        clock.withhold_belief();
        let words = self.of_registers(clock, challenge).await?;
        let reading = clock.read();
        let ahead = reading.doubt.map_or(SignedDuration::ZERO, |doubt| doubt.ahead());
        let machine = reading.now.saturating_add(ahead).unwrap_or(Timestamp::MAX);
        if !is_contradicted(&words, machine, &reading) {
            clock.give_belief(is_vouched_for(&words, machine, &reading));
        }
        Ok(())
    }

    /// What the registers say, all asked at once.
    async fn of_registers(
        &self,
        clock: &dyn Clock,
        mut challenge: impl FnMut() -> [u8; 32],
    ) -> Result<Vec<Word>, CaError> {
        let registers = self.registers(usize::from(challenge()[0])).await?;
        let challenges: Vec<Sha256> = registers.iter().map(|_| Sha256(challenge())).collect();
        let ask = async |municipality, challenge| {
            let begun = clock.read();
            let asking = self.registry.time(municipality, challenge, &self.ledger, begun.now);
            // A minute's sleep of the machine is no answer of now, whatever the timer says of it.
            let told = tokio::time::timeout(LONGEST, asking).await.ok()?;
            let heard = clock.monotonic();
            let at = told.ok()?.filter(|_| heard.saturating_sub(begun.monotonic) <= LONGEST)?;
            Some(Word { by: format!("register of {municipality}"), at, heard })
        };
        let asked = registers.iter().zip(challenges).map(|(town, challenge)| ask(*town, challenge));
        Ok(futures::future::join_all(asked).await.into_iter().flatten().collect())
    }

    /// Asks everybody, where there is a doubt; puts on record who agreed, and settles the time.
    /// `challenge` gives 32 octets that nobody can foresee. Gives whether two agreed.
    pub async fn ask(
        &self,
        clock: &dyn Clock,
        challenge: impl FnMut() -> [u8; 32],
    ) -> Result<bool, CaError> {
        if clock.read().doubt.is_none() {
            return Ok(false);
        }
        let mut words = self.of_registers(clock, challenge).await?;
        words.extend(of_the_kernel(&clock.read()));
        let reading = clock.read();
        words.extend(self.programs().words(reading.monotonic));
        let Some(doubt) = reading.doubt else { return Ok(false) };
        let Some((agreed, by)) = said(&words, &doubt, &reading) else { return Ok(false) };
        let permit = self.orders.permit(Order::TrustClock, reading.now).await?;
        let mut change = self.ledger.begin(&permit, reading.now).await?;
        change.append("witness_clock", &format!("{agreed}: {by}"), None).await?;
        change.commit().await?;
        clock.settle(agreed);
        Ok(true)
    }

    /// Of which municipalities the registers are asked, each once, beginning with any.
    async fn registers(&self, begin: usize) -> Result<Vec<akashi_wire::MunicipalityCode>, CaError> {
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
        let begin = begin.checked_rem(registers.len()).unwrap_or_default();
        registers.rotate_left(begin);
        registers.truncate(ASKED);
        Ok(registers)
    }
}

/// A kernel that is kept synchronised is contradicted by whoever differs by more than acts may: a register's own clock
/// is seldom better than it.
const AGAINST_THE_KERNEL: SignedDuration = SignedDuration::from_mins(5);

/// Whether somebody says what the machine's clock says, as nearly as that.
fn says(word: &Word, machine: Timestamp, reading: &Reading, near: SignedDuration) -> bool {
    word.at(reading.monotonic).duration_since(machine).abs() <= near
}

/// How many others say what the machine's clock says, and how many say another time.
fn for_and_against(
    words: &[Word],
    machine: Timestamp,
    reading: &Reading,
    near: SignedDuration,
) -> (usize, usize) {
    let words = || words.iter().filter(|word| word.by != KERNEL);
    let vouch = words().filter(|word| says(word, machine, reading, near)).count();
    (vouch, words().count() - vouch)
}

/// Whether more say another time than the machine's clock.
fn is_contradicted(words: &[Word], machine: Timestamp, reading: &Reading) -> bool {
    let near = if reading.is_synchronised { AGAINST_THE_KERNEL } else { AGREE };
    let (vouch, contradict) = for_and_against(words, machine, reading, near);
    contradict > vouch + usize::from(reading.is_synchronised)
}

/// Whether the machine's clock, which is not before what is known, has a witness: after a start in another life of the
/// machine one is enough, since it says a time by itself.
fn is_vouched_for(words: &[Word], machine: Timestamp, reading: &Reading) -> bool {
    let (vouch, contradict) = for_and_against(words, machine, reading, AGREE);
    vouch > contradict && machine >= reading.now
}

/// What ends a doubt, and who said so: two that agree; or, of who does not know the time, one that agrees with the
/// machine.
fn said(words: &[Word], doubt: &Doubt, reading: &Reading) -> Option<(Timestamp, String)> {
    if let Some((time, by)) = agreed(words, reading.monotonic)
        && settles(doubt, reading, time)
    {
        return Some((time, by));
    }
    let machine = reading.now.saturating_add(doubt.ahead()).ok()?;
    if !doubt.is_unwitnessed() || !is_vouched_for(words, machine, reading) {
        return None;
    }
    let agree = words.iter().filter(|word| says(word, machine, reading, AGREE));
    let by: Vec<&str> = agree.map(|word| word.by.as_str()).filter(|by| *by != KERNEL).collect();
    Some((machine, format!("this machine and {}", by.join(" and "))))
}

/// What the kernel says of its own clock.
fn of_the_kernel(reading: &Reading) -> Option<Word> {
    let ahead = reading.doubt?.ahead();
    let at = reading.now.checked_add(ahead).ok()?;
    let by = KERNEL.to_owned();
    reading.is_synchronised.then_some(Word { by, at, heard: reading.monotonic })
}

/// The time that most agree on, two at least, and who they are; nothing where as many agree on another. What a
/// register says is taken before what the kernel does, whose clock it is that is in doubt.
fn agreed(words: &[Word], monotonic: Duration) -> Option<(Timestamp, String)> {
    let mut told: Vec<(Timestamp, &str)> =
        words.iter().map(|word| (word.at(monotonic), word.by.as_str())).collect();
    told.sort();
    let from = |begin: usize| {
        let (first, _) = told[begin];
        let until = told[begin..].iter().take_while(|(at, _)| at.duration_since(first) <= AGREE);
        (begin, until.count())
    };
    let groups: Vec<(usize, usize)> = (0..told.len()).map(from).collect();
    let (begin, most) = groups.iter().copied().rev().max_by_key(|(_, count)| *count)?;
    let is_contradicted =
        groups.iter().any(|(other, count)| *count == most && *other >= begin + most);
    if most < 2 || is_contradicted {
        return None;
    }
    let group = &told[begin..begin + most];
    let (time, _) = group.iter().find(|(_, by)| *by != KERNEL)?;
    let by: Vec<&str> = group.iter().map(|(_, by)| *by).collect();
    Some((*time, by.join(" and ")))
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
        // The one that lies is left alone, and so are two against three; two against two say nothing.
        let three = [word("a", 5, 10), word("liar", 9_000, 10), word("b", 0, 10)];
        assert_eq!(by(&three), told(0, "b and a"));
        let liars = [word("one", 9_000, 10), word("other", 9_000, 10)];
        let honest = [word("a", 5, 10), word("b", 0, 10), word("c", 9, 10)];
        assert_eq!(by(&[&liars[..], &honest].concat()), told(0, "b and a and c"));
        assert_eq!(by(&[&liars[..], &honest[..2]].concat()), None);
    }

    #[test]
    fn a_program_that_fell_silent_says_nothing_more() {
        let machine = |number| Sha256([number; 32]);
        let said = |number, word| (machine(number), (machine(10 + number), word));
        let told = BTreeMap::from([said(1, word("a", 0, 10)), said(2, word("b", 0, 40))]);
        let programs = Programs { told, ..Programs::default() };
        let words = |seconds| programs.words(Duration::from_secs(seconds)).count();
        assert_eq!([words(40), words(130), words(131), words(160), words(161)], [2, 2, 1, 1, 0]);
    }

    #[test]
    fn a_start_is_believed_where_as_many_vouch_for_its_clock_as_say_another_time() {
        let read = |is_synchronised| Reading {
            now: start(),
            monotonic: Duration::from_secs(10),
            doubt: None,
            is_synchronised,
            brought_back: 0,
        };
        let (right, other) = (|by| word(by, 30, 10), |by| word(by, 90, 10));
        let far = |by| word(by, 301, 10);
        for (words, alone, kept) in [
            (vec![], false, false),
            (vec![right("a")], false, false),
            (vec![other("a")], true, false),
            (vec![other("a"), right("b")], false, false),
            (vec![other("a"), other("b")], true, false),
            (vec![far("a"), far("b")], true, true),
            (vec![far("a"), far("b"), right("c")], true, false),
        ] {
            assert_eq!(is_contradicted(&words, start(), &read(false)), alone, "{words:?}");
            assert_eq!(is_contradicted(&words, start(), &read(true)), kept, "{words:?}");
        }
    }

    #[test]
    fn whoever_does_not_know_the_time_believes_the_machine_with_one_that_agrees() {
        let ahead = 20 * HOUR;
        let hours = 20 * 3600;
        let read = |doubt| Reading {
            now: start(),
            monotonic: Duration::from_secs(10),
            doubt: Some(doubt),
            is_synchronised: false,
            brought_back: 0,
        };
        let said =
            |words: &[Word], doubt: Doubt| said(words, &doubt, &read(doubt)).map(|(at, _)| at);
        let bound = Doubt::Unwitnessed { ahead };
        assert_eq!(said(&[], bound), None);
        assert_eq!(said(&[word("a", hours + 59, 10)], bound), Some(start() + ahead));
        assert_eq!(said(&[word("a", hours + 61, 10)], bound), None);
        assert_eq!(said(&[word("a", hours, 10), word("b", 0, 10)], bound), None, "one against one");
        // While it runs one is one, and of a clock before what is known nobody's word is enough.
        let differs = Doubt::Differs { ahead };
        assert_eq!(said(&[word("a", hours, 10)], differs), None);
        let behind = Doubt::Unwitnessed { ahead: -ahead };
        assert_eq!(said(&[word("a", -hours, 10)], behind), None);
    }

    #[test]
    fn what_two_agree_on_ends_a_doubt_that_it_is_about() {
        let ahead = 20 * HOUR;
        let read = |doubt| Reading {
            now: start(),
            monotonic: Duration::ZERO,
            doubt: Some(doubt),
            is_synchronised: false,
            brought_back: 0,
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
