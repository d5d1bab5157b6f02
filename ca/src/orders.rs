//! The scheduler's own hand: its signed orders, and the entries for what nobody with a permit did.

use std::sync::Arc;

use akashi_keys::OfficerToken;
use akashi_ledger::{Content, Issuing, Ledger, LedgerError, Permit};
use akashi_wire::Order;
use akashi_wire::octets::Sha256;
use jiff::Timestamp;

use crate::CaError;
use crate::refusals::{Kind, More, Refusals};

/// Signs orders with the scheduler's key.
#[derive(Clone)]
pub struct Orders {
    ledger: Ledger<Issuing>,
    token: Arc<OfficerToken>,
    refusals: Arc<Refusals>,
}

impl Orders {
    /// Orders over this book, signed with this token.
    pub fn new(ledger: Ledger<Issuing>, token: Arc<OfficerToken>) -> Self {
        Self { ledger, token, refusals: Arc::default() }
    }

    /// Whether another took the place of whoever signs them: from then on they are orders no more.
    pub async fn is_replaced(&self) -> Result<bool, LedgerError> {
        let own = self.ledger.enrolment_of(Sha256::of(self.token.certificate())).await?;
        Ok(own.is_some_and(|own| own.ended_at.is_some()))
    }

    /// The permit to do something now.
    pub async fn permit(&self, order: Order, now: Timestamp) -> Result<Permit, LedgerError> {
        let sign = |octets: &[u8]| self.token.sign(octets);
        self.ledger.order(order, self.token.certificate(), now, sign).await
    }

    /// Puts on record that something was refused to somebody who has no permit: who showed which
    /// certificate, why, and the digest of what was refused, where there is one. Beyond the first few of a minute it
    /// is [counted](Self::record_counted). A clock that is behind can record nothing.
    pub async fn record_refusal(
        &self,
        shown: Option<&[u8]>,
        (why, what): (&str, Option<Sha256>),
        now: Timestamp,
    ) -> Result<(), CaError> {
        let shown = shown.map_or_else(|| "a file".to_owned(), |der| Sha256::of(der).to_string());
        let Some(mut waits) = self.refused(why, &shown, now) else { return Ok(()) };
        let what = what.map(|what| format!(" {what}")).unwrap_or_default();
        let subject = format!("{why} {shown}{what}");
        if self.record(&[subject], now).await? {
            waits.is_recorded();
        }
        Ok(())
    }

    /// A refusal that is to be an entry of its own; none where it is counted instead. `who` is whatever tells one who
    /// is refused from another. Whoever writes it down [says so](Waiting::is_recorded): else it is counted.
    pub fn refused(&self, why: &str, who: &str, now: Timestamp) -> Option<Waiting<'_>> {
        let kind = Kind { why: why.into(), who: who.into() };
        let is_an_entry = self.refusals.is_an_entry(&kind, now);
        is_an_entry.then(|| Waiting(&self.refusals, vec![More { kind, count: 1, since: now }]))
    }

    /// Puts on record how many refusals were counted within each minute that is over; within all where this program
    /// ends.
    pub async fn record_counted(&self, now: Timestamp, ends: bool) -> Result<(), CaError> {
        let more = self.refusals.take(now, ends);
        if more.is_empty() {
            return Ok(());
        }
        let subject = |More { kind, count, since }: &More| {
            format!("{} {} and {count} more within a minute of {since}", kind.why, kind.who)
        };
        let subjects: Vec<String> = more.iter().map(subject).collect();
        let mut waits = Waiting(&self.refusals, more);
        if self.record(&subjects, now).await? {
            waits.is_recorded();
        }
        Ok(())
    }

    /// Whether it could be recorded: a clock that is behind records nothing.
    async fn record(&self, subjects: &[String], now: Timestamp) -> Result<bool, CaError> {
        let permit = self.permit(Order::RecordRefusal, now).await?;
        let mut change = match self.ledger.begin(&permit, now).await {
            Err(LedgerError::ClockBehind { .. }) => return Ok(false),
            other => other?,
        };
        for subject in subjects {
            change.append("refuse", subject, None::<Content>).await?;
        }
        change.commit().await?;
        Ok(true)
    }
}

/// Refusals that are being written down: what breaks off in the midst of it gives them back, to be counted.
pub struct Waiting<'r>(&'r Refusals, Vec<More>);

impl Waiting<'_> {
    /// They are on record.
    pub fn is_recorded(&mut self) {
        self.1.clear();
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.give_back(std::mem::take(&mut self.1));
    }
}
