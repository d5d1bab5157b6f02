//! Where list issuer, responder and whoever deletes ask for what they may not write themselves.

use std::sync::Arc;

use akashi_wire::octets::Sha256;
use akashi_wire::order::{Answered, Done, Order, OrderDoor, OrderRefusal, ProgramApart};
use akashi_wire::signed::{MessageKind, Verified};
use akashi_wire::{Alarm, Clock, SignedMessage};
use jiff::{SignedDuration, Timestamp};

use crate::{Enrolment, Issuing, Ledger, LedgerError, Permit, Position};

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
                let mut change = self.ledger.begin(&permit, now).await?;
                // The book's time and not the clock's, which may stand a few seconds before the newest
                // row: no revocation may lie after thisUpdate.
                let this_update = Timestamp::from_second(change.at().as_second())
                    .map_err(|_| OrderRefusal::Malformed)?;
                let next_update = this_update
                    .checked_add(SignedDuration::from_secs(i64::from(life)))
                    .map_err(|_| OrderRefusal::Malformed)?;
                let up_to = Position(up_to);
                if up_to > change.position() {
                    return Err(OrderRefusal::Malformed);
                }
                let record =
                    change.record_crl(generation, scope, this_update, next_update, up_to).await?;
                change.commit().await?;
                let number = record.number;
                Ok(Done::ListRecorded { number, this_update, next_update })
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
