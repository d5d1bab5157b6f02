//! The feed: batches made, withheld, lost, repeated, reordered and corrected.

use akashi_registry::SealedBatch;
use akashi_wire::MunicipalityCode;
use akashi_wire::date::EffectiveDate;
use akashi_wire::octets::Sha256;
use jiff::ToSpan;
use rand::RngExt as _;

use super::Play;
use crate::checks::{Breach, hold};
use crate::step::Way;
use crate::trouble::Mishap;

impl Play {
    /// A source speaks.
    pub(super) fn feed(
        &mut self,
        town: u8,
        most: u8,
        way: Way,
        mishap: Option<Mishap>,
    ) -> Result<(), Breach> {
        let town = self.town(town);
        let made = self.make_batches(town, usize::from(most.max(1)));
        let mut line = self.line.remove(&town).unwrap_or_default();
        match way {
            Way::Losing => {
                for batch in &made {
                    let sequences = batch.batch.events.iter().map(|e| (town, e.sequence));
                    self.truth.lost.extend(sequences);
                }
                self.line.insert(town, line);
                return Ok(());
            }
            Way::Withholding => {
                line.extend(made);
                self.line.insert(town, line);
                return Ok(());
            }
            _ => line.extend(made),
        }
        match way {
            Way::Backwards => line.reverse(),
            Way::Repeating => {
                let sent = self.sent.get(&town).map_or(&[][..], |sent| sent);
                if !sent.is_empty() {
                    line.push(sent[self.rng.random_range(0..sent.len())].clone());
                }
            }
            Way::Again => {
                let again = self.send_again(town);
                line.extend(again);
            }
            Way::Heartbeat => {
                let (now, sources) = (self.now(), self.prefecture.sources());
                let mut registry = self.prefecture.registry.lock().expect("the register");
                line.push(registry.heartbeat(&sources[&town], now).expect("a heartbeat"));
            }
            _ => {}
        }
        let mut mishap = mishap;
        for batch in line {
            self.deliver(town, &batch, mishap.take())?;
            self.sent.entry(town).or_default().push(batch);
        }
        Ok(())
    }

    fn make_batches(&mut self, town: MunicipalityCode, most: usize) -> Vec<SealedBatch> {
        let (now, sources) = (self.now(), self.prefecture.sources());
        let mut registry = self.prefecture.registry.lock().expect("the register");
        let mut next = || registry.next_batch(&sources[&town], now, most).expect("a batch");
        std::iter::from_fn(&mut next).collect()
    }

    /// What was lost, once more; each event is a batch of its own.
    fn send_again(&mut self, town: MunicipalityCode) -> Vec<SealedBatch> {
        let (now, sources) = (self.now(), self.prefecture.sources());
        let mut registry = self.prefecture.registry.lock().expect("the register");
        let lost = self.truth.lost.iter().filter(|(source, _)| *source == town);
        let again = |(_, sequence): &(MunicipalityCode, u64)| {
            registry.resend(&sources[&town], *sequence, 1, now).expect("it was sent before")
        };
        lost.map(again).collect()
    }

    /// A source sends one of its newest planned moves again with another day; or any newest event
    /// as it was, where none is planned.
    pub(super) fn correct(
        &mut self,
        town: u8,
        back: u8,
        days: i8,
        mishap: Option<Mishap>,
    ) -> Result<(), Breach> {
        let town = self.town(town);
        let (now, today, sources) = (self.now(), self.today(), self.prefecture.sources());
        let batch = {
            let mut registry = self.prefecture.registry.lock().expect("the register");
            let Some(outbox) = registry.outbox(town) else { return Ok(()) };
            let sent = &outbox.events()[..usize::try_from(outbox.sent()).expect("small")];
            let planned: Vec<u64> = sent
                .iter()
                .filter(|(event, _)| event.kind.is_planned())
                .map(|(event, _)| event.sequence)
                .collect();
            let Some(sequence) = planned.iter().rev().nth(usize::from(back)) else { return Ok(()) };
            let edit = |event: &mut akashi_wire::Idou| {
                let day = event.effective_date.day().unwrap_or(today);
                let day = day.checked_add(i32::from(days).days()).unwrap_or(day);
                event.effective_date = EffectiveDate::Full { day };
            };
            let batch = registry.resend_with(&sources[&town], *sequence, 1, now, edit);
            batch.expect("it was sent before")
        };
        self.deliver(town, &batch, mishap)?;
        self.sent.entry(town).or_default().push(batch);
        Ok(())
    }

    /// Sends a batch until it is accepted, the same octets each time, as a source does.
    fn deliver(
        &mut self,
        town: MunicipalityCode,
        batch: &SealedBatch,
        mishap: Option<Mishap>,
    ) -> Result<(), Breach> {
        const NAME: &str = "a_batch_is_accepted";
        let (now, sources) = (self.now(), self.prefecture.sources());
        let sender = sources[&town].certificate.clone();
        let mut mishap = mishap;
        for _ in 0..3 {
            let (outcome, struck) = self.prefecture.authority(mishap.take(), async |authority| {
                authority.inbox.accept(&batch.sealed, Some(&sender), now).await
            });
            self.struck(struck);
            match outcome {
                None => {}
                Some(Err(error)) => {
                    self.says(&format!("{error} {error:?}"))?;
                    hold(NAME, struck, || error.to_string())?;
                }
                Some(Ok(answer)) => {
                    let right = answer.source == town && answer.digest == batch.digest;
                    hold(NAME, right, || "it is answered for another batch".into())?;
                    self.arrived(batch);
                    return Ok(());
                }
            }
        }
        hold(NAME, false, || "it never is".into())
    }

    /// A batch that came before says nothing new.
    fn arrived(&mut self, batch: &SealedBatch) {
        let digest: Sha256 = batch.digest;
        if self.accepted.contains(&digest) {
            return;
        }
        self.accepted.push(digest);
        let now = self.now();
        batch.batch.events.iter().for_each(|event| self.truth.arrive(event, now));
    }

    pub(super) fn deliver_everything(&mut self) -> Result<(), Breach> {
        for town in 0..3 {
            self.feed(town, 5, Way::Straight, None)?;
            self.feed(town, 5, Way::Again, None)?;
        }
        Ok(())
    }
}
