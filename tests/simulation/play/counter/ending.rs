//! 失効 and 一時保留.

use super::*;

impl Play {
    /// 失効: everything of the person that lives ends.
    pub(in crate::play) fn revoke(
        &mut self,
        who: u8,
        lost: bool,
        twice: bool,
        mishap: Option<Mishap>,
    ) -> Result<(), Breach> {
        let (now, today) = (self.now(), self.today());
        let may = |who: usize| {
            self.truth.citizens[who].is_here(today) && self.truth.current(who, now).is_some()
        };
        let Some(who) = self.pick(who, may) else { return Ok(()) };
        let quiet = self.truth.is_quiet(who);
        let mut sitting = self.sitting(who, twice, mishap);
        let case = match self.find(&mut sitting, Procedure::Revocation)? {
            Ok(case) => case,
            Err(refusal) => {
                return hold("who_may_is_not_refused", !quiet, || format!("{refusal:?}"));
            }
        };
        let reason = if lost {
            RevocationReason::KeyCompromise
        } else {
            RevocationReason::CessationOfOperation
        };
        let outcome = self.request(
            &mut sitting,
            Deed::Revoke { case, identity: IdentityProof::ResidentCard, reason },
        )?;
        hold("who_may_is_not_refused", outcome.is_ok() || !quiet, || format!("{outcome:?}"))?;
        if let Ok(Answer::Revoked { reason: told, .. }) = outcome {
            hold("the_counter_serves", told == reason, || format!("{told} for {reason}"))?;
            for at in self.truth.living(who, now) {
                self.truth.certificates[at].end(reason, now, now);
            }
        }
        Ok(())
    }

    /// 一時保留: the current one is held, a renewal under way ends.
    pub(in crate::play) fn hold(&mut self, who: u8, mishap: Option<Mishap>) -> Result<(), Breach> {
        let (now, today) = (self.now(), self.today());
        let may = |who: usize| {
            let current = self.truth.current(who, now).map(|at| &self.truth.certificates[at]);
            self.truth.citizens[who].is_here(today)
                && current.is_some_and(|current| current.standing == Standing::Good)
        };
        let Some(who) = self.pick(who, may) else { return Ok(()) };
        let quiet = self.truth.is_quiet(who);
        let mut sitting = self.sitting(who, false, mishap);
        let Ok(case) = self.find(&mut sitting, Procedure::Hold)? else {
            return hold("who_may_is_not_refused", !quiet, || "a hold".into());
        };
        let outcome = self.request(&mut sitting, Deed::Hold { case })?;
        hold("who_may_is_not_refused", outcome.is_ok() || !quiet, || format!("{outcome:?}"))?;
        if outcome.is_ok() {
            let living = self.truth.living(who, now);
            for (place, at) in living.into_iter().enumerate() {
                let certificate = &mut self.truth.certificates[at];
                if place == 0 {
                    certificate.standing = Standing::Held(now, now);
                } else {
                    certificate.end(RevocationReason::Unspecified, now, now);
                }
            }
        }
        Ok(())
    }
}
