//! Round after round: everybody is at work, the authority dies, comes back, and is held against
//! what was promised.

use std::sync::Arc;
use std::time::{Duration, Instant};

use akashi_ledger::LedgerError;
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

use crate::authority::{Authority, START};
use crate::base::Shelf;
use crate::ending;
use crate::feed::Feed;
use crate::inspect::Inspector;
use crate::key::Keys;
use crate::scene::Scene;
use crate::settings::{Base, Settings};
use crate::{agencies, plots};

/// What came of the rounds over one data base.
#[derive(Default)]
pub struct Report {
    pub rounds: usize,
    pub certificates: usize,
    pub events: usize,
    pub revocations: usize,
    pub restarts: Vec<Duration>,
    pub failures: Vec<String>,
    /// Other numbers, in words.
    pub more: String,
}

/// Plays the rounds of one data base.
pub async fn play(settings: &Settings, base: Base, keys: Arc<Keys>) -> Report {
    let home = tempfile::Builder::new().prefix("akashi-crash-").tempdir().expect("a directory");
    let shelf = Shelf::make(base);
    let dir = home.path().join("authority");
    let (scene, authority) = Scene::make(base, &dir, shelf.address(), keys).await;
    let log = authority.log();
    let report = run(settings, &scene, authority).await;
    if report.failures.is_empty() {
        shelf.clear();
    } else {
        eprintln!("crash: the authority is kept in {}", home.keep().display());
        eprintln!("crash: its book is {}", scene.ledger());
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        eprintln!("crash: what it said last:");
        lines[lines.len().saturating_sub(20)..].iter().for_each(|line| eprintln!("  {line}"));
        last_entries(&scene).await;
    }
    report
}

async fn run(settings: &Settings, scene: &Arc<Scene>, mut authority: Authority) -> Report {
    let base = scene.base;
    let mut rng = settings.rng(base, 0);
    let mut tasks = JoinSet::new();
    let feed = Feed::open(scene, &mut tasks);
    for number in 0..scene.officers.len() {
        let rng = settings.rng(base, 1 + number as u64);
        tasks.spawn(plots::work(scene.clone(), feed.clone(), number, rng));
    }
    tasks.spawn(agencies::inquire(scene.clone(), settings.rng(base, 100)));
    tasks.spawn(agencies::collect(scene.clone(), settings.rng(base, 101)));
    drop(feed);

    let mut report = Report::default();
    let mut inspector = Inspector::default();
    let rounds = settings.rounds_of(base);
    for round in 1..=rounds {
        if let Err(why) =
            one_round(scene, &mut authority, &mut inspector, &mut rng, &mut report).await
        {
            scene.notes.finding(why);
        }
        report.rounds = round;
        if !scene.notes.findings().is_empty() {
            eprintln!("crash: seed {}, {} round {round}", settings.seed, base.name());
            break;
        }
    }
    scene.notes.finish();
    end_of_work(scene, tasks).await;
    if scene.notes.findings().is_empty()
        && let Err(why) = ending::settle(scene, &mut authority, &mut inspector).await
    {
        scene.notes.finding(format!("the book cannot be read: {why}"));
    }
    let notes = &scene.notes;
    report.certificates = scene.truth.memory().certificates.len();
    report.events = notes.counted("events");
    report.revocations = notes.counted("revocations");
    report.failures = notes.findings();
    report.more = format!(
        "{} requests cut off and repeated, {} sent twice at once, {} races, {} forgotten, {} old \
         requests repeated, {} OCSP answers, {} lists, {} audit entries",
        notes.counted("interrupted"),
        notes.counted("doubled"),
        notes.counted("raced"),
        notes.counted("forgotten"),
        notes.counted("repeated"),
        notes.counted("questions"),
        notes.counted("lists"),
        inspector.entries,
    );
    report
}

async fn one_round(
    scene: &Scene,
    authority: &mut Authority,
    inspector: &mut Inspector,
    rng: &mut StdRng,
    report: &mut Report,
) -> Result<(), String> {
    // Some lives are too short for an inspection; the next one sees the same.
    if rng.random_bool(0.7) {
        let unread = |why: LedgerError| format!("the book cannot be read: {why}");
        inspector.inspect(scene).await.map_err(unread)?;
    }
    tokio::time::sleep(Duration::from_millis(rng.random_range(0..500))).await;
    if let Some(why) = authority.ended_by_itself() {
        return Err(why);
    }
    strike(authority, rng);
    if rng.random_bool(0.2) {
        // Dead again before it is up.
        authority.start();
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..400))).await;
        strike(authority, rng);
    }
    let started = Instant::now();
    comes_up(scene, authority).await?;
    report.restarts.push(started.elapsed());
    Ok(())
}

/// Starts what does not run, and waits until everything is served.
pub async fn comes_up(scene: &Scene, authority: &mut Authority) -> Result<(), String> {
    authority.start();
    tokio::task::block_in_place(|| authority.listens())?;
    scene.serves().await.map_err(|why| {
        format!("{} s after its start the authority does not serve: {why}", START.as_secs())
    })
}

/// kill -9, of one process or of all.
fn strike(authority: &mut Authority, rng: &mut StdRng) {
    if rng.random_bool(0.25) {
        authority.kill_all();
    } else {
        authority.kill(rng.random_range(0..authority.parts()));
    }
}

/// Lets everybody finish what is begun.
async fn end_of_work(scene: &Scene, mut tasks: JoinSet<()>) {
    let until = tokio::time::Instant::now() + Duration::from_secs(90);
    loop {
        match tokio::time::timeout_at(until, tasks.join_next()).await {
            Ok(Some(Ok(()))) => {}
            Ok(Some(Err(why))) => scene.notes.finding(format!("a client broke down: {why}")),
            Ok(None) => return,
            Err(_) => return scene.notes.finding("somebody's work does not come to an end"),
        }
    }
}

/// The newest entries of the audit chain, for whoever has to find out.
async fn last_entries(scene: &Scene) {
    let Ok(ledger) = akashi_ledger::Ledger::<akashi_ledger::Verifying>::open(&scene.ledger()).await
    else {
        return;
    };
    eprintln!("crash: the newest entries of its book:");
    for entry in ledger.audit_entries(40).await.unwrap_or_default().iter().rev() {
        let akashi_ledger::Entry { position, at, actor, verb, subject, .. } = entry;
        eprintln!("  {position:>8}  {at}  {actor}  {verb}  {subject}");
    }
    ledger.close().await;
}
