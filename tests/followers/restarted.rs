//! PostgreSQL goes away and comes back under a running authority.

use std::collections::BTreeMap;
use std::time::Duration;

use akashi_agency::Verdict;
use akashi_keys::RsaSize;
use akashi_ledger::{Access, Position, Scope, Standing, status};
use akashi_ra_console::DeskError;
use akashi_registry::http::send;
use akashi_town::{Setting, World};
use akashi_wire::act::{Deed, Procedure, Refusal};
use akashi_wire::date::EffectiveDate;
use akashi_wire::{Clock, ResidentCode, SerialNumber};

use crate::insisting::{ask, certify, report, revoke, revoked, told};
use crate::server::Server;
use crate::support::{holds, key, makes_cards, person, tottori, usual_start};

/// A world over a server of its own.
pub async fn world(server: &Server, dir: &tempfile::TempDir) -> World {
    let setting = Setting {
        prefecture: "310000".parse().unwrap(),
        towns: vec![tottori()],
        access: Access::Open,
        seed: 20,
        start: usual_start(),
        ledger: server.url(),
        size: RsaSize::Rsa2048,
        policy_critical: false,
    };
    let world = World::make(&dir.path().join("authority"), &setting).await.unwrap();
    makes_cards(&world.security.one, world.house.doors.card_master.clone());
    world
}

/// A resident with a certificate.
pub async fn holder(world: &mut World, number: usize) -> (ResidentCode, SerialNumber, Vec<u8>) {
    let code = world.enter(person(tottori(), number)).unwrap();
    let by = world.by_items(&code);
    let (serial, octets) = certify(&world.desks[&tottori()], by, &*key(number)).await.unwrap();
    (code, serial, octets)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_book_the_authority_says_not_now_and_afterwards_goes_on_by_itself() {
    let (mut server, dir) = (Server::make(), tempfile::tempdir().unwrap());
    let mut world = world(&server, &dir).await;
    let (loses, lost, lost_octets) = holder(&mut world, 1).await;
    let (dies, dead, dead_octets) = holder(&mut world, 2).await;
    let (_, kept, kept_octets) = holder(&mut world, 3).await;
    for octets in [&lost_octets, &dead_octets, &kept_octets] {
        told(&world.agency, &world.clock, octets, |verdict| *verdict == Verdict::Valid).await;
    }
    world.office(|office| office.death(&dies, EffectiveDate::Unknown)).unwrap();
    let death = world.next_batch(tottori()).unwrap().unwrap();
    let url = format!("https://{}", world.house.config.listen.authority);

    server.stop();
    let desk = &world.desks[&tottori()];
    let act = desk.sign(Deed::OpenCase { procedure: Procedure::Revocation }).unwrap();
    let refused = desk.send(&act).await;
    assert!(
        matches!(refused, Err(DeskError::Refused(Refusal::NotNowPossible))),
        "an act without the book: {refused:?}"
    );
    let client = akashi_link::client(&world.sources[&tottori()].link()).unwrap();
    let refused = send(&client, &format!("{url}/idou"), &death).await.unwrap_err().to_string();
    assert!(refused.contains("503"), "a batch without the book: {refused}");
    // The responder bears a minute without the book, and not a second more.
    let verdict = world.agency.judge(&lost_octets, world.clock.now()).await;
    assert_eq!(verdict, Verdict::Valid);
    world.clock.advance(Duration::from_secs(61));
    for _ in 0..10 {
        for octets in [&lost_octets, &dead_octets, &kept_octets] {
            let verdict = world.agency.judge(octets, world.clock.now()).await;
            let later = matches!(&verdict, Verdict::CannotTell(why) if why.contains("tryLater"));
            assert!(later, "{verdict:?}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    server.start();
    // The same octets as before the outage.
    assert_eq!(report(&world.sources[&tottori()], &url, &death).await.accepted, 1);
    let opened = desk.send(&act).await.unwrap();
    assert_eq!(desk.send(&act).await.unwrap(), opened);
    assert_eq!(revoke(desk, world.by_items(&loses)).await.unwrap(), lost);
    told(&world.agency, &world.clock, &lost_octets, revoked).await;
    told(&world.agency, &world.clock, &dead_octets, revoked).await;
    told(&world.agency, &world.clock, &kept_octets, |verdict| *verdict == Verdict::Valid).await;
    world.clock.advance(Duration::from_secs(3700));
    world.listed(Scope::Partition(tottori())).await.unwrap();
    let list = world.dir.join("public/crl/1").join(format!("{}.crl", tottori()));
    assert!(holds(&list, lost.as_bytes()) && holds(&list, dead.as_bytes()));
    assert!(!holds(&list, kept.as_bytes()));
    world.house.ledger().verify_audit().await.unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_of_the_data_base_in_the_midst_of_acts_lose_nothing() {
    let (mut server, dir) = (Server::make(), tempfile::tempdir().unwrap());
    let mut world = world(&server, &dir).await;
    let codes: Vec<ResidentCode> =
        (1..=12).map(|number| world.enter(person(tottori(), number)).unwrap()).collect();
    let desk = &world.desks[&tottori()];
    // Every second one is revoked again.
    let acts = async {
        let mut issued = BTreeMap::new();
        for (number, code) in (1..).zip(&codes) {
            let by = world.by_items(code);
            let (serial, octets) = certify(desk, by, &*key(number)).await.unwrap();
            let ends = number % 2 == 0;
            if ends {
                assert_eq!(revoke(desk, world.by_items(code)).await.unwrap(), serial);
            }
            issued.insert(serial, (octets, ends));
        }
        issued
    };
    let restarts = async {
        for pause in [150, 400, 250] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            tokio::task::block_in_place(|| {
                server.stop();
                server.start();
            });
        }
    };
    let (issued, ()) = tokio::join!(acts, restarts);
    let rows = world.house.ledger().status_after(Position(0), 1000).await.unwrap();
    for (serial, (octets, ends)) in &issued {
        let standing = status::fold(rows.iter().filter(|row| row.serial == *serial));
        assert_eq!(matches!(standing, Some(Standing::Revoked { .. })), *ends, "{standing:?}");
        let expected = |verdict: &Verdict| {
            if *ends { revoked(verdict) } else { *verdict == Verdict::Valid }
        };
        told(&world.agency, &world.clock, octets, expected).await;
    }
    // Nothing in force that nobody received, and nothing half made.
    let known = |serial: &SerialNumber| issued.contains_key(serial);
    assert!(rows.iter().all(|row| known(&row.serial)));
    let later = world.clock.now() + jiff::SignedDuration::from_mins(1);
    assert_eq!(world.house.ledger().interrupted(later).await.unwrap(), []);
    ask(desk, Deed::OpenCase { procedure: Procedure::Issue }).await.unwrap();
    world.house.ledger().verify_audit().await.unwrap();
    world.stop().await;
}
