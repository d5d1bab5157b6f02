//! The door for holders: a program that knows nothing, before an authority that hears nobody else in its place.

use std::process::Stdio;
use std::time::{Duration, Instant};

use akashi_edge::{Opened, Program};
use akashi_keys::{EcKey, Passphrase, Signer as _};
use akashi_ledger::Entry;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{Clock as _, SignedMessage};
use rustix::process::{Pid, Signal, kill_process};

use crate::observe::asked;
use crate::programs::programs_of;
use crate::running::{Up, comes, founded};
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_holders_sign_is_taken_of_the_authoritys_own_door_and_of_nobody_else() {
    let place = Place::open(Book::Sqlite).await;
    let (officer, _) = place.officer(tottori()).await;
    let passphrase = Passphrase::new(akashi_town::PASSPHRASE.to_owned()).unwrap();
    let opened = Opened::open(&place.dir, &passphrase).unwrap();
    let now = place.now();
    let application = officer.sign_as(MessageKind::HolderApplication, b"{}", now);
    let strangers = [
        ("a terminal", officer.at_terminal()),
        ("the responder", opened.own_link(&Role::Responder).unwrap()),
        ("the repository", opened.own_link(&Role::Repository).unwrap()),
        ("the list issuer", opened.own_link(&Role::ListIssuer).unwrap()),
    ];
    for (who, link) in &strangers {
        let (status, told) =
            place.post("/holders/revocations", link, application.as_der().to_vec()).await;
        assert_eq!(status, 403, "{who}: {told}");
        assert!(told.contains("the authority's own door for holders"), "{told}");
        let client = akashi_link::client(link).unwrap();
        let keys = client.get(format!("{}/holders/challenge-keys", place.url())).send().await;
        assert_eq!(keys.unwrap().status(), 403, "{who}");
    }
    let entries = place.entries("refuse").await;
    let not_allowed = |entry: &&Entry| entry.subject.starts_with("order_not_allowed ");
    assert_eq!(entries.iter().filter(not_allowed).count(), 2 * strangers.len(), "on record");
    // The door itself is heard, and what it hands on is judged.
    let door = opened.own_link(&Role::HoldersDoor).unwrap();
    let (status, told) =
        place.post("/holders/revocations", &door, application.as_der().to_vec()).await;
    assert!(status == 400 && told.contains("malformed"), "{status} {told}");
    // It has power over nothing else.
    let (status, _) = place.post("/acts", &door, application.as_der().to_vec()).await;
    assert!(status >= 400);
    let (status, _) = place.post("/idou", &door, Vec::new()).await;
    assert_eq!(status, 403);
    place.close().await;
}

#[test]
fn a_flood_of_askers_and_what_is_no_application_reach_no_authority_and_one_that_is_away_is_said() {
    let (home, dir) = founded(&[]);
    let up = Up::start(&dir, Stdio::null());
    let config = akashi_edge::Config::read(&dir).unwrap();
    let door = format!("http://{}", config.listen.holders.unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = akashi_link::plain_client().unwrap();
    let get = || runtime.block_on(async { client.get(format!("{door}/challenge")).send().await });
    let post = |body: Vec<u8>| {
        runtime.block_on(async {
            let answer = client.post(format!("{door}/revocations")).body(body).send().await;
            let answer = answer.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    };
    let readyz = || asked(&dir, Program::HoldersDoor, "/readyz");
    assert!(comes(|| readyz().0 == 200), "{:?}", readyz());
    assert_eq!(get().unwrap().status(), 200);
    // The authority stands still: nothing that it is asked is answered.
    let authority = Pid::from_raw(programs_of(&up)[&Program::Authority].cast_signed()).unwrap();
    kill_process(authority, Signal::STOP).unwrap();
    for _ in 0..200 {
        assert_eq!(get().unwrap().status(), 200);
    }
    let (status, told) = post(b"junk".to_vec());
    assert!(status == 400 && told.contains("malformed"), "{status} {told}");
    let (key, now) = (EcKey::generate().unwrap(), akashi_edge::SystemClock::new().now());
    let certificate = std::fs::read(dir.join("certificates/scheduler.der")).unwrap();
    let signed = |kind| {
        SignedMessage::sign(kind, b"{}", &certificate, now, |octets| key.sign(octets)).unwrap()
    };
    let (status, told) = post(signed(MessageKind::Act).as_der().to_vec());
    assert!(status == 400 && told.contains("malformed"), "an act is none: {status} {told}");
    // What is an application is waited for, and not for longer than a holder waits.
    let begin = Instant::now();
    let (status, told) = post(signed(MessageKind::HolderApplication).as_der().to_vec());
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert!(status == 503 && told.contains("repeat the same request"), "{status} {told}");
    assert!(!told.contains("nothing was done"), "which is not known: {told}");
    assert!((0..3).any(|_| comes(|| readyz().1.contains("the authority does not answer"))));
    kill_process(authority, Signal::CONT).unwrap();
    assert!((0..2).any(|_| comes(|| readyz().0 == 200)), "{:?}", readyz());
    let (status, told) = post(signed(MessageKind::HolderApplication).as_der().to_vec());
    assert!(status == 400 && told.contains("malformed"), "it is judged: {status} {told}");
    let metrics = asked(&dir, Program::HoldersDoor, "/metrics").1;
    for counted in ["malformed\"} 2", "failed\"} 1", "refused\"} 1"] {
        assert!(metrics.contains(&format!("outcome=\"{counted}")), "{counted}: {metrics}");
    }
    up.stop();
    drop(home);
}

#[test]
fn an_authority_that_was_founded_before_there_was_this_door_goes_on_without_it_and_says_so() {
    let (home, dir) = founded(&[]);
    std::fs::remove_file(dir.join("keys/holders_door.key")).unwrap();
    std::fs::remove_file(dir.join("certificates/holders_door.der")).unwrap();
    let log = home.path().join("log");
    let up = Up::start(&dir, std::fs::File::create(&log).unwrap());
    let running = programs_of(&up);
    assert!(running.len() == 4 && !running.contains_key(&Program::HoldersDoor), "{running:?}");
    up.stop();
    let told = std::fs::read_to_string(&log).unwrap();
    assert!(told.contains("akashi-holders-door is not started"), "{told}");
}
