//! 紛失・盗難・一時保留: taken at any hour, by the book's own record, whether the registry answers or not.

use akashi::config::Config;
use akashi_ra_console::journey;
use akashi_wire::act::{
    Answer, CertificateBy, Deed, IdentityProof, Procedure, Refusal, SerialGiven,
};
use akashi_wire::date::EffectiveDate;
use akashi_wire::{BirthDate, FourItems, RevocationReason, SerialNumber};
use jiff::ToSpan;

use crate::again::Again;
use crate::support::*;

told_on_both!(a_certificate_is_found_by_its_number_its_card_and_what_it_states);

const LOST: RevocationReason = RevocationReason::KeyCompromise;

fn whole(serial: SerialNumber) -> CertificateBy {
    CertificateBy::Serial { serial: SerialGiven::Whole(serial) }
}

/// By the last eight digits.
fn end(serial: SerialNumber) -> CertificateBy {
    CertificateBy::Serial { serial: serial.to_string()[24..].parse().unwrap() }
}

fn stated(name: &str, birth_date: BirthDate) -> CertificateBy {
    CertificateBy::Stated { name: name.into(), birth_date }
}

fn card(number: &str) -> CertificateBy {
    CertificateBy::Card { card: number.into() }
}

async fn a_certificate_is_found_by_its_number_its_card_and_what_it_states(book: Book) {
    let mut place = Place::open(book).await;
    let code = place.named(tottori(), "髙﨑　花子");
    let holder = place.certified(tottori(), &code).await;
    let (_, other) = place.holder(tottori()).await;
    let FourItems { name, birth_date, .. } = place.items(&code);
    let desk = place.desk(tottori());
    for procedure in [Procedure::Revocation, Procedure::Hold] {
        for by in [
            whole(holder.serial),
            end(holder.serial),
            card(&holder.card),
            // As the register writes it, as the certificate states it, as people type it.
            stated(&name, birth_date),
            stated("高崎　花子", birth_date),
            stated("高崎花子 ", birth_date),
        ] {
            let case = Acts::open(desk, procedure).await;
            match desk.ask(Deed::FindCertificate { case, by }).await.unwrap() {
                Answer::CertificateFound { serial, not_after, on_hold, holder: found } => {
                    assert_eq!((serial, not_after), (holder.serial, holder.not_after));
                    assert!(!on_hold && found.name == name && found.birth_date == birth_date);
                }
                answer => panic!("{answer:?}"),
            }
        }
    }
    let revoked = journey::revoke(desk, end(holder.serial), LOST, IdentityProof::ResidentCard);
    assert_eq!(revoked.await.unwrap().serial, holder.serial);
    assert_eq!(journey::hold(desk, card(&other.card)).await.unwrap().serial, other.serial);
    place.seen_revoked(&holder.certificate, LOST).await;
    place.seen_revoked(&other.certificate, RevocationReason::CertificateHold).await;
    // The one that ended is found no more; the one on hold can still be ended.
    for by in [whole(holder.serial), card(&holder.card), stated(&name, birth_date)] {
        let gone = journey::hold(desk, by).await;
        assert_eq!(refusal(gone), Refusal::CertificateNotFound);
    }
    let ended = journey::revoke(desk, whole(other.serial), LOST, IdentityProof::ResidentCard);
    assert_eq!(ended.await.unwrap().serial, other.serial);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fits_nobody_or_several_is_refused_and_told_what_else_to_give() {
    let mut place = Place::open(Book::Sqlite).await;
    let twins = [place.named(tottori(), "同姓　同名"), place.named(tottori(), "同姓　同名")];
    let mut holders = Vec::new();
    for code in &twins {
        holders.push(place.certified(tottori(), code).await);
    }
    let elsewhere = place.named(yonago(), "同姓　同名");
    let elsewhere = place.certified(yonago(), &elsewhere).await;
    let born: BirthDate = "319700115".parse().unwrap();
    let desk = place.desk(tottori());
    let several = refusal(journey::hold(desk, stated("同姓同名", born)).await);
    assert_eq!(several, Refusal::SeveralCertificates { count: 2 });
    let told = several.to_string();
    assert!(told.contains("2 persons") && told.contains("number of the card"), "{told}");
    // Another town's is nobody's here, by whatever it is sought.
    for by in [
        whole(elsewhere.serial),
        end(elsewhere.serial),
        card(&elsewhere.card),
        stated("不在　者", born),
        stated("同姓　同名", "319700116".parse().unwrap()),
        card("NO-SUCH-CARD"),
    ] {
        let nobody = refusal(journey::hold(desk, by).await);
        assert_eq!(nobody, Refusal::CertificateNotFound);
        let told = nobody.to_string();
        for way in ["serial number", "card", "name and birth date", "look-up"] {
            assert!(told.contains(way), "{told}");
        }
    }
    // One of the two by what tells them apart.
    let held = journey::hold(desk, end(holders[1].serial)).await.unwrap();
    assert_eq!(held.serial, holders[1].serial);
    assert!(place.is_good(holders[0].serial).await && place.is_good(elsewhere.serial).await);
    // Nothing is issued to whoever was found so.
    for procedure in [Procedure::Issue, Procedure::Renewal, Procedure::PinReset] {
        let case = Acts::open(desk, procedure).await;
        let deed = Deed::FindCertificate { case, by: whole(holders[0].serial) };
        assert_eq!(refusal(desk.ask(deed).await), Refusal::NotAllowed);
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_the_dead_is_ended_before_anybody_reports_the_death() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let FourItems { name, birth_date, .. } = place.items(&code);
    let by_items = place.by_items(&code);
    place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let desk = place.desk(tottori());
    let by_register = journey::revoke(desk, by_items, LOST, IdentityProof::ResidentCard).await;
    assert_eq!(refusal(by_register), Refusal::NotInRegister);
    let by = stated(&name, birth_date);
    journey::revoke(desk, by, LOST, IdentityProof::ResidentCard).await.unwrap();
    assert_eq!(place.reason(holder.serial).await, Some(LOST));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_is_taken_from_whoever_has_an_address_that_fits_no_certificate() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let long = format!("鳥取県鳥取市{}", "長".repeat(200));
    place.change(|office| office.move_within(&code, &long));
    let desk = place.desk(tottori());
    let issue = refusal(desk.find(Procedure::Renewal, place.by_items(&code)).await);
    assert!(matches!(issue, Refusal::TextUnfit { .. }), "{issue:?}");
    let by = place.by_items(&code);
    journey::revoke(desk, by, LOST, IdentityProof::ResidentCard).await.unwrap();
    assert_eq!(place.reason(holder.serial).await, Some(LOST));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_found_by_the_new_spelling_of_a_name_and_by_the_one_that_it_states() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.named(tottori(), "渡邊　花子");
    let holder = place.certified(tottori(), &code).await;
    let born = place.items(&code).birth_date;
    place
        .reported(|office| office.minor_change(&code, |items| items.name = "渡邉　花子".into()))
        .await;
    assert!(place.is_good(holder.serial).await, "a slight correction revokes nobody");
    let desk = place.desk(tottori());
    for name in ["渡邊花子", "渡邉花子"] {
        let case = Acts::open(desk, Procedure::Revocation).await;
        let found = desk.ask(Deed::FindCertificate { case, by: stated(name, born) }).await;
        let Answer::CertificateFound { serial, .. } = found.unwrap() else { panic!("{name}") };
        assert_eq!(serial, holder.serial, "{name}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_during_a_renewal_ends_both_by_whatever_the_certificate_is_found() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, old) = place.holder(tottori()).await;
    let born = place.items(&code).birth_date;
    let name = place.items(&code).name;
    place.clock.advance_to(old.not_after - (30 * 24).hours());
    let new = place.undelivered(tottori(), Procedure::Renewal, &code).await;
    let desk = place.desk(tottori());
    let ended = journey::revoke(desk, stated(&name, born), LOST, IdentityProof::ResidentCard);
    assert_eq!(ended.await.unwrap().serial, old.serial);
    for holder in [&old, &new] {
        assert_eq!(place.reason(holder.serial).await, Some(LOST));
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_ends_when_the_number_is_of_somebody_born_on_another_day() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let born = place.items(&code).birth_date;
    let desk = place.desk(tottori());
    let find = |born| journey::Find::Certificate { by: end(holder.serial), born: Some(born) };
    let other = find("319700116".parse().unwrap());
    let mistaken = journey::hold(desk, other).await.unwrap_err();
    assert!(mistaken.to_string().contains("another birth date"), "{mistaken}");
    assert!(place.is_good(holder.serial).await);
    journey::hold(desk, find(born)).await.unwrap();
    place.close().await;
}

/// An authority whose registry is a port where nobody listens.
async fn without_registry(place: Place) -> Again {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let point = |config: &mut Config| config.registry.url = format!("https://127.0.0.1:{port}");
    place.reopened(point).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loss_theft_and_hold_are_taken_while_the_registry_rests() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, lost) = place.holder(tottori()).await;
    let (_, stolen) = place.holder(tottori()).await;
    let (_, called) = place.holder(tottori()).await;
    let FourItems { name, birth_date, .. } = place.items(&code);
    let again = without_registry(place).await;
    let desk = &again.desks[&tottori()];
    let asked = desk.find(Procedure::Revocation, again.by_items(&code)).await;
    assert_eq!(refusal(asked), Refusal::RegistryUnreachable);
    let card_of = IdentityProof::ResidentCard;
    journey::revoke(desk, stated(&name, birth_date), LOST, card_of.clone()).await.unwrap();
    journey::revoke(desk, card(&stolen.card), LOST, card_of).await.unwrap();
    journey::hold(desk, end(called.serial)).await.unwrap();
    for (holder, reason) in
        [(&lost, LOST), (&stolen, LOST), (&called, RevocationReason::CertificateHold)]
    {
        let standing = again.house.ledger().standing(holder.serial).await.unwrap().unwrap();
        assert_eq!(standing.revocation().map(|(_, reason)| reason), Some(reason));
    }
    again.close().await;
}
