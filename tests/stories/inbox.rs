//! The door of the feed: what is taken in, in which order, once.

use akashi_keys::{OfficerToken, seal_to};
use akashi_registry::{SealedBatch, TownIdentity};
use akashi_wire::act::{Deed, Suspension};
use akashi_wire::batch::{Batch, BatchEnvelope, Opening, signed_form};
use akashi_wire::date::{EffectiveDate, day_in_japan, start_of_day};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{CodeOpening, Idou, IdouKind, MunicipalityCode, ResidentCode, RevocationReason};
use jiff::ToSpan;

use crate::support::*;

told_on_both!(
    a_batch_that_comes_twice_gets_the_same_answer_and_does_nothing_twice,
    a_batch_that_comes_too_early_waits_only_for_its_own_persons,
    the_last_version_of_an_event_wins_until_it_was_acted_on,
);

const REVOKED: Option<RevocationReason> = Some(RevocationReason::AffiliationChanged);

async fn a_batch_that_comes_twice_gets_the_same_answer_and_does_nothing_twice(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    place.change(|office| office.move_within(&code, "鳥取県鳥取市栄町1番地"));
    let batch = place.batch_of(tottori(), 10);
    // Five at once, as a line that breaks makes them.
    let send = || place.sent(tottori(), &batch);
    let (a, b, c, d, e) = tokio::join!(send(), send(), send(), send(), send());
    assert!([&b, &c, &d, &e].into_iter().all(|answer| *answer == a));
    assert_eq!((a.accepted, a.next_expected, a.gap), (1, 2, false));
    place.tick().await;
    place.pass(1.hour());
    assert_eq!(place.sent(tottori(), &batch).await, a);
    place.tick().await;
    // The same events in a new batch are a repetition too.
    let again = {
        let now = place.now();
        let mut registry = place.registry.lock().unwrap();
        registry.resend(&place.sources[&tottori()], 1, 1, now).unwrap()
    };
    assert!(!place.sent(tottori(), &again).await.gap);
    place.tick().await;
    let rows = place.status_rows().await;
    assert_eq!(rows.iter().filter(|row| row.serial == holder.serial).count(), 2);
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    assert_eq!(place.entries("resent_too_late").await.len(), 0);
    place.close().await;
}

async fn a_batch_that_comes_too_early_waits_only_for_its_own_persons(book: Book) {
    let mut place = Place::open(book).await;
    let (both, first_holder) = place.holder(tottori()).await;
    let (other, other_holder) = place.holder(tottori()).await;
    place.change(|office| office.correct_error(&both, |_| ()));
    let first = place.batch_of(tottori(), 10);
    let second_change = place.change(|office| office.move_within(&both, "鳥取県鳥取市栄町1番地"));
    place.change(|office| office.death(&other, EffectiveDate::Unknown));
    let second = place.batch_of(tottori(), 10);

    let answer = place.sent(tottori(), &second).await;
    assert!(answer.gap && answer.next_expected == 1, "{answer:?}");
    place.tick().await;
    // Whose history is contiguous is settled; whoever's is not waits.
    assert_eq!(place.reason(other_holder.serial).await, REVOKED);
    assert!(place.is_good(first_holder.serial).await);
    assert_eq!(place.event(&second_change).await.state, "held_back");
    assert_eq!(place.house.ledger().held_back().await.unwrap(), 1);

    let answer = place.sent(tottori(), &first).await;
    assert_eq!((answer.gap, answer.next_expected), (false, 4));
    place.tick().await;
    assert_eq!(place.reason(first_holder.serial).await, REVOKED);
    assert_eq!(place.event(&second_change).await.state, "settled");
    assert_eq!(place.house.ledger().held_back().await.unwrap(), 0);
    place.close().await;
}

/// Sends events again, changed.
fn resend(
    place: &Place,
    town: MunicipalityCode,
    sequence: u64,
    edit: impl FnMut(&mut Idou),
) -> SealedBatch {
    let now = place.now();
    let mut registry = place.registry.lock().unwrap();
    registry.resend_with(&place.sources[&town], sequence, 1, now, edit).unwrap()
}

async fn the_last_version_of_an_event_wins_until_it_was_acted_on(book: Book) {
    let mut place = Place::open(book).await;
    // Held back when it was sent: the later version counts.
    let (code, holder) = place.holder(tottori()).await;
    place.change(|office| office.correct_error(&code, |_| ()));
    let first = place.batch_of(tottori(), 10);
    let death = place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let second = place.batch_of(tottori(), 10);
    place.sent(tottori(), &second).await;
    place.tick().await;
    let corrected = resend(&place, tottori(), death.sequence, |event| {
        event.kind = IdouKind::SetaiHenkou;
    });
    place.sent(tottori(), &corrected).await;
    place.tick().await;
    assert_eq!(place.event(&death).await.state, "held_back");
    place.sent(tottori(), &first).await;
    place.tick().await;
    assert_eq!(place.result(&death).await, "not affected");
    assert!(place.is_good(holder.serial).await);

    // Acted on: the first version stands, and somebody must look.
    let (code, holder) = place.holder(tottori()).await;
    let death = place.change(|office| office.death(&code, EffectiveDate::Unknown));
    place.report(tottori()).await;
    let too_late = resend(&place, tottori(), death.sequence, |event| {
        event.kind = IdouKind::SetaiHenkou;
    });
    place.sent(tottori(), &too_late).await;
    place.tick().await;
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    let entries = place.entries("resent_too_late").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].subject, format!("{TOTTORI} {}", death.sequence));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_move_that_is_sent_again_with_another_day_comes_on_that_day() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(5.days());
    let later = day.saturating_add(5.days());
    let planned = place.change(|office| office.notify_move_out(&code, day));
    place.report(tottori()).await;
    assert_eq!(place.event(&planned).await.state, "scheduled");
    let corrected = resend(&place, tottori(), planned.sequence, |event| {
        event.effective_date = EffectiveDate::Full { day: later };
    });
    place.sent(tottori(), &corrected).await;
    place.tick().await;
    place.clock.advance_to(start_of_day(later) - 1.second());
    place.tick().await;
    assert!(place.is_good(holder.serial).await, "the first day is no longer the planned one");
    place.clock.advance_to(start_of_day(later));
    place.tick().await;
    assert_eq!(place.reason(holder.serial).await, REVOKED, "{:?}", place.event(&planned).await);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_move_that_is_sent_again_as_a_death_ends_the_certificate_now() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(5.days());
    let planned = place.change(|office| office.notify_move_out(&code, day));
    place.report(tottori()).await;
    let corrected = resend(&place, tottori(), planned.sequence, |event| {
        event.kind = IdouKind::Shibou;
        event.effective_date = EffectiveDate::Unknown;
    });
    place.sent(tottori(), &corrected).await;
    place.tick().await;
    assert_eq!(place.reason(holder.serial).await, REVOKED, "{:?}", place.event(&planned).await);
    // Or as something that ends nothing: then the planned day passes.
    let (code, holder) = place.holder(tottori()).await;
    let planned = place.change(|office| office.notify_move_out(&code, day));
    place.report(tottori()).await;
    let corrected = resend(&place, tottori(), planned.sequence, |event| {
        event.kind = IdouKind::SetaiHenkou;
        event.effective_date = EffectiveDate::Unknown;
    });
    place.sent(tottori(), &corrected).await;
    place.tick().await;
    place.clock.advance_to(start_of_day(day) + 24.hours());
    place.tick().await;
    assert!(place.is_good(holder.serial).await);
    place.close().await;
}

/// What a batch that is refused whole must not have changed.
async fn nothing_happened(place: &Place, holder: &Holder, before: u64) {
    place.tick().await;
    assert!(place.is_good(holder.serial).await);
    let source = place.house.ledger().source(tottori()).await.unwrap().unwrap();
    assert_eq!(source.next_expected, before);
    assert!(place.house.ledger().waiting_events(10).await.unwrap().is_empty());
}

/// A batch made by hand, signed by one and encrypted.
fn by_hand(text: &[u8], openings: Vec<Opening>, signer: &TownIdentity) -> Vec<u8> {
    let now = jiff::Timestamp::now();
    let signed = signer.sign(MessageKind::Batch, &signed_form(text), now).unwrap();
    let envelope = BatchEnvelope { signed, text: Octets(text.to_vec()), openings };
    seal_to(&signer.recipient, &serde_json::to_vec(&envelope).unwrap()).unwrap()
}

fn opening(code: &ResidentCode) -> Opening {
    Opening { resident: CodeOpening::new(code, rand::random()), new_resident: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_by_its_own_source_is_refused_whole() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let batch = place.batch_of(tottori(), 10);
    let text = batch.batch.to_text();
    let source = place.sources[&tottori()].clone();
    let other = place.sources[&yonago()].clone();
    let recipient = source.recipient.clone();
    let link = source.link();
    let refused = place.entries("refuse").await.len();

    let mut tampered = batch.sealed.clone();
    *tampered.last_mut().unwrap() ^= 1;
    let form = signed_form(&text);
    let with = |signed: Vec<u8>, text: &[u8]| {
        let (signed, text) = (Octets(signed), Octets(text.to_vec()));
        let envelope = BatchEnvelope { signed, text, openings: vec![opening(&code)] };
        seal_to(&recipient, &serde_json::to_vec(&envelope).unwrap()).unwrap()
    };
    let envelope = |signed: Vec<u8>| with(signed, &text);
    // Changed after signing, inside of an envelope of its own: the header, a digest, the text.
    let sound = source.sign(MessageKind::Batch, &form, place.now()).unwrap().0;
    let mut forged = sound.clone();
    let at = forged.windows(5).position(|window| window == b"first").unwrap();
    forged[at] = b'F';
    let mut another = text.clone();
    let at = another.windows(6).position(|window| window == b"shibou").unwrap();
    another[at] = b'S';
    let registry = place.registries[&tottori()].clone();
    let openings: Vec<Opening> = {
        let residents = place.registry.lock().unwrap();
        residents.outbox(tottori()).unwrap().events().iter().map(|(_, o)| o.clone()).collect()
    };
    // Sound in everything else.
    let by_registry = by_hand(&text, openings, &registry);
    let agency = place.enrolled("Bureau", Role::Agency { purposes: vec!["x".into()] }).await;
    let by_agency = agency.sign_as(MessageKind::Batch, &form, place.now()).as_der().to_vec();
    for (what, octets, status) in [
        ("junk", b"junk".to_vec(), 400),
        ("nothing", Vec::new(), 400),
        ("a changed envelope", tampered, 400),
        ("plain text", text.clone(), 400),
        ("an unsigned text", envelope(text.clone()), 400),
        ("a changed header", envelope(forged), 400),
        ("a changed text", with(sound.clone(), &another), 400),
        ("a text without its event", with(sound.clone(), &form), 400),
        (
            "the text itself signed",
            envelope(source.sign(MessageKind::Batch, &text, place.now()).unwrap().0),
            400,
        ),
        ("another source's signature", by_hand(&text, vec![opening(&code)], &other), 0),
        ("an agency's signature", envelope(by_agency), 0),
        ("no opening", by_hand(&text, Vec::new(), &source), 400),
        ("an opening that opens nothing", by_hand(&text, vec![opening(&code)], &source), 400),
    ] {
        let (found, told) = place.post("/idou", &link, octets).await;
        let as_must = if status == 0 { matches!(found, 400 | 403) } else { found == status };
        // Each for its own reason: an opening that does not fit would be refused as well.
        let reason = match what {
            "a changed header" | "a changed text" | "the text itself signed" => "what was signed",
            "a text without its event" => "line 2",
            _ => "",
        };
        assert!(told.contains(reason), "{what}: {told}");
        assert!(as_must && !told.is_empty(), "{what}: {found} {told}");
        nothing_happened(&place, &holder, 1).await;
    }
    let (status, told) = place.post("/idou", &registry.link(), by_registry).await;
    assert!(status == 403 && told.contains("only a source sends"), "{status} {told}");
    nothing_happened(&place, &holder, 1).await;
    // A sound batch over the wrong link: another source's, the registry's, an officer's.
    let (officer, _) = place.officer(tottori()).await;
    for link in [other.link(), registry.link(), officer.link()] {
        assert_eq!(place.post("/idou", &link, batch.sealed.clone()).await.0, 403);
        nothing_happened(&place, &holder, 1).await;
    }
    assert_eq!(place.entries("refuse").await.len(), refused + 17, "each refusal is on record");
    // The sound batch over its own link still is what it was.
    assert_eq!(place.sent(tottori(), &batch).await.accepted, 1);
    place.tick().await;
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_against_the_contract_is_refused_whole_and_told_where() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let source = place.sources[&tottori()].clone();
    place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let sound = place.batch_of(tottori(), 10).batch;
    let text = |batch: &Batch| String::from_utf8(batch.to_text()).unwrap();
    let changed = |edit: &dyn Fn(&mut Batch)| {
        let mut batch = sound.clone();
        edit(&mut batch);
        text(&batch)
    };
    let foreign = |batch: &mut Batch| batch.events[0].source = yonago();
    let whole_foreign = |batch: &mut Batch| {
        batch.header.source = yonago();
        batch.events[0].source = yonago();
    };
    let bad = [
        ("another count", changed(&|batch| batch.header.count = 2)),
        ("a gap inside", changed(&|batch| batch.events[0].sequence = 7)),
        (
            "sequence zero",
            changed(&|batch| {
                batch.header.first = 0;
                batch.events[0].sequence = 0;
            }),
        ),
        ("history zero", changed(&|batch| batch.events[0].history_number = 0)),
        ("a foreign event", changed(&foreign)),
        ("a whole foreign batch", changed(&whole_foreign)),
        ("a taking back of nothing", changed(&|batch| batch.events[0].kind = IdouKind::Torikeshi)),
        ("a move to nowhere", changed(&|batch| batch.events[0].kind = IdouKind::Tenkyo)),
        ("an unknown kind", text(&sound).replace("\"shibou\"", "\"ressurection\"")),
        ("an unknown field", text(&sound).replace("\"kind\"", "\"resident_code\":\"1\",\"kind\"")),
        ("no text", "\u{0}".into()),
    ];
    for (what, text) in bad {
        let sealed = by_hand(text.as_bytes(), vec![opening(&code)], &source);
        let (status, told) = place.post("/idou", &source.link(), sealed).await;
        assert!(matches!(status, 400 | 403) && !told.is_empty(), "{what}: {status} {told}");
        assert!(!told.contains("証"), "the answer repeats no name: {told}");
        nothing_happened(&place, &holder, 1).await;
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_cut_takes_nothing_until_it_is_opened_again() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let (elsewhere, other) = place.holder(yonago()).await;
    let (what, why) = (Suspension::Source { municipality: tottori() }, "an incident".to_owned());
    place.security.ask(Deed::Suspend { what, why: why.clone() }).await.unwrap();
    place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let batch = place.batch_of(tottori(), 10);
    let refused = place.send(tottori(), &batch).await.unwrap_err().to_string();
    assert!(refused.contains("403") && refused.contains("cut"), "{refused}");
    nothing_happened(&place, &holder, 1).await;
    // The other town is not touched by it.
    place.reported(|office| office.death(&elsewhere, EffectiveDate::Unknown)).await;
    assert_eq!(place.reason(other.serial).await, REVOKED);
    place.security.ask(Deed::Lift { what, why }).await.unwrap();
    assert_eq!(place.sent(tottori(), &batch).await.accepted, 1);
    place.tick().await;
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dismissed_source_is_no_source() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let batch = place.batch_of(tottori(), 10);
    let of = Sha256::of(&place.sources[&tottori()].certificate);
    let party = place.house.ledger().enrolment_of(of).await.unwrap().unwrap().party;
    place.security.ask(Deed::Dismiss { party, why: "its key leaked".into() }).await.unwrap();
    assert!(place.send(tottori(), &batch).await.is_err());
    nothing_happened(&place, &holder, 1).await;
    // The register of that town is asked at another system, which answers still.
    let asked = async |place: &Place| {
        let by = place.by_items(&code);
        place.desk(tottori()).find(akashi_wire::act::Procedure::Hold, by).await
    };
    let dead = refusal(asked(&place).await);
    assert_eq!(dead, akashi_wire::act::Refusal::NotInRegister);
    let of = Sha256::of(&place.registries[&tottori()].certificate);
    let party = place.house.ledger().enrolment_of(of).await.unwrap().unwrap().party;
    place.security.ask(Deed::Dismiss { party, why: "its key leaked".into() }).await.unwrap();
    let refused = refusal(asked(&place).await);
    assert_eq!(refused, akashi_wire::act::Refusal::RegistryNotUnderstood);

    // A new key of the same town goes on where the old one stopped.
    let role = Role::Source { municipality: tottori() };
    let party = place.enrolled("Source of 312011", role).await;
    let token = std::sync::Arc::into_inner(party.token).unwrap();
    let source = source_of(token, &place.sources[&tottori()].recipient);
    let openings = {
        let registry = place.registry.lock().unwrap();
        registry.outbox(tottori()).unwrap().events().iter().map(|(_, o)| o.clone()).collect()
    };
    let sealed = by_hand(&batch.batch.to_text(), openings, &source);
    assert_eq!(place.post("/idou", &source.link(), sealed).await.0, 202);
    place.tick().await;
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    place.close().await;
}

fn source_of(token: OfficerToken, recipient: &[u8]) -> TownIdentity {
    let (certificate, link_authority) =
        (token.certificate().to_vec(), token.link_authority().to_vec());
    TownIdentity {
        municipality: tottori(),
        key: token.into_key().into(),
        certificate,
        link_authority,
        recipient: recipient.to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_proves_that_silence_is_silence() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let silent = async |place: &Place| {
        let desk = place.desk(tottori());
        let case = Acts::open(desk, akashi_wire::act::Procedure::Issue).await;
        let by = place.by_items(&code);
        match desk.ask(Deed::LookUp { case, by }).await.unwrap() {
            akashi_wire::Answer::Found { feed_silent, .. } => feed_silent,
            other => panic!("{other:?}"),
        }
    };
    assert!(silent(&place).await, "nothing was ever heard");
    let beat = |place: &mut Place| {
        let now = place.now();
        let mut registry = place.registry.lock().unwrap();
        registry.heartbeat(&place.sources[&tottori()], now).unwrap()
    };
    let batch = beat(&mut place);
    let answer = place.sent(tottori(), &batch).await;
    assert_eq!((answer.accepted, answer.next_expected, answer.gap), (0, 1, false));
    assert!(!silent(&place).await);
    place.pass(16.minutes());
    assert!(silent(&place).await);
    // A heartbeat after a lost batch shows the gap.
    let other = place.resident(tottori());
    place.change(|office| office.move_within(&other, "鳥取県鳥取市栄町1番地"));
    let lost = place.batch_of(tottori(), 10);
    let batch = beat(&mut place);
    let answer = place.sent(tottori(), &batch).await;
    assert!(answer.gap && answer.next_expected == 1, "{answer:?}");
    assert!(!place.sent(tottori(), &lost).await.gap);
    let batch = beat(&mut place);
    assert_eq!(place.sent(tottori(), &batch).await.next_expected, 2);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_may_ask_what_became_of_its_own_events_and_nobody_else_may() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, _) = place.holder(tottori()).await;
    place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
    let ask = async |link: &akashi_link::Identity, sequence: u64| {
        let client = akashi_link::client(link).unwrap();
        let url = format!("{}/idou/{sequence}", place.url());
        let answer = client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let own = place.sources[&tottori()].link();
    let (status, text) = ask(&own, 1).await;
    assert!(status == 200 && text.contains("\"revoked\""), "{status} {text}");
    assert_eq!(ask(&own, 2).await.0, 404);
    assert_eq!(ask(&place.sources[&yonago()].link(), 1).await.0, 404);
    let (officer, _) = place.officer(tottori()).await;
    assert_eq!(ask(&officer.link(), 1).await.0, 403);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_sent_again_after_something_else_came_between_holds_nobody_up() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(20.days());
    let plan = place.change(|office| office.notify_move_out(&code, day));
    place.report(tottori()).await;
    place.reported(|office| office.household_change(&code)).await;
    let later = EffectiveDate::Full { day: day.saturating_add(5.days()) };
    let again =
        resend(&place, tottori(), plan.sequence, |event| event.effective_date = later.clone());
    place.sent(tottori(), &again).await;
    place.tick().await;
    assert_eq!(place.event(&plan).await.state, "scheduled");
    assert!(place.is_good(holder.serial).await);
    // The next event of this person still follows on the last one.
    let death = place.change(|office| office.death(&code, EffectiveDate::Unknown));
    place.report(tottori()).await;
    place.tick().await;
    assert_eq!(place.result(&death).await, "revoked");
    assert!(!place.is_good(holder.serial).await);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequence_that_stood_for_somebody_else_is_refused_and_ends_nothing() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, _) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(20.days());
    let plan = place.change(|office| office.notify_move_out(&code, day));
    place.report(tottori()).await;
    let forged = resend(&place, tottori(), plan.sequence, |event| event.history_number += 7);
    let (status, text) =
        place.post("/idou", &place.sources[&tottori()].link(), forged.sealed.clone()).await;
    assert_eq!(status, 400, "{text}");
    assert!(text.contains("a new change needs a new sequence"), "{text}");
    assert_eq!(place.event(&plan).await.state, "scheduled");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absurd_history_number_is_refused_and_the_scheduler_lives() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let change = place.change(|office| office.household_change(&code));
    place.report(tottori()).await;
    let absurd = resend(&place, tottori(), change.sequence, |event| {
        event.history_number = u32::MAX;
    });
    let (status, _) =
        place.post("/idou", &place.sources[&tottori()].link(), absurd.sealed.clone()).await;
    assert_eq!(status, 400);
    place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
    assert!(!place.is_good(holder.serial).await);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_a_clock_behind_the_book_cannot_record_is_counted_and_recorded_later() {
    let place = Place::open(Book::Sqlite).await;
    let doors = &place.house.doors;
    let refused = place.entries("refuse").await.len();
    let early = place.now() - 1.hour();
    for _ in 0..3 {
        doors.inbox.accept(b"junk", None, early).await.unwrap_err();
    }
    assert_eq!(place.entries("refuse").await.len(), refused, "nothing is written back in time");
    doors.scheduler.ends(place.now()).await.unwrap();
    // One entry, or two where the scheduler came round in the midst of them: of all three, and of none twice.
    let entries = place.entries("refuse").await.split_off(refused);
    let counted = entries.iter().map(|entry| {
        let rest = entry.subject.strip_prefix("batch_envelope a file and ").expect(&entry.subject);
        let (count, _) = rest.split_once(" more within").expect(&entry.subject);
        count.parse::<usize>().unwrap()
    });
    assert_eq!(counted.sum::<usize>(), 3, "{entries:?}");
    place.close().await;
}
