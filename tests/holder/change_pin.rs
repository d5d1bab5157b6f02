//! `akashi card change-pin`.

use akashi_card::CardError;

use crate::scene::{Home, PIN, Said, pin};

const NEW: &str = "HANAMI27";

/// Changes the PIN to this text.
fn change(home: &Home, new: &str) -> Said {
    std::fs::write(home.path("new"), format!("{new}\n")).unwrap();
    let said = home.run(&["change-pin", "--new-pin-file", "new"]);
    for text in [PIN, new].iter().filter(|text| text.len() >= 4) {
        assert!(!said.out.contains(*text) && !said.err.contains(*text), "{said:?}");
    }
    said
}

#[test]
fn the_new_pin_is_good_and_the_old_one_is_not() {
    let home = Home::with_card();
    let said = change(&home, NEW).must_do();
    assert!(said.err.contains("5 tries are left"), "{}", said.err);
    assert!(said.out.contains("is changed"), "{}", said.out);
    let mut card = home.card();
    assert_eq!(card.verify_pin(&pin(PIN)), Err(CardError::WrongPin { left: 4 }));
    card.verify_pin(&pin(NEW)).unwrap();
}

#[test]
fn a_pin_that_others_would_try_first_is_refused_and_nothing_changes() {
    let home = Home::with_card();
    // Born on 29 February 1960, the 35th year of Showa.
    for weak in ["19600229", "X600229", "AB0229", "350229", "TORI1960"] {
        change(&home, weak).must_refuse("others know");
    }
    change(&home, "123456").must_refuse("counts up or down");
    change(&home, "A1A1A1").must_refuse("repeats itself");
    change(&home, PIN).must_refuse("is the old one");
    change(&home, "hanami27").must_refuse("capital letters");
    change(&home, "ABC").must_refuse("choose 4 to 16");
    assert_eq!(home.tries_left(), 5);
    home.card().verify_pin(&pin(PIN)).unwrap();
}

#[test]
fn a_short_pin_is_taken_with_a_warning() {
    let home = Home::with_card();
    let said = change(&home, "H4NA").must_do();
    assert!(said.err.contains("fewer than 6 characters"), "{}", said.err);
    home.card().verify_pin(&pin("H4NA")).unwrap();
}

#[test]
fn a_wrong_old_pin_costs_a_try_and_the_new_one_is_not_asked_for() {
    let home = Home::with_card();
    let mut wrong = home.card_command(&["change-pin"]);
    let said = Said::of(wrong.env("AKASHI_PIN", "WRONG999").output().unwrap());
    said.must_refuse("the PIN is wrong; 4 more wrong entries lock it");
    // Right, and nobody says what the new one is.
    let said = home.run(&["change-pin"]).must_refuse("new signing PIN");
    assert!(said.err.contains("4 tries are left") && said.err.contains("AKASHI_NEW_PIN"));
    for left in (0..4).rev() {
        let mut wrong = home.card_command(&["change-pin"]);
        let said = Said::of(wrong.env("AKASHI_PIN", "WRONG999").output().unwrap());
        // The one try with the right PIN gave all five back.
        assert!(said.err.contains(&format!("{} more wrong", left + 1)), "{}", said.err);
    }
    let mut wrong = home.card_command(&["change-pin"]);
    let said = Said::of(wrong.env("AKASHI_PIN", "WRONG999").output().unwrap());
    assert!(said.err.contains("one try is left"), "{}", said.err);
    said.must_refuse("the PIN is locked");
    change(&home, NEW).must_refuse("the counter can set a new one");
}
