//! A list of a whole prefecture: a million entries in little memory. Alone in its process, whose
//! peak is measured.

#[allow(dead_code, reason = "one authority of it is needed here")]
#[path = "crl/support.rs"]
mod support;

#[allow(dead_code, reason = "the support's")]
#[path = "../../ledger/tests/book/permits.rs"]
mod permits;

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use akashi_crl::signatory::Signatory;
use akashi_crl::tbs::Plan;
use akashi_crl::{List, ListKey, judge, write};
use akashi_ledger::Scope;
use akashi_lint::Lint;
use akashi_shelf::Entry;
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::Timestamp;

const FOUNDING: &str = r#"{"prefecture":"130001","organisation":"Akashi test",
    "ocsp_url":"http://127.0.0.1:1/ocsp","repository_url":"http://127.0.0.1:2",
    "policy":"2.25.1","access":"open","policy_critical":false,
    "validity":"from_issue_day","generation":1}"#;

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_million_entries_are_written_and_judged_in_less_than_64_mib() {
    let key = support::key();
    let certificate = support::ca_certificate(&key);
    let lint = Lint::new(&certificate, FOUNDING.as_bytes()).unwrap();
    let now = Timestamp::from_second(1_144_000_000).unwrap();
    let mut entries = Vec::with_capacity(1_000_000);
    entries.extend((0..1_000_000u128).map(|count| {
        let serial = SerialNumber::from_random((count << 64 | 0x4000 << 112).to_be_bytes());
        Entry::new(serial, now, RevocationReason::AffiliationChanged)
    }));
    let plan = Plan {
        signatory: Arc::new(Signatory::new(&certificate, &*key).unwrap()),
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
    let mut out = File::create(&file).unwrap();
    let mut judged = Duration::ZERO;
    write::write(
        &plan,
        &mut out,
        |error| panic!("{error}"),
        |unsigned| {
            let begin = Instant::now();
            let linted = judge::before(&lint, &plan, None, &file, unsigned)?;
            judged = begin.elapsed();
            Ok(ListKey::new(key.clone()).sign(linted)?)
        },
    )
    .unwrap();
    let written = begin.elapsed() - judged;
    let sound = judge::after(&lint, &plan, &file).unwrap();
    let (again, peak) = (begin.elapsed() - written - judged, peak());
    println!(
        "{} octets, written in {written:?}, judged before the signature in {judged:?} and after it \
         in {again:?}, {peak} KiB",
        sound.length
    );
    assert!((49_000_000..49_010_000).contains(&sound.length));
    assert!(peak < 64 * 1024, "{peak} KiB");
}
