//! What takes two persons is done by two, and what takes power away by one: as the book itself sees it,
//! whatever a program above it believes.

use akashi_keys::{EcKey, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_ledger::{Change, Content, LedgerError, NewEnrolment, WAITS};
use akashi_wire::Verified;
use akashi_wire::act::{Act, Deed, PartyId, RequestId, Suspension};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{MunicipalityCode, SignedMessage};
use jiff::{Timestamp, ToSpan};

use crate::books::{Book, books, town};

fn elsewhere() -> MunicipalityCode {
    "131016".parse().unwrap()
}

/// The terminal of the office.
pub fn in_the_office() -> Sha256 {
    Sha256::of(&crate::permits::TERMINALS[0])
}

/// The terminal of the town.
pub fn in_town() -> Sha256 {
    Sha256::of(&crate::permits::TERMINALS[1])
}

pub fn party(number: u8) -> PartyId {
    PartyId::from_random([number; 16])
}

/// Somebody with a key of its own.
pub fn token(book: &Book, name: &str) -> OfficerToken {
    let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", book.now).unwrap();
    let (key, usage) = (EcKey::generate().unwrap(), Usage::Party { hosts: Vec::new() });
    let certificate = link.certify(key.public_key(), name, &usage, book.now).unwrap();
    OfficerToken::new(key, certificate, link.certificate().to_vec())
}

pub fn new(number: u8, role: Role, token: &OfficerToken) -> NewEnrolment {
    NewEnrolment {
        party: party(number),
        name: format!("party {number}"),
        role,
        until: crate::permits::YEAR_3000,
        certificate: token.certificate().to_vec(),
    }
}

pub fn enrol(role: Role, token: &OfficerToken) -> Deed {
    crate::permits::enrolling(&role, token.key())
}

/// Enrols a party of this number by the book's security officer and another; gives its token.
pub async fn enrolled_by_two(
    book: &Book,
    other: &OfficerToken,
    number: u8,
    role: Role,
) -> OfficerToken {
    let new_token = token(book, &format!("party {number}"));
    let deed = enrol(role.clone(), &new_token);
    let message = signed(&book.security, 100 + number, deed, book.now);
    let (_, digest) = proposed(book, &message).await;
    let mut both = second(book, (other, 150 + number), &message, (digest, book.now)).await.unwrap();
    both.enrol(&new(number, role, &new_token)).await.unwrap();
    both.commit().await.unwrap();
    new_token
}

/// An act that was signed in the office.
pub fn signed(token: &OfficerToken, request: u8, deed: Deed, now: Timestamp) -> Verified {
    signed_at(in_the_office(), token, request, deed, now)
}

/// An act that was signed at this terminal.
pub fn signed_at(
    terminal: Sha256,
    token: &OfficerToken,
    request: u8,
    deed: Deed,
    now: Timestamp,
) -> Verified {
    let request = RequestId::from_random([request; 16]);
    let act = Act { request, authority: Sha256([0; 32]), terminal, made_at: now, deed };
    let content = serde_json::to_vec(&act).unwrap();
    SignedMessage::sign(MessageKind::Act, &content, token.certificate(), now, |octets| {
        token.sign(octets)
    })
    .and_then(|message| message.verify(MessageKind::Act))
    .unwrap()
}

/// A change by an act of this token's.
pub async fn change(
    book: &Book,
    message: &Verified,
    now: Timestamp,
) -> Result<Change, LedgerError> {
    let permit = book.ledger.permit_act(message, now).await?.permit;
    book.ledger.begin(&permit, now).await
}

/// Proposes what was signed.
pub async fn proposed(book: &Book, message: &Verified) -> (RequestId, Sha256) {
    let act: Act = serde_json::from_slice(message.content()).unwrap();
    let digest = Sha256::of(message.content());
    let mut change = change(book, message, book.now).await.unwrap();
    let content = Content::new(message.message(), [1; 32], |_| Ok::<_, LedgerError>(vec![1]));
    change.propose("enrol", content.unwrap()).await.unwrap();
    change.commit().await.unwrap();
    (act.request, digest)
}

/// What comes of it when this token countersigns.
pub async fn second(
    book: &Book,
    by: (&OfficerToken, u8),
    first: &Verified,
    (digest, now): (Sha256, Timestamp),
) -> Result<Change, LedgerError> {
    let (token, number) = by;
    let act: Act = serde_json::from_slice(first.content()).unwrap();
    let request = act.request;
    let terminal = crate::permits::terminal_of(&book.ledger, token).await;
    let own = signed_at(terminal, token, number, Deed::Countersign { request, digest }, now);
    let mut change = change(book, &own, now).await?;
    change.countersign(first).await?;
    Ok(change)
}

/// A book with two security officers: the founding one, and party 5.
pub async fn with_two() -> Vec<(Book, OfficerToken)> {
    let mut all = Vec::new();
    for book in books().await {
        let other = another(&book).await;
        all.push((book, other));
    }
    all
}

/// The second security officer, party 5: enrolled by the first one, who is alone as long as there has
/// never been another.
pub async fn another(book: &Book) -> OfficerToken {
    let other = token(book, "other");
    let deed = enrol(Role::SecurityOfficer, &other);
    let message = signed(&book.security, 1, deed, book.now);
    let mut change = change(book, &message, book.now).await.unwrap();
    change.enrol(&new(5, Role::SecurityOfficer, &other)).await.unwrap();
    change.commit().await.unwrap();
    other
}

pub fn kind<T>(outcome: Result<T, LedgerError>) -> LedgerError {
    outcome.map(|_| ()).expect_err("a refusal")
}

#[tokio::test]
async fn from_the_second_security_officer_on_what_gives_power_takes_two() {
    for (book, other) in with_two().await {
        let here = Role::Officer { municipality: town() };
        let new_officer = token(&book, "new");
        let message = signed(&book.security, 2, enrol(here.clone(), &new_officer), book.now);
        let mut alone = change(&book, &message, book.now).await.unwrap();
        let refused = kind(alone.enrol(&new(6, here.clone(), &new_officer)).await);
        assert!(matches!(refused, LedgerError::TakesTwo), "{refused:?}");
        drop(alone);
        for powerful in [3u8, 5] {
            let dismiss = Deed::Dismiss { party: party(powerful), why: String::new() };
            let message = signed(&book.security, 3, dismiss, book.now);
            let mut alone = change(&book, &message, book.now).await.unwrap();
            let refused = kind(alone.dismiss(party(powerful)).await);
            let expected = matches!(
                (powerful, &refused),
                (3, LedgerError::TakesTwo) | (5, LedgerError::TooFewSecurityOfficers)
            );
            assert!(expected, "{powerful} {refused:?}");
        }
        // Nor is it enough that the first of two was dismissed since: two there have been.
        let lift = Deed::Lift { what: Suspension::Issuing, why: String::new() };
        let mut alone = change(&book, &signed(&other, 4, lift, book.now), book.now).await.unwrap();
        // What is not suspended cannot even be proposed.
        let refused = kind(alone.lift(Suspension::Issuing).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "{refused:?}");
        drop(alone);

        let (_, digest) = proposed(&book, &message).await;
        let mut both = second(&book, (&other, 5), &message, (digest, book.now)).await.unwrap();
        both.enrol(&new(6, here.clone(), &new_officer)).await.unwrap();
        // What two signed is one deed about one key, and no leave for another.
        let another_key = both.enrol(&new(8, here.clone(), &token(&book, "swapped"))).await;
        assert!(matches!(kind(another_key), LedgerError::NotPermitted { right: "enrol", .. }));
        let refused = kind(both.dismiss(party(4)).await);
        assert!(
            matches!(refused, LedgerError::NotPermitted { right: "dismiss", .. }),
            "{refused:?}"
        );
        both.commit().await.unwrap();
        let again = kind(second(&book, (&other, 6), &message, (digest, book.now)).await);
        assert!(matches!(again, LedgerError::NoSuchProposal), "once: {again:?}");

        // A signature under one proposal is none under another, whatever the counter hands in.
        let auditor = signed(&book.security, 7, enrol(Role::Auditor, &token(&book, "x")), book.now);
        let officer =
            signed(&book.security, 8, enrol(Role::SecurityOfficer, &token(&book, "y")), book.now);
        let (request, digest) = proposed(&book, &auditor).await;
        proposed(&book, &officer).await;
        let deed = Deed::Countersign { request, digest };
        let mut over_one =
            change(&book, &signed(&other, 9, deed, book.now), book.now).await.unwrap();
        let refused = kind(over_one.countersign(&officer).await);
        assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused:?}");
        drop(over_one);
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn the_second_is_another_of_the_same_office_who_looked_at_the_same_in_time() {
    for (book, other) in with_two().await {
        let here = Role::Officer { municipality: town() };
        let somebody = token(&book, "somebody");
        let message = signed(&book.security, 2, enrol(here.clone(), &somebody), book.now);
        let unproposed = signed(&book.security, 3, enrol(here.clone(), &somebody), book.now);
        let (_, digest) = proposed(&book, &message).await;
        let now = book.now;

        let same = kind(second(&book, (&book.security, 10), &message, (digest, now)).await);
        assert!(matches!(same, LedgerError::SamePerson), "{same:?}");
        let differs = kind(second(&book, (&other, 11), &message, (Sha256([7; 32]), now)).await);
        assert!(matches!(differs, LedgerError::ProposalDiffers), "{differs:?}");
        // The same request number, another content.
        let swapped = signed(&book.security, 2, enrol(Role::SecurityOfficer, &somebody), now);
        let differs = kind(second(&book, (&other, 12), &swapped, (digest, now)).await);
        assert!(matches!(differs, LedgerError::ProposalDiffers), "{differs:?}");
        let of_it = Sha256::of(unproposed.content());
        let nothing = kind(second(&book, (&other, 13), &unproposed, (of_it, now)).await);
        assert!(matches!(nothing, LedgerError::NoSuchProposal), "{nothing:?}");
        // The same content over somebody else's signature is not what the first person signed.
        let act: Act = serde_json::from_slice(message.content()).unwrap();
        let forged = SignedMessage::sign(
            MessageKind::Act,
            &serde_json::to_vec(&act).unwrap(),
            other.certificate(),
            now,
            |octets| other.sign(octets),
        )
        .and_then(|message| message.verify(MessageKind::Act))
        .unwrap();
        assert_eq!(forged.content(), message.content());
        let nobody = kind(second(&book, (&other, 14), &forged, (digest, now)).await);
        assert!(matches!(nobody, LedgerError::NoSuchProposal), "{nobody:?}");
        // An officer at a counter has no such signature at all.
        let officer = kind(second(&book, (&book.officer, 15), &message, (digest, now)).await);
        assert!(matches!(officer, LedgerError::NotPermitted { .. }), "{officer:?}");
        let late = now + WAITS + 1.second();
        let lapsed = kind(second(&book, (&other, 16), &message, (digest, late)).await);
        assert!(matches!(lapsed, LedgerError::ProposalLapsed { .. }), "{lapsed:?}");
        drop(second(&book, (&other, 17), &message, (digest, now + WAITS)).await.unwrap());
    }
}

#[tokio::test]
async fn who_was_stopped_after_proposing_is_one_person_less() {
    for (book, other) in with_two().await {
        // A third, so that two are left.
        let third = enrolled_by_two(&book, &other, 6, Role::SecurityOfficer).await;
        let waiting = signed(&third, 4, enrol(Role::Auditor, &token(&book, "x")), book.now);
        let (_, digest) = proposed(&book, &waiting).await;
        let what = Suspension::Party { party: party(6) };
        let suspend = Deed::Suspend { what, why: String::new() };
        let mut stop =
            change(&book, &signed(&other, 5, suspend, book.now), book.now).await.unwrap();
        stop.suspend(what).await.unwrap();
        stop.commit().await.unwrap();
        let refused = kind(second(&book, (&other, 6), &waiting, (digest, book.now)).await);
        assert!(matches!(refused, LedgerError::NoSuchProposal), "{refused:?}");
        // Nor once that is lifted: whoever held the token may have proposed it.
        let lift = Deed::Lift { what, why: String::new() };
        let lifting = signed(&book.security, 20, lift, book.now);
        let (_, of_lift) = proposed(&book, &lifting).await;
        let mut both = second(&book, (&other, 21), &lifting, (of_lift, book.now)).await.unwrap();
        both.lift(what).await.unwrap();
        both.commit().await.unwrap();
        let refused = kind(second(&book, (&other, 22), &waiting, (digest, book.now)).await);
        assert!(matches!(refused, LedgerError::NoSuchProposal), "revived: {refused:?}");
        let suspend = Deed::Suspend { what, why: String::new() };
        let mut stop =
            change(&book, &signed(&other, 23, suspend, book.now), book.now).await.unwrap();
        stop.suspend(what).await.unwrap();
        stop.commit().await.unwrap();
        // And what is suspended signs nothing, neither first nor second.
        let refused = kind(change(&book, &waiting, book.now).await);
        assert!(matches!(refused, LedgerError::Suspended { .. }), "{refused:?}");
        // With two left nobody else is stopped, whatever two sign.
        let what = Suspension::Party { party: party(2) };
        let deed = Deed::Suspend { what, why: String::new() };
        let mut stop = change(&book, &signed(&other, 7, deed, book.now), book.now).await.unwrap();
        let refused = kind(stop.suspend(what).await);
        assert!(matches!(refused, LedgerError::TooFewSecurityOfficers), "{refused:?}");
        drop(stop);
        let dismiss = Deed::Dismiss { party: party(2), why: String::new() };
        let mut stop =
            change(&book, &signed(&other, 8, dismiss, book.now), book.now).await.unwrap();
        let refused = kind(stop.dismiss(party(2)).await);
        assert!(matches!(refused, LedgerError::TooFewSecurityOfficers), "{refused:?}");
    }
}

#[tokio::test]
async fn a_permit_from_before_a_suspension_is_worth_nothing_after_it() {
    for (book, other) in with_two().await {
        let certify = crate::permits::issuing();
        let before = book.act(&book.officer, certify.clone()).await;
        let (batch, _) = book.batch(b"batch").await;
        for (what, permit) in [
            (Suspension::Counter { municipality: town() }, &before),
            (Suspension::Source { municipality: town() }, &batch),
        ] {
            let number = what.kind().len() as u8;
            let deed = Deed::Suspend { what, why: String::new() };
            let mut stop =
                change(&book, &signed(&other, number, deed, book.now), book.now).await.unwrap();
            stop.suspend(what).await.unwrap();
            let twice = kind(stop.suspend(what).await);
            assert!(matches!(twice, LedgerError::NotAsItStands), "{twice:?}");
            stop.commit().await.unwrap();
            let refused = kind(book.ledger.begin(permit, book.now).await);
            assert!(matches!(refused, LedgerError::Suspended { .. }), "{what}: {refused:?}");
        }
        let refused = kind(book.try_act(&book.officer, certify, book.now).await);
        assert!(matches!(refused, LedgerError::Suspended { .. }), "{refused:?}");
        // Orders of the authority's own go on.
        drop(book.begin(&book.order(akashi_wire::Order::Settle).await).await);
    }
}

#[tokio::test]
async fn while_issuing_is_suspended_nothing_is_intended_and_what_exists_is_revoked() {
    for (book, other) in with_two().await {
        let row = book.issue(1, 1).await;
        let under_way = book.intention(3, 3, akashi_ledger::Slot::Current);
        let mut issuing = book.begin(&book.issuing().await).await;
        issuing.intend(&under_way, b"sealed", 1).await.unwrap();
        issuing.commit().await.unwrap();
        let what = Suspension::Issuing;
        let deed = Deed::Suspend { what, why: String::new() };
        let mut stop = change(&book, &signed(&other, 2, deed, book.now), book.now).await.unwrap();
        stop.suspend(what).await.unwrap();
        stop.commit().await.unwrap();
        let intention = book.intention(2, 2, akashi_ledger::Slot::Current);
        let mut issuing = book.begin(&book.issuing().await).await;
        let refused = kind(issuing.intend(&intention, b"sealed", 1).await);
        assert!(matches!(refused, LedgerError::IssuingSuspended), "{refused:?}");
        // Nor is what was recorded before filed: it stays what it is, and is voided.
        let refused = kind(issuing.file(under_way.serial, b"sealed").await);
        assert!(matches!(refused, LedgerError::IssuingSuspended), "{refused:?}");
        drop(issuing);
        let mut change = book.begin(&book.revoking().await).await;
        let recording = akashi_ledger::Recording {
            reason: akashi_wire::RevocationReason::KeyCompromise,
            received_at: book.now,
        };
        change.revoke(row.serial, &recording).await.unwrap();
        change.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_administrator_stops_parties_of_the_own_town_and_no_others() {
    for (book, other) in with_two().await {
        let role = Role::TownAdministrator { municipality: town() };
        let administrator = enrolled_by_two(&book, &other, 6, role).await;
        let there = Role::Officer { municipality: elsewhere() };
        enrolled_by_two(&book, &other, 7, there).await;

        // The scheduler, a security officer, the own source, an officer of another town.
        for stranger in [1, 2, 3, 7] {
            let what = Suspension::Party { party: party(stranger) };
            let deed = Deed::Suspend { what, why: String::new() };
            let message = signed_at(in_town(), &administrator, 10 + stranger, deed, book.now);
            let mut stop = change(&book, &message, book.now).await.unwrap();
            let refused = kind(stop.suspend(what).await);
            assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{stranger} {refused:?}");
            drop(stop);
            let dismiss = Deed::Dismiss { party: party(stranger), why: String::new() };
            let message = signed_at(in_town(), &administrator, 20 + stranger, dismiss, book.now);
            let mut stop = change(&book, &message, book.now).await.unwrap();
            let refused = kind(stop.dismiss(party(stranger)).await);
            assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{stranger} {refused:?}");
        }
        let what = Suspension::Party { party: party(4) };
        let deed = Deed::Suspend { what, why: String::new() };
        let message = signed_at(in_town(), &administrator, 30, deed, book.now);
        let mut stop = change(&book, &message, book.now).await.unwrap();
        stop.suspend(what).await.unwrap();
        stop.commit().await.unwrap();
    }
}

#[tokio::test]
async fn the_authoritys_own_programs_are_neither_dismissed_nor_suspended_by_anybody() {
    for (book, other) in with_two().await {
        let dismiss = Deed::Dismiss { party: party(1), why: String::new() };
        let message = signed(&book.security, 2, dismiss, book.now);
        let (_, digest) = proposed(&book, &message).await;
        let mut both = second(&book, (&other, 3), &message, (digest, book.now)).await.unwrap();
        assert!(matches!(kind(both.dismiss(party(1)).await), LedgerError::OwnIdentity));
        drop(both);
        let what = Suspension::Party { party: party(1) };
        let deed = Deed::Suspend { what, why: String::new() };
        let mut stop = change(&book, &signed(&other, 4, deed, book.now), book.now).await.unwrap();
        assert!(matches!(kind(stop.suspend(what).await), LedgerError::OwnIdentity));
        drop(stop);
        // Nobody stops the own enrolment.
        let what = Suspension::Party { party: party(5) };
        let deed = Deed::Suspend { what, why: String::new() };
        let mut stop = change(&book, &signed(&other, 5, deed, book.now), book.now).await.unwrap();
        assert!(matches!(kind(stop.suspend(what).await), LedgerError::OwnEnrolment));
    }
}

#[tokio::test]
async fn a_program_of_the_authoritys_own_gets_another_key_by_two_and_the_one_before_is_over() {
    for (book, other) in with_two().await {
        let next = token(&book, "next");
        let deed = enrol(Role::Scheduler, &next);
        let message = signed(&book.security, 2, deed, book.now);
        let mut one = change(&book, &message, book.now).await.unwrap();
        let alone = kind(one.enrol(&new(7, Role::Scheduler, &next)).await);
        assert!(matches!(alone, LedgerError::TakesTwo), "{alone:?}");
        drop(one);
        let in_force = async || {
            let all = book.ledger.enrolments().await.unwrap();
            let schedulers = all.into_iter().filter(|one| one.role == Role::Scheduler);
            schedulers.filter(|one| one.ended_at.is_none()).map(|one| one.party).collect::<Vec<_>>()
        };
        assert_eq!(in_force().await, [party(1)]);
        let settle = async |token: &OfficerToken| {
            let (order, by) = (akashi_wire::Order::Settle, token.certificate());
            book.ledger.order(order, by, book.now, |octets| token.sign(octets)).await
        };
        let before = settle(&book.scheduler).await.unwrap();

        let (_, digest) = proposed(&book, &message).await;
        let mut both = second(&book, (&other, 3), &message, (digest, book.now)).await.unwrap();
        // Under the name of the one before, which is free from now on.
        let new = NewEnrolment { name: "party 1".into(), ..new(7, Role::Scheduler, &next) };
        both.enrol(&new).await.unwrap();
        both.commit().await.unwrap();
        assert_eq!(in_force().await, [party(7)]);
        let late = book.ledger.begin(&before, book.now).await.map(|_| ());
        assert!(matches!(kind(late), LedgerError::NotEnrolled), "permitted before, begun after");
        assert!(matches!(kind(settle(&book.scheduler).await), LedgerError::NotEnrolled));
        settle(&next).await.unwrap();
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn with_the_logs_key_of_before_nobody_signs_a_head_any_more() {
    for (book, other) in with_two().await {
        let next = token(&book, "next");
        let message = signed(&book.security, 2, enrol(Role::Log, &next), book.now);
        let (_, digest) = proposed(&book, &message).await;
        let mut both = second(&book, (&other, 3), &message, (digest, book.now)).await.unwrap();
        both.enrol(&new(7, Role::Log, &next)).await.unwrap();
        both.commit().await.unwrap();
        // Neither at the door nor in the book itself.
        let head = book.ledger.head_to_sign(None).await.unwrap().expect("a head");
        let signed = |token: &OfficerToken| {
            let sign = |octets: &[u8]| token.sign(octets);
            SignedMessage::sign(MessageKind::ChainHead, &head, token.certificate(), book.now, sign)
                .and_then(|message| message.verify(MessageKind::ChainHead))
                .unwrap()
        };
        let refused = kind(book.ledger.keep_signed_head(&signed(&book.log)).await);
        assert!(matches!(refused, LedgerError::NotEnrolled), "{refused:?}");
        crate::audit::put_head(&book, &signed(&book.log)).await;
        let told = kind(book.ledger.verify_audit().await).to_string();
        assert!(told.contains("whose place another had taken"), "{told}");
        let delete = "DELETE FROM audit_signature";
        crate::statements::run(&book.address, delete).await.unwrap();
        book.ledger.keep_signed_head(&signed(&next)).await.unwrap();
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn a_program_that_was_not_founded_gets_no_identity_later() {
    let own = [Role::RegistryClient, Role::Repository, Role::HoldersDoor];
    for (book, other) in with_two().await {
        for (number, role) in own.iter().enumerate() {
            let number = 10 + 3 * u8::try_from(number).unwrap();
            let key = token(&book, "own");
            let message = signed(&book.security, number, enrol(role.clone(), &key), book.now);
            let (_, digest) = proposed(&book, &message).await;
            let both = second(&book, (&other, number + 1), &message, (digest, book.now)).await;
            let refused = kind(both.unwrap().enrol(&new(number, role.clone(), &key)).await);
            assert!(matches!(refused, LedgerError::OwnIdentity), "{role:?}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn where_one_security_officer_acts_alone_no_administrator_does() {
    for book in books().await {
        let role = Role::TownAdministrator { municipality: town() };
        let administrator = token(&book, "administrator");
        let deed = enrol(role.clone(), &administrator);
        let mut alone =
            change(&book, &signed(&book.security, 2, deed, book.now), book.now).await.unwrap();
        alone.enrol(&new(6, role, &administrator)).await.unwrap();
        alone.commit().await.unwrap();
        let (role, officer) = (Role::Officer { municipality: town() }, token(&book, "officer"));
        let message =
            signed_at(in_town(), &administrator, 3, enrol(role.clone(), &officer), book.now);
        let mut one = change(&book, &message, book.now).await.unwrap();
        let refused = kind(one.enrol(&new(7, role, &officer)).await);
        assert!(matches!(refused, LedgerError::TakesTwo), "{refused:?}");
    }
}

#[tokio::test]
async fn a_municipality_has_one_source_and_a_second_key_during_a_change() {
    changes_its_key(Role::Source { municipality: town() }).await;
}

#[tokio::test]
async fn a_municipality_has_one_registry_and_a_second_key_during_a_change() {
    changes_its_key(Role::Registry { municipality: town() }).await;
}

async fn changes_its_key(role: Role) {
    for book in books().await {
        let enrolled = async |number: u8| {
            let next = token(&book, "next");
            let deed = enrol(role.clone(), &next);
            let message = signed(&book.security, number, deed, book.now);
            let mut change = change(&book, &message, book.now).await.unwrap();
            change.enrol(&new(number, role.clone(), &next)).await?;
            change.commit().await.map(|_| ())
        };
        let mut first = party(3);
        if !matches!(role, Role::Source { .. }) {
            // A source there is.
            first = party(9);
            enrolled(9).await.unwrap();
            assert_eq!(book.ledger.links_that_change().await.unwrap(), []);
        }
        enrolled(6).await.unwrap();
        let third = kind(enrolled(7).await);
        assert!(matches!(third, LedgerError::LinkTaken), "{third:?}");
        assert_eq!(book.ledger.links_that_change().await.unwrap(), std::slice::from_ref(&role));
        let dismiss = Deed::Dismiss { party: first, why: String::new() };
        let mut change = book.begin(&book.act(&book.security, dismiss).await).await;
        change.dismiss(first).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(book.ledger.links_that_change().await.unwrap(), []);
    }
}
