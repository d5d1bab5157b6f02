//! Three years, and the window of renewal before their end.

use akashi::config::Config;
use akashi_agency::Verdict;
use akashi_card::{KeySlot, SigningPin};
use akashi_ledger::Access;
use akashi_wire::RevocationReason;
use akashi_wire::act::{Deed, IdentityProof, Procedure, Refusal};
use akashi_wire::date::{day_in_japan, end_of_day, start_of_day};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::validity::{ValidityRule, not_after};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};

use crate::support::*;

told_on_both!(
    renewal_opens_on_its_day_and_not_a_second_before,
    a_renewal_that_stops_midway_leaves_the_old_certificate_good,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_good_to_the_last_second_of_three_years_in_japan() {
    // Eight in the morning in Japan is the day before in Greenwich.
    let start = usual_start() - 1.hour();
    let mut place = Place::make(Book::Sqlite, Access::Registered, start).await;
    let (code, holder) = place.holder(tottori()).await;
    let issued = day_in_japan(start);
    let corresponding = date(issued.year() + 3, issued.month(), 1)
        .with()
        .day(issued.day())
        .build()
        .map(|day| day.yesterday().unwrap());
    let last = corresponding
        .unwrap_or_else(|_| date(issued.year() + 3, issued.month(), 1).last_of_month());
    assert_eq!(holder.not_after, end_of_day(last));
    place.clock.advance_to(holder.not_after);
    place.seen_good(&holder.certificate).await;
    place.pass(1.second());
    let expired = |verdict: &Verdict| *verdict == Verdict::OutOfTime;
    assert!(expired(&place.ask_until(&holder.certificate, expired).await.0));
    // Nothing is left to renew; a new one is a first one again.
    let renewal = place.try_certified(tottori(), Procedure::Renewal, &code).await;
    assert_eq!(refusal(renewal), Refusal::NoLivingCertificate);
    place.certified(tottori(), &code).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_29_february_ends_on_28_february() {
    let today = day_in_japan(Timestamp::now());
    let leap = (0..9)
        .filter_map(|back| jiff::civil::Date::new(today.year() - back, 2, 29).ok())
        .find(|day| *day < today)
        .unwrap();
    let start = start_of_day(leap) + 10.hours();
    let mut place = Place::make(Book::Sqlite, Access::Registered, start).await;
    let (code, holder) = place.holder(tottori()).await;
    assert_eq!(holder.not_after, end_of_day(date(leap.year() + 3, 2, 28)));
    // Three calendar months before 28 February: 28 November.
    place.clock.advance_to(start_of_day(date(leap.year() + 2, 11, 27)) + 23.hours());
    let early = refusal(place.try_certified(tottori(), Procedure::Renewal, &code).await);
    let opens = date(leap.year() + 2, 11, 28);
    assert_eq!(early, Refusal::RenewalNotOpen { serial: holder.serial, opens });
    place.clock.advance_to(start_of_day(opens));
    let renewed = place.renewed(tottori(), &code).await;
    // The new three years start on the day of the renewal.
    assert_eq!(renewed.not_after, end_of_day(date(leap.year() + 5, 11, 27)));
    place.close().await;
}

async fn renewal_opens_on_its_day_and_not_a_second_before(book: Book) {
    let mut place = Place::open(book).await;
    let code = place.resident(tottori());
    let pin: SigningPin = "KOUSHIN3".parse().unwrap();
    let mut card = place.blank_card().unwrap();
    let first = place.certify(tottori(), Procedure::Issue, &code, &mut card, &pin).await.unwrap();
    let opens = day_in_japan(first.not_after).saturating_sub(3.months());
    place.clock.advance_to(start_of_day(opens) - 1.second());
    let early = refusal(place.certify(tottori(), Procedure::Renewal, &code, &mut card, &pin).await);
    assert_eq!(early, Refusal::RenewalNotOpen { serial: first.serial, opens });
    // The refused renewal cost the card nothing.
    let digest = Sha256::of(b"an application").0;
    card.verify_pin(&pin).unwrap();
    let signature = card.sign(KeySlot::Living, &digest).unwrap();
    assert!(place.agency.verifies(&first.certificate, b"an application", &signature));

    place.clock.advance_to(start_of_day(opens));
    let second =
        place.certify(tottori(), Procedure::Renewal, &code, &mut card, &pin).await.unwrap();
    assert_eq!(second.superseded, Some(first.serial));
    place.seen_revoked(&first.certificate, RevocationReason::Superseded).await;
    place.seen_good(&second.certificate).await;
    card.verify_pin(&pin).unwrap();
    let signature = card.sign(KeySlot::Living, &digest).unwrap();
    assert!(place.agency.verifies(&second.certificate, b"an application", &signature));
    assert!(!place.agency.verifies(&first.certificate, b"an application", &signature));
    assert_eq!(card.read_certificate().unwrap(), second.certificate);
    // And the next window is three years away again.
    let again = refusal(place.try_certified(tottori(), Procedure::Renewal, &code).await);
    assert!(matches!(again, Refusal::RenewalNotOpen { .. }), "{again:?}");
    place.close().await;
}

/// The clock at the opening of somebody's window.
fn in_the_window(place: &Place, holder: &Holder) {
    let opens = day_in_japan(holder.not_after).saturating_sub(3.months());
    place.clock.advance_to(start_of_day(opens) + 9.hours());
}

async fn a_renewal_that_stops_midway_leaves_the_old_certificate_good(book: Book) {
    let mut place = Place::open(book).await;
    let (code, old) = place.holder(tottori()).await;
    in_the_window(&place, &old);
    let new = place.undelivered(tottori(), Procedure::Renewal, &code).await;
    // Both are good while the card is being written.
    place.seen_good(&old.certificate).await;
    place.seen_good(&new.certificate).await;
    let case = new.case;
    let close = Deed::CloseCase { case, why: "the card broke".into() };
    place.desk(tottori()).ask(close).await.unwrap();
    place.seen_good(&old.certificate).await;
    place.seen_revoked(&new.certificate, RevocationReason::Unspecified).await;
    // Nobody took it: the same after a day.
    let forgotten = place.undelivered(tottori(), Procedure::Renewal, &code).await;
    place.pass(25.hours());
    place.tick().await;
    assert_eq!(place.reason(forgotten.serial).await, Some(RevocationReason::Unspecified));
    assert!(place.is_good(old.serial).await);
    let renewed = place.renewed(tottori(), &code).await;
    assert_eq!(renewed.superseded, Some(old.serial));
    assert_eq!(place.good_ones().await, [renewed.serial]);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_or_a_loss_during_a_renewal_ends_both_certificates() {
    let mut place = Place::open(Book::Sqlite).await;
    let (moves, old_of_mover) = place.holder(tottori()).await;
    let (loses, old_of_loser) = place.holder(tottori()).await;
    in_the_window(&place, &old_of_mover);
    let new_of_mover = place.undelivered(tottori(), Procedure::Renewal, &moves).await;
    let new_of_loser = place.undelivered(tottori(), Procedure::Renewal, &loses).await;
    place.reported(|office| office.move_within(&moves, "鳥取県鳥取市栄町1番地")).await;
    for holder in [&old_of_mover, &new_of_mover] {
        let reason = Some(RevocationReason::AffiliationChanged);
        assert_eq!(place.reason(holder.serial).await, reason);
    }
    let lost = RevocationReason::KeyCompromise;
    let by = place.by_items(&loses);
    akashi_ra_console::journey::revoke(
        place.desk(tottori()),
        by,
        lost,
        IdentityProof::ResidentCard,
    )
    .await
    .unwrap();
    for holder in [&old_of_loser, &new_of_loser] {
        assert_eq!(place.reason(holder.serial).await, Some(lost));
    }
    for new in [new_of_mover, new_of_loser] {
        let refused = refusal(place.desk(tottori()).deliver(new).await);
        assert_eq!(refused, Refusal::NoLivingCertificate);
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_renewal_beside_one_under_way_is_refused_with_a_reason() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, old) = place.holder(tottori()).await;
    in_the_window(&place, &old);
    let first = place.undelivered(tottori(), Procedure::Renewal, &code).await;
    let second = refusal(place.try_certified(tottori(), Procedure::Renewal, &code).await);
    // Which one stands in its way, and from when on that can be renewed itself.
    let opens = day_in_japan(first.not_after).saturating_sub(3.months());
    let (serial, not_after) = (first.serial, first.not_after);
    assert_eq!(second, Refusal::AlreadyCertified { serial, not_after, opens });
    place.desk(tottori()).deliver(first.clone()).await.unwrap();
    assert_eq!(place.good_ones().await, [first.serial]);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_that_outlives_the_old_certificate_leaves_no_room_for_another_one() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, old) = place.holder(tottori()).await;
    place.clock.advance_to(old.not_after - 1.hour());
    let new = place.undelivered(tottori(), Procedure::Renewal, &code).await;
    place.pass(2.hours());
    // The old one has expired; the new one is issued and good, though not delivered yet.
    let another = refusal(place.try_certified(tottori(), Procedure::Issue, &code).await);
    let told =
        matches!(&another, Refusal::AlreadyCertified { serial, .. } if *serial == new.serial);
    assert!(told, "{another:?}");
    let mut good = place.good_ones().await;
    good.retain(|serial| *serial != old.serial);
    assert_eq!(good, [new.serial], "one living certificate of one person");
    place.close().await;
}

/// A world that was made almost five years ago, at the real now: who is enrolled in it now opens
/// links for five years more, while its clock runs on.
async fn almost_five_years_old() -> Place {
    let start = Timestamp::now() - (24 * (5 * 365 - 60)).hours();
    let mut place = Place::make(Book::Sqlite, Access::Registered, start).await;
    place.clock.advance_to(Timestamp::now() - 1.hour());
    place.tick().await;
    // Its first terminals end soon.
    let next = place.enrolled("Counter", Role::Terminal { municipality: tottori() }).await;
    place.terminals.insert(tottori(), next.token);
    place
}

/// The last second of the authority's own certificate.
fn authoritys_end(place: &Place) -> Timestamp {
    let octets = &place.security.authority().certificate.0;
    let certificate = <x509_cert::Certificate as der::Decode>::from_der(octets).unwrap();
    akashi_wire::pki::moment(&certificate.tbs_certificate().validity().not_after)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issuing_stops_when_three_years_no_longer_fit_into_the_authority_s_own_ten() {
    let mut place = almost_five_years_old().await;
    let (code, other) = (place.resident(tottori()), place.resident(tottori()));
    let (_, desk) = place.officer(tottori()).await;
    let end = authoritys_end(&place);
    let again = place.reopened(open_for_years).await;
    let in_time = desk.find(Procedure::Issue, again.by_items(&code)).await.unwrap();
    let too_late = desk.find(Procedure::Issue, again.by_items(&other)).await.unwrap();
    let last_day = day_in_japan(end).saturating_sub(3.years());
    again.clock.advance_to(start_of_day(last_day));
    // The look-up is years old: that, and not the authority's end, is what stands in the way.
    let refused = refusal(desk.apply(in_time, "CARD").await);
    assert!(matches!(refused, Refusal::LookUpTooOld { .. }), "{refused:?}");
    again.clock.advance_to(start_of_day(last_day) + 49.hours());
    assert_eq!(refusal(desk.apply(too_late, "CARD").await), Refusal::AuthorityEnding);
    again.close().await;
}

/// Cases that may be open for years.
fn open_for_years(config: &mut Config) {
    config.rules.insert("case_hours".into(), toml::Value::Integer(87_840));
    config.rules.insert("inquiry_days".into(), toml::Value::Integer(3_660));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_of_the_last_day_is_not_certified_on_the_day_after_it() {
    let mut place = almost_five_years_old().await;
    let code = place.resident(tottori());
    let key = place.new_key();
    let (_, desk) = place.officer(tottori()).await;
    let end = authoritys_end(&place);
    // A look-up of before the sources' own certificates end, which is good for as long as it takes.
    let again = place
        .reopened(|config| {
            config.rules.insert("look_up_hours".into(), toml::Value::Integer(87_840));
            // And a case that may be open for as long.
            open_for_years(config);
        })
        .await;
    let case = desk.find(Procedure::Issue, again.by_items(&code)).await.unwrap();
    let last_day = day_in_japan(end).saturating_sub(3.years());
    let first_too_late = (0..4)
        .map(|days| start_of_day(last_day.saturating_add(days.days())))
        .find(|day| not_after(*day, ValidityRule::default()) > end)
        .unwrap();
    again.clock.advance_to(first_too_late - 30.seconds());
    let challenge = desk.apply(case, "CARD").await.unwrap();
    again.clock.advance_to(first_too_late + 30.seconds());
    let refused = refusal(desk.hand_in(case, "CARD", proof(&*key, &challenge)).await);
    assert_eq!(refused, Refusal::AuthorityEnding);
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authority_goes_on_when_the_first_certificates_of_its_own_people_end() {
    let mut place = almost_five_years_old().await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(90.days());
    place.reported(|office| office.notify_move_out(&code, day)).await;
    // Five years after it was made: what was planned must still come, and lists be made.
    place.clock.advance_to(start_of_day(day) + 1.hour());
    let doors = &place.house.doors;
    let ticked = doors.scheduler.tick(&*doors.clock).await;
    assert!(ticked.is_ok(), "{ticked:?}");
    let moved = Some(RevocationReason::AffiliationChanged);
    assert_eq!(place.reason(holder.serial).await, moved);
    place.close().await;
}
