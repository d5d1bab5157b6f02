//! Another key in the place of a party's own: by its own signature, within its term, and the one before is
//! dead.

use akashi_keys::{EcKey, KeyError, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_ledger::{Change, Content, LedgerError, NewEnrolment};
use akashi_wire::act::Deed;
use akashi_wire::clock::Doubt;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{Order, RekeyRequest, SignedMessage, Verified};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::books::{Book, town};
use crate::permits::YEAR_3000;
use crate::two_persons::{
    change, enrol, in_town, kind, new, party, proposed, second, signed, signed_at, token, with_two,
};

/// A key and its certificate, of five years or until then.
fn next_key(book: &Book, end: Timestamp) -> OfficerToken {
    certified(book, |link, key, usage| link.certify_within(key, "next", usage, end, book.now))
}

/// A key whose certificate is good for twenty years, from so long before then.
fn next_key_that_ends(book: &Book, end: Timestamp) -> OfficerToken {
    let begins = end - (20 * 365 * 24).hours();
    certified(book, |link, key, usage| link.certify_own(key, "next", usage, begins))
}

fn certified(
    book: &Book,
    certify: impl Fn(&LinkAuthority, &[u8], &Usage) -> Result<Vec<u8>, KeyError>,
) -> OfficerToken {
    let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", book.now).unwrap();
    let (key, usage) = (EcKey::generate().unwrap(), Usage::Party { hosts: Vec::new() });
    let certificate = certify(&link, key.public_key(), &usage).unwrap();
    OfficerToken::new(key, certificate, link.certificate().to_vec())
}

/// The request by the key in use for the next one.
fn asks(book: &Book, token: &OfficerToken, next: &OfficerToken) -> Verified {
    let request = RekeyRequest {
        authority: Sha256([0; 32]),
        made_at: book.now,
        request_for_certificate: Octets(next.key().request_for_certificate().unwrap()),
    };
    let content = serde_json::to_vec(&request).unwrap();
    let (certificate, sign) = (token.certificate(), |octets: &[u8]| token.sign(octets));
    SignedMessage::sign(MessageKind::RekeyRequest, &content, certificate, book.now, sign)
        .and_then(|message| message.verify(MessageKind::RekeyRequest))
        .unwrap()
}

async fn asking(book: &Book, message: &Verified) -> Result<Change, LedgerError> {
    let (_, permit) = book.ledger.permit_rekey(message, book.now).await?;
    book.ledger.begin(&permit, book.now).await
}

fn kept(message: &Verified) -> Content {
    Content::new(message.message(), [2; 32], |_| Ok::<_, LedgerError>(vec![2])).unwrap()
}

/// Puts the next key in the place of this one.
async fn rekeyed(
    book: &Book,
    token: &OfficerToken,
    next: &OfficerToken,
) -> Result<(), LedgerError> {
    let message = asks(book, token, next);
    let change = asking(book, &message).await?;
    ended(change, async |change| change.rekey(next.certificate(), kept(&message)).await).await
}

/// Proposes to prolong and countersigns it.
async fn prolonged(
    book: &Book,
    (first, other): (&OfficerToken, &OfficerToken),
    (number, until): (u8, Timestamp),
    request: u8,
) -> Result<(), LedgerError> {
    let deed = Deed::Prolong { party: party(number), until };
    let message = signed(first, request, deed, book.now);
    let (_, digest) = proposed(book, &message).await;
    let both = second(book, (other, request + 50), &message, (digest, book.now)).await?;
    ended(both, async |both| both.prolong(party(number), until).await).await
}

/// What is done in a change is kept, and what it refuses is not.
async fn ended(
    mut change: Change,
    deed: impl AsyncFnOnce(&mut Change) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    match deed(&mut change).await {
        Ok(()) => change.commit().await.map(|_| ()),
        Err(error) => {
            change.rollback().await.unwrap();
            Err(error)
        }
    }
}

/// An officer of the town, party 40, whose enrolment ends then.
async fn officer(book: &Book, other: &OfficerToken, until: Timestamp) -> OfficerToken {
    let (role, token) = (Role::Officer { municipality: town() }, token(book, "officer"));
    let message = signed(&book.security, 30, enrol(role.clone(), &token), book.now);
    let (_, digest) = proposed(book, &message).await;
    let mut both = second(book, (other, 31), &message, (digest, book.now)).await.unwrap();
    both.enrol(&NewEnrolment { until, ..new(40, role, &token) }).await.unwrap();
    both.commit().await.unwrap();
    token
}

#[tokio::test]
async fn another_key_is_the_same_partys_and_the_one_before_is_dead() {
    for (book, other) in with_two().await {
        let before = officer(&book, &other, YEAR_3000).await;
        let next = next_key(&book, book.now + 24.hours());
        let review = |token: &OfficerToken| signed_at(in_town(), token, 60, Deed::Review, book.now);
        let begun = book.ledger.permit_act(&review(&before), book.now).await.unwrap().permit;
        rekeyed(&book, &before, &next).await.unwrap();
        assert_eq!(
            book.ledger.permit_act(&review(&next), book.now).await.unwrap().permit.party(),
            party(40)
        );
        let dead = kind(book.ledger.permit_act(&review(&before), book.now).await);
        assert!(matches!(dead, LedgerError::Superseded { .. }), "{dead:?}");
        // Permitted before, begun after.
        let late = kind(book.ledger.begin(&begun, book.now).await);
        assert!(matches!(late, LedgerError::Superseded { .. }), "{late:?}");
        // The dead key has no other successor, and the living one has its own.
        let third = next_key(&book, book.now + 24.hours());
        let dead = kind(rekeyed(&book, &before, &third).await);
        assert!(matches!(dead, LedgerError::Superseded { .. }), "{dead:?}");
        rekeyed(&book, &next, &third).await.unwrap();
        let all = book.ledger.enrolments().await.unwrap();
        let all: Vec<_> = all.iter().filter(|one| one.party == party(40)).collect();
        assert_eq!(all.len(), 1, "one party, with the key that it has now");
        assert_eq!(all[0].certificate, third.certificate());
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn of_two_requests_by_one_key_one_is_carried_out() {
    for (book, other) in with_two().await {
        let before = officer(&book, &other, YEAR_3000).await;
        let keys = [next_key(&book, book.now + 24.hours()), next_key(&book, book.now + 24.hours())];
        let messages = [asks(&book, &before, &keys[0]), asks(&book, &before, &keys[1])];
        let mut permits = Vec::new();
        for message in &messages {
            permits.push(book.ledger.permit_rekey(message, book.now).await.unwrap().1);
        }
        let mut done = Vec::new();
        for ((permit, message), key) in permits.iter().zip(&messages).zip(&keys) {
            let Ok(change) = book.ledger.begin(permit, book.now).await else { continue };
            let keep =
                async |change: &mut Change| change.rekey(key.certificate(), kept(message)).await;
            done.extend(ended(change, keep).await.ok());
        }
        assert_eq!(done.len(), 1);
    }
}

#[tokio::test]
async fn no_key_outlives_its_enrolment_which_two_prolong() {
    for (book, other) in with_two().await {
        // Its first key ends after five years, its enrolment after that.
        let end = book.now + (6 * 365 * 24).hours();
        let before = officer(&book, &other, end).await;
        let later = end + 24.hours();
        let refused = kind(prolonged(&book, (&book.security, &other), (40, end), 33).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "no later: {refused:?}");
        let alone = signed(&other, 34, Deed::Prolong { party: party(40), until: later }, book.now);
        let one = change(&book, &alone, book.now).await.unwrap();
        let refused = kind(ended(one, async |one| one.prolong(party(40), later).await).await);
        assert!(matches!(refused, LedgerError::TakesTwo), "{refused:?}");
        // What two signed for one party and one day is good for no other.
        for (number, until) in [(40, later + 24.hours()), (4, later)] {
            let deed = Deed::Prolong { party: party(40), until: later };
            let message = signed(&book.security, 35 + number, deed, book.now);
            let (_, digest) = proposed(&book, &message).await;
            let by = (&other, 36 + number);
            let both = second(&book, by, &message, (digest, book.now)).await.unwrap();
            let done = ended(both, async |both| both.prolong(party(number), until).await).await;
            assert!(matches!(kind(done), LedgerError::NotPermitted { right: "prolong", .. }));
        }
        let long = next_key_that_ends(&book, later);
        let refused = kind(rekeyed(&book, &before, &long).await);
        assert!(
            matches!(refused, LedgerError::OutlivesTerm { until } if until == end),
            "{refused:?}"
        );
        prolonged(&book, (&book.security, &other), (40, later), 37).await.unwrap();
        rekeyed(&book, &before, &long).await.unwrap();
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn a_request_is_good_for_the_key_in_it_and_a_key_is_one_partys() {
    for (book, other) in with_two().await {
        let before = officer(&book, &other, YEAR_3000).await;
        let (asked, swapped) =
            (next_key(&book, book.now + 24.hours()), next_key(&book, book.now + 24.hours()));
        let message = asks(&book, &before, &asked);
        let change = asking(&book, &message).await.unwrap();
        let swap = async |one: &mut Change| one.rekey(swapped.certificate(), kept(&message)).await;
        let refused = kind(ended(change, swap).await);
        assert!(matches!(refused, LedgerError::NotPermitted { right: "rekey", .. }), "{refused:?}");
        // The own key again, and another party's.
        for taken in [&before, &book.officer] {
            let refused = kind(rekeyed(&book, &before, taken).await);
            assert!(matches!(refused, LedgerError::KeyTaken), "{refused:?}");
        }
        // What two replace nobody replaces alone.
        let refused = kind(rekeyed(&book, &book.scheduler, &asked).await);
        assert!(matches!(refused, LedgerError::OwnIdentity), "{refused:?}");
        rekeyed(&book, &before, &asked).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_that_is_over_and_a_party_that_is_dismissed_get_no_other() {
    for (book, other) in with_two().await {
        let before = officer(&book, &other, YEAR_3000).await;
        let next = next_key(&book, YEAR_3000);
        let message = asks(&book, &before, &next);
        let later = book.now + (6 * 365 * 24).hours();
        let over = kind(book.ledger.permit_rekey(&message, later).await);
        assert!(matches!(over, LedgerError::Over { .. }), "{over:?}");
        let dismiss = Deed::Dismiss { party: party(40), why: String::new() };
        let message = signed(&other, 38, dismiss, book.now);
        let mut one = change(&book, &message, book.now).await.unwrap();
        one.dismiss(party(40)).await.unwrap();
        one.commit().await.unwrap();
        let refused = kind(rekeyed(&book, &before, &next).await);
        assert!(matches!(refused, LedgerError::NotEnrolled), "{refused:?}");
    }
}

#[tokio::test]
async fn what_a_key_said_before_it_died_counts_no_more() {
    for (book, other) in with_two().await {
        let before = officer(&book, &other, YEAR_3000).await;
        let doubting = book.order(Order::DoubtClock).await;
        let mut change = book.begin(&doubting).await;
        let ahead = SignedDuration::from_hours(24);
        change.doubt_clock(&Doubt::Differs { ahead }).await.unwrap();
        change.commit().await.unwrap();
        let accepts = async |token: &OfficerToken, terminal: Sha256, number: u8, after: i64| {
            let now = book.now + after.seconds();
            let message = signed_at(terminal, token, number, Deed::AcceptClock, now);
            let mut change = crate::two_persons::change(&book, &message, now).await.unwrap();
            change.accept_clock().await.unwrap();
            change.append("accept_clock", "clock", None).await.unwrap();
            change.commit().await.unwrap();
            book.ledger.clock_doubt().await.unwrap().unwrap().accepted.is_some()
        };
        assert!(!accepts(&before, in_town(), 70, 0).await, "one of two");
        let next = next_key(&book, YEAR_3000);
        let message = asks(&book, &before, &next);
        let (_, permit) = book.ledger.permit_rekey(&message, book.now).await.unwrap();
        let change = book.ledger.begin(&permit, book.now + 1.second()).await.unwrap();
        let done = async |one: &mut Change| one.rekey(next.certificate(), kept(&message)).await;
        ended(change, done).await.unwrap();
        let office = crate::two_persons::in_the_office();
        assert!(
            !accepts(&book.security, office, 71, 2).await,
            "the other's word died with its key"
        );
        assert!(accepts(&next, in_town(), 72, 3).await, "said again it counts");
    }
}
