//! How many 異動 a second, from the sealed batch to the recorded revocation.

use std::path::Path;
use std::time::Instant;

use akashi_edge::Opened;
use akashi_keys::{Passphrase, RsaSize};
use akashi_ledger::{Access, Intention, NewCertificate, NewFile, PersonId, Slot, Standing};
use akashi_wire::date::EffectiveDate;
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, ResidentCode, SerialNumber};
use jiff::ToSpan;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::BenchError;
use super::book::{Address, town};
use super::measure::{Measurement, forget_peak, peak, rate};
use akashi_town::{Filler, PASSPHRASE, Setting, World, filler};

/// Events in a batch.
const BATCH: usize = 1000;

/// Lets `count` holders die in each of `runs` runs, and prints events a second.
///
/// Measured is the time from the first sealed batch until the last certificate is revoked in the
/// book: opening, the source's signature, every commitment, the inbox, the consequence, the status
/// rows, the audit entries. The baseline takes the same number of events about people without a
/// certificate: what the inbox alone costs.
pub async fn feed(dir: &Path, book: &Address, count: usize, runs: usize) -> Result<(), BenchError> {
    let setting = Setting {
        prefecture: "310000".parse().expect("a code of the table"),
        towns: vec![town()],
        access: Access::Open,
        seed: 1,
        start: jiff::Timestamp::now(),
        ledger: book.ledger(),
        size: RsaSize::Rsa2048,
        policy_critical: false,
    };
    let mut world = World::make(dir, &setting).await?;
    let mut rng = StdRng::seed_from_u64(3);
    let (mut values, mut inbox, mut most) = (Vec::new(), Vec::new(), 0);
    for run in 0..runs {
        eprintln!("bench feed: run {} of {runs}: {count} events", run + 1);
        let strangers = populate(&world, count, &mut rng)?;
        inbox.push(rate(count, die(&mut world, &strangers).await?));
        let holders = populate(&world, count, &mut rng)?;
        let serials = certify(&world, dir, &holders).await?;
        forget_peak();
        values.push(rate(count, die(&mut world, &holders).await?));
        most = most.max(peak());
        for serial in serials {
            if !matches!(world.standing(serial).await?, Some(Standing::Revoked { .. })) {
                return Err(BenchError::Wrong(format!("{serial} was not revoked")));
            }
        }
    }
    let baseline = ("events about people without a certificate", inbox);
    let name = format!("feed/{}", book.name());
    Measurement::of(name, "events/s", values, baseline, most).print();
    world.stop().await;
    Ok(())
}

fn populate(
    world: &World,
    count: usize,
    rng: &mut StdRng,
) -> Result<Vec<ResidentCode>, BenchError> {
    let today = akashi_wire::date::day_in_japan(world.clock.now());
    let mut registry = world.registry.lock().expect("nobody panics with the register");
    registry.populate(town(), count, today, rng).map_err(|e| BenchError::Wrong(e.to_string()))
}

/// Everybody dies; gives the time from the first batch until all of it is settled.
async fn die(world: &mut World, codes: &[ResidentCode]) -> Result<std::time::Duration, BenchError> {
    for code in codes {
        world.office(|office| office.death(code, EffectiveDate::Unknown).map(|_| ()))?;
    }
    let now = world.clock.now();
    let mut batches = Vec::new();
    loop {
        let mut registry = world.registry.lock().expect("nobody panics with the register");
        let source = &world.sources[&town()];
        match registry.next_batch(source, now, BATCH) {
            Ok(Some(batch)) => batches.push(batch.sealed),
            Ok(None) => break,
            Err(error) => return Err(BenchError::Wrong(error.to_string())),
        }
    }
    let begin = Instant::now();
    for batch in &batches {
        let taken = world.house.doors.inbox.accept(batch, None, now).await;
        taken.map_err(|error| BenchError::Wrong(error.to_string()))?;
    }
    while !world.house.ledger().waiting_events(1).await?.is_empty() {
        world.house.doors.scheduler.tick(&*world.clock).await?;
    }
    Ok(begin.elapsed())
}

/// Writes a certificate for each into the book. Nobody holds these certificates.
async fn certify(
    world: &World,
    dir: &Path,
    codes: &[ResidentCode],
) -> Result<Vec<SerialNumber>, BenchError> {
    let passphrase = Passphrase::new(PASSPHRASE.into())?;
    let opened = Opened::open(dir, &passphrase).map_err(akashi_ca::CaError::from)?;
    let (ledger, vault, now) =
        (world.house.ledger(), &world.house.doors.issuer.vault, world.clock.now());
    let officer = Filler::enrol(&opened, ledger, town(), now).await?;
    let permit = officer.permit(ledger, filler::issuing(), now).await?;
    let mut serials = Vec::new();
    for codes in codes.chunks(64) {
        let mut change = ledger.begin(&permit, now).await?;
        let (mut new, mut files) = (Vec::new(), Vec::new());
        for code in codes {
            let hash = *vault.code_hash(code.expose()).as_bytes();
            let id: [u8; 16] = rand::random();
            change.person(&hash, PersonId::from_random(id), 1).await?;
            let serial = SerialNumber::from_random(rand::random());
            let items = {
                let registry = world.registry.lock().expect("nobody panics with the register");
                registry.record(code).map(|record| serde_json::to_vec(record.items()))
            };
            let items = items.and_then(Result::ok).unwrap_or_default();
            let intention = Intention {
                serial,
                generation: 1,
                municipality: town(),
                person: PersonId::from_random(id),
                case: filler::case(),
                public_key: Sha256::of(&id),
                modulus: Vec::new(),
                tbs_digest: Sha256::of(&id),
                not_before: now,
                not_after: now + (3 * 365 * 24).hours(),
                slot: Slot::Current,
            };
            let sealed_items =
                vault.seal("certificate_items", serial.as_bytes(), &items, 203_905)?;
            let permit = permit.clone();
            new.push(NewCertificate {
                permit: permit.clone(),
                intention,
                sealed_items,
                history: 1,
                card: None,
            });
            files.push(NewFile { permit, serial, sealed_der: vec![0; 64] });
            serials.push(serial);
        }
        change.intend_all(&new).await?;
        change.file_all(&files).await?;
        change.commit().await?;
    }
    Ok(serials)
}
