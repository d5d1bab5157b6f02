//! Who may apply where (law art. 3), and what the register says of it.

use akashi::config::Config;
use akashi_keys::seal_to;
use akashi_ra_console::journey;
use akashi_wire::act::{
    Answer, CertificateBy, Deed, IdentityProof, LookUpBy, Procedure, Refusal, SerialGiven,
};
use akashi_wire::date::{EffectiveDate, day_in_japan};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{Clock, CodeOpening, ResidentCode, RevocationReason};
use jiff::ToSpan;

use crate::support::*;

/// The code as the reader program seals it.
fn sealed(recipient: &[u8], code: &ResidentCode) -> LookUpBy {
    let opening = CodeOpening::new(code, rand::random());
    let octets = serde_json::to_vec(&opening).unwrap();
    LookUpBy::Code { sealed: Octets(seal_to(recipient, &octets).unwrap()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_finds_residents_of_the_own_town_only() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(yonago());
    let recipient = place.security.authority().envelope.0.clone();
    // The question is about residents of the officer's own town, by name as by code.
    for by in [place.by_items(&code), sealed(&recipient, &code)] {
        let elsewhere = place.desk(tottori()).find(Procedure::Issue, by.clone()).await;
        assert_eq!(refusal(elsewhere), Refusal::NotInRegister);
        place.desk(yonago()).find(Procedure::Issue, by).await.unwrap();
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_touches_no_case_of_another_counter() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let holder = place.undelivered(tottori(), Procedure::Issue, &code).await;
    let (case, card) = (holder.case, holder.card.clone());
    let elsewhere = place.desk(yonago());
    for deed in [
        Deed::LookUp { case, by: place.by_items(&code) },
        Deed::FindCertificate { case, by: CertificateBy::Card { card: card.clone() } },
        Deed::SendInquiry { case },
        application(case, &card),
        Deed::TakeUp { case, card: card.clone() },
        Deed::OpenChannel { case, card: card.clone() },
        Deed::CardAnswered { case, answers: Vec::new() },
        Deed::Certify { case, card: card.clone(), proof: Octets(vec![1]) },
        reset_pin(case, &card),
        Deed::ConfirmDelivery { case, card, read_back: Sha256::of(&holder.certificate) },
        Deed::Revoke {
            case,
            identity: IdentityProof::ResidentCard,
            reason: RevocationReason::KeyCompromise,
        },
        Deed::Hold { case },
        Deed::CloseCase { case, why: "none of my business".into() },
    ] {
        let verb = deed.verb();
        assert_eq!(refusal(elsewhere.ask(deed).await), Refusal::NoSuchCase, "{verb}");
    }
    assert!(place.is_good(holder.serial).await);
    // A colleague at the same counter may go on with it: a case survives the officer's day.
    let (_, colleague) = place.officer(tottori()).await;
    colleague.deliver(holder).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_finds_nobody_or_one_or_several_and_takes_only_one() {
    let mut place = Place::open(Book::Sqlite).await;
    let one = place.named(tottori(), "同姓　同名");
    let other = place.named(tottori(), "同姓　同名");
    let named = |name: &str| LookUpBy::Items {
        name: name.into(),
        birth_date: "319700115".parse().unwrap(),
        sex: None,
        address: None,
    };
    let desk = place.desk(tottori());
    let nobody = desk.find(Procedure::Issue, named("不在　者")).await;
    assert_eq!(refusal(nobody), Refusal::NotInRegister);
    let several = desk.find(Procedure::Issue, named("同姓　同名")).await;
    assert_eq!(refusal(several), Refusal::SeveralInRegister { count: 2 });

    // Told apart by the address, or by the code that the card holds.
    let recipient = place.security.authority().envelope.0.clone();
    for (code, by) in [(&one, place.by_items(&one)), (&other, sealed(&recipient, &other))] {
        let case = Acts::open(desk, Procedure::Issue).await;
        match desk.ask(Deed::LookUp { case, by }).await.unwrap() {
            Answer::Found { items, living, .. } => {
                assert!(items == place.items(code) && living.is_none());
            }
            other => panic!("{other:?}"),
        }
    }
    // What is encrypted to somebody else, or is no code at all, is nothing to the authority.
    let case = Acts::open(desk, Procedure::Issue).await;
    for octets in [vec![7; 300], seal_to(&recipient, b"{}").unwrap()] {
        let by = LookUpBy::Code { sealed: Octets(octets) };
        let unreadable = refusal(desk.ask(Deed::LookUp { case, by }).await);
        assert!(matches!(unreadable, Refusal::Malformed { .. }), "{unreadable:?}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_leaving_or_gone_or_dead_gets_no_certificate() {
    let mut place = Place::open(Book::Sqlite).await;
    let recipient = place.security.authority().envelope.0.clone();
    let today = day_in_japan(place.now());
    let day = today.saturating_add(10.days());
    let (leaving, gone, dead) =
        (place.resident(tottori()), place.resident(tottori()), place.resident(tottori()));
    place.change(|office| office.notify_move_out(&leaving, day));
    place.change(|office| office.notify_move_out(&gone, today));
    place.change(|office| office.death(&dead, EffectiveDate::Unknown));
    let desk = place.desk(tottori());
    for procedure in [Procedure::Issue, Procedure::Renewal] {
        for by in [place.by_items(&leaving), sealed(&recipient, &leaving)] {
            assert_eq!(refusal(desk.find(procedure, by).await), Refusal::Leaving { day });
        }
        for code in [&gone, &dead] {
            let by_items = desk.find(procedure, place.by_items(code)).await;
            assert_eq!(refusal(by_items), Refusal::NotInRegister);
            let by_code = desk.find(procedure, sealed(&recipient, code)).await;
            assert_eq!(refusal(by_code), Refusal::RecordDeleted);
        }
    }
    // Whoever is still here may still end what is his or hers.
    desk.find(Procedure::Revocation, place.by_items(&leaving)).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_registry_nothing_is_issued_and_everything_else_goes_on() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let (_, lost) = place.holder(tottori()).await;
    let (_, called) = place.holder(tottori()).await;
    let newcomer = place.resident(tottori());
    place.change(|office| office.move_within(&code, "鳥取県鳥取市栄町627番地"));
    let batch = place.batch_of(tottori(), 10);
    // A port where nobody listens.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let point = |config: &mut Config| config.registry.url = format!("https://127.0.0.1:{port}");
    let again = place.reopened(point).await;
    let desk = &again.desks[&tottori()];

    let refused = desk.find(Procedure::Issue, again.by_items(&newcomer)).await;
    assert_eq!(refusal(refused), Refusal::RegistryUnreachable);
    // A loss and a telephone call.
    let serial = SerialGiven::Whole(lost.serial);
    let by = CertificateBy::Serial { serial };
    let reason = RevocationReason::KeyCompromise;
    let revoked = journey::revoke(desk, by, reason, IdentityProof::ResidentCard).await.unwrap();
    assert_eq!((revoked.serial, revoked.reason), (lost.serial, reason));
    let held = journey::hold(desk, CertificateBy::Card { card: called.card.clone() }).await;
    assert_eq!(held.unwrap().serial, called.serial);

    // Status, and the feed.
    assert_eq!(again.judged(&holder.certificate).await, akashi_agency::Verdict::Valid);
    assert_eq!(again.send(tottori(), &batch).await.accepted, 1);
    again.tick().await;
    let standing = again.house.ledger().standing(holder.serial).await.unwrap().unwrap();
    let (at, reason) = standing.revocation().unwrap();
    assert_eq!((at, reason), (again.clock.now(), RevocationReason::AffiliationChanged));
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_birth_date_that_cannot_be_is_refused_before_the_register_is_asked() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let (officer, _) = place.officer(tottori()).await;
    let case = Acts::open(place.desk(tottori()), Procedure::Issue).await;
    let items = place.items(&code);
    let today = day_in_japan(place.now());
    let born = |birth_date: &str| LookUpBy::Items {
        name: items.name.clone(),
        birth_date: birth_date.parse().unwrap(),
        sex: None,
        address: None,
    };
    let tomorrow = today.tomorrow().unwrap();
    let day =
        |day: jiff::civil::Date| format!("5{:04}{:02}{:02}", day.year(), day.month(), day.day());
    let next_year = format!("5{:04}0000", today.year() + 1);
    for ahead in [day(tomorrow), next_year] {
        let deed = Deed::LookUp { case, by: born(&ahead) };
        assert_eq!(refusal(place.desk(tottori()).ask(deed).await), Refusal::BornInTheFuture);
    }
    // 昭和64 ended on 7 January, and 令和 began in May.
    for outside in ["319890601", "520190430", "419890107", "219261226"] {
        let deed = Deed::LookUp { case, by: born(outside) };
        assert_eq!(refusal(place.desk(tottori()).ask(deed).await), Refusal::BornInNoSuchEra);
    }
    // Whoever ends a certificate is not held up by it.
    let ending = Acts::open(place.desk(tottori()), Procedure::Revocation).await;
    let deed = Deed::LookUp { case: ending, by: born("319890601") };
    assert_eq!(refusal(place.desk(tottori()).ask(deed).await), Refusal::NotInRegister);
    // Whoever is born today is asked for, and is not there.
    let deed = Deed::LookUp { case, by: born(&day(today)) };
    assert_eq!(refusal(place.desk(tottori()).ask(deed).await), Refusal::NotInRegister);
    // The register's own is held to the same before anything is issued, and keeps nobody from ending a certificate.
    let (holder, certificate) = place.holder(tottori()).await;
    for (wrong, why) in
        [(day(tomorrow), Refusal::BornInTheFuture), ("319890601".into(), Refusal::BornInNoSuchEra)]
    {
        for code in [&code, &holder] {
            place.change(|office| {
                office.correct_error(code, |items| items.birth_date = wrong.parse().unwrap())
            });
        }
        let by_code = sealed(&place.security.authority().envelope.0, &code);
        let refused = place.desk(tottori()).find(Procedure::Issue, by_code).await;
        assert_eq!(refusal(refused), why);
        let by_code = sealed(&place.security.authority().envelope.0, &holder);
        place.desk(tottori()).find(Procedure::Revocation, by_code).await.unwrap();
    }
    assert!(place.is_good(certificate.serial).await, "its feed has not told yet");
    // An era that the year does not lie in is no birth date at all: 昭和 has no 2020.
    let look_up = Deed::LookUp { case, by: born("319700115") };
    let act = officer.act(&place, akashi_wire::RequestId::from_random([7; 16]), look_up);
    let text = String::from_utf8(
        act.unverified_content(akashi_wire::signed::MessageKind::Act).unwrap().to_vec(),
    )
    .unwrap();
    let showa = officer.sign(text.replace("319700115", "320200115").as_bytes(), place.now());
    let (status, told) = place.post("/acts", &officer.at_terminal(), showa.as_der().to_vec()).await;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, told["refusal"].as_str()), (400, Some("malformed")), "{told}");
    place.close().await;
}
