//! Uses of a municipality's token while the authority was out of reach, as journals told of them.

use akashi_wire::MunicipalityCode;
use akashi_wire::octets::Sha256;
use jiff::Timestamp;

use crate::evidence;
use crate::right::Right;
use crate::row::Row;
use crate::store::args;
use crate::{Change, LedgerError};

/// One entry of a journal, with the outcome that followed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineUse {
    /// SHA-256 of the entry.
    pub entry: Sha256,
    /// Whose token was used.
    pub municipality: MunicipalityCode,
    /// The token's number and its count; none for a line that tells of no use.
    pub counted: Option<(String, u64)>,
    /// Which journal.
    pub journal: Sha256,
    /// Its last line that was told of in this.
    pub line: u64,
    /// SHA-256 of that line.
    pub digest: Sha256,
    /// When that line was signed, by the terminal's clock.
    pub at: Timestamp,
    /// What was answered, in JSON; no personal data.
    pub answer: String,
}

/// The last line of a journal that was told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastLine {
    /// Its place.
    pub line: u64,
    /// Its SHA-256.
    pub digest: Sha256,
    /// When it was signed, by the terminal's clock.
    pub at: Timestamp,
}

impl Change {
    /// What was answered when this entry was told of before.
    pub async fn offline_answer(&mut self, entry: Sha256) -> Result<Option<String>, LedgerError> {
        let row =
            self.tx.row("SELECT answer FROM offline_use WHERE entry = $1", args![&entry.0]).await?;
        row.map(|row| row.get("answer")).transpose()
    }

    /// The highest count of a token of which any journal told; 0 when none did.
    pub async fn highest_use(
        &mut self,
        municipality: MunicipalityCode,
        token: &str,
    ) -> Result<u64, LedgerError> {
        let row = self
            .tx
            .row(
                "SELECT uses FROM offline_use WHERE municipality = $1 AND token = $2
                 ORDER BY uses DESC LIMIT 1",
                args![municipality.to_string(), token],
            )
            .await?;
        row.map_or(Ok(0), |row| row.get("uses"))
    }

    /// Whether a journal told of this use.
    pub async fn is_use_known(
        &mut self,
        municipality: MunicipalityCode,
        token: &str,
        count: u64,
    ) -> Result<bool, LedgerError> {
        let row = self
            .tx
            .row(
                "SELECT entry FROM offline_use WHERE municipality = $1 AND token = $2
                 AND uses = $3 LIMIT 1",
                args![municipality.to_string(), token, count as i64],
            )
            .await?;
        Ok(row.is_some())
    }

    /// The last line of a journal that was told of.
    pub async fn last_line(&mut self, journal: Sha256) -> Result<Option<LastLine>, LedgerError> {
        let row = self
            .tx
            .row(
                "SELECT line, digest, at FROM offline_use WHERE journal = $1
                 ORDER BY line DESC LIMIT 1",
                args![&journal.0],
            )
            .await?;
        let read = |row: Row| {
            Ok(LastLine { line: row.get("line")?, digest: row.get("digest")?, at: row.get("at")? })
        };
        row.map(read).transpose()
    }

    /// Keeps what a journal told, with an entry of its own.
    pub async fn record_offline_use(&mut self, told: &OfflineUse) -> Result<(), LedgerError> {
        self.require(Right::ReportOffline)?;
        let (token, count) = told.counted.clone().unzip();
        let subject = format!("{} {}", told.municipality, told.entry);
        let position = self.append("offline_use", &subject, None).await?;
        let row = args![
            position.0,
            &told.entry.0,
            told.municipality.to_string(),
            token,
            count.map(|count| count as i64),
            &told.journal.0,
            told.line as i64,
            &told.digest.0,
            told.answer.as_str(),
            told.at,
        ];
        self.record(&evidence::OFFLINE_USE, vec![row]).await
    }
}
