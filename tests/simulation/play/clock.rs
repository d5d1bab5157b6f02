//! A machine's clock that is wrong: while programs run, when they start, and when it was believed.

use akashi_wire::{Clock, SerialNumber};
use jiff::SignedDuration;

use super::Play;
use crate::checks::{Breach, hold, read};
use crate::prefecture::Role;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

impl Play {
    /// The machine is started ahead of its time, with something that says that it keeps its clock: all of it is
    /// believed, lists and the responder's certificate are made by it. Set right, it is brought back by two, and
    /// everybody is told the truth again, as of now.
    pub(super) fn bring_back(&mut self, minutes: u16, again: bool) -> Result<(), Breach> {
        const NAME: &str = "a_time_that_was_brought_back_goes_on";
        let ahead = SignedDuration::from_mins(i64::from(minutes));
        let due = self.truth.next_due(self.now()).is_some_and(|due| due <= self.now() + ahead);
        // What falls due by the wrong time is done by it, for good.
        if self.truth.held || due || !self.truth.doubts.is_empty() {
            return Ok(());
        }
        let machine = self.prefecture.machine.clone();
        machine.reboot();
        machine.set_ahead(ahead);
        let restart = |play: &mut Self| {
            for role in [Role::Authority, Role::Responder, Role::Lists] {
                play.restart(role);
            }
        };
        restart(self);
        self.tick(None)?;
        self.follow(None)?;
        self.publish(None)?;
        let reading = self.prefecture.kept.read();
        let believed = reading.doubt.is_none() && reading.now >= self.now() + ahead - MINUTE;
        hold(NAME, believed, || format!("{reading:?}"))?;

        machine.set_ahead(SignedDuration::ZERO);
        if again {
            machine.reboot();
            restart(self);
        }
        self.truth.held = true;
        self.tick(None)?;
        self.prefecture.bring_back();
        restart(self);
        self.truth.held = false;
        let reading = self.prefecture.kept.read();
        let is_right = reading.doubt.is_none() && reading.now == self.now();
        hold(NAME, is_right, || format!("{reading:?} at {}", self.now()))?;
        self.tick(None)?;
        self.a_minute();
        self.round(None)
    }

    /// The machine's clock is set ahead: the time goes on, and what is planned waits for two persons.
    pub(super) fn jump(&mut self, minutes: u16) -> Result<(), Breach> {
        self.ahead += SignedDuration::from_mins(i64::from(minutes));
        self.prefecture.machine.set_ahead(self.ahead);
        self.truth.held = true;
        Ok(())
    }

    /// The machine's clock is set back for a while: the time goes on, and whoever is told something is told
    /// what is true.
    pub(super) fn set_back(&mut self, minutes: u16, restart: Option<Role>) -> Result<(), Breach> {
        let back = SignedDuration::from_mins(i64::from(minutes));
        if back == self.ahead {
            return Ok(());
        }
        self.prefecture.machine.set_ahead(self.ahead - back);
        if let Some(role) = restart {
            self.restart(role);
        }
        let was_held = std::mem::replace(&mut self.truth.held, true);
        self.round(None)?;
        self.prefecture.machine.set_ahead(self.ahead);
        self.truth.held = was_held;
        self.round(None)
    }

    /// The machine is started anew with a wrong clock, or, ahead by nothing, with one that nobody vouches for after a
    /// long stop: until that is set right, or two at the host accept it, nobody is told anything, what is planned
    /// waits, and what had come in is settled.
    pub(super) fn boot(&mut self, off: u16, ahead: i32) -> Result<(), Breach> {
        const NAME: &str = "whoever_does_not_know_the_time_signs_nothing";
        let off = SignedDuration::from_mins(i64::from(off));
        let due = self.truth.next_due(self.now()).is_some_and(|due| due <= self.now() + off);
        if self.truth.held || due {
            return Ok(());
        }
        self.prefecture.clock.advance(off.unsigned_abs());
        let machine = self.prefecture.machine.clone();
        machine.reboot();
        machine.synchronise(false);
        machine.set_ahead(SignedDuration::from_mins(i64::from(ahead)));
        for role in [Role::Authority, Role::Responder, Role::Lists] {
            self.restart(role);
        }
        self.truth.held = true;
        self.tick(None)?;
        let (now, reading) = (self.now(), self.prefecture.kept.read());
        let is_bound = reading.doubt.is_some_and(|doubt| doubt.is_unwitnessed());
        hold(NAME, is_bound && reading.now <= now, || format!("{reading:?} at {now}"))?;
        let _ = self.prefecture.responder(None, async |r| r.follow(reading).await.is_ok());
        let signed =
            self.prefecture.lists(None, async |lists| lists.issuer.tick(reading.now).await);
        let signed = signed
            .0
            .is_some_and(|made| made.is_ok_and(|made| made.iter().any(|one| one.result.is_ok())));
        hold(NAME, !signed, || "a list was made".into())?;
        let serials: Vec<SerialNumber> =
            self.truth.certificates.iter().rev().take(20).map(|c| c.serial).collect();
        if !serials.is_empty() {
            let octets = self.asked(&serials, Some([7; 16]));
            let answer = read(NAME, self.issuer.answer(&octets, Some([7; 16]), now));
            let later = matches!(answer, Ok(Err(3)));
            hold(NAME, later, || "the responder does not say tryLater".into())?;
        }
        if ahead == 0 {
            self.prefecture.accept_clock();
            for role in [Role::Authority, Role::Responder, Role::Lists] {
                self.restart(role);
            }
            let reading = self.prefecture.kept.read();
            let is_known = reading.doubt.is_none() && reading.now == self.now();
            hold(NAME, is_known, || format!("{reading:?} at {}", self.now()))?;
        }
        machine.set_ahead(SignedDuration::ZERO);
        machine.synchronise(true);
        self.truth.held = false;
        // Lists that were refused rest for a minute.
        self.tick(None)?;
        self.a_minute();
        self.round(None)
    }
}
