//! A clock that ran ahead and was believed: two persons at the host bring the time of the book back.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use akashi_agency::Verdict;
use akashi_ledger::{Access, Entry, Scope};
use akashi_town::PASSPHRASE;
use akashi_wire::act::Procedure;
use akashi_wire::date::EffectiveDate;
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, RevocationReason};
use jiff::{SignedDuration, Timestamp};

use crate::again::Again;
use crate::clock::{judged_in, openssl};
use crate::support::*;

told_on_both!(
    lists_answers_and_issuing_go_on_when_two_at_the_host_have_brought_the_time_back,
    a_clock_is_accepted_at_the_host_where_no_door_opens,
    two_at_the_host_are_believed_where_a_register_says_another_time,
);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The program at the host, with the tokens that these files of the authority hold.
fn at_the_host(authority: &Path, what: &str, time: &str, tokens: &[&str]) -> Output {
    let mut command = Command::new(akashi_town::program("akashi-demo"));
    command.env_clear().env("AKASHI_TOKEN_PASSWORD", PASSPHRASE).args(["clock", what]);
    command.arg("--dir").arg(authority).args(["--time", time]);
    for token in tokens {
        command.arg("--token").arg(authority.join(token));
    }
    command.output().unwrap()
}

fn shown(authority: &Path) -> String {
    let mut command = Command::new(akashi_town::program("akashi-demo"));
    let output = command.env_clear().args(["clock", "--dir"]).arg(authority).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// As a person writes it who reads a clock on the wall.
fn in_japan(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const BOTH: [&str; 2] = akashi::init::SECURITY_OFFICERS;

impl Again {
    async fn held(&self) -> bool {
        let doors = &self.house.doors;
        doors.scheduler.tick(&*doors.clock).await.unwrap().held_by_clock
    }

    async fn told(&self, verb: &str) -> Vec<Entry> {
        let all = self.house.ledger().audit_entries(10_000).await.unwrap();
        all.into_iter().filter(|entry| entry.verb == verb).collect()
    }

    /// Whether the list that agencies get is the one that was handed over: the repository looks five times a second.
    fn is_public(&self, scope: Scope, digest: Option<Sha256>) -> bool {
        let file = self.authority.join("public/crl/1").join(format!("{scope}.crl"));
        std::fs::read(file).is_ok_and(|octets| Some(Sha256::of(&octets)) == digest)
    }

    /// The number and thisUpdate of the newest list, once it is later than a number and agencies get it.
    async fn list_after(&self, scope: Scope, number: i64) -> (i64, Timestamp) {
        for _ in 0..200 {
            if let Some(list) = self.house.ledger().published_crl(1, scope).await.unwrap()
                && list.number > number
                && self.is_public(scope, list.digest)
            {
                return (list.number, list.this_update);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no list of {scope} after {number}");
    }
}

/// The status line of the repository's answer.
async fn fetched(again: &Again, scope: Scope, since: Timestamp) -> u16 {
    let url = &again.house.doors.issuer.authority.profile.repository_url;
    let since = since.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let client = akashi_link::plain_client().unwrap();
    let asked = client.get(format!("{url}/crl/1/{scope}.crl")).header("if-modified-since", since);
    asked.send().await.unwrap().status().as_u16()
}

async fn lists_answers_and_issuing_go_on_when_two_at_the_host_have_brought_the_time_back(
    book: Book,
) {
    // The program at the host reads this machine's clock: the world's must come to it.
    let start = Timestamp::now() - SignedDuration::from_mins(30);
    let mut place = Place::make(book, Access::Open, start).await;
    let (code, dead) = place.holder(tottori()).await;
    let (_, other) = place.holder(tottori()).await;
    place.tick().await;
    let newcomer = place.resident(tottori());
    place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let batch = place.batch_of(tottori(), 10);
    let town = Scope::Partition(tottori());
    place.listed(town).await.unwrap();
    // One register alone does not contradict a kernel that vouches for its clock.
    crate::clock::one_register(&place).await;
    place.quiet_head().await;

    // A boot twenty days ahead, and something that says that it keeps the clock.
    let (clock, machine) = (place.clock.clone(), place.machine.clone());
    let again = place
        .reopened(|_| {
            clock.advance(Duration::from_secs(60));
            machine.reboot();
            machine.set_ahead(20 * DAY);
        })
        .await;
    assert!(!again.held().await, "it was believed");
    again.send(tottori(), &batch).await;
    again.tick().await;
    let sent = again.clock.now();
    let wrong = again.house.ledger().standing(dead.serial).await.unwrap().unwrap();
    assert!(wrong.revocation().unwrap().0 > sent + 19 * DAY);
    let (number, wrong_update) = again.list_after(town, 0).await;
    assert!(wrong_update > sent + 19 * DAY, "every list was due");
    let verified = list_checked(&again, &other.certificate);
    assert!(verified.contains("not yet valid"), "{verified}");

    // The clock is set right, and nothing is mended by that.
    machine.set_ahead(SignedDuration::ZERO);
    assert!(again.held().await);
    let stopped = again.stop().await;
    clock.advance_to(Timestamp::now());
    let authority = stopped.authority.clone();
    let explained = shown(&authority);
    assert!(explained.contains("wrong times  entries "), "{explained}");
    assert!(explained.contains("akashi clock bring-back"), "{explained}");
    let now = in_japan(Timestamp::now());
    let off = in_japan(Timestamp::now() - SignedDuration::from_mins(5));
    let told = refused(&at_the_host(&authority, "bring-back", &now, &BOTH[..1]));
    assert!(told.contains("two persons sign"), "{told}");
    let told = refused(&at_the_host(&authority, "bring-back", &now, &[BOTH[0], BOTH[0]]));
    assert!(told.contains("two persons sign"), "{told}");
    let told = refused(&at_the_host(&authority, "bring-back", &off, &BOTH));
    assert!(told.contains("this machine's clock says"), "{told}");
    let told = refused(&at_the_host(&authority, "accept", &now, &BOTH));
    assert!(told.contains("bring-back"), "{told}");
    let brought = at_the_host(&authority, "bring-back", &now, &BOTH);
    assert!(brought.status.success(), "{brought:?}");
    clock.advance_to(Timestamp::now() + SignedDuration::from_secs(1));
    let told = refused(&at_the_host(&authority, "bring-back", &now, &BOTH));
    assert!(told.contains("no entry of this book"), "{told}");

    let again = stopped.opened(|_| machine.synchronise(false)).await;
    assert!(!again.held().await);
    assert_eq!(again.told("bring_back_clock").await.len(), 1);
    let (at, _) =
        again.house.ledger().standing(dead.serial).await.unwrap().unwrap().revocation().unwrap();
    assert!(sent <= at && at <= again.clock.now(), "{at}: recorded after {sent}");
    // Every list is made anew, with a higher number and the right time.
    for scope in [town, Scope::Complete, Scope::Authority] {
        let before = if scope == town { number } else { 0 };
        for _ in 0..200 {
            let (_, this_update) = again.list_after(scope, before).await;
            if this_update <= again.clock.now() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let (anew, this_update) = again.list_after(scope, before).await;
        assert!(anew > before && this_update <= again.clock.now(), "{scope}: {this_update}");
    }
    assert_eq!(fetched(&again, town, wrong_update).await, 200, "nobody has this list already");
    again.tick().await;
    let is_revoked = |verdict: &Verdict| {
        matches!(verdict, Verdict::Revoked { reason, .. }
            if *reason == RevocationReason::AffiliationChanged)
    };
    again.seen(&dead.certificate, is_revoked).await;
    again.seen(&other.certificate, |verdict| *verdict == Verdict::Valid).await;
    for (one, expected) in [(&dead, "revoked"), (&other, "good")] {
        let (house, at) = (&again.house, again.clock.now());
        judged_in(&again.authority, house, at, &one.certificate, expected).await;
    }
    let by = again.by_items(&newcomer);
    again.desks[&tottori()].certify(Procedure::Issue, by, &*key(77)).await.unwrap();
    again.house.ledger().verify_audit().await.unwrap();
    assert_eq!(again.house.ledger().verify_derived().await.unwrap(), []);
    again.close().await;
}

/// What openssl says by the town's list, at the world's time.
fn list_checked(again: &Again, certificate: &[u8]) -> String {
    let dir = again.authority.join("wrong");
    std::fs::create_dir_all(&dir).unwrap();
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (ca, list, one) = (file("ca.pem"), file("list.pem"), file("one.der"));
    std::fs::write(&one, certificate).unwrap();
    let published = again.authority.join("public/crl/1").join(format!("{}.crl", tottori()));
    let made = again.authority.join("certificates/ca.der");
    let at = again.clock.now();
    openssl(at, &["x509", "-in", made.to_str().unwrap(), "-out", &ca]);
    openssl(at, &["crl", "-in", published.to_str().unwrap(), "-out", &list]);
    openssl(at, &["verify", "-crl_check", "-CAfile", &ca, "-CRLfile", &list, &one])
}

/// A machine that was off for longer than is believed, and nobody at a counter.
async fn a_clock_is_accepted_at_the_host_where_no_door_opens(book: Book) {
    let start = Timestamp::now() - 400 * DAY;
    let mut place = Place::make(book, Access::Open, start).await;
    let (_, holder) = place.holder(tottori()).await;
    let (clock, machine) = (place.clock.clone(), place.machine.clone());
    crate::clock::no_register(&place).await;
    place.quiet_head().await;
    let again = place
        .reopened(|_| {
            clock.advance_to(Timestamp::now());
            machine.reboot();
            machine.synchronise(false);
        })
        .await;
    assert!(again.held().await);
    let stopped = again.stop().await;
    let authority = stopped.authority.clone();
    assert!(shown(&authority).contains("akashi clock accept"), "{}", shown(&authority));
    let now = in_japan(Timestamp::now());
    let told = refused(&at_the_host(&authority, "bring-back", &now, &BOTH));
    assert!(told.contains("no entry of this book"), "{told}");
    let one = at_the_host(&authority, "accept", &now, &BOTH[..1]);
    assert!(String::from_utf8_lossy(&one.stdout).contains("another person"), "{one:?}");
    let two = at_the_host(&authority, "accept", &now, &BOTH[1..]);
    assert!(String::from_utf8_lossy(&two.stdout).contains("accepted     by two"), "{two:?}");
    // It is started ten minutes later: what nobody knew has gone on, as has the clock that they accepted.
    clock.advance_to(Timestamp::now() + SignedDuration::from_mins(10));
    let again = stopped.opened(|_| ()).await;
    assert!(!again.held().await);
    again.seen(&holder.certificate, |verdict| *verdict == Verdict::Valid).await;
    again.house.ledger().verify_audit().await.unwrap();
    assert_eq!(again.house.ledger().verify_derived().await.unwrap(), []);
    again.close().await;
}

/// A boot after a short stop, which would be believed but for a register whose clock is nine minutes behind.
async fn two_at_the_host_are_believed_where_a_register_says_another_time(book: Book) {
    let behind = SignedDuration::from_mins(9);
    let start = Timestamp::now() - behind - SignedDuration::from_mins(5);
    let place = Place::make(book, Access::Open, start).await;
    let (clock, machine) = (place.clock.clone(), place.machine.clone());
    crate::clock::one_register(&place).await;
    place.quiet_head().await;
    let again = place
        .reopened(|_| {
            clock.advance_to(Timestamp::now() - behind);
            machine.reboot();
            machine.synchronise(false);
            machine.set_ahead(behind);
        })
        .await;
    assert!(again.held().await, "the register says another time");
    let stopped = again.stop().await;
    let authority = stopped.authority.clone();
    let now = in_japan(Timestamp::now());
    let two = at_the_host(&authority, "accept", &now, &BOTH);
    assert!(String::from_utf8_lossy(&two.stdout).contains("accepted     by two"), "{two:?}");
    clock.advance_to(Timestamp::now() - behind);
    let again = stopped.opened(|_| ()).await;
    assert!(!again.held().await, "two persons are believed");
    assert_eq!(again.house.doors.clock.now(), again.clock.now() + behind);
    again.house.ledger().verify_audit().await.unwrap();
    again.close().await;
}
