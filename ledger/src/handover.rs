//! 引継ぎ: municipalities that another has taken up (合併), and whose source speaks for whom.

use akashi_wire::MunicipalityCode;
use akashi_wire::act::Suspension;
use akashi_wire::party::Role;
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::Row;
use crate::store::args;
use crate::{Change, Issuing, Ledger, LedgerError};

const TAKEN_UP: &str = "SELECT to_town FROM handover WHERE from_town = $1";

fn to(row: &Row) -> Result<MunicipalityCode, LedgerError> {
    row.get("to_town")
}

/// A municipality that another has taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOver {
    /// The one that was taken up.
    pub from: MunicipalityCode,
    /// Who took it up, and speaks for it.
    pub to: MunicipalityCode,
    /// Since when.
    pub since: Timestamp,
}

impl Ledger<Issuing> {
    /// Every municipality that another has taken up.
    pub async fn handovers(&self) -> Result<Vec<HandOver>, LedgerError> {
        let sql = "SELECT from_town, to_town, at FROM handover ORDER BY position";
        let rows = self.store.rows(sql, args![]).await?;
        let read = |row: &Row| {
            Ok(HandOver { from: row.get("from_town")?, to: to(row)?, since: row.get("at")? })
        };
        rows.iter().map(read).collect()
    }

    /// Which municipality's source speaks for this one: its own, or that of whoever took it up.
    pub async fn speaks_for(
        &self,
        town: MunicipalityCode,
    ) -> Result<MunicipalityCode, LedgerError> {
        let row = self.store.row(TAKEN_UP, args![town.to_string()]).await?;
        row.as_ref().map_or(Ok(town), to)
    }
}

impl Change {
    /// Hands a municipality over to another: the other's source speaks for it from now on, and its own sources end.
    ///
    /// # Errors
    /// [`LedgerError::TakesTwo`] where one has signed; [`LedgerError::NoHandOver`] where either was taken up
    /// before, where it took another up itself, or where no source of the other is in force.
    pub async fn hand_over(
        &mut self,
        from: MunicipalityCode,
        to: MunicipalityCode,
    ) -> Result<(), LedgerError> {
        // One step and no chain of them: whoever speaks for a town is told by one row.
        let known = self
            .tx
            .row(
                "SELECT position FROM handover WHERE from_town IN ($1, $2) OR to_town = $1",
                args![from.to_string(), to.to_string()],
            )
            .await?;
        let source = |municipality| Role::Source { municipality };
        let at = self.at();
        let speaks = self.not_dismissed_as(&source(to)).await?;
        let is_spoken_for = speaks.iter().any(|one| one.is_in_force(at));
        if from == to || known.is_some() || !is_spoken_for {
            return Err(LedgerError::NoHandOver);
        }
        self.require_about(Right::HandOver, &Object::HandOver(from, to))?;
        let position = self.append("hand_over", &format!("{from} {to}"), None).await?;
        let row = args![position.0, from.to_string(), to.to_string(), self.at()];
        self.record(&evidence::HANDOVER, vec![row]).await?;
        for own in self.not_dismissed_as(&source(from)).await? {
            self.end_enrolment(own.party).await?;
        }
        // Where it never had a source, its numbers are watched from now on.
        self.watch(from).await
    }

    /// Stops whoever would speak for a municipality that another has taken up.
    pub(crate) async fn require_not_taken_up(
        &mut self,
        town: MunicipalityCode,
    ) -> Result<(), LedgerError> {
        match self.tx.row(TAKEN_UP, args![town.to_string()]).await? {
            Some(row) => Err(LedgerError::TakenUp { by: to(&row)? }),
            None => Ok(()),
        }
    }

    /// Stops a batch of a source that does not speak for this municipality now, and one for a municipality that is cut.
    pub(crate) async fn require_voice(
        &mut self,
        source: MunicipalityCode,
    ) -> Result<(), LedgerError> {
        let row = self.tx.row(TAKEN_UP, args![source.to_string()]).await?;
        let speaks = row.as_ref().map_or(Ok(source), to)?;
        if self.permit().municipality() != Some(speaks) {
            return Err(LedgerError::NotEnrolled);
        }
        // Whoever signs may be cut itself: that is asked of the enrolment. So may be the town that is spoken for.
        for what in
            [Suspension::Source { municipality: source }, Suspension::Town { municipality: source }]
        {
            if let Some(since) = self.suspended_since(&what).await? {
                return Err(LedgerError::Suspended { since });
            }
        }
        Ok(())
    }
}
