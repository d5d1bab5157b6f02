//! What the law makes of a change, read from the law and not from the code.
//!
//! Source: 公的個人認証法 art. 12, 15; 住民基本台帳法; docs/glossary.md.

use akashi_wire::{IdouKind, RevocationReason};
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use jiff::{Timestamp, ToSpan};

use super::{Certificate, Citizen, Fact};

/// How long an issued certificate may wait for its holder.
const WAITS: i64 = 24 * 3600;

/// From its issue to the first moment at which nobody can take it any more.
pub fn untaken_for() -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(WAITS + 1)
}

fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::fixed(offset(9))).date()
}

fn midnight(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::fixed(offset(9))).expect("a midnight").timestamp()
}

/// 23:59:59 in Japan of the last of three years that begin on the day of issue (民法 art. 143).
pub fn last_day(issued: Timestamp) -> Timestamp {
    let first = today(issued);
    let last = match Date::new(first.year() + 3, first.month(), first.day()) {
        Ok(day) => day.yesterday().expect("a day before"),
        Err(_) => jiff::civil::date(first.year() + 3, 2, 28),
    };
    midnight(last.tomorrow().expect("a day after")) - 1.seconds()
}

/// From which day on a certificate may be renewed.
pub fn opens(not_after: Timestamp) -> Date {
    today(not_after).checked_sub(3.months()).expect("a day before")
}

impl Certificate {
    /// Hears every change that the authority can act upon: a person's changes in their order, up
    /// to the first one that has not arrived.
    pub(super) fn hear(
        &mut self,
        citizen: &Citizen,
        given: &[(usize, u32)],
        held: bool,
        round: (Timestamp, Timestamp),
    ) {
        while !self.has_ended() {
            let Some(fact) = citizen.facts.iter().find(|fact| fact.number == self.next) else {
                break;
            };
            if fact.arrived.is_none() {
                break;
            }
            self.next += 1;
            if fact.kind == IdouKind::CodeHenkou {
                self.hear_of_code(fact, citizen, given, round);
            } else {
                self.hear_one(fact, citizen, held, round);
            }
        }
    }

    /// A new code ends nothing; but where a second certificate was given to the same person under
    /// the new code before anybody knew, the older one ends, whatever became of the newer one.
    fn hear_of_code(
        &mut self,
        fact: &Fact,
        citizen: &Citizen,
        given: &[(usize, u32)],
        (begun, now): (Timestamp, Timestamp),
    ) {
        let known = citizen.known_as.contains(&citizen.code_of(fact.number));
        if known && given.iter().any(|(who, at)| *who == self.holder && *at >= fact.number) {
            self.end(RevocationReason::AffiliationChanged, begun, now);
        }
    }

    fn hear_one(
        &mut self,
        fact: &Fact,
        citizen: &Citizen,
        held: bool,
        (begun, now): (Timestamp, Timestamp),
    ) {
        use IdouKind::*;
        let ends = match fact.kind {
            // Whatever the record says, it is gone, or another one begins.
            ShokkenShoujo | Shibou | Tennyuu | Shussei | Kika | ShokkenKisai => true,
            // The old town speaks of its own certificates only.
            KokunaiTenshutsu | KokugaiTenshutsu if fact.source == self.town => match fact.day {
                Some(day) if held || day > today(now) => {
                    self.planned.push((fact.number, midnight(day)));
                    false
                }
                _ => true,
            },
            TennyuuTsuuchiJuri => fact.source == self.town,
            KokunaiTenshutsu | KokugaiTenshutsu => false,
            // One of the four items is no longer true.
            Tenkyo | ShokkenShuusei | TsuushouHenkou | GokiShuusei => {
                fact.after.as_ref() != Some(&self.stated)
            }
            // The same facts in other words.
            KeibiShuusei => {
                self.stated.clone_from(fact.after.as_ref().expect("it states the items"));
                false
            }
            Kaisei | Saisei | SetaiHenkou | CodeHenkou => false,
            Torikeshi => self.hear_cancellation(fact, citizen),
        };
        if ends {
            self.end(RevocationReason::AffiliationChanged, begun, now);
        }
    }

    fn hear_cancellation(&mut self, fact: &Fact, citizen: &Citizen) -> bool {
        let cancels = fact.cancels.expect("it takes something back");
        self.planned.retain(|(number, ..)| *number != cancels);
        let cancelled = citizen.facts.iter().find(|earlier| earlier.number == cancels);
        let Some(after) = &fact.after else { return false };
        if cancelled.is_some_and(|c| c.kind == IdouKind::KeibiShuusei) || *after == self.stated {
            self.stated.clone_from(after);
            return false;
        }
        true
    }

    /// A planned day that has come ends it.
    pub(super) fn fall_due(&mut self, begun: Timestamp, now: Timestamp) {
        if self.planned.iter().any(|(_, at)| *at <= now) {
            self.end(RevocationReason::AffiliationChanged, begun, now);
        }
    }

    /// Issued and never handed over.
    pub(super) fn perhaps_undelivered(&mut self, begun: Timestamp, now: Timestamp) {
        let waited = now.as_second() - self.issued.as_second();
        if waited > WAITS {
            self.end(RevocationReason::Unspecified, begun, now);
        }
    }

    pub(super) fn has_planned(&self, number: u32) -> bool {
        !self.has_ended() && self.planned.iter().any(|(planned, ..)| *planned == number)
    }

    /// A planned day was corrected.
    pub(super) fn plan_again(&mut self, number: u32, day: Option<Date>, now: Timestamp) {
        for planned in self.planned.iter_mut().filter(|planned| planned.0 == number) {
            planned.1 = day.map_or(now, midnight);
        }
    }
}
