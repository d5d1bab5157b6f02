//! What would be against the rules of answers is not signed, and somebody is told.

use akashi_keys::{KeyError, Signer};
use akashi_lint::Lint;
use akashi_wire::Clock as _;
use jiff::{Timestamp, ToSpan};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::world::{World, serial};
use crate::request::OcspRequest;
use crate::respond::Found;
use crate::response::{ResponseError, Said};
use crate::{OcspError, Refusal};

/// A key that must not be asked.
struct Unasked;

impl Signer for Unasked {
    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        unreachable!("the key is asked")
    }
    fn public_key(&self) -> &[u8] {
        &[]
    }
    fn signature_length(&self) -> Option<usize> {
        None
    }
    fn sign_digest(&self, _: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        unreachable!("the key is asked")
    }
}

#[tokio::test]
async fn an_answer_against_its_rules_is_not_signed() {
    let world = World::open().await;
    let record = world.responder.authority().record();
    let lint = Lint::new(&world.authority_certificate(), record.as_bytes()).unwrap();
    let now = world.clock.now();
    let request = world.request(&[serial()]);
    let request = OcspRequest::read(&request).unwrap();
    let found: Vec<Found<'_>> =
        request.cert_ids.iter().map(|id| Found { cert_id: *id, standing: None }).collect();
    let signed = |found: &[Found<'_>], next_update: Timestamp| {
        let said = Said { responder: &[7; 20], found, this_update: now, next_update, nonce: None };
        match said.sign(&Unasked, &[], &lint) {
            Err(ResponseError::Lint(findings)) => findings[0].rule,
            other => panic!("{:?}", other.map(|_| ())),
        }
    };
    assert_eq!(signed(&found, now), "answer_updates", "it ends when it begins");
    assert_eq!(signed(&found, now - 1.hour()), "answer_updates");
    assert_eq!(signed(&[], now + 1.hour()), "answer_updates", "about nothing");
}

#[tokio::test]
async fn what_was_not_signed_for_its_faults_is_told_with_the_next_look_at_the_book() {
    let world = World::open().await;
    let finding = || akashi_lint_finding(&world);
    let refusal = world.responder.not_signed(&ResponseError::Lint(finding()));
    assert_eq!(refusal.name(), Refusal::Lint.name());
    let followed = world.responder.follow(world.clock.read()).await;
    let trouble = followed.unwrap().trouble.expect("it is told");
    assert!(matches!(&trouble, OcspError::Lint(told) if told.contains("answer")), "{trouble}");
    let followed = world.responder.follow(world.clock.read()).await;
    assert!(followed.unwrap().trouble.is_none(), "once");
}

/// What the lint says of no answer at all.
fn akashi_lint_finding(world: &World) -> Vec<akashi_lint::Finding> {
    let record = world.responder.authority().record();
    let lint = Lint::new(&world.authority_certificate(), record.as_bytes()).unwrap();
    let findings = lint.answer_to_be_signed(&[0x30, 0]);
    assert!(!findings.is_empty());
    findings
}
