//! Which agency asked about which certificate, for what purpose, and what it was told
//! (law art. 17, 18; shown to the holder on request).

use akashi_wire::act::PartyId;
use jiff::Timestamp;

use crate::store::args;
use crate::{Ledger, LedgerError, Permit, Responding};

/// One question and its answer. Serial numbers and no names: no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// The agency.
    pub party: PartyId,
    /// Its notified purpose.
    pub purpose: String,
    /// The serial number, or the CRL's scope and number.
    pub asked: String,
    /// `good`, `revoked`, `unknown`, `crl`.
    pub answer: String,
    /// When.
    pub at: Timestamp,
}

impl Ledger<Responding> {
    /// Records inquiries, with one audit entry for all of them. Nothing is answered before this
    /// has returned.
    pub async fn record_inquiries(
        &self,
        permit: &Permit,
        inquiries: &[Inquiry],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if inquiries.is_empty() {
            return Ok(());
        }
        let mut change = self.begin(permit, now).await?;
        let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
        for inquiry in inquiries {
            let Inquiry { party, purpose, asked, answer, at } = inquiry;
            let line = format!("{party}\t{purpose}\t{asked}\t{answer}\t{}\n", at.as_millisecond());
            digest.update(line.as_bytes());
        }
        let subject = format!("{} {}", inquiries.len(), hex::encode(digest.finish()));
        let position = change.append("inquiries", &subject, None).await?;
        for (ordinal, inquiry) in (0i64..).zip(inquiries) {
            change
                .tx
                .execute(
                    "INSERT INTO inquiry (position, ordinal, party, purpose, asked, answer, at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    args![
                        position.0,
                        ordinal,
                        inquiry.party.as_bytes(),
                        inquiry.purpose.as_str(),
                        inquiry.asked.as_str(),
                        inquiry.answer.as_str(),
                        inquiry.at,
                    ],
                )
                .await?;
        }
        change.commit().await.map(|_| ())
    }
}

impl<R> Ledger<R> {
    /// What was asked about one certificate, or one CRL, oldest first.
    pub async fn inquiries_about(&self, asked: &str) -> Result<Vec<Inquiry>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT party, purpose, asked, answer, at FROM inquiry WHERE asked = $1
                 ORDER BY position, ordinal",
                args![asked],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Inquiry {
                    party: row.fixed(0, PartyId::from_slice)?,
                    purpose: row.text(1)?,
                    asked: row.text(2)?,
                    answer: row.text(3)?,
                    at: row.time(4)?,
                })
            })
            .collect()
    }
}
