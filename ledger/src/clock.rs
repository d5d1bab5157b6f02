//! The clock in doubt: held since a jump, until two persons accept it.

use crate::right::Right;
use crate::store::args;
use crate::{Change, Issuing, Ledger, LedgerError, Position};

/// Persons who must accept a clock that jumped.
const PERSONS: usize = 2;

const HELD: &str = "SELECT position FROM clock_hold WHERE released_at IS NULL
                    ORDER BY position LIMIT 1";

impl Ledger<Issuing> {
    /// Whether the clock is in doubt: what is scheduled must wait.
    pub async fn is_clock_held(&self) -> Result<bool, LedgerError> {
        Ok(self.store.row(HELD, args![]).await?.is_some())
    }
}

impl Change {
    /// Puts the clock in doubt. Where it is already, who accepted it before accepted another time,
    /// and is asked again.
    pub async fn hold_clock(&mut self) -> Result<(), LedgerError> {
        self.require(Right::HoldClock)?;
        let position = self.append("hold_clock", "", None).await?;
        if let Some(Position(held)) = self.held_clock().await? {
            let forget = "DELETE FROM clock_acceptance WHERE position = $1";
            return self.tx.execute(forget, args![held]).await.map(|_| ());
        }
        self.tx
            .execute("INSERT INTO clock_hold (position) VALUES ($1)", args![position.0])
            .await
            .map(|_| ())
    }

    /// The person who signed says that the clock is right; the second one releases it. Said while nothing is
    /// held it counts for nothing.
    pub async fn accept_clock(&mut self) -> Result<(), LedgerError> {
        self.require(Right::AcceptClock)?;
        let Some(Position(position)) = self.held_clock().await? else { return Ok(()) };
        let terminal = self.permit.terminal();
        self.tx
            .execute(
                "INSERT INTO clock_acceptance (position, party, terminal, at)
                 VALUES ($1, $2, $3, $4) ON CONFLICT (position, party)
                 DO UPDATE SET terminal = excluded.terminal, at = excluded.at",
                args![position, self.permit.party().as_bytes(), terminal, self.at()],
            )
            .await?;
        let sql = "SELECT party, terminal, at FROM clock_acceptance WHERE position = $1";
        let rows = self.tx.rows(sql, args![position]).await?;
        let mut persons = 0;
        for row in &rows {
            // Who was dismissed or suspended since, or was at a machine that was, has said nothing.
            let (party, terminal) = (row.get("party")?, row.maybe("terminal")?);
            persons += usize::from(self.still_counts(party, terminal, row.get("at")?).await?);
        }
        if persons < PERSONS {
            return Ok(());
        }
        let at = self.at();
        self.tx
            .execute(
                "UPDATE clock_hold SET released_at = $2 WHERE position = $1",
                args![position, at],
            )
            .await
            .map(|_| ())
    }

    pub(crate) async fn held_clock(&mut self) -> Result<Option<Position>, LedgerError> {
        let row = self.tx.row(HELD, args![]).await?;
        row.map(|row| row.get("position")).transpose()
    }
}
