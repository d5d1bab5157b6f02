//! After a crash: what the outside world knows is held against the book and the public doors.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use akashi_agency::Verdict;
use akashi_ledger::status::StatusChange;
use akashi_ledger::{Ledger, LedgerError, Position, StatusRow, Verifying};
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::Timestamp;

use crate::scene::Scene;
use crate::truth::{Claim, Received};
use crate::{agencies, feed};

/// What was accepted must be seen everywhere within this time after a start.
const WITHIN: Duration = Duration::from_secs(10);

/// Recomputing the whole chain takes longer with each entry: each so many looks.
const VERIFY_EVERY: usize = 8;

/// How a certificate stands by its rows: told here once more, without the ledger's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    Good,
    Revoked(Timestamp, RevocationReason),
}

/// Remembers between two looks what may never change.
#[derive(Default)]
pub struct Inspector {
    rows: Vec<StatusRow>,
    /// Entries of the audit chain when it was last verified.
    pub entries: i64,
    looks: usize,
    events: usize,
    seen: BTreeMap<SerialNumber, bool>,
}

impl Inspector {
    /// Looks at everything that was known before now.
    pub async fn inspect(&mut self, scene: &Scene) -> Result<(), LedgerError> {
        let claims = scene.truth.claims();
        let ledger = Ledger::<Verifying>::open(&scene.ledger()).await?;
        let looked = self.look(scene, &ledger, &claims).await;
        // Before the next crash, which must find no helper with the book in hand.
        ledger.close().await;
        looked?;
        self.events_are_settled(scene).await;
        self.ask_again(scene).await;
        self.doors_say_so(scene, &claims).await;
        Ok(())
    }

    /// Nothing that was found right before counts any more.
    pub fn forget(&mut self) {
        self.events = 0;
        self.seen.clear();
    }

    /// The standing of every certificate, from the rows read last.
    pub fn standings(&self) -> BTreeMap<SerialNumber, Stands> {
        let mut standings = BTreeMap::new();
        for row in &self.rows {
            let ended = Stands::Revoked(row.recorded_at, row.reason);
            match (row.change, standings.get(&row.serial)) {
                (_, Some(Stands::Revoked(..))) => {}
                (StatusChange::Issued | StatusChange::Released, _) => {
                    standings.insert(row.serial, Stands::Good);
                }
                _ => {
                    standings.insert(row.serial, ended);
                }
            }
        }
        standings
    }

    async fn look(
        &mut self,
        scene: &Scene,
        ledger: &Ledger<Verifying>,
        claims: &[Received],
    ) -> Result<(), LedgerError> {
        self.looks += 1;
        if self.looks.is_multiple_of(VERIFY_EVERY) {
            self.verify(scene, ledger).await?;
        }
        let until = Instant::now() + WITHIN;
        loop {
            self.read(scene, ledger).await?;
            let wrong = self.wrong(scene, claims);
            if wrong.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                wrong.into_iter().for_each(|what| scene.notes.finding(what));
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The whole chain is unbroken, and none of it is gone.
    pub async fn verify(
        &mut self,
        scene: &Scene,
        ledger: &Ledger<Verifying>,
    ) -> Result<(), LedgerError> {
        let entries = match ledger.verify_audit().await {
            Ok(report) => report.entries,
            Err(error @ LedgerError::Chain { .. }) => {
                scene.notes.finding(format!("the audit chain: {error}"));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if entries < self.entries {
            scene.notes.finding(format!("of {} audit entries {entries} are left", self.entries));
        }
        self.entries = entries;
        Ok(())
    }

    /// Reads every row; those read before must still be there.
    async fn read(&mut self, scene: &Scene, ledger: &Ledger<Verifying>) -> Result<(), LedgerError> {
        let rows = ledger.status_after(Position(0), 1_000_000).await?;
        if !rows.starts_with(&self.rows) {
            scene.notes.finding("status rows that were read before are gone or changed");
        }
        let mut filed = BTreeSet::new();
        for row in rows.iter().filter(|row| row.change == StatusChange::Issued) {
            if !filed.insert(row.serial) {
                scene.notes.finding(format!("{} was filed twice", row.serial));
            }
        }
        self.rows = rows;
        Ok(())
    }

    /// What the book says otherwise than was promised.
    fn wrong(&self, scene: &Scene, claims: &[Received]) -> Vec<String> {
        let standings = self.standings();
        let mut wrong = Vec::new();
        let mut living: BTreeMap<usize, SerialNumber> = BTreeMap::new();
        for Received { serial, claim, person, .. } in claims {
            let Some(stands) = standings.get(serial) else {
                wrong.push(format!("{serial} was given out and is unknown to the book"));
                continue;
            };
            if *stands == Stands::Good
                && let Some(other) = living.insert(*person, *serial)
            {
                wrong.push(format!("one person has {other} and {serial} in force"));
            }
            let kept = match (claim, stands) {
                (Claim::Unsure, _) | (Claim::InForce, Stands::Good) => true,
                (Claim::Ended { reason, at, .. }, Stands::Revoked(since, why)) => {
                    reason == why && at.is_none_or(|at| at == *since)
                }
                _ => false,
            };
            // What was in force may have ended since, with everybody's knowledge.
            if !(kept || *claim == Claim::InForce && has_moved_on(scene, *serial)) {
                wrong.push(format!("{serial}: promised was {claim:?}, the book says {stands:?}"));
            }
        }
        wrong
    }

    /// Every event that was accepted is settled, as its own source is told.
    async fn events_are_settled(&mut self, scene: &Scene) {
        let events = scene.truth.memory().events.clone();
        let mut clients = BTreeMap::new();
        for (source, sequence) in events.iter().skip(self.events) {
            let until = Instant::now() + WITHIN;
            let client = clients.entry(*source).or_insert_with(|| {
                akashi_link::client(&scene.sources[source].link()).expect("a link")
            });
            let url = format!("https://{}/idou/{sequence}", scene.config.listen.authority);
            loop {
                let told = async {
                    let answer = client.get(&url).send().await.ok()?;
                    let octets = answer.bytes().await.ok()?;
                    let json: serde_json::Value = serde_json::from_slice(&octets).ok()?;
                    Some(json["state"].as_str()?.to_owned())
                };
                let state = told.await;
                if state.as_deref() == Some("settled") {
                    break;
                }
                if Instant::now() > until {
                    let what = format!("event {source} {sequence} was accepted and is {state:?}");
                    scene.notes.finding(what);
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        self.events = events.len();
    }

    /// Requests and batches that were answered before the crash get the same answer again.
    async fn ask_again(&self, scene: &Scene) {
        let (answers, batch) = {
            let memory = scene.truth.memory();
            let some: Vec<_> = memory.answers.iter().rev().step_by(7).take(6).cloned().collect();
            (some, memory.batches.last().cloned())
        };
        for one in answers {
            let again = scene.officers[one.officer].insist(scene, &one.act).await;
            scene.notes.count("repeated");
            if again.as_ref() != Ok(&one.answer) {
                scene.notes.finding(format!("first {:?}, and then {again:?}", one.answer));
            }
        }
        if let Some((batch, answer)) = batch {
            let source = &scene.sources[&batch.batch.header.source];
            let client = akashi_link::client(&source.link()).expect("a link");
            let again = feed::insist(scene, &client, &batch).await;
            scene.notes.count("repeated");
            if again.is_some_and(|again| again != answer) {
                scene.notes.finding(format!("a batch got another answer than {answer:?}"));
            }
        }
    }

    /// OCSP says what was promised, and the lists hold every end. What was seen once is not asked
    /// for again here: the agencies do that all the time.
    async fn doors_say_so(&mut self, scene: &Scene, claims: &[Received]) {
        for Received { serial, octets, claim, .. } in claims {
            let until = Instant::now() + WITHIN;
            let ended = matches!(claim, Claim::Ended { .. });
            if *claim == Claim::Unsure || self.seen.get(serial) == Some(&ended) {
                continue;
            }
            loop {
                let verdict = agencies::ask(scene, *serial, octets).await;
                match (claim, &verdict) {
                    (Claim::InForce, Verdict::Valid) => break,
                    (Claim::Ended { reason, .. }, Verdict::Revoked { reason: told, .. })
                        if reason == told =>
                    {
                        break;
                    }
                    // Ended meanwhile: asked again at the next look.
                    (Claim::InForce, _) if has_moved_on(scene, *serial) => break,
                    _ if Instant::now() > until => {
                        let what = format!("{serial}: promised was {claim:?}, OCSP {verdict:?}");
                        scene.notes.finding(what);
                        break;
                    }
                    _ => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
            if ended == matches!(scene.truth.claim_of(*serial), Claim::Ended { .. }) {
                self.seen.insert(*serial, ended);
            }
        }
        self.lists_hold(scene, claims).await;
    }

    /// The list of each town holds every certificate of that town that ended.
    pub async fn lists_hold(&self, scene: &Scene, claims: &[Received]) {
        for town in scene.sources.keys() {
            let until = Instant::now() + WITHIN;
            let ended: BTreeSet<SerialNumber> = {
                let memory = scene.truth.memory();
                let here = |one: &&Received| {
                    matches!(one.claim, Claim::Ended { .. })
                        && memory.people[one.person].town == *town
                };
                claims.iter().filter(here).map(|one| one.serial).collect()
            };
            loop {
                let listed = agencies::fetch(scene, &town.to_string()).await;
                let missing = listed.as_ref().map(|listed| ended.difference(listed).next());
                if missing == Ok(None) {
                    break;
                }
                if Instant::now() > until {
                    scene.notes.finding(format!("the list of {town} does not hold {missing:?}"));
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Whether a certificate that was in force may be at an end by now.
fn has_moved_on(scene: &Scene, serial: SerialNumber) -> bool {
    scene.truth.claim_of(serial) != Claim::InForce
}
