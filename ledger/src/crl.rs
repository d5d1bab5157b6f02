//! CRL numbers: recorded before they are signed, never used twice.

use akashi_wire::octets::Sha256;
use akashi_wire::{MunicipalityCode, Scope};
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::Row;
use crate::store::{args, timestamp};
use crate::{Change, Ledger, LedgerError, Position};

/// One CRL in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlRecord {
    /// Its number, strictly increasing within its scope.
    pub number: i64,
    /// thisUpdate.
    pub this_update: Timestamp,
    /// nextUpdate.
    pub next_update: Timestamp,
    /// It holds the status up to this position.
    pub up_to: Position,
    /// SHA-256 of the file, once signed and published.
    pub digest: Option<Sha256>,
}

fn read(row: &Row) -> Result<CrlRecord, LedgerError> {
    Ok(CrlRecord {
        number: row.get("number")?,
        this_update: row.get("this_update")?,
        next_update: row.get("next_update")?,
        up_to: row.get("up_to")?,
        digest: row.maybe("digest")?,
    })
}

impl<R> Ledger<R> {
    /// The newest published CRL of a scope.
    pub async fn published_crl(
        &self,
        generation: i64,
        scope: Scope,
    ) -> Result<Option<CrlRecord>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT crl.number, this_update, next_update, up_to, digest
                 FROM crl_published JOIN crl ON crl.generation = crl_published.generation
                 AND crl.scope = crl_published.scope AND crl.number = crl_published.number
                 WHERE crl_published.generation = $1 AND crl_published.scope = $2
                 ORDER BY crl_published.number DESC LIMIT 1",
                args![generation, scope.to_string()],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// thisUpdate of the newest published CRL of a scope whose time was right when it was made, as far as the book
    /// says: what had not ended by then is on every later one.
    pub async fn listed_until(
        &self,
        generation: i64,
        scope: Scope,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT crl.this_update
                   FROM crl_published JOIN crl ON crl.generation = crl_published.generation
                   AND crl.scope = crl_published.scope AND crl.number = crl_published.number
                   WHERE crl_published.generation = $1 AND crl_published.scope = $2
                   AND NOT EXISTS (SELECT 1 FROM clock_back
                     WHERE first <= crl.position AND until > crl.position)
                   ORDER BY crl_published.number DESC LIMIT 1";
        let row = self.store.row(sql, args![generation, scope.to_string()]).await?;
        row.map(|row| row.get("this_update")).transpose()
    }

    /// The highest number that was given in a scope, published or not.
    pub async fn newest_number(&self, generation: i64, scope: Scope) -> Result<i64, LedgerError> {
        let sql = "SELECT COALESCE(MAX(number), 0) AS newest FROM crl
                   WHERE generation = $1 AND scope = $2";
        let row = self.store.row(sql, args![generation, scope.to_string()]).await?;
        row.map_or(Ok(0), |row| row.get("newest"))
    }

    /// The newest change of status in a scope: its position and time, and whether one since
    /// `after` is urgent (keyCompromise, hold).
    pub async fn newest_change(
        &self,
        generation: i64,
        municipality: Option<MunicipalityCode>,
        after: Position,
    ) -> Result<Option<(Position, bool)>, LedgerError> {
        let row = match municipality {
            Some(code) => {
                self.store
                    .row(
                        "SELECT MAX(position) AS newest,
                         MAX(CASE WHEN reason IN (1, 2, 6) THEN position ELSE 0 END) AS urgent
                         FROM status WHERE position > $1 AND change <> 0 AND generation = $2
                         AND municipality = $3",
                        args![after.0, generation, code.to_string()],
                    )
                    .await?
            }
            None => {
                self.store
                    .row(
                        "SELECT MAX(position) AS newest,
                         MAX(CASE WHEN reason IN (1, 2, 6) THEN position ELSE 0 END) AS urgent
                         FROM status WHERE position > $1 AND change <> 0 AND generation = $2",
                        args![after.0, generation],
                    )
                    .await?
            }
        };
        let Some(row) = row else { return Ok(None) };
        let Some(newest) = row.maybe("newest")? else { return Ok(None) };
        Ok(Some((newest, row.get::<i64>("urgent")? > 0)))
    }
}

/// The newest list that was given a number, published or not.
struct NewestRecorded {
    position: i64,
    number: i64,
    this_update: Timestamp,
}

impl Change {
    /// Records the next number of a scope, before anything is signed with it.
    ///
    /// `max(last + 1, Unix milliseconds)`: a book restored from a backup cannot give a number that
    /// the lost book gave already. After a time was brought back, the milliseconds by which it was ahead are added:
    /// numbers of the wrong time are above those of now, and a backup of since then may know few of the later ones.
    ///
    /// # Errors
    /// [`LedgerError::AuthorityOver`] after the end of the authority: it signs no list any more.
    /// [`LedgerError::ListTooSoon`] where the newest of this scope is of this very second.
    pub async fn record_crl(
        &mut self,
        generation: i64,
        scope: Scope,
        this_update: Timestamp,
        next_update: Timestamp,
        up_to: Position,
    ) -> Result<CrlRecord, LedgerError> {
        self.require_about(Right::RecordList, &Object::List(generation, scope))?;
        self.require_authority().await?;
        if self
            .newest_this_update(generation, scope)
            .await?
            .is_some_and(|last| this_update.as_second() <= last)
        {
            return Err(LedgerError::ListTooSoon { scope });
        }
        let last = self.newest_list(generation, scope).await?.map_or(0, |list| list.number);
        let sql = "SELECT CAST(COALESCE(SUM(wrong.at - back.at), 0) AS BIGINT) AS ahead FROM audit AS back
                   JOIN audit AS wrong ON wrong.position = back.position - 1
                   WHERE back.position IN (SELECT position FROM clock_back)";
        let ahead =
            self.tx.row(sql, args![]).await?.map_or(Ok(0), |row| row.get::<i64>("ahead"))?;
        let number = (last + 1).max(self.at().as_millisecond() + ahead);
        let position =
            self.append("record_crl", &format!("{generation}/{scope} {number}"), None).await?;
        let row = args![
            position.0,
            generation,
            scope.to_string(),
            number,
            this_update,
            next_update,
            up_to.0,
        ];
        self.record(&evidence::CRL, vec![row]).await?;
        let (this_update, next_update) =
            (timestamp(this_update.as_millisecond())?, timestamp(next_update.as_millisecond())?);
        Ok(CrlRecord { number, this_update, next_update, up_to, digest: None })
    }

    /// The second of the newest list of this scope; nothing where there is none, and where the time was brought back since:
    /// the next is then of an earlier one. Whoever asks by date alone (If-Modified-Since) would keep the one before for
    /// another of the same second.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn newest_this_update(
        &mut self,
        generation: i64,
        scope: Scope,
    ) -> Result<Option<i64>, LedgerError> {
        let brought_back = self.tx.head().brought_back;
        let newest = self.newest_list(generation, scope).await?;
        let newest = newest.filter(|newest| newest.position > brought_back.0);
        Ok(newest.map(|newest| newest.this_update.as_second()))
    }

    async fn newest_list(
        &mut self,
        generation: i64,
        scope: Scope,
    ) -> Result<Option<NewestRecorded>, LedgerError> {
        let sql =
            "SELECT position, number, this_update FROM crl WHERE generation = $1 AND scope = $2
                   ORDER BY number DESC LIMIT 1";
        let row = self.tx.row(sql, args![generation, scope.to_string()]).await?;
        let read = |row: crate::row::Row| {
            Ok(NewestRecorded {
                position: row.get("position")?,
                number: row.get("number")?,
                this_update: row.get("this_update")?,
            })
        };
        row.map(read).transpose()
    }

    /// Records that the CRL with this number is published, and its digest. Said again with the same
    /// digest it changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchList`] when the number was never recorded, or stands for other octets.
    pub async fn publish_crl(
        &mut self,
        generation: i64,
        scope: Scope,
        number: i64,
        digest: Sha256,
    ) -> Result<(), LedgerError> {
        let list = Object::Published(generation, scope, number, digest);
        self.require_about(Right::PublishList, &list)?;
        let unknown = || LedgerError::NoSuchList { scope, number };
        let sql = "SELECT crl.number, digest FROM crl LEFT JOIN crl_published
                   ON crl_published.generation = crl.generation
                   AND crl_published.scope = crl.scope AND crl_published.number = crl.number
                   WHERE crl.generation = $1 AND crl.scope = $2 AND crl.number = $3";
        let known = self.tx.row(sql, args![generation, scope.to_string(), number]).await?;
        let published: Option<Sha256> = known.ok_or_else(unknown)?.maybe("digest")?;
        let subject = format!("{generation}/{scope} {number} {digest}");
        match published {
            Some(same) if same == digest => {
                self.append("publish_crl_again", &subject, None).await.map(|_| ())
            }
            Some(_) => Err(unknown()),
            None => {
                let position = self.append("publish_crl", &subject, None).await?;
                let row =
                    args![position.0, generation, scope.to_string(), number, &digest.0, self.at(),];
                self.record(&evidence::CRL_PUBLISHED, vec![row]).await
            }
        }
    }
}
