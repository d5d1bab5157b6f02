//! Floods: very many of what each one alone would be harmless. Whoever is in the midst of one is served all
//! the same, and what nobody signed leaves nothing behind.
//!
//! A tenth of each is tried; `FLOOD=full` tries the whole.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use akashi_ledger::Access;
use akashi_ra_console::journey;
use akashi_wire::RevocationReason;
use jiff::ToSpan;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::ocsp::Scene;
use crate::question::Said::*;
use crate::question::*;
use crate::support::*;
use crate::well::{Well, the_chain_is_whole};
use crate::wire::{DEADLINE, PATIENCE, post, read_to_the_end, replies};

/// So many, or a tenth of them.
fn flood_of(whole: usize) -> usize {
    if std::env::var("FLOOD").is_ok_and(|size| size == "full") { whole } else { whole / 10 }
}

/// Sends the same octets so often over one connection after another, a hundred at a time, and reads what
/// comes; gives how many answers of which status came.
async fn send(address: SocketAddr, head: String, body: &[u8], times: usize) -> Vec<u16> {
    let once = [head.as_bytes(), body].concat();
    let mut said = Vec::new();
    for begun in (0..times).step_by(100) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let many = once.repeat(100.min(times - begun));
        let (sent, answers) = {
            let (mut reading, mut writing) = stream.split();
            let write = async {
                let sent = writing.write_all(&many).await;
                let _ = writing.shutdown().await;
                sent
            };
            let read = async {
                let mut octets = Vec::new();
                let _ = tokio::io::AsyncReadExt::read_to_end(&mut reading, &mut octets).await;
                octets
            };
            tokio::join!(write, read)
        };
        // Who is refused in the midst need not be read to the end.
        let _ = sent;
        said.extend(replies(&answers).iter().map(|reply| reply.status));
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_connections_that_say_nothing_is_cut_off_and_askers_get_their_answers() {
    let scene = Scene::open(Access::Open).await;
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    let (door, question) = (scene.door(), scene.about.question(scene.serial()));
    // More than there are places at one door (docs/interfaces.md §4), where it is the whole.
    let mut idle = Vec::new();
    for _ in 0..flood_of(4_500) {
        idle.push(TcpStream::connect(door).await.unwrap());
    }
    let asked = tokio::time::timeout(DEADLINE, async {
        let mut stream = TcpStream::connect(door).await.unwrap();
        stream.write_all(&crate::wire::request("POST /", &question)).await.unwrap();
        read_to_the_end(&mut stream).await
    });
    let answers = replies(&asked.await.expect("a place is free again"));
    assert_eq!(told(&answers[0]), Good);
    // Every one of them is cut off, and its place is free.
    for mut stream in idle {
        read_to_the_end(&mut stream).await;
    }
    well.still(&scene.place, "a flood of connections").await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_junk_leaves_nothing_behind_and_keeps_nobody_from_an_answer() {
    let scene = Scene::open(Access::Open).await;
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    let listen = &scene.place.house.config.listen;
    let question = scene.about.question(scene.serial());
    let before = scene.place.quiet_head().await;
    let mut junk = JoinSet::new();
    let body = b"\x30\x82\xff\xff junk";
    let post_junk = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
    let get_junk = "GET /bm8gcXVlc3Rpb24= HTTP/1.1\r\nHost: a\r\n\r\n".to_owned();
    let no_list = "GET /crl/1/999999.crl HTTP/1.1\r\nHost: a\r\n\r\n".to_owned();
    for (address, head, body) in [
        (listen.ocsp, post_junk, &body[..]),
        (listen.ocsp, get_junk, b""),
        (listen.repository, no_list, b""),
    ] {
        junk.spawn(async move { send(address, head, body, flood_of(50_000)).await });
    }
    let mut slowest = Duration::ZERO;
    let mut answered = Vec::new();
    loop {
        let asked = Instant::now();
        assert_eq!(told(&post(listen.ocsp, &question).await), Good);
        slowest = slowest.max(asked.elapsed());
        match tokio::time::timeout(Duration::from_millis(100), junk.join_next()).await {
            Ok(Some(said)) => answered.push(said.unwrap()),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    assert!(slowest < PATIENCE, "an asker waited for {slowest:?}");
    for said in answered {
        assert_eq!(said.len(), flood_of(50_000), "each got an answer");
        assert!(said.iter().all(|status| *status == said[0] && *status < 500), "{}", said[0]);
    }
    well.still(&scene.place, "a flood of junk").await;
    // What junk says is nobody's inquiry: the digests of the good ones, and no more.
    let grown = scene.place.quiet_head().await.0 - before.0;
    assert!(grown < 100, "{grown} entries of {} pieces of junk", 3 * flood_of(50_000));
    assert_eq!(well.refusals(&scene.place).await, 0);
    the_chain_is_whole(&scene.place).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_changes_is_settled_and_a_lost_card_is_held_in_its_midst() {
    let mut place = Place::make(Book::Sqlite, Access::Open, usual_start()).await;
    let (dies, dying) = place.holder(tottori()).await;
    let (_, lost) = place.holder(yonago()).await;
    place.seen_good(&dying.certificate).await;
    let residents: Vec<_> = (0..flood_of(10_000)).map(|_| place.resident(tottori())).collect();
    for code in &residents {
        place.change(|office| office.household_change(code));
    }
    let death =
        place.change(|office| office.death(&dies, akashi_wire::date::EffectiveDate::Unknown));
    while let Some(batch) = place.next_batch(tottori()).unwrap() {
        place.sent(tottori(), &batch).await;
    }
    let by = akashi_wire::act::CertificateBy::Card { card: lost.card.clone() };
    let holding = async {
        // In the midst of the settlement.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let asked = Instant::now();
        journey::hold(place.desk(yonago()), by).await.unwrap();
        place.seen_revoked(&lost.certificate, RevocationReason::CertificateHold).await;
        (asked, asked.elapsed())
    };
    let settling = async {
        place.tick().await;
        Instant::now()
    };
    let (settled, (asked, took)) = tokio::join!(settling, holding);
    assert!(asked < settled, "all was settled before the hold was asked for");
    assert!(took < PATIENCE, "a hold was seen after {took:?}");
    place.tick().await;
    assert_eq!(place.reason(dying.serial).await, Some(RevocationReason::AffiliationChanged));
    assert!(!place.result(&death).await.is_empty());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_what_is_no_act_is_on_record_and_an_officer_works_on() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let (officer, _) = place.officer(tottori()).await;
    let well = Well::now(&place, &holder.certificate).await;
    let link = officer.at_terminal();
    let address = place.house.config.listen.authority;
    let many = flood_of(3_000);
    let client = akashi_link::client(&link).unwrap();
    let flood = tokio::spawn(async move {
        for _ in 0..many {
            let junk = client.post(format!("https://{address}/acts")).body("junk").send();
            assert_eq!(junk.await.unwrap().status(), 400);
        }
    });
    let case = place.desk(tottori()).find(akashi_wire::act::Procedure::Hold, place.by_items(&code));
    tokio::time::timeout(PATIENCE, case).await.expect("in the midst of it").unwrap();
    flood.await.unwrap();
    let entries = place.entries("refuse").await.len();
    assert!(entries < 40, "{entries} entries, which are for ever");
    // The minute is over: the authority itself enters what it counted.
    place.pass(61.seconds());
    place.tick().await;
    assert_eq!(place.entries("refuse").await.len(), entries + 1);
    place.seen_good(&holder.certificate).await;
    assert_eq!(well.refusals(&place).await, many, "each is on record: whose terminal it was");
    well.still(&place, "a flood of junk acts").await;
    the_chain_is_whole(&place).await;
    place.close().await;
}
