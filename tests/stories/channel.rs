//! The authority speaks with the card; the terminal only carries.

use akashi_card::{Card, CardError, KeySlot, SigningPin, Transport, TransportError};
use akashi_cardhost::{InsertedCard, new_number};
use akashi_keys::Signer;
use akashi_ra_console::DeskError;
use akashi_ra_console::journey::{self, Application, Delivery};
use akashi_scp03::{KeyVersion, MasterKey};
use akashi_softcard::SoftCard;
use akashi_wire::act::{Answer, Deed, IdentityProof, Procedure, Refusal};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{CaseId, ResidentCode};
use jiff::ToSpan;

use crate::support::*;

told_on_both!(a_case_goes_on_after_the_authority_was_restarted);

/// A card in a reader, out of which it is torn once; or the reader is unplugged, card and all.
struct Shaky {
    card: InsertedCard,
    /// Commands until it is torn out.
    left: Option<usize>,
    /// Whether the command at which it is torn out still reaches it.
    reaches_card: bool,
    unplugged: bool,
    commands: usize,
}

impl Shaky {
    fn new(card: Card<InsertedCard>, left: Option<usize>, reaches_card: bool) -> Card<Self> {
        let card = card.into_transport();
        let unplugged = left.is_some_and(|left| left % 3 == 0);
        Card::open(Self { card, left, reaches_card, unplugged, commands: 0 }).unwrap()
    }
}

impl Transport for Shaky {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.left == Some(0) {
            self.left = None;
            if self.reaches_card {
                self.card.transmit(command)?;
            }
            self.card.reset();
            let reason = "by the test".into();
            return Err(if self.unplugged {
                TransportError::ReaderGone { reason }
            } else {
                TransportError::CardRemoved { reason }
            });
        }
        self.left = self.left.map(|left| left - 1);
        self.commands += 1;
        self.card.transmit(command)
    }
}

fn pin() -> SigningPin {
    "HIMITSU9".parse().unwrap()
}

fn brings(place: &Place, code: &ResidentCode, procedure: Procedure) -> Application {
    Application {
        procedure,
        by: place.by_items(code),
        identity: IdentityProof::ResidentCard,
        under_guardianship: None,
        name_choices: Default::default(),
        address_choices: Default::default(),
        ticket: None,
    }
}

/// The case that was cut off.
fn cut_off(outcome: Result<Delivery, DeskError>) -> CaseId {
    match outcome {
        Err(DeskError::InCase { case, .. }) => case,
        Err(other) => panic!("before the case was open: {other}"),
        Ok(_) => panic!("nothing cut it off"),
    }
}

fn signs(place: &Place, card: &mut Card<impl Transport>, delivery: &Delivery) {
    card.verify_pin(&pin()).unwrap();
    let signature = card.sign(KeySlot::Living, &Sha256::of(b"a tax return").0).unwrap();
    assert!(place.agency.verifies(&delivery.certificate, b"a tax return", &signature));
}

/// Torn out or unplugged at one command after another, before it reached the card or after: the case
/// goes on with the same card, and ends with one certificate that is in the card.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_torn_out_at_any_command_is_put_back_and_the_case_goes_on() {
    let mut place = Place::open(Book::Sqlite).await;
    // Blocks of certificates are many and alike.
    let every = (3..16).chain((16..48).step_by(5)).chain(48..);
    let mut delivered = 0;
    for (round, at) in every.enumerate() {
        let code = place.resident(tottori());
        let mut card = Shaky::new(place.blank_card().unwrap(), Some(at), round % 2 == 0);
        let desk = place.desk(tottori());
        let application = brings(&place, &code, Procedure::Issue);
        let outcome = journey::certify(desk, &mut card, &pin(), &application, |_| ()).await;
        delivered += 1;
        let case = match outcome {
            Ok(_) => {
                assert!(at > 50, "{at} commands: there are more");
                break;
            }
            other => cut_off(other),
        };
        let delivery = journey::resume(desk, &mut card, &pin(), case, &application, |_| ()).await;
        let delivery = delivery.unwrap_or_else(|error| panic!("torn out at {at}: {error}"));
        signs(&place, &mut card, &delivery);
        place.seen_good(&delivery.certificate).await;
    }
    // Whatever was issued on the way and did not come into a card has ended.
    assert_eq!(place.good_ones().await.len(), delivered);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_that_is_cut_off_leaves_the_holder_with_what_was_there() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let mut card = place.blank_card().unwrap();
    let first = place.certify(tottori(), Procedure::Issue, &code, &mut card, &pin()).await;
    let first = first.unwrap();
    place.clock.advance_to(first.not_after - (30 * 24).hours());
    let mut card = Shaky::new(card, Some(30), false);
    let desk = place.desk(tottori());
    let application = brings(&place, &code, Procedure::Renewal);
    let outcome = journey::certify(desk, &mut card, &pin(), &application, |_| ()).await;
    let case = cut_off(outcome);
    card.select().unwrap();
    signs(&place, &mut card, &first);
    assert_eq!(card.read_certificate().unwrap(), first.certificate);
    place.seen_good(&first.certificate).await;
    let second = journey::resume(desk, &mut card, &pin(), case, &application, |_| ()).await;
    let second = second.unwrap();
    assert_eq!(second.superseded, Some(first.serial));
    signs(&place, &mut card, &second);
    place.close().await;
}

async fn a_case_goes_on_after_the_authority_was_restarted(book: Book) {
    let mut place = Place::open(book).await;
    let code = place.resident(tottori());
    // In the middle of writing: what was issued is written into the same card, and nothing anew.
    let mut card = Shaky::new(place.blank_card().unwrap(), Some(30), true);
    let application = brings(&place, &code, Procedure::Issue);
    let desk = place.desk(tottori());
    let outcome = journey::certify(desk, &mut card, &pin(), &application, |_| ()).await;
    let case = cut_off(outcome);
    let [issued] = place.good_ones().await[..] else { panic!("one was issued") };
    let again = place.reopened(|_| ()).await;
    let desk = &again.desks[&tottori()];
    let delivery = journey::resume(desk, &mut card, &pin(), case, &application, |_| ()).await;
    assert_eq!(delivery.unwrap().serial, issued);
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_terminal_takes_a_case_up_with_the_same_card_and_with_no_other() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let mut swapped = place.blank_card().unwrap();
    let mut card = Shaky::new(place.blank_card().unwrap(), Some(40), false);
    let application = brings(&place, &code, Procedure::Issue);
    let desk = place.desk(tottori());
    let outcome = journey::certify(desk, &mut card, &pin(), &application, |_| ()).await;
    let case = cut_off(outcome);
    let (_, colleague) = place.officer(tottori()).await;
    let other = journey::resume(&colleague, &mut swapped, &pin(), case, &application, |_| ()).await;
    assert_eq!(refusal(other.map(|_| ())), Refusal::WrongCard);
    let elsewhere = place.desk(yonago());
    let other = journey::resume(elsewhere, &mut card, &pin(), case, &application, |_| ()).await;
    assert_eq!(refusal(other.map(|_| ())), Refusal::NoSuchCase);
    let renewal = brings(&place, &code, Procedure::Renewal);
    let other = journey::resume(&colleague, &mut card, &pin(), case, &renewal, |_| ()).await;
    assert!(matches!(
        other.err(),
        Some(DeskError::InCase { error, .. })
            if matches!(*error, DeskError::OtherProcedure { procedure: Procedure::Issue })
    ));
    let delivery = journey::resume(&colleague, &mut card, &pin(), case, &application, |_| ()).await;
    signs(&place, &mut card, &delivery.unwrap());
    assert_eq!(swapped.pin_tries_left(), Ok(0), "the other card was left alone");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_pair_made_anew_for_an_issued_case_is_applied_for_again() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let mut card = Shaky::new(place.blank_card().unwrap(), Some(40), false);
    let application = brings(&place, &code, Procedure::Issue);
    let desk = place.desk(tottori());
    let outcome = journey::certify(desk, &mut card, &pin(), &application, |_| ()).await;
    let case = cut_off(outcome);
    let [lost] = place.good_ones().await[..] else { panic!("one was issued") };
    // The pending pair is overwritten and switched to, as if another authority had the keys.
    let mut inside = card.into_transport().card;
    let mut memory = serde_json::to_value(inside.chip()).unwrap();
    memory["pending"] = serde_json::Value::Null;
    inside = InsertedCard::of(serde_json::from_value(memory).unwrap());
    let mut card = Card::open(inside).unwrap();
    let delivery = journey::resume(desk, &mut card, &pin(), case, &application, |_| ()).await;
    let delivery = delivery.unwrap();
    assert_ne!(delivery.serial, lost);
    assert_eq!(place.good_ones().await, [delivery.serial]);
    signs(&place, &mut card, &delivery);
    place.close().await;
}

/// A card has one PIN and one living key: what lies in it belongs to one person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_certified_into_the_card_of_another() {
    let mut place = Place::open(Book::Sqlite).await;
    let (owner, other) = (place.resident(tottori()), place.resident(tottori()));
    // The other's case was open and bound to the card before its owner was certified into it.
    let mut card = place.blank_card().unwrap();
    let number = card.number().unwrap().to_string();
    let desk = place.desk(tottori());
    let early = desk.find(Procedure::Issue, place.by_items(&other)).await.unwrap();
    let challenge = desk.apply(early, &number).await.unwrap();
    let key = key(1);
    make_key(desk, early, &number, key.public_key()).await.unwrap();
    let issued = place.certify(tottori(), Procedure::Issue, &owner, &mut card, &pin()).await;
    let issued = issued.unwrap();

    let strangers: SigningPin = "BOESE77Q".parse().unwrap();
    let outcome = place.certify(tottori(), Procedure::Issue, &other, &mut card, &strangers).await;
    assert_eq!(refusal(outcome.map(|_| ())), Refusal::CardOfAnother);
    let proof = Octets(proof(&*key, &challenge));
    let certify = Deed::Certify { case: early, card: number.clone(), proof };
    assert_eq!(refusal(desk.ask(certify).await), Refusal::CardOfAnother);
    let open = Deed::OpenChannel { case: early, card: number };
    assert_eq!(refusal(desk.ask(open).await), Refusal::CardOfAnother);
    card.select().unwrap();
    signs(&place, &mut card, &issued);
    assert_eq!(place.good_ones().await, [issued.serial]);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_ended_meanwhile_is_not_written() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let mut card = Shaky::new(place.blank_card().unwrap(), Some(40), false);
    let application = brings(&place, &code, Procedure::Issue);
    let desk = place.desk(tottori());
    let outcome = journey::certify(desk, &mut card, &pin(), &application, |_| ()).await;
    let case = cut_off(outcome);
    let reason = akashi_wire::RevocationReason::KeyCompromise;
    journey::revoke(desk, place.by_items(&code), reason, IdentityProof::ResidentCard)
        .await
        .unwrap();
    let outcome = journey::resume(desk, &mut card, &pin(), case, &application, |_| ()).await;
    assert_eq!(refusal(outcome.map(|_| ())), Refusal::CertificateEnded);
    card.select().unwrap();
    card.verify_pin(&pin()).unwrap();
    assert_eq!(card.read_certificate(), Err(CardError::NoCertificate));
    desk.ask(Deed::CloseCase { case, why: "it ended".into() }).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_no_card_made_is_not_certified() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let (made, other) = (place.new_key(), place.new_key());
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let challenge = desk.apply(case, "CARD").await.unwrap();
    let certify = |key: &dyn Signer| Deed::Certify {
        case,
        card: "CARD".into(),
        proof: Octets(proof(key, &challenge)),
    };
    // Neither without a channel, nor another key than the card's.
    assert_eq!(refusal(desk.ask(certify(&*made)).await), Refusal::KeyNotOfCard);
    let mut card = make_key(desk, case, "CARD", made.public_key()).await.unwrap();
    assert_eq!(refusal(desk.ask(certify(&*other)).await), Refusal::KeyNotOfCard);
    let Answer::Certified { certificate, run, .. } = desk.ask(certify(&*made)).await.unwrap()
    else {
        panic!("the card's own key is certified")
    };
    // And what was not read back through the channel is not delivered, whoever says so.
    let read_back = Sha256::of(&certificate.0);
    let confirm = || Deed::ConfirmDelivery { case, card: "CARD".into(), read_back };
    let early = refusal(desk.ask(confirm()).await);
    assert!(matches!(early, Refusal::WrongStep { .. }), "{early:?}");
    write(desk, &mut card, case, run).await.unwrap();
    desk.ask(confirm()).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_modulus_that_is_a_prime_or_has_a_small_factor_is_refused_when_the_card_tells_it() {
    // RFC 3526 §3: the prime of the group of 2048 bits.
    let prime = concat!(
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22",
        "514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6",
        "F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3D",
        "C2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB",
        "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E8603",
        "9B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510",
        "15728E5A8AACAA68FFFFFFFFFFFFFFFF"
    );
    let prime = hex::decode(prime).unwrap();
    // 65,537 · (2^2031 + 11), of 2048 bits; the other factor has none so small.
    let mut divided = vec![0; 256];
    for (at, octet) in [(0, 0x80), (2, 0x80), (253, 0x0b), (255, 0x0b)] {
        divided[at] = octet;
    }
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let key = place.new_key();
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    desk.apply(case, "CARD").await.unwrap();
    // SubjectPublicKeyInfo of RSA-2048 up to the modulus, and the exponent after it.
    let sound = key.public_key();
    let with = |modulus: &[u8]| [&sound[..33], modulus, &sound[289..]].concat();
    assert_eq!(sound.len(), 294);
    for (modulus, says) in [(&prime, "is a prime"), (&divided, "divided by 65537")] {
        let refused = refusal(make_key(desk, case, "CARD", &with(modulus)).await.map(|_| ()));
        let told = matches!(&refused, Refusal::BadKey { what } if what.contains(says));
        assert!(told, "{refused:?}");
    }
    make_key(desk, case, "CARD", sound).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_does_not_know_the_authoritys_keys_gets_nothing() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let number = new_number(&mut rand::rng());
    let foreign = MasterKey::new([7; 16]).card_keys(KeyVersion::Authority, number.as_str());
    let cards =
        [SoftCard::with_keys(number.clone(), [foreign]), SoftCard::with_keys(number.clone(), [])];
    for card in cards {
        let mut card = Card::open(InsertedCard::of(card)).unwrap();
        let outcome = place.certify(tottori(), Procedure::Issue, &code, &mut card, &pin()).await;
        let refused = refusal(outcome.map(|_| ()));
        let told = matches!(&refused, Refusal::ForeignCard | Refusal::CardRefused { .. });
        assert!(told, "{refused:?}");
        assert_eq!(card.pin_tries_left(), Ok(0));
    }
    assert_eq!(place.good_ones().await, []);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_the_card_did_not_give_are_refused_and_the_case_goes_on() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let key = place.new_key();
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
    let challenge = desk.apply(case, "CARD").await.unwrap();
    let answered = |answers| Deed::CardAnswered { case, answers };
    assert_eq!(refusal(desk.ask(answered(Vec::new())).await), Refusal::NoChannel);
    let open = || Deed::OpenChannel { case, card: "CARD".into() };
    let other = Deed::OpenChannel { case, card: "OTHER".into() };
    assert_eq!(refusal(desk.ask(other).await), Refusal::WrongCard);

    let mut card = paper_card(desk, "CARD", key.public_key());
    let Answer::Commands { run } = desk.ask(open()).await.unwrap() else { panic!() };
    let begun = card.carried(case, &run);
    let Answer::Commands { run } = desk.ask(begun.clone()).await.unwrap() else { panic!() };
    // The answers of before, none, one too many, a flipped bit, those of another card.
    let Deed::CardAnswered { answers: good, .. } = card.carried(case, &run) else { panic!() };
    let mut more = good.clone();
    more.push(Octets(vec![0x90, 0x00]));
    let mut flipped = good.clone();
    flipped[1].0[20] ^= 1;
    let mut refused = good.clone();
    refused[2] = Octets(vec![0x6F, 0x00]);
    let Deed::CardAnswered { answers: before, .. } = begun else { panic!() };
    for (what, answers, expected) in [
        ("those before", before, Refusal::NoChannel),
        ("none", Vec::new(), Refusal::CardRefused { status: "no answer".into() }),
        ("one too many", more, Refusal::NoChannel),
        ("a flipped bit", flipped, Refusal::NoChannel),
        ("a refusal", refused, Refusal::CardRefused { status: "6F00".into() }),
        ("two", good[..2].to_vec(), Refusal::CardRefused { status: "no answer".into() }),
    ] {
        assert_eq!(refusal(desk.ask(answered(answers)).await), expected, "{what}");
    }
    // None of that has used the channel up.
    let made = desk.ask(answered(good)).await.unwrap();
    assert_eq!(made, Answer::KeyMade { public_key: Octets(key.public_key().to_vec()) });
    desk.hand_in(case, "CARD", proof(&*key, &challenge)).await.unwrap();
    place.close().await;
}

/// A line of 300 ms is waited for once an act: there are ten, however long certificates are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_takes_ten_acts_and_more_than_forty_commands() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let mut card = Shaky::new(place.blank_card().unwrap(), None, false);
    let application = brings(&place, &code, Procedure::Issue);
    let desk = place.desk(tottori());
    journey::certify(desk, &mut card, &pin(), &application, |_| ()).await.unwrap();
    let acts = ["open_case", "look_up", "apply", "open_channel", "certify", "confirm_delivery"];
    for verb in acts {
        assert_eq!(place.entries(verb).await.len(), 1, "{verb}");
    }
    assert_eq!(place.entries("card_answered").await.len(), 4);
    assert!(card.into_transport().commands > 40);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_pin_is_reset_at_the_counter_on_the_card_of_the_certificate_only() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let mut card = place.blank_card().unwrap();
    let issued = place.certify(tottori(), Procedure::Issue, &code, &mut card, &pin()).await;
    let issued = issued.unwrap();
    let wrong: SigningPin = "CHIGAU99".parse().unwrap();
    while card.verify_pin(&wrong) != Err(CardError::PinLocked) {}
    let new: SigningPin = "ATARASHII7".parse().unwrap();
    let application = brings(&place, &code, Procedure::PinReset);

    let mut other = place.blank_card().unwrap();
    let desk = place.desk(tottori());
    let elsewhere = journey::reset_pin(desk, &mut other, &new, &application, None).await;
    assert_eq!(refusal(elsewhere), Refusal::NotOnThisCard);
    let weak = "19700115".parse().unwrap();
    let outcome = journey::reset_pin(desk, &mut card, &weak, &application, None).await;
    assert!(outcome.unwrap_err().to_string().contains("choose another"));
    assert_eq!(card.pin_tries_left(), Ok(0));

    let case = journey::reset_pin(desk, &mut card, &new, &application, None).await.unwrap();
    assert_eq!(card.pin_tries_left(), Ok(5));
    assert_eq!(card.verify_pin(&pin()), Err(CardError::WrongPin { left: 4 }));
    card.verify_pin(&new).unwrap();
    assert_eq!(card.read_certificate().unwrap(), issued.certificate);
    // The window was for one PIN, and the case for one window.
    assert!(card.set_pin(&wrong).is_ok(), "after VERIFY the holder may");
    card.select().unwrap();
    assert_eq!(card.set_pin(&pin()), Err(CardError::PinWindowClosed));
    let again = Deed::OpenChannel { case, card: card.number().unwrap().to_string() };
    assert!(matches!(refusal(desk.ask(again).await), Refusal::WrongStep { .. }));
    // Nobody who has no certificate in force has a PIN to reset.
    journey::revoke(
        desk,
        place.by_items(&code),
        akashi_wire::RevocationReason::CessationOfOperation,
        IdentityProof::ResidentCard,
    )
    .await
    .unwrap();
    let ended = journey::reset_pin(desk, &mut card, &new, &application, None).await;
    assert_eq!(refusal(ended), Refusal::NoLivingCertificate);
    let (authority, _dir) = place.closed().await;
    for file in files_under(&authority) {
        assert!(!holds(&file, b"ATARASHII7"), "the PIN lies in {}", file.display());
    }
}

/// A case of a PIN reset on a card of paper, permitted.
async fn reset_permitted(place: &Place, code: &ResidentCode, card: &str) -> CaseId {
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::PinReset, place.by_items(code)).await.unwrap();
    desk.ask(reset_pin(case, card)).await.unwrap();
    case
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_within_the_two_minutes_of_a_permitted_pin_reset_stops_it() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let card = holder.card.clone();
    let permitted = reset_permitted(&place, &code, &card).await;
    // In another case the channel is open already, and the window is about to be.
    let begun = reset_permitted(&place, &code, &card).await;
    let desk = place.desk(tottori());
    let mut paper = paper_card(desk, &card, key(1).public_key());
    let open = |case| Deed::OpenChannel { case, card: card.clone() };
    let Answer::Commands { run } = desk.ask(open(begun)).await.unwrap() else { panic!() };
    let answered = paper.carried(begun, &run);

    journey::hold(desk, place.by_items(&code)).await.unwrap();
    place.pass(30.seconds());
    let take_up = |case| Deed::TakeUp { case, card: card.clone() };
    for deed in [
        open(permitted),
        take_up(permitted),
        reset_pin(permitted, &card),
        answered,
        open(begun),
        take_up(begun),
    ] {
        let verb = deed.verb();
        let held = Refusal::OnHold { serial: holder.serial };
        assert_eq!(refusal(place.desk(tottori()).ask(deed).await), held, "{verb}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_ends_every_channel_to_its_card() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let card = holder.card.clone();
    let reset = reset_permitted(&place, &code, &card).await;
    let desk = place.desk(tottori());
    let mut paper = paper_card(desk, &card, key(1).public_key());
    let open = |case| Deed::OpenChannel { case, card: card.clone() };
    let Answer::Commands { run } = desk.ask(open(reset)).await.unwrap() else { panic!() };
    let answered = paper.carried(reset, &run);
    let lost = akashi_wire::RevocationReason::KeyCompromise;
    journey::revoke(desk, place.by_items(&code), lost, IdentityProof::ResidentCard).await.unwrap();
    let take_up = |case| Deed::TakeUp { case, card: card.clone() };
    for deed in [open(reset), take_up(reset), answered] {
        let verb = deed.verb();
        assert_eq!(refusal(desk.ask(deed).await), Refusal::CertificateEnded, "{verb}");
    }
    let again = refusal(desk.ask(reset_pin(reset, &card)).await);
    assert_eq!(again, Refusal::NoLongerInForce { serial: holder.serial });
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_comes_to_nothing_once_the_certificate_that_it_renews_was_revoked_or_held() {
    for held in [true, false] {
        let mut place = Place::open(Book::Sqlite).await;
        let (code, old) = place.holder(tottori()).await;
        place.clock.advance_to(old.not_after - (30 * 24).hours());
        let key = place.new_key();
        let desk = place.desk(tottori());
        let card = old.card.clone();
        let case = desk.find(Procedure::Renewal, place.by_items(&code)).await.unwrap();
        let challenge = desk.apply(case, &card).await.unwrap();
        let mut paper = make_key(desk, case, &card, key.public_key()).await.unwrap();
        let open = Deed::OpenChannel { case, card: card.clone() };
        let certify =
            Deed::Certify { case, card: card.clone(), proof: Octets(proof(&*key, &challenge)) };
        let take_up = Deed::TakeUp { case, card: card.clone() };
        let expected = if held {
            journey::hold(desk, place.by_items(&code)).await.unwrap();
            Refusal::OnHold { serial: old.serial }
        } else {
            let lost = akashi_wire::RevocationReason::KeyCompromise;
            journey::revoke(desk, place.by_items(&code), lost, IdentityProof::ResidentCard)
                .await
                .unwrap();
            Refusal::CertificateEnded
        };
        let answered = paper.carried(case, &[]);
        for deed in [certify, open, take_up, answered] {
            let verb = deed.verb();
            assert_eq!(refusal(desk.ask(deed).await), expected, "{verb}");
        }
        assert_eq!(place.good_ones().await, []);
        place.close().await;
    }
}
