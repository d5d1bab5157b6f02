//! Several readers, several cards, and cards that are not what they should be: which is meant, and what is said.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::linux::net::TcpStreamExt;
use std::process::{Output, Stdio};
use std::thread;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::scene::{PIN, Said, Scene, said};

/// A card of somebody else's making in a virtual slot, until it is dropped.
struct Foreign(TcpStream);

/// The answer to reset of a card that speaks T=1.
const ATR: [u8; 9] = [0x3B, 0xE0, 0, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14];

impl Foreign {
    /// One that gives this answer to reset, and this to every command; where there is none it leaves instead.
    fn insert(slot: &str, atr: &'static [u8], answer: Option<&'static [u8]>) -> Self {
        let mut reader = TcpStream::connect(slot).unwrap();
        let foreign = Self(reader.try_clone().unwrap());
        thread::spawn(move || {
            let mut message = vec![0; 65536];
            loop {
                reader.set_quickack(true).unwrap();
                let mut length = [0; 2];
                if reader.read_exact(&mut length).is_err() {
                    return;
                }
                let length = usize::from(u16::from_be_bytes(length));
                reader.set_quickack(true).unwrap();
                if reader.read_exact(&mut message[..length]).is_err() {
                    return;
                }
                let answer = match &message[..length] {
                    [0..=2] => continue,
                    [4] => atr,
                    _ => match answer {
                        Some(answer) => answer,
                        None => {
                            let _ = reader.shutdown(Shutdown::Both);
                            return;
                        }
                    },
                };
                let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
                if reader.write_all(&[&length[..], answer].concat()).is_err() {
                    return;
                }
            }
        });
        foreign
    }

    /// One of a bank.
    fn of_a_bank(slot: &str) -> Self {
        Self::insert(slot, &ATR, Some(&[0x6A, 0x82]))
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

#[test]
fn of_several_readers_the_one_whose_card_fits_is_used() {
    let scene = Scene::open();
    fs::write(scene.path("pin"), PIN).unwrap();
    let status = ["card", "certificate", "--pin-file", "pin"];
    let _second = scene.insert_into(&scene.card(), 1);
    {
        let _bank = Foreign::of_a_bank(&scene.slot(0));
        scene.wait_until(0, true);
        scene.akashi(&status).must_be_content();
        scene.akashi(&["card", "show"]).must_say("tries left   5");
    }
    scene.wait_until(0, false);
    // One that has no certificate yet is not the one that signs.
    let blank = scene.insert_into(&scene.path("blank.card"), 0);
    scene.akashi(&status).must_be_content();
    let both = scene.akashi(&["card", "show"]);
    both.must_complain("name its reader with --reader");
    scene.remove_other(blank, &scene.path("blank.card"));
    // Where two fit nobody guesses, and no PIN goes to either.
    let other = scene.insert_into(&scene.path("other.card"), 0);
    let which = scene.akashi(&status).text;
    let (here, there) = (scene.service.reader(), scene.service.reader().replace("00 00", "00 01"));
    for part in ["several cards are there", "--reader", &here, &there] {
        assert!(which.contains(part), "{part}: {which}");
    }
    let named = [&status[..], &["--reader", &there]].concat();
    scene.akashi(&named).must_be_content();
    scene.remove_other(other, &scene.path("other.card"));
    let other = scene.path("other.card");
    scene.akashi(&["card", "show", other.to_str().unwrap()]).must_say("tries left   5");
}

#[test]
fn a_pin_goes_to_no_other_card_than_the_one_for_which_it_was_asked() {
    let scene = Scene::open();
    let (first, other) = (scene.card(), scene.path("other.card"));
    fs::write(scene.path("document"), "what is signed").unwrap();
    fs::write(scene.path("new"), "NEW456").unwrap();
    for command in [
        &["card", "status"][..],
        &["card", "certificate"],
        &["card", "sign", "document"],
        &["card", "verify"],
        &["card", "change-pin", "--new-pin-file", "new"],
        &["card", "show"],
    ] {
        let inserted = scene.insert();
        let told = while_typing(&scene, command, || {
            scene.remove(inserted);
            let other = scene.insert_into(&other, 0);
            move |scene: &Scene| scene.remove_other(other, &scene.path("other.card"))
        });
        told.must_complain("another card is in the reader now");
        for card in [&first, &other] {
            let shown = scene.akashi(&["card", "show", card.to_str().unwrap()]);
            shown.must_say("tries left   5");
        }
    }
}

/// Runs a command up to where it asks for the PIN, does this, types the PIN, and takes back what was done.
fn while_typing<B: FnOnce(&Scene)>(
    scene: &Scene,
    command: &[&str],
    exchange: impl FnOnce() -> B,
) -> Said {
    let pin = scene.path("typed");
    let _ = fs::remove_file(&pin);
    mknodat(CWD, &pin, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let running = scene
        .command(akashi_town::program("akashi-demo"))
        .args(command)
        .args(["--pin-file", pin.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It waits for whoever types.
    let mut types = File::options().write(true).open(&pin).unwrap();
    let back = exchange();
    types.write_all(PIN.as_bytes()).unwrap();
    drop(types);
    let output: Output = running.wait_with_output().unwrap();
    back(scene);
    said("akashi-demo", output)
}

#[test]
fn a_card_that_is_upside_down_is_said_to_be_so() {
    let scene = Scene::open();
    // What answers to power with nothing that is an answer.
    let _mute = Foreign::insert(&scene.slot(0), &[0x3B; 60], None);
    scene.wait_until(0, true);
    for command in [&["card", "show"][..], &["card", "certificate"], &["card", "verify"]] {
        scene.akashi(command).must_complain("does not answer; turn it over");
    }
    let named = ["card", "show", "--reader", &scene.service.reader()];
    scene.akashi(&named).must_complain("does not answer; turn it over");
}

#[test]
fn empty_readers_are_named_and_a_card_that_leaves_in_the_midst_of_an_answer_is_told_as_such() {
    let scene = Scene::open();
    let told = scene.akashi(&["card", "show"]).text;
    assert!(told.contains("there is no card in a reader (“"), "{told}");
    let _breaks_off = Foreign::insert(&scene.slot(0), &ATR, None);
    scene.wait_until(0, true);
    scene.akashi(&["card", "show"]).must_complain("the card was removed");
}
