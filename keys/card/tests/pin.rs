//! The signing PIN, from the reader's side over a soft card.

mod support;

use akashi_card::{Card, CardError, KeySlot};
use support::*;

fn issued() -> Card<Reader> {
    Card::open(Reader::with_memory(&issued_card().0)).expect("open")
}

/// The same card after power off and on.
fn reset(card: Card<Reader>) -> Card<Reader> {
    let mut reader = card.into_transport();
    reader.card.reset();
    Card::open(reader).expect("open")
}

fn lock(card: &mut Card<Reader>) {
    for left in [4, 3, 2, 1] {
        let wrong = card.verify_pin(&pin("WRONG1"));
        assert_eq!(wrong, Err(CardError::WrongPin { left }));
        assert_eq!(card.pin_tries_left(), Ok(left));
    }
    assert_eq!(card.verify_pin(&pin("WRONG1")), Err(CardError::PinLocked));
}

#[test]
fn five_wrong_pins_lock_the_card_and_only_the_window_unlocks_it() {
    let mut card = issued();
    lock(&mut card);
    assert_eq!(card.pin_tries_left(), Ok(0));
    assert_eq!(card.verify_pin(&pin(PIN)), Err(CardError::PinLocked));
    let mut card = reset(card);
    assert_eq!(card.verify_pin(&pin(PIN)), Err(CardError::PinLocked));
    assert_eq!(card.set_pin(&pin("NEWPIN1")), Err(CardError::PinWindowClosed));

    card.open_pin_window().expect("window");
    assert_eq!(card.verify_pin(&pin(PIN)), Err(CardError::PinLocked));
    card.set_pin(&pin("NEWPIN1")).expect("set PIN");
    assert_eq!(card.pin_tries_left(), Ok(5));
    assert_eq!(card.read_certificate(), Err(CardError::PinNeeded));
    card.verify_pin(&pin("NEWPIN1")).expect("verify PIN");
    assert_eq!(card.read_certificate().as_ref(), Ok(&issued_card().1));
}

#[test]
fn the_fifth_wrong_pin_forgets_that_the_right_one_was_verified() {
    let mut card = issued();
    card.verify_pin(&pin(PIN)).expect("verify PIN");
    lock(&mut card);
    assert_eq!(card.read_certificate(), Err(CardError::PinNeeded));
    let signature = card.sign(KeySlot::Living, &[0; 32]);
    assert_eq!(signature, Err(CardError::PinNeeded));
}

#[test]
fn a_window_takes_one_pin_and_is_forgotten_on_reset() {
    let mut card = issued();
    card.open_pin_window().expect("window");
    card.set_pin(&pin("FIRST1")).expect("set PIN");
    let closed = Err(CardError::PinWindowClosed);
    assert_eq!(card.set_pin(&pin("SECOND")), closed);

    card.open_pin_window().expect("window");
    let mut card = reset(card);
    assert_eq!(card.set_pin(&pin("SECOND")), closed);
    assert_eq!(card.verify_pin(&pin("FIRST1")), Ok(()));
}

#[test]
fn a_window_survives_the_selection_by_another_program() {
    let mut card = issued();
    card.open_pin_window().expect("window");
    card.select().expect("select");
    assert_eq!(card.set_pin(&pin("NEWPIN1")), Ok(()));
}

#[test]
fn a_right_pin_gives_all_tries_back() {
    let mut card = issued();
    assert!(card.verify_pin(&pin("WRONG1")).is_err());
    assert!(card.verify_pin(&pin("WRONG1")).is_err());
    assert_eq!(card.pin_tries_left(), Ok(3));
    card.verify_pin(&pin(PIN)).expect("verify PIN");
    assert_eq!(card.pin_tries_left(), Ok(5));
}

#[test]
fn tries_are_not_given_back_by_a_reset() {
    let mut card = issued();
    assert!(card.verify_pin(&pin("WRONG1")).is_err());
    assert_eq!(reset(card).pin_tries_left(), Ok(4));
}

#[test]
fn the_holder_changes_the_pin_with_the_current_one() {
    let mut card = issued();
    assert_eq!(
        card.change_pin(&pin("WRONG1"), &pin("NEWPIN1")),
        Err(CardError::WrongPin { left: 4 })
    );
    card.change_pin(&pin(PIN), &pin("NEWPIN1")).expect("change");
    let mut card = reset(card);
    assert_eq!(card.verify_pin(&pin(PIN)), Err(CardError::WrongPin { left: 4 }));
    assert_eq!(card.verify_pin(&pin("NEWPIN1")), Ok(()));
}

#[test]
fn the_signing_certificate_is_read_only_after_the_pin_and_the_authoritys_freely() {
    let mut card = issued();
    assert_eq!(card.read_certificate(), Err(CardError::PinNeeded));
    assert_eq!(card.read_ca_certificate().as_ref(), Ok(&authority().certificate));
    card.verify_pin(&pin(PIN)).expect("verify PIN");
    assert_eq!(card.read_certificate().as_ref(), Ok(&issued_card().1));
}

#[test]
fn a_reset_and_a_new_selection_forget_that_the_pin_was_verified() {
    let mut card = issued();
    card.verify_pin(&pin(PIN)).expect("verify PIN");
    let mut card = reset(card);
    assert_eq!(card.read_certificate(), Err(CardError::PinNeeded));
    card.verify_pin(&pin(PIN)).expect("verify PIN");
    card.select().expect("select");
    assert_eq!(card.read_certificate(), Err(CardError::PinNeeded));
}
