//! Lists of what there is, for whoever looks; and who takes an alarm upon himself.

use akashi_ledger::{Enrolment, KnownCertificate, OpenCase, Position, StandingAlarm};
use akashi_wire::Answer;
use akashi_wire::act::{KnownParty, List, Listed, ListedCase, ListedCertificate, ListedSource};
use akashi_wire::alarm::KnownAlarm;
use jiff::Timestamp;

use super::{Acting, Counter, Halt};
use crate::CaError;

impl Counter {
    /// A list: of the own municipality, where the asker has one.
    pub(super) async fn list(&self, acting: &Acting, list: &List) -> Result<Answer, Halt> {
        let ledger = &self.issuer.ledger;
        let own = acting.permit.municipality();
        let is_own = |town| own.is_none() || town == own;
        let listed = match *list {
            List::Alarms => {
                let all = ledger.standing_alarms().await?.into_iter();
                let seen = all.filter(|one| is_own(one.alarm.municipality()));
                Listed::Alarms { alarms: seen.map(known_alarm).collect() }
            }
            List::Parties => {
                let all = ledger.enrolments().await?;
                let seen = all.iter().filter(|one| is_own(one.role.municipality()));
                Listed::Parties { parties: seen.map(known_party).collect() }
            }
            List::Sources => {
                let waiting = ledger.unsettled().await?;
                let all = ledger.sources().await?.into_iter();
                let seen = all.filter(|one| is_own(Some(one.municipality)));
                let sources = seen.map(|one| {
                    let of_it = waiting.iter().find(|it| it.municipality == one.municipality);
                    ListedSource {
                        municipality: one.municipality,
                        last_heard: one.last_heard,
                        next_expected: one.next_expected,
                        is_open: one.is_open,
                        waiting: of_it.map_or(0, |it| it.events),
                        waiting_since: of_it.map(|it| it.since),
                    }
                });
                Listed::Sources { sources: sources.collect() }
            }
            List::Cases { before } => {
                let all = ledger.open_cases(own, before.unwrap_or(Timestamp::MAX)).await?;
                let cases: Result<_, _> = all.into_iter().map(listed_case).collect();
                Listed::Cases { cases: cases? }
            }
            List::Certificates { before } => {
                let before = Position(before.unwrap_or(i64::MAX));
                let all = ledger.certificates(own, before).await?;
                let one = |one| listed_certificate(one, acting.now);
                Listed::Certificates { certificates: all.into_iter().map(one).collect() }
            }
        };
        let change = self.begin(acting).await?;
        self.finish(change, acting, "list", Answer::Listed { list: listed }).await
    }

    /// Signs for an alarm.
    pub(super) async fn sign_for(&self, acting: &Acting, alarm: i64) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        change.sign_for(Position(alarm)).await?;
        self.finish(change, acting, &alarm.to_string(), Answer::Done).await
    }
}

fn known_alarm(one: StandingAlarm) -> KnownAlarm {
    let StandingAlarm { position, alarm, since, signed_for } = one;
    KnownAlarm { position: position.0, alarm, since, signed_for }
}

/// A party as it is shown to whoever looks.
pub(super) fn known_party(one: &Enrolment) -> KnownParty {
    KnownParty {
        party: one.party,
        name: one.name.clone(),
        role: one.role.clone(),
        enrolled_at: one.enrolled_at,
        until: one.until,
        certified_at: one.certified_at,
        not_after: one.not_after,
        suspended_at: one.suspended_at,
        ended_at: one.ended_at,
    }
}

fn listed_case(one: OpenCase) -> Result<ListedCase, CaError> {
    let procedure = serde_json::from_value(one.procedure.clone().into());
    let procedure =
        procedure.map_err(|_| CaError::Damaged(format!("a case about {}", one.procedure)))?;
    Ok(ListedCase {
        case: one.case,
        municipality: one.municipality,
        procedure,
        step: one.step.name().into(),
        party: one.party,
        opened_at: one.opened_at,
        closes_at: one.closes_at,
        serial: one.serial,
    })
}

fn listed_certificate(one: KnownCertificate, now: Timestamp) -> ListedCertificate {
    let ended = one.standing.as_ref().and_then(|standing| standing.revocation());
    let standing = match &one.standing {
        None => "intended",
        Some(_) if ended.is_none() && one.not_after < now => "expired",
        Some(standing) => standing.name(),
    };
    ListedCertificate {
        position: one.position.0,
        serial: one.serial,
        municipality: one.municipality,
        not_after: one.not_after,
        standing: standing.into(),
        reason: ended.map(|(_, reason)| reason),
        since: ended.map(|(at, _)| at),
    }
}
