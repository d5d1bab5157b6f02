//! What takes two persons: proposed by one, carried out over the signature of another.

use akashi_wire::Verified;
use akashi_wire::act::{Deed, PartyId, ReceivedAct, RequestId};
use akashi_wire::octets::Sha256;
use jiff::{SignedDuration, Timestamp};

use crate::cause::Cause;
use crate::change::BACKWARDS;
use crate::evidence;
use crate::object::Object;
use crate::right::{self, Right};
use crate::row::Row;
use crate::status::Standing;
use crate::store::args;
use crate::{Change, Content, Issuing, Ledger, LedgerError};

/// How long a proposal waits for the second person.
pub const WAITS: SignedDuration = SignedDuration::from_hours(24);

/// What is told of something just proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposed {
    /// The request that proposed it.
    pub request: RequestId,
    /// SHA-256 of the act, for the second person.
    pub digest: Sha256,
    /// Until when it may be countersigned.
    pub until: Timestamp,
}

/// Something that one person proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The request that proposed it.
    pub request: RequestId,
    /// By whom.
    pub proposed_by: PartyId,
    /// SHA-256 of the act.
    pub digest: Sha256,
    /// When.
    pub proposed_at: Timestamp,
    /// The request that countersigned it, once one has.
    pub countersigned_by: Option<RequestId>,
    /// The commitment of the act's entry, and the act as it was signed, sealed.
    sealed: Option<(Sha256, Vec<u8>)>,
}

impl Proposal {
    /// Until when it may be countersigned.
    pub fn until(&self) -> Timestamp {
        self.proposed_at + WAITS
    }

    /// Whether it waits at this time.
    pub fn waits(&self, now: Timestamp) -> bool {
        // One of a time that has not come was made by a wrong clock, and is older than it says.
        let has_come = self.proposed_at <= now + BACKWARDS;
        self.countersigned_by.is_none() && has_come && now <= self.until()
    }

    /// The act as it was signed; `open` gets the octets of the entry's commitment and what is sealed
    /// under it. `None` where the entry has none.
    pub fn message<T>(&self, open: impl FnOnce(&[u8], &[u8]) -> T) -> Option<T> {
        self.sealed.as_ref().map(|(commitment, sealed)| open(&commitment.0, sealed))
    }
}

fn read(row: &Row) -> Result<Proposal, LedgerError> {
    Ok(Proposal {
        request: row.get("request")?,
        proposed_by: row.get("party")?,
        digest: row.get("digest")?,
        proposed_at: row.get("proposed_at")?,
        countersigned_by: row.maybe("by_request")?,
        sealed: row.maybe("commitment")?.zip(row.maybe("sealed_content")?),
    })
}

const ONE: &str = "SELECT proposal.request, proposal.party, proposal.digest, proposal.proposed_at,
                   countersignature.by_request, audit.commitment, audit_content.sealed_content
                   FROM proposal
                   LEFT JOIN countersignature ON countersignature.request = proposal.request
                   LEFT JOIN audit ON audit.position = proposal.position
                   LEFT JOIN audit_content ON audit_content.position = proposal.position
                   WHERE proposal.request = $1";

const WAITING: &str = "SELECT proposal.request, proposal.party, proposal.digest,
                   proposal.proposed_at, countersignature.by_request, audit.commitment,
                   audit_content.sealed_content
                   FROM proposal
                   LEFT JOIN countersignature ON countersignature.request = proposal.request
                   LEFT JOIN audit ON audit.position = proposal.position
                   LEFT JOIN audit_content ON audit_content.position = proposal.position
                   WHERE countersignature.request IS NULL AND proposal.proposed_at >= $1
                   AND proposal.proposed_at <= $2 ORDER BY proposal.position";

impl Ledger<Issuing> {
    /// What waits for a second person at this time, oldest first.
    pub async fn waiting_proposals(&self, now: Timestamp) -> Result<Vec<Proposal>, LedgerError> {
        let rows = self.store.rows(WAITING, args![now - WAITS, now + BACKWARDS]).await?;
        rows.iter().map(read).collect()
    }

    /// One proposal, whatever became of it.
    pub async fn proposal(&self, request: RequestId) -> Result<Option<Proposal>, LedgerError> {
        self.store.row(ONE, args![request.as_bytes()]).await?.as_ref().map(read).transpose()
    }
}

impl Change {
    /// Writes the act of this change down as something that waits for a second person, under its own
    /// request and digest. `content` is the act as it was signed.
    pub async fn propose(&mut self, verb: &str, content: Content) -> Result<Proposed, LedgerError> {
        self.require(Right::Propose)?;
        let (request, digest) = (self.own_request()?, self.permit.content());
        let position = self.append("propose", verb, Some(content)).await?;
        let row = args![
            position.0,
            request.as_bytes(),
            self.permit.party().as_bytes(),
            &digest.0,
            self.at(),
        ];
        self.record(&evidence::PROPOSAL, vec![row]).await?;
        Ok(Proposed { request, digest, until: self.at() + WAITS })
    }

    /// The request of the act behind this change.
    fn own_request(&self) -> Result<RequestId, LedgerError> {
        match self.permit.cause() {
            Cause::Act(request) => Ok(*request),
            _ => Err(self.permit.not_permitted(Right::Propose)),
        }
    }

    /// The second person's signature: from here on this change has the rights of what was proposed.
    ///
    /// `proposed` is the first person's act as it was signed: the one that the second person's act names.
    ///
    /// # Errors
    /// [`LedgerError::SamePerson`] to whoever proposed it, [`LedgerError::ProposalDiffers`] where the
    /// second person looked at something else, [`LedgerError::ProposalLapsed`] after its time, and
    /// [`LedgerError::NoSuchProposal`] where nothing waits, the first person may no longer act or was
    /// at a terminal that may not be used, or the two are not of one office.
    pub async fn countersign(&mut self, proposed: &Verified) -> Result<Deed, LedgerError> {
        self.require(Right::Countersign)?;
        let content = proposed.content();
        let received: ReceivedAct = serde_json::from_slice(content)
            .map_err(|e| LedgerError::Unreadable { column: e.column() })?;
        // What the second person looked at, and nothing else.
        let Object::Proposal(request, digest) = *self.permit.object() else {
            return Err(self.permit.not_permitted(Right::Countersign));
        };
        if request != received.request() {
            return Err(self.permit.not_permitted(Right::Countersign));
        }
        let row = self.tx.row(ONE, args![request.as_bytes()]).await?;
        let found = row.as_ref().map(read).transpose()?.ok_or(LedgerError::NoSuchProposal)?;
        if found.countersigned_by.is_some() {
            return Err(LedgerError::NoSuchProposal);
        }
        if found.proposed_by == self.permit.party() {
            return Err(LedgerError::SamePerson);
        }
        if found.digest != digest || found.digest != Sha256::of(content) {
            return Err(LedgerError::ProposalDiffers);
        }
        if !found.waits(self.at()) {
            return Err(LedgerError::ProposalLapsed { until: found.until() });
        }
        // Who was dismissed or suspended since is one person less.
        let first = self.able(found.proposed_by).await?.ok_or(LedgerError::NoSuchProposal)?;
        if self.was_suspended_since(&first, found.proposed_at).await? {
            return Err(LedgerError::NoSuchProposal);
        }
        // What was signed at a machine that was taken out of use is as doubtful as who is.
        let terminal = self.terminal(received.terminal(), &first.role).await?;
        let terminal = terminal.ok_or(LedgerError::NoSuchProposal)?;
        if self.was_suspended_since(&terminal, found.proposed_at).await? {
            return Err(LedgerError::NoSuchProposal);
        }
        // Each kind of power has two of one office, the second of whom might have proposed it as well.
        let role = self.permit.role().clone();
        let deed = received.of(&role).into_deed().ok_or(LedgerError::NoSuchProposal)?;
        // A lift is of what was suspended when it was proposed.
        if let Deed::Lift { what, .. } = &deed
            && self.suspended_since(what).await?.is_some_and(|since| since > found.proposed_at)
        {
            return Err(LedgerError::NoSuchProposal);
        }
        // A release is of the hold that stood when it was proposed.
        if let Deed::Release { serial, .. } = &deed
            && let Some(Standing::Held { at }) = self.standing(*serial).await?
            && at > found.proposed_at
        {
            return Err(LedgerError::NoSuchProposal);
        }
        let signed =
            first.certificate == proposed.signer() && proposed.signer_has_not_ended(self.at());
        if !signed || first.role != role {
            return Err(LedgerError::NoSuchProposal);
        }
        let position = self.append("countersign", &request.to_string(), None).await?;
        let row = args![position.0, request.as_bytes(), self.own_request()?.as_bytes()];
        self.record(&evidence::COUNTERSIGNATURE, vec![row]).await?;
        self.permit.gain(right::of_two(&deed, &role), Object::of_deed(&deed));
        Ok(deed)
    }
}
