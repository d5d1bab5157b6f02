//! How long a case and what it has seen are good for.

use akashi_wire::act::{Answer, Deed, IdentityProof, Procedure, Refusal};
use akashi_wire::date::{day_in_japan, start_of_day};
use akashi_wire::octets::Sha256;
use akashi_wire::{CaseId, RevocationReason};
use jiff::{Timestamp, ToSpan};

use crate::support::*;

told_on_both!(a_case_that_nobody_touches_closes_itself_after_a_day);

const LOST: RevocationReason = RevocationReason::KeyCompromise;

#[track_caller]
fn is_too_old<T>(outcome: Result<T, akashi_ra_console::DeskError>) {
    let refused = refusal(outcome);
    assert!(matches!(refused, Refusal::LookUpTooOld { .. }), "{refused:?}");
}

fn revoke(case: CaseId) -> Deed {
    Deed::Revoke { case, identity: IdentityProof::ResidentCard, reason: LOST }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_is_good_for_the_day_in_japan_on_which_it_was_made() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let (early, late) = (place.resident(tottori()), place.resident(tottori()));
    let key = place.new_key();
    let midnight = start_of_day(day_in_japan(place.now()).tomorrow().unwrap());
    place.clock.advance_to(midnight - 30.seconds());
    let desk = place.desk(tottori());
    let looked_up = |procedure, code| desk.find(procedure, place.by_items(code));
    let applied = looked_up(Procedure::Issue, &early).await.unwrap();
    let issue = looked_up(Procedure::Issue, &late).await.unwrap();
    let loss = looked_up(Procedure::Revocation, &code).await.unwrap();
    let call = looked_up(Procedure::Hold, &code).await.unwrap();
    let forgot = looked_up(Procedure::PinReset, &code).await.unwrap();
    // The last second of the day is still the day.
    place.clock.advance_to(midnight - 1.second());
    let challenge = desk.apply(applied, "CARD").await.unwrap();

    place.clock.advance_to(midnight);
    is_too_old(desk.apply(issue, "OTHER-CARD").await);
    is_too_old(desk.hand_in(applied, "CARD", proof(&*key, &challenge)).await);
    is_too_old(desk.ask(revoke(loss)).await);
    is_too_old(desk.ask(Deed::Hold { case: call }).await);
    is_too_old(desk.ask(reset_pin(forgot, &holder.card)).await);
    assert_eq!(place.good_ones().await, [holder.serial]);

    // Looked up again, each goes on.
    for (case, code) in [(applied, &early), (loss, &code)] {
        desk.ask(Deed::LookUp { case, by: place.by_items(code) }).await.unwrap();
    }
    let challenge = desk.apply(applied, "CARD").await.unwrap();
    desk.hand_in(applied, "CARD", proof(&*key, &challenge)).await.unwrap();
    desk.ask(revoke(loss)).await.unwrap();
    assert_eq!(place.reason(holder.serial).await, Some(LOST));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_is_good_for_the_hours_of_the_setting_where_there_is_one() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let start = place.now();
    let again = place
        .reopened(|config| {
            config.rules.insert("look_up_hours".into(), toml::Value::Integer(30));
            config.rules.insert("case_hours".into(), toml::Value::Integer(48));
        })
        .await;
    let desk = &again.desks[&tottori()];
    let case = desk.find(Procedure::Issue, again.by_items(&code)).await.unwrap();
    again.clock.advance_to(start + 30.hours());
    desk.apply(case, "CARD").await.unwrap();
    again.clock.advance_to(start + 30.hours() + 1.second());
    is_too_old(desk.apply(case, "CARD").await);
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_is_touched_every_day_closes_itself_after_ninety_days_all_the_same() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let (case, _) = opened(&place, Procedure::Issue).await;
    let since = place.now();
    let look_up = || Deed::LookUp { case, by: place.by_items(&code) };
    let mut days = 0;
    while place.desk(tottori()).ask(look_up()).await.is_ok() {
        place.pass(23.hours());
        place.tick().await;
        days += 1;
        assert!(days < 100, "it is open still");
    }
    let open = place.now().duration_since(since).as_hours();
    assert!((90 * 24..91 * 24).contains(&open), "{open} hours");
    assert_eq!(closed(&place).await, 1);
    place.close().await;
}

/// Opens a case; gives its number and when it closes itself.
async fn opened(place: &Place, procedure: Procedure) -> (CaseId, Timestamp) {
    match place.desk(tottori()).ask(Deed::OpenCase { procedure }).await.unwrap() {
        Answer::CaseOpened { case, until } => (case, until),
        other => panic!("{other:?}"),
    }
}

/// How many cases closed themselves so far, once everything that is due was done: the authority's own
/// scheduler ticks beside ours.
async fn closed(place: &Place) -> usize {
    place.tick().await;
    place.entries("untouched").await.len()
}

async fn a_case_that_nobody_touches_closes_itself_after_a_day(book: Book) {
    let mut place = Place::open(book).await;
    let people = [(); 4].map(|()| place.resident(tottori()));
    let issued = place.undelivered(tottori(), Procedure::Issue, &people[0]).await;
    let (just_opened, until) = opened(&place, Procedure::Issue).await;
    assert_eq!(until, place.now() + 24.hours());
    let desk = place.desk(tottori());
    let looked_up = desk.find(Procedure::Revocation, place.by_items(&people[1])).await.unwrap();
    let applied = desk.find(Procedure::Issue, place.by_items(&people[2])).await.unwrap();
    desk.apply(applied, "CARD").await.unwrap();
    let touched = desk.find(Procedure::Issue, place.by_items(&people[3])).await.unwrap();
    place.pass(12.hours());
    desk.ask(Deed::LookUp { case: touched, by: place.by_items(&people[3]) }).await.unwrap();

    place.clock.advance_to(until - 1.second());
    assert_eq!(closed(&place).await, 0);
    place.clock.advance_to(until);
    assert_eq!(closed(&place).await, 3);
    let entries = place.entries("untouched").await;
    let told: Vec<String> = entries.iter().map(|entry| entry.subject.clone()).collect();
    for case in [just_opened, looked_up, applied] {
        assert!(told.contains(&case.to_string()), "{told:?}");
        let close = Deed::CloseCase { case, why: "it is closed already".into() };
        let over = refusal(place.desk(tottori()).ask(close).await);
        assert!(matches!(&over, Refusal::WrongStep { step, .. } if step == "closed"), "{over:?}");
    }
    assert!(entries.iter().all(|entry| entry.actor.starts_with("scheduler:")), "{entries:?}");
    // What was issued has its own rule, and an act in a case gives it another day.
    assert_eq!(place.reason(issued.serial).await, None);
    place.clock.advance_to(until + 12.hours() - 1.second());
    assert_eq!(closed(&place).await, 3);
    place.clock.advance_to(until + 12.hours());
    assert_eq!(closed(&place).await, 4);
    assert_eq!(place.entries("undelivered").await.len(), 1, "by its own rule");
    assert_eq!(place.reason(issued.serial).await, Some(RevocationReason::Unspecified));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_its_term_a_case_is_over_while_the_scheduler_stands_still() {
    let mut place = Place::open(Book::Sqlite).await;
    let (newcomer, waiting) = (place.resident(tottori()), place.resident(tottori()));
    let issued = place.undelivered(tottori(), Procedure::Issue, &waiting).await;
    let (officer, desk) = place.officer(tottori()).await;
    let by = place.by_items(&newcomer);
    let opened = desk.ask(Deed::OpenCase { procedure: Procedure::Issue }).await.unwrap();
    let Answer::CaseOpened { case, until } = opened else { panic!("{opened:?}") };
    let applied = desk.find(Procedure::Issue, by.clone()).await.unwrap();
    desk.apply(applied, "CARD").await.unwrap();
    let clock = place.clock.clone();
    let (dir, _kept) = place.closed().await;
    // Nobody serves it, and nothing ticks.
    let passphrase = akashi_keys::Passphrase::new(akashi_town::PASSPHRASE.into()).unwrap();
    let house = akashi_town::house::House::open(&dir, &passphrase, clock.clone()).await.unwrap();
    let ask = async |deed| {
        let (message, now) = (desk.sign(deed).unwrap(), akashi_wire::Clock::now(&*clock));
        let terminal = officer.terminal.certificate();
        house.doors.counter.act(message, terminal, now).await.map_err(|error| error.refusal())
    };
    let late = |outcome: Result<Answer, Refusal>| {
        let is_over = matches!(&outcome, Err(Refusal::WrongStep { step, .. }) if step == "closed");
        assert!(is_over, "{outcome:?}");
    };
    clock.advance_to(until);
    late(ask(Deed::LookUp { case, by }).await);
    late(ask(Deed::CloseCase { case, why: "…".into() }).await);
    clock.advance_to(until + 1.minute());
    late(ask(application(applied, "CARD")).await);
    let (card, read_back) = (issued.card.clone(), Sha256::of(&issued.certificate));
    late(ask(Deed::ConfirmDelivery { case: issued.case, card, read_back }).await);
    house.ledger().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_whose_inquiry_letter_is_out_waits_for_thirty_days() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let (case, _) = opened(&place, Procedure::Issue).await;
    let send = Deed::SendInquiry { case };
    let early = refusal(place.desk(tottori()).ask(send.clone()).await);
    assert!(matches!(&early, Refusal::WrongStep { step, .. } if step == "opened"), "{early:?}");
    let look_up = Deed::LookUp { case, by: place.by_items(&code) };
    place.desk(tottori()).ask(look_up.clone()).await.unwrap();
    let today = day_in_japan(place.now());
    let ends = start_of_day(today.saturating_add(31.days()));
    let answer = place.desk(tottori()).ask(send.clone()).await.unwrap();
    assert_eq!(answer, Answer::InquirySent { sent: today, until: ends });
    place.clock.advance_to(ends - 1.second());
    assert_eq!(closed(&place).await, 0);
    place.desk(tottori()).ask(Deed::TakeUp { case, card: "CARD".into() }).await.unwrap();
    // Taken up at the last moment, it has the day that every case has.
    place.clock.advance_to(ends);
    assert_eq!(closed(&place).await, 0);
    place.pass(24.hours());
    assert_eq!(closed(&place).await, 1);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_ends_or_holds_the_certificate_that_it_found_and_none_issued_since() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, old) = place.holder(tottori()).await;
    let desk = place.desk(tottori());
    let loss = desk.find(Procedure::Revocation, place.by_items(&code)).await.unwrap();
    let call = desk.find(Procedure::Hold, place.by_items(&code)).await.unwrap();
    // The same morning the holder arrives in another town, and gets a certificate there.
    place.reported(|office| office.move_in(&code, yonago(), "鳥取県米子市加茂町1番地")).await;
    assert_eq!(place.reason(old.serial).await, Some(RevocationReason::AffiliationChanged));
    let new = place.certified(yonago(), &code).await;
    for deed in [revoke(loss), Deed::Hold { case: call }] {
        let refused = refusal(place.desk(tottori()).ask(deed).await);
        assert_eq!(refused, Refusal::NoLongerInForce { serial: old.serial });
    }
    assert!(place.is_good(new.serial).await);
    // Who had none at the look-up has none in this case, whatever was issued since.
    let newcomer = place.resident(tottori());
    let desk = place.desk(tottori());
    let none = desk.find(Procedure::Revocation, place.by_items(&newcomer)).await.unwrap();
    let issued = place.certified(tottori(), &newcomer).await;
    let refused = refusal(place.desk(tottori()).ask(revoke(none)).await);
    assert_eq!(refused, Refusal::NoLivingCertificate);
    assert!(place.is_good(issued.serial).await);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_town_ends_and_holds_its_own_certificates_only() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    // The register has the move, and nobody has reported it yet.
    place.change(|office| office.move_in(&code, yonago(), "鳥取県米子市加茂町1番地"));
    let desk = place.desk(yonago());
    let loss = desk.find(Procedure::Revocation, place.by_items(&code)).await.unwrap();
    let call = desk.find(Procedure::Hold, place.by_items(&code)).await.unwrap();
    for deed in [revoke(loss), Deed::Hold { case: call }] {
        let elsewhere = Refusal::IssuedElsewhere { serial: holder.serial, municipality: tottori() };
        assert_eq!(refusal(desk.ask(deed).await), elsewhere);
    }
    assert!(place.is_good(holder.serial).await);
    place.close().await;
}
