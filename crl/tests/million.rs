//! A list of a whole prefecture: a million entries in little memory. Alone in its process, whose
//! peak is measured.

use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use akashi_crl::signatory::Signatory;
use akashi_crl::tbs::Plan;
use akashi_crl::{Entry, List, lint, write};
use akashi_keys::{RsaKey, RsaSize, Signer};
use akashi_ledger::Scope;
use akashi_wire::{RevocationReason, SerialNumber};
use der::Encode;
use jiff::Timestamp;

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_million_entries_are_written_and_judged_in_less_than_64_mib() {
    let key = RsaKey::generate(RsaSize::Rsa2048).unwrap();
    let now = Timestamp::from_second(1_144_000_000).unwrap();
    let mut entries = Vec::with_capacity(1_000_000);
    entries.extend((0..1_000_000u128).map(|count| {
        let serial = SerialNumber::from_random((count << 64 | 0x4000 << 112).to_be_bytes());
        Entry::new(serial, now, RevocationReason::AffiliationChanged)
    }));
    let plan = Plan {
        signatory: Arc::new(Signatory {
            name: vec![0x30, 0],
            key_identifier: vec![7; 20],
            public_key: key.public_key().to_vec(),
            algorithm: key.algorithm().to_der().unwrap(),
            signature_length: 256,
        }),
        scope: Scope::Complete,
        point: None,
        number: 1,
        this_update: now,
        next_update: now + jiff::SignedDuration::from_hours(72),
        list: Arc::new(List { entries, released: Vec::new() }),
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("complete.crl");
    let begin = Instant::now();
    assert_eq!(lint::plan(&plan, None), []);
    let mut out = File::create(&file).unwrap();
    write::write(&plan, &key, &mut out, |error| panic!("{error}")).unwrap();
    let written = begin.elapsed();
    let sound = lint::file(&file, &plan).unwrap();
    let (judged, peak) = (begin.elapsed() - written, peak());
    println!("{} octets, written in {written:?}, judged in {judged:?}, {peak} KiB", sound.length);
    assert!((49_000_000..49_010_000).contains(&sound.length));
    assert!(peak < 64 * 1024, "{peak} KiB");
}
