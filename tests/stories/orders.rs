//! `POST /orders`: what list issuer and responder ask of the authority, by signed orders, and nobody
//! else.

use akashi_edge::Opened;
use akashi_keys::{OfficerToken, Passphrase, Signer};
use akashi_ledger::Entry;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::order::{Order, ProgramApart, SignedOrder};
use akashi_wire::party::Role;
use akashi_wire::{Scope, SignedMessage};
use akashi_words::{Language, of_alarm};
use jiff::{Timestamp, ToSpan};

use crate::support::*;

fn signed(order: Order, token: &OfficerToken, at: Timestamp) -> SignedMessage {
    SignedOrder::sign(order, token.certificate(), at, |octets| token.sign(octets)).unwrap()
}

fn record() -> Order {
    Order::RecordList { generation: 1, scope: Scope::Complete, life: 3600, up_to: 1 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_taken_from_the_authoritys_own_programs_and_every_other_is_on_record() {
    let mut place = Place::open(Book::Sqlite).await;
    let agency = place.enrolled("Bureau", Role::Agency { purposes: vec!["tax".into()] }).await;
    let (officer, _) = place.officer(tottori()).await;
    let passphrase = Passphrase::new(akashi_town::PASSPHRASE.to_owned()).unwrap();
    let opened = Opened::open(&place.dir, &passphrase).unwrap();
    let own = |role| opened.own(&role).unwrap();
    let (scheduler, lists) = (own(Role::Scheduler), own(Role::ListIssuer));
    let responder = own(Role::Responder);
    let now = place.now();
    let key = Octets(place.new_key().public_key().to_vec());
    let of = |order: &Order| match order {
        Order::AskForCertificate { .. } => &responder,
        _ => &lists,
    };
    let send = async |message: SignedMessage| {
        place.post("/orders", &agency.link(), message.as_der().to_vec()).await.0
    };
    assert_eq!(send(signed(record(), &agency.token, now)).await, 403, "an agency's own");
    assert_eq!(send(signed(record(), &officer.token, now)).await, 403, "an officer's");
    assert_eq!(send(signed(record(), &lists, now - 6.minutes())).await, 403, "too old");
    assert_eq!(send(signed(record(), &lists, now + 6.minutes())).await, 403, "of the future");
    assert_eq!(send(signed(Order::Settle, &scheduler, now)).await, 403, "over no door");
    for order in [
        Order::RecordList { generation: 1, scope: Scope::Complete, life: 0, up_to: 1 },
        Order::RecordList { generation: 1, scope: Scope::Complete, life: 60, up_to: i64::MAX },
        Order::AskForCertificate {
            generation: 1,
            public_key: Octets(b"junk".to_vec()),
            in_place_of: Vec::new(),
        },
    ] {
        assert_eq!(send(signed(order.clone(), of(&order), now)).await, 400, "{order:?}");
    }
    let act = agency.sign(b"{}", now);
    assert_eq!(send(act).await, 400, "an act is no order");
    // Of a key that is not in use: whoever orders means another list than the one that it would get.
    for order in [
        Order::RecordList { generation: 2, scope: Scope::Complete, life: 3600, up_to: 1 },
        Order::PublishList {
            generation: 0,
            scope: Scope::Complete,
            number: 1,
            digest: Sha256([7; 32]),
        },
        Order::AskForCertificate { generation: 2, public_key: key, in_place_of: Vec::new() },
    ] {
        let message = signed(order.clone(), of(&order), now).as_der().to_vec();
        let (status, told) = place.post("/orders", &agency.link(), message).await;
        assert_eq!(status, 409, "{order:?}: {told}");
        assert!(told.contains("other_generation") && told.contains("\"in_use\":1"), "{told}");
    }
    let refused = place.entries("refuse").await;
    let of = |why: &str| refused.iter().filter(|entry| entry.subject.starts_with(why)).count();
    assert_eq!((of("order_not_allowed "), of("order_malformed ")), (5, 4), "{refused:?}");
    assert_eq!(of("order_of_another_generation "), 3, "{refused:?}");

    // A program apart tells of its machine's clock, and that is an alarm until it tells that the two agree again.
    let standing = async || {
        let all = place.house.ledger().standing_alarms().await.unwrap();
        let said = all.iter().map(|one| of_alarm(&one.alarm, Language::English));
        said.filter(|said| said.contains("akashi-ocsp")).collect::<Vec<_>>()
    };
    for (ahead, unwitnessed, word) in [
        (Some(-7200), false, Some("(-7200 s)")),
        (Some(-7200), false, Some("(-7200 s)")),
        (Some(60), true, Some("does not know the time (+60 s)")),
        (None, false, None),
        (None, false, None),
    ] {
        let order = Order::TellClock { program: ProgramApart::Responder, ahead, unwitnessed };
        assert_eq!(send(signed(order, &responder, now)).await, 200);
        let said = standing().await;
        assert_eq!(said.len(), usize::from(word.is_some()), "{said:?}");
        assert!(word.is_none_or(|word| said[0].contains(word)), "{word:?}: {said:?}");
    }
    assert_eq!(
        place.alarms("akashi-ocsp").await,
        2,
        "said again in the same words it is said once"
    );

    // A list that takes long to write is published all the same, and said twice it is said once.
    place.clock.advance(std::time::Duration::from_secs(1));
    let message = signed(record(), &lists, now).as_der().to_vec();
    let (status, told) = place.post("/orders", &agency.link(), message).await;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, told["done"].as_str()), (200, Some("list_recorded")), "{told}");
    let (number, digest) = (told["number"].as_i64().unwrap(), Sha256([7; 32]));
    let publish = || Order::PublishList { generation: 1, scope: Scope::Complete, number, digest };
    for _ in 0..2 {
        assert_eq!(send(signed(publish(), &lists, now - 1.hours())).await, 200);
    }
    assert_eq!(send(signed(publish(), &lists, now - 25.hours())).await, 403);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_the_authoritys_own_programs_orders_its_own_trade_and_no_other() {
    let place = Place::open(Book::Sqlite).await;
    let passphrase = Passphrase::new(akashi_town::PASSPHRASE.to_owned()).unwrap();
    let opened = Opened::open(&place.dir, &passphrase).unwrap();
    let now = place.now();
    // Any key will do that a responder may have.
    let key = Octets(opened.own(&Role::Log).unwrap().key().public_key().to_vec());
    let tell = |program| Order::TellClock { program, ahead: None, unwitnessed: false };
    let trades = [
        (Role::ListIssuer, record()),
        (Role::ListIssuer, tell(ProgramApart::ListIssuer)),
        (
            Role::Responder,
            Order::AskForCertificate { generation: 1, public_key: key, in_place_of: Vec::new() },
        ),
        (Role::Responder, tell(ProgramApart::Responder)),
        (Role::Repository, tell(ProgramApart::Repository)),
        (
            Role::Repository,
            Order::TellUnpublished {
                generation: 1,
                scope: Scope::Complete,
                number: 1,
                since: Some(60),
            },
        ),
        (Role::Scheduler, Order::DeleteContent { month: "2026-01".parse().unwrap() }),
    ];
    let programs = [
        Role::Scheduler,
        Role::Log,
        Role::RegistryClient,
        Role::ListIssuer,
        Role::Responder,
        Role::Repository,
        Role::HoldersDoor,
    ];
    let mut refused = 0;
    for (of, order) in trades {
        for program in &programs {
            let token = opened.own(program).unwrap();
            let message = signed(order.clone(), &token, now).as_der().to_vec();
            let link = opened.own_link(program).unwrap();
            let (status, told) = place.post("/orders", &link, message).await;
            let (is_its_own, who) = (*program == of, program.name());
            assert_eq!(status == 403, !is_its_own, "{who}, {order:?}: {status} {told}");
            refused += usize::from(!is_its_own);
        }
    }
    let entries = place.entries("refuse").await;
    let not_allowed = |entry: &&Entry| entry.subject.starts_with("order_not_allowed ");
    assert_eq!(entries.iter().filter(not_allowed).count(), refused, "each is on record");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inquiry_that_nobody_can_read_keeps_nobody_from_signing_the_chain() {
    let mut place = Place::open(Book::Sqlite).await;
    place.holder(tottori()).await;
    // Whoever writes into the file itself: a purpose that is no text.
    let book = place.dir.join("book.sqlite");
    let sql = "INSERT INTO inquiry VALUES (zeroblob(16), 0, zeroblob(16), X'ff', 'x', 'crl', 0);
               INSERT INTO inquiry_new VALUES (zeroblob(16));";
    let sqlite = |sql: &str| {
        let mut command = std::process::Command::new("sqlite3");
        let output = command.args(["-cmd", ".timeout 10000"]).arg(&book).arg(sql).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    sqlite(sql);
    let head = place.house.ledger().head().await.unwrap();
    let scheduler = &place.house.doors.scheduler;
    scheduler.tick(&*place.clock).await.unwrap_err();
    let signed: i64 = sqlite("SELECT max(position) FROM audit_signature").parse().unwrap();
    assert!(signed >= head.0, "signed up to {signed}, and the head was {head}");
    place.close().await;
}
