//! Twenty thousand made-up histories: what is read back is what the book's own function says.

use std::path::Path;
use std::sync::Arc;

use akashi_crl::list::Lister;
use akashi_crl::signatory::Signatory;
use akashi_crl::tbs::Plan;
use akashi_crl::write;
use akashi_keys::Signer as _;
use akashi_ledger::{Position, Scope, StatusChange, StatusRow, status};
use akashi_shelf::{Entry, Reading};
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::support::{ca_certificate, key};

const SEED: u64 = 20_060_403;

/// One certificate's rows, the first of them `Issued` or `Voided`.
fn history(rng: &mut StdRng, position: &mut i64) -> Vec<StatusRow> {
    let serial = SerialNumber::from_random(rng.random());
    let mut row = |change, reason| {
        *position += 1;
        StatusRow {
            generation: 1,
            position: Position(*position),
            serial,
            municipality: "131041".parse().unwrap(),
            not_after: Timestamp::constant(32_503_680_000, 0),
            change,
            reason,
            recorded_at: Timestamp::from_millisecond(1_144_000_000_000 + *position * 1_037)
                .unwrap(),
        }
    };
    if rng.random_ratio(1, 20) {
        return vec![row(StatusChange::Voided, RevocationReason::Unspecified)];
    }
    let mut rows = vec![row(StatusChange::Issued, RevocationReason::Unspecified)];
    for _ in 0..rng.random_range(0..5) {
        rows.push(match rng.random_range(0..3) {
            0 => row(StatusChange::Held, RevocationReason::CertificateHold),
            1 => row(StatusChange::Released, RevocationReason::Unspecified),
            _ => row(StatusChange::Revoked, RevocationReason::ALL[rng.random_range(0..6)]),
        });
    }
    rows
}

#[test]
fn what_is_read_back_is_what_the_rows_say() {
    println!("seed {SEED}");
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut position = 0;
    let mut histories: Vec<_> = (0..20_000).map(|_| history(&mut rng, &mut position)).collect();
    histories.sort_by_key(|rows| rows[0].serial);
    let expected: Vec<Entry> = histories
        .iter()
        .filter_map(|rows| {
            let (at, reason) = status::fold(rows)?.revocation()?;
            Some(Entry::new(rows[0].serial, at, reason))
        })
        .collect();

    let mut lister = Lister::default();
    let rows = histories.iter().flatten().filter(|row| row.change != StatusChange::Issued);
    rows.for_each(|row| lister.take(&row.listed()));
    let list = lister.finish();
    assert_eq!(list.entries, expected);

    let now = Timestamp::from_second(1_200_000_000).unwrap();
    let plan = Plan {
        signatory: Arc::new(Signatory::new(&ca_certificate(&key()), &*key()).unwrap()),
        scope: Scope::Complete,
        point: None,
        number: 1,
        this_update: now,
        next_update: now + jiff::SignedDuration::from_hours(72),
        list: Arc::new(list),
    };
    let mut octets = Vec::new();
    let sign = |list: &write::Unsigned| Ok(key().sign_digest(&list.digest)?);
    write::write(&plan, &mut octets, |error| panic!("{error}"), sign).unwrap();
    let mut reading = Reading::new(&octets[..], Path::new("seeded.crl")).unwrap();
    let read: Vec<Entry> = reading.by_ref().map(Result::unwrap).collect();
    assert!(read == expected, "{} entries of {}", read.len(), expected.len());
    let tail = reading.finish().unwrap();
    assert!(plan.signatory.verifies(&tail.signed, &tail.signature));
}
