//! The audit chain: every act, look-up and refusal, each entry bound to all before it.

use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{SignedMessage, Verified};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::args;
use crate::{Issuing, Ledger, LedgerError, Position};

/// One entry, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub position: Position,
    /// When.
    pub at: Timestamp,
    /// Who, as role and party number.
    pub actor: String,
    /// What was done.
    pub verb: String,
    /// To what: a serial number, a case, a party.
    pub subject: String,
    /// Commitment to what else is to be said; zeros when nothing is.
    pub commitment: Sha256,
}

/// What an entry says beyond its subject: sealed, and deletable when its time is over.
#[derive(Clone)]
pub struct Content {
    pub(crate) salt: [u8; 32],
    pub(crate) sealed: Vec<u8>,
    commitment: Sha256,
}

impl Content {
    /// Commits to a text with 32 random octets of salt; `sealed` is the text under the vault, with
    /// the commitment's octets as its row.
    pub fn new<E>(
        text: &[u8],
        salt: [u8; 32],
        seal: impl FnOnce(&Sha256) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let commitment = Sha256::of(&[salt.as_slice(), text].concat());
        Ok(Self { salt, sealed: seal(&commitment)?, commitment })
    }

    pub(crate) fn commitment(&self) -> Sha256 {
        self.commitment
    }
}

/// The hash of an entry: SHA-256 over the hash before and every field, each with its length.
pub fn chain_hash(before: &[u8], entry: &Entry) -> Sha256 {
    let mut octets = Vec::with_capacity(256);
    let fields: [&[u8]; 7] = [
        before,
        &entry.position.0.to_be_bytes(),
        &entry.at.as_millisecond().to_be_bytes(),
        entry.actor.as_bytes(),
        entry.verb.as_bytes(),
        entry.subject.as_bytes(),
        &entry.commitment.0,
    ];
    for field in fields {
        octets.extend((field.len() as u32).to_be_bytes());
        octets.extend(field);
    }
    Sha256::of(&octets)
}

/// What the scheduler signs about the head of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedHead {
    position: i64,
    hash: Sha256,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Entries, all of them sound.
    pub entries: i64,
    /// The newest entry under a signature.
    pub signed_up_to: i64,
    /// Entries after it: the tail that nobody has signed yet.
    pub unsigned_tail: i64,
}

impl Ledger<Issuing> {
    /// The octets to be signed about the head of the chain; `None` when it is signed already.
    pub async fn head_to_sign(&self) -> Result<Option<Vec<u8>>, LedgerError> {
        let head = self
            .store
            .row("SELECT position, hash FROM chain_head WHERE one = 1", args![])
            .await?
            .ok_or_else(|| crate::store::damaged("chain_head", "no row"))?;
        let position = head.int(0)?;
        let newest = self
            .store
            .row("SELECT COALESCE(MAX(position), 0) FROM audit_signature", args![])
            .await?
            .map_or(Ok(0), |row| row.int(0))?;
        if position == 0 || newest >= position {
            return Ok(None);
        }
        let hash = head.fixed(1, Sha256::from_slice)?;
        let head = SignedHead { position, hash };
        Ok(Some(serde_json::to_vec(&head).expect("a head is JSON")))
    }

    /// Keeps a signed head. It is about the chain and not a part of it.
    pub async fn keep_signed_head(&self, message: &Verified) -> Result<(), LedgerError> {
        let head = read_head(message)?;
        let mut tx = self.store.begin().await?;
        tx.execute(
            "INSERT INTO audit_signature (position, hash, message) VALUES ($1, $2, $3)
             ON CONFLICT (position) DO NOTHING",
            args![head.position, &head.hash.0, message.message()],
        )
        .await?;
        tx.commit().await
    }
}

impl Ledger<Issuing> {
    /// What an entry says beyond its subject: its commitment, the salt, and the sealed text.
    /// `None` when it says no more, or when its time is over and it was deleted.
    pub async fn sealed_content(
        &self,
        position: Position,
    ) -> Result<Option<(Sha256, [u8; 32], Vec<u8>)>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT commitment, salt, sealed_content FROM audit
                 JOIN audit_content ON audit_content.position = audit.position
                 WHERE audit.position = $1",
                args![position.0],
            )
            .await?;
        row.map(|row| {
            let salt = row.fixed(1, |octets| octets.try_into().ok())?;
            Ok((row.fixed(0, Sha256::from_slice)?, salt, row.octets(2)?))
        })
        .transpose()
    }
}

fn read_head(message: &Verified) -> Result<SignedHead, LedgerError> {
    serde_json::from_slice(message.content())
        .map_err(|e| crate::store::damaged("audit_signature", e.to_string()))
}

impl<R> Ledger<R> {
    /// Recomputes the whole chain and checks every signed head against it.
    ///
    /// # Errors
    /// [`LedgerError::Chain`] names the first bad entry: changed, missing, out of order, cut off
    /// below a signed head, or signed by somebody who is not the scheduler.
    pub async fn verify_audit(&self) -> Result<AuditReport, LedgerError> {
        let bad = |position: i64, what: &str| LedgerError::Chain {
            position: Position(position),
            what: what.to_owned(),
        };
        // The head is read before the chain: what is written meanwhile may follow it, and nothing up
        // to it may be missing.
        let head = self
            .store
            .row("SELECT position FROM chain_head WHERE one = 1", args![])
            .await?
            .ok_or_else(|| bad(1, "the head of the chain is missing"))?
            .int(0)?;
        let mut signatures = self.signed_heads().await?.into_iter().peekable();
        let mut before = Vec::new();
        let mut last = 0;
        let mut signed_up_to = 0;
        let mut first_bad = None;
        self.store
            .each(
                "SELECT position, at, actor, verb, subject, commitment, hash
                 FROM audit ORDER BY position",
                args![],
                |row| {
                    if first_bad.is_some() {
                        return Ok(());
                    }
                    let position = row.int(0)?;
                    if position != last + 1 {
                        first_bad = Some(bad(last + 1, "it is missing"));
                        return Ok(());
                    }
                    let entry = Entry {
                        position: Position(position),
                        at: row.time(1)?,
                        actor: row.text(2)?,
                        verb: row.text(3)?,
                        subject: row.text(4)?,
                        commitment: row.fixed(5, Sha256::from_slice)?,
                    };
                    let hash = chain_hash(&before, &entry);
                    if row.octets(6)? != hash.0 {
                        first_bad =
                            Some(bad(position, "its hash does not follow from what it says"));
                        return Ok(());
                    }
                    if let Some(head) = signatures.next_if(|head| head.position == position) {
                        if head.hash != hash {
                            first_bad = Some(bad(position, "its signed hash is another"));
                            return Ok(());
                        }
                        signed_up_to = position;
                    }
                    before = hash.0.to_vec();
                    last = position;
                    Ok(())
                },
            )
            .await?;
        if let Some(error) = first_bad {
            return Err(error);
        }
        if let Some(head) = signatures.next() {
            let what = format!("the chain ends before entry {}, which was signed", head.position);
            return Err(bad(last + 1, &what));
        }
        if head > last {
            return Err(bad(last + 1, "the chain ends before its head"));
        }
        Ok(AuditReport { entries: last, signed_up_to, unsigned_tail: last - signed_up_to })
    }

    /// Every signed head, verified, in order.
    async fn signed_heads(&self) -> Result<Vec<SignedHead>, LedgerError> {
        let rows = self
            .store
            .rows("SELECT position, message FROM audit_signature ORDER BY position", args![])
            .await?;
        let mut heads = Vec::with_capacity(rows.len());
        for row in rows {
            let position = Position(row.int(0)?);
            let bad = |what: String| LedgerError::Chain { position, what };
            let message = SignedMessage::from_der(row.octets(1)?)
                .verify(MessageKind::ChainHead)
                .map_err(|error| bad(format!("its signature: {error}")))?;
            let signer = self.enrolment_of(Sha256::of(message.signer())).await?;
            if signer.is_none_or(|signer| signer.role != Role::Scheduler) {
                return Err(bad("it was signed by somebody else than the scheduler".into()));
            }
            let head = read_head(&message)?;
            if head.position != position.0 {
                return Err(bad("its signature is about another entry".into()));
            }
            heads.push(head);
        }
        Ok(heads)
    }

    /// The newest entries, newest first.
    pub async fn audit_entries(&self, limit: i64) -> Result<Vec<Entry>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT position, at, actor, verb, subject, commitment FROM audit
                 ORDER BY position DESC LIMIT $1",
                args![limit],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Entry {
                    position: Position(row.int(0)?),
                    at: row.time(1)?,
                    actor: row.text(2)?,
                    verb: row.text(3)?,
                    subject: row.text(4)?,
                    commitment: row.fixed(5, Sha256::from_slice)?,
                })
            })
            .collect()
    }
}
