//! A time that is brought back while programs go on by the one before: on other hosts, which nobody stopped.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use akashi_ca::CaError;
use akashi_ledger::{Access, Here, Issuing, Ledger, LedgerError};
use akashi_town::{PASSPHRASE, SimulatedMachine, kept_by};
use akashi_wire::octets::Sha256;
use akashi_wire::signed::MessageKind;
use akashi_wire::time_word::{Saying, TimeWord};
use akashi_wire::{Clock, SignedMessage};
use jiff::SignedDuration;

use akashi_keys::OfficerToken;

use crate::second_responder::{SecondResponder, Told};
use crate::support::*;

told_on_both!(who_goes_on_by_a_time_that_was_brought_back_takes_the_right_one_or_stops);

async fn who_goes_on_by_a_time_that_was_brought_back_takes_the_right_one_or_stops(book: Book) {
    let mut place = Place::make(book, Access::Open, usual_start()).await;
    let (_, holder) = place.holder(tottori()).await;
    let responder = SecondResponder::open(&place).await;
    // Two more programs on hosts of their own, each with its own clock.
    let hosts = [(); 2].map(|()| SimulatedMachine::new(place.clock.clone()));
    let [clock, listed_by] = hosts.each_ref().map(kept_by);
    // Everybody's clocks are twenty days ahead, and the book with them.
    let ahead = SignedDuration::from_hours(20 * 24);
    place.clock.advance(Duration::try_from(ahead).unwrap());
    place.tick().await;
    responder.follow_by(&*clock).await;
    assert_eq!(responder.ask_by(&*clock, &place, holder.serial).await, Told::Good);

    // They are set right, where the two stand, and two persons bring the time back.
    hosts.iter().for_each(|machine| machine.set_ahead(-ahead));
    assert!(clock.read().doubt.is_some() && listed_by.read().doubt.is_some());
    let elsewhere = Ledger::<Issuing>::open(
        &place.house.config.ledger_address(&place.dir, akashi_edge::LedgerRole::Authority).unwrap(),
    )
    .await
    .unwrap();
    place.quiet_head().await;
    let wall = place.now() - ahead;
    let here = Here { boot: Sha256([1; 32]), since_boot: Duration::ZERO, wall };
    let wrong = elsewhere.wrong_times(&here, None).await.unwrap().unwrap();
    let says = Saying::BringBack { first: wrong.first.0, head: wrong.head.0, hash: wrong.hash };
    let authority = place.house.doors.issuer.authority.fingerprint();
    let content = serde_json::to_vec(&TimeWord { authority, time: wall, says }).unwrap();
    let words = akashi::init::SECURITY_OFFICERS.map(|file| {
        let token = OfficerToken::open(&place.dir.join(file), PASSPHRASE).unwrap();
        let kind = MessageKind::TimeWord;
        let sign = |octets: &[u8]| token.sign(octets);
        let word = SignedMessage::sign(kind, &content, token.certificate(), wall, sign).unwrap();
        word.verify(kind).unwrap()
    });
    elsewhere.bring_back(&words, &here).await.unwrap();

    // An authority that was not stopped writes nothing more, and ends.
    let doors = &place.house.doors;
    let head = elsewhere.head().await.unwrap();
    let ticked = doors.scheduler.tick(&*doors.clock).await;
    assert!(matches!(ticked, Err(CaError::Ledger(LedgerError::BroughtBack))), "{ticked:?}");
    assert_eq!(elsewhere.head().await.unwrap(), head);
    let is_open =
        async || tokio::net::TcpStream::connect(place.house.config.listen.authority).await;
    for _ in 0..200 {
        if is_open().await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(is_open().await.is_err(), "it looks alive");

    // A responder says nothing until it has taken the right time, and then all that it knows.
    responder.follow_by(&*clock).await;
    assert_eq!(responder.ask_by(&*clock, &place, holder.serial).await, Told::TryLater);
    assert_eq!(clock.now(), wall, "it has heard of it");
    assert_eq!(clock.read().doubt, None);
    responder.follow_by(&*clock).await;
    assert_eq!(responder.ask_by(&*clock, &place, holder.serial).await, Told::Good);
    // And whoever makes lists takes it at the next look, before anything is signed.
    assert_eq!(listed_by.now(), wall + ahead);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let made = Arc::new(Mutex::new(Vec::new()));
    let (list_clock, times) = (listed_by.clone(), made.clone());
    let report = Arc::new(move |_| times.lock().unwrap().push(list_clock.now()));
    let lists = place.house.lists.clone();
    let until = async move {
        let _ = stopped.await;
    };
    let program = akashi_crl::issue(lists, listed_by.clone(), report, until);
    let publishing = tokio::spawn(program);
    for _ in 0..200 {
        if !made.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.send(()).unwrap();
    publishing.await.unwrap().unwrap();
    let made = std::mem::take(&mut *made.lock().unwrap());
    assert!(!made.is_empty() && made.iter().all(|at| *at == wall), "{made:?}");
    assert_eq!(listed_by.read().doubt, None);
    elsewhere.close().await;
    place.close().await;
}
