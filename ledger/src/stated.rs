//! Finding a living certificate where no registry is asked: by its number, by its card, or by keyed
//! hashes of what it states. The hashes are made where the key is; this room compares them.

use akashi_wire::{MunicipalityCode, SerialNumber};

use crate::right::Right;
use crate::store::{Value, args};
use crate::{Change, Issuing, Ledger, LedgerError, PersonId};

/// HMAC-SHA-256 of a normalised name and birth date, under a key in custody.
pub type StatedDigest = [u8; 32];

/// By what a living certificate is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought<'s> {
    /// Its number.
    Serial(SerialNumber),
    /// The last four octets of its number.
    End([u8; 4]),
    /// The number of its card.
    Card(&'s str),
    /// What it states.
    Stated(&'s StatedDigest),
}

impl Ledger<Issuing> {
    /// Living certificates that are found by nothing that they state, each with its items, sealed: those that were taken
    /// for ended by a time that was brought back. A thousand of those after a number, by their numbers.
    pub async fn unindexed(
        &self,
        after: Option<SerialNumber>,
    ) -> Result<Vec<(SerialNumber, Vec<u8>)>, LedgerError> {
        let sql = "SELECT living.serial, certificate_items.sealed_items FROM living
                   JOIN certificate_items ON certificate_items.serial = living.serial
                   WHERE living.serial > $1 AND NOT EXISTS (SELECT 1 FROM stated_index
                     WHERE stated_index.serial = living.serial) ORDER BY living.serial LIMIT 1000";
        let after = after.map_or(Vec::new(), |serial| serial.as_bytes().to_vec());
        let rows = self.store.rows(sql, args![after]).await?;
        rows.iter().map(|row| Ok((row.get("serial")?, row.get("sealed_items")?))).collect()
    }
}

impl Change {
    /// Certificates of a town that fit, filed and not over: one a person, the current before a renewal
    /// of it that is under way.
    pub async fn seek(
        &mut self,
        town: MunicipalityCode,
        sought: Sought<'_>,
    ) -> Result<Vec<(PersonId, SerialNumber)>, LedgerError> {
        let (sql, key): (&str, Value) = match sought {
            Sought::Serial(serial) => (BY_SERIAL, serial.as_bytes().into()),
            Sought::End(end) => (BY_END, end.to_vec().into()),
            Sought::Card(card) => (BY_CARD, card.into()),
            Sought::Stated(digest) => (BY_STATED, digest.into()),
        };
        let at = self.at();
        let rows = self.tx.rows(sql, args![town.to_string(), at, key]).await?;
        let mut found: Vec<(PersonId, SerialNumber)> = Vec::new();
        for row in &rows {
            let person = row.get("person")?;
            if found.last().is_none_or(|(last, _)| *last != person) {
                found.push((person, row.get("serial")?));
            }
        }
        Ok(found)
    }

    /// Adds hashes under which certificates are found. Former ones stay: a certificate goes on stating
    /// what it stated. The caller notes what it is part of.
    pub async fn index_stated(
        &mut self,
        stated: &[(SerialNumber, Vec<StatedDigest>)],
    ) -> Result<(), LedgerError> {
        self.require(Right::IndexStated)?;
        let rows = stated.iter().flat_map(|(serial, digests)| {
            digests.iter().map(|digest| args![serial.as_bytes(), digest])
        });
        self.tx
            .write(
                "INSERT INTO stated_index (serial, digest) VALUES $rows
                 ON CONFLICT (serial, digest) DO NOTHING",
                rows.collect(),
            )
            .await
    }
}

macro_rules! living_where {
    ($condition:literal) => {
        concat!(
            "SELECT living.person, living.serial FROM living
             JOIN certificate ON certificate.serial = living.serial
             JOIN certificate_file ON certificate_file.serial = living.serial
             WHERE certificate.municipality = $1 AND certificate.not_after >= $2 AND ",
            $condition,
            " ORDER BY living.person, living.slot"
        )
    };
}

const BY_SERIAL: &str = living_where!("living.serial = $3");
const BY_END: &str = living_where!("substr(living.serial, 13) = $3");
const BY_CARD: &str = living_where!("certificate.card = $3");
const BY_STATED: &str =
    living_where!("living.serial IN (SELECT serial FROM stated_index WHERE digest = $3)");
