//! A book whose newest entries bear a time that has not come, brought back by two persons at the host.

use std::time::Duration;

use akashi_keys::OfficerToken;
use akashi_ledger::{
    BeginsLater, Entry, Here, Issuing, Ledger, LedgerError, ListedChange, Listing, PersonId,
    Position, Responding, Scope, TimeQuality, WrongTimes, chain_hash,
};
use akashi_wire::act::{Deed, PartyId};
use akashi_wire::clock::{Doubt, Mark};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::time_word::{Saying, TimeWord};
use akashi_wire::{Order, SerialNumber, SignedMessage, Verified};
use jiff::{SignedDuration, Timestamp};

use crate::books::{Book, town};
use crate::clock::{doubt, revoked, signed_head};
use crate::statements::run;
use crate::two_persons::{enrolled_by_two, with_two};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const BOOT: Sha256 = Sha256([7; 32]);

/// What the machine says, so long after the founding.
fn here(book: &Book, after: SignedDuration) -> Here {
    let since_boot = Duration::try_from(after).unwrap();
    Here { boot: BOOT, since_boot, wall: founded(book) + after }
}

fn founded(_: &Book) -> Timestamp {
    "2026-04-01T00:00:00Z".parse().unwrap()
}

/// A head signed at this moment of the machine's life, by the time of the book.
async fn marked(book: &Book, after: SignedDuration) {
    let since_boot = u64::try_from(after.as_millis()).unwrap();
    let mark = Mark { boot: BOOT, since_boot, at: book.now.as_millisecond() };
    let head = signed_head(book, &book.log, mark).await;
    book.ledger.keep_signed_head(&head).await.unwrap();
}

async fn word(book: &Book, token: &OfficerToken, says: Saying, time: Timestamp) -> Verified {
    let authority = book.ledger.authority().await.unwrap().fingerprint();
    signed_word(token, TimeWord { authority, time, says })
}

fn signed_word(token: &OfficerToken, word: TimeWord) -> Verified {
    let content = serde_json::to_vec(&word).unwrap();
    let sign = |octets: &[u8]| token.sign(octets);
    SignedMessage::sign(MessageKind::TimeWord, &content, token.certificate(), word.time, sign)
        .and_then(|message| message.verify(MessageKind::TimeWord))
        .unwrap()
}

/// What two say who bring this back.
fn back(wrong: &WrongTimes) -> Saying {
    Saying::BringBack { first: wrong.first.0, head: wrong.head.0, hash: wrong.hash }
}

pub async fn brought_back(
    book: &Book,
    other: &OfficerToken,
    here: &Here,
    first: Option<Position>,
) -> WrongTimes {
    let wrong = book.ledger.wrong_times(here, first).await.unwrap().unwrap();
    let one = word(book, &book.security, back(&wrong), here.wall).await;
    let two = word(book, other, back(&wrong), here.wall).await;
    book.ledger.bring_back(&[one, two], here).await.unwrap()
}

/// When a certificate is said to have ended: by its standing, to a responder, and on a list, which must agree.
async fn ended_at(book: &Book, serial: SerialNumber) -> Timestamp {
    let standing = book.ledger.standing(serial).await.unwrap().unwrap();
    let (at, _) = standing.revocation().unwrap();
    let responding = Ledger::<Responding>::open(&book.address).await.unwrap();
    let rows = responding.status_after(Position(0), 1000).await.unwrap();
    assert_eq!(rows.iter().rfind(|row| row.serial == serial).unwrap().recorded_at, at);
    let listing = Ledger::<Listing>::open(&book.address).await.unwrap();
    let head = listing.head().await.unwrap();
    let mut listed = None;
    let take = |change: ListedChange| {
        if change.serial == serial {
            listed = Some(change.recorded_at);
        }
    };
    listing.each_change(1, None, Timestamp::UNIX_EPOCH, head, take).await.unwrap();
    assert_eq!(listed, Some(at));
    at
}

#[tokio::test]
async fn what_was_recorded_by_a_wrong_time_is_read_by_the_right_one_and_never_as_earlier_than_it_was()
 {
    for (mut book, other) in with_two().await {
        let minute = SignedDuration::from_mins(1);
        let serial = [book.issue(1, 1).await.serial, book.issue(2, 2).await.serial];
        let serial = [serial[0], serial[1], book.issue(3, 3).await.serial];
        let right = revoked(&book, serial[0]).await;
        // A minute later the clock is twenty days ahead, and believed; the second is ended before a mark is signed,
        // the third after it.
        book.now = founded(&book) + 20 * DAY + minute;
        revoked(&book, serial[1]).await;
        marked(&book, 2 * minute).await;
        book.now = founded(&book) + 20 * DAY + 10 * minute;
        let wrong = revoked(&book, serial[2]).await;
        // By the mark the time of the book is at twenty days and a minute where two minutes have passed.
        marked(&book, 11 * minute).await;
        let here = here(&book, 60 * minute);
        let found = book.ledger.wrong_times(&here, None).await.unwrap().unwrap();
        assert_eq!(found.head_at, wrong);
        assert_eq!(found.back, 20 * DAY - minute);
        let by_then = founded(&book) + 2 * minute + SignedDuration::from_secs(10);
        assert_eq!(found.begun, by_then, "what came before the mark came before then");
        brought_back(&book, &other, &here, None).await;
        assert_eq!(ended_at(&book, serial[0]).await, right, "that was right");
        assert_eq!(ended_at(&book, serial[1]).await, by_then);
        assert_eq!(ended_at(&book, serial[2]).await, founded(&book) + 11 * minute);
        // The rows stay as they are, the chain says which are wrong, and all of it is sound.
        let entries = book.ledger.audit_entries(20).await.unwrap();
        assert_eq!(entries[0].verb, "bring_back_clock");
        assert!(entries[0].subject.contains(&format!("entries {} to", found.first)), "{entries:?}");
        assert_eq!((entries[0].at, entries[0].quality), (here.wall, TimeQuality::Trusted));
        assert_eq!(entries[1].at, wrong);
        assert_eq!(book.ledger.head_time().await.unwrap(), here.wall);
        book.ledger.verify_audit().await.unwrap();
        // And it goes on.
        book.now = here.wall + minute;
        let later = book.issue(4, 4).await.serial;
        assert_eq!(revoked(&book, later).await, book.now);
        assert_eq!(ended_at(&book, later).await, book.now);
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn after_another_start_of_the_machine_it_is_read_as_of_the_bringing_back() {
    for (mut book, other) in with_two().await {
        let (before, serial) = (book.issue(1, 1).await.serial, book.issue(2, 2).await.serial);
        let right = revoked(&book, before).await;
        book.now = founded(&book) + 365 * DAY;
        revoked(&book, serial).await;
        marked(&book, DAY).await;
        let other_boot = Here { boot: Sha256([8; 32]), ..here(&book, DAY) };
        brought_back(&book, &other, &other_boot, None).await;
        assert_eq!(ended_at(&book, before).await, right);
        assert_eq!(
            ended_at(&book, serial).await,
            other_boot.wall,
            "the latest that it can have been"
        );
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn what_was_said_to_be_later_by_a_wrong_time_is_read_as_no_later_than_now() {
    for (mut book, other) in with_two().await {
        let serial = book.issue(1, 1).await.serial;
        doubt(&book, Doubt::Unwitnessed { ahead: 365 * DAY }).await;
        revoked(&book, serial).await;
        // Somebody believed the machine.
        book.now = founded(&book) + 365 * DAY;
        let mut change = book.begin(&book.order(Order::TrustClock).await).await;
        change.trust_clock(365 * DAY).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(ended_at(&book, serial).await, book.now);
        let here = here(&book, DAY);
        brought_back(&book, &other, &here, None).await;
        assert_eq!(ended_at(&book, serial).await, here.wall);
        assert_eq!(book.ledger.clock_doubt().await.unwrap(), None);
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn what_nobody_knew_the_time_of_is_read_as_of_the_bringing_back_where_that_was_never_ended() {
    for (mut book, other) in with_two().await {
        let serials = [book.issue(1, 1).await.serial, book.issue(2, 2).await.serial];
        doubt(&book, Doubt::Unwitnessed { ahead: 20 * DAY }).await;
        revoked(&book, serials[0]).await;
        // A loss is taken by a time that was believed, and the power is cut before the doubt is ended.
        book.now = founded(&book) + 20 * DAY;
        revoked(&book, serials[1]).await;
        let here = here(&book, DAY);
        brought_back(&book, &other, &here, None).await;
        for serial in serials {
            assert_eq!(
                ended_at(&book, serial).await,
                here.wall,
                "the latest that it can have been"
            );
        }
        assert_eq!(book.ledger.clock_doubt().await.unwrap(), None);
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn an_authority_that_was_founded_by_a_clock_that_ran_ahead_is_told_so() {
    for (book, _) in with_two().await {
        let here = Here { wall: founded(&book) - DAY, ..here(&book, DAY) };
        let refused = book.ledger.wrong_times(&here, None).await;
        let at = founded(&book);
        assert!(
            matches!(refused, Err(LedgerError::FoundedAhead { at: told }) if told == at),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn what_was_rightly_read_as_later_stays_so_though_an_earlier_first_entry_is_named() {
    for (mut book, other) in with_two().await {
        let hour = SignedDuration::from_hours(1);
        let serial = book.issue(1, 1).await.serial;
        let first = Position(book.ledger.head().await.unwrap().0 + 1);
        // Nobody knew the time for two hours, and then everybody did.
        doubt(&book, Doubt::Unwitnessed { ahead: 2 * hour }).await;
        let written = revoked(&book, serial).await;
        book.now = founded(&book) + 2 * hour;
        let mut change = book.begin(&book.order(Order::TrustClock).await).await;
        change.trust_clock(2 * hour).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(ended_at(&book, serial).await, written + 2 * hour);
        book.now = founded(&book) + 20 * DAY;
        let late = book.issue(2, 2).await.serial;
        revoked(&book, late).await;
        let now = here(&book, DAY);
        brought_back(&book, &other, &now, Some(first)).await;
        assert_eq!(ended_at(&book, serial).await, written + 2 * hour, "as it was published");
        assert_eq!(ended_at(&book, late).await, now.wall);
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn a_proposal_and_a_place_of_a_time_that_has_not_come_are_worth_nothing_then() {
    for (mut book, other) in with_two().await {
        let person = PersonId::from_random([1; 16]);
        let serial = book.issue(1, 1).await.serial;
        book.now = founded(&book) + 4 * 365 * DAY;
        // By then it has ended, and is taken for that.
        let permit = book.order(Order::Settle).await;
        let mut change = book.begin(&permit).await;
        assert!(change.living(person).await.unwrap().is_empty());
        change.append("nothing", "", None).await.unwrap();
        change.commit().await.unwrap();
        let what = akashi_wire::act::Suspension::Issuing;
        let lift = Deed::Lift { what, why: "…".into() };
        let waiting = crate::two_persons::signed(&book.security, 70, lift, book.now);
        crate::two_persons::proposed(&book, &waiting).await;
        assert_eq!(book.ledger.waiting_proposals(book.now).await.unwrap().len(), 1);
        let now = here(&book, DAY);
        brought_back(&book, &other, &now, None).await;
        book.now = now.wall;
        assert!(book.ledger.waiting_proposals(book.now).await.unwrap().is_empty());
        let permit = book.order(Order::Settle).await;
        let mut change = book.begin(&permit).await;
        let living = change.living(person).await.unwrap();
        assert_eq!(living.iter().map(|one| one.serial).collect::<Vec<_>>(), [serial]);
        change.rollback().await.unwrap();
        let unindexed = book.ledger.unindexed(None).await.unwrap();
        assert!(unindexed.iter().any(|(one, _)| *one == serial), "it is indexed anew");
        let (last, _) = unindexed.last().unwrap();
        assert!(book.ledger.unindexed(Some(*last)).await.unwrap().is_empty(), "each once");
        let told = book.ledger.audit_entries(5).await.unwrap();
        let alarm = told.iter().find(|entry| entry.verb == "alarm").unwrap();
        assert!(alarm.subject.contains(&serial.to_string()), "{alarm:?}");
    }
}

#[tokio::test]
async fn an_earlier_first_entry_may_be_named_and_a_second_time_it_is_brought_back_again() {
    for (mut book, other) in with_two().await {
        let serials = [book.issue(1, 1).await.serial, book.issue(2, 2).await.serial];
        // The clock is nine minutes ahead for two hours, and what it recorded first is of the past by then.
        let nine = SignedDuration::from_mins(9);
        book.now = founded(&book) + nine;
        let early = revoked(&book, serials[0]).await;
        let first = book.ledger.head().await.unwrap();
        book.now = founded(&book) + 2 * SignedDuration::from_hours(1) + nine;
        revoked(&book, serials[1]).await;
        let now = here(&book, SignedDuration::from_hours(2));
        let found = book.ledger.wrong_times(&now, None).await.unwrap().unwrap();
        assert!(found.first > first, "by itself the first is of the past");
        for no in [Position(0), Position(1), Position(found.first.0 + 1)] {
            let refused = book.ledger.wrong_times(&now, Some(no)).await;
            assert!(matches!(refused, Err(LedgerError::NotAsItStands)), "{no}: {refused:?}");
        }
        brought_back(&book, &other, &now, Some(first)).await;
        assert_eq!(ended_at(&book, serials[0]).await, early, "later than it was, and not than now");
        assert_eq!(ended_at(&book, serials[1]).await, now.wall);
        // Once more, by another clock: what was brought back stays as it is read.
        book.now = now.wall + 30 * DAY;
        let again = book.issue(3, 3).await.serial;
        revoked(&book, again).await;
        let second = here(&book, DAY);
        brought_back(&book, &other, &second, None).await;
        assert_eq!(ended_at(&book, serials[1]).await, now.wall);
        assert_eq!(ended_at(&book, again).await, second.wall);
        book.ledger.verify_audit().await.unwrap();
        // By a clock that was itself ahead: that is brought back as well, with what it brought back.
        let too_little = here(&book, 9 * DAY);
        book.now = second.wall + 30 * DAY;
        let third = book.issue(4, 4).await.serial;
        revoked(&book, third).await;
        brought_back(&book, &other, &too_little, None).await;
        assert_eq!(ended_at(&book, third).await, too_little.wall);
        let right = here(&book, 2 * DAY);
        brought_back(&book, &other, &right, None).await;
        assert_eq!(ended_at(&book, third).await, right.wall, "no date lies in the future");
        assert_eq!(ended_at(&book, again).await, second.wall);
        book.ledger.verify_audit().await.unwrap();
        let second = right;
        let gone = book.ledger.wrong_times(&second, None).await.unwrap();
        assert_eq!(gone, None, "nothing is wrong any more");
    }
}

#[tokio::test]
async fn a_time_is_brought_back_by_two_of_the_office_over_the_very_book_by_the_time_that_they_read()
{
    for (mut book, other) in with_two().await {
        let operator = enrolled_by_two(&book, &other, 40, Role::Operator).await;
        let second = enrolled_by_two(&book, &other, 41, Role::Operator).await;
        book.now = founded(&book) + 20 * DAY;
        book.issue(1, 1).await;
        let now = here(&book, DAY);
        let wrong = book.ledger.wrong_times(&now, None).await.unwrap().unwrap();
        let says = back(&wrong);
        let head = book.ledger.head().await.unwrap();
        let refused = async |words: Vec<Verified>| {
            let refused = book.ledger.bring_back(&words, &now).await.unwrap_err();
            assert_eq!(book.ledger.head().await.unwrap(), head, "nothing was written: {refused}");
            refused
        };
        let by = async |token: &OfficerToken| word(&book, token, says, now.wall).await;
        for too_few in [
            vec![],
            vec![by(&book.security).await],
            vec![by(&book.security).await, by(&book.security).await],
            // No security officer is among them.
            vec![by(&operator).await, by(&second).await],
        ] {
            assert!(matches!(refused(too_few).await, LedgerError::TakesTwo));
        }
        for stranger in [&book.officer, &book.source, &book.scheduler, &book.recovery] {
            let words = vec![by(&book.security).await, by(stranger).await];
            assert!(matches!(refused(words).await, LedgerError::NotEnrolled));
        }
        for saying in [
            Saying::BringBack { first: wrong.first.0, head: wrong.head.0 - 1, hash: wrong.hash },
            Saying::BringBack { first: wrong.first.0, head: wrong.head.0, hash: Sha256([1; 32]) },
            Saying::BringBack { first: wrong.first.0 - 1, head: wrong.head.0, hash: wrong.hash },
        ] {
            let words = vec![by(&book.security).await, word(&book, &other, saying, now.wall).await];
            assert!(matches!(refused(words).await, LedgerError::NotAsItStands), "{saying:?}");
        }
        for off in [SignedDuration::from_secs(61), SignedDuration::from_secs(-61), 20 * DAY] {
            let elsewhere = word(&book, &other, says, now.wall + off).await;
            let words = vec![by(&book.security).await, elsewhere];
            assert!(matches!(refused(words).await, LedgerError::TimesDiffer { .. }), "{off:#}");
        }
        let foreign = TimeWord { authority: Sha256([9; 32]), time: now.wall, says };
        let words = vec![by(&book.security).await, signed_word(&other, foreign)];
        assert!(matches!(refused(words).await, LedgerError::NotAsItStands));
        // That a clock is right is another thing than that it was wrong.
        let right = word(&book, &other, Saying::Right { doubt: 1 }, now.wall).await;
        let words = vec![by(&book.security).await, right];
        assert!(matches!(refused(words).await, LedgerError::NotEnrolled));
        let words = [by(&book.security).await, by(&operator).await];
        book.ledger.bring_back(&words, &now).await.unwrap();
        // Said once, it is not good again.
        let again = book.ledger.bring_back(&words, &now).await;
        assert!(matches!(again, Err(LedgerError::NotAsItStands)), "{again:?}");
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn whoever_goes_on_by_the_time_before_writes_nothing_any_more() {
    for (mut book, other) in with_two().await {
        let elsewhere = Ledger::<Issuing>::open(&book.address).await.unwrap();
        elsewhere.past().await.unwrap();
        book.now = founded(&book) + 20 * DAY;
        book.issue(1, 1).await;
        let permit = book.order(Order::Settle).await;
        let now = here(&book, DAY);
        brought_back(&book, &other, &now, None).await;
        let refused = elsewhere.begin(&permit, book.now).await.err();
        assert!(matches!(refused, Some(LedgerError::BroughtBack)), "{refused:?}");
        // It says so to whoever asks what to go on from, and a start begins with it.
        let past = elsewhere.past().await.unwrap();
        assert_eq!((past.latest, past.mark), (now.wall, None));
        assert_eq!(past.brought_back, book.ledger.head().await.unwrap().0);
        let again = Ledger::<Issuing>::open(&book.address).await.unwrap();
        assert_eq!(again.past().await.unwrap(), past);
        book.now = now.wall;
        let permit = book.order(Order::Settle).await;
        again.begin(&permit, now.wall).await.unwrap();
    }
}

#[tokio::test]
async fn an_alarm_of_a_time_that_has_not_come_stands_since_now() {
    for (mut book, other) in with_two().await {
        let alarm = akashi_wire::Alarm::ClockDiffers {};
        book.now = founded(&book) + 20 * DAY;
        let mut change = book.begin(&book.order(akashi_wire::Order::RaiseAlarms).await).await;
        change.raise(&alarm).await.unwrap();
        change.commit().await.unwrap();
        let now = here(&book, DAY);
        brought_back(&book, &other, &now, None).await;
        let standing = book.ledger.standing_alarms().await.unwrap();
        let since: Vec<Timestamp> = standing.iter().map(|one| one.since).collect();
        assert_eq!(since, [now.wall], "nobody reads that it begins in 19 days");
        assert_eq!(book.ledger.verify_derived().await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_was_certified_by_the_wrong_time_is_told_until_it_is_ended() {
    for (mut book, other) in with_two().await {
        let right = book.issue(1, 1).await.serial;
        book.now = founded(&book) + 20 * DAY;
        let wrong = book.issue(2, 2).await.serial;
        enrolled_by_two(&book, &other, 40, Role::Operator).await;
        let now = here(&book, DAY);
        assert_eq!(
            book.ledger.begins_later(now.wall).await.unwrap(),
            [],
            "nothing was brought back"
        );
        let begins = book.now;
        brought_back(&book, &other, &now, None).await;
        book.now = now.wall;
        let told = book.ledger.begins_later(now.wall).await.unwrap();
        let party = BeginsLater::Party(PartyId::from_random([40; 16]), begins);
        assert_eq!(told, [BeginsLater::Certificate(wrong, begins), party], "and not {right}");
        revoked(&book, wrong).await;
        assert_eq!(book.ledger.begins_later(now.wall).await.unwrap(), [party]);
        assert_eq!(
            book.ledger.begins_later(begins).await.unwrap(),
            [],
            "once it has begun it is good"
        );
    }
}

#[tokio::test]
async fn numbers_go_on_and_what_was_made_by_the_wrong_time_is_made_anew() {
    for (mut book, other) in with_two().await {
        let scope = Scope::Partition(town());
        let list = async |book: &Book| {
            let up_to = book.ledger.head().await.unwrap();
            let order = Order::RecordList { generation: 1, scope, life: 3600, up_to: up_to.0 };
            let mut change = book.begin(&book.order(order).await).await;
            let until = book.now + SignedDuration::from_hours(1);
            let record = change.record_crl(1, scope, book.now, until, up_to).await.unwrap();
            change.commit().await.unwrap();
            let (number, digest) = (record.number, Sha256([1; 32]));
            let order = Order::PublishList { generation: 1, scope, number, digest };
            let mut change = book.begin(&book.order(order).await).await;
            change.publish_crl(1, scope, number, digest).await.unwrap();
            change.commit().await.unwrap();
            record
        };
        let key = vec![5; 91];
        let (public_key, in_place_of) = (Octets(key.clone()), Vec::new());
        let order = Order::AskForCertificate { generation: 1, public_key, in_place_of };
        let mut change = book.begin(&book.order(order).await).await;
        change.ask_for_certificate(1, &key, &[]).await.unwrap();
        change.commit().await.unwrap();
        let right = list(&book).await;
        book.now = founded(&book) + 20 * DAY;
        let wrong = list(&book).await;
        let certificate = akashi_ledger::ResponderCertificate {
            serial: SerialNumber::from_random([9; 16]),
            public_key: key.clone(),
            certificate: vec![1],
            not_before: book.now,
            not_after: book.now + 14 * DAY,
        };
        let mut change = book.begin(&book.order(Order::CertifyResponders).await).await;
        change.intend_responder(certificate.serial).await.unwrap();
        change.file_responder(1, &certificate).await.unwrap();
        change.commit().await.unwrap();
        let due = async |book: &Book| {
            let since = (book.now - 7 * DAY, book.now);
            book.ledger.responders_to_certify(1, since).await.unwrap()
        };
        assert_eq!(due(&book).await, [] as [Vec<u8>; 0]);
        let listed = async |book: &Book| book.ledger.listed_until(1, scope).await.unwrap();
        assert_eq!(listed(&book).await, Some(wrong.this_update));
        // What a responder saw by the wrong time does not keep it from the right one.
        let responding = Ledger::<Responding>::open(&book.address).await.unwrap();
        responding.keep_responder_time(&key, book.now, Position(0)).await.unwrap();
        let now = here(&book, DAY);
        brought_back(&book, &other, &now, None).await;
        book.now = now.wall;
        assert_eq!(
            listed(&book).await,
            Some(right.this_update),
            "what had ended since is listed still"
        );
        assert_eq!(due(&book).await, std::slice::from_ref(&key), "one that has not begun is none");
        assert_eq!(responding.responder_time(&key).await.unwrap(), None);
        let brought_back = responding.times().await.unwrap().brought_back;
        responding.keep_responder_time(&key, now.wall, brought_back).await.unwrap();
        // Late, of a program that has not heard of it.
        responding.keep_responder_time(&key, wrong.this_update, Position(0)).await.unwrap();
        assert_eq!(responding.responder_time(&key).await.unwrap(), Some(now.wall));
        let anew = list(&book).await;
        assert!(anew.number > wrong.number, "no number comes twice");
        assert!(anew.this_update < wrong.this_update);
        assert_eq!(listed(&book).await, Some(anew.this_update));
        // And they go on as time passes: a book from a backup of now gives later none that was given meanwhile.
        book.now += SignedDuration::from_hours(1);
        let passed = list(&book).await.number - anew.number;
        assert!(passed >= 3_599_000, "as many as milliseconds, but for one a list: {passed}");
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn two_accept_a_clock_at_the_host_as_at_a_door() {
    for (book, other) in with_two().await {
        let ahead = 4 * 365 * DAY;
        doubt(&book, Doubt::Differs { ahead }).await;
        let found = book.ledger.clock_doubt().await.unwrap().unwrap();
        let machine = Here { wall: book.now + ahead, ..here(&book, DAY) };
        let says = Saying::Right { doubt: found.position.0 };
        let accepts = async |words: &[Verified]| {
            book.ledger.accept_clock_at_the_host(words, &machine, book.now).await
        };
        let one = word(&book, &book.security, says, machine.wall).await;
        let twice = word(&book, &book.security, says, machine.wall).await;
        let refused = accepts(&[one.clone(), twice]).await;
        assert!(matches!(refused, Err(LedgerError::TakesTwo)), "{refused:?}");
        let of_another = Saying::Right { doubt: found.position.0 - 1 };
        let refused = accepts(&[word(&book, &other, of_another, machine.wall).await]).await;
        assert!(matches!(refused, Err(LedgerError::NotAsItStands)), "{refused:?}");
        let refused = accepts(&[word(&book, &other, says, book.now).await]).await;
        assert!(matches!(refused, Err(LedgerError::TimesDiffer { .. })), "{refused:?}");
        // Of a clock that was set since nobody speaks.
        for set in [SignedDuration::from_secs(61), SignedDuration::from_secs(-61)] {
            let wall = machine.wall + set;
            let words = [word(&book, &other, says, wall).await];
            let set = Here { wall, ..machine };
            let refused = book.ledger.accept_clock_at_the_host(&words, &set, book.now).await;
            assert!(matches!(refused, Err(LedgerError::NotAsItStands)), "{refused:?}");
        }
        accepts(&[one]).await.unwrap();
        let accepted =
            async || book.ledger.clock_doubt().await.unwrap().unwrap().accepted.is_some();
        assert!(!accepted().await, "one is not two");
        accepts(&[word(&book, &book.officer, says, machine.wall).await]).await.unwrap();
        assert!(accepted().await);
        book.ledger.verify_audit().await.unwrap();
    }
}

/// Writes the newest entry anew, past the program, with all its hashes.
async fn forged(book: &Book, forge: impl FnOnce(&mut Entry)) {
    let mut entry = book.ledger.audit_entries(1).await.unwrap().remove(0);
    forge(&mut entry);
    let (position, at) = (entry.position.0, entry.at.as_millisecond());
    let sqlite = book.address.starts_with("sqlite:");
    let (hex, octets) = if sqlite { ("hex(hash)", "X'") } else { ("encode(hash, 'hex')", "'\\x") };
    let sql = format!("SELECT {hex} FROM audit WHERE position = {}", position - 1);
    let before = run(&book.address, &sql).await.unwrap();
    let before = hex::decode(before.trim()).unwrap();
    let hash = format!("{octets}{}'", hex::encode(chain_hash(&before, &entry).0));
    let verb = entry.verb;
    for sql in [
        format!(
            "UPDATE audit SET at = {at}, verb = '{verb}', hash = {hash} WHERE position = {position}"
        ),
        format!("UPDATE chain_head SET at = {at}, hash = {hash}"),
    ] {
        run(&book.address, &sql).await.unwrap();
    }
}

#[tokio::test]
async fn an_entry_of_before_that_nobody_brought_back_breaks_the_chain() {
    for (mut book, _) in with_two().await {
        book.now = founded(&book) + DAY;
        book.issue(1, 1).await;
        book.ledger.verify_audit().await.unwrap();
        forged(&book, |entry| entry.at = founded(&book)).await;
        let found = book.ledger.verify_audit().await.unwrap_err().to_string();
        assert!(found.contains("before that of the entry before it"), "{found}");
    }
}

#[tokio::test]
async fn a_time_that_another_entry_brings_back_breaks_the_chain() {
    for (mut book, other) in with_two().await {
        book.now = founded(&book) + 20 * DAY;
        book.issue(1, 1).await;
        brought_back(&book, &other, &here(&book, DAY), None).await;
        book.ledger.verify_audit().await.unwrap();
        forged(&book, |entry| entry.verb = "settle".into()).await;
        let found = book.ledger.verify_audit().await.unwrap_err().to_string();
        assert!(found.contains("brings the time back, and says something else"), "{found}");
    }
}
