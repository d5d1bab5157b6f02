//! Playing a plan: each event happens, the machines do their round, everything is checked.

mod case;
mod clock;
mod counter;
mod feed;
mod office;
mod round;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use akashi_ledger::{Entry, Position, StatusRow};
use akashi_registry::SealedBatch;
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, MunicipalityCode};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::card::CardInHand;
use crate::checks::{self, Breach, hold};
use crate::founded::{Founded, Officer, TOWNS};
use crate::octets::{Issuer, List};
use crate::prefecture::Prefecture;
use crate::step::{Event, Step};
use crate::trouble::Mishap;
use crate::truth::Truth;

pub use case::case;

/// What a seed has seen; added up over all seeds.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Events of plans.
    pub steps: usize,
    /// Certificates that officers received.
    pub certificates: usize,
    /// Changes of records.
    pub changes: usize,
    /// Processes that died.
    pub deaths: usize,
    /// Mishaps that struck.
    pub mishaps: usize,
    /// Certificates that ended.
    pub ended: usize,
}

/// A seed at play.
pub struct Play {
    prefecture: Prefecture,
    truth: Truth,
    cards: BTreeMap<usize, CardInHand>,
    issuer: Issuer,
    rng: StdRng,
    keys: usize,
    cards_made: u32,
    certified: checks::uniqueness::Certified,
    heard: checks::status::Heard,
    shelves: checks::lists::Shelves,
    /// The lists on the shelf as they were read last.
    read: BTreeMap<&'static str, (Vec<u8>, List)>,
    rows: Vec<StatusRow>,
    entries: Vec<Entry>,
    told: checks::chain::Told,
    chain: Position,
    line: BTreeMap<MunicipalityCode, Vec<SealedBatch>>,
    sent: BTreeMap<MunicipalityCode, Vec<SealedBatch>>,
    accepted: Vec<Sha256>,
    /// Two officers a town, with the keys that they have now.
    officers: BTreeMap<MunicipalityCode, [Officer; 2]>,
    /// By how much the machine's clock is ahead.
    ahead: SignedDuration,
    mishaps: usize,
    /// In which act of the next case the authority dies, and where.
    blow: Option<(u32, Mishap)>,
    /// How often each act since a case began met the book.
    meetings: Vec<u32>,
}

/// Plays a plan to its end, or to the first breach.
pub fn play(founded: Arc<Founded>, seed: u64, events: &[Event]) -> (Counts, Result<(), Breach>) {
    let mut play = Play::begin(founded, seed);
    let outcome = play.run(events);
    (play.counts(events.len()), outcome)
}

impl Play {
    fn begin(founded: Arc<Founded>, seed: u64) -> Self {
        let issuer = Issuer::of(&founded.certificate);
        let officers = founded.officers.clone();
        let prefecture = Prefecture::start(founded, seed);
        let chain = prefecture.lens.head();
        let mut play = Self {
            prefecture,
            truth: Truth::default(),
            cards: BTreeMap::new(),
            issuer,
            rng: StdRng::seed_from_u64(seed),
            keys: 0,
            cards_made: 0,
            certified: Default::default(),
            heard: Default::default(),
            shelves: Default::default(),
            read: BTreeMap::new(),
            rows: Vec::new(),
            entries: Vec::new(),
            told: Default::default(),
            chain,
            line: BTreeMap::new(),
            sent: BTreeMap::new(),
            accepted: Vec::new(),
            officers,
            ahead: SignedDuration::ZERO,
            mishaps: 0,
            blow: None,
            meetings: Vec::new(),
        };
        (0..14).for_each(|number| play.settler(number));
        play
    }

    fn run(&mut self, events: &[Event]) -> Result<(), Breach> {
        self.round(None)?;
        self.round(None)?;
        for event in events {
            self.pass(event.after)?;
            self.step(event)?;
            self.round(event.round)?;
        }
        self.end()
    }

    fn step(&mut self, event: &Event) -> Result<(), Breach> {
        let mishap = event.mishap;
        match event.step {
            Step::Pass => Ok(()),
            Step::Certify { who, renewal, stubborn, torn, ending, twice } => {
                let manner = counter::Manner { renewal, stubborn, torn, ending, twice, mishap };
                self.certify(who, manner)
            }
            Step::Race { who } => self.race(who, mishap),
            Step::CopiedKey { who } => self.copied_key(who),
            Step::Revoke { who, lost, twice } => self.revoke(who, lost, twice, mishap),
            Step::Hold { who } => self.hold(who, mishap),
            Step::Change { who, change } => self.change(who, change),
            Step::Renumber { town } => self.renumber(town),
            Step::Feed { town, most, way } => self.feed(town, most, way, mishap),
            Step::Correct { town, back, days } => self.correct(town, back, days, mishap),
            Step::Restart { role } => {
                self.restart(role);
                Ok(())
            }
            Step::CutLine { who } => self.apply_without_registry(who),
            Step::Jump { minutes } => self.jump(minutes),
            Step::AcceptClock => self.accept_clock(mishap),
            Step::Rekey { town, which } => self.rekey((town, which), mishap),
            Step::SetBack { minutes, restart } => self.set_back(minutes, restart),
            Step::Boot { off, ahead } => self.boot(off, ahead),
            Step::BringBack { minutes, again } => self.bring_back(minutes, again),
            Step::Shelf { town } => self.disturb_shelf(town),
        }
    }

    /// Lets time pass; what is planned meanwhile gets a round at its moment, and nobody sleeps for
    /// more than twenty days.
    fn pass(&mut self, minutes: u32) -> Result<(), Breach> {
        let until = self.now() + jiff::SignedDuration::from_mins(i64::from(minutes));
        loop {
            let soon = self.now() + jiff::SignedDuration::from_hours(24 * 20);
            let due = self.truth.next_due(self.now()).unwrap_or(until);
            let next = until.min(soon).min(due);
            self.prefecture.clock.advance_to(next);
            if next == until {
                return Ok(());
            }
            self.round(None)?;
        }
    }

    /// Everything that was withheld or lost arrives, and nothing is in doubt any more.
    fn end(&mut self) -> Result<(), Breach> {
        if self.truth.held {
            self.accept_clock(None)?;
        }
        self.deliver_everything()?;
        self.round(None)?;
        self.pass(60 * 27)?;
        self.round(None)?;
        self.round(None)?;
        self.everything_stands_at_the_end()
    }

    fn now(&self) -> Timestamp {
        self.prefecture.clock.now()
    }

    fn today(&self) -> Date {
        akashi_wire::date::day_in_japan(self.now())
    }

    fn a_minute(&self) {
        self.prefecture.clock.advance(Duration::from_secs(61));
    }

    fn town(&self, number: u8) -> MunicipalityCode {
        let code = TOWNS[usize::from(number) % TOWNS.len()];
        code.parse().expect("a code")
    }

    /// The next citizen, counted from a number, of whom something holds.
    fn pick(&self, from: u8, holds: impl Fn(usize) -> bool) -> Option<usize> {
        let count = self.truth.citizens.len();
        let from = usize::from(from) % count;
        (from..count).chain(0..from).find(|who| holds(*who))
    }

    /// What a machine says may name nobody.
    fn says(&self, word: &str) -> Result<(), Breach> {
        checks::privacy::nobody_is_named(&self.truth.secrets, "a message", word.as_bytes())
    }

    fn struck(&mut self, struck: bool) {
        self.mishaps += usize::from(struck);
    }

    fn counts(&self, steps: usize) -> Counts {
        let ended = self.truth.certificates.iter().filter(|c| c.has_ended()).count();
        Counts {
            steps,
            certificates: self.truth.certificates.len(),
            changes: self.truth.citizens.iter().map(|citizen| citizen.facts.len()).sum(),
            deaths: self.prefecture.deaths,
            mishaps: self.mishaps,
            ended,
        }
    }

    fn everything_stands_at_the_end(&mut self) -> Result<(), Breach> {
        self.look_into_the_book()?;
        let secrets = &self.truth.secrets;
        checks::privacy::nobody_is_named_in_the_repository(secrets, &self.prefecture.public())?;
        let (book, scratch) = (self.prefecture.book(), self.prefecture.dir());
        checks::privacy::nobody_is_named_in_the_book(secrets, book, scratch)?;
        let lens = &self.prefecture.lens;
        checks::chain::the_chain_is_whole(lens, book, &self.entries)?;
        checks::chain::each_change_of_status_has_its_entry(&self.rows, &self.entries)?;
        hold("what_nobody_has_ends_in_a_day", self.truth.doubts.is_empty(), || {
            "something is still in doubt".into()
        })?;
        self.each_card_holds_what_was_delivered()
    }

    /// The card of each holder holds the certificate that was delivered last.
    fn each_card_holds_what_was_delivered(&mut self) -> Result<(), Breach> {
        let now = self.now();
        let delivered = self.truth.certificates.iter().filter(|c| c.delivered && c.lives(now));
        for certificate in delivered {
            let Some(card) = self.cards.get_mut(&certificate.holder) else { continue };
            card.torn_after = None;
            let read = card.insert().and_then(|mut card| {
                card.verify_pin(&crate::card::pin())?;
                card.read_certificate()
            });
            let same = read.as_ref().is_ok_and(|octets| *octets == certificate.der);
            hold("each_card_holds_what_was_delivered", same, || {
                let others: Vec<_> = self
                    .truth
                    .certificates
                    .iter()
                    .filter(|other| other.holder == certificate.holder)
                    .map(|other| {
                        let on_card = read.as_ref().is_ok_and(|octets| *octets == other.der);
                        (
                            other.serial,
                            other.issued,
                            other.delivered,
                            other.standing,
                            other.renews,
                            on_card,
                        )
                    })
                    .collect();
                let error = read.as_ref().err();
                format!(
                    "citizen {}: {}: {error:?}; number, issued, delivered, standing, renews, on the \
                     card: {others:?}",
                    certificate.holder, certificate.serial,
                )
            })?;
        }
        Ok(())
    }
}
