//! A doubt about the clock of a machine on which a program of the authority runs apart: told to the authority, whose
//! book and alarms are elsewhere.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use akashi_keys::OfficerToken;
use akashi_wire::clock::Doubt;
use akashi_wire::octets::Sha256;
use akashi_wire::order::{Order, OrderDoor, ProgramApart, SignedOrder};
use akashi_wire::signed::MessageKind;
use akashi_wire::time::TimeAnswer;
use akashi_wire::{Clock, SignedMessage};
use jiff::Timestamp;

use crate::authority::About;

/// So often it is looked.
const EVERY: Duration = Duration::from_secs(5);

/// What was told last, of one program.
pub struct Teller {
    program: ProgramApart,
    token: Arc<OfficerToken>,
    /// Whether the time was unknown, and by how many seconds the clock was ahead.
    told: Option<(bool, i64)>,
    /// Whether anything was told since this start.
    has_told: bool,
}

/// A clock that has moved by no more since is the same doubt.
const SAME: u64 = 60;

/// In so many of those rounds it is asked once whether the authority wants to know the time.
const ASKED_EVERY: u32 = 6;

impl Teller {
    /// What time it is here, over this challenge; nothing where this program does not know it either, or may still be set.
    pub fn time(&self, clock: &dyn Clock, challenge: Sha256) -> Option<SignedMessage> {
        let (mark, reading) = (clock.mark()?, clock.read());
        if reading.doubt.is_some() {
            return None;
        }
        let answer = TimeAnswer { challenge, at: reading.now, boot: Some(mark.boot) };
        let content = serde_json::to_vec(&answer).ok()?;
        let (kind, certificate) = (MessageKind::TimeAnswer, self.token.certificate());
        let sign = |octets: &[u8]| self.token.sign(octets);
        SignedMessage::sign(kind, &content, certificate, reading.now, sign).ok()
    }

    /// Nobody knows what the process before this one has told: how it stands is told at the first look.
    pub fn new(program: ProgramApart, token: Arc<OfficerToken>) -> Self {
        Self { program, token, told: None, has_told: false }
    }

    /// Tells a doubt that is new or over. `there` is what time it is at the authority, since an order is of now by
    /// its clock and not by one in doubt. What cannot be told now is told at the next look.
    pub async fn look(
        &mut self,
        doubt: Option<Doubt>,
        door: &dyn OrderDoor,
        there: impl Future<Output = Option<Timestamp>>,
    ) {
        let now = doubt.map(|doubt| (doubt.is_unwitnessed(), doubt.ahead().as_secs()));
        let is_told = match (now, self.told) {
            (None, None) => self.has_told,
            (Some((kind, ahead)), Some((then, before))) => {
                kind == then && ahead.abs_diff(before) <= SAME
            }
            _ => false,
        };
        if is_told {
            return;
        }
        let Some(at) = there.await else { return };
        let (ahead, unwitnessed) =
            (now.map(|(_, ahead)| ahead), now.is_some_and(|(unwitnessed, _)| unwitnessed));
        let order = Order::TellClock { program: self.program, ahead, unwitnessed };
        let sign = |octets: &[u8]| self.token.sign(octets);
        let Ok(message) = SignedOrder::sign(order, self.token.certificate(), at, sign) else {
            return;
        };
        match door.carry_out(message).await {
            Ok(_) => (self.told, self.has_told) = (now, true),
            Err(refusal) => tracing::error!(
                target: "clock",
                "{}: the authority cannot be told how the clock of this machine stands to the time that is kept: \
                 {refusal}",
                self.program
            ),
        }
    }
}

/// Tells of doubts for as long as the program runs; and, where it has none, what time it is while the authority does
/// not know.
pub async fn tell(mut teller: Teller, clock: Arc<dyn Clock>, link: Arc<crate::AuthorityLink>) {
    let mut round = 0u32;
    loop {
        teller.look(clock.read().doubt, &*link, link.now()).await;
        if round.is_multiple_of(ASKED_EVERY)
            && let Some(About { asks_time: Some(challenge), .. }) = link.about().await
            && let Some(answer) = teller.time(&*clock, challenge)
        {
            link.tell_time(&answer).await;
        }
        round = round.wrapping_add(1);
        tokio::time::sleep(EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use akashi_keys::{EcKey, LinkAuthority, Signer, Usage};
    use akashi_wire::SignedMessage;
    use akashi_wire::order::{Answered, Done, OrderRefusal};
    use akashi_wire::signed::MessageKind;
    use jiff::SignedDuration;

    use super::*;

    /// An authority that takes orders, or is out of reach.
    #[derive(Default)]
    struct Door {
        heard: Mutex<Vec<SignedOrder>>,
        is_away: Mutex<bool>,
    }

    impl OrderDoor for Door {
        fn carry_out(&self, order: SignedMessage) -> Answered<'_> {
            Box::pin(async move {
                if *self.is_away.lock().unwrap() {
                    return Err(OrderRefusal::NotNow { why: "away".into() });
                }
                let read = order.verify(MessageKind::Order).unwrap();
                self.heard.lock().unwrap().push(serde_json::from_slice(read.content()).unwrap());
                Ok(Done::Done)
            })
        }
    }

    #[tokio::test]
    async fn a_doubt_is_told_once_and_its_end_too_by_the_authoritys_time_and_again_until_it_is_heard()
     {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let key = EcKey::generate().unwrap();
        let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", now).unwrap();
        let usage = Usage::Party { hosts: Vec::new() };
        let certificate = link.certify(key.public_key(), "Scheduler", &usage, now).unwrap();
        let token = OfficerToken::new(key, certificate, link.certificate().to_vec());
        let (door, mut teller) =
            (Door::default(), Teller::new(ProgramApart::Responder, Arc::new(token)));
        let doubt = |seconds| Some(Doubt::Differs { ahead: SignedDuration::from_secs(seconds) });
        let ahead = |order: &SignedOrder| match order.order {
            Order::TellClock { program: ProgramApart::Responder, ahead, unwitnessed } => {
                ahead.map(|ahead| (unwitnessed, ahead))
            }
            ref other => panic!("{other:?}"),
        };
        // Nobody knows what the process before this one has told: that nothing is wrong is told once.
        for _ in 0..2 {
            teller.look(None, &door, async { Some(now) }).await;
        }
        let heard = std::mem::take(&mut *door.heard.lock().unwrap());
        assert_eq!(heard.iter().map(ahead).collect::<Vec<_>>(), [None]);
        // Out of reach, in two ways; then told, and once.
        teller.look(doubt(-7200), &door, async { None }).await;
        *door.is_away.lock().unwrap() = true;
        teller.look(doubt(-7200), &door, async { Some(now) }).await;
        *door.is_away.lock().unwrap() = false;
        for _ in 0..3 {
            teller.look(doubt(-7200), &door, async { Some(now) }).await;
        }
        // It moves on a little, and then by much; and another kind of doubt is another.
        teller.look(doubt(-7220), &door, async { Some(now) }).await;
        teller.look(doubt(9 * 3600), &door, async { Some(now) }).await;
        let unknown = Some(Doubt::Unwitnessed { ahead: SignedDuration::from_hours(9) });
        teller.look(unknown, &door, async { Some(now) }).await;
        teller.look(None, &door, async { Some(now) }).await;
        let heard = door.heard.lock().unwrap();
        let expected = [Some((false, -7200)), Some((false, 32_400)), Some((true, 32_400)), None];
        assert_eq!(heard.iter().map(ahead).collect::<Vec<_>>(), expected);
        assert!(heard.iter().all(|order| order.at == now), "by the authority's time");
    }
}
