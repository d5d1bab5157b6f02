//! The authority's doors, over mutual TLS: `POST /acts` for officers, `POST /idou` for sources, `POST /rekey`
//! for whoever wants another key, `/holders/…` for the door at which holders ask.

mod holders;
mod rate;
mod spool;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use akashi_edge::observe::health;
use akashi_keys::CardMaster;
use akashi_ledger::{Enrolment, LedgerError};
use akashi_link::{Dismissed, Door, Identity, LinkError, Peer, whole};
use akashi_wire::act::{Answer, Refusal};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::order::{OrderDoor, OrderRefusal};
use akashi_wire::party::Role;
use akashi_wire::{Clock, MunicipalityCode, SignedMessage};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::idou::BatchRefusal;
use crate::observe;
use crate::turn::BEAT;
use crate::{CaError, Counter, Holders, Inbox, Issuer, Scheduler, Witnesses};

pub use rate::Rate;
use spool::NoBody;
pub use spool::Spool;

/// A signed act is small.
const ACT_LIMIT: usize = 256 * 1024;
/// An application with its two certificates is smaller.
const APPLICATION_LIMIT: usize = 32 * 1024;
/// An order of another program of ours is smaller still.
const ORDER_LIMIT: usize = 16 * 1024;
/// A night's bulk of 異動 may be large.
const BATCH_LIMIT: usize = 64 * 1024 * 1024;
/// A whole act must be here within this time: a body that does not come holds its place for ever.
const ACT_TIME: Duration = Duration::from_secs(10);
/// A whole batch. A source's own patience is as long.
const BATCH_TIME: Duration = Duration::from_secs(30);
/// What has not come to its end by then goes on, and whoever asked is told so while they still wait: a desk's patience
/// is a little longer, and what a register may take a good deal shorter.
const ANSWERED: Duration = Duration::from_secs(27);
const _: () = assert!(ANSWERED.as_secs() < akashi_link::ANSWERS.as_secs());
const _: () = assert!(2 * crate::registry::ANSWERS.as_secs() < ANSWERED.as_secs());
/// How often the scheduler ticks.
const TICK: Duration = Duration::from_millis(200);
/// For how long nobody is asked again what time it is.
const WITNESSES_REST: Duration = Duration::from_secs(60);

/// After a comparison of moduli that went wrong the next try waits for so long.
const COMPLAINED: Duration = Duration::from_secs(60);

/// Everything behind the doors.
#[derive(Clone)]
pub struct Doors {
    /// The core.
    pub issuer: Issuer,
    /// What officers ask.
    pub counter: Arc<Counter>,
    /// What holders ask.
    pub holders: Arc<Holders>,
    /// What the registry reports.
    pub inbox: Inbox,
    /// What list issuer and responder ask.
    pub orders: Arc<dyn OrderDoor>,
    /// What time asks for.
    pub scheduler: Arc<Scheduler>,
    /// From what the keys of every card come.
    pub card_master: Arc<CardMaster>,
    /// DER of the certificate to which messages are encrypted.
    pub envelope: Arc<Vec<u8>>,
    /// Where large bodies wait.
    pub spool: Spool,
    /// How often one machine may act.
    pub rate: Rate,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whom it asks for the time while that is in doubt.
    pub witnesses: Arc<Witnesses>,
}

/// What a desk needs to know before its first act: `GET /authority`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboutAuthority {
    /// SHA-256 of the authority's certificate: goes into every act.
    pub fingerprint: Sha256,
    /// DER of the authority's certificate.
    pub certificate: Octets,
    /// DER of the certificate to which messages are encrypted.
    pub envelope: Octets,
    /// The authority's time, to which a terminal may compare its own.
    pub now: jiff::Timestamp,
    /// Asked of other programs of the authority, while the time is in doubt: 32 octets that nobody foresaw, over which
    /// they say what time it is (`POST /time`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_time: Option<Sha256>,
}

/// The router of the authority's doors.
pub fn router(doors: Doors) -> Router {
    let may_act = middleware::from_fn_with_state(doors.clone(), rate::may_act);
    Router::new()
        .route("/acts", post(act))
        .route("/rekey", post(rekey))
        .route("/recovery", post(recover))
        .route_layer(may_act)
        .route("/idou", post(batch))
        .route("/idou/{sequence}", get(standing))
        .route("/authority", get(about))
        .route("/time", post(time))
        .route("/orders", post(order))
        .nest("/holders", holders::router())
        .with_state(doors)
}

/// Serves the doors and runs the scheduler until `stop` resolves.
pub async fn serve(
    door: impl Into<Door>,
    identity: &Identity,
    doors: Doors,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let (scheduler, clock) = (doors.scheduler.clone(), doors.clock.clone());
    let (ends, last_of) = (scheduler.clone(), clock.clone());
    let witnesses = doors.witnesses.clone();
    let mut ticking = tokio::spawn(async move {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut last, mut last_of_alarms) = (String::new(), String::new());
        // Dropped with the ticking, it ends with it.
        let mut comparing = JoinSet::new();
        // From the start on: one that never comes round does not live either.
        let starting = Some("it is starting".to_owned());
        health().round("scheduler", observe::LATE, clock.monotonic(), starting);
        let (mut measuring, mut measured) = (JoinSet::new(), None);
        let (mut asking, mut asked) = (JoinSet::new(), None);
        loop {
            interval.tick().await;
            let ticked = scheduler.tick(&*clock).await;
            let wrong = ticked.as_ref().err().map(ToString::to_string);
            health().round("scheduler", observe::LATE, clock.monotonic(), wrong);
            let (held_by_clock, is_ours) = match ticked {
                Ok(ticked) => {
                    last.clear();
                    let outcome = if ticked.is_elsewhere { "elsewhere" } else { "done" };
                    observe::tick(outcome, ticked.settled);
                    (ticked.held_by_clock, !ticked.is_elsewhere)
                }
                Err(error) => {
                    observe::tick("failed", 0);
                    complain(&error, &mut last);
                    // What this process keeps of the time is wrong: nothing of it may be signed.
                    if matches!(error, CaError::Ledger(LedgerError::BroughtBack)) {
                        return;
                    }
                    let is_elsewhere =
                        matches!(error, CaError::Ledger(LedgerError::LeaseElsewhere));
                    (clock.read().doubt.is_some(), !is_elsewhere)
                }
            };
            // One part that fails each time keeps nobody from being told of the others.
            if is_ours {
                match scheduler.tell_of_alarms(&*clock).await {
                    Ok(()) => last_of_alarms.clear(),
                    Err(error) => complain(&error, &mut last_of_alarms),
                }
            }
            let is_due = measured
                .is_none_or(|at| clock.monotonic().saturating_sub(at) >= observe::MEASURED_EVERY);
            if is_due && measuring.is_empty() {
                measured = Some(clock.monotonic());
                let (measures, now) = (scheduler.clone(), clock.now());
                measuring.spawn(async move {
                    if let Err(error) = measures.measure(now).await {
                        tracing::warn!(target: "ca", "how the book stands cannot be measured: {error}");
                    }
                });
            }
            while measuring.try_join_next().is_some() {}
            while comparing.try_join_next().is_some() {}
            while asking.try_join_next().is_some() {}
            let rested =
                asked.is_none_or(|at| clock.monotonic().saturating_sub(at) >= WITNESSES_REST);
            if held_by_clock && asking.is_empty() && rested {
                asked = Some(clock.monotonic());
                asking.spawn(ask_witnesses(witnesses.clone(), clock.clone()));
            }
            // A clock in doubt does not say which night it is, and of several authorities one compares.
            if !held_by_clock && is_ours && comparing.is_empty() {
                comparing.spawn(compare(scheduler.clone(), clock.clone()));
            }
        }
    });
    let (scheduler, clock) = (doors.scheduler.clone(), doors.clock.clone());
    let beating = tokio::spawn(async move {
        let mut beats = tokio::time::interval(BEAT);
        loop {
            beats.tick().await;
            // What fails is tried again, and the ticks say what is wrong with the book.
            let _ = scheduler.beat(&*clock).await;
        }
    });
    let kept = doors.clock.clone();
    let now = Arc::new(move || kept.now());
    let (dismissed, ledger) = (Dismissed::default(), doors.issuer.ledger.clone());
    let door = door.into().but_for(dismissed.clone());
    let following = dismissed.follow(move || {
        let ledger = ledger.clone();
        async move { ledger.dismissed().await.ok() }
    });
    let following = tokio::spawn(following);
    let watching = observe::watch_the_server(doors.issuer.ledger.clone(), doors.clock.clone());
    let watching = tokio::spawn(watching);
    let served = tokio::select! {
        served = akashi_link::serve(door, identity, now, router(doors), stop) => served,
        // An authority that takes deaths and settles none must not look alive.
        _ = &mut ticking => Err(LinkError::Listen(std::io::Error::other("the scheduler has stopped"))),
    };
    beating.abort();
    following.abort();
    watching.abort();
    if !ticking.is_finished() {
        ticking.abort();
        // What it was in the midst of has ended before the last of it is counted.
        let _ = ticking.await;
    }
    if let Err(error) = ends.ends(last_of.now()).await {
        complain(&error, &mut String::new());
    }
    served
}

/// What time it is elsewhere, beside the ticks: registers may not answer.
async fn ask_witnesses(witnesses: Arc<Witnesses>, clock: Arc<dyn Clock>) {
    if let Err(error) = witnesses.ask(&*clock, rand::random).await {
        complain(&error, &mut String::new());
    }
}

/// The night's comparison, beside the ticks: it takes from minutes to hours.
async fn compare(scheduler: Arc<Scheduler>, clock: Arc<dyn Clock>) {
    if let Err(error) = scheduler.compare(&*clock).await {
        complain(&error, &mut String::new());
        // What is wrong with the book mostly takes a while.
        tokio::time::sleep(COMPLAINED).await;
    }
}

/// Says what is wrong, once for as long as it stays the same.
fn complain(error: &CaError, last: &mut String) {
    let text = error.to_string();
    if *last != text {
        tracing::error!(target: "ca", "{text}");
        *last = text;
    }
}

/// Carries something out to its end, even if whoever asked hangs up: what shares a commit with
/// others must not be cut off in the middle of it. The body goes with it, whose place in the budget is nobody else's before.
/// Gives nothing where the end was not there in time.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let Ok(done) = tokio::time::timeout(ANSWERED, tokio::spawn(work)).await else {
        let seconds = ANSWERED.as_secs();
        tracing::error!(target: "ca", "what was asked has not come to its end within {seconds} s: it goes on, and the asker is told to ask again");
        return None;
    };
    Some(done.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => unreachable!("nobody cancels what was begun"),
    }))
}

async fn act(
    State(doors): State<Doors>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let body = match whole(request.into_body(), (ACT_LIMIT, ACT_TIME)).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let message = SignedMessage::from_der(body.to_vec());
    let acting = async move {
        (doors.counter.act(message, &peer.certificate, doors.clock.now()).await, body).0
    };
    answered(to_its_end(acting).await)
}

/// Another key in the place of the one that signs for it.
async fn rekey(
    State(doors): State<Doors>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let body = match whole(request.into_body(), (APPLICATION_LIMIT, ACT_TIME)).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let message = SignedMessage::from_der(body.to_vec());
    let certifying = async move {
        (doors.counter.rekey(message, &peer.certificate, doors.clock.now()).await, body).0
    };
    answered(to_its_end(certifying).await)
}

/// What the recovery key asks for.
async fn recover(
    State(doors): State<Doors>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let body = match whole(request.into_body(), (ACT_LIMIT, ACT_TIME)).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let message = SignedMessage::from_der(body.to_vec());
    let asking = async move {
        (doors.counter.recover(message, &peer.certificate, doors.clock.now()).await, body).0
    };
    answered(to_its_end(asking).await)
}

/// What another program of the authority says of the time, where it is asked.
async fn time(
    State(doors): State<Doors>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let body = match whole(request.into_body(), (ORDER_LIMIT, ACT_TIME)).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let message = SignedMessage::from_der(body.to_vec());
    let hearing =
        async move { doors.witnesses.hear(message, &peer.certificate, &*doors.clock).await };
    match to_its_end(hearing).await {
        Some(Ok(true)) => StatusCode::NO_CONTENT.into_response(),
        Some(Ok(false)) => (StatusCode::FORBIDDEN, "nobody has asked you for this").into_response(),
        Some(Err(error)) => unavailable(&error),
        None => unavailable(&Refusal::NotNowPossible.into()),
    }
}

/// What list issuer and responder ask, since they write nothing into the book themselves.
async fn order(
    State(doors): State<Doors>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let body = match whole(request.into_body(), (ORDER_LIMIT, ACT_TIME)).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let message = SignedMessage::from_der(body.to_vec());
    let carrying_out = async move {
        let done = doors.orders.carry_out(message).await;
        if let Err(refusal) = &done {
            let (scheduler, now) = (&doors.scheduler, doors.clock.now());
            if let Err(error) =
                scheduler.record_refused_order(refusal, &peer.certificate, now).await
            {
                tracing::error!(target: "ca", "a refused order is not on record: {error}");
            }
        }
        done
    };
    let late = Err(OrderRefusal::NotNow { why: "it has not come to its end in time".into() });
    match to_its_end(carrying_out).await.unwrap_or(late) {
        Ok(done) => {
            observe::order("done");
            Json(done).into_response()
        }
        Err(refusal) => {
            observe::order("refused");
            let status = match refusal {
                OrderRefusal::NotAllowed | OrderRefusal::Replaced { .. } => StatusCode::FORBIDDEN,
                OrderRefusal::Malformed => StatusCode::BAD_REQUEST,
                OrderRefusal::OtherGeneration { .. } => StatusCode::CONFLICT,
                OrderRefusal::ClockBehind { .. } | OrderRefusal::NotNow { .. } => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
            };
            (status, Json(refusal)).into_response()
        }
    }
}

fn answered(outcome: Option<Result<Answer, CaError>>) -> Response {
    match outcome.unwrap_or_else(|| Err(Refusal::NotNowPossible.into())) {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => {
            if !matches!(error, CaError::Refused(_)) {
                tracing::error!(target: "ca", "{error}");
            }
            refused(&error.refusal())
        }
    }
}

fn refused(refusal: &Refusal) -> Response {
    (status_of(refusal), Json(refusal.told())).into_response()
}

fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotNowPossible
        | Refusal::ClockBehind
        | Refusal::TimeInDoubt
        | Refusal::RegistryUnreachable
        | Refusal::RegistryNotUnderstood
        | Refusal::RegistryEnded => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::NotEnrolled
        | Refusal::NotATerminal
        | Refusal::Suspended { .. }
        | Refusal::Superseded { .. }
        | Refusal::Over { .. }
        | Refusal::NotAllowed
        | Refusal::NotTheHolder
        | Refusal::OtherAuthority => StatusCode::FORBIDDEN,
        Refusal::Malformed { .. } => StatusCode::BAD_REQUEST,
        Refusal::TooOften => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::CONFLICT,
    }
}

async fn batch(
    State(doors): State<Doors>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    // A body may be long, and is read of nobody but a source.
    if let Err(refusal) = doors.inbox.may_send(&peer.certificate, doors.clock.now()).await {
        return refused_batch(&refusal);
    }
    let sender = Sha256::of(&peer.certificate);
    let body = doors.spool.whole(sender, request.into_body(), (BATCH_LIMIT, BATCH_TIME)).await;
    let body = match body {
        Ok(body) => body,
        Err(why) => return without_body(why),
    };
    let accepting =
        async move { doors.inbox.accept(&body, Some(&peer.certificate), doors.clock.now()).await };
    let late = || Err(BatchRefusal::NotNow(Refusal::NotNowPossible.into()));
    match to_its_end(accepting).await.unwrap_or_else(late) {
        Ok(answer) => {
            observe::batch("taken");
            (StatusCode::ACCEPTED, Json(answer)).into_response()
        }
        Err(refusal) => refused_batch(&refusal),
    }
}

fn refused_batch(refusal: &BatchRefusal) -> Response {
    observe::batch(match refusal {
        BatchRefusal::NotNow(_) => "failed",
        _ => "refused",
    });
    let status = match refusal {
        BatchRefusal::NotNow(_) => StatusCode::SERVICE_UNAVAILABLE,
        BatchRefusal::NoSource
        | BatchRefusal::NotTheSource { .. }
        | BatchRefusal::OtherSender
        | BatchRefusal::Superseded { .. }
        | BatchRefusal::Over { .. }
        | BatchRefusal::LinkCut { .. } => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    (status, refusal.to_string()).into_response()
}

fn without_body(why: NoBody) -> Response {
    let (status, says) = match why {
        NoBody::OneAtATime => (
            StatusCode::SERVICE_UNAVAILABLE,
            "another large batch of yours is on its way: send one after the other",
        ),
        NoBody::TooLong => {
            (StatusCode::PAYLOAD_TOO_LARGE, "a batch has 64 MiB at most: send several")
        }
        NoBody::Late => {
            (StatusCode::REQUEST_TIMEOUT, "the batch did not come in time: send it again")
        }
        NoBody::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the authority takes another large batch now: send it again in a while",
        ),
        NoBody::BrokenOff => (StatusCode::BAD_REQUEST, "the batch broke off: send it again"),
        NoBody::Disk(error) => {
            tracing::error!(target: "ca", "a batch that came cannot be kept: {error}");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the authority cannot take the batch now: send it again",
            )
        }
    };
    (status, says).into_response()
}

/// Of which municipality: the own where nothing is said.
#[derive(Deserialize)]
struct Asked {
    source: Option<MunicipalityCode>,
}

async fn standing(
    State(doors): State<Doors>,
    Extension(peer): Extension<Peer>,
    Path(sequence): Path<u64>,
    Query(Asked { source }): Query<Asked>,
) -> Response {
    let sender = doors.issuer.ledger.enrolment_of(Sha256::of(&peer.certificate)).await;
    let municipality = match sender {
        Ok(Some(Enrolment { superseded_at: Some(since), ended_at: None, .. })) => {
            let says = BatchRefusal::Superseded { since }.to_string();
            return (StatusCode::FORBIDDEN, says).into_response();
        }
        Ok(Some(sender)) if sender.is_in_force(doors.clock.now()) => match sender.role {
            Role::Source { municipality } => municipality,
            _ => return (StatusCode::FORBIDDEN, "only a source may ask").into_response(),
        },
        Ok(_) => return (StatusCode::FORBIDDEN, "only a source may ask").into_response(),
        Err(error) => return unavailable(&error.into()),
    };
    let source = source.unwrap_or(municipality);
    match doors.issuer.ledger.speaks_for(source).await {
        Ok(speaks) if speaks == municipality => {}
        Ok(_) => {
            let says = "only the source of that municipality, or of whoever took it up, may ask";
            return (StatusCode::FORBIDDEN, says).into_response();
        }
        Err(error) => return unavailable(&error.into()),
    }
    match doors.inbox.standing(source, sequence).await {
        Ok(Some(standing)) => Json(standing).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, "this event has not arrived").into_response(),
        Err(error) => unavailable(&error),
    }
}

async fn about(State(doors): State<Doors>) -> Response {
    let authority = &doors.issuer.authority;
    Json(AboutAuthority {
        fingerprint: authority.fingerprint(),
        certificate: Octets(authority.certificate.clone()),
        envelope: Octets(doors.envelope.to_vec()),
        now: doors.clock.now(),
        asks_time: doors.witnesses.asks(&*doors.clock, rand::random),
    })
    .into_response()
}

fn unavailable(error: &CaError) -> Response {
    tracing::error!(target: "ca", "{error}");
    (StatusCode::SERVICE_UNAVAILABLE, "the authority cannot answer now: ask again").into_response()
}
