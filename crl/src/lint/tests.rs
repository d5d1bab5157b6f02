use std::sync::Arc;

use akashi_keys::{RsaKey, RsaSize, Signer};
use akashi_wire::{RevocationReason, SerialNumber};
use der::Encode;
use jiff::Timestamp;

use super::*;
use crate::list::List;
use crate::signatory::Signatory;
use crate::{Entry, write};

fn entry(octet: u8, at: Timestamp) -> Entry {
    Entry::new(SerialNumber::from_random([octet; 16]), at, RevocationReason::Superseded)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_000_000_000 + seconds).unwrap()
}

/// A sound plan of a partition with two entries.
fn sound(key: &RsaKey) -> Plan {
    let entries = vec![entry(1, at(0)), entry(2, at(0))];
    Plan {
        signatory: Arc::new(Signatory {
            name: vec![0x30, 0],
            key_identifier: vec![7; 20],
            public_key: key.public_key().to_vec(),
            algorithm: key.algorithm().to_der().unwrap(),
            signature_length: 256,
        }),
        scope: Scope::Partition("131041".parse().unwrap()),
        point: Some(vec![0xa0, 3, 0x86, 1, b'p']),
        number: 9,
        this_update: at(0),
        next_update: at(100),
        list: Arc::new(List { entries, released: Vec::new() }),
    }
}

fn key() -> RsaKey {
    RsaKey::generate(RsaSize::Rsa2048).unwrap()
}

fn rules(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_sound_plan_has_no_findings() {
    assert_eq!(super::plan(&sound(&key()), Some(8)), []);
}

#[test]
fn every_broken_rule_is_found_before_anything_is_signed() {
    let key = key();
    let broken = |change: fn(&mut Plan)| {
        let mut plan = sound(&key);
        change(&mut plan);
        rules(&super::plan(&plan, Some(8)))
    };
    assert_eq!(broken(|plan| plan.next_update = plan.this_update), ["RFC 5280 §5.1.2.5"]);
    assert_eq!(broken(|plan| plan.number = 8), ["RFC 5280 §5.2.3"]);
    assert_eq!(broken(|plan| plan.point = None), ["RFC 5280 §5.2.5"]);
    assert_eq!(broken(|plan| plan.scope = Scope::Complete), ["RFC 5280 §5.2.5"]);
    let doubled = vec![entry(1, at(0)), entry(1, at(0))];
    let disordered = vec![entry(2, at(0)), entry(1, at(0))];
    let future = vec![entry(1, at(1))];
    for entries in [doubled, disordered, future] {
        let mut plan = sound(&key);
        plan.list = Arc::new(List { entries, released: Vec::new() });
        assert_eq!(rules(&super::plan(&plan, None)), ["RFC 5280 §5.1.2.6"]);
    }
}

fn written(plan: &Plan, key: &dyn Signer) -> tempfile::NamedTempFile {
    let mut out = tempfile::NamedTempFile::new().unwrap();
    write::write(plan, key, &mut out, |error| panic!("{error}")).unwrap();
    out
}

#[test]
fn a_file_that_says_something_else_than_its_plan_is_refused() {
    let key = key();
    let out = written(&sound(&key), &key);
    super::file(out.path(), &sound(&key)).unwrap();
    let found = |change: fn(&mut Plan)| {
        let mut plan = sound(&key);
        change(&mut plan);
        match super::file(out.path(), &plan) {
            Err(CrlError::Lint { findings, .. }) => rules(&findings),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(found(|plan| plan.number = 10), ["RFC 5280 §5.2.3"]);
    assert_eq!(found(|plan| plan.this_update = at(1)), ["RFC 5280 §5.1.2.4"]);
    assert_eq!(found(|plan| plan.point = Some(vec![0xa0, 3, 0x86, 1, b'q'])), ["RFC 5280 §5.2.5"]);
    assert_eq!(found(|plan| plan.scope = Scope::Authority), ["RFC 5280 §5.2.5"]);
    assert_eq!(found(|plan| plan.scope = Scope::Complete), ["RFC 5280 §5.2.5", "RFC 5280 §5.2"]);
    assert_eq!(
        found(|plan| plan.list = Arc::default()),
        ["RFC 5280 §5.1.2.6", "RFC 5280 §5.1.2.6"]
    );
    let signatory = |change: fn(&mut Signatory)| {
        let mut plan = sound(&key);
        change(Arc::make_mut(&mut plan.signatory));
        match super::file(out.path(), &plan) {
            Err(CrlError::Lint { findings, .. }) => rules(&findings),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(signatory(|ours| ours.key_identifier[0] = 0), ["RFC 5280 §5.2.1"]);
    assert_eq!(signatory(|ours| ours.name = vec![0x30, 2, 5, 0]), ["RFC 5280 §5.1.2.3"]);
    assert_eq!(signatory(|ours| ours.algorithm[2] = 0), ["RFC 5280 §5.1.1.2"]);
}

/// A key that makes a mistake now and then, as hardware does.
struct Faulty(RsaKey);

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
    fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, akashi_keys::KeyError> {
        let mut signature = self.0.sign_digest(digest)?;
        signature[100] ^= 1;
        Ok(signature)
    }
}

#[test]
fn a_faulty_signature_is_found_by_another_implementation() {
    let faulty = Faulty(key());
    let plan = sound(&faulty.0);
    let out = written(&plan, &faulty);
    let error = super::file(out.path(), &plan).unwrap_err();
    assert!(matches!(error, CrlError::Signature { number: 9, .. }), "{error}");
}
