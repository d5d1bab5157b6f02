//! 発行: the proof of possession comes in, the certificate goes out.
//!
//! Applications that wait at the same time are certified as a group: prepared side by side, recorded
//! in one change of the book, signed side by side, filed in one change. A lone one is a group of one.
//! A group holds no two about the same case, person or key; the second waits for the next group.

mod draft;
mod filing;
mod recent_keys;
mod recording;
mod room;
mod side_by_side;

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use akashi_ledger::{CaseFile, LedgerError};
use akashi_wire::act::{Answer, Refusal};
use akashi_wire::octets::Sha256;
use akashi_wire::{CaseId, SerialNumber};
use jiff::Timestamp;
use spki::SubjectPublicKeyInfoOwned;
use tokio::sync::{Semaphore, oneshot};

use super::case_record::CaseRecord;
use super::{Acting, Counter, Halt};
use crate::issuance::{Recorded, Signed};
use crate::possession::Proof;
use crate::public_key::BadKey;
use crate::{CaError, public_key};
pub(super) use draft::end;
use draft::{Before, Chance, prepare};
pub(super) use recent_keys::RecentKeys;
pub(super) use room::{fits_card, too_long};
use side_by_side::side_by_side;

/// Applications in a group, at most.
const MOST: usize = 64;
/// Groups under way at the same time: one computes while another is with the book.
const GROUPS: usize = 4;

/// How often a group looks for whom of it the book stopped, and at what distance.
const LOOKS: u32 = 50;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Where applications wait to be certified.
pub(super) struct Queue {
    waiting: Mutex<VecDeque<Waiting>>,
    groups: Semaphore,
}

impl Default for Queue {
    fn default() -> Self {
        Self { waiting: Mutex::default(), groups: Semaphore::new(GROUPS) }
    }
}

/// One application that waits.
struct Waiting {
    acting: Arc<Acting>,
    case: CaseId,
    card: String,
    /// Computed before the wait; told only to whom the case belongs.
    proven: Result<Proven, Refusal>,
    reply: oneshot::Sender<Result<Answer, Halt>>,
}

/// A sound key that the applicant's card holds.
#[derive(Clone)]
struct Proven {
    proof: Proof,
    public_key: SubjectPublicKeyInfoOwned,
    /// Big-endian.
    modulus: Vec<u8>,
    /// Names the key in the book.
    digest: Sha256,
}

impl Proven {
    fn by(proof: &[u8]) -> Result<Self, Refusal> {
        let proof =
            Proof::read(proof).map_err(|e| Refusal::NoPossession { what: e.to_string() })?;
        let public_key = public_key::check(&proof.public_key).map_err(bad_key)?;
        let (_, modulus) = public_key::shape(&proof.public_key).map_err(bad_key)?;
        let digest = Sha256::of(&proof.public_key);
        Ok(Self { proof, public_key, modulus, digest })
    }
}

fn bad_key(why: BadKey) -> Refusal {
    Refusal::BadKey { what: why.to_string() }
}

impl Waiting {
    /// The modulus of the proven key, big-endian; nothing comes to a draft without.
    fn modulus(&self) -> &[u8] {
        self.proven.as_ref().map_or(&[], |proven| &proven.modulus)
    }

    /// Whoever asked may have gone; what was done stays done, and a repetition gets the answer.
    fn answer(self, answer: Result<Answer, Halt>) {
        let _ = self.reply.send(answer);
    }
}

impl Queue {
    fn push(&self, waiting: Waiting) {
        self.waiting.lock().expect("nobody panics with the queue").push_back(waiting);
    }

    /// The next group: what has waited longest, each case once.
    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().expect("nobody panics with the queue");
        let (mut group, mut left, mut cases) = (Vec::new(), VecDeque::new(), HashSet::new());
        while let Some(one) = waiting.pop_front() {
            if group.len() < MOST && cases.insert(one.case) {
                group.push(one);
            } else {
                left.push_back(one);
            }
        }
        *waiting = left;
        group
    }
}

impl Counter {
    /// Waits on the queue and comes back certified, or refused.
    pub(super) async fn certify(
        &self,
        acting: &Arc<Acting>,
        case: CaseId,
        card: &str,
        proof: &[u8],
    ) -> Result<Answer, Halt> {
        let proven = Proven::by(proof);
        let (reply, mut answer) = oneshot::channel();
        let (acting, card) = (acting.clone(), card.to_owned());
        self.queue.push(Waiting { acting, case, card, proven, reply });
        // Everybody who waits gets a slot once, and whoever has one certifies all that wait then: nobody is left.
        loop {
            let slot = tokio::select! {
                biased;
                answer = &mut answer => return answer.unwrap_or_else(|_| Err(lost())),
                slot = self.queue.groups.acquire() => slot.expect("the queue is never closed"),
            };
            let group = self.queue.take();
            if group.is_empty() {
                drop(slot);
                return answer.await.unwrap_or_else(|_| Err(lost()));
            }
            self.certify_group(group).await;
        }
    }
}

/// An application with its case, on its way to a certificate.
struct Member<Work> {
    waiting: Waiting,
    file: CaseFile,
    record: CaseRecord,
    /// SHA-256 of the key.
    key: Sha256,
    work: Work,
}

impl<Work> Member<Work> {
    /// The same member, one step further.
    fn map<Next>(self, step: impl FnOnce(Work) -> Next) -> Member<Next> {
        let Self { waiting, file, record, key, work } = self;
        Member { waiting, file, record, key, work: step(work) }
    }
}

/// The stages of a group. Whoever finds at the book that the case has moved on meanwhile (a copy of
/// the same request was quicker, another terminal took the case up) begins anew.
impl Counter {
    /// Certifies a group; every member is answered.
    async fn certify_group(&self, mut group: Vec<Waiting>) {
        while !group.is_empty() {
            let mut again = Vec::new();
            let prepared = self.prepare(group).await;
            let recorded = self.record(prepared, &mut again).await;
            let signed = self.sign(recorded).await;
            self.file(signed, &mut again).await;
            group = again;
        }
    }

    /// A group that the book did not take. Where it is because an officer or a terminal was dismissed or suspended a
    /// moment ago, that one is told so and the others begin anew; else everybody is told.
    async fn told_or_again(&self, group: Vec<Waiting>, error: CaError, again: &mut Vec<Waiting>) {
        if !matches!(&error, CaError::Ledger(error) if error.is_of_the_signer()) {
            return fail(group, error);
        }
        let (mut stopped, mut able) = (Vec::new(), group);
        // What stopped somebody may share a commit that is not there yet, and is read only after it.
        for _ in 0..LOOKS {
            let mut left = Vec::new();
            for waiting in able {
                let acting = &waiting.acting;
                match self.issuer.ledger.permit_act(&acting.message, acting.now).await {
                    Err(error) if error.is_of_the_signer() => stopped.push(waiting),
                    _ => left.push(waiting),
                }
            }
            able = left;
            if !stopped.is_empty() {
                break;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        // Nobody begins anew for ever: where nobody is found stopped any more, all ask again.
        let begins_anew = !stopped.is_empty();
        fail(stopped, error);
        match begins_anew {
            true => again.extend(able),
            false => fail(able, CaError::Ledger(LedgerError::GroupLost)),
        }
    }

    /// Everything that can be done without the book: proof, draft, lint.
    async fn prepare(&self, group: Vec<Waiting>) -> Vec<Member<Before>> {
        let now = latest(&group);
        let ids: Vec<CaseId> = group.iter().map(|waiting| waiting.case).collect();
        let looked = async {
            self.recent.follow(&self.issuer.ledger).await?;
            self.issuer.ledger.cases(&ids).await
        };
        let mut cases = match looked.await {
            Ok(cases) => cases,
            Err(error) => {
                fail(group, error.into());
                return Vec::new();
            }
        };
        let items = group.into_iter().map(|waiting| {
            let file = cases.remove(&waiting.case);
            let chance =
                Chance { serial: SerialNumber::from_random(self.random()), opaque: self.random() };
            (waiting, file, chance)
        });
        let (issuer, view) = (self.issuer.clone(), self.recent.view());
        let prepared = side_by_side(items.collect(), move |(waiting, file, chance)| {
            let outcome = prepare(&issuer, &waiting, file, chance, now);
            // What is resumed stands in the window itself.
            let sharing = match &outcome {
                Ok((.., Before::New(_))) => recent_keys::sharing(&view, waiting.modulus()),
                _ => Vec::new(),
            };
            (waiting, outcome, sharing)
        });
        let mut members = Vec::new();
        for (waiting, outcome, sharing) in prepared.await {
            match outcome {
                Ok(_) if !sharing.is_empty() => self.refuse_shared(waiting, &sharing).await,
                Ok((file, record, key, work)) => {
                    members.push(Member { waiting, file, record, key, work });
                }
                Err(halt) => self.settle_by_request(waiting, halt).await,
            }
        }
        members
    }

    /// A key that shares a prime is not certified, and those that it shares with are no longer safe:
    /// that is kept, and alarms.
    async fn refuse_shared(&self, waiting: Waiting, sharing: &[SerialNumber]) {
        let (permit, now) = (&waiting.acting.permit, waiting.acting.now);
        let what =
            format!("a prime in common with the key that was refused in case {}", waiting.case);
        let kept = async {
            let mut change = self.issuer.ledger.begin(permit, now).await?;
            for serial in sharing {
                change.share_prime(*serial, &what).await?;
            }
            change.commit().await
        };
        let refused = match kept.await {
            Ok(_) => Halt::from(bad_key(BadKey::SharedPrime)),
            Err(error) => error.into(),
        };
        waiting.answer(Err(refused));
    }

    /// A case that does not stand where it should was perhaps brought there by a copy of this very
    /// request: then its answer is the answer.
    async fn settle_by_request(&self, waiting: Waiting, halt: Halt) {
        let answer = match self.issuer.ledger.request(waiting.acting.act.request).await {
            Ok(Some(done)) => self.repeat(&waiting.acting, &done),
            Ok(None) => Err(halt),
            Err(error) => Err(error.into()),
        };
        waiting.answer(answer);
    }

    /// Signs, reads back, verifies.
    async fn sign(&self, members: Vec<Member<Recorded>>) -> Vec<Member<Signed>> {
        let (key, facts) = (self.issuer.key.clone(), self.issuer.facts.clone());
        let signed = side_by_side(members, move |member| {
            member.map(|recorded: Recorded| recorded.sign(&key, &facts))
        });
        let mut members = Vec::new();
        for Member { waiting, file, record, key, work } in signed.await {
            match work {
                Ok(work) => members.push(Member { waiting, file, record, key, work }),
                Err(error) => waiting.answer(Err(error.into())),
            }
        }
        members
    }
}

/// The time of a group is that of its latest member.
fn latest<'w>(group: impl IntoIterator<Item = &'w Waiting>) -> Timestamp {
    group.into_iter().map(|waiting| waiting.acting.now).max().unwrap_or_default()
}

/// Tells every member what went wrong with the group.
fn fail(group: impl IntoIterator<Item = Waiting>, error: CaError) {
    let error = Arc::new(error);
    for waiting in group {
        waiting.answer(Err(CaError::Shared(error.clone()).into()));
    }
}

/// Whoever carried the group out was cut off.
fn lost() -> Halt {
    Halt::Error(CaError::Ledger(akashi_ledger::LedgerError::GroupLost))
}
