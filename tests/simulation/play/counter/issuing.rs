//! 発行 and 更新: from the application to the card in its holder's hand.

use super::*;

/// Why something with a card does not come to its end.
pub(super) enum Halt {
    Card(CardError),
    Refused(Refusal),
    Breach(Breach),
}

impl From<CardError> for Halt {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Breach> for Halt {
    fn from(breach: Breach) -> Self {
        Self::Breach(breach)
    }
}

pub(super) fn strange(answer: &Answer) -> Halt {
    Halt::Refused(Refusal::Malformed { what: format!("{answer:?}") })
}

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
            // The seventh act is the one that certifies.
            sitting.gives_up = true;
            sitting.mishap =
                manner.mishap.map(|mishap| (6, Mishap { at: mishap.at / 2 + 6, ..mishap }));
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
            under_guardianship: None,
            name_choices: Default::default(),
            address_choices: Default::default(),
        };
        Ok(match self.request(sitting, deed)? {
            Ok(Answer::Permitted { challenge, .. }) => Ok((case, challenge.0)),
            Ok(other) => Err(Refusal::Malformed { what: format!("{other:?}") }),
            Err(refusal) => Err(refusal),
        })
    }

    /// The number of somebody's card; whoever has none gets one from the factory.
    pub(super) fn card_number(&mut self, who: usize) -> String {
        let (made, founded) = (&mut self.cards_made, &self.prefecture.founded);
        let card = self.cards.entry(who).or_insert_with(|| {
            *made += 1;
            CardInHand::new(*made, &founded.card_master)
        });
        card.number()
    }

    /// The card makes its pair through the channel, and proves it; a card that is torn out is put
    /// back and begins anew. The error is the authority's refusal.
    pub(super) fn prove(
        &mut self,
        sitting: &mut Sitting,
        (case, challenge): (CaseId, &[u8]),
        manner: &Manner,
    ) -> Result<Result<Vec<u8>, Refusal>, Breach> {
        let key = card_key(self.keys);
        self.keys += 1;
        self.with_card(sitting, manner.torn, |play, sitting, card| {
            card.has_made(&key);
            let mut card = card.insert()?;
            let opened = play.open_channel(sitting, case, &mut card)?;
            let Answer::KeyMade { public_key } = opened else { return Err(strange(&opened)) };
            if !manner.renewal {
                card.set_pin(&pin())?;
            }
            card.verify_pin(&pin())?;
            Ok(card.proof_of_possession(&public_key.0, challenge)?)
        })
    }

    /// Does something with the card in a reader; a card that was torn out is put back, and it is
    /// done anew.
    pub(super) fn with_card<T>(
        &mut self,
        sitting: &mut Sitting,
        torn: Option<u8>,
        work: impl Fn(&mut Self, &mut Sitting, &mut CardInHand) -> Result<T, Halt>,
    ) -> Result<Result<T, Refusal>, Breach> {
        self.card_number(sitting.who);
        let mut hand = self.cards.remove(&sitting.who).expect("it was made");
        hand.torn_after = torn.map(u32::from);
        let mut outcome = work(self, sitting, &mut hand);
        if matches!(outcome, Err(Halt::Card(CardError::CardRemoved { .. }))) {
            hand.torn_after = None;
            outcome = work(self, sitting, &mut hand);
        }
        hand.torn_after = None;
        self.cards.insert(sitting.who, hand);
        match outcome {
            Ok(done) => Ok(Ok(done)),
            Err(Halt::Refused(refusal)) => Ok(Err(refusal)),
            Err(Halt::Breach(breach)) => Err(breach),
            Err(Halt::Card(error)) => {
                let who = sitting.who;
                hold("a_card_put_back_works", false, || format!("citizen {who}: {error}"))
                    .map(|()| unreachable!())
            }
        }
    }

    /// Opens the channel, and carries between authority and card until something else is said.
    pub(super) fn open_channel(
        &mut self,
        sitting: &mut Sitting,
        case: CaseId,
        card: &mut Card<&mut CardInHand>,
    ) -> Result<Answer, Halt> {
        let number = card.number()?.to_string();
        let mut answer = self.request(sitting, Deed::OpenChannel { case, card: number })??;
        while let Answer::Commands { run } = answer {
            let commands: Vec<&[u8]> = run.iter().map(|command| &command.0[..]).collect();
            let answers = card.carry(&commands)?.into_iter().map(Octets).collect();
            answer = self.request(sitting, Deed::CardAnswered { case, answers })??;
        }
        Ok(answer)
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
        let refused = |play: &Self, refusal: Refusal| {
            let quiet = play.truth.is_quiet(who);
            hold("who_may_is_not_refused", !quiet, || format!("certify: {refusal:?}"))
        };
        let proof = match self.prove(sitting, (case, challenge), manner)? {
            Ok(proof) => proof,
            Err(refusal) => return refused(self, refusal).map(|()| None),
        };
        let card = self.card_number(who);
        let deed = Deed::Certify { case, card, proof: Octets(proof) };
        match self.request(sitting, deed)? {
            Ok(Answer::Certified { certificate, .. }) => {
                self.received(sitting, &certificate.0, manner.renewal)?;
                Ok(Some(Issued { case, certificate: certificate.0 }))
            }
            Ok(other) => hold("the_counter_serves", false, || format!("{other:?}")).map(|()| None),
            Err(refusal) => refused(self, refusal).map(|()| None),
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
        let case = issued.case;
        let torn = manner.torn.map(|at| at / 2);
        let written = self.with_card(sitting, torn, |play, sitting, card| {
            let mut card = card.insert()?;
            card.verify_pin(&pin())?;
            // Torn out after the switch: what is read back is what counts.
            if card.read_certificate().is_ok_and(|octets| octets == issued.certificate) {
                return Ok(());
            }
            match play.open_channel(sitting, case, &mut card)? {
                Answer::Activated => Ok(()),
                other => Err(strange(&other)),
            }
        })?;
        if let Err(refusal) = written {
            let quiet = self.truth.is_quiet(sitting.who);
            hold("who_may_is_not_refused", !quiet, || format!("writing: {refusal:?}"))?;
            return Ok(());
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
