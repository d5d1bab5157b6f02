//! How many certificates a second.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use akashi_card::Card;
use akashi_edge::Opened;
use akashi_keys::{Passphrase, RsaSize, Signer};
use akashi_ledger::Access;
use akashi_ra_console::channel;
use akashi_wire::act::{Answer, CertifiedText, Deed, IdentityProof, Procedure, SubstituteChoices};
use akashi_wire::octets::Octets;
use akashi_wire::{Clock, SignedMessage};
use futures::stream::{self, StreamExt, TryStreamExt};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::BenchError;
use super::book::Address;
use super::measure::{Measurement, forget_peak, peak, rate};
use akashi_town::card_key::{CardKey, Keys};
use akashi_town::{PaperCard, Setting, World};

/// Counters that ask at the same time.
const COUNTERS: usize = 384;

/// Certifies `count` applications in each of `runs` runs, and prints certificates a second.
///
/// Measured is the act `certify`, from the signed act to its answer, at the counter's door without
/// TLS: the officer's signature and enrolment, the proof of possession, the checks of the key,
/// draft, lint, record, RSA-2048 signature, re-reading, verification, filing, the sealed answer, the
/// audit entries. Every application was opened, looked up and granted before.
pub async fn issue(
    dir: &Path,
    book: &Address,
    count: usize,
    runs: usize,
) -> Result<(), BenchError> {
    let town = "312011".parse().expect("a code of the table");
    let world = World::make(
        dir,
        &Setting {
            prefecture: "310000".parse().expect("a code of the table"),
            towns: vec![town],
            access: Access::Open,
            seed: 1,
            start: jiff::Timestamp::now(),
            ledger: book.ledger(),
            size: RsaSize::Rsa2048,
            policy_critical: false,
        },
    )
    .await?;
    let passphrase = Passphrase::new(akashi_town::PASSPHRASE.into())?;
    let opened = Opened::open(&world.house.dir, &passphrase)?;
    let key: Arc<dyn Signer> = Arc::new(opened.custody.rsa("ca")?);
    eprintln!("bench issue: making keys");
    let mut keys = Keys::make(count * runs);
    let mut rng = StdRng::seed_from_u64(2);
    let (mut values, mut raw, mut granted_rates) = (Vec::new(), Vec::new(), Vec::new());
    let mut most = 0;
    for run in 0..runs {
        eprintln!("bench issue: run {} of {runs}: {count} applications", run + 1);
        let codes = {
            let mut registry = world.registry.lock().expect("nobody panics with the register");
            let today = akashi_wire::date::day_in_japan(world.clock.now());
            registry
                .populate(town, count, today, &mut rng)
                .map_err(|error| BenchError::Wrong(error.to_string()))?
        };
        let begin = Instant::now();
        let world_ref = &world;
        let made: Vec<CardKey> = keys.by_ref().take(count).collect();
        if made.len() < count {
            return Err(BenchError::Wrong("too few keys".into()));
        }
        let granted: Vec<(Deed, Octets, CardKey)> =
            stream::iter(codes.iter().zip(made).enumerate())
                .map(|(number, (code, key))| async move {
                    let desk = &world_ref.desks[&town];
                    let card = format!("4A4B{:012X}", run * count + number);
                    let case =
                        match desk.ask(Deed::OpenCase { procedure: Procedure::Issue }).await? {
                            Answer::CaseOpened { case, .. } => case,
                            other => return Err(wrong(&other)),
                        };
                    let look_up = Deed::LookUp { case, by: world_ref.by_items(code) };
                    let Answer::Found { name, address, .. } = desk.ask(look_up).await? else {
                        return Err(BenchError::Wrong("look_up".into()));
                    };
                    let apply = Deed::Apply {
                        case,
                        card: card.clone(),
                        identity: IdentityProof::ResidentCard,
                        under_guardianship: None,
                        name_choices: substitutes(&name),
                        address_choices: substitutes(&address),
                    };
                    let Answer::Permitted { challenge, .. } = desk.ask(apply).await? else {
                        return Err(BenchError::Wrong("apply".into()));
                    };
                    let keys = world_ref.house.doors.card_master.card_keys(&card);
                    let paper = PaperCard::new(&card, keys, &key.public_key());
                    channel::open(desk, &mut Card::open(paper)?, case).await?;
                    let deed = Deed::Certify { case, card, proof: Octets(Vec::new()) };
                    Ok((deed, challenge, key))
                })
                .buffer_unordered(32)
                .try_collect()
                .await?;
        granted_rates.push(rate(count, begin.elapsed()));
        let mut acts = Vec::with_capacity(count);
        for (deed, challenge, key) in granted {
            let Deed::Certify { case, card, .. } = deed else { continue };
            let proof = key.proof(&challenge.0).map_err(akashi_ca::CaError::from)?;
            let proof = Octets(proof);
            acts.push(world.desks[&town].sign(Deed::Certify { case, card, proof })?);
        }
        raw.push(signatures(&key));
        forget_peak();
        values.push(rate(count, certify(&world, acts).await?));
        most = most.max(peak());
    }
    let entries = world.house.ledger().verify_audit().await?.entries;
    eprintln!("bench issue: the audit chain is whole, {entries} entries");
    let baseline = ("RSA-2048 signatures by aws-lc-rs on every core, nothing else", raw);
    let name = format!("issue/{}", book.name());
    Measurement::of(name, "certificates/s", values, baseline, most).print();
    let baseline = ("none", Vec::new());
    let name = format!("apply/{}", book.name());
    Measurement::of(
        name,
        "applications/s, with a key in a card of paper: six acts each over TLS",
        granted_rates,
        baseline,
        most,
    )
    .print();
    world.stop().await;
    Ok(())
}

/// Some substitute for every character that needs one.
fn substitutes(text: &CertifiedText) -> SubstituteChoices {
    text.undecided.iter().map(|position| (*position, "土".to_owned())).collect()
}

fn wrong(answer: &Answer) -> BenchError {
    let text = serde_json::to_string(answer).unwrap_or_default();
    BenchError::Wrong(text.chars().take(60).collect())
}

/// Services the acts in from many counters at once; gives how long it took until all were answered.
async fn certify(world: &World, acts: Vec<SignedMessage>) -> Result<Duration, BenchError> {
    let (counter, clock) = (world.house.doors.counter.clone(), world.clock.clone());
    let desk = world.desks.values().next().expect("a world has a desk");
    let peer: Arc<[u8]> = desk.terminal().into();
    let begin = Instant::now();
    stream::iter(acts)
        .map(|act| {
            let (counter, peer, now) = (counter.clone(), peer.clone(), clock.now());
            let acting = tokio::spawn(async move { counter.act(act, &peer, now).await });
            async move {
                match acting.await.map_err(|e| BenchError::Wrong(e.to_string()))?? {
                    Answer::Certified { .. } => Ok(()),
                    other => Err(wrong(&other)),
                }
            }
        })
        .buffer_unordered(COUNTERS)
        .try_collect::<()>()
        .await?;
    Ok(begin.elapsed())
}

/// Signatures a second on every core, for a second.
fn signatures(key: &Arc<dyn Signer>) -> f64 {
    let services = std::thread::available_parallelism().map_or(1, usize::from);
    let begin = Instant::now();
    let made: usize = std::thread::scope(|scope| {
        let hand = || {
            let mut made = 0;
            while begin.elapsed() < Duration::from_secs(1) {
                key.sign(b"what is signed is as short as can be").expect("a key that signs");
                made += 1;
            }
            made
        };
        let tasks: Vec<_> = (0..services).map(|_| scope.spawn(hand)).collect();
        tasks.into_iter().map(|task| task.join().unwrap_or(0)).sum()
    });
    rate(made, begin.elapsed())
}
