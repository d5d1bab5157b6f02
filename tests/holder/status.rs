//! `akashi card status`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use akashi_holder::Standing;
use akashi_ledger::{Access, Scope};
use akashi_ra_console::journey;
use akashi_town::World;
use akashi_wire::RevocationReason;
use akashi_wire::act::IdentityProof;
use jiff::{Timestamp, ToSpan};

use crate::scene::{Home, Said, issue, tottori, world, yonago};

/// OCSPResponse with an error status alone.
const TRY_LATER: &[u8] = &[0x30, 3, 0x0a, 1, 3];
const SIG_REQUIRED: &[u8] = &[0x30, 3, 0x0a, 1, 5];

/// Asks, while the world goes on.
async fn status(home: &Home) -> Said {
    tokio::task::block_in_place(|| home.run(&["status"]))
}

/// Asks until this is the heading, a few seconds at most: the responder follows the book.
async fn seen(home: &Home, heading: &str) -> Said {
    for _ in 0..50 {
        let said = status(home).await;
        if said.out.starts_with(heading) {
            return said;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("not {heading}: {:?}", status(home).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_sees_good_then_on_hold_then_revoked_then_nobody_to_ask() {
    let (home, dir) = (Home::without_card(), tempfile::tempdir().unwrap());
    let mut world = world(dir.path(), Access::Open).await;
    let code = issue(&mut world, &home.path("my.card")).await;
    let good = seen(&home, "good (有効)").await.must_do();
    let (_, stated) = home.read();
    good.must_show(&["in force", &stated.serial, "the responder (OCSP) at http://127.0.0.1"]);

    journey::hold(&world.desks[&tottori()], world.by_items(&code)).await.unwrap();
    let held = seen(&home, "on hold (一時保留) since").await;
    assert_eq!(held.code, 2);
    held.must_show(&["counter of the town hall"]);

    let lost = RevocationReason::KeyCompromise;
    journey::revoke(
        &world.desks[&tottori()],
        world.by_items(&code),
        lost,
        IdentityProof::ResidentCard,
    )
    .await
    .unwrap();
    let revoked = seen(&home, "revoked (失効) since").await;
    assert_eq!(revoked.code, 2);
    revoked.must_show(&["keyCompromise", "新規発行"]);

    world.stop().await;
    let nobody = status(&home).await.must_show(&["cannot tell now", "does not answer", "network"]);
    assert_eq!(nobody.code, 1);
    assert!(!nobody.out.contains("good (") && !nobody.out.contains("revoked ("), "{}", nobody.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_agencies_only_are_answered_the_holder_is_told_so_and_nothing_else() {
    let (home, dir) = (Home::without_card(), tempfile::tempdir().unwrap());
    let mut world = world(dir.path(), Access::Registered).await;
    issue(&mut world, &home.path("my.card")).await;
    world.listed(Scope::Partition(tottori())).await.unwrap();
    let said = status(&home).await;
    assert_eq!(said.code, 1);
    let said = said.must_show(&["cannot tell now (判断できない)", "enrolled agencies", "(CRL)"]);
    said.must_show(&["ask at the counter of the town hall"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_list_is_read_when_the_responder_is_not_for_everybody() {
    let (home, dir) = (Home::without_card(), tempfile::tempdir().unwrap());
    let mut world = world(dir.path(), Access::Open).await;
    let code = issue(&mut world, &home.path("my.card")).await;
    let list = listed(&world, Scope::Partition(tottori())).await;
    let other_town = listed(&world, Scope::Partition(yonago())).await;
    journey::hold(&world.desks[&tottori()], world.by_items(&code)).await.unwrap();
    let with_hold = listed(&world, Scope::Partition(tottori())).await;
    assert_ne!(with_hold, list);
    let (ocsp, repository) = (world.house.config.listen.ocsp, world.house.config.listen.repository);
    world.stop().await;

    let (responder, shelf) = (Door::open(ocsp), Door::open(repository));
    responder.gives(TRY_LATER);
    let later = status(&home).await.must_show(&["tryLater", "ask again in some minutes"]);
    assert_eq!(later.code, 1);
    responder.gives(b"no such thing");
    assert_eq!(status(&home).await.must_show(&["cannot tell", "not an OCSP response"]).code, 1);

    responder.gives(SIG_REQUIRED);
    shelf.gives(&list);
    let good = status(&home).await.must_do();
    good.must_show(&["good (有効) as of", "the list (CRL) at", "holds until", "made"]);
    shelf.gives(&with_hold);
    assert_eq!(status(&home).await.must_show(&["on hold (一時保留)"]).code, 2);
    shelf.gives(&other_town);
    assert_eq!(status(&home).await.must_show(&["about other certificates"]).code, 1);
    let mut forged = list.clone();
    *forged.last_mut().unwrap() ^= 1;
    shelf.gives(&forged);
    assert_eq!(status(&home).await.must_show(&["signature does not verify"]).code, 1);
    shelf.gives(b"");
    assert_eq!(status(&home).await.must_show(&["not a CRL"]).code, 1);

    // The same list, long afterwards.
    let (on_card, stated) = home.read();
    shelf.gives(&list);
    let late = Timestamp::now() + (24 * 60).hours();
    let (standing, _) = Standing::ask(&on_card, &stated, late).await;
    assert_eq!(standing.exit_code(), 1);
    assert!(standing_words(&standing).contains("look at the clock first"), "{standing:?}");
    // And when its time is over, the certificate says so itself.
    let (standing, source) = Standing::ask(&on_card, &stated, stated.not_after + 1.second()).await;
    assert_eq!((&standing, standing.exit_code()), (&Standing::Expired, 2));
    let page = standing.page(&stated, &source, stated.not_after + 1.second()).to_string();
    assert!(page.starts_with("expired (期間満了) since"), "{page}");
}

fn standing_words(standing: &Standing) -> String {
    match standing {
        Standing::CannotTell { list: Some(why), .. } => why.to_string(),
        _ => String::new(),
    }
}

/// The octets of the newest list, once it holds the status of now.
async fn listed(world: &World, scope: Scope) -> Vec<u8> {
    world.listed(scope).await.unwrap();
    let shelf: &Path = &world.dir.join("public/crl/1");
    std::fs::read(shelf.join(format!("{scope}.crl"))).unwrap()
}

/// A door over HTTP that gives everybody the same octets.
struct Door(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Door {
    fn open(at: SocketAddr) -> Self {
        let given = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let (door, octets) = (TcpListener::bind(at).unwrap(), given.clone());
        std::thread::spawn(move || {
            for asker in door.incoming() {
                let (mut asker, mut question) = (asker.unwrap(), [0; 4096]);
                let _ = asker.read(&mut question);
                let octets = octets.lock().unwrap().clone();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n", octets.len());
                let _ = asker.write_all(head.as_bytes());
                let _ = asker.write_all(b"connection: close\r\n\r\n");
                let _ = asker.write_all(&octets);
            }
        });
        Self(given)
    }

    fn gives(&self, octets: &[u8]) {
        *self.0.lock().unwrap() = octets.to_vec();
    }
}
