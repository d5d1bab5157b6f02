//! 異動: what the registry reports, and what it does to a certificate.
//!
//! Down: [`message`] opens and checks a batch whole, the inbox takes it in one change, then the
//! answer goes out. Up, at our own pace: [`worker`] settles event by event, asking
//! [`consequence`], which is the table of the law and knows nothing of books or keys.

pub mod consequence;
mod message;
mod worker;

use std::sync::Arc;

use akashi_keys::{Opener, Vault};
use akashi_ledger::{Issuing, Ledger, LedgerError};
use akashi_wire::MunicipalityCode;
use akashi_wire::batch::{BatchAnswer, BatchError, EventStanding};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use jiff::Timestamp;

use crate::{CaError, Orders};

/// Why a batch is refused, whole; nothing of it was taken.
#[derive(Debug, thiserror::Error)]
pub enum BatchRefusal {
    /// Not encrypted to this authority, or changed on the way.
    #[error("{0}")]
    Envelope(akashi_keys::KeyError),
    /// It opens, and what is in it is no envelope of a batch.
    #[error(
        "the message opens, and its content is not the JSON of a batch (`text`, `signed`, `openings`): column {column}"
    )]
    Content {
        /// Where that is seen.
        column: usize,
    },
    /// Not signed, or changed after signing.
    #[error("the batch is refused: {0}")]
    Signature(akashi_wire::signed::SignedMessageError),
    /// The signer is no source, or another one.
    #[error("the batch is refused: its signer is not the enrolled source of {claimed}")]
    NotTheSource {
        /// The municipality that the batch names.
        claimed: MunicipalityCode,
    },
    /// The sender at the other end of the link is no source at all: nothing of the batch was read.
    #[error("the batch is refused: only a source sends batches")]
    NoSource,
    /// The sender at the other end of the link is not the signer.
    #[error("the batch is refused: it was sent over another source's link")]
    OtherSender,
    /// The text is against the contract.
    #[error("the batch is refused: {0}")]
    Contract(#[from] BatchError),
    /// Not one opening an event, or one that does not open.
    #[error("the batch is refused: the opening of event {sequence} does not open its commitment")]
    Opening {
        /// Which event.
        sequence: u64,
    },
    /// A sequence stands for another change of the register than it did before.
    #[error(
        "the batch is refused: sequence {sequence} stood for another person or history number before; a new change needs a new sequence"
    )]
    SequenceReused {
        /// Which.
        sequence: u64,
    },
    /// The source, or its town, is suspended.
    #[error(
        "the link to {source_code} is cut: it is suspended, and nothing is taken until two security officers lift that"
    )]
    LinkCut {
        /// The municipality.
        source_code: MunicipalityCode,
    },
    /// The source has another key.
    #[error(
        "the batch is refused: another key of the source was certified at {since}, and the one that signed is dead: sign it with the new one; if none was asked for, have the source suspended at once"
    )]
    Superseded {
        /// Since when.
        since: Timestamp,
    },
    /// The source's certificate is over.
    #[error(
        "the batch is refused: the source's certificate ended at {end}: enrol the source again"
    )]
    Over {
        /// Its last moment.
        end: Timestamp,
    },
    /// The authority cannot take it now; it may be sent again as it is.
    #[error("the authority cannot take the batch now; nothing was taken, send it again: {0}")]
    NotNow(CaError),
}

impl BatchRefusal {
    /// One word for the audit chain.
    fn name(&self) -> &'static str {
        match self {
            Self::Envelope(_) | Self::Content { .. } => "batch_envelope",
            Self::Signature(_) => "batch_signature",
            Self::NotTheSource { .. } => "batch_source",
            Self::NoSource => "batch_no_source",
            Self::OtherSender => "batch_sender",
            Self::Contract(_) => "batch_contract",
            Self::Opening { .. } => "batch_opening",
            Self::SequenceReused { .. } => "batch_sequence_reused",
            Self::LinkCut { .. } => "batch_link_cut",
            Self::Superseded { .. } => "batch_superseded",
            Self::Over { .. } => "batch_over",
            Self::NotNow(_) => "batch_not_now",
        }
    }
}

/// The one inbox behind every door.
#[derive(Clone)]
pub struct Inbox {
    ledger: Ledger<Issuing>,
    vault: Arc<Vault>,
    opener: Arc<Opener>,
    orders: Orders,
}

impl Inbox {
    /// An inbox over this book, opening what is encrypted to the authority.
    pub fn new(
        ledger: Ledger<Issuing>,
        vault: Arc<Vault>,
        opener: Arc<Opener>,
        orders: Orders,
    ) -> Self {
        Self { ledger, vault, opener, orders }
    }

    /// Whether whoever is at the other end of a link may send batches at all: asked before one is read. What it is
    /// refused is on record.
    pub async fn may_send(&self, sender: &[u8], now: Timestamp) -> Result<(), BatchRefusal> {
        let not_now = |error: LedgerError| BatchRefusal::NotNow(error.into());
        let enrolled = self.ledger.enrolment_of(Sha256::of(sender)).await.map_err(not_now)?;
        // What else may be wrong with a source, its batch tells.
        let is_source = enrolled.is_some_and(|enrolled| {
            matches!(enrolled.role, Role::Source { .. }) && enrolled.ended_at.is_none()
        });
        if is_source {
            return Ok(());
        }
        let refusal = BatchRefusal::NoSource;
        let noted = self.orders.record_refusal(Some(sender), (refusal.name(), None), now).await;
        noted.map_err(BatchRefusal::NotNow)?;
        Err(refusal)
    }

    /// Takes a batch, whole or not at all. `sender` is the certificate at the other end of the
    /// link, where there is one; a file has none.
    ///
    /// When this returns, the batch is committed; what was refused is on record.
    pub async fn accept(
        &self,
        sealed: &[u8],
        sender: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<BatchAnswer, BatchRefusal> {
        let outcome = self.take(sealed, sender, now).await;
        if let Err(refusal) = &outcome
            && !matches!(refusal, BatchRefusal::NotNow(_))
        {
            let what = (refusal.name(), Some(Sha256::of(sealed)));
            let noted = self.orders.record_refusal(sender, what, now).await;
            noted.map_err(BatchRefusal::NotNow)?;
        }
        outcome
    }

    async fn take(
        &self,
        sealed: &[u8],
        sender: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<BatchAnswer, BatchRefusal> {
        let not_now = |error: LedgerError| BatchRefusal::NotNow(error.into());
        let message = message::open(sealed, &self.opener, &self.vault, now)?;
        let source = message.batch.header.source;
        if sender.is_some_and(|sender| sender != message.signed.signer()) {
            return Err(BatchRefusal::OtherSender);
        }
        // Before the change, and again in it: dismissed, suspended or given another key a moment ago.
        let of_the_source = |error: LedgerError| match error {
            LedgerError::NotEnrolled => BatchRefusal::NotTheSource { claimed: source },
            LedgerError::Suspended { .. } => BatchRefusal::LinkCut { source_code: source },
            LedgerError::Superseded { since } => BatchRefusal::Superseded { since },
            LedgerError::Over { end } => BatchRefusal::Over { end },
            error => not_now(error),
        };
        let permit = self.ledger.permit_batch(&message.signed, source, now).await;
        let permit = permit.map_err(of_the_source)?;
        let digest = Sha256::of(message.signed.content());
        let row = [source.to_string().as_bytes(), &digest.0].concat();
        let sealed_text = self
            .vault
            .seal("batch_content", &row, &message.text, message::until(now)?)
            .map_err(|error| BatchRefusal::NotNow(error.into()))?;
        let mut change = self.ledger.begin(&permit, now).await.map_err(of_the_source)?;
        let place = (message.batch.header.first, message.batch.header.previous);
        let answer = change
            .accept(source, &message.signed, place, &sealed_text, &message.events)
            .await
            .map_err(|error| match error {
                LedgerError::SequenceReused { sequence, .. } => {
                    BatchRefusal::SequenceReused { sequence }
                }
                error => of_the_source(error),
            })?;
        change.commit().await.map_err(not_now)?;
        Ok(answer)
    }

    /// Where one event stands, for its own source.
    pub async fn standing(
        &self,
        source: MunicipalityCode,
        sequence: u64,
    ) -> Result<Option<EventStanding>, CaError> {
        Ok(self.ledger.event_standing(source, sequence).await?)
    }
}

pub use worker::Worker;
