//! Texts that no card can hold, and what becomes of the persons who have them.

use akashi_card::issuing::CERTIFICATE_ROOM;
use akashi_keys::seal_to;
use akashi_ra_console::{Desk, DeskError};
use akashi_wire::act::{Answer, Deed, IdentityProof, LookUpBy, Procedure, Refusal};
use akashi_wire::octets::Octets;
use akashi_wire::{CodeOpening, ResidentCode, RevocationReason};

use crate::support::*;

/// The person of a card: a name that is longer than a question may be is found so too.
fn by_code(desk: &Desk, code: &ResidentCode) -> LookUpBy {
    let opening = serde_json::to_vec(&CodeOpening::new(code, [7; 32])).unwrap();
    LookUpBy::Code { sealed: Octets(seal_to(&desk.authority().envelope.0, &opening).unwrap()) }
}

async fn look_up(
    desk: &Desk,
    procedure: Procedure,
    code: &ResidentCode,
) -> Result<Answer, DeskError> {
    let case = Acts::open(desk, procedure).await;
    desk.ask(Deed::LookUp { case, by: by_code(desk, code) }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_fits_no_card_is_refused_before_a_key_is_made_and_the_longest_that_fits_is_certified()
 {
    let mut place = Place::open(Book::Sqlite).await;
    let long = |characters: usize| "寿".repeat(characters);
    let code = place.named(tottori(), &long(1_000));
    let refused = refusal(look_up(place.desk(tottori()), Procedure::Issue, &code).await);
    let Refusal::TooLongForCard { octets, room, characters } = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(room, CERTIFICATE_ROOM);
    assert!(octets > room && refused_says_what_to_do(&refused), "{refused}");
    assert!(place.entries("intend").await.is_empty());

    // As many characters less as was said, and it fits to the last one.
    let most = 1_000 - characters;
    let beyond = place.named(tottori(), &long(most + 1));
    let refused = refusal(look_up(place.desk(tottori()), Procedure::Issue, &beyond).await);
    let Refusal::TooLongForCard { octets, .. } = refused else { panic!("{refused:?}") };
    assert!((room + 1..=room + 4).contains(&octets), "{octets}");
    let fits = place.named(tottori(), &long(most));
    let holder = place.certified(tottori(), &fits).await;
    assert!((room - 4..=room).contains(&holder.certificate.len()), "{}", holder.certificate.len());
    assert!(place.is_good(holder.serial).await);

    // Readings in the place of characters make it longer than the look-up could know.
    let readings = place.named(tottori(), &("\u{e000}".to_owned() + &long(most - 1)));
    let desk = place.desk(tottori());
    let case = Acts::open(desk, Procedure::Issue).await;
    desk.ask(Deed::LookUp { case, by: by_code(desk, &readings) }).await.unwrap();
    let apply = |reading: &str| {
        let mut deed = application(case, "CARD-OF-READINGS");
        if let Deed::Apply { name_choices, .. } = &mut deed {
            name_choices.insert(0, reading.into());
        }
        deed
    };
    let refused = refusal(desk.ask(apply("ことぶき")).await);
    assert!(matches!(refused, Refusal::TooLongForCard { characters: 3, .. }), "{refused:?}");
    assert!(matches!(desk.ask(apply("寿")).await.unwrap(), Answer::Permitted { .. }));
    place.close().await;
}

fn refused_says_what_to_do(refusal: &Refusal) -> bool {
    let says = refusal.to_string();
    ["shorter spelling", "the register", "look the person up again"]
        .iter()
        .all(|word| says.contains(word))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_the_register_beyond_every_bound_stops_nobody_else() {
    let mut place = Place::open(Book::Sqlite).await;
    for characters in [1_001, 8_000, 100_000] {
        let code = place.named(tottori(), &"寿".repeat(characters));
        let refused = refusal(look_up(place.desk(tottori()), Procedure::Issue, &code).await);
        assert_eq!(refused, Refusal::RegistryNotUnderstood, "{characters}");
    }
    let (_, holder) = place.holder(tottori()).await;
    assert!(place.is_good(holder.serial).await);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_is_too_long_for_a_certificate_still_ends_one_or_leaves_it() {
    let mut place = Place::open(Book::Sqlite).await;
    let long = format!("鳥取県鳥取市{}", "東町".repeat(480));
    // 転居 to an address that no certificate can carry.
    let (code, moved) = place.holder(tottori()).await;
    place.reported(|office| office.move_within(&code, &long)).await;
    assert_eq!(place.reason(moved.serial).await, Some(RevocationReason::AffiliationChanged));
    // A name that no certificate can carry.
    let (code, renamed) = place.holder(tottori()).await;
    let name = "寿".repeat(1_000);
    place.reported(|office| office.correct_error(&code, |items| items.name = name.clone())).await;
    assert_eq!(place.reason(renamed.serial).await, Some(RevocationReason::AffiliationChanged));
    // 軽微な修正 to such an address ends nothing, and neither does its repetition in other words.
    let (code, kept) = place.holder(tottori()).await;
    let hidden = format!("{long}\u{200b}");
    for address in [&long, &hidden] {
        let address = address.clone();
        place.reported(|office| office.minor_change(&code, |items| items.address = address)).await;
        assert!(place.is_good(kept.serial).await);
    }
    // What cannot be issued anew can still be ended at the counter, for every reason there is.
    let desk = place.desk(tottori());
    let refused = refusal(look_up(desk, Procedure::Renewal, &code).await);
    assert!(matches!(refused, Refusal::TextUnfit { .. }), "{refused:?}");
    match look_up(desk, Procedure::Hold, &code).await.unwrap() {
        Answer::Found { address, living: Some(living), .. } => {
            assert_eq!((address.text, address.undecided), (None, vec![]));
            assert_eq!(living.serial, kept.serial);
        }
        other => panic!("{other:?}"),
    }
    let case = Acts::open(desk, Procedure::Revocation).await;
    desk.ask(Deed::LookUp { case, by: by_code(desk, &code) }).await.unwrap();
    desk.ask(Deed::Revoke {
        case,
        identity: IdentityProof::ResidentCard,
        reason: RevocationReason::KeyCompromise,
    })
    .await
    .unwrap();
    assert_eq!(place.reason(kept.serial).await, Some(RevocationReason::KeyCompromise));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_says_what_is_too_long_before_it_signs_it() {
    let place = Place::open(Book::Sqlite).await;
    let desk = place.desk(tottori());
    let case = Acts::open(desk, Procedure::Issue).await;
    let closing = |why: String| desk.ask(Deed::CloseCase { case, why });
    for (why, says) in [
        ("取".repeat(1_001), "a reason in words has more than 1000 characters: enter it anew"),
        (
            "取\u{202e}".into(),
            "character 2 of a reason in words may not stand there: enter it anew",
        ),
    ] {
        let refused = closing(why).await.unwrap_err();
        assert!(matches!(refused, DeskError::Beyond { .. }), "{refused:?}");
        assert_eq!(refused.to_string(), says);
    }
    closing("取".repeat(1_000)).await.unwrap();
    place.close().await;
}
