//! Requests of officers, each answered once: a repetition gets the same answer.

use akashi_wire::RequestId;
use akashi_wire::act::PartyId;
use akashi_wire::octets::Sha256;

use crate::store::{Row, args};
use crate::{Issuing, Ledger, LedgerError, Writing};

/// A request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// Which.
    pub request: RequestId,
    /// By whom.
    pub party: PartyId,
    /// SHA-256 of its content: another content under the same number is refused.
    pub digest: Sha256,
    /// The answer, sealed.
    pub sealed_answer: Vec<u8>,
}

fn read(row: &Row) -> Result<RecordedRequest, LedgerError> {
    Ok(RecordedRequest {
        request: row.fixed(0, RequestId::from_slice)?,
        party: row.fixed(1, PartyId::from_slice)?,
        digest: row.fixed(2, Sha256::from_slice)?,
        sealed_answer: row.octets(3)?,
    })
}

impl Ledger<Issuing> {
    /// A request that was carried out before.
    pub async fn request(
        &self,
        request: RequestId,
    ) -> Result<Option<RecordedRequest>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT request, party, digest, sealed_answer FROM request WHERE request = $1",
                args![request.as_bytes()],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }
}

impl Writing {
    /// The same, inside of this change: two copies of one request that arrive at once are told
    /// apart here.
    pub async fn request(
        &mut self,
        request: RequestId,
    ) -> Result<Option<RecordedRequest>, LedgerError> {
        let row = self
            .tx
            .row(
                "SELECT request, party, digest, sealed_answer FROM request WHERE request = $1",
                args![request.as_bytes()],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Keeps the answer to a request, in the change that carried it out.
    pub async fn record_request(&mut self, done: &RecordedRequest) -> Result<(), LedgerError> {
        self.tx
            .execute(
                "INSERT INTO request (request, party, digest, sealed_answer, position)
                 VALUES ($1, $2, $3, $4, $5)",
                args![
                    done.request.as_bytes(),
                    done.party.as_bytes(),
                    &done.digest.0,
                    &done.sealed_answer,
                    self.position().0,
                ],
            )
            .await
            .map(|_| ())
    }
}
