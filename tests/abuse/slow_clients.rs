//! Clients that are slow, silent, gone half-way, or many. A limit on each read alone would let one
//! octet a second hold a place for ever: what counts is the whole head, the whole handshake, the
//! whole body (docs/interfaces.md §4, §8).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use akashi_ledger::Access;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::links::Link;
use crate::ocsp::Scene;
use crate::question::Said::*;
use crate::question::*;
use crate::support::tottori;
use crate::well::Well;
use crate::wire::{DEADLINE, PATIENCE, post, read_to_the_end, replies, request};

/// Between two octets of a slow client.
const PAUSE: Duration = Duration::from_millis(400);

/// Sends octet by octet; gives how long the server suffered it, and what it said.
async fn dripped(address: SocketAddr, octets: Vec<u8>) -> (Duration, Vec<u8>) {
    let (mut reading, mut change) = TcpStream::connect(address).await.unwrap().into_split();
    let begun = Instant::now();
    let drip = tokio::spawn(async move {
        for octet in octets {
            if change.write_all(&[octet]).await.is_err() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        // Silent from here on, and still there.
        tokio::time::sleep(DEADLINE * 2).await;
    });
    let mut said = Vec::new();
    let mut chunk = [0; 4096];
    let read = async {
        while let Ok(octets @ 1..) = reading.read(&mut chunk).await {
            said.extend(&chunk[..octets]);
        }
    };
    let ended = tokio::time::timeout(DEADLINE, read).await.is_ok();
    drip.abort();
    let suffered = if ended { begun.elapsed() } else { Duration::MAX };
    (suffered, said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_one_octet_after_another_is_cut_off_at_every_door_and_all_others_are_served() {
    let scene = Scene::open(Access::Open).await;
    let listen = &scene.place.house.config.listen;
    let head = b"GET / HTTP/1.1\r\nHost: localhost\r\nx-slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let hello =
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let body = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n";
    let mut slow = JoinSet::new();
    let doors = [
        ("ocsp", listen.ocsp, &head[..]),
        ("repository", listen.repository, head),
        ("authority", listen.authority, hello),
        ("ocsp-link", listen.ocsp_link, hello),
        ("repository-link", listen.repository_link, hello),
        ("ocsp, a head begun and left", listen.ocsp, b"GET"),
        ("ocsp, silent from the beginning", listen.ocsp, b""),
        ("repository, silent from the beginning", listen.repository, b""),
        ("authority, silent from the beginning", listen.authority, b""),
        ("authority, not a handshake", listen.authority, b"\x16"),
    ];
    for (door, address, octets) in doors {
        let octets = octets.to_vec();
        slow.spawn(async move { (door, dripped(address, octets).await.0) });
    }
    // A body of which nothing comes, and one that comes octet by octet after a quick head.
    for (door, drip) in [("ocsp, no body", false), ("ocsp, a slow body", true)] {
        let address = listen.ocsp;
        slow.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(body).await.unwrap();
            let begun = Instant::now();
            let (mut reading, mut change) = stream.into_split();
            let dripping = tokio::spawn(async move {
                while drip && change.write_all(&[0x30]).await.is_ok() {
                    tokio::time::sleep(PAUSE).await;
                }
                tokio::time::sleep(DEADLINE * 2).await;
            });
            let mut said = vec![0; 4096];
            let read = tokio::time::timeout(DEADLINE, reading.read(&mut said)).await;
            dripping.abort();
            let Ok(Ok(octets)) = read else { return (door, Duration::MAX) };
            assert_eq!(replies(&said[..octets])[0].status, 408, "RFC 9110 §15.5.9");
            (door, begun.elapsed())
        });
    }
    // Meanwhile.
    let question = scene.about.question(scene.serial());
    for _ in 0..40 {
        let begun = Instant::now();
        assert_eq!(told(&post(scene.door(), &question).await), Good);
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(PAUSE / 4).await;
    }
    while let Some(ended) = slow.join_next().await {
        let (door, suffered) = ended.unwrap();
        assert!(suffered < DEADLINE, "{door}: still open after {DEADLINE:?}");
    }
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_is_not_waited_for_behind_a_lock_either() {
    let scene = Scene::open(Access::Registered).await;
    let listen = scene.place.house.config.listen.clone();
    let source = scene.place.sources[&tottori()].link();
    let mut waiting = JoinSet::new();
    // A batch may be long; its sender has as much patience (`akashi_link::client`).
    for (path, address, patience) in [
        ("/acts", listen.authority, DEADLINE),
        ("/idou", listen.authority, DEADLINE + Duration::from_secs(20)),
        ("/", listen.ocsp_link, DEADLINE),
    ] {
        let source = source.clone();
        waiting.spawn_blocking(move || {
            let mut link = Link::open(address, &source);
            let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n0");
            link.write(head.as_bytes());
            (path, link.ends_within(patience))
        });
    }
    let mut left_open = Vec::new();
    while let Some(ended) = waiting.join_next().await {
        let (path, ended) = ended.unwrap();
        if !ended {
            left_open.push(path);
        }
    }
    assert_eq!(left_open, [""; 0], "no limit on the time of a body");
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_and_never_reads_does_not_keep_his_place_for_ever() {
    let scene = Scene::open(Access::Open).await;
    let question = scene.about.question(scene.serial());
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", question.len());
    let asked = [head.as_bytes(), &question].concat().repeat(200);
    let mut stream = TcpStream::connect(scene.door()).await.unwrap();
    let begun = Instant::now();
    // Answers pile up until the server can write no more; then it must give up at some time.
    let cut_off = loop {
        match tokio::time::timeout(Duration::from_secs(1), stream.write_all(&asked)).await {
            Ok(Err(_)) => break true,
            _ if begun.elapsed() > DEADLINE * 2 => break false,
            _ => {}
        }
    };
    assert!(cut_off, "still open after {:?} without reading", DEADLINE * 2);
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_that_only_hold_a_connection_keep_nobody_else_out() {
    let scene = Scene::open(Access::Open).await;
    let listen = &scene.place.house.config.listen;
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    let mut idle = Vec::new();
    for address in [listen.ocsp, listen.repository, listen.authority, listen.ocsp_link] {
        for _ in 0..100 {
            idle.push(TcpStream::connect(address).await.unwrap());
        }
    }
    let begun = Instant::now();
    let question = scene.about.question(scene.serial());
    for _ in 0..20 {
        assert_eq!(told(&post(scene.door(), &question).await), Good);
    }
    assert!(begun.elapsed() < PATIENCE);
    well.still(&scene.place, "four hundred idle connections").await;
    scene.place.desks[&tottori()].authority();
    drop(idle);
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_asked_and_says_no_more_still_gets_the_answer() {
    for access in [Access::Open, Access::Registered] {
        let scene = Scene::open(access).await;
        let agency = akashi_wire::party::Role::Agency { purposes: vec!["tax".into()] };
        let agency = scene.place.enrolled("Bureau", agency).await;
        let tbs = tbs(&[scene.about.cert_id(scene.serial())], &[nonce(&[1; 16])]);
        let octets = request("POST /", &signed(&tbs, &agency.token));
        let mut unanswered = 0;
        for _ in 0..20 {
            let mut stream = TcpStream::connect(scene.door()).await.unwrap();
            stream.write_all(&octets).await.unwrap();
            // RFC 9112 §9.6: half-closed is no reason to give up the answer.
            stream.shutdown().await.unwrap();
            let answers = replies(&read_to_the_end(&mut stream).await);
            match answers.first() {
                Some(answer) => assert_eq!(told(answer), Good),
                None => unanswered += 1,
            }
        }
        assert_eq!(unanswered, 0, "of 20 half-closed clients, {access:?}");
        scene.place.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_breaks_inside_a_request_leaves_nothing_behind() {
    let scene = Scene::open(Access::Open).await;
    let listen = &scene.place.house.config.listen;
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    let whole = request("POST /", &scene.about.question(scene.serial()));
    for end in (0..whole.len()).step_by(3) {
        for address in [listen.ocsp, listen.repository, listen.authority] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(&whole[..end]).await.unwrap();
            if end % 2 == 0 {
                stream.set_zero_linger().unwrap();
            }
        }
    }
    well.still(&scene.place, "two hundred broken lines").await;
    assert_eq!(well.refusals(&scene.place).await, 0);
    scene.place.close().await;
}
