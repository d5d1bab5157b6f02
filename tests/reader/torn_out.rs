//! A card torn out at any moment: its process is killed. The reader is a socket of this test.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::sleep;
use std::time::Duration;

use akashi_card::{Card, issuing};
use akashi_cardhost::{InsertedCard, tell};
use akashi_scp03::{KeyVersion, MasterKey};
use akashi_softcard::{CardNumber, SoftCard};

use crate::scene::{PIN, knocks, pin, seal};

const SELECT: &[u8] =
    &[0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
const SELECT_PIN: &[u8] = &[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x1B];
const VERIFY_WRONG: &[u8] = &[0x00, 0x20, 0x00, 0x80, 0x06, b'W', b'R', b'O', b'N', b'G', b'9'];

fn send(reader: &mut TcpStream, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    reader.write_all(&[&length[..], message].concat()).unwrap();
}

/// The answer, unless the card is gone.
fn receive(reader: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    reader.read_exact(&mut length).ok()?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    reader.read_exact(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn a_card_that_is_torn_out_at_any_moment_forgets_no_wrong_pin_that_it_answered() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("torn.card");
    let number: CardNumber = "AKASHI0000000001".parse().unwrap();
    let master = MasterKey::generate(&mut rand::rng());
    let keys = master.card_keys(KeyVersion::Authority, number.as_str());
    let blank = SoftCard::with_keys(number, [keys.clone()]);
    let mut card = Card::open(InsertedCard::create_sealed(&file, blank, &seal()).unwrap()).unwrap();
    tell(&mut card, &keys, &issuing::open_pin_window()).unwrap();
    card.set_pin(&pin(PIN)).unwrap();
    drop(card);
    let full = fs::read(&file).unwrap();
    let tries_left = || {
        let card = InsertedCard::open_sealed(&file, &seal()).unwrap();
        Card::open(card).unwrap().pin_tries_left().unwrap()
    };

    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let slot = door.local_addr().unwrap().to_string();
    let mut left = 5;
    let (mut answered, mut unanswered) = (0, 0);
    for _ in 0..100 {
        let mut card = knocks(&file, &slot);
        let mut reader = door.accept().unwrap().0;
        for select in [SELECT, SELECT_PIN] {
            send(&mut reader, select);
            assert_eq!(receive(&mut reader).unwrap(), [0x90, 0x00]);
        }
        send(&mut reader, VERIFY_WRONG);
        sleep(Duration::from_micros(rand::random::<u64>() % 3000));
        card.0.kill().unwrap();
        card.0.wait().unwrap();
        let now = tries_left();
        match receive(&mut reader).as_deref() {
            Some([0x63, tries]) => {
                assert_eq!(now, tries & 0x0F, "what it answered is what it remembers");
                answered += 1;
            }
            Some(answer) => panic!("{answer:02X?}"),
            None => unanswered += 1,
        }
        assert!(now == left || now == left - 1, "{now} of {left}");
        left = now;
        if left == 0 {
            fs::write(&file, &full).unwrap();
            left = 5;
        }
    }
    println!("{answered} answered, {unanswered} torn out before");
}
