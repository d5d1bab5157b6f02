//! Delegated responders: the public keys that ask, and the certificates that they get.

use akashi_wire::SerialNumber;
use akashi_wire::party::Role;
use jiff::Timestamp;

use crate::store::{Row, args};
use crate::{Change, Issuing, Ledger, LedgerError, Responding};

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
        serial: row.fixed(0, SerialNumber::from_slice)?,
        public_key: row.octets(1)?,
        certificate: row.octets(2)?,
        not_before: row.time(3)?,
        not_after: row.time(4)?,
    })
}

impl Ledger<Responding> {
    /// Asks for certificates for this public key from now on.
    pub async fn ask_for_certificate(
        &self,
        permit: &crate::Permit,
        public_key: &[u8],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let known = self
            .store
            .row("SELECT asked_at FROM responder_key WHERE public_key = $1", args![public_key])
            .await?;
        if known.is_some() {
            return Ok(());
        }
        let mut change = self.begin(permit, now).await?;
        let name = akashi_wire::octets::Sha256::of(public_key).to_string();
        change.append("ask_for_responder_certificate", &name, None).await?;
        change
            .tx
            .execute(
                "INSERT INTO responder_key (public_key, asked_at) VALUES ($1, $2)
                 ON CONFLICT (public_key) DO NOTHING",
                args![public_key, now],
            )
            .await?;
        change.commit().await.map(|_| ())
    }
}

impl<R> Ledger<R> {
    /// The newest certificate for a responder's public key.
    pub async fn responder_certificate(
        &self,
        public_key: &[u8],
    ) -> Result<Option<ResponderCertificate>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT serial, public_key, certificate, not_before, not_after
                 FROM responder_certificate WHERE public_key = $1
                 ORDER BY not_before DESC, serial LIMIT 1",
                args![public_key],
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
    pub async fn keep_responder_time(
        &self,
        public_key: &[u8],
        seen_at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.store.begin().await?;
        tx.execute(
            "INSERT INTO responder_time (public_key, seen_at) VALUES ($1, $2)
             ON CONFLICT (public_key) DO UPDATE SET seen_at = CASE
             WHEN responder_time.seen_at > excluded.seen_at THEN responder_time.seen_at
             ELSE excluded.seen_at END",
            args![public_key, seen_at],
        )
        .await?;
        tx.commit().await
    }

    /// The newest time that a responder has seen, in this or an earlier life.
    pub async fn responder_time(
        &self,
        public_key: &[u8],
    ) -> Result<Option<Timestamp>, LedgerError> {
        let row = self
            .store
            .row("SELECT seen_at FROM responder_time WHERE public_key = $1", args![public_key])
            .await?;
        row.map(|row| row.time(0)).transpose()
    }
}

impl Ledger<Issuing> {
    /// Public keys of responders whose newest certificate began before `renew_before`, or that
    /// have none.
    pub async fn responders_to_certify(
        &self,
        renew_before: Timestamp,
    ) -> Result<Vec<Vec<u8>>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT public_key FROM responder_key WHERE NOT EXISTS (
                   SELECT 1 FROM responder_certificate
                   WHERE responder_certificate.public_key = responder_key.public_key
                   AND not_before >= $1)",
                args![renew_before],
            )
            .await?;
        rows.iter().map(|row| row.octets(0)).collect()
    }
}

impl Change {
    /// Records that a responder's certificate is going to be signed.
    pub async fn intend_responder(&mut self, serial: SerialNumber) -> Result<(), LedgerError> {
        self.permit.require("intend_responder", |role| matches!(role, Role::Scheduler))?;
        self.append("intend_responder", &serial.to_string(), None).await.map(|_| ())
    }

    /// Files a responder's certificate.
    pub async fn file_responder(&mut self, new: &ResponderCertificate) -> Result<(), LedgerError> {
        self.permit.require("file_responder", |role| matches!(role, Role::Scheduler))?;
        self.append("file_responder", &new.serial.to_string(), None).await?;
        self.tx
            .execute(
                "INSERT INTO responder_certificate
                 (serial, public_key, certificate, not_before, not_after)
                 VALUES ($1, $2, $3, $4, $5)",
                args![
                    new.serial.as_bytes(),
                    &new.public_key,
                    &new.certificate,
                    new.not_before,
                    new.not_after,
                ],
            )
            .await?;
        Ok(())
    }
}
