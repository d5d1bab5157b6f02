//! 失効, 一時保留 and the closing of a case.

use akashi_ledger::{CaseFile, Change, Living, PersonId, Recording, Standing, StatusRow, Step};
use akashi_wire::act::{Answer, IdentityProof, Procedure, Refusal};
use akashi_wire::date::day_in_japan;
use akashi_wire::{CaseId, RevocationReason, SerialNumber};

use super::case_record::CaseRecord;
use super::one_certificate::Stands;
use super::two_persons::Carried;
use super::{Acting, Counter, Halt, at_step};
use crate::CaError;

impl Counter {
    /// Ends the certificate that the case has found, and a renewal of it under way.
    pub(super) async fn revoke(
        &self,
        acting: &Acting,
        case: CaseId,
        identity: &IdentityProof,
        reason: RevocationReason,
    ) -> Result<Answer, Halt> {
        if !matches!(
            reason,
            RevocationReason::KeyCompromise | RevocationReason::CessationOfOperation
        ) {
            return Err(Refusal::ReasonNotForCounter { reason }.into());
        }
        let mut change = self.begin(acting).await?;
        let (mut file, record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &[Step::LookedUp], acting)?;
        if record.procedure != Procedure::Revocation {
            return Err(Refusal::NotAllowed.into());
        }
        self.identified(identity, &record, day_in_japan(change.at()))?;
        let (found, _, living) = self.found(&mut change, &file, &record).await?;
        acting.applies_to(found.not_after);
        let recording = Recording { reason, received_at: change.at() };
        let row = change.revoke(found.serial, &recording).await?;
        // A renewal under way lies in the same card. What another town is issuing is that town's.
        for (other, _) in living.iter().filter(|(living, _)| living.serial != found.serial) {
            if other.municipality == found.municipality {
                end_one(&mut change, other, &recording).await?;
            }
        }
        file.step = Step::Done;
        file.serial = Some(row.serial);
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let answer = Answer::Revoked { serial: row.serial, at: row.recorded_at, reason };
        self.finish(change, acting, &format!("{case} {}", row.serial), answer).await
    }

    /// Puts the certificate that the case has found on hold, and ends a renewal under way.
    pub(super) async fn hold(&self, acting: &Acting, case: CaseId) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &[Step::LookedUp], acting)?;
        if record.procedure != Procedure::Hold {
            return Err(Refusal::NotAllowed.into());
        }
        let (found, standing, living) = self.found(&mut change, &file, &record).await?;
        acting.applies_to(found.not_after);
        if matches!(standing, Standing::Held { .. }) {
            return Err(Refusal::OnHold { serial: found.serial }.into());
        }
        let received_at = change.at();
        let row = change.hold(found.serial, received_at).await?;
        // A renewal under way lies on the same card: it must not come into force behind the hold.
        for (next, _) in living.iter().filter(|(living, _)| living.serial != found.serial) {
            if next.municipality == found.municipality {
                end_undelivered(&mut change, next.serial).await?;
            }
        }
        file.step = Step::Done;
        file.serial = Some(row.serial);
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let reason = RevocationReason::CertificateHold;
        let answer = Answer::Revoked { serial: row.serial, at: row.recorded_at, reason };
        self.finish(change, acting, &format!("{case} {}", row.serial), answer).await
    }

    /// Releases a hold, where the rules let it be released.
    pub(super) async fn release(
        &self,
        change: &mut Change,
        serial: SerialNumber,
    ) -> Result<Carried, Halt> {
        if !self.issuer.rules.releases_holds {
            return Err(Refusal::HoldsAreFinal.into());
        }
        let not_held = Refusal::NotOnHold { serial };
        let holder = change.holder(serial).await?.ok_or_else(|| not_held.clone())?;
        let living = self.living(change, holder).await?;
        let (found, standing) = living
            .iter()
            .find(|(living, _)| living.serial == serial)
            .ok_or_else(|| not_held.clone())?;
        if !matches!(standing, Some(Standing::Held { .. })) || found.not_after < change.at() {
            return Err(not_held.into());
        }
        let received_at = change.at();
        change.release(serial, received_at).await?;
        Ok(Carried { subject: serial.to_string(), answer: Answer::Done })
    }

    /// The certificate that the case has found, how it stands, and all that live of its holder; if it
    /// is still in force, and of this town. A case of last year says nothing of what was issued since.
    pub(super) async fn found(
        &self,
        change: &mut Change,
        file: &CaseFile,
        record: &CaseRecord,
    ) -> Result<(Living, Standing, Vec<Stands>), Halt> {
        let serial = record.found.ok_or(Refusal::NoLivingCertificate)?;
        if let Some(person) = &record.looked_up {
            person.is_good(&self.issuer.rules, change.at())?;
        }
        let gone = Refusal::NoLongerInForce { serial };
        let holder = change.holder(serial).await?.ok_or_else(|| gone.clone())?;
        let living = self.living(change, holder).await?;
        let found = living.iter().find_map(|(living, standing)| {
            standing.filter(|_| living.serial == serial).map(|standing| (living.clone(), standing))
        });
        let (found, standing) = found.ok_or(gone)?;
        if found.municipality != file.municipality {
            let municipality = found.municipality;
            return Err(Refusal::IssuedElsewhere { serial, municipality }.into());
        }
        Ok((found, standing, living))
    }

    /// 取下げ, 却下 or 中止: whatever was issued in the case and not delivered ends.
    pub(super) async fn close_case(&self, acting: &Acting, case: CaseId) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &[Step::Opened, Step::LookedUp, Step::Applied, Step::Issued], acting)?;
        let revoked = self.abandon(&mut change, &mut file).await?;
        record.tbs = None;
        file.step = Step::Closed;
        self.save_case(&mut change, acting, &mut file, &record).await?;
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
        if let Some(row) = end_one(change, &living, recording).await? {
            first.get_or_insert(row);
        }
    }
    Ok(first)
}

/// Ends one living certificate; one that is only intended is void, and nothing is recorded of it.
async fn end_one(
    change: &mut Change,
    living: &Living,
    recording: &Recording,
) -> Result<Option<StatusRow>, CaError> {
    if !living.filed {
        change.void(living.serial).await?;
        return Ok(None);
    }
    Ok(Some(change.revoke(living.serial, recording).await?))
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
            let recording = Recording { reason, received_at: change.at() };
            change.revoke(serial, &recording).await?
        }
        Some(Standing::Revoked { .. }) => return Ok(None),
    };
    Ok(Some(serial))
}
