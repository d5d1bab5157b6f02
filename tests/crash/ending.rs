//! The end of a run: nobody begins anything more, what was forgotten is ended by the authority,
//! and then the book and the outside world must say the same, both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use akashi_ledger::{Issuing, Ledger, LedgerError, Verifying};
use jiff::{Timestamp, ToSpan};

use crate::authority::Authority;
use crate::inspect::{Inspector, Stands};
use crate::rounds::comes_up;
use crate::scene::{Scene, change_config};
use crate::truth::Claim;

/// The scheduler has so long to end what was forgotten.
const WITHIN: Duration = Duration::from_secs(20);

/// Closes the books of a run.
pub async fn settle(
    scene: &Scene,
    authority: &mut Authority,
    inspector: &mut Inspector,
) -> Result<(), LedgerError> {
    // Once more, with the patience of the authority at an end.
    authority.kill_all();
    change_config(&scene.dir, |config| {
        for key in ["interrupted_after_minutes", "undelivered_after_hours"] {
            config.rules.insert(key.into(), 0.into());
        }
    });
    // Handed out anew: what was changed is a part of it.
    *authority = Authority::apart(&scene.dir);
    if let Err(why) = comes_up(scene, authority).await {
        scene.notes.finding(why);
        return Ok(());
    }
    // Everything is looked at once more, not only what is new.
    inspector.forget();
    inspector.inspect(scene).await?;
    let until = Instant::now() + WITHIN;
    loop {
        inspector.inspect(scene).await?;
        let unknown = in_force_and_unknown(scene, inspector);
        let ledger = Ledger::<Issuing>::open(&scene.ledger()).await?;
        let interrupted = ledger.interrupted(Timestamp::now() + 1.minute()).await;
        let entries = ledger.audit_entries(i64::from(i32::MAX)).await;
        ledger.close().await;
        let interrupted = interrupted?;
        if unknown.is_empty() && interrupted.is_empty() {
            numbers_are_used_once(scene, &entries?);
            let ledger = Ledger::<Verifying>::open(&scene.ledger()).await?;
            let verified = inspector.verify(scene, &ledger).await;
            ledger.close().await;
            return verified;
        }
        if Instant::now() > until || !scene.notes.findings().is_empty() {
            scene.notes.finding(format!(
                "nobody received {unknown:?} and they are in force; {interrupted:?} were recorded \
                 and neither filed nor voided"
            ));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Certificates in force that no client received, or that were promised to be at an end.
fn in_force_and_unknown(scene: &Scene, inspector: &Inspector) -> Vec<String> {
    let claims: BTreeMap<_, _> =
        scene.truth.claims().into_iter().map(|one| (one.serial, one.claim)).collect();
    let standings = inspector.standings();
    let good = standings.iter().filter(|(_, stands)| **stands == Stands::Good);
    good.filter(|(serial, _)| claims.get(serial) != Some(&Claim::InForce))
        .map(|(serial, _)| serial.to_string())
        .collect()
}

/// In the audit chain: no gap in the positions, no number of a certificate or a list given twice,
/// nothing filed that was not intended before.
fn numbers_are_used_once(scene: &Scene, newest_first: &[akashi_ledger::Entry]) {
    let mut expected = 0;
    let (mut intended, mut filed) = (BTreeSet::new(), BTreeSet::new());
    let mut lists: BTreeMap<&str, i64> = BTreeMap::new();
    for entry in newest_first.iter().rev() {
        expected += 1;
        if entry.position.0 != expected {
            return scene.notes.finding(format!("audit entry {expected} is missing"));
        }
        let subject = entry.subject.as_str();
        let fault = match entry.verb.as_str() {
            "intend" | "intend_responder" => !intended.insert(subject),
            "file" | "file_responder" => !intended.contains(subject) || !filed.insert(subject),
            "record_crl" => match subject.split_once(' ') {
                Some((scope, number)) => {
                    let number = number.parse().unwrap_or(i64::MIN);
                    lists.insert(scope, number).is_some_and(|before| before >= number)
                }
                None => true,
            },
            _ => false,
        };
        if fault {
            scene.notes.finding(format!("audit entry {expected}: {} {subject} again", entry.verb));
        }
    }
}
