//! The repository's two doors.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use akashi_keys::{EcKey, Signer, Usage};
use akashi_ledger::{Access, NewEnrolment, Scope};
use akashi_link::{Identity, Peer};
use akashi_repository::{Publication, PublishError, Publisher, Repository, Settings};
use akashi_repository::{http, serve, serve_link};
use akashi_wire::RevocationReason::*;
use akashi_wire::act::{Deed, PartyId, Suspension};
use akashi_wire::party::Role;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Extension;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::support::*;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

async fn ask(router: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router, Method::GET, path, &[]).await
}

fn repository(world: &World) -> Repository {
    Repository::open(world.dir.path(), &world.authority, &Settings::default()).unwrap()
}

fn open_router(world: &World) -> Router {
    http::router(Arc::new(repository(world)), world.clock.clone())
}

fn registered_router(world: &World) -> Router {
    let repository = repository(world).with_register(world.ledger.as_role());
    http::router(Arc::new(repository), world.clock.clone())
}

async fn world_with_lists(access: Access) -> (World, akashi_crl::Issuer) {
    let world = World::with_access(access).await;
    let issuer = world.issuer().await;
    let serial = world.issue(SHINJUKU).await;
    world.revoke(serial, Superseded).await;
    published(issuer.tick(world.now()).await.unwrap());
    (world, issuer)
}

#[tokio::test]
async fn the_current_list_and_its_number_are_the_same_octets_with_other_caching() {
    let (world, issuer) = world_with_lists(Access::Open).await;
    let router = open_router(&world);
    let octets = fs::read(issuer.shelf().current(shinjuku())).unwrap();
    let facts = issuer.shelf().facts(shinjuku()).unwrap();

    let current = get(&router, &format!("/crl/1/{SHINJUKU}.crl")).await;
    assert_eq!((current.status, &current.body[..]), (StatusCode::OK, &octets[..]));
    assert_eq!(current.header("content-type"), "application/pkix-crl");
    assert_eq!(current.header("content-length"), octets.len().to_string());
    assert_eq!(current.header("etag"), format!("\"{}\"", facts.digest));
    assert_eq!(current.header("last-modified"), "Mon, 03 Apr 2006 00:30:00 GMT");
    assert_eq!(current.header("cache-control"), "public, max-age=300");

    let numbered = get(&router, &format!("/crl/1/{SHINJUKU}/{}.crl", facts.number)).await;
    assert_eq!(numbered.body, current.body);
    assert_eq!(numbered.header("cache-control"), "public, max-age=31536000, immutable");

    world.wait(3600);
    issuer.publish(shinjuku(), world.later()).await.unwrap();
    let next = get(&router, &format!("/crl/1/{SHINJUKU}.crl")).await;
    assert_ne!(next.header("etag"), current.header("etag"));
    assert_ne!(next.body, current.body);
    let old = get(&router, &format!("/crl/1/{SHINJUKU}/{}.crl", facts.number)).await;
    assert_eq!(old.body, numbered.body, "the same number for ever the same octets");
}

#[tokio::test]
async fn a_cache_keeps_a_list_no_longer_than_its_next_update() {
    let (world, issuer) = world_with_lists(Access::Open).await;
    let router = open_router(&world);
    let next_update = issuer.shelf().facts(shinjuku()).unwrap().next_update;
    world.clock.advance_to(next_update - jiff::SignedDuration::from_secs(20));
    let path = format!("/crl/1/{SHINJUKU}.crl");
    assert_eq!(get(&router, &path).await.header("cache-control"), "public, max-age=20");
    world.wait(20);
    assert_eq!(get(&router, &path).await.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn who_has_the_list_already_does_not_get_it_again() {
    let (world, _issuer) = world_with_lists(Access::Open).await;
    let router = open_router(&world);
    let path = format!("/crl/1/{SHINJUKU}.crl");
    let first = get(&router, &path).await;
    let (etag, modified) = (first.header("etag"), first.header("last-modified"));
    let weak = format!("W/{etag}");
    let among = format!("\"other\", {etag}");
    for headers in [
        [("if-none-match", etag)],
        [("if-none-match", weak.as_str())],
        [("if-none-match", among.as_str())],
        [("if-none-match", "*")],
        [("if-modified-since", modified)],
    ] {
        let answer = ask(&router, Method::GET, &path, &headers).await;
        assert_eq!(
            (answer.status, answer.body.len()),
            (StatusCode::NOT_MODIFIED, 0),
            "{headers:?}"
        );
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
    }
    for headers in [
        vec![("if-none-match", "\"other\"")],
        vec![("if-none-match", "\"other\""), ("if-modified-since", modified)],
        vec![("if-modified-since", "Mon, 03 Apr 2006 00:29:59 GMT")],
        // Of a list that a wrong clock made, and that was there before this one.
        vec![("if-modified-since", "Mon, 03 Apr 2006 00:31:00 GMT")],
        vec![("if-modified-since", "yesterday")],
    ] {
        let answer = ask(&router, Method::GET, &path, &headers).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, &first.body), "{headers:?}");
    }
}

#[tokio::test]
async fn head_says_all_but_the_list() {
    let (world, issuer) = world_with_lists(Access::Open).await;
    let path = format!("/crl/1/{SHINJUKU}.crl");
    let answer = ask(&open_router(&world), Method::HEAD, &path, &[]).await;
    let length = fs::metadata(issuer.shelf().current(shinjuku())).unwrap().len();
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    assert_eq!(answer.header("content-length"), length.to_string());
    assert!(!answer.header("etag").is_empty());
}

#[tokio::test]
async fn the_certificate_and_the_practice_statement_are_public_in_both_modes() {
    for access in [Access::Open, Access::Registered] {
        let world = World::with_access(access).await;
        let router = open_router(&world);
        let certificate = get(&router, "/ca/1.cer").await;
        assert_eq!(certificate.header("content-type"), "application/pkix-cert");
        assert_eq!(certificate.body, world.authority.certificate);
        let statement = get(&router, "/cps").await;
        assert!(statement.header("content-type").starts_with("text/plain"));
        assert!(statement.text().contains("Akashi test") && statement.text().contains("2.25.1"));
    }
}

#[tokio::test]
async fn there_is_nothing_at_any_other_address() {
    let (world, _issuer) = world_with_lists(Access::Open).await;
    let router = open_router(&world);
    let paths = [
        "/",
        "/crl",
        "/crl/",
        "/crl/1/131041",
        "/crl/1/131042.crl",
        "/crl/1/131059.crl",
        "/crl/1/book.crl",
        "/crl/1/131041/1.crl",
        "/crl/1/131041/01.crl",
        "/crl/1/131041/-1.crl",
        "/crl/1/131041/x.crl",
        "/crl/../book.db",
        "/crl/%2e%2e%2fbook.db",
        "/crl/1/131041/..%2f..%2f..%2fbook.crl",
        "/book.db",
        "/crl/1/complete.crl.crl",
        "/crl/1/Complete.crl",
    ];
    for path in paths {
        assert_eq!(get(&router, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let post = ask(&router, Method::POST, "/crl/1/complete.crl", &[]).await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_damaged_file_is_not_given_out() {
    let (world, issuer) = world_with_lists(Access::Open).await;
    fs::write(issuer.shelf().current(Scope::Complete), b"junk").unwrap();
    let answer = get(&open_router(&world), "/crl/1/complete.crl").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("nextUpdate"), "{}", answer.text());
}

/// Enrols a party and gives it as the door sees it.
async fn enrol(world: &World, role: Role) -> (PartyId, Peer) {
    let token = token(&world.link, role.name(), world.now());
    let certificate = token.certificate().to_vec();
    let party = PartyId::from_random(certificate[certificate.len() - 16..].try_into().unwrap());
    let deed = crate::permits::enrolling(&role, token.key());
    let mut change = world.begin(&world.security, deed).await;
    let name = format!("{} {party}", role.name());
    let new = NewEnrolment {
        party,
        name,
        role,
        until: jiff::Timestamp::constant(32_503_680_000, 0),
        certificate: certificate.clone(),
    };
    change.enrol(&new).await.unwrap();
    change.commit().await.unwrap();
    (party, Peer { certificate })
}

fn agency(purposes: &[&str]) -> Role {
    Role::Agency { purposes: purposes.iter().map(|purpose| (*purpose).to_owned()).collect() }
}

#[tokio::test]
async fn in_registered_mode_a_registered_agency_gets_the_list_and_it_is_on_record() {
    let (world, issuer) = world_with_lists(Access::Registered).await;
    let (party, peer) = enrol(&world, agency(&["電子申告"])).await;
    let router = registered_router(&world).layer(Extension(peer));
    let facts = issuer.shelf().facts(shinjuku()).unwrap();

    let answer = get(&router, &format!("/crl/1/{SHINJUKU}.crl")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.body.len() as u64, facts.length);
    let asked = format!("1/{} {}", shinjuku(), facts.number);
    let [inquiry] = &world.ledger.inquiries_about(&asked).await.unwrap()[..] else { panic!() };
    assert_eq!((inquiry.party, inquiry.answer.as_str()), (party, "crl"));
    assert_eq!((inquiry.purpose.as_str(), inquiry.at), ("電子申告", world.now()));

    let path = format!("/crl/1/{SHINJUKU}/{}.crl", facts.number);
    let known = [("if-none-match", answer.header("etag"))];
    let again = ask(&router, Method::GET, &path, &known).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(again.header("cache-control"), "private, no-store");
    let inquiries = world.ledger.inquiries_about(&asked).await.unwrap();
    assert_eq!(inquiries.len(), 2, "“not modified” tells as much");
}

#[tokio::test]
async fn in_registered_mode_nobody_else_gets_a_list() {
    let (world, _issuer) = world_with_lists(Access::Registered).await;
    let router = registered_router(&world);
    let path = "/crl/1/complete.crl";
    let answer = get(&router, path).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("mutual TLS"), "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(get(&open_router(&world), path).await.status, StatusCode::FORBIDDEN, "no register");

    let stranger = token(&world.link, "stranger", world.now());
    let stranger = Peer { certificate: stranger.certificate().to_vec() };
    let (_, officer) = enrol(&world, Role::Officer { municipality: code(SHINJUKU) }).await;
    for peer in [stranger, officer] {
        let answer = get(&router.clone().layer(Extension(peer)), path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text().contains("enrolment"), "{}", answer.text());
    }
    let absent = get(&router, "/crl/1/131041/1.crl").await;
    assert_eq!(absent.status, StatusCode::FORBIDDEN, "not even whether there is one");
}

#[tokio::test]
async fn an_agency_that_is_over_or_stopped_gets_no_list_any_more() {
    let (world, _issuer) = world_with_lists(Access::Registered).await;
    let path = "/crl/1/complete.crl";
    let why = || String::new();
    let got = async |peer: &Peer| {
        let router = registered_router(&world).layer(Extension(peer.clone()));
        get(&router, path).await.status
    };
    let (dismissed, one) = enrol(&world, agency(&["tax"])).await;
    let (suspended, other) = enrol(&world, agency(&["tax"])).await;
    let (_, third) = enrol(&world, agency(&["tax"])).await;
    for peer in [&one, &other, &third] {
        assert_eq!(got(peer).await, StatusCode::OK);
    }
    let deed = Deed::Dismiss { party: dismissed, why: why() };
    let mut change = world.begin(&world.security, deed).await;
    change.dismiss(dismissed).await.unwrap();
    change.commit().await.unwrap();
    let what = Suspension::Party { party: suspended };
    let mut change = world.begin(&world.security, Deed::Suspend { what, why: why() }).await;
    change.suspend(what).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(got(&one).await, StatusCode::FORBIDDEN, "dismissed");
    assert_eq!(got(&other).await, StatusCode::FORBIDDEN, "suspended");
    assert_eq!(got(&third).await, StatusCode::OK);
    // Certificates of parties end after five years.
    world.wait(5 * 366 * 24 * 3600);
    assert_eq!(got(&third).await, StatusCode::FORBIDDEN, "its certificate is over");
}

#[tokio::test]
async fn an_agency_with_several_purposes_names_one() {
    let (world, _issuer) = world_with_lists(Access::Registered).await;
    let (_, peer) = enrol(&world, agency(&["tax", "passport"])).await;
    let router = registered_router(&world).layer(Extension(peer));
    let purposes = [("", 400), ("?purpose=fishing", 400), ("?purpose=tax", 200)];
    for (query, status) in purposes {
        let answer = get(&router, &format!("/crl/1/complete.crl{query}")).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
        if status == 400 {
            assert!(answer.text().contains("tax, passport"), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_given() {
    let (world, _issuer) = world_with_lists(Access::Registered).await;
    let (_, peer) = enrol(&world, agency(&["tax"])).await;
    let router = registered_router(&world).layer(Extension(peer));
    world.clock.set(world.now() - jiff::SignedDuration::from_secs(60));
    let answer = get(&router, "/crl/1/complete.crl").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("nextUpdate"), "{}", answer.text());
}

fn identity(world: &World, usage: &Usage) -> Identity {
    identity_of(world, &EcKey::generate().unwrap(), usage)
}

fn identity_of(world: &World, key: &EcKey, usage: &Usage) -> Identity {
    let certificate = world.link.certify(key.public_key(), "end", usage, world.now()).unwrap();
    Identity { certificate, key: key.for_tls(), authority: world.link.certificate().to_vec() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agency_fetches_a_list_over_mutual_tls() {
    let (world, issuer) = world_with_lists(Access::Registered).await;
    let server = identity(&world, &Usage::Server { hosts: vec!["127.0.0.1".into()] });
    let key = EcKey::generate().unwrap();
    let client = identity_of(&world, &key, &Usage::Party { hosts: Vec::new() });
    let deed = crate::permits::enrolling(&agency(&["tax"]), &key);
    let mut change = world.begin(&world.security, deed).await;
    let new = NewEnrolment {
        party: PartyId::from_random([5; 16]),
        name: "国税庁".into(),
        role: agency(&["tax"]),
        until: jiff::Timestamp::constant(32_503_680_000, 0),
        certificate: client.certificate.clone(),
    };
    change.enrol(&new).await.unwrap();
    change.commit().await.unwrap();

    let repository = repository(&world).with_register(world.ledger.as_role());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let clock = world.clock.clone();
    let door = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or(()) };
        serve_link(listener, &server, Arc::new(repository), clock, stopped).await
    });
    let url = format!("https://{address}/crl/1/{SHINJUKU}.crl");
    let kept = world.clock.clone();
    let now = Arc::new(move || akashi_wire::Clock::now(&*kept));
    let by = |identity: &Identity| akashi_link::client_by(identity, now.clone()).unwrap();
    let response = by(&client).get(&url).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let octets = response.bytes().await.unwrap();
    assert_eq!(octets, fs::read(issuer.shelf().current(shinjuku())).unwrap());

    let stranger = identity(&world, &Usage::Party { hosts: Vec::new() });
    let response = by(&stranger).get(&url).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 403);
    stop.send(()).unwrap();
    door.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_signed_is_published_and_served_until_both_are_stopped() {
    let world = World::open().await;
    let issuer = Arc::new(world.issuer().await);
    let leaked = world.issue(SHINJUKU).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let outcomes: Arc<Mutex<Vec<Result<Publication, PublishError>>>> = Arc::default();
    let heard = outcomes.clone();
    // Two programs: one signs and hands over, and one publishes.
    let (no_more, until) = tokio::sync::oneshot::channel::<()>();
    let issuing = tokio::spawn(akashi_crl::issue(
        issuer.clone(),
        world.clock.clone(),
        Arc::new(|outcome| assert!(outcome.unwrap().result.is_ok())),
        async { until.await.unwrap_or(()) },
    ));
    let public = world.dir.path().join("public");
    let shelves = (world.dir.path(), &*public);
    let settings = Settings::default();
    let publisher = Publisher::open(world.ledger.as_role(), shelves, &settings).await.unwrap();
    let repository = Repository::open(&public, &world.authority, &settings).unwrap();
    let orders = akashi_edge::OwnOrders::new(world.repository.clone(), world.orders());
    let room = tokio::spawn(serve(
        listener,
        (Arc::new(publisher), orders),
        Arc::new(repository),
        world.clock.clone(),
        Arc::new(move |outcome| heard.lock().unwrap().push(outcome)),
        async { stopped.await.unwrap_or(()) },
    ));
    let count = |count: usize| {
        let outcomes = outcomes.clone();
        async move {
            for _ in 0..100 {
                if outcomes.lock().unwrap().len() >= count {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            panic!("{:?}", outcomes.lock().unwrap());
        }
    };
    count(4).await;
    world.wait(1);
    world.revoke(leaked, KeyCompromise).await;
    count(5).await;

    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /crl/1/{SHINJUKU}.crl HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let octets = fs::read(issuer.shelf().current(shinjuku())).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(&octets));
    assert_eq!(serials(&issuer.shelf().current(shinjuku())), [leaked]);

    stop.send(()).unwrap();
    room.await.unwrap().unwrap();
    no_more.send(()).unwrap();
    issuing.await.unwrap().unwrap();
    assert!(outcomes.lock().unwrap().iter().all(|o| o.as_ref().unwrap().result.is_ok()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_program_looks_alive_when_its_work_has_broken_off() {
    let world = World::open().await;
    let issuer = Arc::new(world.issuer().await);
    let never = std::future::pending::<()>();
    let broken = akashi_crl::issue(
        issuer.clone(),
        world.clock.clone(),
        Arc::new(|_| panic!("a worker that dies")),
        never,
    );
    let ended = tokio::time::timeout(Duration::from_secs(20), broken).await.expect("it ends");
    assert!(matches!(ended, Err(akashi_crl::CrlError::Ended)), "{ended:?}");
    published(issuer.tick(world.now()).await.unwrap());

    let public = world.dir.path().join("public");
    let shelves = (world.dir.path(), &*public);
    let settings = Settings::default();
    let publisher = Publisher::open(world.ledger.as_role(), shelves, &settings).await.unwrap();
    let orders = akashi_edge::OwnOrders::new(world.repository.clone(), world.orders());
    let broken = serve(
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        (Arc::new(publisher), orders),
        Arc::new(Repository::open(&public, &world.authority, &settings).unwrap()),
        world.clock.clone(),
        Arc::new(|_| panic!("a worker that dies")),
        std::future::pending::<()>(),
    );
    let ended = tokio::time::timeout(Duration::from_secs(20), broken).await.expect("it ends");
    assert!(ended.unwrap_err().to_string().contains("stopped publishing"));
}
