//! 異動: what the registry reports ends what is no longer true, and nothing else.

use akashi_wire::act::{IdentityProof, Procedure, Refusal};
use akashi_wire::date::{EffectiveDate, day_in_japan, start_of_day};
use akashi_wire::{ResidentCode, RevocationReason, Sex};
use jiff::ToSpan;

use crate::support::*;

told_on_both!(
    a_move_or_a_death_or_a_new_name_ends_the_certificate_on_receipt,
    a_planned_move_ends_the_certificate_at_midnight_in_japan_of_its_day,
    a_change_in_the_middle_of_a_case_leaves_no_living_certificate,
    a_new_resident_code_ends_nothing_and_later_changes_find_their_person,
);

const REVOKED: Option<RevocationReason> = Some(RevocationReason::AffiliationChanged);

async fn a_move_or_a_death_or_a_new_name_ends_the_certificate_on_receipt(book: Book) {
    let mut place = Place::open(book).await;
    let mut holders = Vec::new();
    for _ in 0..7 {
        holders.push(place.holder(tottori()).await);
    }
    let (foreigner, stays) = (place.named(tottori(), "ROSSI MARIA"), place.resident(tottori()));
    for code in [foreigner, stays] {
        let holder = place.certified(tottori(), &code).await;
        holders.push((code, holder));
    }
    let codes: Vec<ResidentCode> = holders.iter().map(|(code, _)| code.clone()).collect();
    place.pass(3.hours());
    place.change(|office| office.move_within(&codes[0], "鳥取県鳥取市栄町627番地"));
    let spring = EffectiveDate::NonCalendar { text: "令和の春".into() };
    place.change(|office| office.death(&codes[1], spring));
    place.change(|office| office.new_family_name(&codes[2], "新姓"));
    place.change(|office| {
        office.correct_error(&codes[3], |items| items.birth_date = "319710229".parse().unwrap())
    });
    place.change(|office| office.correct_error(&codes[4], |items| items.sex = Sex::Unknown));
    place.change(|office| office.office_deletion(&codes[5]));
    place.change(|office| office.death(&codes[6], EffectiveDate::Unknown));
    place.change(|office| office.change_common_name(&codes[7], "BIANCHI MARIA"));
    let batch = place.batch_of(tottori(), 100);
    let received = place.now();
    assert_eq!(place.sent(tottori(), &batch).await.accepted, 8);
    place.tick().await;
    for (_, holder) in &holders[..8] {
        assert_eq!(place.reason(holder.serial).await, REVOKED);
        place.seen_revoked(&holder.certificate, RevocationReason::AffiliationChanged).await;
    }
    place.seen_good(&holders[8].1.certificate).await;
    // The day that was told lies nowhere in the open: it is personal, and is deleted with the event. (On PostgreSQL the
    // book is no file here; its tables are the same.)
    for file in files_under(&place.dir) {
        assert!(!holds(&file, "令和の春".as_bytes()), "{}", file.display());
    }
    // The date published is that of the record, never before the receipt, however old the change.
    for row in place.status_rows().await {
        assert!(row.recorded_at >= received || row.reason == RevocationReason::Unspecified);
    }
    place.close().await;
}

async fn a_planned_move_ends_the_certificate_at_midnight_in_japan_of_its_day(book: Book) {
    let mut place = Place::open(book).await;
    let today = day_in_japan(place.now());
    let day = today.saturating_add(20.days());
    let (leaver, leaving) = place.holder(tottori()).await;
    let (abroad, going) = place.holder(tottori()).await;
    let (late, gone) = place.holder(tottori()).await;
    let (stays, staying) = place.holder(tottori()).await;
    let (early, moved) = place.holder(tottori()).await;
    assert_eq!(place.reported(|office| office.notify_move_out(&leaver, day)).await, "scheduled");
    assert_eq!(place.reported(|office| office.notify_move_abroad(&abroad, day)).await, "scheduled");
    // A move reported only afterwards ends it on receipt.
    let past = today.saturating_sub(3.days());
    assert_eq!(place.reported(|office| office.notify_move_out(&late, past)).await, "revoked");
    assert_eq!(place.reason(gone.serial).await, REVOKED);
    // Taken back in time: withdrawn, and the day passes without anything.
    let queued = place.change(|office| office.notify_move_out(&stays, day));
    place.report(tottori()).await;
    place.pass(24.hours());
    let number = queued.history_number;
    assert_eq!(place.reported(|office| office.cancel(&stays, number)).await, "withdrawn");
    assert_eq!(place.event(&queued).await.state, "withdrawn");
    // Fired early: the old town heard that the new one has entered the person.
    let planned = place.change(|office| office.notify_move_out(&early, day));
    place.report(tottori()).await;
    place.pass(24.hours());
    let juri = place.reported(|office| office.hear_of_move_in(&early)).await;
    assert_eq!(juri, "revoked");
    assert_eq!(place.event(&planned).await.result.as_deref(), Some("fired early"));
    assert_eq!(place.reason(moved.serial).await, REVOKED);

    place.clock.advance_to(start_of_day(day) - 1.second());
    place.tick().await;
    for holder in [&leaving, &going, &staying] {
        assert!(place.is_good(holder.serial).await);
    }
    let midnight = start_of_day(day);
    place.clock.advance_to(midnight);
    place.tick().await;
    for holder in [&leaving, &going] {
        let (at, reason) = place.stands(holder.serial).await.unwrap().revocation().unwrap();
        assert_eq!((at, reason), (midnight, RevocationReason::AffiliationChanged));
    }
    assert!(place.is_good(staying.serial).await);

    // Taken back after it fired: what is revoked stays revoked, and a new one may be issued.
    let number = place.registry.lock().unwrap().record(&leaver).unwrap().history_number();
    place.reported(|office| office.cancel(&leaver, number)).await;
    assert_eq!(place.reason(leaving.serial).await, REVOKED);
    let again = place.certified(tottori(), &leaver).await;
    place.pass(30.days());
    place.tick().await;
    assert!(place.is_good(again.serial).await);
    place.close().await;
}

async fn a_change_in_the_middle_of_a_case_leaves_no_living_certificate(book: Book) {
    let mut place = Place::open(book).await;
    // Between the look-up and the key: nothing is issued on what was true before.
    let code = place.resident(tottori());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let challenge = desk.apply(case, "CARD").await.unwrap();
    place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
    let key = place.new_key();
    let refused = place.desk(tottori()).hand_in(case, "CARD", proof(&*key, &challenge)).await;
    assert_eq!(refusal(refused), Refusal::RegisterChanged);
    assert_eq!(place.good_ones().await, []);

    // Between issue and delivery: revoked, and it cannot be delivered any more.
    let code = place.resident(tottori());
    let issued = place.undelivered(tottori(), Procedure::Issue, &code).await;
    place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
    assert_eq!(place.reason(issued.serial).await, REVOKED);
    let undeliverable = place.desk(tottori()).deliver(issued).await;
    assert_eq!(refusal(undeliverable), Refusal::NoLivingCertificate);

    // At the very moment of signing, from a little before to a little after.
    for delay in [0, 2, 4, 6, 8, 12, 16, 24] {
        let code = place.resident(tottori());
        let key = place.new_key();
        let by = place.by_items(&code);
        let desk = place.desk(tottori());
        let case = desk.find(Procedure::Issue, by).await.unwrap();
        let challenge = desk.apply(case, "CARD").await.unwrap();
        place.change(|office| office.death(&code, EffectiveDate::Unknown));
        let batch = place.batch_of(tottori(), 1);
        let report = async {
            tokio::time::sleep(std::time::Duration::from_millis(delay)).await;
            place.sent(tottori(), &batch).await;
            place.tick().await;
        };
        let proof = proof(&*key, &challenge);
        let desk = place.desk(tottori());
        let (certified, ()) = tokio::join!(desk.hand_in(case, "CARD", proof), report);
        place.tick().await;
        if let Ok(issued) = certified {
            assert_eq!(place.reason(issued.serial).await, REVOKED, "after {delay} ms");
        }
        assert_eq!(place.good_ones().await, [], "after {delay} ms");
        place.pass(1.hour());
    }
    place.close().await;
}

async fn a_new_resident_code_ends_nothing_and_later_changes_find_their_person(book: Book) {
    let mut place = Place::open(book).await;
    let (old, holder) = place.holder(tottori()).await;
    let new: ResidentCode = "98765432109".parse().unwrap();
    let change = place.reported(|office| office.code_change(&old, new.clone())).await;
    assert_eq!(change, "relinked");
    assert!(place.is_good(holder.serial).await);
    // The same person under the new code: no second certificate.
    let refused = refusal(place.try_certified(tottori(), Procedure::Issue, &new).await);
    assert!(matches!(refused, Refusal::AlreadyCertified { .. }), "{refused:?}");
    let death = place.reported(|office| office.death(&new, EffectiveDate::Unknown)).await;
    assert_eq!(death, "revoked");
    assert_eq!(place.reason(holder.serial).await, REVOKED);

    // A planned move follows the person too.
    let (old, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(5.days());
    place.reported(|office| office.notify_move_out(&old, day)).await;
    let new: ResidentCode = "98765432108".parse().unwrap();
    place.reported(|office| office.code_change(&old, new.clone())).await;
    assert!(place.is_good(holder.serial).await);
    place.clock.advance_to(start_of_day(day));
    place.tick().await;
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_under_a_new_code_that_arrives_before_the_change_of_code_is_not_lost() {
    let mut place = Place::open(Book::Sqlite).await;
    let (old, holder) = place.holder(tottori()).await;
    let new: ResidentCode = "98765432109".parse().unwrap();
    place.change(|office| office.code_change(&old, new.clone()));
    let first = place.batch_of(tottori(), 10);
    place.change(|office| office.death(&new, EffectiveDate::Unknown));
    let second = place.batch_of(tottori(), 10);
    assert!(place.sent(tottori(), &second).await.gap);
    place.tick().await;
    place.sent(tottori(), &first).await;
    place.tick().await;
    place.tick().await;
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_that_changes_nothing_ends_nothing() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let same = [
        place.reported(|office| office.correct_error(&code, |_| ())).await,
        place.reported(|office| office.family_register_change(&code, |_| ())).await,
        place.reported(|office| office.kaisei(&code)).await,
        place.reported(|office| office.saisei(&code)).await,
        place.reported(|office| office.household_change(&code)).await,
    ];
    assert_eq!(same, ["not affected"; 5]);
    assert!(place.is_good(holder.serial).await);
    // A number in the register's new machine is the same number.
    let wide =
        |text: &str| text.chars().map(|c| if c == '1' { '１' } else { c }).collect::<String>();
    let address = wide(&place.items(&code).address);
    assert_eq!(place.reported(|office| office.move_within(&code, &address)).await, "not affected");
    assert!(place.is_good(holder.serial).await);
    // 髙 and 高 are two names, though a certificate writes both alike.
    let code = place.named(tottori(), "高橋　証");
    let holder = place.certified(tottori(), &code).await;
    place
        .reported(|office| office.correct_error(&code, |items| items.name = "髙橋　証".into()))
        .await;
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minor_change_is_carried_forward_and_what_follows_is_compared_with_it() {
    let mut place = Place::open(Book::Sqlite).await;
    let (moves, moving) = place.holder(yonago()).await;
    let (stays, staying) = place.holder(yonago()).await;
    let (returns, returning) = place.holder(yonago()).await;
    let renumbered = place.change(|office| {
        office
            .renumber_addresses(yonago(), "鳥取県米子市", |old| old.replace("番地", "番1号"))
    });
    assert_eq!(renumbered.len(), 3);
    place.report(yonago()).await;
    for event in &renumbered {
        assert_eq!(place.result(event).await, "not affected");
    }
    assert_eq!(place.good_ones().await.len(), 3);
    // A correction to the very words that stand there now.
    assert_eq!(place.reported(|office| office.correct_error(&stays, |_| ())).await, "not affected");
    assert!(place.is_good(staying.serial).await);
    // A real move is one all the same.
    let moved = place.reported(|office| office.move_within(&moves, "鳥取県米子市糀町9番地")).await;
    assert_eq!(moved, "revoked");
    assert_eq!(place.reason(moving.serial).await, REVOKED);
    // Back to the words on the certificate is no longer the address as it is called now.
    let old = place.items(&returns).address.replace("番1号", "番地");
    place.reported(|office| office.move_within(&returns, &old)).await;
    assert_eq!(place.reason(returning.serial).await, REVOKED);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_elsewhere_ends_the_certificate_and_rings_an_alarm_unless_a_move_was_notified() {
    let mut place = Place::open(Book::Sqlite).await;
    let (sudden, suddenly) = place.holder(tottori()).await;
    let (proper, properly) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(9.days());
    place.reported(|office| office.notify_move_out(&proper, day)).await;
    let to = "鳥取県米子市加茂町一丁目77番地";
    assert_eq!(place.reported(|office| office.move_in(&proper, yonago(), to)).await, "revoked");
    assert_eq!(place.reason(properly.serial).await, REVOKED);
    assert_eq!(place.alarms("entry").await, 0);
    assert_eq!(place.reported(|office| office.move_in(&sudden, yonago(), to)).await, "revoked");
    assert_eq!(place.reason(suddenly.serial).await, REVOKED);
    assert_eq!(place.alarms("entry").await, 1);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_old_town_hearing_of_the_move_leaves_alone_what_the_new_town_has_issued() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, old) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(3.days());
    place.reported(|office| office.notify_move_out(&code, day)).await;
    let to = "鳥取県米子市加茂町一丁目77番地";
    place.reported(|office| office.move_in(&code, yonago(), to)).await;
    assert_eq!(place.reason(old.serial).await, REVOKED);
    // On the same day, at the new town's counter.
    let new = place.certified(yonago(), &code).await;
    place.pass(20.hours());
    place.reported(|office| office.hear_of_move_in(&code)).await;
    assert!(place.is_good(new.serial).await, "{:?}", place.stands(new.serial).await);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_move_never_ends_a_certificate_that_is_newer_than_the_plan() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, old) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(9.days());
    place.reported(|office| office.notify_move_out(&code, day)).await;
    // The card is lost before the move; the person moves early and gets a new one.
    akashi_ra_console::journey::revoke(
        place.desk(tottori()),
        place.by_items(&code),
        RevocationReason::KeyCompromise,
        IdentityProof::ResidentCard,
    )
    .await
    .unwrap();
    let to = "鳥取県米子市加茂町一丁目77番地";
    place.reported(|office| office.move_in(&code, yonago(), to)).await;
    let new = place.certified(yonago(), &code).await;
    place.clock.advance_to(start_of_day(day));
    place.tick().await;
    assert!(place.is_good(new.serial).await, "{:?}", place.stands(new.serial).await);
    assert_eq!(place.reason(old.serial).await, Some(RevocationReason::KeyCompromise));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn taking_back_a_move_ends_the_certificate_that_states_the_move() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, first) = place.holder(tottori()).await;
    let moved = place.change(|office| office.move_within(&code, "鳥取県鳥取市栄町627番地"));
    place.report(tottori()).await;
    assert_eq!(place.reason(first.serial).await, REVOKED);
    let second = place.certified(tottori(), &code).await;
    // It was a mistake: the person lives where he or she lived. The new one states what is false.
    place.reported(|office| office.cancel(&code, moved.history_number)).await;
    assert_eq!(place.reason(second.serial).await, REVOKED);
    assert_eq!(place.reason(first.serial).await, REVOKED);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn taking_back_a_minor_change_ends_nothing() {
    let mut place = Place::open(Book::Sqlite).await;
    let (before, older) = place.holder(tottori()).await;
    let words = |items: &mut akashi_wire::FourItems| items.address.push_str("（旧東町）");
    let changed = place.change(|office| office.minor_change(&before, words));
    place.report(tottori()).await;
    place.reported(|office| office.cancel(&before, changed.history_number)).await;
    assert!(place.is_good(older.serial).await);
    // The same for a certificate that states the newer words.
    let after = place.resident(tottori());
    let changed = place.change(|office| office.minor_change(&after, words));
    place.report(tottori()).await;
    let newer = place.certified(tottori(), &after).await;
    place.reported(|office| office.cancel(&after, changed.history_number)).await;
    assert!(place.is_good(newer.serial).await);
    // What follows is compared with the words that stand again.
    for code in [&before, &after] {
        let same = place.reported(|office| office.correct_error(code, |_| ())).await;
        assert_eq!(same, "not affected");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_older_than_the_certificate_or_about_somebody_without_one_does_nothing() {
    let mut place = Place::open(Book::Sqlite).await;
    // Somebody nobody has asked about yet.
    let stranger = place.resident(tottori());
    let nothing = place.reported(|office| office.move_within(&stranger, "鳥取県鳥取市栄町1番地"));
    assert_eq!(nothing.await, "no certificate");
    // A move that is in the register when the certificate is issued, and is reported only later.
    let code = place.resident(tottori());
    let moved = place.change(|office| office.move_within(&code, "鳥取県鳥取市栄町2番地"));
    let batch = place.batch_of(tottori(), 10);
    let holder = place.certified(tottori(), &code).await;
    place.sent(tottori(), &batch).await;
    place.tick().await;
    assert_eq!(place.result(&moved).await, "the certificate is newer");
    assert!(place.is_good(holder.serial).await);
    // The next one is about it again.
    let next = place.reported(|office| office.move_within(&code, "鳥取県鳥取市栄町3番地")).await;
    assert_eq!(next, "revoked");
    // And a person whose certificate has ended is somebody without one.
    let last = place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
    assert_eq!(last, "no certificate");
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_register_that_was_not_reported_yet_stops_the_case() {
    let mut place = Place::open(Book::Sqlite).await;
    // The look-up saw the older record; the report comes after the issue.
    let code = place.resident(tottori());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let challenge = desk.apply(case, "CARD").await.unwrap();
    place.change(|office| office.move_within(&code, "鳥取県鳥取市栄町2番地"));
    let batch = place.batch_of(tottori(), 10);
    let key = place.new_key();
    let desk = place.desk(tottori());
    let issued = desk.hand_in(case, "CARD", proof(&*key, &challenge)).await.unwrap();
    let issued = desk.deliver(issued).await.unwrap();
    place.sent(tottori(), &batch).await;
    place.tick().await;
    assert_eq!(place.reason(issued.serial).await, REVOKED);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_change_of_the_register_the_person_can_be_looked_up_again_as_the_refusal_says() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let challenge = desk.apply(case, "CARD").await.unwrap();
    place.reported(|office| office.move_within(&code, "鳥取県鳥取市栄町2番地")).await;
    let key = place.new_key();
    let desk = place.desk(tottori());
    let refused = desk.hand_in(case, "CARD", proof(&*key, &challenge)).await;
    assert_eq!(refusal(refused), Refusal::RegisterChanged);
    let by = place.by_items(&code);
    desk.ask(akashi_wire::Deed::LookUp { case, by }).await.unwrap();
    let challenge = desk.apply(case, "CARD").await.unwrap();
    desk.hand_in(case, "CARD", proof(&*key, &challenge)).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_code_reported_after_an_issue_under_the_new_code_leaves_one_person() {
    let mut place = Place::open(Book::Sqlite).await;
    let (old, _) = place.holder(tottori()).await;
    let new: ResidentCode = "98765432109".parse().unwrap();
    place.change(|office| office.code_change(&old, new.clone()));
    // The authority cannot know yet that this is the same person; once it hears, it must not leave
    // two living certificates, nor one that no later change can reach.
    let _ = place.try_certified(tottori(), Procedure::Issue, &new).await;
    place.report(tottori()).await;
    assert!(place.good_ones().await.len() <= 1, "two living certificates of one person");
    place.reported(|office| office.death(&new, EffectiveDate::Unknown)).await;
    assert_eq!(place.good_ones().await, []);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_was_taken_back_never_ends_the_certificate_issued_since() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, old) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(9.days());
    let plan = place.change(|office| office.notify_move_out(&code, day));
    place.report(tottori()).await;
    akashi_ra_console::journey::revoke(
        place.desk(tottori()),
        place.by_items(&code),
        RevocationReason::KeyCompromise,
        IdentityProof::ResidentCard,
    )
    .await
    .unwrap();
    // The move is off; the counter looks up before the feed says so.
    place.change(|office| office.cancel(&code, plan.history_number));
    let new = place.certified(tottori(), &code).await;
    place.report(tottori()).await;
    assert_eq!(place.event(&plan).await.state, "withdrawn");
    place.clock.advance_to(start_of_day(day));
    place.tick().await;
    assert!(place.is_good(new.serial).await);
    assert!(!place.is_good(old.serial).await);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_reported_before_an_older_state_of_the_register_was_read_stops_the_issue() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let change = place.change(|office| office.household_change(&code));
    // The feed is ahead of the register that answers look-ups: it knows one change more.
    place.batch_of(tottori(), 10);
    let ahead = {
        let (now, town) = (place.now(), tottori());
        let mut registry = place.registry.lock().unwrap();
        let source = &place.sources[&town];
        let edit = |event: &mut akashi_wire::Idou| event.history_number += 1;
        registry.resend_with(source, change.sequence, 1, now, edit).unwrap()
    };
    place.sent(tottori(), &ahead).await;
    place.tick().await;
    assert_eq!(place.result(&change).await, "no certificate");
    let refused = refusal(place.try_certified(tottori(), Procedure::Issue, &code).await);
    assert_eq!(refused, Refusal::RegisterChanged);
    assert_eq!(place.good_ones().await, []);
    place.close().await;
}
