//! Opening a batch: decrypted, verified, read, every commitment opened, the codes hashed and gone.

use akashi_keys::{Opener, Vault};
use akashi_ledger::NewEvent;
use akashi_wire::batch::{Batch, BatchEnvelope, Opening, is_signed_form};
use akashi_wire::octets::Sha256;
use akashi_wire::signed::{MessageKind, SignedMessageError};
use akashi_wire::{Idou, SignedMessage, Verified};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::BatchRefusal;
use crate::CaError;
use crate::retention::Record;

/// An event as it is kept, sealed: without any resident code.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptEvent {
    /// As it was signed.
    pub event: Idou,
    /// Keyed hash of the new code of a 住民票コードの変更.
    pub new_code_hash: Option<Sha256>,
}

/// A batch that is whole and signed. By whom is not decided here.
pub(super) struct Message {
    pub signed: Verified,
    pub text: Vec<u8>,
    pub batch: Batch,
    pub events: Vec<NewEvent>,
}

/// The row of an event, for the vault.
pub(super) fn row(source: akashi_wire::MunicipalityCode, sequence: u64) -> Vec<u8> {
    format!("{source} {sequence}").into_bytes()
}

/// The number of the key under which events that are received now are sealed. One may be planned for a year
/// ahead, or wait, and end a certificate that is issued until then.
pub(super) fn until(now: Timestamp) -> Result<u32, BatchRefusal> {
    let last = now.checked_add((366 * 24).hours());
    let last = last.map_err(|_| BatchRefusal::NotNow(CaError::Damaged("a clock".into())))?;
    Ok(Record::Status.until_of_any(last).number())
}

pub(super) fn open(
    sealed: &[u8],
    opener: &Opener,
    vault: &Vault,
    now: Timestamp,
) -> Result<Message, BatchRefusal> {
    let until = until(now)?;
    let envelope = opener.open(sealed).map_err(BatchRefusal::Envelope)?;
    let envelope: BatchEnvelope = serde_json::from_slice(&envelope)
        .map_err(|error| BatchRefusal::Content { column: error.column() })?;
    let signed = SignedMessage::from_der(envelope.signed.0)
        .verify(MessageKind::Batch)
        .map_err(BatchRefusal::Signature)?;
    if !is_signed_form(signed.content(), &envelope.text.0) {
        return Err(BatchRefusal::Signature(SignedMessageError::Digest));
    }
    let batch = Batch::parse(&envelope.text.0)?;
    if batch.events.len() != envelope.openings.len() {
        return Err(BatchRefusal::Opening { sequence: batch.header.first });
    }
    let events = batch
        .events
        .iter()
        .zip(&envelope.openings)
        .map(|(event, opening)| new_event(event, opening, vault, until))
        .collect::<Result<_, _>>()?;
    Ok(Message { signed, text: envelope.text.0, batch, events })
}

fn new_event(
    event: &Idou,
    opening: &Opening,
    vault: &Vault,
    until: u32,
) -> Result<NewEvent, BatchRefusal> {
    let unopened = || BatchRefusal::Opening { sequence: event.sequence };
    let code = opening.resident.open(&event.resident).ok_or_else(unopened)?;
    let code_hash = *vault.code_hash(code.expose()).as_bytes();
    let new_code_hash = match (&event.new_resident, &opening.new_resident) {
        (Some(commitment), Some(opening)) => {
            let code = opening.open(commitment).ok_or_else(unopened)?;
            Some(Sha256(*vault.code_hash(code.expose()).as_bytes()))
        }
        (None, None) => None,
        _ => return Err(unopened()),
    };
    let kept = KeptEvent { event: event.clone(), new_code_hash };
    let json = |kept: &KeptEvent| serde_json::to_vec(kept).expect("an event is JSON");
    let octets = json(&kept);
    // A commitment has a new salt each time; what an event says is the same without it.
    let said = KeptEvent {
        event: Idou {
            resident: akashi_wire::CodeCommitment::blank(),
            new_resident: None,
            ..event.clone()
        },
        new_code_hash,
    };
    // Keyed: what it says is not to be found out by trying once it is deleted.
    let digest = Sha256(vault.text_hash(&[code_hash.as_slice(), &json(&said)].concat()));
    let sealed_event = vault
        .seal("idou", &row(event.source, event.sequence), &octets, until)
        .map_err(|error| BatchRefusal::NotNow(error.into()))?;
    Ok(NewEvent {
        sequence: event.sequence,
        code_hash,
        history: event.history_number,
        digest,
        sealed_event,
    })
}
