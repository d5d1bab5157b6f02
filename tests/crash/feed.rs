//! The registers at work: each town tells its changes in batches, and sends a batch again, octet
//! for octet, until it was accepted.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use akashi_registry::http::{SendError, send};
use akashi_registry::{Queued, SealedBatch};
use akashi_wire::MunicipalityCode;
use akashi_wire::batch::BatchAnswer;
use akashi_wire::date::EffectiveDate;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::scene::{Scene, address_in};
use crate::truth::Death;

/// A batch that is not accepted for so long was forgotten.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most events in a batch.
const EVENTS: usize = 4;
/// So many batches are remembered, to be sent again.
const REMEMBERED: usize = 16;

/// What happened to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// 死亡.
    Death,
    /// 転居: another address, so that the certificate ends.
    Move,
}

/// A change, and who wants to hear that it was accepted.
type News = (usize, Change, oneshot::Sender<()>);

/// Where changes are reported.
pub struct Feed(BTreeMap<MunicipalityCode, mpsc::UnboundedSender<News>>);

impl Feed {
    /// Puts every town to work; a town stops when the feed is dropped and everything was sent.
    pub fn open(scene: &Arc<Scene>, tasks: &mut JoinSet<()>) -> Arc<Self> {
        let mut towns = BTreeMap::new();
        for town in scene.sources.keys() {
            let (say, hear) = mpsc::unbounded_channel();
            towns.insert(*town, say);
            tasks.spawn(report(scene.clone(), *town, hear));
        }
        Arc::new(Self(towns))
    }

    /// Reports a change; what is given resolves once the authority accepted it.
    pub fn tell(&self, scene: &Scene, person: usize, change: Change) -> oneshot::Receiver<()> {
        let town = scene.truth.memory().people[person].town;
        let (done, accepted) = oneshot::channel();
        self.0[&town].send((person, change, done)).expect("the town is at work");
        accepted
    }
}

async fn report(
    scene: Arc<Scene>,
    town: MunicipalityCode,
    mut hear: mpsc::UnboundedReceiver<News>,
) {
    let mut rng = StdRng::seed_from_u64(rand::random());
    let client = akashi_link::client(&scene.sources[&town].link()).expect("a link");
    while let Some(first) = hear.recv().await {
        let mut news = vec![first];
        while news.len() < EVENTS
            && let Ok(next) = hear.try_recv()
        {
            news.push(next);
        }
        let queued: Vec<Queued> = news
            .iter()
            .map(|(person, change, _)| enter(&scene, *person, *change, &mut rng))
            .collect();
        while let Some(batch) = next_batch(&scene, town) {
            let Some(answer) = insist(&scene, &client, &batch).await else { return };
            if answer.accepted as usize != batch.batch.events.len() {
                scene.notes.finding(format!("a batch of {town} was accepted in part: {answer:?}"));
            }
            let batches = &mut scene.truth.memory().batches;
            batches.push((batch, answer));
            let surplus = batches.len().saturating_sub(REMEMBERED);
            batches.drain(..surplus);
        }
        for ((person, change, done), event) in news.into_iter().zip(queued) {
            scene.notes.count("events");
            scene.truth.memory().events.push((event.source, event.sequence));
            if change == Change::Death {
                scene.truth.death(person, Death::Accepted(Instant::now()));
            }
            let _ = done.send(());
        }
    }
}

/// Enters a change into the register.
fn enter(scene: &Scene, person: usize, change: Change, rng: &mut StdRng) -> Queued {
    let (code, town) = {
        let memory = scene.truth.memory();
        (memory.people[person].code.clone(), memory.people[person].town)
    };
    let mut registry = scene.registry.lock().unwrap_or_else(PoisonError::into_inner);
    let mut office = registry.at(Timestamp::now(), rng);
    let queued = match change {
        Change::Death => office.death(&code, EffectiveDate::Unknown),
        Change::Move => {
            office.move_within(&code, &format!("{}九丁目{person}番地", address_in(town)))
        }
    };
    queued.expect("a living resident")
}

fn next_batch(scene: &Scene, town: MunicipalityCode) -> Option<SealedBatch> {
    let mut registry = scene.registry.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Timestamp::now();
    registry.next_batch(&scene.sources[&town], now, EVENTS).expect("a batch can be sealed")
}

/// Sends the same octets until they are accepted.
pub async fn insist(
    scene: &Scene,
    client: &reqwest::Client,
    batch: &SealedBatch,
) -> Option<BatchAnswer> {
    let url = format!("https://{}/idou", scene.config.listen.authority);
    let until = Instant::now() + PATIENCE;
    let mut broke_off = false;
    loop {
        match send(client, &url, batch).await {
            Ok(answer) => return Some(answer),
            Err(SendError::Refused { status, text }) if status != 503 => {
                scene.notes.finding(format!("a batch was refused: {status} {text}"));
                return None;
            }
            Err(why) if Instant::now() > until => {
                scene.notes.finding(format!("a batch was not accepted for a minute: {why}"));
                return None;
            }
            Err(_) if !broke_off => {
                scene.notes.count("interrupted");
                broke_off = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
