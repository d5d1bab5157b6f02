//! What is true: persons, their certificates and what the law makes of every change, as the
//! simulator knows it. Nothing here asks the code under test.

mod law;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use akashi_wire::{CaseId, FourItems, MunicipalityCode, RevocationReason, SerialNumber};
use jiff::Timestamp;

pub use law::{last_day, opens};
pub use people::{Citizen, Fact, State};

/// A certificate whose octets an officer received.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// Its number.
    pub serial: SerialNumber,
    /// DER.
    pub der: Vec<u8>,
    /// Its holder's place among the citizens.
    pub holder: usize,
    /// Whose counter issued it.
    pub town: MunicipalityCode,
    /// When.
    pub issued: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
    /// Whether it was handed over.
    pub delivered: bool,
    /// Whether it renews another one.
    pub renews: bool,
    /// How it stands.
    pub standing: Standing,
    /// What it states, carried forward through changes that leave the facts as they are.
    stated: FourItems,
    /// The number of the record's newest change when it was issued.
    history: u32,
    /// The next change of the record that it has not seen.
    next: u32,
    /// Planned ends: the change and the moment.
    planned: Vec<(u32, Timestamp)>,
}

/// How a certificate must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In force.
    Good,
    /// On hold, since a moment between the two.
    Held(Timestamp, Timestamp),
    /// Ended, at a moment between the two.
    Ended(RevocationReason, Timestamp, Timestamp),
}

impl Certificate {
    /// Whether it has ended for good.
    pub fn has_ended(&self) -> bool {
        matches!(self.standing, Standing::Ended(..))
    }

    /// Whether it counts for 二重発行の禁止 at this time.
    pub fn lives(&self, now: Timestamp) -> bool {
        !self.has_ended() && now <= self.not_after
    }

    /// Ends it, unless it has ended.
    pub fn end(&mut self, reason: RevocationReason, since: Timestamp, now: Timestamp) {
        if !self.has_ended() {
            self.standing = Standing::Ended(reason, since, now);
        }
    }
}

/// All that is true.
#[derive(Debug, Default)]
pub struct Truth {
    /// Everybody who ever lived here.
    pub citizens: Vec<Citizen>,
    /// Every certificate that an officer received, in the order of receipt.
    pub certificates: Vec<Certificate>,
    /// Requests that the authority granted: the act's verb and its case, and how many.
    pub granted: BTreeMap<(&'static str, CaseId), usize>,
    /// Cases in which something may have been issued of which no officer knows, and since when.
    pub doubts: Vec<(usize, Timestamp)>,
    /// Whether what is scheduled waits for two persons.
    pub held: bool,
    /// Events as sent: source and sequence, whose, and which change.
    pub events: BTreeMap<(MunicipalityCode, u64), (usize, u32)>,
    /// Sequences that were lost on the way.
    pub lost: BTreeSet<(MunicipalityCode, u64)>,
    /// Texts that may stand nowhere in public: names, addresses, birth dates, codes.
    pub secrets: BTreeSet<String>,
}

impl Truth {
    /// A person's certificates that live, as far as a counter can know that they are the person's:
    /// between a change of code and its report the authority takes one for two.
    pub fn living(&self, who: usize, now: Timestamp) -> Vec<usize> {
        let citizen = &self.citizens[who];
        let mine = |(_, c): &(usize, &Certificate)| {
            c.holder == who && c.lives(now) && !citizen.is_unknown_since(c.history)
        };
        self.certificates.iter().enumerate().filter(mine).map(|(at, _)| at).collect()
    }

    /// The certificate that counts: the one that was there first.
    pub fn current(&self, who: usize, now: Timestamp) -> Option<usize> {
        self.living(who, now).first().copied()
    }

    /// Whether nothing is on its way about a person and nothing in doubt.
    pub fn is_quiet(&self, who: usize) -> bool {
        self.citizens[who].facts.iter().all(|fact| fact.settled)
            && self.doubts.iter().all(|(doubted, _)| *doubted != who)
    }

    /// An officer received a certificate.
    pub fn receive(&mut self, certificate: Received) {
        let citizen = &self.citizens[certificate.holder];
        let certificate = Certificate {
            serial: certificate.serial,
            der: certificate.der,
            holder: certificate.holder,
            town: certificate.town,
            issued: certificate.issued,
            not_after: certificate.not_after,
            delivered: false,
            renews: certificate.renews,
            standing: Standing::Good,
            stated: citizen.items.clone(),
            history: citizen.history(),
            next: citizen.history() + 1,
            planned: Vec::new(),
        };
        self.certificates.push(certificate);
    }

    /// The authority has looked at everything that reached it, in a round from `begun` to `now`:
    /// what must be true from now on. What it recorded bears a time of the round: it knew nothing
    /// before, and back-dating is forbidden (law art. 12).
    pub fn settle(&mut self, begun: Timestamp, now: Timestamp) {
        let newer: Vec<(usize, u32)> = self
            .certificates
            .iter()
            .filter(|c| c.lives(now) || c.delivered)
            .map(|c| (c.holder, c.history))
            .collect();
        for certificate in &mut self.certificates {
            let citizen = &self.citizens[certificate.holder];
            if certificate.lives(now) {
                certificate.hear(citizen, &newer, self.held, (begun, now));
                if !self.held {
                    certificate.fall_due(begun, now);
                }
            }
            if certificate.lives(now) && !certificate.delivered && !self.held {
                certificate.perhaps_undelivered(begun, now);
            }
        }
        for citizen in &mut self.citizens {
            citizen.settle();
        }
        let cleared = |since: Timestamp| now.duration_since(since).as_hours() >= 25;
        if !self.held {
            self.doubts.retain(|(_, since)| !cleared(*since));
        }
    }

    /// An event reached the authority, as it was sent.
    pub fn arrive(&mut self, event: &akashi_wire::Idou, now: Timestamp) {
        let Some((who, number)) = self.events.get(&(event.source, event.sequence)).copied() else {
            return;
        };
        self.lost.remove(&(event.source, event.sequence));
        let scheduled = self.is_scheduled(who, number);
        let fact = self.citizens[who].fact_mut(number);
        if fact.arrived.is_none() || !fact.settled || scheduled {
            fact.day = event.effective_date.day();
            fact.arrived.get_or_insert(now);
        }
        let day = fact.day;
        if scheduled {
            for certificate in self.certificates.iter_mut().filter(|c| c.holder == who) {
                certificate.plan_again(number, day, now);
            }
        }
    }

    fn is_scheduled(&self, who: usize, number: u32) -> bool {
        self.certificates.iter().any(|c| c.holder == who && c.has_planned(number))
    }

    /// The next moment at which something falls due: a planned move, or the end of a certificate
    /// that nobody took.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let living = self.certificates.iter().filter(|c| c.lives(now));
        let due = living.flat_map(|c| {
            let untaken = (!c.delivered).then(|| c.issued + law::untaken_for());
            c.planned.iter().map(|(_, at)| *at).chain(untaken)
        });
        due.filter(|at| *at > now).min()
    }

    /// Notes a request that was granted.
    pub fn grant(&mut self, verb: &'static str, case: CaseId) {
        *self.granted.entry((verb, case)).or_default() += 1;
    }
}

/// What an officer received.
pub struct Received {
    /// Its number.
    pub serial: SerialNumber,
    /// DER.
    pub der: Vec<u8>,
    /// For whom.
    pub holder: usize,
    /// Whose counter.
    pub town: MunicipalityCode,
    /// When.
    pub issued: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
    /// A renewal.
    pub renews: bool,
}
