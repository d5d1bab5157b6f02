//! Settling: what each event of the inbox does, one change of the book an event.

use std::sync::Arc;

use akashi_keys::{KeyError, Vault};
use akashi_ledger::{
    Cause, Change, InboxState, Issuing, Ledger, Living, PendingEvent, Permit, Person, Recording,
    UNSETTLEABLE,
};
use akashi_wire::date::start_of_day;
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::Sha256;
use akashi_wire::{Alarm, FourItems, IdouKind, RevocationReason};
use jiff::Timestamp;

use super::consequence::{Consequence, Effect, consequence, effect};
use super::message::{KeptEvent, row};
use crate::retention::Record;
use crate::rules::Rules;
use crate::{CaError, stated};

/// Events taken up at a time.
const GROUP: i64 = 256;

/// Settles events of the inbox.
#[derive(Clone)]
pub struct Worker {
    ledger: Ledger<Issuing>,
    vault: Arc<Vault>,
    rules: Arc<Rules>,
}

impl Worker {
    /// A worker over this book.
    pub fn new(ledger: Ledger<Issuing>, vault: Arc<Vault>, rules: Arc<Rules>) -> Self {
        Self { ledger, vault, rules }
    }

    /// Settles everything that waits; gives how many events were looked at.
    pub async fn settle_waiting(
        &self,
        permit: &Permit,
        now: Timestamp,
        held_by_clock: bool,
    ) -> Result<usize, CaError> {
        let mut settled = 0;
        loop {
            let events = self.ledger.waiting_events(GROUP).await?;
            if events.is_empty() {
                return Ok(settled);
            }
            for event in &events {
                let outcome = self.settle(event, permit, now, held_by_clock).await;
                self.or_set_aside(outcome, event, permit, now).await?;
            }
            settled += events.len();
        }
    }

    /// Fires every scheduled event whose time has come; gives how many.
    pub async fn fire_due(&self, permit: &Permit, now: Timestamp) -> Result<usize, CaError> {
        let mut fired = 0;
        loop {
            let events = self.ledger.due_events(now, GROUP).await?;
            if events.is_empty() {
                return Ok(fired);
            }
            for event in &events {
                let outcome = self.fire_one(event, permit, now).await;
                self.or_set_aside(outcome, event, permit, now).await?;
            }
            fired += events.len();
        }
    }

    async fn fire_one(
        &self,
        event: &PendingEvent,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<(), CaError> {
        let mut change = self.ledger.begin(permit, now).await?;
        change.because_of(Cause::Event(event.source, event.sequence));
        let Some(event) = self.pending(&mut change, event, InboxState::Scheduled).await? else {
            return Ok(());
        };
        self.fire(&mut change, &event, "revoked on the planned day").await?;
        change.commit().await?;
        Ok(())
    }

    /// One event that cannot be settled must not keep a city's deaths waiting: it is set aside, and
    /// somebody must look. What is wrong with the book itself stops everything, as it must.
    async fn or_set_aside(
        &self,
        outcome: Result<(), CaError>,
        event: &PendingEvent,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<(), CaError> {
        use akashi_ledger::LedgerError::{
            BroughtBack, Busy, ClockBehind, GroupLost, LeaseElsewhere, NotEnrolled, Unreachable,
        };
        let error = match outcome {
            Ok(()) => return Ok(()),
            Err(CaError::Ledger(
                e @ (Unreachable(_)
                | Busy { .. }
                | GroupLost
                | ClockBehind { .. }
                | BroughtBack
                | LeaseElsewhere
                | NotEnrolled),
            )) => {
                return Err(e.into());
            }
            // Nor do keys that cannot be read now say anything about the event.
            Err(CaError::Key(
                e @ (KeyError::File { .. } | KeyError::ContentKey { destroyed: false, .. }),
            )) => return Err(e.into()),
            Err(error) => error,
        };
        let mut change = self.ledger.begin(permit, now).await?;
        change.because_of(Cause::Event(event.source, event.sequence));
        let (municipality, sequence, why) = (event.source, event.sequence, error.to_string());
        change.raise(&Alarm::EventUnsettled { municipality, sequence, why }).await?;
        change.settle(event, InboxState::HeldBack, None, UNSETTLEABLE).await?;
        change.commit().await?;
        Ok(())
    }

    async fn pending(
        &self,
        change: &mut Change,
        event: &PendingEvent,
        state: InboxState,
    ) -> Result<Option<PendingEvent>, CaError> {
        let event = change.event(event.source, event.sequence).await?;
        Ok(event.filter(|event| event.state == state))
    }

    fn open(&self, event: &PendingEvent) -> Result<KeptEvent, CaError> {
        let octets =
            self.vault.open("idou", &row(event.source, event.sequence), &event.sealed_event)?;
        serde_json::from_slice(&octets).map_err(|e| CaError::Damaged(e.to_string()))
    }

    /// One event: the living certificates of its person are read, decided about and changed in one
    /// change of the book, which also says what became of the event.
    async fn settle(
        &self,
        event: &PendingEvent,
        permit: &Permit,
        now: Timestamp,
        held_by_clock: bool,
    ) -> Result<(), CaError> {
        let mut change = self.ledger.begin(permit, now).await?;
        change.because_of(Cause::Event(event.source, event.sequence));
        let Some(event) = self.pending(&mut change, event, InboxState::Waiting).await? else {
            return Ok(());
        };
        let kept = self.open(&event)?;
        match change.find_person(&event.code_hash).await? {
            None => change.settle(&event, InboxState::Settled, None, "no certificate").await?,
            Some(person) => {
                self.settle_person(&mut change, &event, &kept, person, held_by_clock).await?
            }
        }
        change.commit().await?;
        Ok(())
    }

    async fn settle_person(
        &self,
        change: &mut Change,
        event: &PendingEvent,
        kept: &KeptEvent,
        person: Person,
        held_by_clock: bool,
    ) -> Result<(), CaError> {
        let living = change.living(person.person).await?;
        // One that takes the place of a scheduled one is news again.
        let again = event.due_at.is_some();
        let news: Vec<&Living> = living
            .iter()
            .filter(|l| l.history < event.history || again && applies_to(event, l))
            .collect();
        // An earlier change of this person has not arrived: this one waits for it, others do not.
        if news.iter().any(|l| l.history.saturating_add(1) < event.history) {
            return Ok(change
                .settle(
                    event,
                    InboxState::HeldBack,
                    None,
                    "an earlier change of this person is missing",
                )
                .await?);
        }
        if kept.event.kind == IdouKind::CodeHenkou {
            return self.relink(change, event, kept, person, &news).await;
        }
        change.advance(person.person, event.history).await?;
        // A cancellation reaches what was scheduled even where the certificate is newer than both.
        let takes_back = effect(kept.event.kind, &self.rules) == Effect::TakesBack;
        let (state, due_at, result) = if living.is_empty() || news.is_empty() && takes_back {
            self.settle_bare(change, event, kept).await?
        } else if news.is_empty() {
            (InboxState::Settled, None, "the certificate is newer")
        } else {
            self.settle_living(change, event, kept, &news, held_by_clock).await?
        };
        change.settle(event, state, due_at, result).await?;
        Ok(change.release_held_back(&event.code_hash, event.history.saturating_add(1)).await?)
    }

    /// A person without a living certificate: only what is scheduled can still be touched.
    async fn settle_bare(
        &self,
        change: &mut Change,
        event: &PendingEvent,
        kept: &KeptEvent,
    ) -> Result<(InboxState, Option<Timestamp>, &'static str), CaError> {
        if let (Effect::TakesBack, Some(cancels)) =
            (effect(kept.event.kind, &self.rules), kept.event.cancels)
        {
            let result = self.withdraw(change, event, cancels).await?;
            return Ok((InboxState::Settled, None, result));
        }
        if matches!(
            effect(kept.event.kind, &self.rules),
            Effect::EndsStale | Effect::EndsEarly | Effect::Ends
        ) {
            for earlier in change.scheduled_events(&event.code_hash).await? {
                change.settle(&earlier, InboxState::Settled, None, "came early").await?;
            }
        }
        Ok((InboxState::Settled, None, "no certificate"))
    }

    async fn settle_living(
        &self,
        change: &mut Change,
        event: &PendingEvent,
        kept: &KeptEvent,
        news: &[&Living],
        held_by_clock: bool,
    ) -> Result<(InboxState, Option<Timestamp>, &'static str), CaError> {
        let mut outcome = (InboxState::Settled, None, "not affected");
        for living in news {
            let certified = self.items(living)?;
            let mut consequence = consequence(&kept.event, &certified, &self.rules, change.at());
            let effect_here = effect(kept.event.kind, &self.rules);
            // The old town speaks of the certificate that it issued, not of the new town's.
            if matches!(effect_here, Effect::EndsEarly | Effect::EndsOnDay)
                && !applies_to(event, living)
            {
                consequence = Consequence::CarryForward(None);
            }
            // A clock in doubt does not say that the planned day has come.
            if let (true, Effect::EndsOnDay, Some(day)) =
                (held_by_clock, effect_here, kept.event.effective_date.day())
                && consequence == Consequence::Revoke
            {
                consequence = Consequence::RevokeOn(day);
            }
            match consequence {
                Consequence::Revoke => {
                    self.revoke(change, living, event).await?;
                    outcome.2 = "revoked";
                }
                Consequence::RevokeOn(day) => {
                    self.carry(change, living, None, event.history).await?;
                    outcome = (InboxState::Scheduled, Some(start_of_day(day)), "scheduled");
                }
                Consequence::CarryForward(items) => {
                    self.carry(change, living, items.as_ref(), event.history).await?;
                }
                Consequence::Withdraw { cancels } => {
                    let result = self.withdraw(change, event, cancels).await?;
                    let minor = match change.event_of(&event.code_hash, cancels).await? {
                        Some(cancelled) => {
                            effect(self.open(&cancelled)?.event.kind, &self.rules)
                                == Effect::CarriesForward
                        }
                        None => false,
                    };
                    let true_still = kept
                        .event
                        .after
                        .as_ref()
                        .is_none_or(|after| super::consequence::same_items(after, &certified));
                    if minor || true_still {
                        let after = kept.event.after.as_ref();
                        self.carry(change, living, after, event.history).await?;
                        outcome.2 = result;
                    } else {
                        self.revoke(change, living, event).await?;
                        outcome.2 = "revoked";
                    }
                }
                Consequence::Relink => {}
            }
        }
        if outcome.2 == "revoked" {
            self.close_scheduled(change, event, kept).await?;
        }
        Ok(outcome)
    }

    /// What was scheduled for this person has come early, or can come no more. An entry elsewhere
    /// that no notified move explains is somebody's to look at.
    async fn close_scheduled(
        &self,
        change: &mut Change,
        event: &PendingEvent,
        kept: &KeptEvent,
    ) -> Result<(), CaError> {
        let scheduled = change.scheduled_events(&event.code_hash).await?;
        if effect(kept.event.kind, &self.rules) == Effect::EndsStale && scheduled.is_empty() {
            let (municipality, sequence) = (event.source, event.sequence);
            change.raise(&Alarm::EntryUnexplained { municipality, sequence }).await?;
        }
        for earlier in scheduled {
            change.settle(&earlier, InboxState::Settled, None, "fired early").await?;
        }
        Ok(())
    }

    async fn withdraw(
        &self,
        change: &mut Change,
        event: &PendingEvent,
        cancels: u32,
    ) -> Result<&'static str, CaError> {
        let scheduled = change.scheduled_events(&event.code_hash).await?;
        match scheduled.iter().find(|earlier| earlier.history == cancels) {
            Some(earlier) => {
                change.settle(earlier, InboxState::Withdrawn, None, "withdrawn").await?;
                Ok("withdrawn")
            }
            // It has fired, or never did anything: what is revoked stays revoked.
            None => Ok("nothing to withdraw"),
        }
    }

    async fn relink(
        &self,
        change: &mut Change,
        event: &PendingEvent,
        kept: &KeptEvent,
        person: Person,
        news: &[&Living],
    ) -> Result<(), CaError> {
        let new = kept.new_code_hash.ok_or_else(|| CaError::Damaged("a code change".into()))?;
        for living in news {
            self.carry(change, living, None, event.history).await?;
        }
        change.advance(person.person, event.history).await?;
        // Looked up under the new code before the change was reported, the person is in the book
        // twice; and where a certificate was issued so, there are two, of which the older one ends;
        // also when the newer one has ended since, for its key took the older one's place.
        let other = change.find_person(&new.0).await?;
        let newer = match other.filter(|other| other.person != person.person) {
            Some(other) => {
                !change.living(other.person).await?.is_empty()
                    || change.was_delivered_to(other.person).await?
            }
            None => false,
        };
        if newer {
            let (municipality, sequence) = (event.source, event.sequence);
            change.raise(&Alarm::TwoCertificates { municipality, sequence }).await?;
            for living in change.living(person.person).await? {
                self.revoke(change, &living, event).await?;
            }
        }
        change.relink(person.person, &new.0).await?;
        change.settle(event, InboxState::Settled, None, "relinked").await?;
        let Sha256(new) = new;
        Ok(change.release_held_back(&new, event.history.saturating_add(1)).await?)
    }

    /// Fires a scheduled event: every living certificate that was there when it was scheduled ends.
    async fn fire(
        &self,
        change: &mut Change,
        event: &PendingEvent,
        result: &str,
    ) -> Result<(), CaError> {
        if let Some(person) = change.find_person(&event.code_hash).await? {
            for living in change.living(person.person).await? {
                if applies_to(event, &living) {
                    self.revoke(change, &living, event).await?;
                }
            }
        }
        Ok(change.settle(event, InboxState::Settled, None, result).await?)
    }

    async fn revoke(
        &self,
        change: &mut Change,
        living: &Living,
        event: &PendingEvent,
    ) -> Result<(), CaError> {
        if !living.filed {
            // Recorded, perhaps signed this very moment: void, so that it can never be filed.
            change.void(living.serial).await?;
            return Ok(());
        }
        let recording = Recording {
            reason: RevocationReason::AffiliationChanged,
            received_at: event.received_at,
        };
        change.revoke(living.serial, &recording).await?;
        Ok(())
    }

    async fn carry(
        &self,
        change: &mut Change,
        living: &Living,
        items: Option<&FourItems>,
        history: u32,
    ) -> Result<(), CaError> {
        let sealed = match items {
            Some(items) => {
                // Found by the new spelling as well as by what it states.
                let digests = stated::digests_of_items(&self.vault, items);
                change.index_stated(&[(living.serial, digests)]).await?;
                let octets = serde_json::to_vec(items).expect("items are JSON");
                let until = Record::Issuance.until(living.not_after).number();
                self.vault.seal("certificate_items", living.serial.as_bytes(), &octets, until)?
            }
            None => living.sealed_items.clone(),
        };
        Ok(change.carry_forward(living.serial, &sealed, history).await?)
    }

    fn items(&self, living: &Living) -> Result<FourItems, CaError> {
        let octets =
            self.vault.open("certificate_items", living.serial.as_bytes(), &living.sealed_items)?;
        serde_json::from_slice(&octets).map_err(|e| CaError::Damaged(e.to_string()))
    }
}

/// Whether an event about leaving a town is about this certificate: it must have been issued before
/// the event, at the town's own counters or at those of its wards. The old town does not speak of
/// what the new town has issued since, nor a plan of what was issued after it was taken back.
fn applies_to(event: &PendingEvent, living: &Living) -> bool {
    let town = Municipality::of(living.municipality);
    let here = living.municipality == event.source
        || town.and_then(Municipality::city).is_some_and(|city| city.code == event.source);
    here && living.issued_history < event.history
}
