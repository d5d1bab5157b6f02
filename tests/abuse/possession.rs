//! Proofs of possession that prove nothing, and keys that nobody should have (RFC 2986; RFC 2985
//! §5.4.1; docs/interfaces.md §5, `certify`).

use akashi_keys::{EcKey, RsaKey, Signer};
use akashi_ledger::Access;
use akashi_wire::act::{Deed, Procedure, Refusal};
use akashi_wire::octets::Octets;
use akashi_wire::party::Role;
use akashi_wire::signed::{MessageKind, SignedMessage};
use jiff::Timestamp;

use crate::csr::*;
use crate::der::*;
use crate::ocsp::Scene;
use crate::support::*;
use crate::well::{Well, the_chain_is_whole};

type Case = (&'static str, Vec<u8>, &'static str, &'static str);

fn cases(key: &RsaKey, other: &RsaKey, octets: &[u8]) -> Vec<Case> {
    let text = hex::encode(octets);
    let csr = |attributes: Vec<Vec<u8>>| Csr {
        version: &[2, 1, 0],
        key: key.public_key().to_vec(),
        attributes,
        algorithm: rsa_algorithm(SHA256_RSA),
    };
    let sign = |info: &[u8]| key.sign(info).unwrap();
    let sound = csr(vec![challenge(&text)]).signed(sign);
    let attributes = |attributes: Vec<Vec<u8>>| csr(attributes).signed(sign);
    let algorithm =
        |id: &str| Csr { algorithm: rsa_algorithm(id), ..csr(vec![challenge(&text)]) }.signed(sign);
    let of_key = |key: Vec<u8>, signature: Vec<u8>| {
        Csr { key, ..csr(vec![challenge(&text)]) }.signed(|_| signature)
    };
    let mut changed = sound.clone();
    *changed.last_mut().unwrap() ^= 1;
    let modulus = {
        let mut modulus = vec![0xc3; 256];
        modulus[255] = 0x0d;
        modulus
    };
    let positive = [&[0][..], &modulus].concat();
    let even = {
        let mut even = positive.clone();
        even[256] = 0x0e;
        even
    };
    // With the exponent 1 everybody signs: the signature is the padded digest itself.
    let unpowered = |info: &[u8]| {
        const PREFIX: &str = "3031300d060960864801650304020105000420";
        let digest = akashi_wire::octets::Sha256::of(info).0;
        let info = [&hex::decode(PREFIX).unwrap()[..], &digest].concat();
        [&[0, 1][..], &vec![0xff; 256 - 3 - info.len()], &[0], &info].concat()
    };
    let of_one = Csr { key: rsa_key(&positive, &[1]), ..csr(vec![challenge(&text)]) };
    let new = |bits: &'static str| vec!["-newkey", bits];
    let (no_possession, bad_key, either) = ("no_possession", "bad_key", "no_possession bad_key");
    vec![
        ("nothing", vec![], no_possession, "RFC 2986 §4.2"),
        ("junk", b"junk".to_vec(), no_possession, "RFC 2986 §4.2"),
        ("a key and no request", key.public_key().to_vec(), no_possession, "RFC 2986 §4.2"),
        ("cut short", sound[..sound.len() - 1].to_vec(), no_possession, "X.690 §8.1.3"),
        ("a trailing octet", [&sound[..], &[0]].concat(), no_possession, "X.690 §8.1.1"),
        ("an indefinite length", with_indefinite_length(&sound), no_possession, "X.690 §10.1"),
        ("deep nesting", nested(1_500), no_possession, "our limit"),
        ("a changed signature", changed, no_possession, "RFC 2986 §3"),
        (
            "another key's signature",
            csr(vec![challenge(&text)]).signed(|info| other.sign(info).unwrap()),
            no_possession,
            "RFC 2986 §3",
        ),
        (
            "an empty signature",
            csr(vec![challenge(&text)]).signed(|_| vec![]),
            no_possession,
            "RFC 2986 §3",
        ),
        (
            "a signature of zeros",
            csr(vec![challenge(&text)]).signed(|_| vec![0; 256]),
            no_possession,
            "RFC 2986 §3",
        ),
        (
            "SHA-1 by name",
            algorithm("1.2.840.113549.1.1.5"),
            no_possession,
            "docs/interfaces.md §5",
        ),
        ("no hash by name", algorithm(RSA), no_possession, "docs/interfaces.md §5"),
        ("ECDSA by name", algorithm("1.2.840.10045.4.3.2"), no_possession, "docs/interfaces.md §5"),
        ("no challenge", attributes(vec![]), no_possession, "RFC 2985 §5.4.1"),
        (
            "another challenge",
            attributes(vec![challenge(&"0".repeat(64))]),
            no_possession,
            "RFC 2985 §5.4.1",
        ),
        (
            "the challenge in capitals",
            attributes(vec![challenge(&text.to_uppercase())]),
            no_possession,
            "docs/interfaces.md §5: lower case",
        ),
        (
            "half of the challenge",
            attributes(vec![challenge(&text[..32])]),
            no_possession,
            "RFC 2985 §5.4.1",
        ),
        (
            "the challenge and more",
            attributes(vec![challenge(&format!("{text}0"))]),
            no_possession,
            "RFC 2985 §5.4.1",
        ),
        ("an empty challenge", attributes(vec![challenge("")]), no_possession, "RFC 2985 §5.4.1"),
        (
            "two challenges",
            attributes(vec![challenge(&text), challenge(&text)]),
            no_possession,
            "docs/interfaces.md §5: exactly one",
        ),
        (
            "a second challenge that differs",
            attributes(vec![challenge(&text), challenge("x")]),
            no_possession,
            "docs/interfaces.md §5: exactly one",
        ),
        (
            "a challenge of 5,000 characters",
            attributes(vec![challenge(&"0".repeat(5_000))]),
            no_possession,
            "RFC 2985 §5.4.1",
        ),
        (
            "the challenge under another name",
            attributes(vec![attribute("1.2.840.113549.1.9.8", &[&tlv(0x13, &[text.as_bytes()])])]),
            no_possession,
            "RFC 2985 §5.4.1",
        ),
        (
            "RSA 1024",
            by_openssl(&text, &new("rsa:1024"), "-sha256"),
            either,
            "docs/interfaces.md §5: 2048",
        ),
        (
            "RSA 3072",
            by_openssl(&text, &new("rsa:3072"), "-sha256"),
            bad_key,
            "docs/interfaces.md §5: 2048",
        ),
        (
            "RSA 2047",
            by_openssl(&text, &new("rsa:2047"), "-sha256"),
            either,
            "docs/interfaces.md §5: 2048",
        ),
        (
            "the exponent 3",
            by_openssl(
                &text,
                &["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"],
                "-sha256",
            ),
            either,
            "docs/interfaces.md §5: 65537",
        ),
        (
            "a greater exponent",
            by_openssl(
                &text,
                &["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:4294967297"],
                "-sha256",
            ),
            either,
            "docs/interfaces.md §5: 65537",
        ),
        (
            "signed with SHA-1",
            by_openssl(&text, &new("rsa:2048"), "-sha1"),
            no_possession,
            "docs/interfaces.md §5",
        ),
        (
            "signed with SHA-512",
            by_openssl(&text, &new("rsa:2048"), "-sha512"),
            no_possession,
            "docs/interfaces.md §5",
        ),
        (
            "signed with RSASSA-PSS",
            by_openssl(
                &text,
                &["-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss"],
                "-sha256",
            ),
            no_possession,
            "docs/interfaces.md §5",
        ),
        (
            "an EC key",
            by_openssl(&text, &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "-sha256"),
            no_possession,
            "docs/interfaces.md §5: RSA",
        ),
        (
            "an Ed25519 key",
            by_openssl(&text, &["-newkey", "ed25519"], "-sha256"),
            no_possession,
            "docs/interfaces.md §5: RSA",
        ),
        ("the exponent 1", of_one.signed(unpowered), either, "RFC 8017 §3.1"),
        ("the exponent 0", of_key(rsa_key(&positive, &[0]), vec![1; 256]), either, "RFC 8017 §3.1"),
        (
            "an empty exponent",
            of_key(rsa_key(&positive, &[]), vec![1; 256]),
            either,
            "X.690 §8.3.1",
        ),
        (
            "a negative exponent",
            of_key(rsa_key(&positive, &[0xff]), vec![1; 256]),
            either,
            "RFC 8017 §3.1",
        ),
        (
            "an exponent of 1000 octets",
            of_key(rsa_key(&positive, &[1; 1000]), vec![1; 256]),
            either,
            "RFC 8017 §3.1",
        ),
        (
            "an even modulus",
            of_key(rsa_key(&even, &[1, 0, 1]), vec![1; 256]),
            either,
            "RFC 8017 §3.1",
        ),
        (
            "a negative modulus",
            of_key(rsa_key(&modulus, &[1, 0, 1]), vec![1; 256]),
            either,
            "RFC 8017 §3.1",
        ),
        (
            "a modulus of zero",
            of_key(rsa_key(&[0], &[1, 0, 1]), vec![0; 256]),
            either,
            "RFC 8017 §3.1",
        ),
        (
            "a modulus with needless zeros",
            of_key(rsa_key(&[&[0, 0][..], &modulus].concat(), &[1, 0, 1]), vec![1; 256]),
            either,
            "X.690 §8.3.2",
        ),
        (
            "a modulus of 3,000 octets",
            of_key(rsa_key(&[0x41; 3_000], &[1, 0, 1]), vec![1; 256]),
            either,
            "docs/interfaces.md §5: 2048",
        ),
        ("a key that is empty", of_key(sequence(&[]), vec![1; 256]), either, "RFC 5280 §4.1.2.7"),
        (
            "a key cut short",
            of_key(key.public_key()[..200].to_vec(), vec![1; 256]),
            either,
            "RFC 5280 §4.1.2.7",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_that_proves_nothing_and_a_bad_key_make_no_certificate() {
    let mut scene = Scene::open(Access::Registered).await;
    let code = scene.place.resident(tottori());
    let (key, other) = (scene.place.new_key(), scene.place.new_key());
    let place = &scene.place;
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let challenge = desk.apply(case, "CARD").await.unwrap();
    let well = Well::now(place, &scene.good.certificate).await;
    let cases = cases(&key, &other, &challenge);
    let count = cases.len();
    let mut wrong = Vec::new();
    for (what, proof, expected, source) in cases {
        let deed = Deed::Certify { case, card: "CARD".into(), proof: Octets(proof) };
        let said = match desk.ask(deed).await {
            Err(akashi_ra_console::DeskError::Refused(refusal)) => match refusal {
                Refusal::NoPossession { .. } => "no_possession".to_owned(),
                Refusal::BadKey { .. } => "bad_key".to_owned(),
                other => format!("{other:?}"),
            },
            other => format!("{other:?}"),
        };
        if !expected.split(' ').any(|word| word == said) {
            wrong.push(format!("{what}: {said} ({source})"));
        }
        well.still(place, what).await;
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(count, 46);
    assert_eq!(well.refusals(place).await, count, "each is on record");
    // The case still stands, and the sound proof of the same key is taken; on another card it is not.
    let sound = proof(&*key, &challenge);
    let elsewhere = desk.hand_in(case, "ANOTHER", sound.clone()).await;
    assert_eq!(refusal(elsewhere), Refusal::WrongCard);
    let issued = desk.hand_in(case, "CARD", sound.clone()).await.unwrap();
    assert_eq!(place.stands(issued.serial).await, Some(akashi_ledger::Standing::Good));
    let again = desk.hand_in(case, "CARD", sound).await;
    assert!(matches!(refusal(again), Refusal::WrongStep { .. }));
    the_chain_is_whole(place).await;
    scene.place.close().await;
}

/// PKCS#10 signs a SEQUENCE of its own, where a signed message signs a SET of attributes that names its kind: neither
/// is ever read as the other (RFC 2986 §4.1, RFC 5652 §5.4).
#[test]
fn a_proof_is_no_message_of_any_kind_and_no_message_is_a_proof() {
    let key = EcKey::generate().unwrap();
    let proof = key.request_for_certificate().unwrap();
    let link = akashi_keys::LinkAuthority::create(&key, "link", Timestamp::now()).unwrap();
    for kind in MessageKind::ALL {
        let as_message = SignedMessage::from_der(proof.clone()).verify(kind);
        assert!(as_message.is_err(), "{kind:?}");
        let sign = |octets: &[u8]| key.sign(octets);
        let by = link.certificate();
        let message = SignedMessage::sign(kind, &proof, by, Timestamp::now(), sign).unwrap();
        assert!(message.clone().verify(kind).is_ok(), "{kind:?}");
        let read = akashi_ca::possession::Proof::read(message.as_der());
        assert_eq!(read.err(), Some(akashi_ca::possession::NoPossession::Malformed), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_with_a_second_value_is_none() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, key) = (place.resident(tottori()), place.new_key());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let text = hex::encode(desk.apply(case, "CARD").await.unwrap());
    let values = [tlv(0x13, &[text.as_bytes()]), tlv(0x13, &[b"x"])];
    let csr = Csr {
        version: &[2, 1, 0],
        key: key.public_key().to_vec(),
        attributes: vec![attribute(CHALLENGE_PASSWORD, &[&values[0], &values[1]])],
        algorithm: rsa_algorithm(SHA256_RSA),
    };
    // RFC 2985 §5.4.1: SINGLE VALUE TRUE.
    let outcome = desk.hand_in(case, "CARD", csr.signed(|info| key.sign(info).unwrap())).await;
    assert!(matches!(refusal(outcome), Refusal::NoPossession { .. }));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_enrolled_with_a_request_that_is_not_signed_by_its_own_key() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let well = Well::now(place, &scene.good.certificate).await;
    let key = EcKey::generate().unwrap();
    let sound = key.request_for_certificate().unwrap();
    let mut changed = sound.clone();
    *changed.last_mut().unwrap() ^= 1;
    let new = |options: &[&str]| by_openssl("none", options, "-sha256");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("junk", b"junk".to_vec()),
        ("cut short", sound[..sound.len() - 1].to_vec()),
        ("a changed signature", changed),
        ("deep nesting", nested(1_500)),
        ("RSA 1024", new(&["-newkey", "rsa:1024"])),
        ("Ed25519", new(&["-newkey", "ed25519"])),
        ("P-384", new(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"])),
    ];
    let mut enrolled = Vec::new();
    for (what, request) in cases {
        let deed = Deed::Enrol {
            name: "Somebody".into(),
            party: Role::Officer { municipality: tottori() },
            hosts: Vec::new(),
            request_for_certificate: Octets(request),
            until: None,
        };
        match place.security.ask(deed).await {
            Err(akashi_ra_console::DeskError::Refused(Refusal::Malformed { .. })) => {
                well.still(place, what).await;
            }
            _ => enrolled.push(what),
        }
    }
    assert_eq!(enrolled, [""; 0], "docs/interfaces.md §5: P-256 or RSA");
    assert_eq!(well.refusals(place).await, 8);
    scene.place.close().await;
}
