//! From the application to the card in the holder's hand.

use akashi_card::{CardError, KeySlot};
use akashi_keys::{EcKey, RsaKey, RsaSize, Signer};
use akashi_ra_console::DeskError;
use akashi_ra_console::journey::{self, Application};
use akashi_wire::act::{Answer, Deed, IdentityProof, Procedure, Refusal};
use akashi_wire::date::day_in_japan;
use akashi_wire::octets::Sha256;
use akashi_wire::{CaseId, RevocationReason};
use jiff::ToSpan;

use crate::support::*;

told_on_both!(a_certificate_that_nobody_took_ends_after_a_day);

const UNSPECIFIED: Option<RevocationReason> = Some(RevocationReason::Unspecified);

/// A case of a new resident that stands at the permit for a key.
async fn permitted(place: &mut Place, card: &str) -> (CaseId, Vec<u8>) {
    let code = place.resident(tottori());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let challenge = desk.apply(case, card).await.unwrap();
    (case, challenge)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_card_in_the_middle_of_a_case_is_refused() {
    let mut place = Place::open(Book::Sqlite).await;
    let (case, challenge) = permitted(&mut place, "CARD-OF-TARO").await;
    let key = place.new_key();
    let desk = place.desk(tottori());
    let other = "CARD-OF-JIRO";
    let refused = desk.hand_in(case, other, proof(&*key, &challenge)).await;
    assert_eq!(refusal(refused), Refusal::WrongCard);
    assert_eq!(refusal(desk.apply(case, other).await), Refusal::WrongCard);
    assert_eq!(refusal(desk.apply(case, "").await), Refusal::WrongCard);
    let issued = desk.hand_in(case, "CARD-OF-TARO", proof(&*key, &challenge)).await.unwrap();
    let swapped = Holder { card: other.into(), ..issued.clone() };
    assert_eq!(refusal(desk.deliver(swapped).await), Refusal::WrongCard);
    desk.deliver(issued).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_keeps_its_card_and_its_person_when_the_register_is_asked_again() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let sibling = place.resident(tottori());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    desk.apply(case, "CARD-OF-TARO").await.unwrap();
    desk.ask(Deed::LookUp { case, by: place.by_items(&code) }).await.unwrap();
    assert_eq!(refusal(desk.apply(case, "CARD-OF-JIRO").await), Refusal::WrongCard);
    // Once a card is bound to a person, the case is about nobody else.
    let other = desk.ask(Deed::LookUp { case, by: place.by_items(&sibling) }).await;
    assert_eq!(refusal(other), Refusal::WrongCard);
    // And it still is about the one with whom it began.
    let key = place.new_key();
    let desk = place.desk(tottori());
    let challenge = desk.apply(case, "CARD-OF-TARO").await.unwrap();
    let issued = desk.hand_in(case, "CARD-OF-TARO", proof(&*key, &challenge)).await.unwrap();
    let stated = akashi_agency::stated_items(&issued.certificate).unwrap();
    assert_eq!(stated.name, place.items(&code).name);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_back_must_be_what_was_issued() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let issued = place.undelivered(tottori(), Procedure::Issue, &code).await;
    let (_, other) = place.holder(tottori()).await;
    let desk = place.desk(tottori());
    let (case, card) = (issued.case, issued.card.clone());
    for octets in [other.certificate.as_slice(), b""] {
        let read_back = Sha256::of(octets);
        let confirm = Deed::ConfirmDelivery { case, card: card.clone(), read_back };
        assert_eq!(refusal(desk.ask(confirm).await), Refusal::ReadBackDiffers);
    }
    // Written again, and right now.
    let read_back = Sha256::of(&issued.certificate);
    match desk.ask(Deed::ConfirmDelivery { case, card, read_back }).await.unwrap() {
        Answer::Delivered { serial, fee_yen, superseded } => {
            assert_eq!((serial, fee_yen, superseded), (issued.serial, 500, None));
        }
        other => panic!("{other:?}"),
    }
    // Once delivered, the case is over.
    let again = refusal(desk.deliver(issued).await);
    assert!(matches!(again, Refusal::WrongStep { .. }), "{again:?}");
    place.close().await;
}

async fn a_certificate_that_nobody_took_ends_after_a_day(book: Book) {
    let mut place = Place::open(book).await;
    let code = place.resident(tottori());
    let issued = place.undelivered(tottori(), Procedure::Issue, &code).await;
    place.pass((24 * 3600 - 1).seconds());
    place.tick().await;
    assert!(place.is_good(issued.serial).await);
    place.pass(2.seconds());
    place.tick().await;
    assert_eq!(place.reason(issued.serial).await, UNSPECIFIED);
    place.seen_revoked(&issued.certificate, RevocationReason::Unspecified).await;
    let late = refusal(place.desk(tottori()).deliver(issued).await);
    assert!(matches!(late, Refusal::WrongStep { .. }), "{late:?}");
    // The person may come again.
    place.certified(tottori(), &code).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_a_case_ends_what_was_issued_in_it() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let issued = place.undelivered(tottori(), Procedure::Issue, &code).await;
    let case = issued.case;
    let close = || Deed::CloseCase { case, why: "the applicant left".into() };
    let desk = place.desk(tottori());
    let closed = desk.ask(close()).await.unwrap();
    assert_eq!(closed, Answer::CaseClosed { revoked: Some(issued.serial) });
    assert_eq!(place.reason(issued.serial).await, UNSPECIFIED);
    for outcome in [desk.ask(close()).await, desk.ask(application(case, &issued.card)).await] {
        let over = refusal(outcome);
        assert!(matches!(over, Refusal::WrongStep { .. }), "{over:?}");
    }
    // A case without a certificate ends without one.
    let case = Acts::open(desk, Procedure::Issue).await;
    let closed = desk.ask(Deed::CloseCase { case, why: "a mistake".into() }).await.unwrap();
    assert_eq!(closed, Answer::CaseClosed { revoked: None });
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_permit_for_a_key_lasts_two_minutes() {
    let mut place = Place::open(Book::Sqlite).await;
    let (case, challenge) = permitted(&mut place, "CARD").await;
    let until = place.now() + 120.seconds();
    let key = place.new_key();
    place.pass(121.seconds());
    let desk = place.desk(tottori());
    let late = desk.hand_in(case, "CARD", proof(&*key, &challenge)).await;
    assert_eq!(refusal(late), Refusal::PermitExpired { until });
    // Applied again in the same case: another challenge, another two minutes.
    let again = desk.apply(case, "CARD").await.unwrap();
    assert_ne!(again, challenge);
    let old = refusal(desk.hand_in(case, "CARD", proof(&*key, &challenge)).await);
    assert!(matches!(old, Refusal::NoPossession { .. }), "{old:?}");
    place.pass(120.seconds());
    desk_of(&place).hand_in(case, "CARD", proof(&*key, &again)).await.unwrap();
    place.close().await;
}

fn desk_of(place: &Place) -> &akashi_ra_console::Desk {
    place.desk(tottori())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_made_again_in_the_same_case_ends_the_certificate_of_the_first() {
    let mut place = Place::open(Book::Sqlite).await;
    let (case, challenge) = permitted(&mut place, "CARD").await;
    let (first_key, second_key) = (place.new_key(), place.new_key());
    let desk = place.desk(tottori());
    let first = desk.hand_in(case, "CARD", proof(&*first_key, &challenge)).await.unwrap();
    let challenge = desk.apply(case, "CARD").await.unwrap();
    assert_eq!(place.reason(first.serial).await, UNSPECIFIED);
    let second = desk.hand_in(case, "CARD", proof(&*second_key, &challenge)).await.unwrap();
    desk.deliver(second.clone()).await.unwrap();
    assert_eq!(place.good_ones().await, [second.serial]);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_counts_only_with_its_own_proof_over_the_challenge_of_its_case() {
    let mut place = Place::open(Book::Sqlite).await;
    let (case, challenge) = permitted(&mut place, "CARD").await;
    let (_, challenge_elsewhere) = permitted(&mut place, "OTHER-CARD").await;
    let (key, other) = (place.new_key(), place.new_key());
    let curve = EcKey::generate().unwrap();
    let mut changed = proof(&*key, &challenge);
    *changed.last_mut().unwrap() ^= 1;
    let mut longer = proof(&*key, &challenge);
    longer.push(0);
    let desk = place.desk(tottori());
    for (what, proof) in [
        ("another case's challenge", proof(&*key, &challenge_elsewhere)),
        ("no challenge", proof(&*key, &[])),
        ("another key's signature", proof_about(key.public_key(), &*other, &challenge)),
        ("a changed signature", changed),
        ("more than a request", longer),
        ("junk", b"junk".to_vec()),
        ("nothing", Vec::new()),
        ("a key on a curve", proof(&curve, &challenge)),
    ] {
        let refused = refusal(desk.hand_in(case, "CARD", proof).await);
        assert!(matches!(refused, Refusal::NoPossession { .. }), "{what}: {refused:?}");
    }
    let long = RsaKey::generate(RsaSize::Rsa3072).unwrap();
    let refused = refusal(desk.hand_in(case, "CARD", proof(&long, &challenge)).await);
    assert!(matches!(&refused, Refusal::BadKey { what } if what.contains("3072")), "{refused:?}");
    // None of this has used the case up.
    desk.hand_in(case, "CARD", proof(&*key, &challenge)).await.unwrap();
    assert_eq!(place.good_ones().await.len(), 1);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_is_ever_certified_twice() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let used = key(1);
    // Not for somebody else.
    let (case, challenge) = permitted(&mut place, "CARD").await;
    let refused = desk_of(&place).hand_in(case, "CARD", proof(&*used, &challenge)).await;
    let refused = refusal(refused);
    assert!(matches!(refused, Refusal::BadKey { .. }), "{refused:?}");
    // Nor for its own holder, years after its certificate has ended.
    place.clock.advance_to(holder.not_after + 1.hour());
    place.tick().await;
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let challenge = desk.apply(case, "CARD").await.unwrap();
    let refused = refusal(desk.hand_in(case, "CARD", proof(&*used, &challenge)).await);
    assert!(matches!(refused, Refusal::BadKey { .. }), "{refused:?}");
    let fresh = place.new_key();
    let fresh = if fresh.public_key() == used.public_key() { place.new_key() } else { fresh };
    desk_of(&place).hand_in(case, "CARD", proof(&*fresh, &challenge)).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_document_counts_until_its_last_day() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let today = day_in_japan(place.now());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let apply = |expires| Deed::Apply {
        case,
        card: "CARD".into(),
        identity: IdentityProof::PhotoDocument {
            kind: "運転免許証".into(),
            expires,
            last_four: "1234".into(),
        },
        under_guardianship: None,
        name_choices: Default::default(),
        address_choices: Default::default(),
    };
    let expired = today.yesterday().unwrap();
    let refused = refusal(desk.ask(apply(expired)).await);
    assert_eq!(refused, Refusal::DocumentExpired { expired });
    for (kind, last_four, what) in
        [("", "1234", "kind"), ("旅券", "", "last_four"), ("旅券", "123", "last_four")]
    {
        let mut deed = apply(today);
        let Deed::Apply { identity, .. } = &mut deed else { panic!() };
        *identity = IdentityProof::PhotoDocument {
            kind: kind.into(),
            expires: today,
            last_four: last_four.into(),
        };
        let incomplete = Refusal::DocumentIncomplete { what: what.into() };
        assert_eq!(refusal(desk.ask(deed).await), incomplete);
    }
    desk.ask(apply(today)).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn characters_without_a_substitute_are_decided_by_the_officer_and_marked() {
    let mut place = Place::open(Book::Sqlite).await;
    // ① has no agreed substitute, a character of private use (外字) has none either; 髙 has one.
    let code = place.named(tottori(), "髙\u{e000}　①郎");
    let desk = place.desk(tottori());
    let case = Acts::open(desk, Procedure::Issue).await;
    let by = place.by_items(&code);
    match desk.ask(Deed::LookUp { case, by: by.clone() }).await.unwrap() {
        Answer::Found { name, address, .. } => {
            assert_eq!((name.undecided, name.text), (vec![1, 3], None));
            assert!(address.undecided.is_empty() && address.text.is_some());
        }
        other => panic!("{other:?}"),
    }
    let undecided = refusal(desk.ask(application(case, "CARD")).await);
    let Refusal::CharactersUndecided { item, undecided: which } = &undecided else {
        panic!("{undecided:?}")
    };
    assert_eq!((item.as_str(), which.len()), ("name", 2));
    let says = undecided.to_string();
    assert!(says.contains("(U+") && says.contains("position 3"), "which, and where: {says}");
    let apply = |choices: &[(usize, &str)]| Deed::Apply {
        case,
        card: "CARD".into(),
        identity: IdentityProof::ResidentCard,
        under_guardianship: None,
        name_choices: choices.iter().map(|(at, text)| (*at, (*text).to_owned())).collect(),
        address_choices: Default::default(),
    };
    let one = refusal(desk.ask(apply(&[(3, "一")])).await);
    assert!(matches!(one, Refusal::CharactersUndecided { .. }), "{one:?}");
    for bad in ["②", "〓", "", "長い", "　"] {
        let unfit = refusal(desk.ask(apply(&[(1, bad), (3, "一")])).await);
        assert!(matches!(unfit, Refusal::TextUnfit { .. }), "{bad}: {unfit:?}");
    }
    let needless = refusal(desk.ask(apply(&[(1, "橋"), (3, "一"), (4, "朗")])).await);
    assert!(matches!(needless, Refusal::TextUnfit { .. }), "{needless:?}");
    let challenge = match desk.ask(apply(&[(1, "橋"), (3, "イチ")])).await.unwrap() {
        Answer::Permitted { challenge, name, .. } => {
            assert_eq!(name.text.as_deref(), Some("高橋　イチ郎"));
            assert_eq!(name.map.as_deref(), Some("110110"));
            challenge.0
        }
        other => panic!("{other:?}"),
    };
    let key = place.new_key();
    let issued = desk_of(&place).hand_in(case, "CARD", proof(&*key, &challenge)).await.unwrap();
    let stated = akashi_agency::stated_items(&issued.certificate).unwrap();
    assert_eq!(stated.name, "高橋　イチ郎");
    // The map stands in the certificate too, and the register's own character nowhere.
    let contains = |octets: &[u8]| issued.certificate.windows(octets.len()).any(|w| w == octets);
    assert!(contains(b"110110") && !contains("①".as_bytes()));
    desk_of(&place).deliver(issued.clone()).await.unwrap();
    // Compared on originals: a correction that changes nothing leaves it good.
    place.reported(|office| office.correct_error(&code, |_| ())).await;
    assert!(place.is_good(issued.serial).await);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_age_of_the_setting_is_reached_on_the_birthday() {
    let mut place = Place::open(Book::Sqlite).await;
    let today = day_in_japan(place.now());
    let birth = today.saturating_sub(15.years()).saturating_add(1.day());
    let mut young = person(tottori(), 70);
    // 平成 4, 令和 5: both eras are of the last 37 years.
    let era = if birth >= jiff::civil::date(2019, 5, 1) { 5 } else { 4 };
    let text = format!("{era}{:04}{:02}{:02}", birth.year(), birth.month(), birth.day());
    young.items.birth_date = text.parse().unwrap();
    let code = place.enter(young).unwrap();
    let again = place
        .reopened(|config| {
            config.rules.insert("minimum_age".into(), toml::Value::Integer(15));
        })
        .await;
    let desk = &again.desks[&tottori()];
    let case = desk.find(Procedure::Issue, again.by_items(&code)).await.unwrap();
    assert_eq!(refusal(desk.apply(case, "CARD").await), Refusal::TooYoung { minimum: 15 });
    // Touched in between, or it would close itself.
    for _ in 0..2 {
        again.clock.advance(std::time::Duration::from_secs(12 * 3600));
        desk.ask(Deed::LookUp { case, by: again.by_items(&code) }).await.unwrap();
    }
    desk.apply(case, "CARD").await.unwrap();
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_goes_from_the_factory_to_a_good_certificate_and_its_pin_goes_nowhere_else() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.named(tottori(), "髙﨑　花子");
    let mut card = place.blank_card().unwrap();
    let pin = "HIMITSU9".parse().unwrap();
    let mut stages = Vec::new();
    let application = Application {
        procedure: Procedure::Issue,
        by: place.by_items(&code),
        identity: IdentityProof::ResidentCard,
        under_guardianship: None,
        name_choices: Default::default(),
        address_choices: Default::default(),
        ticket: None,
    };
    let desk = place.desk(tottori());
    let show = |stage| stages.push(stage);
    let delivery = journey::certify(desk, &mut card, &pin, &application, show).await.unwrap();
    assert_eq!((delivery.fee_yen, stages.len()), (500, 7));
    assert_eq!(card.read_certificate().unwrap(), delivery.certificate);
    place.seen_good(&delivery.certificate).await;
    let (authority, _dir) = place.closed().await;
    for file in files_under(&authority) {
        assert!(!holds(&file, b"HIMITSU9"), "the PIN lies in {}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inquiry_letter_is_answered_by_post_and_in_the_case_that_sent_it() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let sibling = place.resident(tottori());
    let mut card = place.blank_card().unwrap();
    let pin = "HIMITSU9".parse().unwrap();
    let sent = day_in_japan(place.now());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let other = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    desk.ask(Deed::SendInquiry { case }).await.unwrap();
    let answered = |case, sent| Deed::Apply {
        case,
        card: "CARD".into(),
        identity: IdentityProof::InquiryLetter { sent },
        under_guardianship: None,
        name_choices: Default::default(),
        address_choices: Default::default(),
    };
    // Not on the day on which it was posted, nor before.
    for sent in [sent, sent.tomorrow().unwrap()] {
        let early = refusal(desk.ask(answered(case, sent)).await);
        assert_eq!(early, Refusal::LetterTooNew { sent });
    }
    place.pass(3.days());
    place.tick().await;
    let late = refusal(place.desk(tottori()).ask(answered(other, sent)).await);
    assert!(matches!(&late, Refusal::WrongStep { step, .. } if step == "closed"), "{late:?}");
    // A letter that went to somebody else is no proof of anybody else.
    let wrong = desk_of(&place).find(Procedure::Issue, place.by_items(&sibling)).await.unwrap();
    desk_of(&place).ask(Deed::SendInquiry { case: wrong }).await.unwrap();
    let theirs = day_in_japan(place.now());
    place.pass(1.day());
    desk_of(&place).ask(Deed::LookUp { case: wrong, by: place.by_items(&code) }).await.unwrap();
    let strange = refusal(desk_of(&place).ask(answered(wrong, theirs)).await);
    assert_eq!(strange, Refusal::NoSuchLetter { sent: theirs });
    // Nor is one that this case did not send.
    let desk = place.desk(tottori());
    let other = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    desk.ask(Deed::LookUp { case, by: place.by_items(&code) }).await.unwrap();
    for (case, sent) in [(other, sent), (case, sent.tomorrow().unwrap())] {
        let strange = refusal(desk.ask(answered(case, sent)).await);
        assert_eq!(strange, Refusal::NoSuchLetter { sent });
    }
    let application = Application {
        procedure: Procedure::Issue,
        by: place.by_items(&code),
        identity: IdentityProof::InquiryLetter { sent },
        under_guardianship: None,
        name_choices: Default::default(),
        address_choices: Default::default(),
        ticket: None,
    };
    let delivery = journey::resume(desk, &mut card, &pin, case, &application, |_| ()).await;
    assert_eq!(delivery.unwrap().case, case);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inquiry_letter_that_was_out_for_longer_than_its_term_is_no_proof() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let sent = day_in_japan(place.now());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::PinReset, place.by_items(&code)).await.unwrap();
    desk.ask(Deed::SendInquiry { case }).await.unwrap();
    // Touched on the last day, the case is open for another one; the letter is not.
    place.pass(30.days().hours(1));
    place.desk(tottori()).ask(Deed::TakeUp { case, card: "CARD".into() }).await.unwrap();
    place.pass(23.hours());
    let reset = Deed::ResetPin {
        case,
        card: "CARD".into(),
        identity: IdentityProof::InquiryLetter { sent },
    };
    let until = sent.saturating_add(30.days());
    let late = refusal(place.desk(tottori()).ask(reset).await);
    assert_eq!(late, Refusal::LetterTooOld { sent, until });
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_needs_an_identity_proof_as_an_issue_does() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let today = day_in_japan(place.now());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Revocation, place.by_items(&code)).await.unwrap();
    let reason = RevocationReason::KeyCompromise;
    let licence = |expires, last_four: &str| IdentityProof::PhotoDocument {
        kind: "運転免許証".into(),
        expires,
        last_four: last_four.into(),
    };
    let expired = today.yesterday().unwrap();
    let sent = today.saturating_sub(3.days());
    for (identity, why) in [
        (licence(expired, "1234"), Refusal::DocumentExpired { expired }),
        (licence(today, "12"), Refusal::DocumentIncomplete { what: "last_four".into() }),
        (IdentityProof::InquiryLetter { sent }, Refusal::NoSuchLetter { sent }),
    ] {
        assert_eq!(refusal(desk.ask(Deed::Revoke { case, identity, reason }).await), why);
    }
    assert!(place.is_good(holder.serial).await);
    let identity = licence(today, "1234");
    desk.ask(Deed::Revoke { case, identity, reason }).await.unwrap();
    assert_eq!(place.reason(holder.serial).await, Some(reason));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_guardianship_is_refused_every_application_says_whether_there_is_one() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let again = place
        .reopened(|config| {
            config.rules.insert("refuses_guardianship".into(), toml::Value::Boolean(true));
        })
        .await;
    let desk = &again.desks[&tottori()];
    let case = desk.find(Procedure::Issue, again.by_items(&code)).await.unwrap();
    let apply = |told| {
        let mut deed = application(case, "CARD");
        let Deed::Apply { under_guardianship, .. } = &mut deed else { panic!() };
        *under_guardianship = told;
        deed
    };
    assert_eq!(refusal(desk.ask(apply(None)).await), Refusal::GuardianshipNotTold);
    assert_eq!(refusal(desk.ask(apply(Some(true))).await), Refusal::UnderGuardianship);
    desk.ask(apply(Some(false))).await.unwrap();
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_that_others_would_try_first_is_refused_before_a_key_is_made() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let birth = place.items(&code).birth_date.to_string();
    let weak = ["AAAA", "123456", &birth[1..], &birth[5..], "HARU0815"];
    for pin in weak {
        let mut card = place.blank_card().unwrap();
        let application = Application {
            procedure: Procedure::Issue,
            by: place.by_items(&code),
            identity: IdentityProof::ResidentCard,
            under_guardianship: None,
            name_choices: Default::default(),
            address_choices: Default::default(),
            ticket: Some("0815".into()),
        };
        let (desk, pin) = (place.desk(tottori()), pin.parse().unwrap());
        let refused = journey::certify(desk, &mut card, &pin, &application, |_| ()).await;
        let Err(DeskError::InCase { error, .. }) = refused else { panic!("it was taken") };
        assert!(matches!(*error, DeskError::WeakPin { .. }), "{error}");
        assert_eq!(card.pin_tries_left(), Ok(0), "none was set");
        let none = card.sign(KeySlot::Pending, &[7; 32]);
        assert_eq!(none, Err(CardError::NoKey { slot: KeySlot::Pending }));
    }
    assert_eq!(place.good_ones().await, []);
    place.close().await;
}
