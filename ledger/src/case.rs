//! Cases at the counter. A case survives days, crashes and a change of terminal: all of its state
//! is here.

use std::collections::HashMap;

use akashi_wire::act::PartyId;
use akashi_wire::{CaseId, MunicipalityCode, SerialNumber};
use jiff::Timestamp;

use crate::object::Object;
use crate::permit::Permit;
use crate::right::Right;
use crate::row::{Row, Stored};
use crate::store::{Value, args};
use crate::{Change, Issuing, Ledger, LedgerError, PersonId};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Opened; nobody is known yet.
    Opened,
    /// The person was found in the register.
    LookedUp,
    /// Applied; one key pair is permitted.
    Applied,
    /// Issued, not yet delivered.
    Issued,
    /// Delivered, or the revocation done.
    Done,
    /// Closed without a result.
    Closed,
}

impl Step {
    /// One word, in the book and for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::LookedUp => "looked_up",
            Self::Applied => "applied",
            Self::Issued => "issued",
            Self::Done => "done",
            Self::Closed => "closed",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Opened, Self::LookedUp, Self::Applied, Self::Issued, Self::Done, Self::Closed]
            .into_iter()
            .find(|step| step.name() == name)
    }
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Its number.
    pub case: CaseId,
    /// At whose counter.
    pub municipality: MunicipalityCode,
    /// The officer who opened it.
    pub party: PartyId,
    /// What it is about, as on the wire.
    pub procedure: String,
    /// Where it stands.
    pub step: Step,
    /// About whom, once looked up.
    pub person: Option<PersonId>,
    /// The certificate issued in it.
    pub serial: Option<SerialNumber>,
    /// Everything else, sealed.
    pub sealed_file: Vec<u8>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it closes itself if nobody touches it any more; `None` once something was issued in it,
    /// or it is over.
    pub closes_at: Option<Timestamp>,
}

impl Stored for Step {
    type Native = String;

    fn of(name: String) -> Result<Self, String> {
        Self::from_name(&name).ok_or(name)
    }
}

fn read(row: &Row) -> Result<CaseFile, LedgerError> {
    Ok(CaseFile {
        case: row.get("case_id")?,
        municipality: row.get("municipality")?,
        party: row.get("party")?,
        procedure: row.get("procedure")?,
        step: row.get("step")?,
        person: row.maybe("person")?,
        serial: row.maybe("serial")?,
        sealed_file: row.get("sealed_file")?,
        opened_at: row.get("opened_at")?,
        closes_at: row.maybe("closes_at")?,
    })
}

const READ: &str = "SELECT case_id, municipality, party, procedure, step, person, serial,
                    sealed_file, opened_at, closes_at FROM case_file WHERE case_id IN ($keys)";

fn keys(cases: &[CaseId]) -> impl Iterator<Item = Value> {
    cases.iter().map(|case| case.as_bytes().into())
}

fn by_number(rows: &[Row]) -> Result<HashMap<CaseId, CaseFile>, LedgerError> {
    rows.iter().map(|row| read(row).map(|file| (file.case, file))).collect()
}

impl Ledger<Issuing> {
    /// A case.
    pub async fn case(&self, case: CaseId) -> Result<Option<CaseFile>, LedgerError> {
        Ok(self.cases(&[case]).await?.remove(&case))
    }

    /// Those of these cases that there are.
    pub async fn cases(&self, cases: &[CaseId]) -> Result<HashMap<CaseId, CaseFile>, LedgerError> {
        by_number(&self.store.rows_of(READ, keys(cases)).await?)
    }

    /// Cases whose certificate was issued before `before` and never delivered. A case is older than
    /// its certificate, so those of today are not even looked at.
    pub async fn undelivered(&self, before: Timestamp) -> Result<Vec<CaseFile>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT case_file.case_id, case_file.municipality, party, procedure, step,
                 case_file.person, case_file.serial, sealed_file, opened_at, closes_at
                 FROM case_file
                 JOIN certificate ON certificate.serial = case_file.serial
                 WHERE step = 'issued' AND case_file.opened_at < $1
                 AND certificate.not_before < $1",
                args![before],
            )
            .await?;
        rows.iter().map(read).collect()
    }

    /// Cases that nobody touched until their term, at most `limit`, those that waited longest first.
    pub async fn untouched(&self, now: Timestamp, limit: i64) -> Result<Vec<CaseId>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT case_id FROM case_file WHERE closes_at IS NOT NULL AND closes_at <= $1
                 ORDER BY closes_at LIMIT $2",
                args![now, limit],
            )
            .await?;
        rows.iter().map(|row| row.get("case_id")).collect()
    }
}

impl Change {
    /// Whether a certificate was ever delivered to this person: what was in the card before is gone
    /// since then, however the certificate stands now.
    pub async fn was_delivered_to(&mut self, person: PersonId) -> Result<bool, LedgerError> {
        let row = self
            .tx
            .row(
                "SELECT case_id FROM case_file WHERE person = $1 AND step = 'done'
                 AND procedure IN ('issue', 'renewal') LIMIT 1",
                args![person.as_bytes()],
            )
            .await?;
        Ok(row.is_some())
    }

    /// The case in which a certificate was issued.
    pub async fn case_of(&mut self, serial: SerialNumber) -> Result<Option<CaseId>, LedgerError> {
        let row = self
            .tx
            .row("SELECT case_id FROM certificate WHERE serial = $1", args![serial.as_bytes()])
            .await?;
        row.map(|row| row.get("case_id")).transpose()
    }

    /// A case, read inside of this change.
    pub async fn case(&mut self, case: CaseId) -> Result<Option<CaseFile>, LedgerError> {
        Ok(self.cases(&[case]).await?.remove(&case))
    }

    /// Those of these cases that there are, read inside of this change.
    pub async fn cases(
        &mut self,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, CaseFile>, LedgerError> {
        by_number(&self.tx.rows_of(READ, keys(cases)).await?)
    }

    /// Writes a case, new or changed. The act that did it is the audit entry.
    ///
    /// # Errors
    /// [`LedgerError::NotPermitted`] for another case than the act is about, and for one that there is
    /// where the act opens one.
    pub async fn save_case(&mut self, file: &CaseFile) -> Result<(), LedgerError> {
        let permit = self.permit().clone();
        self.save_cases([(&permit, file)]).await
    }

    /// Writes cases, no two of them the same, each by its own permit.
    ///
    /// # Errors
    /// As [`Change::save_case`], for any of them.
    pub async fn save_cases<'f>(
        &mut self,
        files: impl IntoIterator<Item = (&'f Permit, &'f CaseFile)>,
    ) -> Result<(), LedgerError> {
        let files: Vec<(&Permit, &CaseFile)> = files.into_iter().collect();
        let numbers: Vec<CaseId> = files.iter().map(|(_, file)| file.case).collect();
        let known = self.cases(&numbers).await?;
        for (permit, file) in &files {
            permit.require(Right::SaveCase)?;
            let before = known.get(&file.case);
            let allowed = match (permit.object(), before) {
                // At the own counter, about nobody yet.
                (Object::NewCase, None) => {
                    permit.municipality() == Some(file.municipality) && file.person.is_none()
                }
                (Object::NewCase, Some(_)) | (_, None) => false,
                (object, Some(_)) => object.is(&Object::Case(file.case)),
            };
            if !allowed {
                return Err(permit.not_permitted(Right::SaveCase));
            }
            // Whom a case is about is found, and by no other act changed: it is whose certificates end.
            if before.is_some_and(|before| before.person != file.person) {
                permit.require(Right::FindPerson)?;
            }
        }
        let row = |file: &CaseFile| {
            args![
                file.case.as_bytes(),
                file.municipality.to_string(),
                file.party.as_bytes(),
                file.procedure.as_str(),
                file.step.name(),
                file.person.map(|person| person.as_bytes().to_vec()),
                file.serial.map(|serial| serial.as_bytes().to_vec()),
                &file.sealed_file,
                file.opened_at,
                file.closes_at,
            ]
        };
        self.tx
            .write(
                "INSERT INTO case_file (case_id, municipality, party, procedure, step, person,
                 serial, sealed_file, opened_at, closes_at) VALUES $rows
                 ON CONFLICT (case_id) DO UPDATE SET step = excluded.step,
                 person = excluded.person, serial = excluded.serial,
                 sealed_file = excluded.sealed_file, closes_at = excluded.closes_at",
                files.into_iter().map(|(_, file)| row(file)).collect(),
            )
            .await
    }
}
