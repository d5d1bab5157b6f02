//! The recall of cards: every certificate in them ends, in steps that the book remembers.
//!
//! A recall is proposed by one person and confirmed by another over the same certificates. From the
//! confirmation on no new certificate goes into its cards, so one walk along the cards ends all.

use std::collections::BTreeMap;

use akashi_wire::act::{CardSelection, PartyId, RecallCounts, RecallId};
use akashi_wire::octets::Sha256;
use akashi_wire::{MunicipalityCode, RevocationReason, SerialNumber};
use jiff::Timestamp;

use crate::cause::Cause;
use crate::object::Object;
use crate::right::Right;
use crate::row::Row;
use crate::status::StatusChange;
use crate::store::{Value, args, damaged};
use crate::{Change, Issuing, Ledger, LedgerError, Position, Recording};

/// A recall that is to be proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecall {
    /// Its number.
    pub recall: RecallId,
    /// Of which cards.
    pub selection: CardSelection,
    /// The reason that the CRL states.
    pub reason: RevocationReason,
    /// Why, sealed.
    pub sealed_why: Vec<u8>,
    /// How many certificates were looked at.
    pub certificates: u64,
    /// Names the certificates that were looked at.
    pub digest: Sha256,
}

/// A recall as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recall {
    /// As it was proposed.
    pub proposed: NewRecall,
    /// By whom.
    pub proposed_by: PartyId,
    /// At which terminal.
    pub terminal: Option<PartyId>,
    /// When.
    pub proposed_at: Timestamp,
    /// Who confirmed it, and when.
    pub confirmed: Option<(PartyId, Timestamp)>,
    /// Certificates revoked so far.
    pub revoked: u64,
    /// Certificates voided so far.
    pub voided: u64,
    /// When the last certificate was ended.
    pub finished_at: Option<Timestamp>,
    /// Cards registered behind this entry were not looked at.
    position: Option<Position>,
    /// The card up to which the walk has come.
    up_to: String,
}

/// The certificates that a recall would end now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecallSet {
    /// How many, by municipality.
    pub counts: BTreeMap<MunicipalityCode, RecallCounts>,
    /// Which, in order.
    pub serials: Vec<SerialNumber>,
}

impl RecallSet {
    /// SHA-256 over the serial numbers in order, sixteen octets each.
    pub fn digest(&self) -> Sha256 {
        let octets: Vec<u8> = self.serials.iter().flat_map(|s| *s.as_bytes()).collect();
        Sha256::of(&octets)
    }

    fn read(rows: &[Row]) -> Result<Self, LedgerError> {
        let mut set = Self::default();
        for row in rows {
            let counts = set.counts.entry(row.get("municipality")?).or_default();
            match row.maybe::<StatusChange>("newest")? {
                None => counts.under_way += 1,
                Some(StatusChange::Held) => counts.on_hold += 1,
                Some(_) => counts.in_force += 1,
            }
            set.serials.push(row.get("serial")?);
        }
        set.serials.sort();
        Ok(set)
    }
}

/// What one step of a recall ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecallStep {
    /// Certificates revoked.
    pub revoked: u64,
    /// Certificates voided.
    pub voided: u64,
    /// Whether they were the last.
    pub finished: bool,
}

/// The condition on `card` that is a selection, over `$1` and `$2`. One text for each kind, so that
/// each goes along its index.
fn condition(selection: &CardSelection) -> &'static str {
    match selection {
        CardSelection::Lot { .. } => "card.lot = $1 AND $2 = ''",
        CardSelection::Model { .. } => "$1 = '' AND card.model = $2",
        CardSelection::LotAndModel { .. } => "card.lot = $1 AND card.model = $2",
    }
}

fn key(selection: &CardSelection) -> [Value; 2] {
    [selection.lot().unwrap_or_default(), selection.model().unwrap_or_default()].map(Value::from)
}

/// What a living certificate's last row says is how it stands: none that is revoked is living.
fn set_sql(selection: &CardSelection) -> String {
    format!(
        "SELECT living.serial, certificate.municipality,
         (SELECT change FROM status WHERE status.serial = living.serial
         ORDER BY position DESC LIMIT 1) AS newest
         FROM card JOIN certificate ON certificate.card = card.number
         JOIN living ON living.serial = certificate.serial
         WHERE {} AND certificate.not_after >= $3",
        condition(selection)
    )
}

fn set_args(selection: &CardSelection, at: Timestamp) -> Vec<Value> {
    let [lot, model] = key(selection);
    vec![lot, model, at.into()]
}

const READ: &str = "SELECT recall, lot, model, reason, sealed_why, certificates, digest,
                    proposed_by, proposed_at, confirmed_by, confirmed_at, revoked, voided,
                    finished_at, position, up_to, terminal FROM recall";

fn read(row: &Row) -> Result<Recall, LedgerError> {
    let named = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Recall {
        proposed: NewRecall {
            recall: row.get("recall")?,
            selection: CardSelection::of(named(row.get("lot")?), named(row.get("model")?))
                .ok_or_else(|| damaged("recall", "of no cards"))?,
            reason: row.get("reason")?,
            sealed_why: row.get("sealed_why")?,
            certificates: row.get("certificates")?,
            digest: row.get("digest")?,
        },
        proposed_by: row.get("proposed_by")?,
        terminal: row.maybe("terminal")?,
        proposed_at: row.get("proposed_at")?,
        confirmed: row.maybe("confirmed_by")?.zip(row.maybe("confirmed_at")?),
        revoked: row.get("revoked")?,
        voided: row.get("voided")?,
        finished_at: row.maybe("finished_at")?,
        position: row.maybe("position")?,
        up_to: row.get("up_to")?,
    })
}

impl Ledger<Issuing> {
    /// The certificates that the recall of these cards would end now.
    pub async fn recall_set(
        &self,
        selection: &CardSelection,
        at: Timestamp,
    ) -> Result<RecallSet, LedgerError> {
        let rows = self.store.rows(set_sql(selection), set_args(selection, at)).await?;
        RecallSet::read(&rows)
    }

    /// How many of these cards were delivered.
    pub async fn card_count(&self, selection: &CardSelection) -> Result<u64, LedgerError> {
        let sql = format!("SELECT COUNT(*) AS counted FROM card WHERE {}", condition(selection));
        let rows = self.store.rows(sql, key(selection).to_vec()).await?;
        rows.first().map_or(Ok(0), |row| row.get("counted"))
    }

    /// Living certificates whose card stands in their sealed case alone: no recall finds them.
    pub async fn certificates_without_card(&self, at: Timestamp) -> Result<u64, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT COUNT(*) AS counted FROM certificate JOIN living ON living.serial = certificate.serial
                 WHERE certificate.card IS NULL AND certificate.not_after >= $1",
                args![at],
            )
            .await?;
        row.map_or(Ok(0), |row| row.get("counted"))
    }

    /// Every recall, oldest first.
    pub async fn recalls(&self) -> Result<Vec<Recall>, LedgerError> {
        let sql = format!("{READ} ORDER BY proposed_at, recall");
        self.store.rows(sql, args![]).await?.iter().map(read).collect()
    }

    /// Recalls that are confirmed and not finished, in the order of their confirmation.
    pub async fn recalls_under_way(&self) -> Result<Vec<RecallId>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT recall FROM recall WHERE position IS NOT NULL AND finished_at IS NULL
                 ORDER BY position",
                args![],
            )
            .await?;
        rows.iter().map(|row| row.get("recall")).collect()
    }
}

impl Change {
    /// The certificates that the recall of these cards would end, read inside of this change.
    pub async fn recall_set(
        &mut self,
        selection: &CardSelection,
    ) -> Result<RecallSet, LedgerError> {
        let args = set_args(selection, self.at());
        RecallSet::read(&self.tx.rows(set_sql(selection), args).await?)
    }

    /// A recall, read inside of this change.
    pub async fn recall(&mut self, recall: RecallId) -> Result<Option<Recall>, LedgerError> {
        let sql = format!("{READ} WHERE recall = $1");
        self.tx.rows(sql, args![recall.as_bytes()]).await?.first().map(read).transpose()
    }

    /// Proposes a recall: nothing ends by it.
    pub async fn propose_recall(&mut self, new: &NewRecall) -> Result<(), LedgerError> {
        let cards = Object::Cards(new.selection.clone(), new.digest);
        self.require_about(Right::ProposeRecall, &cards)?;
        let [lot, model] = key(&new.selection);
        let (by, at) = (self.permit.party(), self.at());
        let mut args = args![
            new.recall.as_bytes(),
            i64::from(new.reason.code()),
            &new.sealed_why,
            new.certificates as i64,
            &new.digest.0,
            by.as_bytes(),
            at,
        ];
        args.extend([lot, model, self.permit.terminal()]);
        self.tx
            .execute(
                "INSERT INTO recall (recall, reason, sealed_why, certificates, digest, proposed_by,
                 proposed_at, lot, model, terminal, up_to, revoked, voided)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', 0, 0)",
                args,
            )
            .await
            .map(|_| ())
    }

    /// Whether the proposal of a recall still counts: who proposed it may act, and might all the while, and so
    /// may the terminal be used.
    pub async fn recall_counts(&mut self, recall: &Recall) -> Result<bool, LedgerError> {
        self.still_counts(recall.proposed_by, recall.terminal, recall.proposed_at).await
    }

    /// Confirms a recall: its cards are recalled from now on, and its certificates end step by step.
    ///
    /// # Errors
    /// [`LedgerError::NotPermitted`] to the person who proposed it, where the proposal no longer counts, and
    /// where it is confirmed already.
    pub async fn confirm_recall(&mut self, recall: RecallId) -> Result<(), LedgerError> {
        self.require_about(Right::ConfirmRecall, &Object::Recall(recall))?;
        if let Some(found) = self.recall(recall).await?
            && !self.recall_counts(&found).await?
        {
            return Err(self.permit.not_permitted(Right::ConfirmRecall));
        }
        let (by, at) = (self.permit.party(), self.at());
        let position = self.append("recall", &recall.to_string(), None).await?;
        let changed = self
            .tx
            .execute(
                "UPDATE recall SET confirmed_by = $2, confirmed_at = $3, position = $4
                 WHERE recall = $1 AND position IS NULL AND proposed_by <> $2",
                args![recall.as_bytes(), by.as_bytes(), at, position.0],
            )
            .await?;
        if changed == 1 {
            return Ok(());
        }
        Err(self.permit.not_permitted(Right::ConfirmRecall))
    }

    /// Ends the next certificates of a confirmed recall, at most so many (more than two): what is
    /// filed is revoked, what is under way voided. `None` where it was finished before.
    ///
    /// # Errors
    /// [`LedgerError::NotPermitted`] where nobody confirmed it.
    pub async fn recall_step(
        &mut self,
        recall: RecallId,
        most: usize,
    ) -> Result<Option<RecallStep>, LedgerError> {
        self.require_about(Right::StepRecall, &Object::Recall(recall))?;
        let found = self.recall(recall).await?;
        let Some((found, (_, received_at), position)) = found.and_then(|found| {
            let (confirmed, position) = (found.confirmed?, found.position?);
            Some((found, confirmed, position))
        }) else {
            return Err(self.permit.not_permitted(Right::StepRecall));
        };
        if found.finished_at.is_some() {
            return Ok(None);
        }
        let selection = &found.proposed.selection;
        // A card may hold two, the new one of a renewal beside the old: the last card is met again,
        // and what ended in it is living no longer.
        let sql = format!(
            "SELECT card.number, living.serial, certificate_file.serial AS filed
             FROM card JOIN certificate ON certificate.card = card.number
             JOIN living ON living.serial = certificate.serial
             LEFT JOIN certificate_file ON certificate_file.serial = living.serial
             WHERE {} AND card.number >= $3 AND card.position < $4
             AND certificate.not_after >= $5
             ORDER BY card.number LIMIT $6",
            condition(selection)
        );
        let mut args = key(selection).to_vec();
        args.extend(args![found.up_to.as_str(), position.0, self.at(), most as i64]);
        let rows = self.tx.rows(sql, args).await?;
        let (mut filed, mut under_way) = (Vec::new(), Vec::new());
        for row in &rows {
            let serial: SerialNumber = row.get("serial")?;
            let is_filed = row.maybe::<SerialNumber>("filed")?.is_some();
            if is_filed { &mut filed } else { &mut under_way }.push(serial);
        }
        let reason = found.proposed.reason;
        self.because_of(Cause::Recall(recall));
        self.end_all(&filed, &Recording { reason, received_at }).await?;
        for serial in &under_way {
            self.void_one(*serial).await?;
        }
        let finished = rows.len() < most;
        let finished_at = finished.then(|| self.at());
        let up_to = rows.last().map_or(Ok(found.up_to), |row| row.get("number"))?;
        let step =
            RecallStep { revoked: filed.len() as u64, voided: under_way.len() as u64, finished };
        self.tx
            .execute(
                "UPDATE recall SET up_to = $2, revoked = revoked + $3, voided = voided + $4,
                 finished_at = $5 WHERE recall = $1",
                args![
                    recall.as_bytes(),
                    up_to,
                    step.revoked as i64,
                    step.voided as i64,
                    finished_at
                ],
            )
            .await?;
        if finished {
            let (revoked, voided) = (found.revoked + step.revoked, found.voided + step.voided);
            let subject = format!("{recall} {revoked} revoked, {voided} voided");
            self.append("recalled", &subject, None).await?;
        }
        Ok(Some(step))
    }
}
