//! 失効, 一時保留 and the closing of a case.

use akashi_ledger::{CaseFile, Change, PersonId, Recording, Standing, StatusRow, Step};
use akashi_wire::act::{Answer, Procedure, Refusal};
use akashi_wire::{CaseId, RevocationReason, SerialNumber};

use super::{Acting, Counter, Halt, at_step, one_certificate};
use crate::CaError;

impl Counter {
    /// Ends every living certificate of the person: a renewal under way too.
    pub(super) async fn revoke(
        &self,
        acting: &Acting,
        case: CaseId,
        reason: RevocationReason,
    ) -> Result<Answer, Halt> {
        if !matches!(
            reason,
            RevocationReason::KeyCompromise | RevocationReason::CessationOfOperation
        ) {
            return Err(Refusal::ReasonNotForCounter { reason }.into());
        }
        let mut change = self.begin(acting).await?;
        let (mut file, record) = self.case_in(&mut change, case).await?;
        at_step(&file, &[Step::LookedUp], acting)?;
        if record.procedure != Procedure::Revocation {
            return Err(Refusal::NotAllowed.into());
        }
        let person = file.person.ok_or(Refusal::NoLivingCertificate)?;
        let recording = Recording { reason, received_at: change.at(), idou_date: None };
        let row = end_living(&mut change, person, &recording).await?;
        let row = row.ok_or(Refusal::NoLivingCertificate)?;
        file.step = Step::Done;
        file.serial = Some(row.serial);
        self.save_case(&mut change, &mut file, &record).await?;
        let answer = Answer::Revoked { serial: row.serial, at: row.recorded_at, reason };
        self.finish(change, acting, &format!("{case} {}", row.serial), answer).await
    }

    /// Puts the current certificate of the person on hold, and ends a renewal under way.
    pub(super) async fn hold(&self, acting: &Acting, case: CaseId) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, record) = self.case_in(&mut change, case).await?;
        at_step(&file, &[Step::LookedUp], acting)?;
        if record.procedure != Procedure::Hold {
            return Err(Refusal::NotAllowed.into());
        }
        let person = file.person.ok_or(Refusal::NoLivingCertificate)?;
        let living = self.living(&mut change, person).await?;
        let (current, standing) =
            one_certificate::current(&living).ok_or(Refusal::NoLivingCertificate)?;
        if matches!(standing, Standing::Held { .. }) {
            return Err(Refusal::OnHold { serial: current.serial }.into());
        }
        let received_at = change.at();
        let row = change.hold(current.serial, received_at).await?;
        // A renewal under way lies on the same card: it must not come into force behind the hold.
        for (next, _) in living.iter().filter(|(living, _)| living.serial != current.serial) {
            end_undelivered(&mut change, next.serial).await?;
        }
        file.step = Step::Done;
        file.serial = Some(row.serial);
        self.save_case(&mut change, &mut file, &record).await?;
        let reason = RevocationReason::CertificateHold;
        let answer = Answer::Revoked { serial: row.serial, at: row.recorded_at, reason };
        self.finish(change, acting, &format!("{case} {}", row.serial), answer).await
    }

    /// 取下げ, 却下 or 中止: whatever was issued in the case and not delivered ends.
    pub(super) async fn close_case(&self, acting: &Acting, case: CaseId) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut change, case).await?;
        at_step(&file, &[Step::Opened, Step::LookedUp, Step::Applied, Step::Issued], acting)?;
        let revoked = self.abandon(&mut change, &mut file).await?;
        record.tbs = None;
        file.step = Step::Closed;
        self.save_case(&mut change, &mut file, &record).await?;
        self.finish(change, acting, &case.to_string(), Answer::CaseClosed { revoked }).await
    }

    /// Ends what was issued in this case and never handed over: filed, it is revoked without a
    /// stated reason (RFC 5280 §5.3.1); only intended, it is void.
    pub(super) async fn abandon(
        &self,
        change: &mut Change,
        file: &mut CaseFile,
    ) -> Result<Option<SerialNumber>, CaError> {
        let Some(serial) = file.serial.take() else { return Ok(None) };
        end_undelivered(change, serial).await
    }
}

/// Ends every living certificate of a person; what is recorded of the current one, if there is one.
pub(crate) async fn end_living(
    change: &mut Change,
    person: PersonId,
    recording: &Recording,
) -> Result<Option<StatusRow>, CaError> {
    let mut first = None;
    for living in change.living(person).await? {
        if !living.filed {
            change.void(living.serial).await?;
            continue;
        }
        let row = change.revoke(living.serial, recording).await?;
        first.get_or_insert(row);
    }
    Ok(first)
}

/// Ends one certificate that never reached its holder.
pub(crate) async fn end_undelivered(
    change: &mut Change,
    serial: SerialNumber,
) -> Result<Option<SerialNumber>, CaError> {
    match change.standing(serial).await? {
        None => change.void(serial).await?,
        Some(Standing::Good | Standing::Held { .. }) => {
            let reason = RevocationReason::Unspecified;
            let recording = Recording { reason, received_at: change.at(), idou_date: None };
            change.revoke(serial, &recording).await?
        }
        Some(Standing::Revoked { .. }) => return Ok(None),
    };
    Ok(Some(serial))
}
