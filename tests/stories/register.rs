//! A register that does not keep to the contract: what it says is believed by nobody.

use std::sync::{Arc, Mutex};

use akashi_keys::Passphrase;
use akashi_ra_console::Desk;
use akashi_registry::http::Window;
use akashi_wire::Alarm;
use akashi_wire::act::{Answer, Deed, Procedure, Refusal};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use jiff::ToSpan;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::again::Again;
use crate::support::{Acts, Book, Place, refusal, tottori};

/// How many alarms say this.
async fn said(again: &Again, words: &str) -> usize {
    again.alarms_said().await.iter().filter(|said| said.contains(words)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tells_the_changes_of_a_town_does_not_answer_for_its_register() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let clock = place.clock.clone();
    // At the right address, under the registry's certificate; the answer is signed with the source's key.
    let window = Window {
        asker: akashi_town::house::certificate(&place.dir, "registry_client").unwrap().into(),
        registry: place.registry.clone(),
        registries: place.sources.clone(),
        clock: Arc::new(move || akashi_wire::Clock::now(&*clock)),
        rng: Arc::new(Mutex::new(StdRng::seed_from_u64(9))),
    };
    let link = place.registries[&tottori()].link();
    let door = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://{}", door.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    let answer = async move |question: Bytes| {
        *count.lock().unwrap() += 1;
        window.answer(&question).unwrap()
    };
    let router = Router::new().route("/lookup", post(answer));
    let now = Arc::new(jiff::Timestamp::now);
    let serving = tokio::spawn(async move {
        akashi_link::serve(door, &link, now, router, std::future::pending()).await.unwrap();
    });
    let again = place.reopened(|config| config.registry.url = url).await;
    let desk = &again.desks[&tottori()];
    let refused = desk.find(Procedure::Issue, again.by_items(&code)).await;
    assert_eq!(refusal(refused), Refusal::RegistryNotUnderstood);
    assert_eq!(*asked.lock().unwrap(), 1);
    // Whoever runs the authority reads what is wrong: who was expected.
    again.tick().await;
    let said = again.alarms_said().await;
    let told = said.iter().filter(|said| said.contains("the registry of 312011 was expected"));
    assert_eq!(told.count(), 1, "{said:?}");
    again.close().await;
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_before_is_no_answer_to_the_same_question_asked_again() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let clock = place.clock.clone();
    let window = Window {
        asker: akashi_town::house::certificate(&place.dir, "registry_client").unwrap().into(),
        registry: place.registry.clone(),
        registries: place.registries.clone(),
        clock: Arc::new(move || akashi_wire::Clock::now(&*clock)),
        rng: Arc::new(Mutex::new(StdRng::seed_from_u64(9))),
    };
    let link = place.registries[&tottori()].link();
    let door = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://{}", door.local_addr().unwrap());
    // It answers the first question of all, and says the same ever after.
    let first = Arc::new(Mutex::new(None::<Vec<u8>>));
    let told = first.clone();
    let answer = async move |question: Bytes| {
        let mut first = told.lock().unwrap();
        first.get_or_insert_with(|| window.answer(&question).unwrap()).clone()
    };
    let router = Router::new().route("/lookup", post(answer));
    let now = Arc::new(jiff::Timestamp::now);
    let serving = tokio::spawn(async move {
        akashi_link::serve(door, &link, now, router, std::future::pending()).await.unwrap();
    });
    let again = place.reopened(|config| config.registry.url = url).await;
    let desk = &again.desks[&tottori()];

    let opened = desk.ask(Deed::OpenCase { procedure: Procedure::Issue }).await.unwrap();
    let Answer::CaseOpened { case, .. } = opened else { panic!("{opened:?}") };
    let look_up = || Deed::LookUp { case, by: again.by_items(&code) };
    assert!(matches!(desk.ask(look_up()).await.unwrap(), Answer::Found { .. }));
    let kept = first.lock().unwrap().clone();
    assert!(kept.is_some(), "it was asked");
    assert_eq!(refusal(desk.ask(look_up()).await), Refusal::RegistryNotUnderstood);
    first.lock().unwrap().take();
    // It is an alarm, and over with the next answer that is understood.
    let standing = async || {
        again.tick().await;
        let all = again.house.ledger().standing_alarms().await.unwrap();
        let of_it = all.into_iter().filter(|one| one.alarm.code() == "registry_not_understood");
        of_it.map(|one| one.alarm).collect::<Vec<_>>()
    };
    let alarms = standing().await;
    let [Alarm::RegistryNotUnderstood { municipality, why }] = &alarms[..] else {
        panic!("{alarms:?}");
    };
    assert_eq!(*municipality, tottori());
    assert!(why.contains("its request or its case is that of another question"), "{why}");
    assert!(matches!(desk.ask(look_up()).await.unwrap(), Answer::Found { .. }), "a new answer");
    assert!(standing().await.is_empty());
    again.close().await;
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_asked_and_says_nothing_is_asked_once_and_waited_for_less_than_a_desk_waits()
 {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let link = place.registries[&tottori()].link();
    let door = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://{}", door.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    let silence = async move |_: Bytes| -> String {
        *count.lock().unwrap() += 1;
        std::future::pending().await
    };
    let router = Router::new().route("/lookup", post(silence));
    let now = Arc::new(jiff::Timestamp::now);
    let serving = tokio::spawn(async move {
        akashi_link::serve(door, &link, now, router, std::future::pending()).await.unwrap();
    });
    let again = place.reopened(|config| config.registry.url = url).await;
    let desk = &again.desks[&tottori()];
    let begun = std::time::Instant::now();
    let refused = desk.find(Procedure::Issue, again.by_items(&code)).await;
    assert_eq!(refusal(refused), Refusal::RegistryUnreachable);
    assert_eq!(*asked.lock().unwrap(), 1, "nobody asks again behind anybody's back");
    let waited = begun.elapsed();
    assert!(waited < akashi_link::ANSWERS / 2, "the officer learns it in time: {waited:?}");
    // One that is silent once is no alarm; a third time it is.
    again.tick().await;
    assert_eq!(said(&again, "three times in a row").await, 0);
    for _ in 0..2 {
        let refused = desk.find(Procedure::Issue, again.by_items(&code)).await;
        assert_eq!(refusal(refused), Refusal::RegistryUnreachable);
    }
    again.tick().await;
    assert_eq!(said(&again, "three times in a row: no answer within 8 s").await, 1);
    again.close().await;
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_is_asked_and_says_nothing_is_asked_once_and_the_officer_reads_what_that_means()
 {
    let place = Place::open(Book::Sqlite).await;
    let (officer, _) = place.officer(tottori()).await;
    // In its place stands something that knows who it is, and answers no act.
    let passphrase = Passphrase::new(akashi_town::PASSPHRASE.into()).unwrap();
    let opened = akashi_edge::Opened::open(&place.dir, &passphrase).unwrap();
    let identity = opened.server().unwrap();
    let door = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://{}", door.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    let client = akashi_link::client(&officer.at_terminal()).unwrap();
    let about = client.get(format!("{}/authority", place.url())).send().await.unwrap();
    let about = about.text().await.unwrap();
    let silence = async move |_: Bytes| -> String {
        *count.lock().unwrap() += 1;
        std::future::pending().await
    };
    let about = async move || -> String { about };
    let router =
        Router::new().route("/acts", post(silence)).route("/authority", axum::routing::get(about));
    let now = Arc::new(jiff::Timestamp::now);
    let serving = tokio::spawn(async move {
        akashi_link::serve(door, &identity, now, router, std::future::pending()).await.unwrap();
    });
    let (token, clock) = (officer.token.clone(), place.clock.clone());
    let desk = Desk::sign_in(&url, &officer.terminal, token, clock).await.unwrap();
    let late = desk.ask(Deed::OpenCase { procedure: Procedure::Issue }).await.unwrap_err();
    assert_eq!(*asked.lock().unwrap(), 1, "nobody asks again behind anybody's back");
    let told = late.to_string();
    assert!(told.contains("has not answered within 30 s: it may be done all the same"), "{told}");
    serving.abort();
    place.close().await;
}

/// What the desk is refused, and what the operator then reads, where a register answers like this.
async fn refused_and_told(
    serves: impl FnOnce(&Place, tokio::net::TcpListener) -> tokio::task::JoinHandle<()>,
) -> (Refusal, Vec<String>) {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let door = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://{}", door.local_addr().unwrap());
    let serving = serves(&place, door);
    let again = place.reopened(|config| config.registry.url = url).await;
    let desk = &again.desks[&tottori()];
    let refused = refusal(desk.find(Procedure::Issue, again.by_items(&code)).await);
    again.tick().await;
    // However often it is asked, it is one alarm.
    again.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(refusal(desk.find(Procedure::Issue, again.by_items(&code)).await), refused);
    again.tick().await;
    let said = again.alarms_said().await;
    again.close().await;
    serving.abort();
    (refused, said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_stands_still_is_its_operators_matter_and_no_officers() {
    let serves = |place: &Place, door: tokio::net::TcpListener| {
        let clock = place.clock.clone();
        let window = Window {
            asker: akashi_town::house::certificate(&place.dir, "registry_client").unwrap().into(),
            registry: place.registry.clone(),
            registries: place.registries.clone(),
            clock: Arc::new(move || akashi_wire::Clock::now(&*clock) - 48.hours()),
            rng: Arc::new(Mutex::new(StdRng::seed_from_u64(9))),
        };
        let answer = async move |question: Bytes| window.answer(&question).unwrap();
        let router = Router::new().route("/lookup", post(answer));
        let (link, now) = (place.registries[&tottori()].link(), Arc::new(jiff::Timestamp::now));
        tokio::spawn(async move {
            akashi_link::serve(door, &link, now, router, std::future::pending()).await.unwrap();
        })
    };
    let (refused, said) = refused_and_told(serves).await;
    assert_eq!(refused, Refusal::RegistryNotUnderstood);
    let told = said.iter().filter(|said| said.contains("as old as that"));
    assert_eq!(told.count(), 1, "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_at_the_registers_address_and_is_not_the_register_is_told_to_the_operator_at_once()
 {
    let serves = |_: &Place, door: tokio::net::TcpListener| {
        // Plain HTTP, where a link is to be.
        tokio::spawn(async move {
            akashi_link::serve_plain(door, Router::new(), std::future::pending()).await.unwrap();
        })
    };
    let (refused, said) = refused_and_told(serves).await;
    assert_eq!(refused, Refusal::RegistryNotUnderstood);
    let told = said.iter().filter(|said| said.contains("no link to it can be made"));
    assert_eq!(told.count(), 1, "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_not_of_this_place_is_found_out_at_the_look_up() {
    let mut place = Place::open(Book::Sqlite).await;
    for address in ["愛媛県松山市二番町四丁目7番地2", "東町一丁目1番地"] {
        let code = place.living_at(tottori(), address);
        let refused =
            refusal(place.desk(tottori()).find(Procedure::Issue, place.by_items(&code)).await);
        let Refusal::TextUnfit { item, why } = &refused else { panic!("{refused:?}") };
        assert!(item == "address" && why.contains("have the register correct it"), "{why}");
    }
    place.close().await;
}
