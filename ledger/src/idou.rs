//! The 異動 inbox: what the registry reported, and what came of it.

use akashi_wire::batch::{BatchAnswer, EventStanding};
use akashi_wire::octets::Sha256;
use akashi_wire::{MunicipalityCode, Verified};
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::{Row, Stored, stored_as_json};
use crate::store::args;
use crate::{Change, Issuing, Ledger, LedgerError};

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboxState {
    /// Accepted, to be settled.
    Waiting,
    /// Held back: an earlier change of this person has not arrived.
    HeldBack,
    /// A planned 転出, to fire on its day.
    Scheduled,
    /// Settled; nothing more comes of it.
    Settled,
    /// A planned one that was cancelled before it fired.
    Withdrawn,
    /// Sent again in another form before it was acted on.
    Replaced,
}

impl InboxState {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::HeldBack => "held_back",
            Self::Scheduled => "scheduled",
            Self::Settled => "settled",
            Self::Withdrawn => "withdrawn",
            Self::Replaced => "replaced",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [
            Self::Waiting,
            Self::HeldBack,
            Self::Scheduled,
            Self::Settled,
            Self::Withdrawn,
            Self::Replaced,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }

    /// Whether nothing was done about it yet, so that a newer version may take its place.
    fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::HeldBack | Self::Scheduled)
    }
}

/// An event on its way into the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its number within the source.
    pub sequence: u64,
    /// Whose record changed: keyed hash of the resident code.
    pub code_hash: [u8; 32],
    /// Counts the changes of this person's record.
    pub history: u32,
    /// SHA-256 of what it says, salts aside: tells a repetition from a correction.
    pub digest: Sha256,
    /// The event, sealed.
    pub sealed_event: Vec<u8>,
}

/// An event in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEvent {
    /// The sending municipality.
    pub source: MunicipalityCode,
    /// Its number within the source.
    pub sequence: u64,
    /// Whose record changed.
    pub code_hash: [u8; 32],
    /// Counts the changes of this person's record.
    pub history: u32,
    /// The event, sealed.
    pub sealed_event: Vec<u8>,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Where it stands.
    pub state: InboxState,
    /// When a scheduled one fires.
    pub due_at: Option<Timestamp>,
}

impl Stored for InboxState {
    type Native = String;

    fn of(name: String) -> Result<Self, String> {
        Self::from_name(&name).ok_or(name)
    }
}

stored_as_json!(BatchAnswer);

fn read(row: &Row) -> Result<PendingEvent, LedgerError> {
    Ok(PendingEvent {
        source: row.get("source")?,
        sequence: row.get("sequence")?,
        code_hash: row.get("code_hash")?,
        history: row.get("history")?,
        sealed_event: row.get("sealed_event")?,
        received_at: row.get("received_at")?,
        state: row.get("state")?,
        due_at: row.maybe("due_at")?,
    })
}

impl Ledger<Issuing> {
    /// The answer that a batch with this text got, if it was accepted before.
    pub async fn batch_answer(
        &self,
        source: MunicipalityCode,
        digest: Sha256,
    ) -> Result<Option<BatchAnswer>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT answer FROM batch WHERE source = $1 AND digest = $2",
                args![source.to_string(), &digest.0],
            )
            .await?;
        row.map(|row| row.get("answer")).transpose()
    }

    /// Events to be settled, in the order of their arrival.
    pub async fn waiting_events(&self, limit: i64) -> Result<Vec<PendingEvent>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT source, sequence, code_hash, history, sealed_event, received_at, state, due_at
                 FROM idou WHERE state = 'waiting'
                 ORDER BY received_at, source, sequence LIMIT $1",
                args![limit],
            )
            .await?;
        rows.iter().map(read).collect()
    }

    /// Scheduled events whose time has come.
    pub async fn due_events(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<PendingEvent>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT source, sequence, code_hash, history, sealed_event, received_at, state, due_at
                 FROM idou WHERE state = 'scheduled' AND due_at <= $1
                 ORDER BY due_at, source, sequence LIMIT $2",
                args![now, limit],
            )
            .await?;
        rows.iter().map(read).collect()
    }

    /// How many events are held back because an earlier one of the same person is missing.
    pub async fn held_back(&self) -> Result<i64, LedgerError> {
        let row = self
            .store
            .row("SELECT COUNT(*) AS counted FROM idou WHERE state = 'held_back'", args![])
            .await?;
        row.map_or(Ok(0), |row| row.get("counted"))
    }

    /// Where one event stands.
    pub async fn event_standing(
        &self,
        source: MunicipalityCode,
        sequence: u64,
    ) -> Result<Option<EventStanding>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT state, result FROM idou WHERE source = $1 AND sequence = $2",
                args![source.to_string(), sequence as i64],
            )
            .await?;
        row.map(|row| {
            let (state, result) = (row.get("state")?, row.maybe("result")?);
            Ok(EventStanding { source, sequence, state, result })
        })
        .transpose()
    }
}

impl Change {
    /// Takes a batch into the inbox, whole. The same text accepted before gives the same answer
    /// and changes nothing but the time at which the source was last heard.
    pub async fn accept(
        &mut self,
        source: MunicipalityCode,
        signed: &Verified,
        (first, previous): (u64, Option<Sha256>),
        sealed_text: &[u8],
        events: &[NewEvent],
    ) -> Result<BatchAnswer, LedgerError> {
        let digest = Sha256::of(signed.content());
        self.require_about(Right::AcceptBatch, &Object::Batch(source, digest))?;
        self.require_voice(source).await?;
        let code = source.to_string();
        let known = self
            .tx
            .row(
                "SELECT answer FROM batch WHERE source = $1 AND digest = $2",
                args![code.as_str(), &digest.0],
            )
            .await?;
        let position =
            self.append("accept", &format!("{source} {first}+{}", events.len()), None).await?;
        if let Some(row) = known {
            self.heard(source, None).await?;
            return row.get("answer");
        }
        self.watch_chain(source, first, previous).await?;
        for event in events {
            self.take_in(source, event).await?;
        }
        let next_expected = self.next_expected(source).await?;
        let answer = BatchAnswer {
            source,
            digest,
            accepted: events.len() as u32,
            next_expected,
            gap: next_expected < first,
        };
        self.heard(source, Some((digest, next_expected))).await?;
        let row = args![
            position.0,
            code,
            &digest.0,
            first as i64,
            events.len() as i64,
            signed.message(),
            &Sha256::of(sealed_text).0,
            serde_json::to_string(&answer).expect("an answer is JSON"),
        ];
        self.record(&evidence::BATCH, vec![row]).await?;
        self.tx
            .execute(
                "INSERT INTO batch_content (position, sealed_text) VALUES ($1, $2)",
                args![position.0, sealed_text],
            )
            .await?;
        Ok(answer)
    }

    async fn take_in(
        &mut self,
        source: MunicipalityCode,
        event: &NewEvent,
    ) -> Result<(), LedgerError> {
        let code = source.to_string();
        let known = self
            .tx
            .row(
                "SELECT digest, state, due_at, code_hash, history FROM idou
                 WHERE source = $1 AND sequence = $2",
                args![code.as_str(), event.sequence as i64],
            )
            .await?;
        let mut due_at: Option<Timestamp> = None;
        if let Some(row) = known {
            let same_change = row.get::<[u8; 32]>("code_hash")? == event.code_hash
                && row.get::<u32>("history")? == event.history;
            if !same_change {
                let sequence = event.sequence;
                return Err(LedgerError::SequenceReused { source_code: source, sequence });
            }
            due_at = row.maybe("due_at")?;
            let is_open = row.get::<InboxState>("state")?.is_open();
            if row.get::<Sha256>("digest")? == event.digest {
                return Ok(());
            }
            if !is_open {
                // Acted on: the first version stands, and somebody must look.
                self.append("resent_too_late", &format!("{source} {}", event.sequence), None)
                    .await?;
                return Ok(());
            }
            self.tx
                .execute(
                    "DELETE FROM idou WHERE source = $1 AND sequence = $2",
                    args![code.as_str(), event.sequence as i64],
                )
                .await?;
        }
        // The key of a change is source, person and history number: the same change under another
        // sequence takes the place of one that was not acted on. What was scheduled was carried
        // forward already; its time stays with the new version, which is news again by it.
        let replaced = self
            .tx
            .rows(
                "SELECT sequence, due_at FROM idou WHERE source = $1 AND code_hash = $2
                 AND history = $3 AND state IN ('waiting', 'held_back', 'scheduled')
                 ORDER BY due_at DESC",
                args![code.as_str(), &event.code_hash, i64::from(event.history)],
            )
            .await?;
        for row in &replaced {
            let sequence: i64 = row.get("sequence")?;
            due_at = due_at.or(row.maybe("due_at")?);
            let state = InboxState::Replaced.name();
            self.append(state, &format!("{source} {sequence}"), None).await?;
            self.tx
                .execute(
                    "UPDATE idou SET state = $3 WHERE source = $1 AND sequence = $2",
                    args![code.as_str(), sequence, state],
                )
                .await?;
        }
        self.tx
            .execute(
                "INSERT INTO idou (source, sequence, code_hash, history, digest, sealed_event,
                 received_at, state, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8)",
                args![
                    code,
                    event.sequence as i64,
                    &event.code_hash,
                    i64::from(event.history),
                    &event.digest.0,
                    &event.sealed_event,
                    self.at(),
                    due_at,
                ],
            )
            .await
            .map(|_| ())
    }

    /// An event, read inside of this change.
    pub async fn event(
        &mut self,
        source: MunicipalityCode,
        sequence: u64,
    ) -> Result<Option<PendingEvent>, LedgerError> {
        let row = self
            .tx
            .row(
                "SELECT source, sequence, code_hash, history, sealed_event, received_at, state, due_at
                 FROM idou WHERE source = $1 AND sequence = $2",
                args![source.to_string(), sequence as i64],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The newest history number that any source has reported of a person, settled or not.
    pub async fn newest_history(&mut self, code_hash: &[u8; 32]) -> Result<u32, LedgerError> {
        let row = self
            .tx
            .row("SELECT MAX(history) AS newest FROM idou WHERE code_hash = $1", args![code_hash])
            .await?;
        Ok(row.map_or(Ok(None), |row| row.maybe("newest"))?.unwrap_or(0))
    }

    /// One person's event by its history number, from any source.
    pub async fn event_of(
        &mut self,
        code_hash: &[u8; 32],
        history: u32,
    ) -> Result<Option<PendingEvent>, LedgerError> {
        let row = self
            .tx
            .row(
                "SELECT source, sequence, code_hash, history, sealed_event, received_at, state, due_at
                 FROM idou WHERE code_hash = $1 AND history = $2 AND state <> 'replaced'
                 ORDER BY received_at DESC LIMIT 1",
                args![code_hash, i64::from(history)],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Events of one person that are scheduled, from any source.
    pub async fn scheduled_events(
        &mut self,
        code_hash: &[u8; 32],
    ) -> Result<Vec<PendingEvent>, LedgerError> {
        let rows = self
            .tx
            .rows(
                "SELECT source, sequence, code_hash, history, sealed_event, received_at, state, due_at
                 FROM idou WHERE code_hash = $1 AND state = 'scheduled' ORDER BY history",
                args![code_hash],
            )
            .await?;
        rows.iter().map(read).collect()
    }

    /// Says what became of an event.
    pub async fn settle(
        &mut self,
        event: &PendingEvent,
        state: InboxState,
        due_at: Option<Timestamp>,
        result: &str,
    ) -> Result<(), LedgerError> {
        self.require(Right::SettleEvent)?;
        let subject = format!("{} {} {result}", event.source, event.sequence);
        self.append(state.name(), &subject, None).await?;
        self.tx
            .execute(
                "UPDATE idou SET state = $3, due_at = $4, result = $5
                 WHERE source = $1 AND sequence = $2",
                args![
                    event.source.to_string(),
                    event.sequence as i64,
                    state.name(),
                    due_at,
                    result,
                ],
            )
            .await
            .map(|_| ())
    }

    /// Lets the next change of a person go on, once the one before it has been settled.
    pub async fn release_held_back(
        &mut self,
        code_hash: &[u8; 32],
        history: u32,
    ) -> Result<(), LedgerError> {
        self.require(Right::SettleEvent)?;
        self.tx
            .execute(
                "UPDATE idou SET state = 'waiting' WHERE code_hash = $1 AND history <= $2
                 AND state = 'held_back'",
                args![code_hash, i64::from(history)],
            )
            .await
            .map(|_| ())
    }
}
