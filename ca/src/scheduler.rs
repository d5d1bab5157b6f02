//! What the passing of time asks for: settling, planned moves, renewed responders, signed heads of
//! the audit chain, cases that nobody finished.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use akashi_keys::LinkAuthority;
use akashi_ledger::{LedgerError, Permit, ResponderCertificate, Step};
use akashi_wire::order::OrderRefusal;
use akashi_wire::party::Role;
use akashi_wire::{Alarm, Clock, DeletionMonth, Order, Reading, SerialNumber};
use der::Decode;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rand::Rng;
use rand::rngs::StdRng;

use crate::alarms;
use crate::clock_guard::ClockGuard;
use crate::comparison::{Compared, Comparison};
use crate::counter::end_undelivered;
use crate::ends::OwnCertificate;
use crate::idou::Worker;
use crate::issuance::Draft;
use crate::observe;
use crate::profile::responder::tbs_responder;
use crate::recall;
use crate::recovery;
use crate::stated::digests_of_items;
use crate::turn::Turn;
use crate::watch::Watch;
use crate::{AlarmSettings, CaError, Issuer, Log, Orders, RegistryClient};

/// Cases that one tick closes at most, and certificates that it indexes: what is due besides must not
/// wait for them.
const CASES_OF_A_TICK: i64 = 256;

/// What one tick did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ticked {
    /// Events of the inbox looked at.
    pub settled: usize,
    /// Planned moves fired.
    pub fired: usize,
    /// Certificates given to responders.
    pub responders: usize,
    /// Interrupted intentions voided.
    pub voided: usize,
    /// Certificates revoked because nobody took them.
    pub undelivered: usize,
    /// Cases closed because nobody touched them until their term.
    pub closed: usize,
    /// Parties enrolled by a recovery.
    pub recovered: usize,
    /// Certificates ended by a recall of their cards.
    pub recalled: usize,
    /// Inquiries entered into the chain.
    pub inquiries: usize,
    /// Alarms that began.
    pub alarms: Vec<Alarm>,
    /// Whether scheduled acts wait for two persons to accept the clock.
    pub held_by_clock: bool,
    /// Whether another authority over this book does all of this now.
    pub is_elsewhere: bool,
}

/// What a recovery takes of the authority, and where its shares must not lie.
pub struct Recoverers {
    /// Certifies whom the recovery key named.
    pub link_authority: Arc<LinkAuthority>,
    /// DER of the recovery key's certificate, as the authority's directory has it.
    pub recovery_key: Vec<u8>,
    /// The authority's directory, from which those who keep a share take it away.
    pub dir: PathBuf,
}

/// Groups of inquiries that are entered at a time.
const INQUIRIES: i64 = 1000;

/// The authority's own scheduler.
pub struct Scheduler {
    issuer: Issuer,
    worker: Worker,
    turn: Turn,
    orders: Orders,
    log: Log,
    own: Vec<OwnCertificate>,
    recoverers: Recoverers,
    /// Not before then what waits is looked at again.
    recovery_rests: Mutex<Option<Timestamp>>,
    doubt: ClockGuard,
    watch: Watch,
    /// What the book and the disk showed that is wrong: the last two looks. What both show is an alarm.
    measured: Mutex<[Vec<Alarm>; 2]>,
    /// Who knows what is wrong with registries.
    registry: RegistryClient,
    comparison: Comparison,
    /// Whether it was looked for what a time that was brought back took from the index, since this start.
    is_indexed: AtomicBool,
    /// Numbers of the content keys that are on record.
    content_keys: tokio::sync::Mutex<Vec<u32>>,
    rng: Mutex<StdRng>,
}

impl Scheduler {
    /// A scheduler that acts by these orders, has this log sign, and sees when these certificates end; the link
    /// authority certifies whom the recovery key named; who is told of alarms these settings say.
    pub fn new(
        issuer: Issuer,
        (orders, log, turn): (Orders, Log, Turn),
        (own, recoverers, (telling, registry)): (
            Vec<OwnCertificate>,
            Recoverers,
            (AlarmSettings, RegistryClient),
        ),
        rng: StdRng,
    ) -> Self {
        let worker = Worker::new(issuer.ledger.clone(), issuer.vault.clone(), issuer.rules.clone());
        Self {
            issuer,
            worker,
            turn,
            orders,
            log,
            own,
            recoverers,
            recovery_rests: Mutex::default(),
            doubt: ClockGuard::default(),
            watch: Watch::new(telling),
            measured: Mutex::default(),
            registry,
            comparison: Comparison::default(),
            is_indexed: AtomicBool::new(false),
            content_keys: Default::default(),
            rng: Mutex::new(rng),
        }
    }

    /// Does everything that is due now. May be called as often as one likes.
    ///
    /// # Errors
    /// [`CaError::Replaced`] once another took the scheduler's place: nothing is done until this is started
    /// with its key.
    pub async fn tick(&self, clock: &dyn Clock) -> Result<Ticked, CaError> {
        match self.do_what_is_due(clock).await {
            Err(CaError::Ledger(LedgerError::NotEnrolled)) if self.orders.is_replaced().await? => {
                Err(CaError::Replaced { whose: Role::Scheduler.name() })
            }
            other => other,
        }
    }

    async fn do_what_is_due(&self, clock: &dyn Clock) -> Result<Ticked, CaError> {
        let doubt = self.doubt.see(&self.issuer.ledger, &self.orders, clock).await?;
        if !self.turn.is_ours(&self.issuer.ledger, clock.monotonic()).await? {
            self.orders.record_counted(clock.now(), false).await?;
            let held_by_clock = doubt.is_some();
            return Ok(Ticked { held_by_clock, is_elsewhere: true, ..Ticked::default() });
        }
        let (now, held_by_clock) = (clock.now(), doubt.is_some());
        // Alarms that cannot be looked after stop nothing else: deaths are settled all the same.
        let alarms = self.raise_alarms(&clock.read(), now).await;
        let mut ticked = Ticked { held_by_clock, ..Ticked::default() };
        let settling = self.orders.permit(Order::Settle, now).await?;
        ticked.settled = self.worker.settle_waiting(&settling, now, held_by_clock).await?;
        let indexed = self.index_what_lives_again(&settling, now).await;
        if !held_by_clock {
            ticked.fired = self.worker.fire_due(&settling, now).await?;
            ticked.undelivered = self.end_undelivered(now).await?;
            ticked.closed = self.close_untouched(now).await?;
        }
        ticked.recalled = recall::go_on(&self.issuer.ledger, &self.orders, now).await?;
        ticked.voided = self.void_interrupted(now).await?;
        // What others added, keys that cannot be read now, or items that cannot, stop neither of the two, and never the
        // signature over the chain.
        let content_keys = self.record_content_keys(now).await;
        let responders = match doubt {
            Some(doubt) if doubt.is_unwitnessed() => Ok(0),
            _ => self.certify_responders(now).await,
        };
        let inquiries = self.enter_inquiries(now).await;
        let counted = self.orders.record_counted(now, false).await;
        let recovered = if held_by_clock { Ok(0) } else { self.carry_out_recoveries(now).await };
        self.log.sign_head(clock).await?;
        (ticked.responders, ticked.inquiries) = (responders?, inquiries?);
        ticked.recovered = recovered?;
        ticked.alarms = alarms?;
        content_keys?;
        indexed?;
        counted?;
        Ok(ticked)
    }

    /// Keeps this authority's turn, where it has it, while a tick takes its time.
    pub async fn beat(&self, clock: &dyn Clock) -> Result<(), CaError> {
        self.turn.beat(&self.issuer.ledger, clock.monotonic()).await
    }

    /// Takes its turn before a door is opened, where nobody else has it.
    pub async fn take_turn(&self, clock: &dyn Clock) -> Result<(), CaError> {
        self.turn.begin(&self.issuer.ledger, clock.monotonic()).await.map(|_| ())
    }

    /// Puts on record what is only counted yet, before the program ends.
    pub async fn ends(&self, now: Timestamp) -> Result<(), CaError> {
        self.orders.record_counted(now, true).await
    }

    /// Puts a doubt about the machine's clock on record, before a door is opened.
    pub async fn see_to_the_clock(&self, clock: &dyn Clock) -> Result<(), CaError> {
        self.doubt.see(&self.issuer.ledger, &self.orders, clock).await.map(|_| ())
    }

    /// Puts on record that an order was refused to whoever showed this certificate.
    pub async fn record_refused_order(
        &self,
        refusal: &OrderRefusal,
        peer: &[u8],
        now: Timestamp,
    ) -> Result<(), CaError> {
        let why = match refusal {
            OrderRefusal::NotAllowed | OrderRefusal::Replaced { .. } => "order_not_allowed",
            OrderRefusal::Malformed => "order_malformed",
            OrderRefusal::OtherGeneration { .. } => "order_of_another_generation",
            // Nobody did anything wrong: whoever asked asks again.
            OrderRefusal::ClockBehind { .. } | OrderRefusal::NotNow { .. } => return Ok(()),
        };
        self.orders.record_refusal(Some(peer), (why, None), now).await
    }

    /// Compares all moduli of the book, once a night: from minutes to hours, beside the ticks. `None`
    /// when that was done, or is not due.
    pub async fn compare(&self, clock: &dyn Clock) -> Result<Option<Compared>, CaError> {
        self.comparison.compare(&self.issuer, &self.orders, clock).await
    }

    async fn raise_alarms(&self, clock: &Reading, now: Timestamp) -> Result<Vec<Alarm>, CaError> {
        let report = alarms::Report::read(&self.issuer, now).await?;
        let mut wrong =
            alarms::wrong(&self.issuer, (&self.own, &self.recoverers.dir), &report, clock, now);
        wrong.extend(self.turn.alarm());
        wrong.extend({
            let [before, last] = &*self.measured.lock().unwrap_or_else(PoisonError::into_inner);
            last.iter().filter(|alarm| before.contains(alarm)).cloned().collect::<Vec<_>>()
        });
        wrong.extend(self.registry.alarms());
        wrong.extend(self.watch.alarm());
        let still = &report.unsettleable;
        self.watch.look(&self.issuer.ledger, &self.orders, (wrong, still), now).await
    }

    /// Asks the book and the disk how they stand, beside the ticks.
    pub async fn measure(&self, now: Timestamp) -> Result<(), CaError> {
        let home = &self.recoverers.dir;
        let wrong = observe::measure(&self.issuer.ledger, home, now).await?;
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut measured[1], wrong);
        measured[0] = before;
        Ok(())
    }

    /// Tells whoever can act of the alarms that stand, whatever came of the rest of a tick; not where another authority
    /// over this book does.
    pub async fn tell_of_alarms(&self, clock: &dyn Clock) -> Result<(), CaError> {
        self.watch.tell(&self.issuer.ledger, clock.monotonic()).await
    }

    /// Puts what certificates state back under what they are found by, where a time that was brought back had taken
    /// it: they were taken for ended. That is done while the authority is stopped, so once after a start.
    async fn index_what_lives_again(
        &self,
        settling: &Permit,
        now: Timestamp,
    ) -> Result<(), CaError> {
        if self.is_indexed.load(Ordering::Acquire) {
            return Ok(());
        }
        let Issuer { ledger, vault, .. } = &self.issuer;
        let mut sought = ledger.times().await?.brought_back.0 > 0;
        let mut after = None;
        while sought {
            let mut stated = Vec::new();
            let unindexed = ledger.unindexed(after).await?;
            for (serial, sealed) in &unindexed {
                // What was deleted meanwhile is found by its number alone.
                let Ok(octets) = vault.open("certificate_items", serial.as_bytes(), sealed) else {
                    continue;
                };
                let items = serde_json::from_slice(&octets)
                    .map_err(|error| CaError::Damaged(error.to_string()))?;
                stated.push((*serial, digests_of_items(vault, &items)));
            }
            if !stated.is_empty() {
                let mut change = ledger.begin(settling, now).await?;
                change.index_stated(&stated).await?;
                change.append("index_stated", &stated.len().to_string(), None).await?;
                change.commit().await?;
            }
            after = unindexed.last().map(|(serial, _)| *serial);
            sought = after.is_some();
        }
        self.is_indexed.store(true, Ordering::Release);
        Ok(())
    }

    async fn carry_out_recoveries(&self, now: Timestamp) -> Result<usize, CaError> {
        let random = || {
            let mut octets = [0; 16];
            self.rng.lock().expect("nobody panics with the generator").fill_bytes(&mut octets);
            octets
        };
        // What waits for the day after its alarm is not sought in the chain at every tick.
        let rests = |until: &Option<Timestamp>| until.is_some_and(|until| now < until);
        if rests(&self.recovery_rests.lock().expect("nobody panics with a time")) {
            return Ok(0);
        }
        let Recoverers { link_authority, recovery_key, .. } = &self.recoverers;
        let who = (&**link_authority, &recovery_key[..]);
        let enrolled = recovery::carry_out(&self.issuer, who, &self.orders, now, random).await;
        let due = self.issuer.ledger.recoveries().await?.iter().any(|one| one.until <= now);
        let rest = due.then(|| now + SignedDuration::from_secs(60));
        *self.recovery_rests.lock().expect("nobody panics with a time") = rest;
        enrolled
    }

    async fn void_interrupted(&self, now: Timestamp) -> Result<usize, CaError> {
        let minutes = i64::from(self.issuer.rules.interrupted_after_minutes);
        let serials = self.issuer.ledger.interrupted(now - minutes.minutes()).await?;
        if serials.is_empty() {
            return Ok(0);
        }
        let permit = self.orders.permit(Order::VoidInterrupted, now).await?;
        for serial in &serials {
            let mut change = self.issuer.ledger.begin(&permit, now).await?;
            if change.standing(*serial).await?.is_none() {
                change.void(*serial).await?;
                change.commit().await?;
            }
        }
        Ok(serials.len())
    }

    async fn end_undelivered(&self, now: Timestamp) -> Result<usize, CaError> {
        let hours = i64::from(self.issuer.rules.undelivered_after_hours);
        let cases = self.issuer.ledger.undelivered(now - hours.hours()).await?;
        if cases.is_empty() {
            return Ok(0);
        }
        let permit = self.orders.permit(Order::CloseCases, now).await?;
        for case in &cases {
            let mut change = self.issuer.ledger.begin(&permit, now).await?;
            let Some(mut file) = change.case(case.case).await?.filter(|f| f.step == Step::Issued)
            else {
                continue;
            };
            if let Some(serial) = file.serial {
                end_undelivered(&mut change, serial).await?;
            }
            file.step = Step::Closed;
            change.save_case(&file).await?;
            change.append("undelivered", &file.case.to_string(), None).await?;
            change.commit().await?;
        }
        Ok(cases.len())
    }

    /// Closes cases that nobody touched until their term. What a case had recorded and not filed is
    /// void: nobody comes back for it.
    async fn close_untouched(&self, now: Timestamp) -> Result<usize, CaError> {
        let cases = self.issuer.ledger.untouched(now, CASES_OF_A_TICK).await?;
        if cases.is_empty() {
            return Ok(0);
        }
        let permit = self.orders.permit(Order::CloseCases, now).await?;
        let mut closed = 0;
        for case in cases {
            let mut change = self.issuer.ledger.begin(&permit, now).await?;
            let (file, at) = (change.case(case).await?, change.at());
            // Somebody may have come back to it this very moment.
            let Some(mut file) = file.filter(|file| file.closes_at.is_some_and(|end| end <= at))
            else {
                change.rollback().await?;
                continue;
            };
            if let Some(serial) = file.serial.take() {
                end_undelivered(&mut change, serial).await?;
            }
            (file.step, file.closes_at) = (Step::Closed, None);
            change.save_case(&file).await?;
            change.append("untouched", &file.case.to_string(), None).await?;
            change.commit().await?;
            closed += 1;
        }
        Ok(closed)
    }

    async fn certify_responders(&self, now: Timestamp) -> Result<usize, CaError> {
        let issuer = &self.issuer;
        // The authority's key signs nothing after its end.
        if now > issuer.facts.not_after {
            return Ok(0);
        }
        let generation = issuer.authority.generation();
        let age = i64::from(issuer.rules.responder_renewed_after_days) * 24;
        let since = (now - age.hours(), now);
        let keys = issuer.ledger.responders_to_certify(generation, since).await?;
        // One that cannot be certified keeps no other from its certificate.
        let mut certified = Ok(keys.len());
        for public_key in &keys {
            if let Err(error) = self.certify_responder(public_key, generation, now).await {
                certified = Err(error);
            }
        }
        certified
    }

    async fn certify_responder(
        &self,
        public_key: &[u8],
        generation: i64,
        now: Timestamp,
    ) -> Result<(), CaError> {
        let issuer = &self.issuer;
        let mut octets = [0; SerialNumber::LENGTH];
        self.rng.lock().expect("nobody panics with the generator").fill_bytes(&mut octets);
        let serial = SerialNumber::from_random(octets);
        let not_before = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let life = i64::from(issuer.rules.responder_days) * 24;
        let not_after = (not_before + life.hours()).min(issuer.facts.not_after);
        let tbs = tbs_responder(
            &issuer.authority.profile,
            &issuer.facts,
            issuer.key.algorithm(),
            serial,
            Decode::from_der(public_key)?,
            (not_before, not_after),
        )?;
        let linted = Draft::new(tbs).lint_responder(issuer)?;
        let permit = self.orders.permit(Order::CertifyResponders, now).await?;
        let recorded = linted.record_responder(issuer.ledger.begin(&permit, now).await?).await?;
        let certificate = recorded.sign(&issuer.key, &issuer.facts)?.certificate().to_vec();
        let mut change = issuer.ledger.begin(&permit, now).await?;
        let public_key = public_key.to_vec();
        let new = ResponderCertificate { serial, public_key, certificate, not_before, not_after };
        change.file_responder(generation, &new).await?;
        change.commit().await?;
        Ok(())
    }

    /// Enters what names each key of content that is new.
    async fn record_content_keys(&self, now: Timestamp) -> Result<(), CaError> {
        let (ledger, contents) = (&self.issuer.ledger, self.issuer.vault.contents());
        let here = contents.numbers()?;
        let mut known = self.content_keys.lock().await;
        if *known == here {
            return Ok(());
        }
        let recorded = ledger.content_keys().await?;
        let is_new = |month: &DeletionMonth| recorded.iter().all(|(known, _)| known != month);
        let mut new = Vec::new();
        for month in here.iter().filter_map(|number| DeletionMonth::of_number(*number)) {
            if is_new(&month)
                && let Some(id) = contents.id(month.number())?
            {
                new.push((month, id));
            }
        }
        if !new.is_empty() {
            let permit = self.orders.permit(Order::RecordContentKeys, now).await?;
            let mut change = ledger.begin(&permit, now).await?;
            let mut recorded = false;
            for (month, id) in new {
                recorded |= change.record_content_key(month, id).await?;
            }
            // Another process may have been quicker.
            match recorded {
                true => change.commit().await.map(|_| ())?,
                false => change.rollback().await?,
            }
        }
        *known = here;
        Ok(())
    }

    /// Brings what agencies asked under the chain: whoever answers them cannot write there.
    async fn enter_inquiries(&self, now: Timestamp) -> Result<usize, CaError> {
        let groups = self.issuer.ledger.new_inquiries(INQUIRIES).await?;
        if groups.is_empty() {
            return Ok(0);
        }
        let permit = self.orders.permit(Order::EnterInquiries, now).await?;
        let mut change = self.issuer.ledger.begin(&permit, now).await?;
        let entered = change.enter_inquiries(&groups).await?;
        change.commit().await?;
        Ok(entered)
    }
}
