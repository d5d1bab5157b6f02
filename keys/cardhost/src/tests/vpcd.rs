//! The card's end of vpcd's protocol, against a reader that is a socket of this test.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use crate::tests::blank;
use crate::{CardHostError, InsertedCard, VirtualSlot};

const SELECT: &[u8] =
    &[0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
const SELECT_PIN: &[u8] = &[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x1B];

/// A reader with a new card in it, and what becomes of the card.
fn reader() -> (TcpStream, JoinHandle<Result<(), CardHostError>>) {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = door.local_addr().unwrap().to_string();
    let card = std::thread::spawn(move || {
        let mut card = InsertedCard::of(blank());
        VirtualSlot::connect(&address)?.serve(&mut card)
    });
    (door.accept().unwrap().0, card)
}

fn send(reader: &mut TcpStream, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    // Octet by octet: nothing says that a message comes in one piece.
    for octet in length.iter().chain(message) {
        reader.write_all(&[*octet]).unwrap();
    }
}

fn receive(reader: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    reader.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    reader.read_exact(&mut answer).unwrap();
    answer
}

fn ask(reader: &mut TcpStream, message: &[u8]) -> Vec<u8> {
    send(reader, message);
    receive(reader)
}

#[test]
fn a_card_gives_its_answer_to_reset_and_answers_commands() {
    let (mut reader, card) = reader();
    send(&mut reader, &[0x01]);
    let atr = ask(&mut reader, &[0x04]);
    assert_eq!(hex::encode_upper(&atr), "3BE000FF8131FE4514");
    let checked = atr[1..].iter().fold(0, |sum, octet| sum ^ octet);
    assert_eq!(checked, 0, "TCK, ISO/IEC 7816-3 §8.2.5");
    assert_eq!(ask(&mut reader, SELECT), [0x90, 0x00]);
    drop(reader);
    card.join().unwrap().unwrap();
}

#[test]
fn power_off_and_reset_forget_what_was_selected() {
    for forget in [0x00, 0x01, 0x02] {
        let (mut reader, card) = reader();
        assert_eq!(ask(&mut reader, SELECT_PIN), [0x6A, 0x82], "nothing is selected");
        assert_eq!(ask(&mut reader, SELECT), [0x90, 0x00]);
        assert_eq!(ask(&mut reader, SELECT_PIN), [0x90, 0x00]);
        send(&mut reader, &[forget]);
        assert_eq!(ask(&mut reader, SELECT_PIN), [0x6A, 0x82], "after {forget:02X}");
        drop(reader);
        card.join().unwrap().unwrap();
    }
}

#[test]
fn a_message_that_vpcd_does_not_have_ends_the_conversation() {
    for message in [&[][..], &[0x03], &[0xFF]] {
        let (mut reader, card) = reader();
        send(&mut reader, message);
        let told = card.join().unwrap().unwrap_err().to_string();
        assert!(told.contains("no virtual reader"), "{told}");
        assert_eq!(reader.read(&mut [0]).unwrap(), 0, "closed");
    }
}

#[test]
fn a_reader_that_goes_away_in_the_middle_of_a_message_is_a_card_removed() {
    for octets in [&[][..], &[0x00], &[0x00, 0x05], &[0x00, 0x05, 0x00, 0xA4]] {
        let (mut reader, card) = reader();
        reader.write_all(octets).unwrap();
        drop(reader);
        card.join().unwrap().unwrap();
    }
}

#[test]
fn junk_of_every_length_gets_an_answer() {
    let (mut reader, card) = reader();
    for length in (2..300).chain([1000, 65_535]) {
        let answer = ask(&mut reader, &vec![0xA5; length]);
        assert!(answer.len() >= 2, "{length}");
    }
    drop(reader);
    card.join().unwrap().unwrap();
}

#[test]
fn a_card_can_be_removed_while_the_reader_is_silent() {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let slot = VirtualSlot::connect(&door.local_addr().unwrap().to_string()).unwrap();
    let mut reader = door.accept().unwrap().0;
    let remover = slot.remover().unwrap();
    let card = std::thread::spawn(move || slot.serve(&mut InsertedCard::of(blank())));
    assert_eq!(ask(&mut reader, SELECT), [0x90, 0x00]);
    remover.remove();
    card.join().unwrap().unwrap();
    assert_eq!(reader.read(&mut [0]).unwrap(), 0, "closed");
}

#[test]
fn without_a_virtual_reader_the_address_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let told = VirtualSlot::connect(&free).err().unwrap().to_string();
    assert!(told.contains(&free) && told.contains("pcscd"), "{told}");
}
