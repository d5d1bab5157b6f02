//! Questions of the authority and the registry's answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::support::{CHIYODA, SHINJUKU, World, code};
use akashi_keys::{EcKey, Signer as _, Usage};
use akashi_link::Identity;
use akashi_registry::http::{SendError, Window, send, serve};
use akashi_wire::lookup::{LookUpAnswer, LookUpEnvelope, LookUpRequest, ResidentState, Whom};
use akashi_wire::octets::Sha256;
use akashi_wire::signed::MessageKind;
use akashi_wire::{CaseId, CodeOpening, Sex, SignedMessage};
use jiff::Timestamp;
use jiff::civil::date;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

fn question(municipality: &str, whom: Whom) -> LookUpRequest {
    LookUpRequest {
        case: CaseId::from_random([1; 16]),
        purpose: "issue".into(),
        municipality: code(municipality),
        whom,
    }
}

fn by_name(name: &str) -> Whom {
    let birth_date = "319700115".parse().unwrap();
    Whom::Items { name: name.into(), birth_date, sex: None, address: None }
}

fn ask(world: &mut World, at: Timestamp, municipality: &str, whom: Whom) -> LookUpAnswer {
    let request = question(municipality, whom);
    let digest = Sha256::of(b"a signed question");
    let (answer, openings) = world.registry.look_up(&request, digest, at, &mut world.rng).unwrap();
    assert_eq!(answer.request, digest);
    assert_eq!(openings.len(), answer.persons.len());
    for (person, opening) in answer.persons.iter().zip(&openings) {
        assert!(opening.open(&person.resident).is_some());
    }
    answer
}

#[test]
fn a_question_by_items_finds_exactly_one_or_several_or_none() {
    let mut world = World::new();
    let now = world.now();
    world.enter(SHINJUKU, "髙橋\u{3000}花子");
    world.enter(SHINJUKU, "渡邉\u{3000}正");
    let twin = world.enter(SHINJUKU, "渡邉\u{3000}正");
    let mut count = |whom| ask(&mut world, now, SHINJUKU, whom).persons.len();
    assert_eq!(count(by_name("髙橋 花子")), 1);
    assert_eq!(count(by_name("高橋花子")), 0, "another character is another name");
    assert_eq!(count(by_name("渡邉正")), 2);
    assert_eq!(count(by_name("渡邊正")), 0);

    let mut office = world.registry.at(now, &mut world.rng);
    office.move_within(&twin, "東京都新宿区泉２－２").unwrap();
    let whom = |sex, address: &str| Whom::Items {
        name: "渡邉正".into(),
        birth_date: "319700115".parse().unwrap(),
        sex,
        address: Some(address.into()),
    };
    let found = ask(&mut world, now, SHINJUKU, whom(None, "東京都新宿区泉２－２"));
    assert_eq!(found.persons.len(), 1);
    assert_eq!(found.persons[0].history_number, 2, "the answer is as new as the feed");
    let found = ask(&mut world, now, SHINJUKU, whom(Some(Sex::Male), "東京都新宿区泉２－２"));
    assert_eq!(found.persons.len(), 0);
    assert_eq!(ask(&mut world, now, CHIYODA, by_name("渡邉正")).persons.len(), 0);
}

#[test]
fn by_code_a_deleted_record_is_found_and_by_items_it_is_not() {
    let mut world = World::new();
    let now = world.now();
    let who = world.enter(SHINJUKU, "証\u{3000}花子");
    world.registry.protect(&who, true).unwrap();
    let by_code = || Whom::Code { opening: CodeOpening::new(&who, [9; 32]) };
    let day = date(2006, 4, 10);
    world.registry.at(now, &mut world.rng).notify_move_out(&who, day).unwrap();
    let later = "2006-04-10T00:00:00Z".parse().unwrap();

    let found = ask(&mut world, now, SHINJUKU, by_code());
    assert_eq!(found.persons[0].state, ResidentState::LeavingOn { day });
    assert_eq!(found.persons[0].resident, CodeOpening::new(&who, [9; 32]).commitment());
    assert!(found.persons[0].protected);
    assert_eq!(ask(&mut world, now, SHINJUKU, by_name("証花子")).persons.len(), 1);

    let found = ask(&mut world, later, SHINJUKU, by_code());
    assert_eq!(found.persons[0].state, ResidentState::Deleted);
    assert_eq!(ask(&mut world, later, SHINJUKU, by_name("証花子")).persons.len(), 0);
    assert_eq!(ask(&mut world, now, CHIYODA, by_code()).persons.len(), 0, "another town");
}

/// Certified in the world's time, by which TLS is judged too.
fn identity(world: &World, usage: &Usage) -> (EcKey, Identity) {
    let key = EcKey::generate().unwrap();
    let certificate = world.authority.certify(key.public_key(), "end", usage, world.now()).unwrap();
    let authority = world.authority.certificate().to_vec();
    let tls = key.for_tls();
    (key, Identity { certificate, key: tls, authority })
}

#[tokio::test]
async fn over_the_link_the_authority_gets_a_sealed_signed_answer_and_nobody_else_gets_any() {
    let mut world = World::new();
    // Later than everything that is certified below.
    let now = world.now() + jiff::SignedDuration::from_hours(1);
    world.enter(SHINJUKU, "証\u{3000}花子");
    let source = Arc::new(world.source(SHINJUKU));
    let (authority_key, authority) = identity(&world, &Usage::Party { hosts: Vec::new() });
    let (officer_key, officer) = identity(&world, &Usage::Party { hosts: Vec::new() });
    let window = Window {
        registry: Arc::new(Mutex::new(world.registry.clone())),
        asker: authority.certificate.as_slice().into(),
        registries: Arc::new(BTreeMap::from([(code(SHINJUKU), source.clone())])),
        clock: Arc::new(move || now),
        rng: Arc::new(Mutex::new(StdRng::seed_from_u64(1))),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}/lookup", listener.local_addr().unwrap().port());
    let (_, server) = identity(&world, &Usage::Server { hosts: vec!["127.0.0.1".into()] });
    let serving =
        tokio::spawn(async move { serve(listener, &server, window, std::future::pending()).await });

    let ask = async |identity: &Identity, question: Vec<u8>| {
        let client = akashi_link::client_by(identity, Arc::new(move || now)).unwrap();
        let answer = client.post(&url).body(question).send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    };
    let text = serde_json::to_vec(&question(SHINJUKU, by_name("証花子"))).unwrap();
    let signed = |kind, text: &[u8], key: &EcKey, by: &Identity| {
        let signed = SignedMessage::sign(kind, text, &by.certificate, now, |o| key.sign(o));
        signed.unwrap().as_der().to_vec()
    };
    let by_authority =
        |text: &[u8]| signed(MessageKind::LookUpQuestion, text, &authority_key, &authority);
    let octets = by_authority(&text);
    let (status, sealed) = ask(&authority, octets.clone()).await;
    assert_eq!(status, 200);
    let envelope: LookUpEnvelope =
        serde_json::from_slice(&world.opener.open(&sealed).unwrap()).unwrap();
    let verified =
        SignedMessage::from_der(envelope.signed.0).verify(MessageKind::LookUpAnswer).unwrap();
    assert_eq!(verified.signer(), source.certificate);
    let answer: LookUpAnswer = serde_json::from_slice(verified.content()).unwrap();
    assert_eq!(answer.request, Sha256::of(&octets));
    assert!(envelope.openings[0].open(&answer.persons[0].resident).is_some());

    assert_eq!(ask(&officer, octets).await.0, 403, "an officer never asks by himself");
    let of_officer = signed(MessageKind::LookUpQuestion, &text, &officer_key, &officer);
    assert_eq!(ask(&authority, of_officer).await.0, 403, "nor through the authority's link");
    let order = signed(MessageKind::Order, &text, &authority_key, &authority);
    assert_eq!(ask(&authority, order).await.0, 400, "what is signed as something else");
    assert_eq!(ask(&authority, text).await.0, 400, "nor without a signature");
    assert_eq!(ask(&authority, by_authority(b"{}")).await.0, 400);
    let elsewhere = serde_json::to_vec(&question(CHIYODA, by_name("証花子"))).unwrap();
    assert_eq!(ask(&authority, by_authority(&elsewhere)).await.0, 404);

    let heartbeat = world.registry.heartbeat(&source, now).unwrap();
    let client = akashi_link::client_by(&authority, Arc::new(move || now)).unwrap();
    let refused = send(&client, &url, &heartbeat).await.unwrap_err();
    assert!(matches!(refused, SendError::Refused { status: 400, .. }));
    serving.abort();
}
