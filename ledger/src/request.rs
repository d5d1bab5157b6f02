//! Requests of officers, each answered once: a repetition gets the same answer.

use akashi_wire::RequestId;
use akashi_wire::act::PartyId;
use akashi_wire::octets::Sha256;

use std::collections::HashMap;

use crate::evidence;
use crate::row::Row;
use crate::store::{Value, args};
use crate::{Change, Issuing, Ledger, LedgerError};

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
        request: row.get("request")?,
        party: row.get("party")?,
        digest: row.get("digest")?,
        sealed_answer: row.get("sealed_answer")?,
    })
}

const READ: &str = "SELECT request, party, digest, sealed_answer FROM request
                    WHERE request IN ($keys)";

fn keys(requests: &[RequestId]) -> impl Iterator<Item = Value> {
    requests.iter().map(|request| request.as_bytes().into())
}

fn by_number(rows: &[Row]) -> Result<HashMap<RequestId, RecordedRequest>, LedgerError> {
    rows.iter().map(|row| read(row).map(|done| (done.request, done))).collect()
}

impl Ledger<Issuing> {
    /// A request that was carried out before.
    pub async fn request(
        &self,
        request: RequestId,
    ) -> Result<Option<RecordedRequest>, LedgerError> {
        let read = |requests: Vec<RequestId>| async move {
            by_number(&self.store.rows_of(READ, keys(&requests)).await?)
        };
        self.store.requests.row(request, read).await
    }
}

impl Change {
    /// The same, inside of this change: two copies of one request that arrive at once are told
    /// apart here.
    pub async fn request(
        &mut self,
        request: RequestId,
    ) -> Result<Option<RecordedRequest>, LedgerError> {
        Ok(self.requests(&[request]).await?.remove(&request))
    }

    /// Those of these requests that were carried out before.
    pub async fn requests(
        &mut self,
        requests: &[RequestId],
    ) -> Result<HashMap<RequestId, RecordedRequest>, LedgerError> {
        by_number(&self.tx.rows_of(READ, keys(requests)).await?)
    }

    /// Keeps the answer to a request, in the change that carried it out.
    pub async fn record_request(&mut self, done: &RecordedRequest) -> Result<(), LedgerError> {
        self.record_requests(std::slice::from_ref(done)).await
    }

    /// Keeps the answers to many.
    pub async fn record_requests(&mut self, done: &[RecordedRequest]) -> Result<(), LedgerError> {
        let row = |done: &RecordedRequest| {
            args![
                self.position_of(done.request).0,
                done.request.as_bytes(),
                done.party.as_bytes(),
                &done.digest.0,
                &done.sealed_answer,
            ]
        };
        let rows = done.iter().map(row).collect();
        self.record(&evidence::REQUEST, rows).await
    }
}
