//! A machine's clock that is wrong while the authority runs: the time goes on, and nobody outside notices.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use akashi_edge::Opened;
use akashi_edge::doubt::Teller;
use akashi_keys::{OfficerToken, Passphrase};
use akashi_ledger::{Access, Scope};
use akashi_ra_console::journey;
use akashi_town::house::House;
use akashi_town::{SimulatedMachine, kept_by};
use akashi_wire::RevocationReason;
use akashi_wire::act::{CertificateBy, Deed, Procedure, Refusal, SerialGiven};
use akashi_wire::date::{EffectiveDate, day_in_japan, start_of_day};
use akashi_wire::octets::Sha256;
use akashi_wire::order::ProgramApart;
use akashi_wire::party::Role;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::support::*;

told_on_both!(
    whatever_the_machines_clock_says_the_time_goes_on,
    a_machine_that_stood_still_is_right_when_two_persons_say_so,
    a_machine_that_stood_still_is_right_when_two_witnesses_agree,
    a_program_of_the_authority_on_another_machine_is_a_witness_once,
    what_was_said_of_one_time_is_not_said_of_another,
    a_move_planned_for_a_later_day_is_not_ended_by_a_clock_in_doubt,
    small_steps_never_add_up_to_a_wrong_time,
    a_leap_second_and_a_night_asleep_are_no_doubt,
);

const REVOKED: Option<RevocationReason> = Some(RevocationReason::AffiliationChanged);

/// What was set wrong by hand, by a battery, by a zone, by nobody.
const WRONG: [SignedDuration; 7] = [
    SignedDuration::from_secs(3),
    SignedDuration::from_mins(9),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(20 * 24),
    SignedDuration::from_hours(365 * 24),
    SignedDuration::from_hours(-2),
    SignedDuration::from_hours(-365 * 24),
];

async fn whatever_the_machines_clock_says_the_time_goes_on(book: Book) {
    let mut place = Place::make(book, Access::Open, usual_start()).await;
    place.machine.synchronise(false);
    // A move that is planned, and must not happen because a clock says so.
    let (mover, moving) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(15.days());
    place.reported(|office| office.notify_move_out(&mover, day)).await;
    for (done, ahead) in WRONG.into_iter().enumerate() {
        place.machine.set_ahead(ahead);
        assert!(place.tick().await.held_by_clock, "{ahead:#}");
        let (code, dying) = place.holder(tottori()).await;
        let issued = place.stands(dying.serial).await.unwrap();
        assert!(issued.revocation().is_none());
        place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
        let (at, _) = place.stands(dying.serial).await.unwrap().revocation().unwrap();
        assert_eq!(at, place.now(), "the date is today's, whatever the machine says");
        // A list is made within the hour.
        place.pass(61.minutes());
        place.tick().await;
        place.listed(Scope::Partition(tottori())).await.unwrap();
        place.seen_revoked(&dying.certificate, RevocationReason::AffiliationChanged).await;
        judged(&place, &moving.certificate, "good").await;
        judged(&place, &dying.certificate, "revoked").await;

        place.machine.set_ahead(SignedDuration::ZERO);
        assert!(!place.tick().await.held_by_clock, "{ahead:#}: and right again it is over");
        assert_eq!(place.entries("doubt_clock").await.len(), done + 1, "said, and said once");
        assert_eq!(place.entries("trust_clock").await.len(), done + 1);
        let (_, after) = place.holder(tottori()).await;
        place.seen_good(&after.certificate).await;
        judged(&place, &after.certificate, "good").await;
    }
    assert!(place.is_good(moving.serial).await, "what was planned was not done");
    // Nobody was called: no person has said anything, and what was said is on record.
    assert_eq!(place.entries("accept_clock").await.len(), 0);
    assert!(place.alarms("clock does not agree").await > 0);
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}

/// A machine that is moved to another host stands still meanwhile, and counts nothing of it.
async fn a_machine_that_stood_still_is_right_when_two_persons_say_so(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let losing = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(1.day());
    place.reported(|office| office.notify_move_out(&code, day)).await;
    place.machine.synchronise(false);
    one_register(&place).await;
    place.machine.pause(Duration::from_secs(40 * 3600));
    assert!(place.tick().await.held_by_clock);
    let waits = async |place: &Place| {
        place.tick().await;
        place.is_good(holder.serial).await
    };
    // An act of now is of another day to whoever lags; that the clock is right can be said all the same.
    let desk = place.desk(tottori());
    let open = Deed::OpenCase { procedure: Procedure::Issue };
    let refused = refusal(desk.ask(open.clone()).await);
    assert!(matches!(refused, Refusal::NotNow { .. }), "{refused:?}");
    // So can a loss be reported: a thief does not wait.
    let (_, lost) = &losing;
    let by = CertificateBy::Serial { serial: SerialGiven::Whole(lost.serial) };
    journey::hold(desk, by).await.unwrap();
    let kept = place.house.doors.clock.now();
    desk.ask(Deed::AcceptClock).await.unwrap();
    desk.ask(Deed::AcceptClock).await.unwrap();
    assert!(waits(&place).await, "the same person twice is not two");
    place.security.ask(Deed::AcceptClock).await.unwrap();
    assert!(!place.tick().await.held_by_clock);
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    let (at, _) = place.stands(holder.serial).await.unwrap().revocation().unwrap();
    assert_eq!(at, place.now(), "late is late: the date is that of the record");
    let (at, _) = place.stands(lost.serial).await.unwrap().revocation().unwrap();
    assert_eq!(
        at, kept,
        "what was published of it stands, and the chain says by how much it is too early"
    );
    let told = place.entries("trust_clock").await.remove(0).subject;
    assert!(told.ends_with("are 144000000 ms earlier than they were"), "{told}");
    place.seen_revoked(&lost.certificate, RevocationReason::CertificateHold).await;
    desk.ask(open).await.unwrap();
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}

/// A machine that is moved, while NTP sets its clock right: nobody is called.
async fn a_machine_that_stood_still_is_right_when_two_witnesses_agree(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(1.day());
    place.reported(|office| office.notify_move_out(&code, day)).await;
    let ask = async |place: &Place| {
        let doors = &place.house.doors;
        doors.witnesses.ask(&*doors.clock, rand::random).await.unwrap()
    };
    assert!(!ask(&place).await, "nobody is asked while nothing is in doubt");
    place.machine.synchronise(false);
    place.machine.pause(Duration::from_secs(40 * 3600));
    assert!(place.tick().await.held_by_clock);
    // Both registers say what time it is, over a challenge of now: that is two. (They may have been asked by
    // the authority itself already.)
    ask(&place).await;
    assert!(!place.tick().await.held_by_clock);
    assert_eq!(place.house.doors.clock.now(), place.now());
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    let told = place.entries("witness_clock").await;
    let told: Vec<_> = told.iter().map(|entry| entry.subject.as_str()).collect();
    assert!(told[0].contains("register of 312011 and register of 312029"), "{told:?}");

    // One register and a kernel that is kept synchronised are two as well.
    one_register(&place).await;
    place.machine.pause(Duration::from_secs(8 * 3600));
    assert!(place.tick().await.held_by_clock);
    assert!(!ask(&place).await, "one is not two");
    place.machine.synchronise(true);
    ask(&place).await;
    assert!(!place.tick().await.held_by_clock);
    let told = place.entries("witness_clock").await;
    assert!(told.iter().any(|entry| entry.subject.contains("the kernel")), "{told:?}");

    // Of a clock that is wrong they say nothing, and what was kept goes on.
    place.machine.synchronise(false);
    place.machine.set_ahead(20 * DAY);
    assert!(place.tick().await.held_by_clock);
    assert!(!ask(&place).await);
    assert_eq!(place.entries("accept_clock").await.len(), 0);
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}

async fn a_program_of_the_authority_on_another_machine_is_a_witness_once(book: Book) {
    let place = Place::open(book).await;
    no_register(&place).await;
    let passphrase = Passphrase::new(akashi_town::PASSPHRASE.into()).unwrap();
    let opened = Opened::open(&place.dir, &passphrase).unwrap();
    let own = Arc::new(opened.own(&Role::Responder).unwrap());
    let teller = Teller::new(ProgramApart::Responder, own);
    let elsewhere = |starts: u8| {
        let machine = SimulatedMachine::new(place.clock.clone());
        (0..starts).for_each(|_| machine.reboot());
        (kept_by(&machine), machine)
    };
    let ((there, _), (beside, _)) = (elsewhere(1), elsewhere(0));
    let link = opened.authority_link(&Role::Responder, place.clock.clone()).unwrap();
    let asked = async || link.about().await.unwrap().asks_time;
    assert_eq!(asked().await, None, "nobody is asked while nothing is in doubt");
    place.machine.synchronise(false);
    place.machine.pause(Duration::from_secs(8 * 3600));
    assert!(place.tick().await.held_by_clock);
    let challenge = async || asked().await.unwrap();
    let doors = &place.house.doors;
    let settled = async || doors.witnesses.ask(&*doors.clock, rand::random).await.unwrap();
    let tells = async |by: &Teller, clock: &akashi_edge::TrustedClock, challenge| {
        link.tell_time(&by.time(clock, challenge).unwrap()).await
    };
    // Its own machine says nothing new, nor does whoever answers another question, or is not ours.
    assert!(!tells(&teller, &beside, challenge().await).await);
    assert!(!tells(&teller, &there, Sha256([1; 32])).await);
    let file = place.dir.join(akashi::init::SECURITY_OFFICERS[0]);
    let officer = OfficerToken::open(&file, akashi_town::PASSPHRASE).unwrap();
    let stranger = Teller::new(ProgramApart::Responder, Arc::new(officer));
    assert!(!tells(&stranger, &there, challenge().await).await);
    let told: Vec<String> =
        place.entries("refuse").await.into_iter().map(|entry| entry.subject).collect();
    assert!(matches!(&told[..], [one] if one.starts_with("time_of_a_stranger ")), "{told:?}");
    // What was signed and came late is not of now.
    let late = teller.time(&*there, challenge().await).unwrap();
    place.clock.advance(Duration::from_secs(11));
    assert!(!link.tell_time(&late).await);
    place.machine.synchronise(true);
    assert!(!settled().await, "the kernel alone is one");
    place.machine.synchronise(false);
    let once = teller.time(&*there, challenge().await).unwrap();
    assert!(link.tell_time(&once).await);
    assert!(!link.tell_time(&once).await, "a question is answered once");
    assert!(tells(&teller, &there, challenge().await).await);
    assert!(!settled().await, "one that says it twice is one");
    let (third, _) = elsewhere(3);
    assert!(tells(&teller, &third, challenge().await).await);
    assert!(!settled().await, "nor is one key two, on whatever machines it says that it is");
    place.clock.advance(Duration::from_secs(121));
    place.machine.synchronise(true);
    assert!(!settled().await, "who fell silent says nothing more");
    assert!(tells(&teller, &there, challenge().await).await);
    let open = challenge().await;
    assert!(settled().await);
    assert!(!place.tick().await.held_by_clock);
    assert_eq!(doors.clock.now(), place.now());
    let told = place.entries("witness_clock").await.remove(0).subject;
    assert!(told.contains("a program on the machine") && told.contains("the kernel"), "{told}");
    assert_eq!(asked().await, None);
    assert!(!tells(&teller, &there, open).await, "it is over");
    // Who does not know the time says none.
    let (doubtful, machine) = elsewhere(2);
    machine.set_ahead(20 * DAY);
    assert!(teller.time(&*doubtful, Sha256([1; 32])).is_none());
    place.close().await;
}

async fn what_was_said_of_one_time_is_not_said_of_another(book: Book) {
    let place = Place::open(book).await;
    place.machine.synchronise(false);
    one_register(&place).await;
    place.desk(tottori()).ask(Deed::AcceptClock).await.unwrap();
    place.machine.pause(Duration::from_secs(3600));
    place.tick().await;
    place.security.ask(Deed::AcceptClock).await.unwrap();
    assert!(place.tick().await.held_by_clock, "one person has said so since the jump");
    place.machine.pause(Duration::from_secs(3600));
    assert!(place.tick().await.held_by_clock);
    place.desk(tottori()).ask(Deed::AcceptClock).await.unwrap();
    assert!(place.tick().await.held_by_clock, "the other said so of another time");
    // A clock of one's own that says another time says nothing of this one.
    place.machine.set_ahead(20 * DAY);
    place.tick().await;
    let contradicted = refusal(place.security.ask(Deed::AcceptClock).await);
    assert!(matches!(contradicted, Refusal::NotNow { .. }), "{contradicted:?}");
    place.close().await;
}

async fn a_move_planned_for_a_later_day_is_not_ended_by_a_clock_in_doubt(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(20.days());
    place.change(|office| office.notify_move_out(&code, day));
    let batch = place.batch_of(tottori(), 10);
    place.machine.set_ahead(21 * DAY);
    assert!(place.tick().await.held_by_clock);
    place.sent(tottori(), &batch).await;
    place.tick().await;
    assert!(place.is_good(holder.serial).await, "its day has not come");
    place.close().await;
}

async fn small_steps_never_add_up_to_a_wrong_time(book: Book) {
    let place = Place::open(book).await;
    let kept = place.house.doors.clock.clone();
    let mut ahead = SignedDuration::ZERO;
    let mut last = kept.now();
    for _ in 0..40 {
        // Each of them is under what is noticed.
        ahead += SignedDuration::from_millis(1900);
        place.machine.set_ahead(ahead);
        place.pass(1.minute());
        let now = kept.now();
        let passed = now.duration_since(last);
        // 500 ppm of a minute are 30 ms.
        let off = (passed - SignedDuration::from_mins(1)).abs();
        assert!(off <= SignedDuration::from_millis(30), "{passed:?}");
        last = now;
    }
    assert!(place.tick().await.held_by_clock, "a minute and a quarter is a doubt");
    assert!(last.duration_since(place.now()) < SignedDuration::from_secs(2));
    place.close().await;
}

async fn a_leap_second_and_a_night_asleep_are_no_doubt(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(20.days());
    place.reported(|office| office.notify_move_out(&code, day)).await;
    let before = place.house.doors.clock.now();
    place.machine.set_ahead(SignedDuration::from_secs(-1));
    assert!(!place.tick().await.held_by_clock);
    assert!(place.house.doors.clock.now() >= before, "no time comes twice");
    // Both clocks have run on.
    place.clock.advance_to(start_of_day(day) + 9.hours());
    assert!(!place.tick().await.held_by_clock);
    let (at, reason) = place.stands(holder.serial).await.unwrap().revocation().unwrap();
    assert_eq!(Some(reason), REVOKED);
    let late = place.now().duration_since(at).abs();
    assert!(late <= SignedDuration::from_secs(1), "late is late: the date is that of the record");
    place.close().await;
}

/// From here on one register alone says what time it is: one is not two.
pub async fn one_register(place: &Place) {
    let all = place.house.ledger().enrolments().await.unwrap();
    let of = Role::Registry { municipality: yonago() };
    let party = all.iter().find(|one| one.role == of).unwrap().party;
    place.security.ask(Deed::Dismiss { party, why: "…".into() }).await.unwrap();
}

/// From here on no register says what time it is.
pub async fn no_register(place: &Place) {
    let all = place.house.ledger().enrolments().await.unwrap();
    let registers = all.iter().filter(|one| matches!(one.role, Role::Registry { .. }));
    for party in registers.map(|one| one.party) {
        place.security.ask(Deed::Dismiss { party, why: "…".into() }).await.unwrap();
    }
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What openssl says of a certificate, now: by the list of the town, and by the responder.
pub async fn judged(place: &Place, certificate: &[u8], expected: &str) {
    judged_in(&place.dir, &place.house, place.now(), certificate, expected).await;
}

/// The same of an authority that was opened again.
pub async fn judged_in(
    authority: &Path,
    house: &House,
    at: Timestamp,
    certificate: &[u8],
    expected: &str,
) {
    let dir = authority.join("judged");
    std::fs::create_dir_all(&dir).unwrap();
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (ca, list, one) = (file("ca.pem"), file("list.pem"), file("one.der"));
    std::fs::write(&one, certificate).unwrap();
    let published = authority.join("public/crl/1").join(format!("{}.crl", tottori()));
    let made = authority.join("certificates/ca.der");
    openssl(at, &["x509", "-in", made.to_str().unwrap(), "-out", &ca]);
    openssl(at, &["crl", "-in", published.to_str().unwrap(), "-out", &list]);
    let by_list = openssl(at, &["verify", "-crl_check", "-CAfile", &ca, "-CRLfile", &list, &one]);
    let word = if expected == "good" { "one.der: OK" } else { "certificate revoked" };
    // A certificate is on the list of its hour.
    assert!(by_list.contains(word), "{expected}: {by_list}");
    let url = &house.doors.issuer.authority.profile.ocsp_url;
    let by_ocsp = openssl(
        at,
        &["ocsp", "-issuer", &ca, "-cert", &one, "-CAfile", &ca, "-no_nonce", "-url", url],
    );
    assert!(by_ocsp.contains(&format!("one.der: {expected}")), "{expected}: {by_ocsp}");
    assert!(!by_ocsp.contains("WARNING"), "{by_ocsp}");
}

/// Runs openssl at this moment; gives all that it says.
pub fn openssl(at: Timestamp, arguments: &[&str]) -> String {
    let at = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let said = Command::new("faketime")
        .args(["-f", &at, "openssl"])
        .args(arguments)
        .env("TZ", "UTC")
        .output()
        .expect("faketime is installed: tests/judges/setup");
    String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned()
}
