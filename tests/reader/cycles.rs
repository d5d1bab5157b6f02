//! In, sign, out, many times.

use std::thread::sleep;
use std::time::Duration;

use crate::scene::{PIN, Scene, open_files};

/// Waits until a process has no more than so many files and sockets open: it closes what belongs to
/// a program that has just ended a little later. What is left open for good stays too many.
#[track_caller]
fn must_come_down_to(most: usize, process: u32, who: &str) {
    for _ in 0..100 {
        if open_files(process) <= most {
            return;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("{who} has {} open, at first it had {most}", open_files(process));
}

/// Twenty times; `CYCLES` of the environment says how often.
#[test]
fn a_card_is_put_in_signs_and_is_taken_out_again_and_again_and_nothing_is_left_open() {
    let cycles = std::env::var("CYCLES").ok().filter(|text| !text.is_empty());
    let cycles = cycles.map_or(20, |text| text.parse().expect("CYCLES is a number"));
    let scene = Scene::open();
    // The service opens some of its own files only when it is first used, and some a little after it
    // listens: what is open after one time and a rest is what it may have open after each.
    let card = scene.insert();
    scene.sign_and_verify(PIN);
    scene.remove(card);
    sleep(Duration::from_secs(2));
    let idle = open_files(scene.service.process());
    for cycle in 1..=cycles {
        let card = scene.insert();
        let before = open_files(card.0.id());
        scene.sign_and_verify(PIN);
        must_come_down_to(before, card.0.id(), &format!("the card, cycle {cycle},"));
        scene.remove(card);
        must_come_down_to(idle, scene.service.process(), &format!("the service, cycle {cycle},"));
    }
    println!("cards: {cycles} times in, signed, out; nothing left open");
}
