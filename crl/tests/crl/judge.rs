//! A list that says something else than the book or the rules is never signed, and never published.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use akashi_crl::signatory::Signatory;
use akashi_crl::tbs::Plan;
use akashi_crl::{CrlError, List, ListKey, judge, write};
use akashi_keys::{KeyError, RsaKey, Signer};
use akashi_ledger::{Authority, Scope};
use akashi_lint::Lint;
use akashi_shelf::Entry;
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::Timestamp;

use crate::support::{BEGIN, CHIYODA, World, chiyoda, key, shinjuku};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(BEGIN.parse::<Timestamp>().unwrap().as_second() + seconds).unwrap()
}

fn entry(octet: u8, at: Timestamp) -> Entry {
    Entry::new(SerialNumber::from_random([octet; 16]), at, RevocationReason::Superseded)
}

fn lint(authority: &Authority) -> Lint {
    let record = serde_json::to_vec(&authority.profile).unwrap();
    Lint::new(&authority.certificate, &record).unwrap()
}

/// A sound plan of a partition with two entries.
fn sound(world: &World) -> Plan {
    Plan {
        signatory: Arc::new(Signatory::new(&world.authority.certificate, &*key()).unwrap()),
        scope: shinjuku(),
        point: Some(world.point(crate::support::SHINJUKU).to_vec()),
        number: 9,
        this_update: at(0),
        next_update: at(100),
        list: Arc::new(List { entries: vec![entry(1, at(0)), entry(2, at(0))], released: vec![] }),
    }
}

/// Counts what it signs.
struct Counting(Arc<RsaKey>, AtomicUsize);

impl Signer for Counting {
    fn algorithm(&self) -> spki::AlgorithmIdentifierOwned {
        self.0.algorithm()
    }
    fn public_key(&self) -> &[u8] {
        self.0.public_key()
    }
    fn signature_length(&self) -> Option<usize> {
        self.0.signature_length()
    }
    fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.sign_digest(digest)
    }
}

/// Writes `written`, and judges it as if it were `meant`.
fn made(
    lint: &Lint,
    key: &ListKey,
    written: &Plan,
    meant: &Plan,
    file: &Path,
) -> Result<judge::Sound, CrlError> {
    let mut out = std::fs::File::create(file).unwrap();
    write::write(
        written,
        &mut out,
        |error| panic!("{error}"),
        |unsigned| Ok(key.sign(judge::before(lint, meant, Some(8), file, unsigned)?)?),
    )?;
    judge::after(lint, meant, file)
}

fn rules(error: CrlError) -> Vec<&'static str> {
    match error {
        CrlError::Lint { findings, .. } => findings.iter().map(|finding| finding.rule).collect(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_broken_rule_is_found_before_anything_is_signed() {
    let world = World::open().await;
    let lint = lint(&world.authority);
    let file = world.dir.path().join("a.crl");
    let signer = Arc::new(Counting(key(), AtomicUsize::new(0)));
    let key = ListKey::new(signer.clone());
    let broken = |change: &dyn Fn(&mut Plan)| {
        let mut plan = sound(&world);
        change(&mut plan);
        rules(made(&lint, &key, &plan, &plan, &file).unwrap_err())
    };
    let entries = |entries: Vec<Entry>| {
        move |plan: &mut Plan| {
            plan.list = Arc::new(List { entries: entries.clone(), released: vec![] });
        }
    };
    assert_eq!(broken(&|plan| plan.next_update = plan.this_update), ["list_updates"]);
    assert_eq!(broken(&|plan| plan.number = 8), ["list_number"]);
    assert_eq!(broken(&|plan| plan.point = None), ["issuing_distribution_point"]);
    let foreign = world.point(CHIYODA).to_vec();
    assert_eq!(broken(&|plan| plan.point = Some(foreign.clone())), ["issuing_distribution_point"]);
    let twice = entries(vec![entry(1, at(0)), entry(1, at(0))]);
    assert_eq!(broken(&twice), ["list_entry_order"]);
    let disorder = entries(vec![entry(2, at(0)), entry(1, at(0))]);
    assert_eq!(broken(&disorder), ["list_entry_order"]);
    assert_eq!(broken(&entries(vec![entry(1, at(1))])), ["list_entry_future"]);
    let other = |change: fn(&mut Signatory)| {
        move |plan: &mut Plan| change(Arc::make_mut(&mut plan.signatory))
    };
    assert_eq!(
        broken(&other(|ours| ours.key_identifier[0] ^= 1)),
        ["list_authority_key_identifier"]
    );
    assert_eq!(broken(&other(|ours| ours.name = vec![0x30, 0])), ["list_issuer"]);
    assert_eq!(broken(&other(|ours| ours.algorithm[12] = 5)), ["list_algorithm"]);
    assert_eq!(signer.1.load(Ordering::Relaxed), 0, "something was signed");

    let plan = sound(&world);
    made(&lint, &key, &plan, &plan, &file).unwrap();
    assert_eq!(signer.1.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_list_that_says_something_else_than_its_plan_is_not_signed() {
    let world = World::open().await;
    let lint = lint(&world.authority);
    let file = world.dir.path().join("a.crl");
    let signer = Arc::new(Counting(key(), AtomicUsize::new(0)));
    let key = ListKey::new(signer.clone());
    let written = sound(&world);
    let found = |change: &dyn Fn(&mut Plan)| {
        let mut meant = sound(&world);
        change(&mut meant);
        rules(made(&lint, &key, &written, &meant, &file).unwrap_err())
    };
    assert_eq!(found(&|plan| plan.number = 10), ["list_as_recorded"]);
    assert_eq!(found(&|plan| plan.this_update = at(1)), ["list_as_recorded"]);
    assert_eq!(found(&|plan| plan.scope = chiyoda()), ["issuing_distribution_point"]);
    assert_eq!(found(&|plan| plan.scope = Scope::Authority), ["issuing_distribution_point"]);
    let book = "list_entries_of_the_book";
    assert_eq!(found(&|plan| plan.list = Arc::default()), [book]);
    let more = [entry(1, at(0)), entry(2, at(0)), entry(3, at(0))];
    assert_eq!(
        found(&|plan| plan.list = Arc::new(List { entries: more.to_vec(), released: vec![] })),
        [book]
    );
    let mut reason = entry(2, at(0));
    reason.reason = RevocationReason::KeyCompromise;
    assert_eq!(
        found(&|plan| {
            let entries = vec![entry(1, at(0)), reason];
            plan.list = Arc::new(List { entries, released: vec![] });
        }),
        [book]
    );
    assert_eq!(signer.1.load(Ordering::Relaxed), 0, "something was signed");
}

/// A key that makes a mistake now and then, as hardware does.
struct Faulty(Arc<RsaKey>);

impl Signer for Faulty {
    fn algorithm(&self) -> spki::AlgorithmIdentifierOwned {
        self.0.algorithm()
    }
    fn public_key(&self) -> &[u8] {
        self.0.public_key()
    }
    fn signature_length(&self) -> Option<usize> {
        self.0.signature_length()
    }
    fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let mut signature = self.0.sign_digest(digest)?;
        signature[100] ^= 1;
        Ok(signature)
    }
}

#[tokio::test]
async fn a_faulty_signature_is_found_by_another_implementation() {
    let world = World::open().await;
    let plan = sound(&world);
    let file = world.dir.path().join("a.crl");
    let error =
        made(&lint(&world.authority), &ListKey::new(Arc::new(Faulty(key()))), &plan, &plan, &file)
            .unwrap_err();
    assert!(matches!(error, CrlError::Signature { number: 9, .. }), "{error}");
}
