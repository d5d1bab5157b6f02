//! The recall of a bad lot: looked at, proposed by one person, confirmed by another.

use akashi_keys::KeyError;
use akashi_ledger::{NewRecall, Recall};
use akashi_wire::RevocationReason;
use akashi_wire::act::{Answer, CardSelection, KnownRecall, RecallId, Refusal};
use akashi_wire::octets::Sha256;
use jiff::{SignedDuration, Timestamp};

use super::cards::name;
use super::{Acting, Counter, Halt};
use crate::CaError;
use crate::recall::AT_ONCE;

/// How long a proposal waits for the second person.
const WAITS: SignedDuration = SignedDuration::from_hours(1);

impl Counter {
    /// What a recall would end. Read beside the book's changes: a look keeps nobody waiting.
    pub(super) async fn preview_recall(
        &self,
        acting: &Acting,
        selection: &CardSelection,
    ) -> Result<Answer, Halt> {
        named(selection)?;
        let ledger = &self.issuer.ledger;
        let set = ledger.recall_set(selection, acting.now).await?;
        let mut recalls = Vec::new();
        for recall in ledger.recalls().await? {
            if meet(&recall.proposed.selection, selection) {
                recalls.push(self.known(recall)?);
            }
        }
        let answer = Answer::RecallPreviewed {
            cards: ledger.card_count(selection).await?,
            digest: set.digest(),
            certificates: set.counts,
            without_card: ledger.certificates_without_card(acting.now).await?,
            recalls,
        };
        let change = self.begin(acting).await?;
        self.finish(change, acting, &selection.to_string(), answer).await
    }

    /// Proposes what was looked at. Nothing ends by it.
    pub(super) async fn propose_recall(
        &self,
        acting: &Acting,
        selection: &CardSelection,
        reason: RevocationReason,
        (why, digest): (&str, Sha256),
    ) -> Result<Answer, Halt> {
        named(selection)?;
        // The other reasons say something of the holder, or can be taken back.
        if !matches!(reason, RevocationReason::KeyCompromise | RevocationReason::Superseded) {
            return Err(Refusal::ReasonNotForRecall { reason }.into());
        }
        if why.trim().is_empty() {
            return Err(Refusal::Malformed { what: "a recall needs a why".into() }.into());
        }
        let recall = RecallId::from_random(self.random());
        let mut change = self.begin(acting).await?;
        let set = change.recall_set(selection).await?;
        if set.digest() != digest {
            return Err(Refusal::RecallChanged.into());
        }
        let certificates = set.serials.len() as u64;
        change
            .propose_recall(&NewRecall {
                recall,
                selection: selection.clone(),
                reason,
                sealed_why: self.vault().seal(
                    "recall",
                    recall.as_bytes(),
                    why.as_bytes(),
                    self.until(acting),
                )?,
                certificates,
                digest,
            })
            .await?;
        let until = change.at() + WAITS;
        let answer = Answer::RecallProposed { recall, certificates, until };
        self.finish(change, acting, &recall.to_string(), answer).await
    }

    /// The second person's word. Asked again about a confirmed recall, it says how far that is.
    pub(super) async fn confirm_recall(
        &self,
        acting: &Acting,
        recall: RecallId,
        digest: Sha256,
    ) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let found = change.recall(recall).await?.ok_or(Refusal::NoSuchRecall)?;
        if found.confirmed.is_none() {
            if found.proposed_by == acting.permit.party() {
                return Err(Refusal::SamePerson.into());
            }
            // Who was dismissed or stopped since, or was at a machine that was, is one person less.
            if !change.recall_counts(&found).await? {
                return Err(Refusal::NoSuchRecall.into());
            }
            let until = ends(&found);
            if change.at() > until {
                return Err(Refusal::RecallLapsed { until }.into());
            }
            let set = change.recall_set(&found.proposed.selection).await?;
            if digest != found.proposed.digest || digest != set.digest() {
                return Err(Refusal::RecallChanged.into());
            }
            change.confirm_recall(recall).await?;
            if set.serials.len() <= AT_ONCE {
                change.recall_step(recall, AT_ONCE + 1).await?;
            }
        }
        let Recall { proposed, revoked, voided, finished_at, .. } =
            change.recall(recall).await?.ok_or(Refusal::NoSuchRecall)?;
        let left = match finished_at {
            Some(_) => 0,
            None => proposed.certificates.saturating_sub(revoked + voided),
        };
        let answer = Answer::Recalled { recall, revoked, voided, left };
        self.finish(change, acting, &recall.to_string(), answer).await
    }

    fn known(&self, recall: Recall) -> Result<KnownRecall, CaError> {
        let until = ends(&recall);
        let Recall { proposed, proposed_by, confirmed, revoked, voided, finished_at, .. } = recall;
        let number = proposed.recall;
        let why = match self.vault().open("recall", number.as_bytes(), &proposed.sealed_why) {
            // Its time is over; the recall stands.
            Err(KeyError::ContentKey { destroyed: true, .. }) => String::new(),
            why => String::from_utf8(why?.to_vec())
                .map_err(|_| CaError::Damaged(format!("the why of recall {number}")))?,
        };
        Ok(KnownRecall {
            recall: number,
            selection: proposed.selection,
            reason: proposed.reason,
            why,
            digest: proposed.digest,
            proposed_by,
            until,
            confirmed_by: confirmed.map(|(by, _)| by),
            confirmed_at: confirmed.map(|(_, at)| at),
            revoked,
            voided,
            finished_at,
        })
    }
}

/// Until when a proposal may be confirmed.
fn ends(recall: &Recall) -> Timestamp {
    recall.proposed_at + WAITS
}

fn named(selection: &CardSelection) -> Result<(), Refusal> {
    selection.lot().map_or(Ok(()), |lot| name("lot", lot))?;
    selection.model().map_or(Ok(()), |model| name("model", model))
}

/// Whether one card may belong to both.
fn meet(one: &CardSelection, other: &CardSelection) -> bool {
    let agree = |one: Option<&str>, other: Option<&str>| {
        one.zip(other).is_none_or(|(one, other)| one == other)
    };
    agree(one.lot(), other.lot()) && agree(one.model(), other.model())
}
