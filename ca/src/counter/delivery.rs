//! 交付: the certificate is in the card, read back and activated.

use akashi_ledger::{Recording, Slot, Standing, Step};
use akashi_wire::act::{Answer, Refusal};
use akashi_wire::octets::Sha256;
use akashi_wire::{CaseId, RevocationReason, pki};
use jiff::ToSpan;

use super::{Acting, Counter, Halt, at_step};
use crate::CaError;

impl Counter {
    pub(super) async fn confirm_delivery(
        &self,
        acting: &Acting,
        case: CaseId,
        card: &str,
        read_back: Sha256,
    ) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &[Step::Issued], acting)?;
        if record.application()?.card != card {
            return Err(Refusal::WrongCard.into());
        }
        let damaged = || CaError::Damaged("an issued case without its certificate".into());
        let (serial, person) = (file.serial.ok_or_else(damaged)?, file.person.ok_or_else(damaged)?);
        if change.standing(serial).await? != Some(Standing::Good) {
            return Err(Refusal::NoLivingCertificate.into());
        }
        self.require_in_force(&mut change, &file, &record).await?;
        // What was not read back through the channel is not in the card, whoever says so.
        if !record.application()?.written {
            let asked = acting.act.verb.to_owned();
            return Err(Refusal::WrongStep { step: "not written".into(), asked }.into());
        }
        let sealed = self.issuer.ledger.sealed_certificate(serial).await?.ok_or_else(damaged)?;
        let certificate = self.vault().open("certificate_file", serial.as_bytes(), &sealed)?;
        acting.applies_to(pki::not_after(&certificate));
        // Nobody came for it in time: it ends, and whether the scheduler has come by does not matter.
        let hours = i64::from(self.issuer.rules.undelivered_after_hours);
        if pki::not_before(&certificate) < change.at() - hours.hours() {
            let (step, asked) = (Step::Closed.name().into(), acting.act.verb.to_owned());
            return Err(Refusal::WrongStep { step, asked }.into());
        }
        if Sha256::of(&certificate) != read_back {
            return Err(Refusal::ReadBackDiffers.into());
        }
        // Only now, with the new pair in the card, does the old one end.
        let living = change.living(person).await?;
        let old = living.iter().find(|l| l.slot == Slot::Current && l.serial != serial);
        if let Some(old) = old {
            let reason = RevocationReason::Superseded;
            let recording = Recording { reason, received_at: change.at() };
            change.revoke(old.serial, &recording).await?;
        }
        change.promote(person).await?;
        file.step = Step::Done;
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let (fee_yen, superseded) = (self.issuer.rules.fee_yen, old.map(|old| old.serial));
        let answer = Answer::Delivered { serial, fee_yen, superseded };
        self.finish(change, acting, &format!("{case} {serial}"), answer).await
    }
}
