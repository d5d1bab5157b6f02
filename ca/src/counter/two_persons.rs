//! What takes two persons: tried for the first, who is told to find another, and carried out for the
//! second. Whether it takes two the book says, not this room.

use akashi_ledger::{Change, Enrolment, LedgerError, Proposal, Proposed};
use akashi_wire::act::{
    Answer, Deed, KnownHandOver, KnownProposal, KnownRecovery, KnownSuspension, ReceivedAct,
    Refusal, RequestId,
};
use akashi_wire::octets::Sha256;
use akashi_wire::signed::MessageKind;
use akashi_wire::{SignedMessage, Verified};

use super::lists::known_party;
use super::{Acting, Counter, Halt};
use crate::CaError;

/// What was carried out in a change, with what the chain is to say of it.
pub(super) struct Carried {
    pub subject: String,
    pub answer: Answer,
}

impl Counter {
    /// Carries an act out that may take two persons; where it does, it is written down and waits.
    pub(super) async fn propose_or_do(&self, acting: &Acting, deed: &Deed) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        match self.carry_out_in(&mut change, deed).await {
            Ok(Carried { subject, answer }) => self.finish(change, acting, &subject, answer).await,
            // Nothing is written before the book says so.
            Err(Halt::Error(CaError::Ledger(LedgerError::TakesTwo))) => {
                let content = self.evidence(acting)?;
                let Proposed { request, digest, until } =
                    change.propose(acting.act.verb, content).await?;
                let answer = Answer::Proposed { request, digest, until };
                change.record_request(&self.answered(acting, &answer)?).await?;
                change.commit().await?;
                Ok(answer)
            }
            Err(halt) => Err(halt),
        }
    }

    /// The second person's word: what was proposed is carried out now.
    pub(super) async fn countersign(
        &self,
        acting: &Acting,
        request: RequestId,
    ) -> Result<Answer, Halt> {
        let proposal = self.issuer.ledger.proposal(request).await?;
        let message = self.proposed(&proposal.ok_or(Refusal::NoSuchProposal)?)?;
        let mut change = self.begin(acting).await?;
        let deed = change.countersign(&message).await?;
        let Carried { subject, answer } = self.carry_out_in(&mut change, &deed).await?;
        self.finish(change, acting, &subject, answer).await
    }

    /// What became of a proposal of the asker's own.
    pub(super) async fn outcome(
        &self,
        acting: &Acting,
        request: RequestId,
    ) -> Result<Answer, Halt> {
        let found = self.issuer.ledger.proposal(request).await?;
        let own = |one: &Proposal| one.proposed_by == acting.permit.party();
        let proposal = found.filter(own).ok_or(Refusal::NoSuchProposal)?;
        let answer = match proposal.countersigned_by {
            None if !proposal.waits(acting.now) => {
                return Err(Refusal::ProposalLapsed { until: proposal.until() }.into());
            }
            None => {
                let (digest, until) = (proposal.digest, proposal.until());
                Answer::Proposed { request, digest, until }
            }
            Some(by) => {
                let done = self.issuer.ledger.request(by).await?;
                let done = done.ok_or_else(|| CaError::Damaged(format!("no request {by}")))?;
                self.answer_of(&done)?
            }
        };
        let change = self.begin(acting).await?;
        self.finish(change, acting, &request.to_string(), answer).await
    }

    /// Who is enrolled, what is suspended, what waits: of the own municipality where the asker has one.
    pub(super) async fn review(&self, acting: &Acting) -> Result<Answer, Halt> {
        let ledger = &self.issuer.ledger;
        let own = acting.permit.municipality();
        let all = ledger.enrolments().await?;
        let seen = |party| {
            let enrolment = all.iter().find(|one| one.party == party);
            own.is_none() || enrolment.is_some_and(|one| one.role.municipality() == own)
        };
        let mut waiting = Vec::new();
        for proposal in ledger.waiting_proposals(acting.now).await? {
            // Of somebody who may no longer act nothing can come.
            let first = all.iter().find(|one| one.party == proposal.proposed_by);
            let able = |first: &&Enrolment| first.is_in_force(acting.now) && seen(first.party);
            let Some(first) = first.filter(able) else { continue };
            let message = self.proposed(&proposal)?;
            // Nor of what was signed with a key that is dead since.
            if message.signer() != first.certificate {
                continue;
            }
            let act = act_of(&message)?.of(&first.role);
            // Nor from a machine that may no longer be used.
            let at = all.iter().find(|one| Sha256::of(&one.certificate) == act.terminal);
            if !at.is_some_and(|terminal| terminal.is_in_force(acting.now)) {
                continue;
            }
            let Some(deed) = act.into_deed().map(Box::new) else { continue };
            waiting.push(KnownProposal {
                request: proposal.request,
                digest: proposal.digest,
                deed,
                proposed_by: proposal.proposed_by,
                proposed_at: proposal.proposed_at,
                until: proposal.until(),
            });
        }
        let suspended = ledger.suspensions().await?.into_iter().filter(|one| {
            let theirs = one.what.party().is_some_and(seen);
            own.is_none() || one.what.municipality() == own || theirs
        });
        let suspended = suspended
            .map(|one| KnownSuspension { suspended: one.what, by: one.by, since: one.since })
            .collect();
        let parties = all.iter().filter(|one| one.ended_at.is_none() && seen(one.party));
        let parties = parties.map(known_party).collect();
        let recoveries = match own {
            None => ledger.recoveries().await?,
            Some(_) => Vec::new(),
        };
        let recoveries = recoveries
            .into_iter()
            .map(|one| KnownRecovery {
                recovery: one.digest,
                asked_at: one.asked_at,
                until: one.until,
                parties: one.request.parties,
            })
            .collect();
        let handovers = ledger.handovers().await?.into_iter();
        let handovers = handovers
            .filter(|one| own.is_none_or(|own| [one.from, one.to].contains(&own)))
            .map(|one| KnownHandOver { from: one.from, to: one.to, since: one.since })
            .collect();
        let answer = Answer::Reviewed { parties, suspended, waiting, recoveries, handovers };
        let change = self.begin(acting).await?;
        self.finish(change, acting, "parties", answer).await
    }

    async fn carry_out_in(&self, change: &mut Change, deed: &Deed) -> Result<Carried, Halt> {
        match deed {
            Deed::Enrol { name, party, hosts, request_for_certificate, until } => {
                let request = &request_for_certificate.0;
                self.enrol(change, (name, *until), (party, hosts), request).await
            }
            Deed::Prolong { party, until } => self.prolong(change, *party, *until).await,
            Deed::Dismiss { party, .. } => self.dismiss(change, *party).await,
            Deed::Lift { what, .. } => self.lift(change, *what).await,
            Deed::HandOver { from, to, .. } => self.hand_over(change, *from, *to).await,
            Deed::Release { serial, .. } => self.release(change, *serial).await,
            _ => Err(Refusal::NotAllowed.into()),
        }
    }

    /// The act of a proposal, as its first person signed it.
    fn proposed(&self, proposal: &Proposal) -> Result<Verified, Halt> {
        let damaged = || CaError::Damaged(format!("the act of proposal {}", proposal.request));
        let open = |row: &[u8], sealed: &[u8]| self.vault().open("audit_content", row, sealed);
        let octets = proposal.message(open).ok_or_else(damaged)??;
        let message = SignedMessage::from_der(octets.to_vec());
        Ok(message.verify(MessageKind::Act).map_err(|_| damaged())?)
    }
}

fn act_of(message: &Verified) -> Result<ReceivedAct, CaError> {
    serde_json::from_slice(message.content()).map_err(|e| CaError::Damaged(e.to_string()))
}
