//! Signed questions in `registered` mode (RFC 6960 §4.1.1, §4.1.2; law art. 17, 18).

use akashi_keys::{EcKey, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_ledger::Access;
use akashi_wire::act::Deed;
use akashi_wire::party::Role;

use crate::der::*;
use crate::ocsp::Scene;
use crate::question::Said::*;
use crate::question::*;
use crate::well::{Well, the_chain_is_whole};
use crate::wire::post;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_whose_signature_is_not_an_agencys_is_not_answered_and_not_on_record() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let agency = place.enrolled("Bureau", Role::Agency { purposes: vec!["tax".into()] }).await;
    let dismissed = place.enrolled("Gone", Role::Agency { purposes: vec!["tax".into()] }).await;
    let why = "left".into();
    place.security.ask(Deed::Dismiss { party: dismissed.party, why }).await.unwrap();
    let officer =
        place.enrolled("Officer", Role::Officer { municipality: crate::support::tottori() }).await;
    let own_key = EcKey::generate().unwrap();
    let own =
        LinkAuthority::create(&EcKey::generate().unwrap(), "Akashi Link Authority", place.now())
            .unwrap();
    let usage = Usage::Party { hosts: Vec::new() };
    let foreign = own.certify(own_key.public_key(), "Bureau", &usage, place.now()).unwrap();
    let foreign = OfficerToken::new(own_key, foreign, own.certificate().to_vec());

    let well = Well::now(place, &scene.good.certificate).await;
    let tbs = tbs(&[scene.about.cert_id(scene.serial())], &[nonce(&[5; 32])]);
    let other_tbs = crate::question::tbs(&[scene.about.cert_id(&[0x41; 16])], &[]);
    let (mine, token) = (agency.token.certificate(), &agency.token);
    let signature = token.sign(&tbs).unwrap();
    let with = |algorithm: &str, signature: &[u8], certs: &[&[u8]]| {
        signed_with(&tbs, algorithm, signature, certs)
    };
    let bits = |bits: &[u8]| {
        let certs = tlv(0xa0, &[&sequence(&[mine])]);
        let signature = sequence(&[&algorithm(ECDSA_SHA256), &tlv(3, &[bits]), &certs]);
        sequence(&[&tbs, &tlv(0xa0, &[&signature])])
    };
    let spoilt = |at: usize| {
        let mut signature = signature.clone();
        signature[at] ^= 1;
        signature
    };
    let raw_and_false = [&[0u8; 32][..], &[1; 32]].concat();
    let authority = &place.security.authority().certificate.0;
    let before =
        place.house.ledger().inquiries_about(&scene.good.serial.to_string()).await.unwrap();
    let cases: Vec<(&str, Vec<u8>, Said, &str)> = vec![
        ("nobody's", sequence(&[&tbs]), SigRequired, "RFC 6960 §2.3"),
        (
            "another question's",
            with(ECDSA_SHA256, &token.sign(&other_tbs).unwrap(), &[mine]),
            Unauthorized,
            "RFC 6960 §4.1.2",
        ),
        (
            "spoilt in the middle",
            with(ECDSA_SHA256, &spoilt(20), &[mine]),
            Unauthorized,
            "RFC 6960 §4.1.2",
        ),
        (
            "spoilt in its DER",
            with(ECDSA_SHA256, &spoilt(0), &[mine]),
            Unauthorized,
            "RFC 3279 §2.2.3",
        ),
        (
            "cut short",
            with(ECDSA_SHA256, &signature[..signature.len() - 1], &[mine]),
            Unauthorized,
            "RFC 3279 §2.2.3",
        ),
        (
            "with something behind it",
            with(ECDSA_SHA256, &[&signature[..], &[0]].concat(), &[mine]),
            Unauthorized,
            "RFC 3279 §2.2.3",
        ),
        ("empty", with(ECDSA_SHA256, &[], &[mine]), Unauthorized, "RFC 6960 §4.1.1"),
        (
            "two zeros",
            with(ECDSA_SHA256, &[0x30, 6, 2, 1, 0, 2, 1, 0], &[mine]),
            Unauthorized,
            "CVE-2022-21449",
        ),
        (
            "not in DER but raw",
            with(ECDSA_SHA256, &raw_and_false, &[mine]),
            Unauthorized,
            "RFC 3279 §2.2.3",
        ),
        (
            "without a certificate",
            with(ECDSA_SHA256, &signature, &[]),
            Unauthorized,
            "docs/interfaces.md §8",
        ),
        (
            "its certificate not the first",
            with(ECDSA_SHA256, &signature, &[authority, mine]),
            Unauthorized,
            "docs/interfaces.md §8",
        ),
        (
            "with a certificate that is none",
            with(ECDSA_SHA256, &signature, &[&[5, 0]]),
            Unauthorized,
            "docs/interfaces.md §8",
        ),
        (
            "with a certificate cut short",
            with(ECDSA_SHA256, &signature, &[&sequence(&[&mine[4..200]])]),
            Unauthorized,
            "docs/interfaces.md §8",
        ),
        (
            "by SHA-1",
            with("1.2.840.10045.4.1", &signature, &[mine]),
            Unauthorized,
            "docs/interfaces.md §8",
        ),
        (
            "by SHA-384",
            with("1.2.840.10045.4.3.3", &signature, &[mine]),
            Unauthorized,
            "docs/interfaces.md §8",
        ),
        (
            "by RSA with an EC key",
            with("1.2.840.113549.1.1.11", &signature, &[mine]),
            Unauthorized,
            "docs/interfaces.md §8",
        ),
        (
            "by no algorithm at all",
            with("2.25.1", &signature, &[mine]),
            Unauthorized,
            "docs/interfaces.md §8",
        ),
        ("with an unused bit", bits(&[&[1][..], &signature].concat()), Malformed, "X.690 §11.2"),
        (
            "with nine unused bits",
            bits(&[&[9][..], &signature].concat()),
            Malformed,
            "X.690 §8.6.2.2",
        ),
        ("a BIT STRING without octets", bits(&[]), Malformed, "X.690 §8.6.2"),
        ("a stranger's of the same name", signed(&tbs, &foreign), Unauthorized, "law art. 17"),
        ("of a dismissed agency", signed(&tbs, &dismissed.token), Unauthorized, "law art. 17"),
        ("of an officer", signed(&tbs, &officer.token), Unauthorized, "law art. 17"),
    ];
    for (what, octets, expected, source) in &cases {
        assert_eq!(told(&post(scene.door(), octets).await), *expected, "{what} ({source})");
        well.still(place, what).await;
    }
    // The agency of `well` has asked, once a case; nobody else is on record.
    let after = place.house.ledger().inquiries_about(&scene.good.serial.to_string()).await.unwrap();
    assert_eq!(after.len(), before.len() + cases.len());
    assert!(after.iter().all(|inquiry| inquiry.party != agency.party));
    assert_eq!(told(&post(scene.door(), &signed(&tbs, token)).await), Good);
    the_chain_is_whole(place).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purpose_that_was_not_notified_is_none_however_it_is_written() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let agency = place.enrolled("Bureau", Role::Agency { purposes: vec!["tax".into()] }).await;
    let client = akashi_link::client(&agency.link()).unwrap();
    let url = format!("https://{}/", place.house.config.listen.ocsp_link);
    let question = scene.about.question(scene.serial());
    let ask = async |purposes: &[&[u8]]| {
        let mut request = client.post(&url).body(question.clone());
        for purpose in purposes {
            request = request.header("akashi-purpose", *purpose);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let kind = answer.headers()["content-type"].to_str().unwrap();
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}");
        let body = answer.bytes().await.unwrap().to_vec();
        told(&crate::wire::Reply { status, head, body })
    };
    let long = vec![b'a'; 20_000];
    let cases: [(&str, &[&[u8]], Said); 12] = [
        ("none", &[], Good),
        ("the notified one", &[b"tax"], Good),
        ("the same, encoded", &[b"%74a%78"], Good),
        ("another", &[b"police"], Unauthorized),
        ("an empty one", &[b""], Unauthorized),
        ("in capitals", &[b"TAX"], Unauthorized),
        ("two in one", &[b"tax, police"], Unauthorized),
        ("half an encoded octet", &[b"tax%"], Unauthorized),
        ("an encoded octet that is none", &[b"%zztax"], Unauthorized),
        ("no UTF-8", &[b"%ff%fe"], Unauthorized),
        ("a NUL in it", &[b"tax%00"], Unauthorized),
        ("of 20,000 characters", &[&long], Unauthorized),
    ];
    let asked = |place: &crate::support::Place| {
        let ledger = place.house.ledger().clone();
        let serial = scene.good.serial.to_string();
        async move { ledger.inquiries_about(&serial).await.unwrap().len() }
    };
    let before = asked(place).await;
    for (what, purposes, expected) in cases {
        assert_eq!(ask(purposes).await, expected, "{what} (docs/interfaces.md §8)");
    }
    assert_eq!(asked(place).await, before + 3, "what was answered, and no more, is on record");
    the_chain_is_whole(place).await;
    scene.place.close().await;
}
