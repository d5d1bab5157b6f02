//! The counter's door: what officers ask, act by act.
//!
//! Every act is verified, permitted, carried out and answered once. The act itself, as signed, is
//! the audit entry's content; a refusal is an entry too.

mod application;
mod card_channel;
mod cards;
mod case_record;
mod certifying;
mod delivery;
mod ending;
mod enrolment;
mod find_certificate;
mod inquiry;
mod lists;
mod look_up;
mod offline_resets;
mod offline_times;
mod one_certificate;
mod pin_reset;
mod recall;
mod rekey;
mod two_persons;

use std::sync::{Arc, Mutex, OnceLock};

use akashi_keys::{CardMaster, KeyError, LinkAuthority, NextKeys, Opener, Vault};
use akashi_ledger::{
    CaseFile, Change, Content, LedgerError, Permit, PermittedAct, RecordedRequest, Step,
};
use akashi_wire::act::{Answer, AskedAct, Deed, Procedure, Refusal};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{CaseId, MunicipalityCode, SignedMessage, Verified};
use jiff::{SignedDuration, Timestamp, ToSpan};
use rand::Rng;
use rand::rngs::StdRng;

use crate::error::of_the_book;
use crate::observe;
use crate::recovery;
use crate::retention::Record;
use crate::{CaError, Issuer, Orders, RegistryClient};
use case_record::CaseRecord;
use certifying::{Queue, RecentKeys};

pub(crate) use ending::{end_living, end_undelivered};
pub use enrolment::normalised;

/// The counter's door.
pub struct Counter {
    issuer: Issuer,
    services: Services,
    rng: Mutex<StdRng>,
    queue: Queue,
    recent: RecentKeys,
}

/// What the counter works with, beside the issuer.
pub struct Services {
    /// Whom it asks about persons.
    pub registry: RegistryClient,
    /// Who certifies parties.
    pub link_authority: Arc<LinkAuthority>,
    /// What opens a sealed resident code.
    pub opener: Arc<Opener>,
    /// What puts refusals to strangers on record.
    pub orders: Orders,
    /// From what the keys of every card come.
    pub card_master: Arc<CardMaster>,
    /// The keys that wait to take the place of the authority's own.
    pub next_keys: NextKeys,
}

/// One act on its way through the counter.
struct Acting {
    act: AskedAct,
    message: Verified,
    permit: Permit,
    now: Timestamp,
    /// The procedure of its case, once that was read.
    procedure: OnceLock<Procedure>,
    /// The end of the certificate that it turned out to be about.
    end: OnceLock<Timestamp>,
}

impl Acting {
    /// What it is about, which decides when it is deleted.
    fn record(&self) -> Record {
        Record::of_act(self.act.deed(), self.procedure.get().copied())
    }

    /// From here on it is about this certificate, by its end.
    fn applies_to(&self, end: Timestamp) {
        self.end.get_or_init(|| end);
    }
}

/// Why an act stops before its end.
enum Halt {
    /// It was carried out meanwhile, by a copy of the same request.
    Already(Box<Answer>),
    Error(CaError),
}

macro_rules! halt_from {
    ($($error:ty),*) => {$(
        impl From<$error> for Halt {
            fn from(error: $error) -> Self {
                Self::Error(error.into())
            }
        }
    )*};
}
halt_from!(CaError, Refusal, LedgerError, KeyError, der::Error);

impl Counter {
    /// A counter over an issuer; `rng` gives serial numbers and challenges.
    pub fn new(issuer: Issuer, services: Services, rng: StdRng) -> Self {
        let recent = RecentKeys::new(issuer.rules.shared_prime_window);
        Self { issuer, services, rng: Mutex::new(rng), queue: Queue::default(), recent }
    }

    /// Carries out one signed act. `peer` is the certificate at the other end of the link: the terminal's.
    ///
    /// # Errors
    /// Everything that the asker can mend is a [`Refusal`] inside of the error; each is on record.
    pub async fn act(
        &self,
        message: SignedMessage,
        peer: &[u8],
        now: Timestamp,
    ) -> Result<Answer, CaError> {
        let digest = Sha256::of(message.as_der());
        let acting = match self.admit(message, peer, now).await {
            Ok(acting) => Arc::new(acting),
            Err(CaError::Refused(refusal)) => {
                self.refuse_whoever(peer, (&refusal, Some(digest)), now).await?;
                return Err(refusal.into());
            }
            Err(error) => return Err(error),
        };
        let outcome = match self.carry_out(&acting).await {
            Ok(answer) => Ok(answer),
            Err(Halt::Already(answer)) => Ok(*answer),
            // What the book refuses is a refusal as any other, and on record.
            Err(Halt::Error(error)) => match error.refused() {
                Some(refusal) => {
                    self.record_refusal(&acting, &refusal).await?;
                    Err(refusal.into())
                }
                None => Err(error),
            },
        };
        observe::act(acting.act.verb, &outcome);
        outcome
    }

    /// Puts on record that a machine was refused something before anybody looked what it was.
    pub async fn refuse(
        &self,
        peer: &[u8],
        refusal: &Refusal,
        now: Timestamp,
    ) -> Result<(), CaError> {
        self.refuse_whoever(peer, (refusal, None), now).await
    }

    async fn refuse_whoever(
        &self,
        peer: &[u8],
        (refusal, what): (&Refusal, Option<Sha256>),
        now: Timestamp,
    ) -> Result<(), CaError> {
        observe::act("none", &Err(CaError::Refused(refusal.clone())));
        let what = (refusal_name(refusal), what);
        self.services.orders.record_refusal(Some(peer), (&what.0, what.1), now).await
    }

    /// Writes down what the recovery key asks for; a refusal is on record.
    ///
    /// # Errors
    /// Everything that the asker can mend is a [`Refusal`] inside of the error.
    pub async fn recover(
        &self,
        message: SignedMessage,
        peer: &[u8],
        now: Timestamp,
    ) -> Result<Answer, CaError> {
        let Services { link_authority, orders, .. } = &self.services;
        let digest = Sha256::of(message.as_der());
        let error = match recovery::ask(&self.issuer, link_authority, message, peer, now).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        match error.refused() {
            Some(refusal) => {
                let what = (refusal_name(&refusal), Some(digest));
                orders.record_refusal(Some(peer), (&what.0, what.1), now).await?;
                Err(refusal.into())
            }
            None => Err(error),
        }
    }

    /// Whose act it is, and what it says. Whoever does not come so far has no permit.
    async fn admit(
        &self,
        message: SignedMessage,
        peer: &[u8],
        now: Timestamp,
    ) -> Result<Acting, CaError> {
        let message = message
            .verify(MessageKind::Act)
            .map_err(|e| Refusal::Malformed { what: e.to_string() })?;
        let PermittedAct { act, permit } = match self.issuer.ledger.permit_act(&message, now).await
        {
            Err(error) if error.is_of_the_signer() => return Err(of_the_book(&error).into()),
            Err(LedgerError::Unreadable { column }) => {
                return Err(Refusal::Malformed { what: format!("column {column}") }.into());
            }
            other => other?,
        };
        // What was signed at one terminal is taken from no other.
        if act.terminal != Sha256::of(peer) {
            return Err(Refusal::NotATerminal.into());
        }
        Ok(Acting { act, message, permit, now, procedure: OnceLock::new(), end: OnceLock::new() })
    }

    async fn carry_out(&self, acting: &Arc<Acting>) -> Result<Answer, Halt> {
        let act = &acting.act;
        if act.authority != self.issuer.authority.fingerprint() {
            return Err(Refusal::OtherAuthority.into());
        }
        if let Some(done) = self.issuer.ledger.request(act.request).await? {
            return self.repeat(acting, &done);
        }
        let skew = self.issuer.rules.act_skew();
        let is_of_now = |now: Timestamp| act.made_at.duration_since(now).abs() <= skew;
        let accepts = matches!(act.deed(), Some(Deed::AcceptClock));
        if (accepts || !is_of_now(acting.now))
            && !self.may_be_of_now(acting, is_of_now(acting.now), skew).await?
        {
            let (made_at, now) = (act.made_at, acting.now);
            return Err(Refusal::NotNow { made_at, now }.into());
        }
        match act.deed().ok_or(Refusal::NotAllowed)? {
            deed @ (Deed::Enrol { .. }
            | Deed::Prolong { .. }
            | Deed::Dismiss { .. }
            | Deed::Lift { .. }
            | Deed::Release { .. }
            | Deed::HandOver { .. }) => self.propose_or_do(acting, deed).await,
            Deed::Suspend { what, .. } => self.suspend(acting, *what).await,
            Deed::SignForAlarm { alarm, .. } => self.sign_for(acting, *alarm).await,
            Deed::List { list } => self.list(acting, list).await,
            Deed::Countersign { request, .. } => self.countersign(acting, *request).await,
            Deed::Outcome { request } => self.outcome(acting, *request).await,
            Deed::Review => self.review(acting).await,
            Deed::RegisterCards { lot, model, cards } => {
                self.register_cards(acting, lot, model, cards).await
            }
            Deed::PreviewRecall { selection } => self.preview_recall(acting, selection).await,
            Deed::ProposeRecall { selection, reason, why, digest } => {
                self.propose_recall(acting, selection, *reason, (why, *digest)).await
            }
            Deed::ConfirmRecall { recall, digest } => {
                self.confirm_recall(acting, *recall, *digest).await
            }
            Deed::StopRecovery { recovery, .. } => self.stop_recovery(acting, *recovery).await,
            Deed::AcceptClock => self.accept_clock(acting).await,
            Deed::OpenCase { procedure } => self.open_case(acting, *procedure).await,
            Deed::LookUp { case, by } => self.look_up(acting, *case, by).await,
            Deed::FindCertificate { case, by } => self.find_certificate(acting, *case, by).await,
            Deed::SendInquiry { case } => self.send_inquiry(acting, *case).await,
            Deed::Apply {
                case,
                card,
                identity,
                under_guardianship,
                name_choices,
                address_choices,
            } => {
                let applicant = (identity, *under_guardianship);
                let choices = (name_choices, address_choices);
                self.apply(acting, *case, card, applicant, choices).await
            }
            Deed::TakeUp { case, card } => self.take_up(acting, *case, card).await,
            Deed::OpenChannel { case, card } => self.open_channel(acting, *case, card).await,
            Deed::CardAnswered { case, answers } => {
                self.card_answered(acting, *case, answers).await
            }
            Deed::ResetPin { case, card, identity } => {
                self.reset_pin(acting, *case, card, identity).await
            }
            Deed::ReportOffline { head, lines } => {
                self.report_offline(acting, head.as_ref(), lines).await
            }
            Deed::Certify { case, card, proof } => {
                self.certify(acting, *case, card, &proof.0).await
            }
            Deed::ConfirmDelivery { case, card, read_back } => {
                self.confirm_delivery(acting, *case, card, *read_back).await
            }
            Deed::Revoke { case, identity, reason } => {
                self.revoke(acting, *case, identity, *reason).await
            }
            Deed::Hold { case } => self.hold(acting, *case).await,
            Deed::CloseCase { case, .. } => self.close_case(acting, *case).await,
        }
    }

    /// Whether an act may be of now all the same, since it is our time that may be wrong. While nobody knows
    /// the time what ends a certificate or stops somebody may be of any later one; where the machine's clock says
    /// another, of that; and whoever says that it is right says so by a clock that agrees with it.
    async fn may_be_of_now(
        &self,
        acting: &Acting,
        is_of_now: bool,
        skew: SignedDuration,
    ) -> Result<bool, Halt> {
        let found = self.issuer.ledger.clock_doubt().await?;
        let Some(found) = found else { return Ok(is_of_now) };
        let (made_at, now) = (acting.act.made_at, acting.now);
        let Some(deed) = acting.act.deed() else { return Ok(false) };
        Ok(match deed {
            Deed::AcceptClock => found.agrees(made_at, now, skew),
            Deed::OpenCase { procedure: Procedure::Hold | Procedure::Revocation }
            | Deed::LookUp { .. }
            | Deed::FindCertificate { .. }
            | Deed::Hold { .. }
            | Deed::Revoke { .. }
            | Deed::StopRecovery { .. }
            | Deed::SignForAlarm { .. }
            | Deed::List { .. }
            | Deed::Suspend { .. } => found.may_be_of_now(made_at, now, skew),
            // Of what gives or issues something nobody knows whether it is of now.
            _ if found.doubt.is_unwitnessed() => return Err(Refusal::TimeInDoubt.into()),
            _ => false,
        })
    }

    /// The answer that a request got before.
    fn repeat(&self, acting: &Acting, done: &RecordedRequest) -> Result<Answer, Halt> {
        let same =
            done.party == acting.permit.party() && done.digest == self.request_digest(acting);
        if !same {
            return Err(Refusal::RequestReused.into());
        }
        Ok(self.answer_of(done)?)
    }

    fn answer_of(&self, done: &RecordedRequest) -> Result<Answer, CaError> {
        let answer = self.vault().open("request", done.request.as_bytes(), &done.sealed_answer)?;
        serde_json::from_slice(&answer).map_err(|e| CaError::Damaged(e.to_string()))
    }

    /// Begins the change that an act makes. A copy of the same request that was quicker halts it.
    async fn begin(&self, acting: &Acting) -> Result<Change, Halt> {
        let mut change = self.issuer.ledger.begin(&acting.permit, acting.now).await?;
        if let Some(done) = change.request(acting.act.request).await? {
            let answer = Box::new(self.repeat(acting, &done)?);
            change.rollback().await?;
            return Err(Halt::Already(answer));
        }
        Ok(change)
    }

    /// Ends the change that an act makes: the act as signed is noted, its answer kept, all of it
    /// made durable.
    async fn finish(
        &self,
        mut change: Change,
        acting: &Acting,
        subject: &str,
        answer: Answer,
    ) -> Result<Answer, Halt> {
        let evidence = self.evidence(acting)?;
        change.append(acting.act.verb, subject, Some(evidence)).await?;
        change.record_request(&self.answered(acting, &answer)?).await?;
        change.commit().await?;
        Ok(answer)
    }

    /// A request with its answer, as the book keeps it.
    fn answered(&self, acting: &Acting, answer: &Answer) -> Result<RecordedRequest, KeyError> {
        let octets = serde_json::to_vec(answer).expect("an answer is JSON");
        let request = acting.act.request;
        Ok(RecordedRequest {
            request,
            party: acting.permit.party(),
            digest: self.request_digest(acting),
            sealed_answer: self.vault().seal(
                "request",
                request.as_bytes(),
                &octets,
                self.until(acting),
            )?,
        })
    }

    async fn record_refusal(&self, acting: &Acting, refusal: &Refusal) -> Result<(), CaError> {
        let name = refusal_name(refusal);
        let case = acting.act.case.map(|case| case.to_string()).unwrap_or_default();
        let verb = acting.act.verb.to_string();
        let (why, who) = (format!("{verb} {name}"), acting.permit.party().to_string());
        let Some(mut waits) = self.services.orders.refused(&why, &who, acting.now) else {
            return Ok(());
        };
        // What was asked for is known by its digest alone: nobody keeps for ever what was refused.
        let digest = Sha256::of(acting.message.message());
        let subject = format!("{verb} {case} {name} {digest}");
        let mut change = match self.issuer.ledger.begin(&acting.permit, acting.now).await {
            // A clock that is behind can record nothing: it is counted until one can.
            Err(LedgerError::ClockBehind { .. }) => return Ok(()),
            // Stopped a moment ago: what is left to be written the authority writes itself.
            Err(error) if error.is_of_the_signer() => {
                waits.is_recorded();
                let (signer, what) = (acting.message.signer(), (name.as_str(), Some(digest)));
                return self.services.orders.record_refusal(Some(signer), what, acting.now).await;
            }
            other => other?,
        };
        change.append("refuse", &subject, None::<Content>).await?;
        change.commit().await?;
        waits.is_recorded();
        Ok(())
    }

    /// The act as it was signed: plain `openssl cms -verify` checks it.
    fn evidence(&self, acting: &Acting) -> Result<Content, CaError> {
        let salt = self.random();
        Ok(Content::new(acting.message.message(), salt, |commitment| {
            let message = acting.message.message();
            self.vault().seal("audit_content", &commitment.0, message, self.until(acting))
        })?)
    }

    /// The number of the key under which what is recorded of an act is sealed: the month of its deletion.
    fn until(&self, acting: &Acting) -> u32 {
        let record = acting.record();
        let month = match acting.end.get() {
            Some(end) => record.until(*end),
            None => record.until_of_any(self.last_issue(acting.now)),
        };
        month.number()
    }

    /// The last moment at which a certificate can be issued that this is about, as long as none is known: as
    /// late as its case is open. A case that ends one may find one that was issued after it was opened.
    fn last_issue(&self, now: Timestamp) -> Timestamp {
        now + (24 * self.issuer.rules.longest_case()).hours()
    }

    /// A request's text, as the book knows it again.
    fn request_digest(&self, acting: &Acting) -> Sha256 {
        Sha256(self.vault().text_hash(acting.message.content()))
    }

    fn vault(&self) -> &Vault {
        &self.issuer.vault
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut octets = [0; N];
        self.rng.lock().expect("nobody panics with the generator").fill_bytes(&mut octets);
        octets
    }

    /// A case of the officer's own counter.
    async fn case_in(
        &self,
        change: &mut Change,
        acting: &Acting,
        case: CaseId,
    ) -> Result<(CaseFile, CaseRecord), Halt> {
        let own = change.permit().municipality();
        let file = of_counter(change.case(case).await?, own, change.at())?;
        let record = CaseRecord::open(self.vault(), case, &file.sealed_file)?;
        acting.procedure.get_or_init(|| record.procedure);
        // The telephone's cases are holds; a counter's are none of its business.
        let by_telephone = matches!(change.permit().role(), Role::HoldDesk { .. });
        if by_telephone && record.procedure != Procedure::Hold {
            return Err(Refusal::NoSuchCase.into());
        }
        Ok((file, record))
    }

    async fn save_case(
        &self,
        change: &mut Change,
        acting: &Acting,
        file: &mut CaseFile,
        record: &CaseRecord,
    ) -> Result<(), Halt> {
        let kept = Record::of(record.procedure);
        let until = match acting.end.get() {
            Some(end) => kept.until(*end),
            None => kept.until_of_any(self.last_issue(change.at())),
        };
        file.sealed_file = record.seal(self.vault(), file.case, until)?;
        let since = (file.opened_at, change.at());
        file.closes_at = record.closes_at(file.step, &self.issuer.rules, since);
        Ok(change.save_case(file).await?)
    }
}

/// The case, if it is of this municipality's counter. Past its term it is closed, whether the scheduler has
/// come by or not.
fn of_counter(
    file: Option<CaseFile>,
    own: Option<MunicipalityCode>,
    now: Timestamp,
) -> Result<CaseFile, Refusal> {
    let mut file = file.filter(|file| Some(file.municipality) == own).ok_or(Refusal::NoSuchCase)?;
    if file.closes_at.is_some_and(|end| end <= now) {
        file.step = Step::Closed;
    }
    Ok(file)
}

/// One word for the audit chain.
fn refusal_name(refusal: &Refusal) -> String {
    let json = serde_json::to_value(refusal).ok();
    let name = json.as_ref().and_then(|json| json["refusal"].as_str());
    name.unwrap_or("refused").to_owned()
}

/// Refuses unless the case stands at one of these steps.
fn at_step(file: &CaseFile, steps: &[Step], acting: &Acting) -> Result<(), Refusal> {
    if steps.contains(&file.step) {
        return Ok(());
    }
    let (step, asked) = (file.step.name().to_owned(), acting.act.verb.to_owned());
    Err(Refusal::WrongStep { step, asked })
}
