//! A death and an issuance that meet: many times over, at every moment, the news of a death comes
//! in while the certificate is recorded, signed and filed; some of the issuances break off in the
//! middle and are taken up again afterwards. In the end none of the dead has a certificate.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use akashi_ca::idou::BatchRefusal;
use akashi_ca::{CaError, Doors};
use akashi_keys::RsaSize;
use akashi_ledger::{Access, Position, Standing, status};
use akashi_ra_console::Desk;
use akashi_registry::{Person, SealedBatch};
use akashi_town::{PaperCard, Setting, World};
use akashi_wire::act::{IdentityProof, LookUpBy, Procedure, Refusal};
use akashi_wire::date::EffectiveDate;
use akashi_wire::octets::Octets;
use akashi_wire::{Answer, Clock, Deed, FourItems, MunicipalityCode, Sex, SignedMessage};
use jiff::{Timestamp, ToSpan};
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

use crate::base::Shelf;
use crate::key::Keys;
use crate::scene::TOWNS;
use crate::settings::{Base, Settings};

/// So many meetings go on side by side.
const LANES: usize = 4;
/// Both sides wait a random part of this before they begin.
const DELAY: std::ops::Range<u64> = 0..40_000;

/// Whoever is told "not now" asks again for so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came of the meetings.
#[derive(Default)]
pub struct Met {
    pub deaths: usize,
    pub refused: usize,
    pub revoked: usize,
    pub broken_off: usize,
    /// Recorded when the death was settled, and not yet filed.
    pub voided: usize,
    pub took: Duration,
    pub failures: Vec<String>,
}

/// A case with everything ready: the act that makes the certificate, and the news of the death.
struct Meeting {
    certify: SignedMessage,
    terminal: Vec<u8>,
    death: SealedBatch,
    source: Vec<u8>,
}

/// Plays the meetings over one data base.
pub async fn play(settings: &Settings, base: Base, keys: &Keys) -> Met {
    let home = tempfile::tempdir().expect("a directory");
    let shelf = Shelf::make(base);
    let town: MunicipalityCode = TOWNS[0].0.parse().expect("a municipality");
    let setting = Setting {
        prefecture: "310000".parse().expect("a prefecture"),
        towns: vec![town],
        access: Access::Registered,
        seed: settings.seed,
        start: Timestamp::now(),
        ledger: shelf.address(),
        size: RsaSize::Rsa2048,
        policy_critical: false,
    };
    let mut world = World::make(&home.path().join("authority"), &setting).await.expect("a world");
    let meetings = prepare(&mut world, town, settings.interleavings, keys).await;
    let deaths = meetings.len();
    let (doors, clock) = (world.house.doors.clone(), world.clock.clone());
    let (meetings, next) = (Arc::new(meetings), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let (doors, clock) = (doors.clone(), clock.clone());
        let (meetings, next) = (meetings.clone(), next.clone());
        let mut rng = settings.rng(base, 200 + lane as u64);
        lanes.spawn(async move {
            let mut met = Met::default();
            while let Some(meeting) = meetings.get(next.fetch_add(1, Ordering::Relaxed)) {
                meet(&doors, &*clock, meeting, &mut rng, &mut met).await;
            }
            met
        });
    }
    let mut all = Met { deaths, ..Met::default() };
    while let Some(met) = lanes.join_next().await {
        let met = met.expect("a lane does not break down");
        all.refused += met.refused;
        all.revoked += met.revoked;
        all.broken_off += met.broken_off;
        all.failures.extend(met.failures);
    }
    all.took = began.elapsed();
    nobody_is_left(&world, &mut all).await;
    world.stop().await;
    shelf.clear();
    all
}

/// Brings every case to the point before its certificate, and then lets everybody die.
async fn prepare(
    world: &mut World,
    town: MunicipalityCode,
    deaths: usize,
    keys: &Keys,
) -> Vec<Meeting> {
    let mut codes = Vec::new();
    for number in 1..=deaths {
        let person = Person { municipality: town, items: items(number), protected: false };
        codes.push(world.enter(person).expect("a town of the prefecture"));
    }
    let mut acts = Vec::new();
    let desk = &world.desks[&town];
    let terminal = desk.terminal().to_vec();
    for number in 1..=deaths {
        acts.push(ready(&world.house.doors, &*world.clock, desk, number, keys).await);
    }
    let source = world.sources[&town].certificate.clone();
    let mut meetings = Vec::new();
    for (code, certify) in codes.iter().zip(acts) {
        world.office(|office| office.death(code, EffectiveDate::Unknown)).expect("alive so far");
        let death = world.next_batch(town).expect("it can be sealed").expect("one event");
        let terminal = terminal.clone();
        meetings.push(Meeting { certify, terminal, death, source: source.clone() });
    }
    meetings
}

/// Opens a case, finds the person, applies; gives the act that will make the certificate.
async fn ready(
    doors: &Doors,
    clock: &impl Clock,
    desk: &Desk,
    number: usize,
    keys: &Keys,
) -> SignedMessage {
    let ask = async |deed: Deed| {
        let act = desk.sign(deed).expect("a token signs");
        doors.counter.act(act, desk.terminal(), clock.now()).await.expect("it is granted")
    };
    let opened = ask(Deed::OpenCase { procedure: Procedure::Issue }).await;
    let Answer::CaseOpened { case, .. } = opened else { panic!("{opened:?}") };
    let FourItems { name, address, birth_date, sex } = items(number);
    let by = LookUpBy::Items { name, birth_date, sex: Some(sex), address: Some(address) };
    ask(Deed::LookUp { case, by }).await;
    let card = format!("CARD{number}");
    let application = Deed::Apply {
        case,
        card: card.clone(),
        identity: IdentityProof::ResidentCard,
        under_guardianship: None,
        name_choices: Default::default(),
        address_choices: Default::default(),
    };
    let permitted = ask(application).await;
    let Answer::Permitted { challenge, .. } = permitted else { panic!("{permitted:?}") };
    let key = keys.next();
    let keys = doors.card_master.card_keys(&card);
    let mut paper = PaperCard::new(&card, keys, &key.public_key());
    let mut answer = ask(Deed::OpenChannel { case, card: card.clone() }).await;
    while let Answer::Commands { run } = answer {
        answer = ask(paper.carried(case, &run)).await;
    }
    let proof = Octets(key.proof(&challenge.0).unwrap());
    desk.sign(Deed::Certify { case, card, proof }).expect("a token signs")
}

/// One meeting: the issuance here, the death there, each after a delay of its own.
async fn meet(
    doors: &Doors,
    clock: &impl Clock,
    meeting: &Meeting,
    rng: &mut StdRng,
    met: &mut Met,
) {
    let mut delay = || Duration::from_micros(rng.random_range(DELAY));
    let (before_issuing, before_dying, before_settling) = (delay(), delay(), delay() / 4);
    let breaks_off = rng.random_bool(0.25).then(|| Duration::from_micros(rng.random_range(DELAY)));
    let certify = || doors.counter.act(meeting.certify.clone(), &meeting.terminal, clock.now());
    let began = Instant::now();
    let issuing = async {
        tokio::time::sleep(before_issuing).await;
        let patience = breaks_off.unwrap_or(Duration::from_secs(60));
        tokio::time::timeout(patience, certify()).await
    };
    let dying = async {
        tokio::time::sleep(before_dying).await;
        let sender = Some(&meeting.source[..]);
        let accept = || doors.inbox.accept(&meeting.death.sealed, sender, clock.now());
        let mut accepted = accept().await;
        // "Not now, send it again" is an answer too: somebody else's change broke off.
        while matches!(accepted, Err(BatchRefusal::NotNow(_))) && began.elapsed() < PATIENCE {
            accepted = accept().await;
        }
        tokio::time::sleep(before_settling).await;
        let tick = || doors.scheduler.tick(clock);
        let mut ticked = tick().await;
        while ticked.is_err() && began.elapsed() < PATIENCE {
            ticked = tick().await;
        }
        (accepted, ticked)
    };
    let (issued, (accepted, ticked)) = tokio::join!(issuing, dying);
    if let Err(why) = accepted {
        met.failures.push(format!("the news of a death: {why}"));
    }
    if let Err(why) = ticked {
        met.failures.push(format!("a tick: {why}"));
    }
    // Who broke off comes back with the same request when the death is long settled.
    let mut outcome = match issued {
        Ok(outcome) => outcome,
        Err(_) => {
            met.broken_off += 1;
            certify().await
        }
    };
    while matches!(&outcome, Err(why) if !matches!(why, CaError::Refused(_)))
        && began.elapsed() < PATIENCE
    {
        outcome = certify().await;
    }
    match outcome {
        Ok(Answer::Certified { .. }) => met.revoked += 1,
        Err(CaError::Refused(Refusal::RegisterChanged)) => met.refused += 1,
        other => met.failures.push(format!("a death and an issuance: {other:?}")),
    }
}

/// Nobody in this world is alive: no certificate may be, and none may be half made.
async fn nobody_is_left(world: &World, met: &mut Met) {
    let ledger = world.house.ledger();
    let looked = async {
        world.settled().await.map_err(|e| e.to_string())?;
        let rows = ledger.status_after(Position(0), 1_000_000).await.map_err(|e| e.to_string())?;
        let later = world.clock.now() + 1.minute();
        let half_made = ledger.interrupted(later).await.map_err(|e| e.to_string())?;
        Ok::<_, String>((rows, half_made))
    };
    let (rows, half_made) = match looked.await {
        Ok(looked) => looked,
        Err(why) => return met.failures.push(why),
    };
    met.voided = rows.iter().filter(|row| row.change == status::StatusChange::Voided).count();
    let mut by_serial: BTreeMap<_, Vec<_>> = BTreeMap::new();
    rows.iter().for_each(|row| by_serial.entry(row.serial).or_default().push(row));
    for (serial, rows) in by_serial {
        let standing = status::fold(rows);
        if !matches!(standing, Some(Standing::Revoked { .. })) {
            met.failures.push(format!("a dead person's certificate {serial} is {standing:?}"));
        }
    }
    if !half_made.is_empty() {
        met.failures.push(format!("recorded, and neither filed nor voided: {half_made:?}"));
    }
    if met.deaths >= 50 && (met.refused == 0 || met.revoked == 0) {
        let (refused, revoked) = (met.refused, met.revoked);
        met.failures.push(format!("they never met: {refused} refused, {revoked} revoked"));
    }
}

fn items(number: usize) -> FourItems {
    FourItems {
        name: "証　花子".into(),
        address: format!("{}{number}番地", TOWNS[0].1),
        birth_date: "319700115".parse().expect("a birth date"),
        sex: Sex::Female,
    }
}
