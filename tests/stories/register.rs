//! A register that does not keep to the contract: what it says is believed by nobody.

use std::sync::{Arc, Mutex};

use akashi_registry::http::Window;
use akashi_wire::act::{Answer, Deed, Procedure, Refusal};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::support::{Acts, Book, Place, refusal, tottori};

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
    assert_eq!(refusal(refused), Refusal::RegistryUnreachable);
    assert_eq!(*asked.lock().unwrap(), 1);
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
    assert_eq!(refusal(desk.ask(look_up()).await), Refusal::RegistryUnreachable);
    first.lock().unwrap().take();
    assert!(matches!(desk.ask(look_up()).await.unwrap(), Answer::Found { .. }), "a new answer");
    again.close().await;
    serving.abort();
}
