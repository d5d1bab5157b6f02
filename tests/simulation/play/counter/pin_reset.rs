//! 暗証番号の初期化: a new PIN on the card of the certificate in force, which goes on as it is.

use super::issuing::strange;
use super::*;

impl Play {
    /// Somebody who has forgotten the PIN comes to the counter with the card.
    pub(in crate::play) fn reset_pin(
        &mut self,
        who: u8,
        mishap: Option<Mishap>,
    ) -> Result<(), Breach> {
        let (now, today) = (self.now(), self.today());
        let may = |who: usize| {
            let current = self.truth.current(who, now).map(|at| &self.truth.certificates[at]);
            self.truth.citizens[who].is_here(today)
                && current.is_some_and(|one| one.delivered && one.standing == Standing::Good)
        };
        let Some(who) = self.pick(who, may) else { return Ok(()) };
        let quiet = self.truth.is_quiet(who);
        let may_be = |refusal: &Refusal| {
            hold("who_may_is_not_refused", !quiet, || format!("a new PIN: {refusal:?}"))
        };
        let mut sitting = self.sitting(who, false, mishap);
        let case = match self.find(&mut sitting, Procedure::PinReset)? {
            Ok(case) => case,
            Err(refusal) => return may_be(&refusal),
        };
        let card = self.card_number(who);
        let deed = Deed::ResetPin { case, card, identity: IdentityProof::ResidentCard };
        if let Err(refusal) = self.request(&mut sitting, deed)? {
            return may_be(&refusal);
        }
        let set = self.with_card(&mut sitting, None, |play, sitting, card| {
            let mut card = card.insert()?;
            match play.open_channel(sitting, case, &mut card)? {
                Answer::PinWindowOpen => {}
                other => return Err(strange(&other)),
            }
            card.set_pin(&pin())?;
            Ok(card.verify_pin(&pin())?)
        })?;
        set.or_else(|refusal| may_be(&refusal))
    }
}
