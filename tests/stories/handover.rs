//! 引継ぎ: a municipality that another takes up is spoken for by the other's source.

use akashi_registry::SealedBatch;
use akashi_wire::act::{Answer, Deed, Refusal, Suspension};
use akashi_wire::date::EffectiveDate;
use akashi_wire::party::Role;
use akashi_wire::{MunicipalityCode, ResidentCode, RevocationReason};

use crate::support::*;

told_on_both!(whoever_takes_a_municipality_up_speaks_for_it_and_its_own_source_no_more);

const REVOKED: Option<RevocationReason> = Some(RevocationReason::AffiliationChanged);

/// A death in a town, as another source would tell it.
fn death_told_by(
    place: &mut Place,
    speaker: MunicipalityCode,
    (town, code): (MunicipalityCode, &ResidentCode),
) -> SealedBatch {
    place.change(|office| office.death(code, EffectiveDate::Unknown));
    let (now, speaking) = (place.now(), place.sources[&speaker].speaking_for(town));
    let mut registry = place.registry.lock().unwrap();
    registry.next_batch(&speaking, now, 100).unwrap().expect("an event")
}

/// Sends a batch over the link of a source; gives status and sentence.
async fn sent(place: &Place, link: MunicipalityCode, batch: &SealedBatch) -> (u16, String) {
    let link = place.sources[&link].link();
    place.post("/idou", &link, batch.sealed.clone()).await
}

async fn whoever_takes_a_municipality_up_speaks_for_it_and_its_own_source_no_more(book: Book) {
    let mut place = Place::open(book).await;
    let (early, before) = place.holder(yonago()).await;
    let (late, after) = place.holder(yonago()).await;
    let (own, at_home) = place.holder(tottori()).await;
    let why = || "合併".to_owned();
    // Nobody speaks for another town of himself.
    let told = death_told_by(&mut place, tottori(), (yonago(), &early));
    let (status, says) = sent(&place, tottori(), &told).await;
    assert_eq!(status, 403, "{says}");
    place.tick().await;
    assert!(place.is_good(before.serial).await);

    let hand_over = Deed::HandOver { from: yonago(), to: tottori(), why: why() };
    let (one, other) = (&place.security.one, &place.security.other);
    for (from, to) in [(yonago(), yonago()), (yonago(), "312037".parse().unwrap())] {
        let deed = Deed::HandOver { from, to, why: why() };
        // The second has no source.
        assert_eq!(refusal(one.ask(deed).await), Refusal::NoHandOver, "{from} {to}");
    }
    let elsewhere = Deed::HandOver { from: yonago(), to: "131016".parse().unwrap(), why: why() };
    assert!(matches!(refusal(one.ask(elsewhere).await), Refusal::Malformed { .. }));
    assert_eq!(refusal(place.desk(yonago()).ask(hand_over.clone()).await), Refusal::NotAllowed);
    let Answer::Proposed { request, digest, .. } = one.ask(hand_over.clone()).await.unwrap() else {
        panic!("one person hands nothing over");
    };
    let (status, _) = sent(&place, tottori(), &told).await;
    assert_eq!(status, 403, "proposed is not done");
    other.ask(Deed::Countersign { request, digest }).await.unwrap();

    // Who asks who may do what is told who speaks for whom.
    let Answer::Reviewed { handovers, .. } = one.ask(Deed::Review).await.unwrap() else {
        panic!("a review shows");
    };
    let known: Vec<_> = handovers.iter().map(|one| (one.from, one.to)).collect();
    assert_eq!(known, [(yonago(), tottori())]);
    // The same batch is taken now, and ends what it says.
    let (status, says) = sent(&place, tottori(), &told).await;
    assert_eq!(status, 202, "{says}");
    place.tick().await;
    assert_eq!(place.reason(before.serial).await, REVOKED);
    // Its own source says nothing any more, not even over its own link; nor is there another.
    let by_itself = death_told_by(&mut place, yonago(), (yonago(), &late));
    let (status, says) = sent(&place, yonago(), &by_itself).await;
    assert_eq!(status, 403, "{says}");
    place.tick().await;
    assert!(place.is_good(after.serial).await);
    let (deed, _) = place.enrolment("Yonago again", Role::Source { municipality: yonago() });
    assert_eq!(refusal(place.security.one.ask(deed).await), Refusal::TakenUp { by: tottori() });
    let again = refusal(place.security.one.ask(hand_over).await);
    assert_eq!(again, Refusal::NoHandOver);
    let chained = Deed::HandOver { from: tottori(), to: yonago(), why: why() };
    assert_eq!(refusal(place.security.one.ask(chained).await), Refusal::NoHandOver);

    // Where an event of it stands is told to whoever speaks for it.
    let link = akashi_link::client(&place.sources[&tottori()].link()).unwrap();
    let asked = async |query: &str| {
        let number = told.batch.events[0].sequence;
        let url = format!("{}/idou/{number}{query}", place.url());
        link.get(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!(asked(&format!("?source={}", yonago())).await, 200);
    assert_eq!(asked("?source=312037").await, 403);

    // What is cut stays cut, whoever speaks: the town that is spoken for, alone.
    let what = Suspension::Source { municipality: yonago() };
    let cut = Deed::Suspend { what, why: why() };
    place.security.one.ask(cut).await.unwrap();
    let speaking = place.sources[&tottori()].speaking_for(yonago());
    let number = by_itself.batch.events[0].sequence;
    let silenced =
        place.registry.lock().unwrap().resend(&speaking, number, 1, place.now()).unwrap();
    let (status, says) = sent(&place, tottori(), &silenced).await;
    assert_eq!(status, 403, "{says}");
    assert!(says.contains("312029 is cut"), "{says}");
    assert!(place.is_good(after.serial).await);
    let lift = Deed::Lift { what, why: why() };
    place.security.ask(lift).await.unwrap();
    assert_eq!(sent(&place, tottori(), &silenced).await.0, 202);
    // And the own town's changes come as ever.
    let at_home_told = death_told_by(&mut place, tottori(), (tottori(), &own));
    assert_eq!(sent(&place, tottori(), &at_home_told).await.0, 202);
    place.tick().await;
    assert_eq!(place.reason(at_home.serial).await, REVOKED);
    assert_eq!(place.entries("hand_over").await.len(), 1);
    place.house.ledger().verify_audit().await.unwrap();
    assert_eq!(place.house.ledger().verify_derived().await.unwrap(), []);
    place.close().await;
}
