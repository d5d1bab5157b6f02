//! `akashi card` as a resident's helper meets it.

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::scene::{PIN, Scene, knocks};

#[test]
fn a_card_is_shown_in_its_file_and_in_a_reader_alike() {
    let scene = Scene::open();
    let file = scene.card();
    let file = file.to_str().unwrap();
    let in_file = scene.akashi(&["card", "show", file]).must_say("tries left   5");
    in_file.must_say("--pin-file");
    let empty = scene.akashi(&["card", "show", "--reader", &scene.service.reader()]);
    empty.must_complain("there is no card in the reader");
    let other = scene.akashi(&["card", "show", "--reader", "Another Reader"]);
    other.must_complain(&scene.service.reader());

    let card = scene.insert();
    std::fs::write(scene.path("pin"), PIN).unwrap();
    let with_pin = ["card", "show", "--pin-file", "pin"];
    let in_reader = scene.akashi(&with_pin).must_say("tries left   5");
    let shown = in_reader.text;
    assert!(shown.contains("until") && shown.contains("authority"), "{shown}");
    // The file is the reader's now.
    scene.akashi(&["card", "show", file]).must_complain("in use by another program");
    scene.akashi(&["softcard", "insert", file]).must_complain("in use by another program");
    scene.remove(card);
    let in_file = scene.akashi(&[&with_pin[..], &[file]].concat()).must_be_content();
    assert_eq!(in_file.text, shown);
    scene.akashi(&["softcard", "remove", file]).must_complain("is in no reader");
}

#[test]
fn without_a_service_or_a_virtual_reader_it_is_said_what_to_do() {
    let scene = Scene::open();
    let file = scene.card();
    let file = file.to_str().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let nowhere = scene.akashi(&["softcard", "insert", file, "--vpcd", &free]);
    nowhere.must_complain("Start pcscd with the driver of vsmartcard-vpcd");
    // Who knocks wrongly hears it, and the card is free again.
    scene.akashi(&["card", "show", file]).must_be_content();

    let output = Command::new(akashi_town::program("akashi-demo"))
        .args(["card", "show"])
        .env("PCSCLITE_CSOCK_NAME", scene.path("nobody"))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("start pcscd"), "{told}");
}

#[test]
fn a_card_leaves_its_reader_when_interrupted_and_says_so_when_the_reader_is_gone() {
    let scene = Scene::open();
    let mut card = scene.insert();
    kill_process(Pid::from_child(&card.0), Signal::TERM).unwrap();
    assert!(card.0.wait().unwrap().success(), "it stops in order");

    // A reader that looks at the card once, and ends.
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = door.local_addr().unwrap().to_string();
    let reader = std::thread::spawn(move || {
        let (mut card, _) = door.accept().unwrap();
        card.write_all(&[0, 1, 1]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
    });
    let mut card = knocks(&scene.card(), &address);
    reader.join().unwrap();
    assert_eq!(card.0.wait().unwrap().code(), Some(1));
}

#[test]
fn a_slot_that_has_another_card_and_a_door_that_is_no_reader_are_said_to_be_so() {
    let scene = Scene::open();
    let other = scene.path("other.card");
    let _first = scene.insert();
    let into =
        |slot: &str| scene.akashi(&["softcard", "insert", other.to_str().unwrap(), "--vpcd", slot]);
    into(&scene.slot(0)).must_complain("another card is in the slot");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let nothing = into(&silent.local_addr().unwrap().to_string());
    assert!(!nothing.text.contains("is in the virtual reader at"), "{}", nothing.text);
    nothing.must_complain("it is no virtual reader's address");
}
