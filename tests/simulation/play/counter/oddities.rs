//! What seldom happens at a counter: races, copied keys, a registry out of reach, a clock in doubt.

use super::*;

impl Play {
    /// The same person at two counters: both get a permit, one gets a certificate.
    pub(in crate::play) fn race(&mut self, who: u8, mishap: Option<Mishap>) -> Result<(), Breach> {
        let (now, today) = (self.now(), self.today());
        let may = |who: usize| {
            let citizen = &self.truth.citizens[who];
            citizen.is_here(today)
                && self.truth.current(who, now).is_none()
                && self.truth.is_quiet(who)
                && citizen.state == crate::truth::State::Living
        };
        let Some(who) = self.pick(who, may) else { return Ok(()) };
        let mut sittings = [0, 1].map(|_| self.sitting(who, false, None));
        let mut messages = Vec::new();
        for (number, sitting) in sittings.iter_mut().enumerate() {
            let Ok((case, challenge)) = self.apply(sitting, Procedure::Issue)? else {
                return hold("who_may_is_not_refused", false, || format!("counter {number}"));
            };
            let proof = match self.prove(sitting, (case, &challenge), &Manner::plain())? {
                Ok(proof) => proof,
                Err(refusal) => {
                    return hold("who_may_is_not_refused", false, || format!("{refusal:?}"));
                }
            };
            let deed = Deed::Certify { case, card: self.card_number(who), proof: Octets(proof) };
            let fingerprint = self.prefecture.founded.fingerprint();
            let Officer { token, terminal } = sitting.officer.clone();
            let message = signed((&token, &terminal), fingerprint, self.rng.random(), now, deed);
            messages.push((message, terminal, case));
        }
        let copies = messages.clone();
        let (outcomes, struck) = self.prefecture.authority(mishap, async |authority| {
            let act = |n: usize| {
                let (message, terminal, _) = copies[n].clone();
                async move { authority.counter.act(message, &terminal, now).await }
            };
            tokio::join!(act(0), act(1))
        });
        self.struck(struck);
        drop(outcomes);
        // Whoever got no answer asks again; who got one gets the same.
        let mut granted = 0;
        for (number, (message, terminal, case)) in messages.iter().enumerate() {
            let outcome = self.send(message, terminal, None)?;
            if let Some(Ok(Answer::Certified { certificate, .. })) = outcome {
                granted += 1;
                self.truth.grant("certify", *case);
                self.received(&sittings[number], &certificate.0, false)?;
            }
        }
        hold("one_of_two_counters_issues", granted == 1, || format!("{granted} issued"))
    }

    /// A key that was certified before is certified no more.
    pub(in crate::play) fn copied_key(&mut self, who: u8) -> Result<(), Breach> {
        let (now, today) = (self.now(), self.today());
        let may = |who: usize| {
            self.truth.citizens[who].state == crate::truth::State::Living
                && self.truth.citizens[who].is_here(today)
                && self.truth.current(who, now).is_none()
        };
        let Some(who) = self.pick(who, may) else { return Ok(()) };
        if self.truth.certificates.is_empty() || self.keys == 0 {
            return Ok(());
        }
        let mut sitting = self.sitting(who, false, None);
        let Ok((case, challenge)) = self.apply(&mut sitting, Procedure::Issue)? else {
            return Ok(());
        };
        // The newest key that was certified: its certificate's key is that of a card.
        self.keys -= 1;
        let proved = self.prove(&mut sitting, (case, &challenge), &Manner::plain())?;
        let Ok(proof) = proved else { return Ok(()) };
        let card = self.card_number(who);
        let deed = Deed::Certify { case, card, proof: Octets(proof.clone()) };
        let outcome = self.request(&mut sitting, deed)?;
        if let Ok(Answer::Certified { certificate, .. }) = outcome {
            // The key may never have come so far; then this is an ordinary certificate.
            self.received(&sitting, &certificate.0, false)?;
        }
        Ok(())
    }

    /// The registry does not answer: nothing is issued, and nothing else is wrong.
    pub(in crate::play) fn apply_without_registry(&mut self, who: u8) -> Result<(), Breach> {
        let Some(who) = self.pick(who, |_| true) else { return Ok(()) };
        self.prefecture.line.cut(true);
        let mut sitting = self.sitting(who, false, None);
        let outcome = self.find(&mut sitting, Procedure::Issue);
        self.prefecture.line.cut(false);
        let refused = matches!(outcome?, Err(Refusal::RegistryUnreachable));
        hold("nothing_is_issued_without_the_registry", refused, || format!("citizen {who}"))
    }

    /// Two officers say that the machine's clock is right, and it is: it was the machine that stood still.
    pub(in crate::play) fn accept_clock(&mut self, mishap: Option<Mishap>) -> Result<(), Breach> {
        self.tick(None)?;
        let stood_still = std::mem::take(&mut self.ahead);
        self.prefecture.machine.set_ahead(SignedDuration::ZERO);
        self.prefecture.machine.pause(stood_still.unsigned_abs());
        let town = self.town(0);
        let mut mishap = mishap;
        for officer in self.officers[&town].clone() {
            let mut sitting = Sitting {
                officer,
                town,
                who: 0,
                twice: false,
                gives_up: false,
                mishap: mishap.take().map(|m| (0, m)),
            };
            let outcome = self.request(&mut sitting, Deed::AcceptClock)?;
            hold("the_counter_serves", outcome.is_ok(), || format!("{outcome:?}"))?;
        }
        self.truth.held = false;
        Ok(())
    }
}
