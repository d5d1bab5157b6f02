//! How the book stands, at a glance: for whoever runs the authority.

use akashi_wire::MunicipalityCode;
use akashi_wire::octets::Sha256;
use jiff::Timestamp;

use crate::row::Row;
use crate::store::{args, damaged};
use crate::{Ledger, LedgerError, Position, ReadsAll, Scope, StatusChange};

/// What one look at the book shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The newest entry of the chain.
    pub head: Position,
    /// When it was written.
    pub head_at: Timestamp,
    /// The newest entry over which the log has signed.
    pub signed: Position,
    /// Certificates that were issued and are not handed over.
    pub undelivered: u64,
    /// When the oldest case of those was opened.
    pub undelivered_since: Option<Timestamp>,
    /// The newest list of each scope that was handed over to be published.
    pub lists: Vec<NewestList>,
    /// When each responder last had the whole book.
    pub responders: Vec<Timestamp>,
}

/// The newest list of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestList {
    /// Of which of the authority's keys.
    pub generation: i64,
    /// Of what.
    pub scope: Scope,
    /// Its cRLNumber.
    pub number: i64,
    /// SHA-256 of its file.
    pub digest: Sha256,
    /// thisUpdate.
    pub this_update: Timestamp,
    /// nextUpdate.
    pub next_update: Timestamp,
    /// The oldest revocation or hold that is on no list of this scope yet.
    pub unlisted_since: Option<Timestamp>,
}

impl<R: ReadsAll> Ledger<R> {
    /// How the book stands now.
    pub async fn overview(&self) -> Result<Overview, LedgerError> {
        let sql = "SELECT chain_head.position, chain_head.at,
                   (SELECT COALESCE(MAX(position), 0) FROM audit_signature) AS signed,
                   (SELECT COUNT(*) FROM case_file WHERE step = 'issued') AS undelivered,
                   (SELECT MIN(opened_at) FROM case_file WHERE step = 'issued') AS undelivered_since
                   FROM chain_head WHERE one = 1";
        let row = self.store.row(sql, args![]).await?.ok_or(LedgerError::NoAuthority)?;
        let undelivered: i64 = row.get("undelivered")?;
        let sql = "SELECT seen_at FROM responder_time ORDER BY seen_at DESC";
        let seen = self.store.rows(sql, args![]).await?;
        Ok(Overview {
            head: row.get("position")?,
            head_at: row.get("at")?,
            signed: row.get("signed")?,
            undelivered: undelivered.unsigned_abs(),
            undelivered_since: row.maybe("undelivered_since")?,
            lists: self.newest_lists().await?,
            responders: seen.iter().map(|row| row.get("seen_at")).collect::<Result<_, _>>()?,
        })
    }

    async fn newest_lists(&self) -> Result<Vec<NewestList>, LedgerError> {
        let sql = "SELECT crl.generation, crl.scope, crl.number, crl.this_update, crl.next_update,
                   crl.up_to, crl_published.digest FROM crl
                   JOIN (SELECT scope, MAX(number) AS newest FROM crl_published
                         WHERE generation = (SELECT MAX(generation) FROM authority) GROUP BY scope)
                   AS latest ON latest.scope = crl.scope AND latest.newest = crl.number
                   JOIN crl_published ON crl_published.generation = crl.generation
                   AND crl_published.scope = crl.scope AND crl_published.number = crl.number
                   WHERE crl.generation = (SELECT MAX(generation) FROM authority)
                   ORDER BY crl.scope";
        let mut lists = Vec::new();
        for row in &self.store.rows(sql, args![]).await? {
            let scope: String = row.get("scope")?;
            let scope: Scope = scope.parse().map_err(|_| damaged("crl", scope))?;
            let up_to: Position = row.get("up_to")?;
            lists.push(NewestList {
                generation: row.get("generation")?,
                scope,
                number: row.get("number")?,
                digest: row.get("digest")?,
                this_update: row.get("this_update")?,
                next_update: row.get("next_update")?,
                unlisted_since: self.unlisted_since(scope, up_to).await?,
            });
        }
        Ok(lists)
    }

    /// The oldest change of status behind this position that a list of the scope must show.
    async fn unlisted_since(
        &self,
        scope: Scope,
        up_to: Position,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let town: Option<MunicipalityCode> = match scope {
            Scope::Partition(town) => Some(town),
            Scope::Complete => None,
            Scope::Authority => return Ok(None),
        };
        let sql = "SELECT MIN(recorded_at) AS since FROM status WHERE position > $1
                   AND change <> $2 AND ($3 = '' OR municipality = $3)";
        let town = town.map(|code| code.to_string()).unwrap_or_default();
        let row = self.store.row(sql, args![up_to.0, StatusChange::Issued as i64, town]).await?;
        row.map_or(Ok(None), |row: Row| row.maybe("since"))
    }
}
