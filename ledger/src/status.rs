//! What is true of a certificate: a pure function of its rows, in the order of commits.
//!
//! CRL and OCSP are two renderings of what [`fold`] says (docs/decisions/0003).

use std::collections::HashMap;

use akashi_wire::{MunicipalityCode, RevocationReason, SerialNumber};
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::{Row, Stored};
use crate::store::{args, damaged};
use crate::{Change, Ledger, LedgerError, ListedChange, NewEntry, Permit, Position};

/// What one row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum StatusChange {
    /// The certificate was filed and is in force.
    Issued = 0,
    /// Put on hold.
    Held = 1,
    /// The hold was released.
    Released = 2,
    /// Revoked for good.
    Revoked = 3,
    /// Recorded, perhaps signed, never filed: void, and listed as revoked.
    Voided = 4,
}

impl StatusChange {
    pub(crate) fn from_code(code: i64) -> Option<Self> {
        [Self::Issued, Self::Held, Self::Released, Self::Revoked, Self::Voided]
            .into_iter()
            .find(|change| *change as i64 == code)
    }
}

/// One row of the append-only table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRow {
    /// Place in the order of commits.
    pub position: Position,
    /// Which certificate.
    pub serial: SerialNumber,
    /// Which of the authority's keys signed it.
    pub generation: i64,
    /// Whose partition.
    pub municipality: MunicipalityCode,
    /// The certificate's last second.
    pub not_after: Timestamp,
    /// What is said.
    pub change: StatusChange,
    /// Why; `Unspecified` for [`StatusChange::Issued`] and [`StatusChange::Released`].
    pub reason: RevocationReason,
    /// When it was recorded: the time that CRL and OCSP state.
    pub recorded_at: Timestamp,
}

impl StatusRow {
    /// What a list reads of it.
    pub fn listed(&self) -> ListedChange {
        let Self { serial, change, reason, recorded_at, .. } = *self;
        ListedChange { serial, change, reason, recorded_at }
    }
}

/// How a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Issued and in force.
    Good,
    /// On hold; can still be released.
    Held {
        /// Since when.
        at: Timestamp,
    },
    /// Ended for good.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
}

impl Standing {
    /// Time and reason as CRL and OCSP state them; `None` for a good one.
    pub fn revocation(&self) -> Option<(Timestamp, RevocationReason)> {
        match *self {
            Self::Good => None,
            Self::Held { at } => Some((at, RevocationReason::CertificateHold)),
            Self::Revoked { at, reason } => Some((at, reason)),
        }
    }

    /// One word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Held { .. } => "on hold",
            Self::Revoked { .. } => "revoked",
        }
    }

    /// How a certificate stands after one more row. Nothing follows a final revocation.
    pub fn after(standing: Option<Self>, row: &StatusRow) -> Option<Self> {
        Self::after_change(standing, &row.listed())
    }

    /// The same, of what a list reads of a row.
    pub fn after_change(standing: Option<Self>, row: &ListedChange) -> Option<Self> {
        match (standing, row.change) {
            (Some(Self::Revoked { at, reason }), _) => Some(Self::Revoked { at, reason }),
            (None, StatusChange::Issued) | (Some(Self::Held { .. }), StatusChange::Released) => {
                Some(Self::Good)
            }
            (Some(Self::Good), StatusChange::Held) => Some(Self::Held { at: row.recorded_at }),
            // RFC 5280 §5.3.1 leaves the date of a hold that becomes final open; the day of the
            // final record is given, since the book has one row for it.
            (_, StatusChange::Revoked | StatusChange::Voided) => {
                Some(Self::Revoked { at: row.recorded_at, reason: row.reason })
            }
            (standing, _) => standing,
        }
    }
}

/// How a certificate stands after all its rows, given in the order of their positions.
/// `None`: never issued.
pub fn fold<'r>(rows: impl IntoIterator<Item = &'r StatusRow>) -> Option<Standing> {
    rows.into_iter().fold(None, Standing::after)
}

impl Stored for StatusChange {
    type Native = i64;

    fn of(code: i64) -> Result<Self, String> {
        Self::from_code(code).ok_or_else(|| code.to_string())
    }
}

impl Stored for RevocationReason {
    type Native = i64;

    fn of(code: i64) -> Result<Self, String> {
        let reason = u8::try_from(code).ok().and_then(Self::from_code);
        reason.ok_or_else(|| code.to_string())
    }
}

/// Rows, each with its time as it is to be read ([`crate::clock`]).
macro_rules! rows_where {
    ($condition:literal) => {
        concat!(
            "SELECT position, serial, municipality, not_after, change, reason, generation,
             COALESCE((SELECT CASE WHEN recorded_at - back < latest THEN recorded_at - back ELSE latest END
             FROM clock_back WHERE clock_back.first <= status.position AND until > status.position
             ORDER BY clock_back.position DESC LIMIT 1),
             (SELECT CASE WHEN recorded_at + shift < at THEN recorded_at + shift ELSE at END
             FROM clock_trust WHERE shift > 0 AND first <= status.position
             AND clock_trust.position > status.position), recorded_at)
             AS recorded_at FROM status WHERE ",
            $condition
        )
    };
}

fn read(row: &Row) -> Result<StatusRow, LedgerError> {
    Ok(StatusRow {
        position: row.get("position")?,
        serial: row.get("serial")?,
        municipality: row.get("municipality")?,
        not_after: row.get("not_after")?,
        change: row.get("change")?,
        reason: row.get("reason")?,
        recorded_at: row.get("recorded_at")?,
        generation: row.get("generation")?,
    })
}

impl<R> Ledger<R> {
    /// The rows after a position, in the order of commits, at most `limit`.
    ///
    /// Positions are given out under the lock that a writer holds to its commit, so a row that
    /// appears later always has a higher position than every row that was seen.
    pub async fn status_after(
        &self,
        position: Position,
        limit: i64,
    ) -> Result<Vec<StatusRow>, LedgerError> {
        let rows = self
            .store
            .rows(rows_where!("position > $1 ORDER BY position LIMIT $2"), args![position.0, limit])
            .await?;
        rows.iter().map(read).collect()
    }

    /// How one certificate stands.
    pub async fn standing(&self, serial: SerialNumber) -> Result<Option<Standing>, LedgerError> {
        let rows = self
            .store
            .rows(rows_where!("serial = $1 ORDER BY position"), args![serial.as_bytes()])
            .await?;
        let rows: Vec<StatusRow> = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(fold(&rows))
    }

    /// The time of the newest committed entry.
    pub async fn head_time(&self) -> Result<Timestamp, LedgerError> {
        let row = self.store.row("SELECT at FROM chain_head WHERE one = 1", args![]).await?;
        row.map_or_else(|| Err(damaged("chain_head", "no row")), |row| row.get("at"))
    }

    /// The position of the newest committed entry.
    pub async fn head(&self) -> Result<Position, LedgerError> {
        let row = self.store.row("SELECT position FROM chain_head WHERE one = 1", args![]).await?;
        row.map_or_else(|| Err(damaged("chain_head", "no row")), |row| row.get("position"))
    }
}

/// What a new row says beyond its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Why.
    pub reason: RevocationReason,
    /// When the authority learned of it (law art. 12).
    pub received_at: Timestamp,
}

/// A status row on its way into the book.
pub(crate) struct News<'r> {
    pub permit: Permit,
    pub serial: SerialNumber,
    pub change: StatusChange,
    pub recording: &'r Recording,
}

impl Change {
    /// How a certificate stands, read inside of this change.
    pub async fn standing(
        &mut self,
        serial: SerialNumber,
    ) -> Result<Option<Standing>, LedgerError> {
        Ok(self.standings(&[serial]).await?.remove(&serial))
    }

    /// How these certificates stand; one that was never issued is left out.
    pub async fn standings(
        &mut self,
        serials: &[SerialNumber],
    ) -> Result<HashMap<SerialNumber, Standing>, LedgerError> {
        let rows = self
            .tx
            .rows_of(
                rows_where!("serial IN ($keys) ORDER BY position"),
                serials.iter().map(|serial| serial.as_bytes().into()),
            )
            .await?;
        let mut standings = HashMap::new();
        for row in &rows {
            let row = read(row)?;
            let before = standings.get(&row.serial).copied();
            if let Some(after) = Standing::after(before, &row) {
                standings.insert(row.serial, after);
            }
        }
        Ok(standings)
    }

    /// Ends a certificate for good. The published time is the time of this record; it is never
    /// back-dated (law art. 12).
    ///
    /// # Errors
    /// [`LedgerError::StatusForbids`] when it is revoked already or was never issued.
    pub async fn revoke(
        &mut self,
        serial: SerialNumber,
        recording: &Recording,
    ) -> Result<StatusRow, LedgerError> {
        let mut rows = self.revoke_all(&[serial], recording).await?;
        Ok(rows.remove(0))
    }

    /// Ends many for the same reason, or none of them.
    ///
    /// # Errors
    /// As [`Change::revoke`], for any of them.
    pub async fn revoke_all(
        &mut self,
        serials: &[SerialNumber],
        recording: &Recording,
    ) -> Result<Vec<StatusRow>, LedgerError> {
        self.require_about_certificates(Right::Revoke, serials).await?;
        self.end_all(serials, recording).await
    }

    /// Ends many that a right was asked for already.
    pub(crate) async fn end_all(
        &mut self,
        serials: &[SerialNumber],
        recording: &Recording,
    ) -> Result<Vec<StatusRow>, LedgerError> {
        let standings = self.standings(serials).await?;
        for serial in serials {
            match standings.get(serial) {
                Some(Standing::Good | Standing::Held { .. }) => {}
                other => return Err(forbids(*serial, other.copied(), "revoked")),
            }
        }
        self.release_living(serials).await?;
        let permit = self.permit().clone();
        let news = serials.iter().map(|serial| News {
            permit: permit.clone(),
            serial: *serial,
            change: StatusChange::Revoked,
            recording,
        });
        self.append_status("revoke", news.collect()).await
    }

    /// Puts a certificate on hold.
    ///
    /// # Errors
    /// [`LedgerError::StatusForbids`] unless it is good.
    pub async fn hold(
        &mut self,
        serial: SerialNumber,
        received_at: Timestamp,
    ) -> Result<StatusRow, LedgerError> {
        self.require_about_certificates(Right::Hold, &[serial]).await?;
        match self.standing(serial).await? {
            Some(Standing::Good) => {}
            other => return Err(forbids(serial, other, "held")),
        }
        let reason = RevocationReason::CertificateHold;
        let recording = Recording { reason, received_at };
        self.append_one_status(serial, StatusChange::Held, &recording, "hold").await
    }

    /// Releases a hold: the certificate is good again (RFC 5280 §5.3.1), where two persons signed for it.
    ///
    /// # Errors
    /// [`LedgerError::TakesTwo`] where one has; [`LedgerError::StatusForbids`] unless it is on hold.
    pub async fn release(
        &mut self,
        serial: SerialNumber,
        received_at: Timestamp,
    ) -> Result<StatusRow, LedgerError> {
        // Of this one alone: another of the same person is another hold.
        self.require_about(Right::Release, &Object::Certificate(serial))?;
        self.require_time(Right::Release)?;
        match self.standing(serial).await? {
            Some(Standing::Held { .. }) => {}
            other => return Err(forbids(serial, other, "released")),
        }
        let recording = Recording { reason: RevocationReason::Unspecified, received_at };
        self.append_one_status(serial, StatusChange::Released, &recording, "release").await
    }

    /// Voids a certificate that was recorded, perhaps signed, and never filed: it is listed as
    /// revoked, because nobody knows whether its signature exists.
    pub async fn void(&mut self, serial: SerialNumber) -> Result<StatusRow, LedgerError> {
        self.require_about_certificates(Right::Void, &[serial]).await?;
        self.void_one(serial).await
    }

    /// Voids one that a right was asked for already.
    pub(crate) async fn void_one(
        &mut self,
        serial: SerialNumber,
    ) -> Result<StatusRow, LedgerError> {
        match self.standing(serial).await? {
            None => {}
            other => return Err(forbids(serial, other, "voided")),
        }
        self.release_living(&[serial]).await?;
        let received_at = self.at();
        let reason = RevocationReason::Unspecified;
        self.append_one_status(
            serial,
            StatusChange::Voided,
            &Recording { reason, received_at },
            "void",
        )
        .await
    }

    async fn append_one_status(
        &mut self,
        serial: SerialNumber,
        change: StatusChange,
        recording: &Recording,
        verb: &'static str,
    ) -> Result<StatusRow, LedgerError> {
        let news = News { permit: self.permit().clone(), serial, change, recording };
        let mut rows = self.append_status(verb, vec![news]).await?;
        Ok(rows.remove(0))
    }

    pub(crate) async fn append_status(
        &mut self,
        verb: &'static str,
        news: Vec<News<'_>>,
    ) -> Result<Vec<StatusRow>, LedgerError> {
        let certificates = self
            .tx
            .rows_of(
                "SELECT serial, generation, municipality, not_after, case_id FROM certificate
                 WHERE serial IN ($keys)",
                news.iter().map(|news| news.serial.as_bytes().into()),
            )
            .await?;
        // Filed or voided, it is an open intention no longer.
        let first =
            |news: &&News<'_>| matches!(news.change, StatusChange::Issued | StatusChange::Voided);
        let settled = news.iter().filter(first).map(|news| news.serial.as_bytes().into());
        self.tx.rows_of("DELETE FROM intended WHERE serial IN ($keys)", settled).await?;
        let mut facts = HashMap::new();
        for row in &certificates {
            let serial: SerialNumber = row.get("serial")?;
            let (generation, municipality) = (row.get("generation")?, row.get("municipality")?);
            facts.insert(serial, (generation, municipality, row.get("not_after")?));
            let case = Object::Case(row.get("case_id")?);
            // What is filed was made in the case that the act is about.
            for news in news.iter().filter(|news| news.serial == serial) {
                if news.change == StatusChange::Issued {
                    self.require_time(Right::Issue)?;
                    news.permit.require_about(Right::Issue, &case)?;
                }
            }
        }
        let subject = |news: &News<'_>| match news.change {
            StatusChange::Revoked => format!("{} {}", news.serial, news.recording.reason),
            _ => news.serial.to_string(),
        };
        let subjects: Vec<String> = news.iter().map(subject).collect();
        let entries = news.iter().zip(&subjects).map(|(news, subject)| NewEntry {
            permit: news.permit.clone(),
            verb,
            subject,
            content: None,
        });
        let positions = self.append_all(entries).await?;
        let (mut appended, mut rows) = (Vec::new(), Vec::new());
        for (news, position) in news.iter().zip(positions) {
            let (generation, municipality, not_after): (i64, MunicipalityCode, Timestamp) = facts
                .get(&news.serial)
                .copied()
                .ok_or_else(|| LedgerError::NoSuchCertificate(news.serial.to_string()))?;
            let News { serial, change, recording, .. } = news;
            rows.push(args![
                position.0,
                serial.as_bytes(),
                generation,
                municipality.to_string(),
                not_after,
                *change as i64,
                i64::from(recording.reason.code()),
                self.at(),
                recording.received_at,
                self.cause_of(&news.permit).to_string(),
            ]);
            appended.push(StatusRow {
                position,
                serial: *serial,
                generation,
                municipality,
                not_after,
                change: *change,
                reason: recording.reason,
                recorded_at: self.at(),
            });
        }
        self.record(&evidence::STATUS, rows).await?;
        Ok(appended)
    }
}

pub(crate) fn forbids(
    serial: SerialNumber,
    standing: Option<Standing>,
    change: &'static str,
) -> LedgerError {
    let standing = standing.map_or("not issued", |standing| standing.name());
    LedgerError::StatusForbids { serial: serial.to_string(), standing, change }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RevocationReason::*;

    fn row(position: i64, change: StatusChange, reason: RevocationReason) -> StatusRow {
        StatusRow {
            position: Position(position),
            serial: SerialNumber::from_random([1; 16]),
            generation: 1,
            municipality: "131041".parse().unwrap(),
            not_after: Timestamp::MAX,
            change,
            reason,
            recorded_at: Timestamp::from_second(position).unwrap(),
        }
    }

    #[test]
    fn a_certificate_that_was_never_issued_has_no_standing() {
        assert_eq!(fold(&[]), None);
    }

    #[test]
    fn nothing_undoes_a_final_revocation() {
        let rows = [
            row(1, StatusChange::Issued, Unspecified),
            row(2, StatusChange::Revoked, AffiliationChanged),
            row(3, StatusChange::Released, Unspecified),
            row(4, StatusChange::Revoked, KeyCompromise),
            row(5, StatusChange::Issued, Unspecified),
        ];
        let at = Timestamp::from_second(2).unwrap();
        assert_eq!(fold(&rows), Some(Standing::Revoked { at, reason: AffiliationChanged }));
    }

    #[test]
    fn a_hold_can_be_released_or_become_final() {
        let rows = [
            row(1, StatusChange::Issued, Unspecified),
            row(2, StatusChange::Held, CertificateHold),
            row(3, StatusChange::Released, Unspecified),
        ];
        assert_eq!(fold(&rows), Some(Standing::Good));
        assert_eq!(fold(&rows[..2]).unwrap().revocation().unwrap().1, CertificateHold);
        let last = row(3, StatusChange::Revoked, KeyCompromise);
        let standing = Standing::after(fold(&rows[..2]), &last);
        assert_eq!(standing.unwrap().revocation().unwrap().1, KeyCompromise);
    }

    #[test]
    fn an_interrupted_issue_is_listed_as_revoked() {
        let rows = [row(1, StatusChange::Voided, Unspecified)];
        assert!(matches!(fold(&rows), Some(Standing::Revoked { reason: Unspecified, .. })));
    }
}
