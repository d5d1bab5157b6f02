//! How long the list of a whole prefecture takes, from the book to the file.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use akashi_ledger::Scope;
use akashi_wire::clock::SimulatedClock;
use jiff::Timestamp;

use super::BenchError;
use super::book::{filled, town};
use super::measure::{Measurement, forget_peak, peak};

/// Certificates in force beside the revoked ones.
pub const GOOD: usize = 1000;

/// Publishes a list of `entries` entries `runs` times, and prints seconds.
///
/// Measured is everything up to a list that is handed over: reading the book, the gate against the list before,
/// lint, the number on record, writing and signing, re-reading, verification, sync, rename, record.
pub async fn crl(dir: &Path, entries: usize, runs: usize) -> Result<(), BenchError> {
    let now = Timestamp::now();
    let clock = Arc::new(SimulatedClock::at(now));
    let house = filled(dir, (GOOD, entries), clock).await?;
    let mut at = now.max(house.ledger().head_time().await?);
    for scope in [Scope::Partition(town()), Scope::Complete] {
        forget_peak();
        let (mut values, mut raw) = (Vec::new(), Vec::new());
        for _ in 0..=runs {
            at += Duration::from_secs(1);
            let begin = Instant::now();
            let published = house.lists.publish(scope, at).await?;
            values.push(begin.elapsed().as_secs_f64());
            if published.entries != entries {
                return Err(BenchError::Wrong(format!("{} entries", published.entries)));
            }
            raw.push(written(dir, published.length as usize)?);
        }
        // The first list has none before it to be held against.
        values.remove(0);
        let baseline = ("the same octets written, synced and read back, nothing else", raw);
        let name = format!("crl/{scope}/{entries}");
        Measurement::of(name, "s", values, baseline, peak()).print();
    }
    house.ledger().close().await;
    Ok(())
}

/// Writes so many octets to a file, syncs, reads them back; gives how long it took.
fn written(dir: &Path, length: usize) -> Result<f64, BenchError> {
    use std::io::{Read, Write};
    let path = dir.join("octets");
    let chunk = vec![0x5a; 64 * 1024];
    let begin = Instant::now();
    let mut file = std::fs::File::create(&path)?;
    for at in (0..length).step_by(chunk.len()) {
        file.write_all(&chunk[..chunk.len().min(length - at)])?;
    }
    file.sync_all()?;
    let mut file = std::fs::File::open(&path)?;
    let mut buffer = chunk;
    while file.read(&mut buffer)? > 0 {}
    let time = begin.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(time)
}
