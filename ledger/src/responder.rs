//! Delegated responders: the public keys that ask, and the certificates that they get.

use akashi_wire::SerialNumber;
use akashi_wire::octets::{Octets, Sha256};
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::Row;
use crate::store::args;
use crate::{Change, Issuing, Ledger, LedgerError, Position, Responding};

/// A certificate of a delegated responder (RFC 6960 §4.2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponderCertificate {
    /// Its number; of the authority like any other.
    pub serial: SerialNumber,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// DER.
    pub certificate: Vec<u8>,
    /// Its first second.
    pub not_before: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
}

fn read(row: &Row) -> Result<ResponderCertificate, LedgerError> {
    Ok(ResponderCertificate {
        serial: row.get("serial")?,
        public_key: row.get("public_key")?,
        certificate: row.get("certificate")?,
        not_before: row.get("not_before")?,
        not_after: row.get("not_after")?,
    })
}

impl<R> Ledger<R> {
    /// The newest certificate for a responder's public key that has begun: one that has not was made by a time that
    /// was wrong, and the one before it may be good still.
    pub async fn responder_certificate(
        &self,
        generation: i64,
        public_key: &[u8],
        now: Timestamp,
    ) -> Result<Option<ResponderCertificate>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT serial, public_key, certificate, not_before, not_after
                 FROM responder_certificate WHERE generation = $1 AND public_key = $2
                 AND not_before <= $3 ORDER BY position DESC LIMIT 1",
                args![generation, public_key, now],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Every certificate of a responder, the oldest first.
    pub async fn responder_certificates(&self) -> Result<Vec<ResponderCertificate>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT serial, public_key, certificate, not_before, not_after
                 FROM responder_certificate ORDER BY not_before, serial",
                args![],
            )
            .await?;
        rows.iter().map(read).collect()
    }
}

impl Ledger<Responding> {
    /// Keeps the newest time that a responder has seen. It is about the responder and no change of
    /// the book: no entry, no place in the chain.
    ///
    /// `brought_back` is the newest entry that brought a time back, as this responder knows it: what was seen before
    /// that is of another time.
    pub async fn keep_responder_time(
        &self,
        public_key: &[u8],
        seen_at: Timestamp,
        brought_back: Position,
    ) -> Result<(), LedgerError> {
        let mut tx = self.store.begin().await?;
        tx.execute(
            "INSERT INTO responder_time (public_key, seen_at, brought_back) VALUES ($1, $2, $3)
             ON CONFLICT (public_key) DO UPDATE SET
             seen_at = CASE
             WHEN responder_time.brought_back > excluded.brought_back
             OR (responder_time.brought_back = excluded.brought_back
             AND responder_time.seen_at > excluded.seen_at) THEN responder_time.seen_at
             ELSE excluded.seen_at END,
             brought_back = CASE WHEN responder_time.brought_back > excluded.brought_back
             THEN responder_time.brought_back ELSE excluded.brought_back END",
            args![public_key, seen_at, brought_back.0],
        )
        .await?;
        tx.commit().await
    }

    /// The newest time that a responder has seen, in this or an earlier life, since a time was brought back last.
    pub async fn responder_time(
        &self,
        public_key: &[u8],
    ) -> Result<Option<Timestamp>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT seen_at FROM responder_time WHERE public_key = $1
                 AND brought_back = (SELECT brought_back FROM chain_head WHERE one = 1)",
                args![public_key],
            )
            .await?;
        row.map(|row| row.get("seen_at")).transpose()
    }
}

impl Ledger<Issuing> {
    /// Public keys of responders that have no certificate which began between `renew_before` and `now`, but for
    /// those whose place another key took that has one. One that has not begun yet was made by a wrong time.
    pub async fn responders_to_certify(
        &self,
        generation: i64,
        (renew_before, now): (Timestamp, Timestamp),
    ) -> Result<Vec<Vec<u8>>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT public_key FROM responder_key WHERE generation = $1 AND NOT EXISTS (
                   SELECT 1 FROM responder_certificate
                   WHERE responder_certificate.generation = responder_key.generation
                   AND responder_certificate.public_key = responder_key.public_key
                   AND not_before >= $2 AND not_before <= $3)
                 AND NOT EXISTS (
                   SELECT 1 FROM responder_replaced JOIN responder_certificate
                   ON responder_certificate.generation = responder_replaced.generation
                   AND responder_certificate.public_key = responder_replaced.by_key
                   WHERE responder_replaced.generation = responder_key.generation
                   AND responder_replaced.public_key = responder_key.public_key)",
                args![generation, renew_before, now],
            )
            .await?;
        rows.iter().map(|row| row.get("public_key")).collect()
    }
}

impl Ledger<Issuing> {
    /// Public keys of responders that asked before `asked_by` and have no certificate that is good until `by`
    /// and has begun by then, but for those whose place another key took.
    pub async fn responders_that_end(
        &self,
        generation: i64,
        by: Timestamp,
        asked_by: Timestamp,
    ) -> Result<Vec<Vec<u8>>, LedgerError> {
        let sql = "SELECT public_key FROM responder_key WHERE generation = $1 AND asked_at < $3
                   AND NOT EXISTS (
                     SELECT 1 FROM responder_certificate
                     WHERE responder_certificate.generation = responder_key.generation
                     AND responder_certificate.public_key = responder_key.public_key
                     AND not_after >= $2 AND not_before <= $2)
                   AND NOT EXISTS (
                     SELECT 1 FROM responder_replaced
                     WHERE responder_replaced.generation = responder_key.generation
                     AND responder_replaced.public_key = responder_key.public_key)";
        let rows = self.store.rows(sql, args![generation, by, asked_by]).await?;
        rows.iter().map(|row| row.get("public_key")).collect()
    }
}

impl Change {
    /// Certifies this public key of a responder from now on, and no more the keys whose place it takes, once
    /// it has a certificate. `false` when it does so already.
    ///
    /// # Errors
    /// [`LedgerError::KeyReplaced`] for a key whose place another took that has a certificate: it gets no more.
    pub async fn ask_for_certificate(
        &mut self,
        generation: i64,
        public_key: &[u8],
        in_place_of: &[Octets],
    ) -> Result<bool, LedgerError> {
        let key = Object::Key(generation, Sha256::of(public_key));
        self.require_about(Right::AskForCertificate, &key)?;
        let sql = "SELECT asked_at FROM responder_key WHERE generation = $1 AND public_key = $2";
        let is_new = self.tx.row(sql, args![generation, public_key]).await?.is_none();
        let sql = "SELECT by_key FROM responder_replaced JOIN responder_certificate
                   ON responder_certificate.generation = responder_replaced.generation
                   AND responder_certificate.public_key = responder_replaced.by_key
                   WHERE responder_replaced.generation = $1 AND responder_replaced.public_key = $2
                   LIMIT 1";
        if self.tx.row(sql, args![generation, public_key]).await?.is_some() {
            return Err(LedgerError::KeyReplaced);
        }
        let mut replaced: Vec<&Vec<u8>> = Vec::new();
        for Octets(before) in in_place_of {
            let sql = "SELECT by_key FROM responder_replaced
                       WHERE generation = $1 AND public_key = $2 AND by_key = $3";
            let args = args![generation, before.as_slice(), public_key];
            let known = self.tx.row(sql, args).await?;
            if known.is_none() && before != public_key && !replaced.contains(&before) {
                replaced.push(before);
            }
        }
        if !is_new && replaced.is_empty() {
            return Ok(false);
        }
        let name = Sha256::of(public_key).to_string();
        let position = self.append("ask_for_responder_certificate", &name, None).await?;
        if is_new {
            let row = args![position.0, generation, public_key, self.at()];
            self.record(&evidence::RESPONDER_KEY, vec![row]).await?;
        }
        let row = |before: &Vec<u8>| args![position.0, generation, before.as_slice(), public_key];
        self.record(&evidence::RESPONDER_REPLACED, replaced.into_iter().map(row).collect()).await?;
        Ok(true)
    }

    /// Records that a responder's certificate is going to be signed.
    pub async fn intend_responder(&mut self, serial: SerialNumber) -> Result<(), LedgerError> {
        self.require(Right::CertifyResponder)?;
        self.require_authority().await?;
        self.append("intend_responder", &serial.to_string(), None).await.map(|_| ())
    }

    /// Files a responder's certificate.
    pub async fn file_responder(
        &mut self,
        generation: i64,
        new: &ResponderCertificate,
    ) -> Result<(), LedgerError> {
        self.require(Right::CertifyResponder)?;
        let position = self.append("file_responder", &new.serial.to_string(), None).await?;
        let row = args![
            position.0,
            new.serial.as_bytes(),
            generation,
            &new.public_key,
            &new.certificate,
            new.not_before,
            new.not_after,
        ];
        self.record(&evidence::RESPONDER_CERTIFICATE, vec![row]).await
    }
}
