//! Where list issuer, responder and whoever deletes ask for what they may not write themselves.

use std::sync::Arc;
use std::time::Duration;

use akashi_wire::octets::Sha256;
use akashi_wire::order::{Answered, Done, Order, OrderDoor, OrderRefusal, ProgramApart};
use akashi_wire::signed::{MessageKind, Verified};
use akashi_wire::{Alarm, Clock, Scope, SignedMessage};
use jiff::{SignedDuration, Timestamp};

use crate::{Enrolment, Issuing, Ledger, LedgerError, Permit, Position};

/// Each list of a scope has a second of its own: by its date alone it is told from the one before.
const SECOND: Duration = Duration::from_secs(1);

/// The authority's door for orders, over its book.
#[derive(Clone)]
pub struct BookDoor {
    ledger: Ledger<Issuing>,
    clock: Arc<dyn Clock>,
}

impl BookDoor {
    /// A door over a book.
    pub fn new(ledger: Ledger<Issuing>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }

    async fn take(&self, message: SignedMessage) -> Result<Done, OrderRefusal> {
        let message = message.verify(MessageKind::Order).map_err(|_| OrderRefusal::Malformed)?;
        let now = self.clock.now();
        let (order, permit) = match self.ledger.permit_order(&message, now).await {
            Err(error @ LedgerError::NotEnrolled) => return Err(self.why(&message, error).await),
            permitted => permitted?,
        };
        if !order.is_sound() {
            return Err(OrderRefusal::Malformed);
        }
        let in_use = self.ledger.authority().await?.generation();
        if let Some(asked) = order.generation()
            && asked != in_use
        {
            return Err(OrderRefusal::OtherGeneration { asked, in_use });
        }
        match order {
            Order::AskForCertificate { generation, public_key, in_place_of } => {
                let mut change = self.ledger.begin(&permit, now).await?;
                match change.ask_for_certificate(generation, &public_key.0, &in_place_of).await? {
                    true => change.commit().await.map(|_| ())?,
                    false => change.rollback().await?,
                }
                Ok(Done::Done)
            }
            Order::DeleteContent { month } => {
                let mut change = self.ledger.begin(&permit, now).await?;
                match change.delete_content(month).await? {
                    true => change.commit().await.map(|_| ())?,
                    false => change.rollback().await?,
                }
                Ok(Done::Done)
            }
            Order::TellClock { program, ahead, unwitnessed } => {
                let alarm = of_a_clock(program, ahead.unwrap_or_default(), unwitnessed);
                self.tell(&permit, &alarm, ahead.is_some(), now).await
            }
            Order::TellUnpublished { scope, number, since, .. } => {
                let seconds = since.unwrap_or_default();
                let alarm = Alarm::ListUnpublished { scope, number, seconds };
                self.tell(&permit, &alarm, since.is_some(), now).await
            }
            Order::RecordList { generation, scope, life, up_to } => {
                let (list, what) = ((generation, scope), (life, Position(up_to)));
                let recorded = match self.record_list(&permit, list, what, false).await {
                    // There is one of this second: the next is a moment away. Where it does not come, since a time that
                    // was ahead stands until the clock has come to it, nobody waits for that long.
                    Err(LedgerError::ListTooSoon { .. }) => {
                        tokio::time::sleep(SECOND).await;
                        self.record_list(&permit, list, what, true).await
                    }
                    other => other,
                };
                recorded?.ok_or(OrderRefusal::Malformed)
            }
            Order::PublishList { generation, scope, number, digest } => {
                let mut change = self.ledger.begin(&permit, now).await?;
                change.publish_crl(generation, scope, number, digest).await?;
                change.commit().await?;
                Ok(Done::Done)
            }
            // What the authority orders itself comes over no door.
            _ => Err(OrderRefusal::NotAllowed),
        }
    }

    /// Gives a list its number and times; nothing where it asks for what nobody knows yet.
    async fn record_list(
        &self,
        permit: &Permit,
        (generation, scope): (i64, Scope),
        (life, up_to): (u32, Position),
        was_waited_for: bool,
    ) -> Result<Option<Done>, LedgerError> {
        let mut change = self.ledger.begin(permit, self.clock.now()).await?;
        // The book's time and not the clock's, which may stand a few seconds before the newest
        // row: no revocation may lie after thisUpdate.
        let at = change.at().as_second();
        let this_update = match change.newest_this_update(generation, scope).await? {
            Some(last) if last >= at && was_waited_for => last + 1,
            _ => at,
        };
        let Ok(this_update) = Timestamp::from_second(this_update) else {
            return Ok(None);
        };
        let life = SignedDuration::from_secs(i64::from(life));
        let Ok(next_update) = this_update.checked_add(life) else { return Ok(None) };
        if up_to > change.position() {
            return Ok(None);
        }
        let record = change.record_crl(generation, scope, this_update, next_update, up_to).await?;
        change.commit().await?;
        let number = record.number;
        Ok(Some(Done::ListRecorded { number, this_update, next_update }))
    }

    /// Why whoever signed may not order: one of our own programs that has the key before still reads what to do.
    async fn why(&self, message: &Verified, error: LedgerError) -> OrderRefusal {
        match self.ledger.enrolment_of(Sha256::of(message.signer())).await {
            Ok(Some(Enrolment { role, ended_at: Some(since), .. })) if role.is_own() => {
                OrderRefusal::Replaced { since }
            }
            _ => error.into(),
        }
    }

    /// Begins an alarm that another program tells of, or ends it.
    async fn tell(
        &self,
        permit: &Permit,
        alarm: &Alarm,
        stands: bool,
        now: Timestamp,
    ) -> Result<Done, OrderRefusal> {
        let mut change = self.ledger.begin(permit, now).await?;
        let told = match stands {
            true => change.raise(alarm).await?,
            false => change.is_no_more(alarm).await?,
        };
        match told {
            true => change.commit().await.map(|_| ())?,
            false => change.rollback().await?,
        }
        Ok(Done::Done)
    }
}

/// What a program apart tells of its machine's clock.
fn of_a_clock(program: ProgramApart, ahead: i64, unwitnessed: bool) -> Alarm {
    match unwitnessed {
        true => Alarm::ProgramTimeUnwitnessed { program, ahead },
        false => Alarm::ProgramClockDiffers { program, ahead },
    }
}

impl OrderDoor for BookDoor {
    fn carry_out(&self, order: SignedMessage) -> Answered<'_> {
        Box::pin(self.take(order))
    }
}

impl From<LedgerError> for OrderRefusal {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::NotEnrolled | LedgerError::NotPermitted { .. } => Self::NotAllowed,
            LedgerError::Unreadable { .. } => Self::Malformed,
            LedgerError::ClockBehind { last, .. } => Self::ClockBehind { last },
            other => Self::NotNow { why: other.to_string() },
        }
    }
}
