//! The responder: its table, its key, its certificates and what it keeps.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use akashi_edge::OwnOrders;
use akashi_keys::{OfficerToken, ResponderKey};
use akashi_ledger::{Access, Authority, Inquiry, Ledger, LedgerError, Position, Responding};
use akashi_lint::Lint;
use akashi_wire::clock::Past;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::order::{OrderDoor, OrderRefusal};
use akashi_wire::{Order, Reading, pki};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::access::{Agency, agency};
use crate::cache::Cache;
use crate::certificate::{OwnCertificate, OwnCertificates, key_hash};
use crate::follow::Follower;
use crate::inquiries::Recorder;
use crate::respond::{Found, respond};
use crate::response::{ResponseError, Said};
use crate::{
    Asker, Counts, Followed, Issuer, OcspError, OcspRequest, Refusal, ResponseStatus, Settings,
    SignedAnswer,
};

/// After asking for a certificate failed, this long until the next try.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// What a client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A signed response.
    Signed {
        /// It.
        answer: Arc<SignedAnswer>,
        /// Whether others may keep it: in `open` mode, without a nonce.
        may_be_kept: bool,
    },
    /// A response that says only why there is none.
    Error(ResponseStatus),
}

impl Answer {
    /// DER of the OCSPResponse.
    pub fn octets(&self) -> &[u8] {
        match self {
            Self::Signed { answer, .. } => &answer.octets,
            Self::Error(status) => status.error_response(),
        }
    }

    /// The responseStatus.
    pub fn status(&self) -> ResponseStatus {
        match self {
            Self::Signed { .. } => ResponseStatus::Successful,
            Self::Error(status) => *status,
        }
    }
}

/// An OCSP responder for the newest generation of one authority.
pub struct Responder {
    ledger: Ledger<Responding>,
    orders: OwnOrders,
    key: ResponderKey,
    key_hash: [u8; 20],
    settings: Settings,
    authority: Authority,
    issuer: Issuer,
    lint: Lint,
    /// The last moment of the authority, at which its answers end.
    end: Timestamp,
    /// What was wrong with the last answer that was not signed for it.
    unsound: std::sync::Mutex<Option<String>>,
    pub(crate) follower: Follower,
    own: OwnCertificates,
    asking: Mutex<Asking>,
    cache: Cache,
    recorder: Recorder,
    counts: Counts,
    /// Whether the time was known when the book was followed last.
    knows_time: AtomicBool,
    /// What it saw of the time.
    seen: std::sync::Mutex<Seen>,
}

/// What a responder saw of the time since that was brought back last.
#[derive(Debug)]
struct Seen {
    /// The entry that brought it back, as far as the book was followed.
    brought_back: i64,
    /// The second of the newest thisUpdate that was signed.
    last_signed: i64,
    /// The second of the newest time that the book keeps of this responder.
    kept_time: i64,
}

impl Seen {
    fn since(brought_back: i64, seen: Option<Timestamp>) -> Self {
        let seen = seen.map_or(i64::MIN, |seen| seen.as_second());
        Self { brought_back, last_signed: seen, kept_time: seen }
    }
}

/// How far the wish for a certificate has come.
#[derive(Default)]
struct Asking {
    asked: bool,
    failed_at: Option<Duration>,
    unfit: Option<Sha256>,
}

impl Responder {
    /// Opens a responder. It answers `tryLater` until it has followed the book once and the
    /// authority has certified its key. Must be called within a tokio runtime.
    pub async fn open(
        ledger: Ledger<Responding>,
        orders: Arc<dyn OrderDoor>,
        (key, token): (ResponderKey, Arc<OfficerToken>),
        settings: Settings,
    ) -> Result<Arc<Self>, OcspError> {
        if settings.validity < Duration::from_secs(2) {
            return Err(OcspError::Setting("an OCSP answer must be valid for two seconds or more"));
        }
        let validity = signed(settings.validity)?;
        let authority = ledger.authority().await?;
        let issuer = Issuer::of(&authority.certificate).map_err(OcspError::AuthorityCertificate)?;
        // What the founders signed, and not what a row says.
        let record = ledger.founding_record().await?;
        let lint = Lint::new(&authority.certificate, record.as_bytes())?;
        let end = pki::not_after(&authority.certificate);
        let key_hash = key_hash(key.key.public_key()).map_err(OcspError::PublicKey)?;
        // One that is started anew with its clock set back must not answer from before.
        let seen = ledger.responder_time(key.key.public_key()).await?;
        let brought_back = ledger.times().await?.brought_back;
        Ok(Arc::new(Self {
            recorder: Recorder::start(ledger.clone(), settings.patience),
            follower: Follower::new(authority.generation(), settings.compare_every),
            cache: Cache::new(settings.kept_answers, validity / 2),
            own: OwnCertificates::default(),
            asking: Mutex::default(),
            knows_time: AtomicBool::new(true),
            counts: Counts::default(),
            seen: std::sync::Mutex::new(Seen::since(brought_back.0, seen)),
            ledger,
            orders: OwnOrders::new(token, orders),
            key,
            key_hash,
            settings,
            authority,
            issuer,
            lint,
            end,
            unsound: std::sync::Mutex::default(),
        }))
    }

    /// The authority for which this answers.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What was set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What happened so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How many certificates it knows the status of.
    pub fn known(&self) -> usize {
        self.follower.table().len()
    }

    /// Reads what is new in the book, and sees to its own certificate.
    ///
    /// # Errors
    /// When the book cannot be read; after [`Settings::lost_contact`] of that, nothing is answered.
    pub async fn follow(&self, reading: Reading) -> Result<Followed, OcspError> {
        let Reading { now, monotonic, doubt, brought_back, .. } = reading;
        let is_ours = !doubt.is_some_and(|doubt| doubt.is_unwitnessed());
        // What is recorded while nobody knows the time is read when it is known how it is to be read.
        let times = self.ledger.times().await;
        let times = times.inspect_err(|_| self.counts.fail_to_follow())?;
        if self.is_brought_back(times.brought_back) {
            // A certificate that was unfit by the wrong time may be the one that is good.
            self.asking.lock().await.unfit = None;
        }
        // Until this clock has heard of it, its time is the one that was found wrong.
        // (A book that was restored may know of none that it has heard of.)
        let is_known = is_ours && times.are_known && brought_back >= times.brought_back.0;
        self.knows_time.store(is_known, Ordering::Release);
        if !is_known {
            return Ok(Followed::default());
        }
        let followed = self.follower.step(&self.ledger, &self.counts, monotonic, times).await;
        let mut followed = followed.inspect_err(|_| self.counts.fail_to_follow())?;
        let time = self.keep_time(&reading).await.err().map(OcspError::from);
        let unsound = self.unsound.lock().unwrap_or_else(PoisonError::into_inner).take();
        let trouble = time.or(self.see_to_certificate(now, monotonic).await.err());
        if trouble.is_some() {
            self.counts.fail_to_certify();
        }
        followed.trouble = unsound.map(OcspError::Lint).or(trouble);
        Ok(followed)
    }

    /// Whether the time was brought back since this was asked last: what was seen and signed before is of a time that
    /// was wrong, and keeps nobody from going on by the right one.
    fn is_brought_back(&self, by: Position) -> bool {
        let mut seen = self.seen();
        let is_new = by.0 > seen.brought_back;
        if is_new {
            *seen = Seen::since(by.0, None);
        }
        is_new
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the book knows of the time, where the clock must be told that gave this reading: while it is in doubt, and
    /// once the time was brought back.
    pub async fn past(&self, reading: &Reading) -> Option<Past> {
        if reading.doubt.is_none() && reading.brought_back >= self.seen().brought_back {
            return None;
        }
        self.ledger.past().await.ok()
    }

    /// Whose links are not opened any more; nothing where the book does not say.
    pub(crate) async fn dismissed(&self) -> Option<HashSet<Sha256>> {
        self.ledger.dismissed().await.ok()
    }

    /// Answers one request.
    pub async fn answer(&self, request: &[u8], asker: Asker<'_>, reading: Reading) -> Answer {
        self.try_answer(request, asker, reading).await.unwrap_or_else(|refusal| {
            self.counts.refuse(&refusal);
            Answer::Error(refusal.status())
        })
    }

    async fn try_answer(
        &self,
        request: &[u8],
        asker: Asker<'_>,
        reading: Reading,
    ) -> Result<Answer, Refusal> {
        let Reading { now, monotonic, .. } = reading;
        let request = OcspRequest::read(request)?;
        if now >= self.end {
            return Err(Refusal::AuthorityOver);
        }
        let agency = match self.authority.profile.access {
            Access::Open => None,
            Access::Registered => {
                let patience = self.settings.patience;
                Some(agency(&self.ledger, &request, asker, now, patience).await?)
            }
        };
        if !self.knows_time.load(Ordering::Acquire) {
            return Err(Refusal::TimeInDoubt);
        }
        // With the table in hand: it is not emptied between the two.
        let found = {
            let table = self.follower.table();
            self.check_contact(monotonic)?;
            self.check_clock(&reading)?;
            respond(&request, &self.issuer, &table)?
        };
        let answer = self.signed_answer(&request, &found, &reading)?;
        if let Some(agency) = &agency {
            self.record(&found, agency, now).await?;
        }
        found.iter().for_each(|found| self.counts.told(found.standing));
        Ok(Answer::Signed { answer, may_be_kept: agency.is_none() && request.nonce.is_none() })
    }

    fn check_contact(&self, monotonic: Duration) -> Result<(), Refusal> {
        match self.follower.silence(monotonic) {
            None => Err(Refusal::NotLoaded),
            Some(silence) if silence > self.settings.lost_contact => Err(Refusal::LostContact),
            Some(_) => Ok(()),
        }
    }

    fn check_clock(&self, reading: &Reading) -> Result<(), Refusal> {
        let tolerance = self.settings.clock_tolerance.as_secs() as i64;
        let seen = self.seen();
        if reading.brought_back < seen.brought_back {
            return Err(Refusal::TimeInDoubt);
        }
        let behind = reading.now.as_second().saturating_add(tolerance) < seen.last_signed;
        if behind { Err(Refusal::ClockBehind) } else { Ok(()) }
    }

    fn signed_answer(
        &self,
        request: &OcspRequest<'_>,
        found: &[Found<'_>],
        reading: &Reading,
    ) -> Result<Arc<SignedAnswer>, Refusal> {
        let now = reading.now;
        let to_keep = match (found, request.nonce) {
            ([Found { cert_id, standing: Some(standing) }], None) => {
                Some((cert_id.octets(), *standing))
            }
            _ => None,
        };
        if let Some((cert_id, standing)) = to_keep
            && let Some(kept) = self.cache.get(cert_id, standing, now)
        {
            self.counts.take_from_cache();
            return Ok(kept);
        }
        let answer = Arc::new(self.sign(request, found, reading)?);
        if let Some((cert_id, standing)) = to_keep {
            self.cache.keep(cert_id, standing, &answer);
        }
        Ok(answer)
    }

    fn sign(
        &self,
        request: &OcspRequest<'_>,
        found: &[Found<'_>],
        reading: &Reading,
    ) -> Result<SignedAnswer, Refusal> {
        let now = reading.now;
        // Rounded down: an answer from the future is refused by clients.
        let this_update = Timestamp::from_second(now.as_millisecond().div_euclid(1000))
            .map_err(|_| Refusal::Key)?;
        // The last answers end with the authority.
        let next_update = this_update
            .checked_add(self.settings.validity)
            .map_err(|_| Refusal::Key)?
            .min(self.end);
        let own = self.own.valid_for(this_update, next_update).ok_or(Refusal::NoCertificate)?;
        let responder = &self.key_hash;
        let said = Said { responder, found, this_update, next_update, nonce: request.nonce };
        let signed = said.sign(&*self.key.key, &own.der, &self.lint);
        let answer = signed.map_err(|error| self.not_signed(&error))?;
        let mut seen = self.seen();
        // It was brought back while this was signed: it is of the time before.
        if reading.brought_back < seen.brought_back {
            return Err(Refusal::TimeInDoubt);
        }
        seen.last_signed = seen.last_signed.max(this_update.as_second());
        self.counts.sign();
        Ok(answer)
    }

    /// Why an answer was not signed; what is wrong with it is told with the next reading of the book.
    pub(crate) fn not_signed(&self, error: &ResponseError) -> Refusal {
        let ResponseError::Lint(findings) = error else { return Refusal::Key };
        let told = findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        *self.unsound.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        Refusal::Lint
    }

    async fn record(
        &self,
        found: &[Found<'_>],
        agency: &Agency,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let inquiry = |found: &Found<'_>| Inquiry {
            party: agency.party,
            purpose: agency.purpose.clone(),
            asked: found.cert_id.serial_text(),
            answer: found.word().to_owned(),
            at: now,
        };
        let inquiries = found.iter().map(inquiry).collect();
        self.recorder.record(inquiries, now).await
    }

    /// Keeps the time in the book, once it has moved on by more than the tolerance.
    async fn keep_time(&self, reading: &Reading) -> Result<(), LedgerError> {
        let tolerance = self.settings.clock_tolerance.as_secs() as i64;
        let (now, brought_back) = (reading.now.as_second(), reading.brought_back);
        let is_of_now = |seen: &Seen| seen.brought_back <= brought_back;
        let is_due = {
            let seen = self.seen();
            is_of_now(&seen) && now > seen.kept_time.saturating_add(tolerance)
        };
        if is_due {
            let public_key = self.key.key.public_key();
            let by = Position(brought_back);
            self.ledger.keep_responder_time(public_key, reading.now, by).await?;
            let mut seen = self.seen();
            if is_of_now(&seen) {
                seen.kept_time = seen.kept_time.max(now);
            }
        }
        Ok(())
    }

    /// Asks for a certificate once, and picks up the newest one.
    async fn see_to_certificate(
        &self,
        now: Timestamp,
        monotonic: Duration,
    ) -> Result<(), OcspError> {
        let mut asking = self.asking.lock().await;
        let rested = |at: Duration| monotonic.saturating_sub(at) >= ASK_AGAIN;
        let asked = if !asking.asked && asking.failed_at.is_none_or(rested) {
            let asked = self.ask(now).await;
            asking.asked = asked.is_ok();
            asking.failed_at = asked.is_err().then_some(monotonic);
            asked
        } else {
            Ok(())
        };
        self.pick_up(&mut asking, now).await?;
        Ok(asked?)
    }

    async fn ask(&self, now: Timestamp) -> Result<(), OrderRefusal> {
        let public_key = Octets(self.key.key.public_key().to_vec());
        let in_place_of = self.key.before.iter().cloned().map(Octets).collect();
        let generation = self.authority.generation();
        let order = Order::AskForCertificate { generation, public_key, in_place_of };
        self.orders.give(order, now).await.map(|_| ())
    }

    async fn pick_up(&self, asking: &mut Asking, now: Timestamp) -> Result<(), OcspError> {
        let public_key = self.key.key.public_key();
        let Some(found) =
            self.ledger.responder_certificate(self.authority.generation(), public_key, now).await?
        else {
            return Ok(());
        };
        let fingerprint = Sha256::of(&found.certificate);
        if self.own.holds(&found.certificate) || asking.unfit == Some(fingerprint) {
            return Ok(());
        }
        let authority = &self.authority.certificate;
        match OwnCertificate::check(found.certificate, public_key, authority, now) {
            Ok(own) => self.own.add(own, now),
            Err(unfit) => {
                // Said once; the next certificate is another one.
                asking.unfit = Some(fingerprint);
                return Err(unfit.into());
            }
        }
        Ok(())
    }
}

fn signed(duration: Duration) -> Result<SignedDuration, OcspError> {
    SignedDuration::try_from(duration).map_err(|_| OcspError::Setting("a time is too long"))
}
