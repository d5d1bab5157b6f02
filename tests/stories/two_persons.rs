//! What gives power takes two persons, what takes power away takes one and works at once: at the
//! authority's door, as officers meet it.

use akashi::init::SECURITY_OFFICERS;
use akashi_keys::Signer;
use akashi_ledger::Access;
use akashi_ra_console::{Desk, journey};
use akashi_town::by_two;
use akashi_wire::RevocationReason;
use akashi_wire::act::{
    Answer, CertificateBy, Deed, IdentityProof, KnownProposal, PartyId, Procedure, Refusal,
    SerialGiven, Suspension,
};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use jiff::{Timestamp, ToSpan};

use crate::cards::{told as told_by_desk, value};
use crate::support::*;

told_on_both!(
    an_enrolment_is_proposed_by_one_looked_at_and_signed_by_another,
    a_counter_that_is_suspended_does_nothing_until_two_lift_it,
);

fn why() -> String {
    "an incident".into()
}

async fn reviewed(desk: &Desk) -> (Vec<PartyId>, Vec<Suspension>, Vec<KnownProposal>) {
    let Answer::Reviewed { parties, suspended, waiting, .. } =
        desk.ask(Deed::Review).await.unwrap()
    else {
        panic!("a review shows");
    };
    let parties = parties.iter().map(|one| one.party).collect();
    (parties, suspended.iter().map(|one| one.suspended).collect(), waiting)
}

async fn an_enrolment_is_proposed_by_one_looked_at_and_signed_by_another(book: Book) {
    let place = Place::open(book).await;
    let (one, other) = (&place.security.one, &place.security.other);
    let (deed, key) = place.enrolment("Officer X", Role::Officer { municipality: tottori() });
    let Answer::Proposed { request, digest, until } = one.ask(deed.clone()).await.unwrap() else {
        panic!("it takes two");
    };
    assert_eq!(until, place.now() + 24.hours());
    // Nobody is enrolled by it, and nothing was certified.
    let parties = place.house.ledger().enrolments().await.unwrap();
    assert!(parties.iter().all(|party| party.name != "Officer X"));
    assert_eq!(refusal(one.ask(Deed::Countersign { request, digest }).await), Refusal::SamePerson);
    let waits = one.ask(Deed::Outcome { request }).await.unwrap();
    assert_eq!(waits, Answer::Proposed { request, digest, until });

    let (_, _, waiting) = reviewed(other).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].request, waiting[0].digest), (request, digest));
    assert_eq!(*waiting[0].deed, deed, "the second person sees what the first one signed");
    let wrong = Deed::Countersign { request, digest: Sha256([1; 32]) };
    assert_eq!(refusal(other.ask(wrong).await), Refusal::ProposalDiffers);
    let enrolled = other.ask(Deed::Countersign { request, digest }).await.unwrap();
    let Answer::Enrolled { party, certificate, .. } = &enrolled else { panic!("{enrolled:?}") };
    let certified = akashi_wire::pki::public_key(&certificate.0).unwrap();
    assert_eq!(certified, akashi_keys::Signer::public_key(&key));
    // Whoever proposed it, and nobody else, fetches what came of it.
    assert_eq!(one.ask(Deed::Outcome { request }).await.unwrap(), enrolled);
    assert_eq!(refusal(other.ask(Deed::Outcome { request }).await), Refusal::NoSuchProposal);
    let again = other.ask(Deed::Countersign { request, digest }).await;
    assert_eq!(refusal(again), Refusal::NoSuchProposal);
    let (parties, _, waiting) = reviewed(other).await;
    assert!(parties.contains(party) && waiting.is_empty());
    for verb in ["propose", "countersign"] {
        assert!(!place.entries(verb).await.is_empty(), "{verb}");
    }
    // And what was refused, by the book too.
    let refused = place.entries("refuse").await;
    for why in ["same_person", "proposal_differs", "no_such_proposal"] {
        assert!(refused.iter().any(|entry| entry.subject.contains(why)), "{why}: {refused:?}");
    }
    // Too late is too late, and said so to both.
    let (deed, _) = place.enrolment("Officer Y", Role::Auditor);
    let Answer::Proposed { request, digest, until } = one.ask(deed).await.unwrap() else {
        panic!("it takes two");
    };
    place.pass(25.hours());
    let lapsed = Refusal::ProposalLapsed { until };
    assert_eq!(refusal(other.ask(Deed::Countersign { request, digest }).await), lapsed);
    assert_eq!(refusal(one.ask(Deed::Outcome { request }).await), lapsed);
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}

async fn a_counter_that_is_suspended_does_nothing_until_two_lift_it(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let what = Suspension::Counter { municipality: tottori() };
    // An officer of the town itself, at once and alone; another town's officer may not.
    let suspend = Deed::Suspend { what, why: why() };
    assert_eq!(refusal(place.desk(yonago()).ask(suspend.clone()).await), Refusal::NotAllowed);
    let since = place.now();
    assert_eq!(place.desk(tottori()).ask(suspend.clone()).await.unwrap(), Answer::Done);
    let refused = refusal(place.desk(tottori()).ask(open_case()).await);
    assert_eq!(refused, Refusal::Suspended { since });
    assert_eq!(refusal(place.security.one.ask(suspend).await), Refusal::NotAsItStands);
    // It is an alarm until it is lifted, and told once.
    place.tick().await;
    place.tick().await;
    assert_eq!(place.alarms("counter 312011 Tottori-shi is suspended since").await, 1);
    // The other town works, and what the register reports still ends a certificate.
    place.holder(yonago()).await;
    place.reported(|office| office.death(&code, akashi_wire::date::EffectiveDate::Unknown)).await;
    assert!(!place.is_good(holder.serial).await);

    let lift = Deed::Lift { what, why: why() };
    let Answer::Proposed { .. } = place.security.one.ask(lift.clone()).await.unwrap() else {
        panic!("one person lifts nothing");
    };
    assert_eq!(refusal(place.desk(tottori()).ask(open_case()).await), Refusal::Suspended { since });
    place.security.ask(lift.clone()).await.unwrap();
    place.desk(tottori()).ask(open_case()).await.unwrap();
    let again = refusal(place.security.ask(lift).await);
    assert_eq!(again, Refusal::NotAsItStands);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_who_is_suspended_a_moment_ago_refuses_no_other_towns_application() {
    const EACH: usize = 12;
    let mut place = Place::open(Book::Sqlite).await;
    let mut applied = Vec::new();
    for number in 0..2 * EACH {
        let town = if number % 2 == 0 { tottori() } else { yonago() };
        let (code, key) = (place.resident(town), place.new_key());
        let (desk, card) = (place.desk(town), format!("CARD{number}"));
        let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
        let challenge = desk.apply(case, &card).await.unwrap();
        let proof = Octets(proof(&*key, &challenge));
        make_key(desk, case, &card, key.public_key()).await.unwrap();
        applied.push((town, Deed::Certify { case, card, proof }));
    }
    // The counter's own officer holds the book until everybody has been let in and waits for it: more
    // than there are groups, so that officers of both towns are in one.
    let what = Suspension::Counter { municipality: tottori() };
    let (officer, _) = place.officer(tottori()).await;
    let permit = place.permit_of(&officer, Deed::Suspend { what, why: why() }).await;
    let mut held = place.house.ledger().begin(&permit, place.now()).await.unwrap();
    let stop = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        held.suspend(what).await.unwrap();
        held.commit().await.unwrap();
    };
    let certifying = applied.into_iter().map(|(town, certify)| {
        let desk = place.desk(town);
        async move { (town, desk.ask(certify).await) }
    });
    let (outcomes, ()) = tokio::join!(futures::future::join_all(certifying), stop);
    for (town, outcome) in outcomes {
        if town == yonago() {
            outcome.expect("its counter is not suspended");
        } else {
            let refused = refusal(outcome);
            assert!(matches!(refused, Refusal::Suspended { .. }), "{refused:?}");
        }
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_registry_said_before_it_was_suspended_issues_nothing() {
    let mut place = Place::open(Book::Sqlite).await;
    let of = Sha256::of(&place.registries[&tottori()].certificate);
    let party = place.house.ledger().enrolment_of(of).await.unwrap().unwrap().party;
    said_before(&mut place, Suspension::Source { municipality: tottori() }).await;
    said_before(&mut place, Suspension::Party { party }).await;
    place.close().await;
}

async fn said_before(place: &mut Place, what: Suspension) {
    let (one, other) = (place.resident(tottori()), place.resident(tottori()));
    let key = place.new_key();
    let desk = place.desk(tottori());
    let found = desk.find(Procedure::Issue, place.by_items(&one)).await.unwrap();
    let applied = desk.find(Procedure::Issue, place.by_items(&other)).await.unwrap();
    let challenge = desk.apply(applied, "CARD").await.unwrap();
    place.pass(1.minute());
    place.security.one.ask(Deed::Suspend { what, why: why() }).await.unwrap();
    for _ in 0..2 {
        let refused = refusal(desk.apply(found, "OTHER").await);
        assert!(matches!(refused, Refusal::LookUpTooOld { .. }), "{refused:?}");
        let refused = desk.hand_in(applied, "CARD", proof(&*key, &challenge)).await;
        let refused = refusal(refused.map(|_| ()));
        assert!(matches!(refused, Refusal::LookUpTooOld { .. }), "{refused:?}");
        // Nor is it asked, as long as it is suspended.
        let asked = desk.find(Procedure::Issue, place.by_items(&one)).await;
        assert_eq!(asked.is_ok(), place.house.ledger().suspensions().await.unwrap().is_empty());
        // Lifted, it is asked anew: what it said before was doubted.
        let lift = Deed::Lift { what, why: why() };
        let _ = place.security.ask(lift).await;
        place.pass(1.minute());
    }
    let again = desk.find(Procedure::Issue, place.by_items(&one)).await.unwrap();
    desk.apply(again, "OTHER").await.unwrap();
}

fn open_case() -> Deed {
    Deed::OpenCase { procedure: Procedure::Issue }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_issuing_is_suspended_nothing_is_issued_and_everything_else_goes_on() {
    let mut place = Place::open(Book::Sqlite).await;
    let (lost, holder) = place.holder(tottori()).await;
    let waiting = place.resident(tottori());
    let what = Suspension::Issuing;
    for desk in [place.desk(tottori()), place.desk(yonago())] {
        let refused = desk.ask(Deed::Suspend { what, why: why() }).await;
        assert_eq!(refusal(refused), Refusal::NotAllowed);
    }
    place.security.one.ask(Deed::Suspend { what, why: why() }).await.unwrap();
    let refused = place.try_certified(tottori(), Procedure::Issue, &waiting).await;
    assert_eq!(refusal(refused), Refusal::IssuingSuspended);
    let reason = RevocationReason::KeyCompromise;
    let by = place.by_items(&lost);
    journey::revoke(place.desk(tottori()), by, reason, IdentityProof::ResidentCard).await.unwrap();
    place.seen_revoked(&holder.certificate, reason).await;
    place.tick().await;
    assert_eq!(place.alarms("issuing is suspended").await, 1);
    place.security.ask(Deed::Lift { what, why: why() }).await.unwrap();
    place.certified(tottori(), &waiting).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_administrators_enrol_for_their_town_and_for_no_other() {
    let place = Place::open(Book::Sqlite).await;
    let administrator = async |town| {
        let role = Role::TownAdministrator { municipality: town };
        let party = place.enrolled("Administrator", role).await;
        (place.signed_in(&party).await, party)
    };
    let (one, _) = administrator(tottori()).await;
    let (other, _) = administrator(tottori()).await;
    let (stranger, _) = administrator(yonago()).await;
    let (deed, _) = place.enrolment("Officer", Role::Officer { municipality: tottori() });
    let Answer::Proposed { request, digest, .. } = one.ask(deed).await.unwrap() else {
        panic!("it takes two");
    };
    let second = Deed::Countersign { request, digest };
    // Neither another town's administrator nor a security officer is the second of this office.
    for desk in [&stranger, &place.security.one] {
        assert_eq!(refusal(desk.ask(second.clone()).await), Refusal::NoSuchProposal);
    }
    assert_eq!(reviewed(&stranger).await.2, [], "nor does it see what waits there");
    let Answer::Enrolled { party: officer, .. } = other.ask(second).await.unwrap() else {
        panic!("two of the town enrol its officer");
    };
    for party in [
        Role::Officer { municipality: yonago() },
        Role::TownAdministrator { municipality: tottori() },
        Role::Source { municipality: tottori() },
        Role::SecurityOfficer,
    ] {
        let (deed, _) = place.enrolment("More", party);
        assert_eq!(refusal(by_two(&one, &other, deed).await), Refusal::NotAllowed);
    }
    // One of them stops an officer of the town, two let the officer go on; the other town's neither.
    let what = Suspension::Party { party: officer };
    let suspend = Deed::Suspend { what, why: why() };
    assert_eq!(refusal(stranger.ask(suspend.clone()).await), Refusal::NotAllowed);
    assert_eq!(one.ask(suspend).await.unwrap(), Answer::Done);
    assert_eq!(reviewed(&one).await.1, [what]);
    assert_eq!(reviewed(&stranger).await.1, []);
    let lift = Deed::Lift { what, why: why() };
    let by_strangers = by_two(&stranger, &other, lift.clone()).await;
    assert!(by_strangers.is_err(), "{by_strangers:?}");
    assert_eq!(by_two(&one, &other, lift).await.unwrap(), Answer::Done);
    let dismiss = Deed::Dismiss { party: officer, why: why() };
    assert_eq!(one.ask(dismiss).await.unwrap(), Answer::Done);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_security_officer_is_stopped_by_another_and_never_so_that_one_is_left() {
    let place = Place::open(Book::Sqlite).await;
    let third = place.enrolled("Third", Role::SecurityOfficer).await;
    let desk = place.signed_in(&third).await;
    let what = Suspension::Party { party: third.party };
    let suspend = Deed::Suspend { what, why: why() };
    assert_eq!(refusal(desk.ask(suspend.clone()).await), Refusal::OwnEnrolment);
    assert_eq!(place.security.one.ask(suspend).await.unwrap(), Answer::Done);
    assert!(matches!(refusal(desk.ask(Deed::Review).await), Refusal::Suspended { .. }));
    let parties = place.house.ledger().enrolments().await.unwrap();
    let officers = parties.iter().filter(|party| party.role == Role::SecurityOfficer);
    for officer in officers.filter(|officer| officer.party != third.party) {
        let what = Suspension::Party { party: officer.party };
        for desk in [&place.security.one, &place.security.other] {
            let refused = refusal(desk.ask(Deed::Suspend { what, why: why() }).await);
            let expected =
                [Refusal::OwnEnrolment, Refusal::TooFewSecurityOfficers].contains(&refused);
            assert!(expected, "{refused:?}");
        }
    }
    // What was suspended is lifted by the two who are left, and dismissed by two as well.
    let dismiss = Deed::Dismiss { party: third.party, why: why() };
    let Answer::Proposed { .. } = place.security.one.ask(dismiss.clone()).await.unwrap() else {
        panic!("one person dismisses no security officer");
    };
    assert_eq!(place.security.ask(Deed::Lift { what, why: why() }).await.unwrap(), Answer::Done);
    desk.ask(Deed::Review).await.unwrap();
    let again = Deed::Suspend { what, why: why() };
    assert_eq!(place.security.one.ask(again).await.unwrap(), Answer::Done);
    place.tick().await;
    assert!(!place.house.ledger().suspensions().await.unwrap().is_empty());
    assert_eq!(place.security.ask(dismiss).await.unwrap(), Answer::Done);
    // With the enrolment its suspension is over, too: there is nothing left to lift.
    assert_eq!(place.house.ledger().suspensions().await.unwrap(), []);
    assert_eq!(refusal(desk.ask(Deed::Review).await), Refusal::NotEnrolled);
    let scheduler = parties.iter().find(|party| party.role == Role::Scheduler).unwrap().party;
    let dismiss = Deed::Dismiss { party: scheduler, why: why() };
    assert_eq!(refusal(place.security.ask(dismiss).await), Refusal::OwnIdentity);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_the_telephone_holds_a_certificate_and_touches_nothing_else() {
    let mut place = Place::open(Book::Sqlite).await;
    let (_, holder) = place.holder(tottori()).await;
    let (_, elsewhere) = place.holder(yonago()).await;
    let role = Role::HoldDesk { municipality: tottori() };
    let telephone = place.signed_in(&place.enrolled("Telephone", role).await).await;
    for procedure in [Procedure::Issue, Procedure::Revocation, Procedure::PinReset] {
        let refused = telephone.ask(Deed::OpenCase { procedure }).await;
        assert_eq!(refusal(refused), Refusal::NotAllowed, "{procedure:?}");
    }
    let Answer::CaseOpened { case, .. } =
        telephone.ask(Deed::OpenCase { procedure: Procedure::Hold }).await.unwrap()
    else {
        panic!("a case");
    };
    let by = |serial: &akashi_wire::SerialNumber| CertificateBy::Serial {
        serial: serial.to_string().parse::<SerialGiven>().unwrap(),
    };
    let not_theirs = Deed::FindCertificate { case, by: by(&elsewhere.serial) };
    assert!(telephone.ask(not_theirs).await.is_err());
    telephone.ask(Deed::FindCertificate { case, by: by(&holder.serial) }).await.unwrap();
    let revoke = Deed::Revoke {
        case,
        identity: IdentityProof::ResidentCard,
        reason: RevocationReason::KeyCompromise,
    };
    assert_eq!(refusal(telephone.ask(revoke).await), Refusal::NotAllowed);
    telephone.ask(Deed::Hold { case }).await.unwrap();
    assert_eq!(place.reason(holder.serial).await, Some(RevocationReason::CertificateHold));
    // A counter's case is none of its business, not even to close it.
    let Answer::CaseOpened { case, .. } = place.desk(tottori()).ask(open_case()).await.unwrap()
    else {
        panic!("a case");
    };
    let close = Deed::CloseCase { case, why: why() };
    assert_eq!(refusal(telephone.ask(close).await), Refusal::NoSuchCase);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_look_alike_are_one_name() {
    let place = Place::open(Book::Sqlite).await;
    let role = Role::Auditor;
    let (first, _) = place.enrolment("Audit Ａ", role.clone());
    place.security.ask(first).await.unwrap();
    for alike in ["Audit A", "Audit  A", " Audit\u{3000}A ", "Audit A\u{3164}"] {
        let (deed, _) = place.enrolment(alike, role.clone());
        // Told to the first person already: what cannot be is not proposed.
        let refused = refusal(place.security.one.ask(deed).await);
        assert_eq!(refused, Refusal::NameTaken, "{alike:?}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_makes_the_own_key_and_nobody_else_ever_has_it() {
    let place = Place::make(Book::Sqlite, Access::Open, Timestamp::now()).await;
    let [first, second] = SECURITY_OFFICERS.map(|file| place.dir.join(file));
    let file = |name: &str| place.dir.join(name).to_str().unwrap().to_owned();
    let (token, request, chain) = (file("own.p12"), file("own.p10"), file("own.pem"));
    let make = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_akashi"))
            .arg("officer-token")
            .args(arguments)
            .env_clear()
            .env("AKASHI_TOKEN_PASSWORD", "the holder's own password")
            .output()
            .unwrap();
        let printed = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.success(), String::from_utf8(printed).unwrap())
    };
    let (done, printed) = make(&["new", "--out", &token, "--request", &request]);
    eprintln!("{printed}");
    assert!(done, "{printed}");
    let key = value(&printed, "key");
    let (again, printed) = make(&["new", "--out", &token, "--request", &request]);
    assert!(!again && printed.contains("exists already"), "{printed}");
    let enrol = ["enrol", "security-officer", "--name", "証 三郎", "--request", &request];
    let (_, printed) = told_by_desk(&place, &first, &enrol);
    assert_eq!(value(&printed, "key"), key);
    let (proposal, digest) = (value(&printed, "proposal"), value(&printed, "digest"));
    let (_, printed) = told_by_desk(&place, &second, &["review"]);
    assert!(printed.contains(&key), "the second person compares it with the holder: {printed}");
    let (done, printed) =
        told_by_desk(&place, &second, &["countersign", &proposal, "--digest", &digest]);
    assert!(done, "{printed}");
    let collect = ["collect", &proposal, "--certificate", &chain];
    let (done, printed) = told_by_desk(&place, &first, &collect);
    assert!(done && printed.contains("officer-token complete"), "{printed}");
    let (done, printed) = make(&["complete", "--out", &token, "--certificate", &chain]);
    assert!(done, "{printed}");
    let opened =
        akashi_keys::OfficerToken::open(token.as_ref(), "the holder's own password").unwrap();
    let own = std::sync::Arc::new(opened);
    let office = &place.terminals[&"310000".parse().unwrap()];
    let desk = Desk::sign_in(&place.url(), office, own, place.clock.clone()).await.unwrap();
    // Seven programs, recovery key, two security officers, two terminals; two towns' sources, registries, terminals and
    // officers; an agency, and the new one.
    assert_eq!(reviewed(&desk).await.0.len(), 12 + 2 * 4 + 1 + 1);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_persons_at_the_command_line() {
    // The desk's clock is the machine's.
    let place = Place::make(Book::Sqlite, Access::Open, Timestamp::now()).await;
    let [first, second] = SECURITY_OFFICERS.map(|file| place.dir.join(file));
    let new = place.dir.join("new.p12");
    let new = new.to_str().unwrap();
    let enrol = ["enrol", "officer", "--name", "証 花子", "--municipality", TOTTORI, "--out", new];
    let (done, printed) = told_by_desk(&place, &first, &enrol);
    eprintln!("{printed}");
    assert!(done && value(&printed, "waits").contains("second person"), "{printed}");
    let (request, digest) = (value(&printed, "proposal"), value(&printed, "digest"));
    let key = value(&printed, "key");
    // The token waits too: it opens no link.
    let (done, printed) = told_by_desk(&place, std::path::Path::new(new), &["review"]);
    assert!(!done, "{printed}");
    let collect = ["collect", &request, "--out", new];
    let (done, printed) = told_by_desk(&place, &first, &collect);
    assert!(done && printed.contains("for a second person"), "{printed}");
    let (_, printed) = told_by_desk(&place, &second, &["review"]);
    eprintln!("{printed}");
    for shown in ["enrol as officer of 312011", "“証 花子”", &key] {
        assert!(printed.contains(shown), "{shown}: {printed}");
    }
    assert!(printed.contains(&format!("countersign {request} --digest {digest}")), "{printed}");
    let sign = ["countersign", &request, "--digest", &digest];
    let (done, printed) = told_by_desk(&place, &first, &sign);
    assert!(!done && printed.contains("two persons"), "{printed}");
    let (done, printed) = told_by_desk(&place, &second, &sign);
    eprintln!("{printed}");
    assert!(done, "{printed}");
    let (done, printed) = told_by_desk(&place, &first, &collect);
    assert!(done && value(&printed, "token") == new, "{printed}");
    let (done, printed) = told_by_desk(&place, std::path::Path::new(new), &["accept-clock"]);
    assert!(done, "{printed}");

    let suspend = ["suspend", "counter", TOTTORI, "--why", "a stolen terminal"];
    let (done, printed) = told_by_desk(&place, std::path::Path::new(new), &suspend);
    assert!(done, "{printed}");
    let (done, printed) = told_by_desk(&place, std::path::Path::new(new), &["accept-clock"]);
    assert!(!done && printed.contains("is not taken since"), "{printed}");
    let lift = ["lift", "counter", TOTTORI, "--why", "it was found"];
    let (_, printed) = told_by_desk(&place, &first, &lift);
    let (request, digest) = (value(&printed, "proposal"), value(&printed, "digest"));
    let (_, printed) = told_by_desk(&place, &second, &["review"]);
    eprintln!("{printed}");
    for shown in ["lift counter 312011", "“it was found”"] {
        assert!(printed.contains(shown), "{shown}: {printed}");
    }
    let sign = ["countersign", &request, "--digest", &digest];
    assert!(told_by_desk(&place, &second, &sign).0);
    let (done, printed) = told_by_desk(&place, std::path::Path::new(new), &["accept-clock"]);
    assert!(done, "{printed}");
    place.close().await;
}
