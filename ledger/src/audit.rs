//! The audit chain: every act, look-up and refusal, each entry bound to all before it.

use akashi_wire::clock::Mark;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::time_word::{Saying, TimeWord};
use akashi_wire::{SignedMessage, Verified};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use std::collections::{HashMap, HashSet};

use crate::evidence::{self, digest_of_rows};
use crate::lease::{FENCE, check_fence};
use crate::row::{Row, Stored};
use crate::store::{args, damaged};
use crate::{Issuing, Ledger, LedgerError, Position, ReadsAll};

/// The entry at which another took the place of the party with this certificate (SHA-256).
const REPLACED: &str = "SELECT dismissal.position FROM dismissal
                        JOIN party_key ON party_key.party = dismissal.party
                        WHERE party_key.fingerprint = $1";

/// What the time of an entry is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum TimeQuality {
    /// It was known, and the machine's clock agreed.
    Trusted = 0,
    /// Nobody witnessed it: the last known time stands here and what had passed since the start, which the
    /// true time is not before. How it is to be read says the entry `trust_clock` after it.
    NotWitnessed = 1,
    /// It was kept by what passes, while the machine's clock said something else. Where that turned out to be
    /// right, the entry `trust_clock` after it says by how much this one is too early.
    Kept = 2,
}

impl TimeQuality {
    fn from_code(code: i64) -> Option<Self> {
        [Self::Trusted, Self::NotWitnessed, Self::Kept]
            .into_iter()
            .find(|quality| *quality as i64 == code)
    }
}

/// One entry, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub position: Position,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// What that time is worth.
    pub quality: TimeQuality,
    /// Who, as role and party number.
    pub actor: String,
    /// What was done.
    pub verb: String,
    /// To what: a serial number, a case, a party.
    pub subject: String,
    /// What it rests on ([`crate::Cause`]).
    pub cause: String,
    /// Commitment to what else is to be said; zeros when nothing is.
    pub commitment: Sha256,
    /// Digest of every row of evidence that belongs to it; zeros when there is none.
    pub rows: Sha256,
}

impl Stored for TimeQuality {
    type Native = i64;

    fn of(code: i64) -> Result<Self, String> {
        Self::from_code(code).ok_or_else(|| code.to_string())
    }
}

impl Entry {
    /// The form of the octets.
    pub const VERSION: i64 = 1;

    /// The canonical octets: one octet of version, then each field behind its length in four octets,
    /// big-endian. Numbers are eight octets, two's complement, big-endian.
    pub fn octets(&self) -> Vec<u8> {
        let mut octets = vec![Self::VERSION as u8];
        let fields: [&[u8]; 9] = [
            &self.position.0.to_be_bytes(),
            &self.at.as_millisecond().to_be_bytes(),
            &[self.quality as u8],
            self.actor.as_bytes(),
            self.verb.as_bytes(),
            self.subject.as_bytes(),
            self.cause.as_bytes(),
            &self.commitment.0,
            &self.rows.0,
        ];
        for field in fields {
            octets.extend((field.len() as u32).to_be_bytes());
            octets.extend(field);
        }
        octets
    }

    fn read(row: &Row) -> Result<Self, LedgerError> {
        let version: i64 = row.get("version")?;
        if version != Self::VERSION {
            return Err(damaged("audit", format!("an entry of version {version}")));
        }
        Ok(Self {
            position: row.get("position")?,
            at: row.get("at")?,
            quality: row.get("quality")?,
            actor: row.get("actor")?,
            verb: row.get("verb")?,
            subject: row.get("subject")?,
            cause: row.get("cause")?,
            commitment: row.get("commitment")?,
            rows: row.get("row_digest")?,
        })
    }
}

/// Every column of an entry.
const COLUMNS: &str =
    "position, version, at, quality, actor, verb, subject, cause, commitment, row_digest";

/// What an entry says beyond its subject: sealed under a key that is destroyed when its time is over.
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

/// The hash of an entry: SHA-256 over the hash before, behind its length in four octets, and the
/// entry's own octets.
pub fn chain_hash(before: &[u8], entry: &Entry) -> Sha256 {
    let mut octets = (before.len() as u32).to_be_bytes().to_vec();
    octets.extend(before);
    octets.extend(entry.octets());
    Sha256::of(&octets)
}

/// What the scheduler signs about the head of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedHead {
    position: i64,
    hash: Sha256,
    /// Where the time stood in the life of the machine when this was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<Mark>,
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
    /// The octets to be signed about the head of the chain, with the time as it stands; `None` when it is
    /// signed already.
    pub async fn head_to_sign(&self, mark: Option<Mark>) -> Result<Option<Vec<u8>>, LedgerError> {
        let head = self
            .store
            .row("SELECT position, hash FROM chain_head WHERE one = 1", args![])
            .await?
            .ok_or_else(|| damaged("chain_head", "no row"))?;
        let position: i64 = head.get("position")?;
        let newest = self
            .store
            .row("SELECT COALESCE(MAX(position), 0) AS newest FROM audit_signature", args![])
            .await?
            .map_or(Ok(0), |row| row.get::<i64>("newest"))?;
        if position == 0 || newest >= position {
            return Ok(None);
        }
        let hash = head.get("hash")?;
        let head = SignedHead { position, hash, mark };
        Ok(Some(serde_json::to_vec(&head).expect("a head is JSON")))
    }

    /// Keeps a signed head. It is about the chain and not a part of it.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`] when somebody else than the log signed it, or one whose place
    /// another took since: it could never be taken away again, and would break every verification.
    pub async fn keep_signed_head(&self, message: &Verified) -> Result<(), LedgerError> {
        let signer = Sha256::of(message.signer());
        let enrolled = self.enrolment_of(signer).await?;
        if enrolled.is_none_or(|enrolled| enrolled.role != Role::Log) {
            return Err(LedgerError::NotEnrolled);
        }
        let head = read_head(message)?;
        let mut tx = self.store.begin().await?;
        // Whoever replaces it holds the head until then, and is seen from here on.
        let locked = tx.lock_head().await?.ok_or_else(|| damaged("chain_head", "no row"))?;
        self.check_brought_back(locked.get("brought_back")?)?;
        if let Some(own) = self.own_fence() {
            check_fence(own, tx.row(FENCE, args![]).await?)?;
        }
        if tx.row(REPLACED, args![&signer.0]).await?.is_some() {
            return Err(LedgerError::NotEnrolled);
        }
        tx.execute(
            "INSERT INTO audit_signature (position, hash, message) VALUES ($1, $2, $3)
             ON CONFLICT (position) DO NOTHING",
            args![head.position, &head.hash.0, message.message()],
        )
        .await?;
        tx.commit().await
    }
}

impl<R: ReadsAll> Ledger<R> {
    /// What an entry says beyond its subject: its commitment, the salt, and the sealed text.
    /// `None` when it says no more.
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
        row.map(|row| Ok((row.get("commitment")?, row.get("salt")?, row.get("sealed_content")?)))
            .transpose()
    }
}

/// The mark that a signed head bears.
pub(crate) fn marked(message: &Verified) -> Option<Mark> {
    read_head(message).ok()?.mark
}

fn read_head(message: &Verified) -> Result<SignedHead, LedgerError> {
    serde_json::from_slice(message.content()).map_err(|e| damaged("audit_signature", e.to_string()))
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
            .get::<i64>("position")?;
        let sql = "SELECT DISTINCT position FROM clock_back";
        let rows = self.store.rows(sql, args![]).await?;
        let brings_back = rows.iter().map(|row| row.get("position"));
        let brings_back: HashSet<i64> = brings_back.collect::<Result<_, _>>()?;
        let mut signatures = self.signed_heads().await?.into_iter().peekable();
        let mut chain = Chain::default();
        loop {
            let page = self.entries_after(chain.last).await?;
            let Some((newest, _)) = page.last() else { break };
            let rows = self.evidence_between(chain.last + 1, newest.position.0).await?;
            for (entry, hash) in &page {
                let position = entry.position.0;
                if position != chain.last + 1 {
                    return Err(bad(chain.last + 1, "it is missing"));
                }
                let own = chain_hash(&chain.before, entry);
                if *hash != own.0 {
                    return Err(bad(position, "its hash does not follow from what it says"));
                }
                if chain.at.is_some_and(|at| entry.at < at) && !brings_back.contains(&position) {
                    return Err(bad(position, "its time lies before that of the entry before it"));
                }
                chain.at = Some(entry.at);
                let found = rows.get(&position).cloned().unwrap_or_default();
                if digest_of_rows(found) != entry.rows {
                    return Err(bad(position, "the rows that belong to it are not those it wrote"));
                }
                if let Some(head) = signatures.next_if(|head| head.position == position) {
                    if head.hash != own {
                        return Err(bad(position, "its signed hash is another"));
                    }
                    chain.signed_up_to = position;
                }
                (chain.before, chain.last) = (own.0.to_vec(), position);
            }
        }
        let (last, signed_up_to) = (chain.last, chain.signed_up_to);
        if let Some(head) = signatures.next() {
            let what = format!("the chain ends before entry {}, which was signed", head.position);
            return Err(bad(last + 1, &what));
        }
        if head > last {
            return Err(bad(last + 1, "the chain ends before its head"));
        }
        // A row behind the last entry belongs to no entry at all. What is written meanwhile has its
        // entry before anybody can see it.
        self.no_evidence_without_entry(last).await?;
        for position in brings_back {
            self.verify_brought_back(position).await?;
        }
        self.verify_inquiries().await?;
        Ok(AuditReport { entries: last, signed_up_to, unsigned_tail: last - signed_up_to })
    }

    /// Two persons who might signed that the time is brought back, over the very book before this entry.
    async fn verify_brought_back(&self, position: i64) -> Result<(), LedgerError> {
        let bad = |what: &str| LedgerError::Chain {
            position: Position(position),
            what: format!("it brings the time back, and {what}"),
        };
        let sql = "SELECT before.hash, entry.verb FROM audit AS entry
                   JOIN audit AS before ON before.position = entry.position - 1
                   WHERE entry.position = $1";
        let row = self.store.row(sql, args![position]).await?;
        let row = row.ok_or_else(|| bad("there is no such entry"))?;
        if row.get::<String>("verb")? != "bring_back_clock" {
            return Err(bad("says something else"));
        }
        let before: Sha256 = row.get("hash")?;
        let words = self.store.rows(
            "SELECT party, message FROM time_word WHERE position = $1 ORDER BY party",
            args![position],
        );
        let mut roles = Vec::new();
        for row in &words.await? {
            let message = SignedMessage::from_der(row.get::<Vec<u8>>("message")?)
                .verify(MessageKind::TimeWord)
                .map_err(|error| bad(&format!("a word is not signed: {error}")))?;
            let word: TimeWord = serde_json::from_slice(message.content())
                .map_err(|_| bad("a word cannot be read"))?;
            let signer = self.enrolment_of(Sha256::of(message.signer())).await?;
            let signer = signer.filter(|one| word.is_for(&one.role));
            let signer = signer.ok_or_else(|| bad("somebody signed who may not"))?;
            let Saying::BringBack { head, hash, .. } = word.says else {
                return Err(bad("a word says something else"));
            };
            if (head, hash) != (position - 1, before) || signer.party != row.get("party")? {
                return Err(bad("a word is about another book"));
            }
            roles.push(signer.role);
        }
        if roles.len() < 2 || !roles.contains(&Role::SecurityOfficer) {
            return Err(bad("not two of the office signed it"));
        }
        Ok(())
    }

    /// The next entries after a position, each with its hash as it stands there.
    async fn entries_after(&self, position: i64) -> Result<Vec<(Entry, Vec<u8>)>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS}, hash FROM audit WHERE position > $1 ORDER BY position LIMIT $2"
        );
        let rows = self.store.rows(sql, args![position, PAGE]).await?;
        rows.iter().map(|row| Ok((Entry::read(row)?, row.get("hash")?))).collect()
    }

    /// The digests of all rows of evidence that belong to these positions.
    async fn evidence_between(
        &self,
        first: i64,
        last: i64,
    ) -> Result<HashMap<i64, Vec<Sha256>>, LedgerError> {
        let mut found: HashMap<i64, Vec<Sha256>> = HashMap::new();
        for table in evidence::TABLES {
            self.store
                .each(table.read, args![first, last], |row| {
                    let values = table.values(&row)?;
                    found.entry(row.get("position")?).or_default().push(table.digest(&values));
                    Ok(())
                })
                .await?;
        }
        Ok(found)
    }

    /// Nothing stands outside of the chain: neither before its first entry nor behind its last.
    async fn no_evidence_without_entry(&self, last: i64) -> Result<(), LedgerError> {
        let newest = self.head().await?.0;
        for (first, last) in [(i64::MIN, 0), (newest.max(last) + 1, i64::MAX)] {
            for table in evidence::TABLES {
                let rows = self.store.rows(table.read, args![first, last]).await?;
                let newest = self.head().await?.0;
                for row in &rows {
                    let position: i64 = row.get("position")?;
                    if position <= 0 || position > newest {
                        return Err(LedgerError::Chain {
                            position: Position(position),
                            what: format!("a row of {} belongs to no entry", table.name),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// Every signed head, verified, in order.
    async fn signed_heads(&self) -> Result<Vec<SignedHead>, LedgerError> {
        let rows = self
            .store
            .rows("SELECT position, message FROM audit_signature ORDER BY position", args![])
            .await?;
        let mut heads = Vec::with_capacity(rows.len());
        // Many heads of few keys.
        let mut replaced: HashMap<Sha256, Option<Position>> = HashMap::new();
        for row in rows {
            let position: Position = row.get("position")?;
            let bad = |what: String| LedgerError::Chain { position, what };
            let message = SignedMessage::from_der(row.get::<Vec<u8>>("message")?)
                .verify(MessageKind::ChainHead)
                .map_err(|error| bad(format!("its signature: {error}")))?;
            let digest = Sha256::of(message.signer());
            let signer = self.enrolment_of(digest).await?;
            if signer.is_none_or(|signer| signer.role != Role::Log) {
                return Err(bad("it was signed by somebody else than the log".into()));
            }
            let head = read_head(&message)?;
            if head.position != position.0 {
                return Err(bad("its signature is about another entry".into()));
            }
            let replaced = match replaced.get(&digest) {
                Some(known) => *known,
                None => {
                    let row = self.store.row(REPLACED, args![&digest.0]).await?;
                    let found = row.map(|row| row.get::<Position>("position")).transpose()?;
                    replaced.insert(digest, found);
                    found
                }
            };
            if replaced.is_some_and(|replaced| position >= replaced) {
                return Err(bad("it was signed with a key whose place another had taken".into()));
            }
            heads.push(head);
        }
        Ok(heads)
    }

    /// Entries of these verbs of a time, the oldest first.
    pub async fn audit_entries_between(
        &self,
        (from, to): (Timestamp, Timestamp),
        verbs: &[&str],
    ) -> Result<Vec<Entry>, LedgerError> {
        // Look-ups and refusals are most of what there is, and do not come over.
        let sql = format!(
            "SELECT {COLUMNS} FROM audit WHERE at >= $1 AND at < $2 AND $3 LIKE '%,' || verb || ',%'
             ORDER BY position"
        );
        let any = format!(",{},", verbs.join(","));
        let rows = self.store.rows(sql, args![from, to, any]).await?;
        // `_` in a verb stands for any letter there.
        let is_one = |entry: &Entry| verbs.contains(&entry.verb.as_str());
        let entries = rows.iter().map(Entry::read);
        entries.filter(|entry| entry.as_ref().map_or(true, is_one)).collect()
    }

    /// The newest entries, newest first.
    pub async fn audit_entries(&self, limit: i64) -> Result<Vec<Entry>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} FROM audit ORDER BY position DESC LIMIT $1");
        let rows = self.store.rows(sql, args![limit]).await?;
        rows.iter().map(Entry::read).collect()
    }
}

/// Entries that are verified at a time.
const PAGE: i64 = 2048;

/// How far a verification has come.
#[derive(Default)]
struct Chain {
    before: Vec<u8>,
    last: i64,
    /// When the last entry was written.
    at: Option<Timestamp>,
    signed_up_to: i64,
}
