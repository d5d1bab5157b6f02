//! Over real sockets.

use std::net::SocketAddr;

use akashi_keys::{EcKey, OfficerToken, Signer, Usage};
use akashi_link::Identity;
use akashi_wire::RevocationReason;
use akashi_wire::party::Role;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::world::*;
use crate::response::CertStatus;
use crate::{PURPOSE, ResponseStatus, serve, serve_link};

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

pub(super) async fn exchange(address: SocketAddr, head: &str, body: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // A server that has refused already need not read the rest.
    let _ = stream.write_all(body).await;
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply).await;
    let end = reply.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8(reply[..end].to_vec()).unwrap();
    let status = head[9..12].parse().unwrap();
    Reply { status, head, body: reply[end + 4..].to_vec() }
}

async fn post(address: SocketAddr, body: &[u8]) -> Reply {
    let head = format!(
        "POST / HTTP/1.1\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}",
        body.len()
    );
    exchange(address, &head, body).await
}

async fn get(address: SocketAddr, path: &str) -> Reply {
    exchange(address, &format!("GET {path} HTTP/1.1"), &[]).await
}

/// Serves this world; dropping what is given stops it.
pub(super) async fn served(world: &World) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let (responder, clock) = (world.responder.clone(), world.clock.clone());
    tokio::spawn(serve(listener, responder, clock, async {
        let _ = stopped.await;
    }));
    (address, stop)
}

#[tokio::test]
async fn post_and_get_give_one_answer_that_caches_may_keep_for_a_minute() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    let (address, _stop) = served(&world).await;
    let question = world.request(&[serial]);
    let posted = post(address, &question).await;
    assert_eq!(posted.status, 200);
    assert_eq!(posted.header("content-type"), Some("application/ocsp-response"));
    assert_eq!(
        posted.header("cache-control"),
        Some("max-age=60, public, no-transform, must-revalidate")
    );
    assert_eq!(posted.header("last-modified"), Some("Sun, 22 Nov 2026 01:02:03 GMT"));
    assert_eq!(posted.header("expires"), Some("Sun, 22 Nov 2026 01:03:03 GMT"));
    let etag = posted.header("etag").unwrap();
    assert!(matches!(Told::read(&posted.body).statuses[..], [CertStatus::Good(_)]));

    let base64 = STANDARD.encode(&question);
    let encoded = base64.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D");
    for path in [
        format!("/{base64}"),
        format!("/{encoded}"),
        format!("/{}", base64.trim_end_matches('=')),
        format!("/ocsp/{base64}"),
        format!("/ocsp/{encoded}"),
        format!("//{encoded}"),
    ] {
        let got = get(address, &path).await;
        assert_eq!((got.status, &got.body), (200, &posted.body), "{path}");
    }
    let head = format!("GET /{encoded} HTTP/1.1\r\nIf-None-Match: {etag}");
    let unchanged = exchange(address, &head, &[]).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    let head = exchange(address, &format!("HEAD /{encoded} HTTP/1.1"), &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(post(address, &question).await.body, posted.body);
}

#[tokio::test]
async fn what_a_client_sends_wrong_is_never_an_error_of_the_server() {
    let world = World::open().await;
    let (address, _stop) = served(&world).await;
    for (path, status) in [
        ("/", 200),
        ("/favicon.ico", 200),
        ("/MEI%", 200),
        ("/%4D%45%25", 200),
        (&format!("/{}", "M".repeat(2048)), 414),
    ] {
        let reply = get(address, path).await;
        assert_eq!(reply.status, status, "{path}");
        if status == 200 {
            assert_eq!(reply.body, ResponseStatus::MalformedRequest.error_response());
            assert_eq!(reply.header("cache-control"), Some("private, no-store"));
        }
    }
    assert_eq!(post(address, &vec![0x30; 64 * 1024]).await.status, 200);
    assert_eq!(post(address, &vec![0x30; 64 * 1024 + 1]).await.status, 413);
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked";
    let body = [b"20000\r\n".to_vec(), vec![0x30; 0x20000], b"\r\n0\r\n\r\n".to_vec()].concat();
    assert_eq!(exchange(address, chunked, &body).await.status, 413);
    assert_eq!(exchange(address, "PUT / HTTP/1.1", &[]).await.status, 405);
    let untyped = exchange(address, "POST / HTTP/1.1\r\nContent-Length: 1", &[0]).await;
    assert_eq!(untyped.body, ResponseStatus::MalformedRequest.error_response());
}

#[tokio::test]
async fn a_nonced_answer_may_be_kept_by_nobody() {
    let world = World::open().await;
    let (address, _stop) = served(&world).await;
    let reply = post(address, &world.request_with_nonce(serial(), &[3; 32])).await;
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    assert_eq!(reply.header("etag"), None);
}

#[tokio::test]
async fn a_revocation_is_told_within_a_second_of_its_commit() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    let (address, _stop) = served(&world).await;
    let question = world.request(&[serial]);
    post(address, &question).await;
    world.revoke(serial, RevocationReason::KeyCompromise).await;
    let committed = std::time::Instant::now();
    loop {
        let told = Told::read(&post(address, &question).await.body);
        if matches!(told.statuses[..], [CertStatus::Revoked(_)]) {
            break;
        }
        assert!(committed.elapsed() < SECOND, "still good after a second");
        tokio::time::sleep(SECOND / 50).await;
    }
}

#[tokio::test]
async fn an_agency_is_known_by_its_link() {
    // TLS checks the dates of certificates against the real clock.
    let start = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(5);
    let access = akashi_ledger::Access::Registered;
    let mut world = World::with(Options { access, start, ..Options::default() }).await;
    let number = world.issue().await;
    world.follow().await;
    let purposes = vec!["tax".to_owned(), "福祉".to_owned()];
    let (agency, party) = world.enrol("City", Role::Agency { purposes }).await;
    let stranger = token(&world.link, "Stranger", world.now());

    let key = EcKey::generate().unwrap();
    let usage = Usage::Server { hosts: vec!["localhost".into()] };
    let certificate = world.link.certify(key.public_key(), "OCSP", &usage, world.now()).unwrap();
    let authority = world.link.certificate().to_vec();
    let door = Identity { certificate, key: key.for_tls(), authority };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let (responder, clock) = (world.responder.clone(), world.clock.clone());
    tokio::spawn(async move {
        serve_link(listener, &door, responder, clock, std::future::pending()).await
    });

    let client = |token: &OfficerToken| {
        let certificate = token.certificate().to_vec();
        let authority = token.link_authority().to_vec();
        let identity = Identity { certificate, key: token.key().for_tls(), authority };
        akashi_link::client(&identity).unwrap()
    };
    let question = world.request(&[number]);
    let ask = |token, purpose: &'static str| {
        let question = client(token).post(&url).header(PURPOSE, purpose).body(question.clone());
        async move {
            let reply = question.send().await.unwrap();
            assert_eq!(reply.headers()["cache-control"], "private, no-store");
            reply.bytes().await.unwrap().to_vec()
        }
    };
    let told = Told::read(&ask(&agency, "%E7%A6%8F%E7%A5%89").await);
    assert!(matches!(told.statuses[..], [CertStatus::Good(_)]));
    let refused = ResponseStatus::Unauthorized.error_response();
    assert_eq!(ask(&agency, "police").await, refused);
    assert_eq!(ask(&stranger, "tax").await, refused);
    let inquiries = world.ledger.inquiries_about(&number.to_string()).await.unwrap();
    assert_eq!(inquiries.len(), 1);
    assert_eq!((inquiries[0].party, inquiries[0].purpose.as_str()), (party, "福祉"));
}
