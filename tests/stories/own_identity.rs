//! The key of one of the authority's own programs is replaced by two, at one moment; whatever broke off is done
//! again.

use std::process::Command;
use std::sync::Arc;

use akashi_ca::CaError;
use akashi_edge::{OpenError, Opened};
use akashi_keys::{Passphrase, Signer as _};
use akashi_town::PASSPHRASE;
use akashi_wire::act::{Answer, Deed, Procedure, Refusal};
use akashi_wire::octets::Octets;
use akashi_wire::order::{Order, OrderRefusal, ProgramApart, SignedOrder};
use akashi_wire::party::Role;
use akashi_wire::pki::requested_key;

use crate::support::*;

told_on_both!(
    the_schedulers_key_is_replaced_by_two,
    each_other_programs_key_is_replaced_by_two_and_it_is_reached_where_it_was,
);

/// Runs `akashi identity`: whether it ended well, and what it said.
fn identity(place: &Place, rest: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_akashi"))
        .args([&["identity"], rest].concat())
        .arg("--dir")
        .arg(&place.dir)
        .env_clear()
        .env("AKASHI_PASSPHRASE", PASSPHRASE)
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(told).unwrap())
}

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE.into()).unwrap()
}

fn enrolling(role: &Role, request: &[u8]) -> Deed {
    Deed::Enrol {
        name: format!("Akashi {}", role.name()),
        party: role.clone(),
        hosts: Vec::new(),
        request_for_certificate: Octets(request.to_vec()),
        until: None,
    }
}

async fn the_schedulers_key_is_replaced_by_two(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let opened = || Opened::open(&place.dir, &passphrase()).unwrap();
    let old = opened().own(&Role::Scheduler).unwrap();
    let old_key = opened().custody.ec("scheduler").unwrap();

    let file = place.dir.join("next.p10");
    let path = file.to_str().unwrap();
    let (done, told) = identity(&place, &["new", "scheduler", "--request", path]);
    assert!(done, "{told}");
    let request = std::fs::read(&file).unwrap();
    let (done, told) = identity(&place, &["new", "scheduler", "--request", path]);
    assert!(!done && told.contains("exists already"), "{told}");
    // What has not been enrolled by two takes no place, and waits on.
    let (done, told) = identity(&place, &["complete", "scheduler"]);
    assert!(!done && told.contains("not enrolled yet"), "{told}");
    std::fs::remove_file(&file).unwrap();
    let (done, told) = identity(&place, &["new", "scheduler", "--request", path]);
    assert!(done, "{told}");
    let again = std::fs::read(&file).unwrap();
    assert_eq!(requested_key(&again), requested_key(&request), "the key that waits");
    place.tick().await;
    // Nor does a key that the authority does not have: it could not be opened any more.
    let (stranger, _) = place.enrolment("Akashi Scheduler", Role::Scheduler);
    let refused = refusal(place.security.one.ask(stranger).await);
    assert!(matches!(&refused, Refusal::Malformed { what } if what.contains("identity new")));

    let deed = enrolling(&Role::Scheduler, &request);
    let town = tottori();
    let refused = place.desk(town).ask(deed.clone()).await;
    assert_eq!(refusal(refused), Refusal::NotAllowed);
    let alone = place.security.one.ask(deed.clone()).await.unwrap();
    assert!(matches!(alone, Answer::Proposed { .. }), "{alone:?}");
    let answer = place.security.ask(deed).await.unwrap();
    let Answer::Enrolled { certificate, .. } = answer else { panic!("{answer:?}") };
    // From here on whoever has the key before has nothing, the running authority included.
    let doors = &place.house.doors;
    let ticked = doors.scheduler.tick(&*doors.clock).await;
    assert!(
        matches!(ticked, Err(CaError::Replaced { whose: "scheduler" })),
        "{:?}",
        ticked.map(|_| ())
    );

    // The power is cut between the key and its certificate.
    let next = requested_key(&request).unwrap();
    opened().custody.take_next("scheduler", &next).unwrap();
    assert!(matches!(opened().own(&Role::Scheduler), Err(OpenError::Identity { .. })));
    for _ in 0..2 {
        let (done, told) = identity(&place, &["complete", "scheduler"]);
        assert!(done && told.contains("start the authority anew"), "{told}");
        assert_eq!(opened().own(&Role::Scheduler).unwrap().certificate(), certificate.0);
        assert_eq!(opened().custody.ec("scheduler").unwrap().public_key(), next);
    }

    let again = place.reopened(|_| ()).await;
    again.tick().await;
    let desk = &again.desks[&town];
    let by = again.by_items(&code);
    desk.find(Procedure::Hold, by).await.expect("the registry lets the new one in");
    again.judged(&holder.certificate).await;
    again.house.ledger().verify_audit().await.unwrap();
    let derived = again.house.ledger().verify_derived().await.unwrap();
    assert!(derived.is_empty(), "{derived:?}");

    // A backup of before, or a machine to which nobody brought the new one, does not start.
    let (authority, clock) = (again.authority.clone(), again.clock.clone());
    let stopped = again.stopped().await;
    std::fs::remove_file(authority.join("keys/scheduler.key")).unwrap();
    let opened = Opened::open(&authority, &passphrase()).unwrap();
    opened.custody.keep_ec("scheduler", &old_key).unwrap();
    std::fs::write(authority.join("certificates/scheduler.der"), old.certificate()).unwrap();
    let refused = akashi_town::house::House::open(&authority, &passphrase(), clock).await;
    let told = refused.map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("identity complete"), "{told}");
    drop(stopped);
}

async fn each_other_programs_key_is_replaced_by_two_and_it_is_reached_where_it_was(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let agency = place.enrolled("Bureau", Role::Agency { purposes: vec!["tax".into()] }).await;
    let others = [
        Role::Log,
        Role::RegistryClient,
        Role::ListIssuer,
        Role::Responder,
        Role::Repository,
        Role::HoldersDoor,
    ];
    let opened = || Opened::open(&place.dir, &passphrase()).unwrap();
    for role in &others {
        let before = opened().own(role).unwrap();
        let word = role.name().replace('_', "-");
        let file = place.dir.join(format!("{word}.p10"));
        let (done, told) = identity(&place, &["new", &word, "--request", file.to_str().unwrap()]);
        assert!(done && told.contains(&format!("desk enrol {word} ")), "{told}");
        let request = std::fs::read(&file).unwrap();
        let answer = place.security.ask(enrolling(role, &request)).await.unwrap();
        let Answer::Enrolled { certificate, .. } = answer else { panic!("{answer:?}") };
        let (done, told) = identity(&place, &["complete", &word]);
        assert!(done, "{told}");
        let now = opened().own(role).unwrap();
        assert_eq!(now.certificate(), certificate.0);
        assert_ne!(now.certificate(), before.certificate());
        // A program that has the key before still reads what to do, whatever it orders.
        let order =
            Order::TellClock { program: ProgramApart::Repository, ahead: None, unwitnessed: false };
        let sign = |octets: &[u8]| before.sign(octets);
        let order = SignedOrder::sign(order, before.certificate(), place.now(), sign).unwrap();
        let refused = place.house.doors.orders.carry_out(order).await.unwrap_err();
        assert!(matches!(refused, OrderRefusal::Replaced { .. }), "{word}: {refused}");
        assert!(refused.to_string().contains("akashi keys hand-out"), "{refused}");
        // Under whatever names it was reached before it is reached now.
        let hosts = |der: &[u8]| akashi_keys::Usage::of_party(der).unwrap();
        assert_eq!(
            format!("{:?}", hosts(now.certificate())),
            format!("{:?}", hosts(before.certificate())),
            "{word}"
        );
    }
    // The log's key is another now: nobody signs a head with the one before.
    let doors = &place.house.doors;
    let ticked = doors.scheduler.tick(&*doors.clock).await;
    assert!(matches!(ticked, Err(CaError::Replaced { whose: "log" })), "{:?}", ticked.map(|_| ()));
    let again = place.reopened(|_| ()).await;
    again.tick().await;
    again.desks[&tottori()].find(Procedure::Hold, again.by_items(&code)).await.unwrap();
    again.seen(&holder.certificate, |verdict| *verdict == akashi_agency::Verdict::Valid).await;
    let clock = again.clock.clone();
    let now = Arc::new(move || akashi_wire::Clock::now(&*clock));
    let client = akashi_link::client_by(&agency.link(), now).unwrap();
    let repository = format!("https://{}/ca/1.cer", again.house.config.listen.repository_link);
    assert!(client.get(repository).send().await.unwrap().status().is_success());
    again.house.ledger().verify_audit().await.unwrap();
    again.close().await;
}
