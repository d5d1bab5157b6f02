//! 発行 and 更新: from the application to the card in its holder's hand.

use super::*;

impl Play {
    /// Somebody applies; whether it must be granted or refused is known before.
    pub(in crate::play) fn certify(&mut self, who: u8, manner: Manner) -> Result<(), Breach> {
        let (now, today) = (self.now(), self.today());
        let may = |who: usize| {
            let citizen = &self.truth.citizens[who];
            let living = self.truth.current(who, now);
            let fits = match living {
                Some(at) => manner.renewal && today >= opens(self.truth.certificates[at].not_after),
                None => !manner.renewal,
            };
            citizen.is_here(today) && fits
        };
        let who = match self.pick(who, may) {
            Some(who) if !manner.stubborn => who,
            _ if manner.stubborn => usize::from(who) % self.truth.citizens.len(),
            _ => return Ok(()),
        };
        let procedure = if manner.renewal { Procedure::Renewal } else { Procedure::Issue };
        let mut sitting = self.sitting(who, manner.twice, manner.mishap);
        if manner.ending == Ending::Left {
            // The fourth act is the one that certifies.
            sitting.gives_up = true;
            sitting.mishap =
                manner.mishap.map(|mishap| (3, Mishap { at: mishap.at / 2 + 6, ..mishap }));
        }
        let quiet = self.truth.is_quiet(who);
        let must = self.must_be_refused(who, manner.renewal);
        let outcome = self.apply(&mut sitting, procedure)?;
        let granted = outcome.is_ok();
        match (must, &outcome) {
            (Some(why), _) => {
                hold("who_may_not_is_refused", !granted, || format!("citizen {who}: {why}"))?;
            }
            (None, Err(refusal)) => {
                hold("who_may_is_not_refused", !quiet, || format!("citizen {who}: {refusal:?}"))?;
            }
            (None, Ok(_)) => {}
        }
        let Ok((case, challenge)) = outcome else { return Ok(()) };
        if manner.ending == Ending::Early {
            return Ok(());
        }
        let Some(issued) = self.issue(&mut sitting, case, &challenge, &manner)? else {
            return Ok(());
        };
        self.hand_over(&mut sitting, issued, &manner)
    }

    /// Why an application must be refused, as far as it is sure.
    pub(super) fn must_be_refused(&self, who: usize, renewal: bool) -> Option<&'static str> {
        let (now, today) = (self.now(), self.today());
        let citizen = &self.truth.citizens[who];
        if citizen.state != crate::truth::State::Living {
            return Some("leaving or gone");
        }
        let unheard = citizen.facts.iter().any(|fact| fact.arrived.is_some() && !fact.settled);
        if unheard || citizen.is_unknown_since(0) {
            return None;
        }
        match self.truth.current(who, now).map(|at| &self.truth.certificates[at]) {
            Some(living) if matches!(living.standing, Standing::Held(..)) => Some("on hold"),
            Some(_) if !renewal => Some("a certificate lives"),
            Some(living) if today < opens(living.not_after) => Some("not open yet"),
            None if renewal => Some("nothing to renew"),
            _ if self.truth.living(who, now).len() > 1 => None,
            _ => None,
        }
    }

    /// From the first act to the permit.
    pub(super) fn apply(
        &mut self,
        sitting: &mut Sitting,
        procedure: Procedure,
    ) -> Result<Result<(CaseId, Vec<u8>), Refusal>, Breach> {
        let case = match self.find(sitting, procedure)? {
            Ok(case) => case,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.permit(sitting, case)
    }

    pub(super) fn permit(
        &mut self,
        sitting: &mut Sitting,
        case: CaseId,
    ) -> Result<Result<(CaseId, Vec<u8>), Refusal>, Breach> {
        let number = self.card_number(sitting.who);
        let deed = Deed::Apply {
            case,
            card: number,
            identity: IdentityProof::ResidentCard,
            name_choices: Default::default(),
            address_choices: Default::default(),
        };
        Ok(match self.request(sitting, deed)? {
            Ok(Answer::Permitted { challenge, .. }) => Ok((case, challenge.0)),
            Ok(other) => Err(Refusal::Malformed { what: format!("{other:?}") }),
            Err(refusal) => Err(refusal),
        })
    }

    pub(super) fn card_number(&mut self, who: usize) -> String {
        let made = &mut self.cards_made;
        let card = self.cards.entry(who).or_insert_with(|| {
            *made += 1;
            CardInHand::new(*made)
        });
        card.torn_after = None;
        let number = card.insert().and_then(|mut card| card.number().map(|n| n.to_string()));
        number.expect("a card in a reader tells its number")
    }

    /// The card makes its pair and proves it; a card that is torn out is put back and begins anew.
    pub(super) fn prove(
        &mut self,
        who: usize,
        challenge: &[u8],
        torn: Option<u8>,
    ) -> Option<Vec<u8>> {
        let key = card_key(self.keys);
        self.keys += 1;
        let card = self.cards.get_mut(&who).expect("it was in the reader");
        card.next_key = Some(key);
        card.torn_after = torn.map(u32::from);
        let proof = card.insert().and_then(|mut card| {
            card.generate_key_pair()?;
            if card.pin_tries_left()? == 0 {
                card.open_pin_window()?;
                card.set_pin(&pin())?;
            }
            card.verify_pin(&pin())?;
            card.proof_of_possession(challenge)
        });
        proof.ok()
    }

    /// The certificate. `None`: refused, or nobody knows.
    pub(super) fn issue(
        &mut self,
        sitting: &mut Sitting,
        case: CaseId,
        challenge: &[u8],
        manner: &Manner,
    ) -> Result<Option<Issued>, Breach> {
        let who = sitting.who;
        let first = self.prove(who, challenge, manner.torn);
        let Some(proof) = first.or_else(|| self.prove(who, challenge, None)) else {
            return hold("a_card_put_back_works", false, || format!("citizen {who}"))
                .map(|()| None);
        };
        let card = self.card_number(who);
        let deed = Deed::Certify { case, card, proof: Octets(proof) };
        match self.request(sitting, deed)? {
            Ok(Answer::Certified { certificate, ca_certificate, .. }) => {
                self.received(sitting, &certificate.0, manner.renewal)?;
                let (certificate, authority) = (certificate.0, ca_certificate.0);
                Ok(Some(Issued { case, certificate, authority }))
            }
            Ok(other) => hold("the_counter_serves", false, || format!("{other:?}")).map(|()| None),
            Err(refusal) => {
                let quiet = self.truth.is_quiet(who);
                hold("who_may_is_not_refused", !quiet, || format!("certify: {refusal:?}"))?;
                Ok(None)
            }
        }
    }

    /// What an officer received is looked at as others look at it.
    pub(super) fn received(
        &mut self,
        sitting: &Sitting,
        der: &[u8],
        renews: bool,
    ) -> Result<(), Breach> {
        let issued = self.now();
        let certificate = read("a_certificate_can_be_read", self.issuer.certificate(der))?;
        uniqueness::no_number_and_no_key_twice(&mut self.certified, &certificate)?;
        let items = &self.truth.citizens[sitting.who].items;
        content::a_certificate_says_what_the_register_says(der, items)?;
        content::a_certificate_lives_three_years(&certificate, issued)?;
        self.truth.receive(Received {
            serial: certificate.serial,
            der: der.to_vec(),
            holder: sitting.who,
            town: sitting.town,
            issued,
            not_after: certificate.not_after,
            renews,
        });
        Ok(())
    }

    /// Writes the card, reads it back, confirms; or what happens instead.
    pub(super) fn hand_over(
        &mut self,
        sitting: &mut Sitting,
        issued: Issued,
        manner: &Manner,
    ) -> Result<(), Breach> {
        let now = self.now();
        let at = self.truth.certificates.len() - 1;
        match manner.ending {
            Ending::Left | Ending::Early => return Ok(()),
            Ending::Closed => {
                let deed = Deed::CloseCase { case: issued.case, why: "取下げ".into() };
                let closed = self.request(sitting, deed)?;
                hold("the_counter_serves", closed.is_ok(), || format!("{closed:?}"))?;
                self.truth.certificates[at].end(RevocationReason::Unspecified, now, now);
                return Ok(());
            }
            Ending::Delivered => {}
        }
        let card = self.cards.get_mut(&sitting.who).expect("it was in the reader");
        let written = [manner.torn.map(|at| u32::from(at) / 2), None].into_iter().any(|torn| {
            card.torn_after = torn;
            let written = card.insert().and_then(|mut card| {
                card.verify_pin(&pin())?;
                card.write_pending_certificates(&issued.certificate, &issued.authority)?;
                let back = card.read_pending_certificates()?;
                card.activate()?;
                Ok(back.certificate == issued.certificate)
            });
            written == Ok(true)
        });
        if !written {
            // Torn out after the switch: what is read back is what counts.
            let mut card = card.insert().expect("a card");
            let verified = card.verify_pin(&pin()).and_then(|()| card.read_certificate());
            let same = verified.is_ok_and(|octets| octets == issued.certificate);
            hold("a_card_put_back_works", same, || "it holds another certificate".into())?;
        }
        let card = self.card_number(sitting.who);
        let read_back = Sha256::of(&issued.certificate);
        let deed = Deed::ConfirmDelivery { case: issued.case, card, read_back };
        let outcome = self.request(sitting, deed)?;
        let quiet = self.truth.is_quiet(sitting.who);
        hold("who_may_is_not_refused", outcome.is_ok() || !quiet, || {
            format!("confirm_delivery: {outcome:?}")
        })?;
        if outcome.is_ok() {
            self.truth.certificates[at].delivered = true;
            for older in self.truth.living(sitting.who, now) {
                if older < at {
                    self.truth.certificates[older].end(RevocationReason::Superseded, now, now);
                }
            }
        }
        Ok(())
    }
}
