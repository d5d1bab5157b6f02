//! A channel from both ends: what passes, and what closes it.

use akashi_scp03::{
    Card, Challenged, ChannelError, Host, KeySet, KeyVersion, MasterKey, Opening, Plain, Receipt,
};
use proptest::prelude::*;

const NUMBER: &str = "4A4B000000000001";

fn keys() -> KeySet {
    MasterKey::new([7; 16]).card_keys(KeyVersion::Authority, NUMBER)
}

fn answer(data: &[u8], status: u16) -> Vec<u8> {
    [data, &status.to_be_bytes()].concat()
}

/// An open channel, both ends.
fn channel() -> (Host, Card) {
    let opening = Opening::new(KeyVersion::Authority, [1; 8]);
    let command = opening.command();
    assert_eq!(command[..5], [0x80, 0x50, 1, 0, 8]);
    let host: [u8; 8] = command[5..13].try_into().unwrap();
    let (challenged, data) = Challenged::new(&keys(), &host, &[2; 8], &[0; 10]);
    let (host, command) = opening.authenticate(&keys(), &answer(&data, 0x9000)).unwrap();
    assert_eq!(command[..5], [0x84, 0x82, 0x33, 0, 0x10]);
    (host, challenged.authenticate(&command[5..], false).unwrap())
}

/// Header, data field and whether the lengths are extended.
fn apart(command: &[u8]) -> ([u8; 4], Vec<u8>, bool) {
    let header = command[..4].try_into().unwrap();
    match command[4..] {
        [0, high, low, ref rest @ ..] => {
            let length = usize::from(u16::from_be_bytes([high, low]));
            (header, rest[..length].to_vec(), true)
        }
        [length, ref rest @ ..] => (header, rest[..usize::from(length)].to_vec(), false),
        [] => panic!("a wrapped command has data"),
    }
}

fn give(card: &mut Card, command: &[u8]) -> Option<Vec<u8>> {
    let (header, data, extended) = apart(command);
    card.open(&header, &data, extended)
}

fn read(offset: u8) -> Plain<'static> {
    Plain { instruction: [0xB0, 0, offset], data: &[], room: Some(256) }
}

proptest! {
    #[test]
    fn every_command_and_every_answer_arrives(
        commands in prop::collection::vec(
            (any::<[u8; 3]>(), prop::collection::vec(any::<u8>(), 0..300), 0usize..600),
            1..12,
        ),
    ) {
        let (mut host, mut card) = channel();
        for (instruction, data, length) in &commands {
            let room = (*length > 0).then(|| akashi_scp03::protected_length(*length));
            let (command, receipt) = host.wrap(&Plain { instruction: *instruction, data, room });
            let given = give(&mut card, &command);
            prop_assert_eq!(given.as_ref(), Some(data));
            let said = vec![instruction[0]; *length];
            let wrapped = card.wrap(&said, [0x90, 0]);
            prop_assert_eq!(host.open(&receipt, &wrapped), Ok(said));
        }
    }

    #[test]
    fn one_changed_bit_closes_the_channel_or_is_seen_by_the_host(bit in 0usize..8 * 34) {
        let (mut host, mut card) = channel();
        let plain = Plain { instruction: [0xD6, 0, 0], data: &[9; 12], room: None };
        let (mut command, receipt) = host.wrap(&plain);
        prop_assert_eq!(command.len(), 4 + 1 + 16 + 8);
        if bit < 8 * command.len() {
            // The length is the transport's; whatever it cuts off is no MAC.
            prop_assume!(bit / 8 != 4);
            command[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(give(&mut card, &command), None);
        } else {
            give(&mut card, &command).unwrap();
            let mut wrapped = card.wrap(b"", [0x90, 0]);
            let place = bit % (8 * 8);
            wrapped[place / 8] ^= 1 << (place % 8);
            prop_assert_eq!(host.open(&receipt, &wrapped), Err(ChannelError::Answer));
        }
    }
}

#[test]
fn a_run_of_commands_is_wrapped_before_the_first_answer() {
    let (mut host, mut card) = channel();
    let run: Vec<(Vec<u8>, Receipt)> = (0..20).map(|offset| host.wrap(&read(offset))).collect();
    let answers: Vec<Vec<u8>> = (0..)
        .zip(&run)
        .map(|(at, (command, _))| {
            give(&mut card, command).unwrap();
            card.wrap(&[at; 100], [0x90, 0])
        })
        .collect();
    for (at, ((_, receipt), answer)) in (0..).zip(run.iter().zip(&answers)) {
        assert_eq!(host.open(receipt, answer), Ok(vec![at; 100]));
    }
    let swapped = host.open(&run[3].1, &answers[4]);
    assert_eq!(swapped, Err(ChannelError::Answer), "an answer belongs to its command");
}

#[test]
fn a_command_that_comes_twice_or_out_of_turn_or_is_left_out_closes_the_channel() {
    for order in [[0, 0], [1, 0], [0, 2]] {
        let (mut host, mut card) = channel();
        let run: Vec<Vec<u8>> = (0..3).map(|offset| host.wrap(&read(offset)).0).collect();
        let taken: Vec<bool> =
            order.iter().map(|at: &usize| give(&mut card, &run[*at]).is_some()).collect();
        assert!(taken.contains(&false), "{order:?}");
    }
}

#[test]
fn who_does_not_know_the_keys_gets_no_channel() {
    let opening = Opening::new(KeyVersion::Authority, [1; 8]);
    let other = MasterKey::new([7; 16]).card_keys(KeyVersion::Authority, "4A4B000000000002");
    // Another card than the one that was asked for.
    let (_, data) = Challenged::new(&other, &[1; 8], &[2; 8], &[0; 10]);
    let found = opening.authenticate(&keys(), &answer(&data, 0x9000));
    assert_eq!(found.err(), Some(ChannelError::ForeignCard));
    // A host with other keys.
    let (challenged, data) = Challenged::new(&keys(), &[1; 8], &[2; 8], &[0; 10]);
    let (_, command) = {
        let (_, own) = Challenged::new(&other, &[1; 8], &[2; 8], &[0; 10]);
        assert_ne!(data, own);
        opening.authenticate(&other, &answer(&own, 0x9000)).unwrap()
    };
    assert!(challenged.authenticate(&command[5..], false).is_none());
    // The municipality's keys do not open the authority's channel, nor the other way round.
    let municipality = MasterKey::new([7; 16]).card_keys(KeyVersion::Municipality, NUMBER);
    let (_, data) = Challenged::new(&municipality, &[1; 8], &[2; 8], &[0; 10]);
    let found = opening.authenticate(&keys(), &answer(&data, 0x9000));
    assert_eq!(found.err(), Some(ChannelError::KeySet { asked: 1, found: 2 }));
}

#[test]
fn a_refusal_is_told_as_the_card_gave_it_and_junk_is_no_answer() {
    let opening = Opening::new(KeyVersion::Authority, [1; 8]);
    let refused = opening.authenticate(&keys(), &answer(b"", 0x6983)).err();
    assert_eq!(refused, Some(ChannelError::Refused { status: 0x6983 }));
    for junk in [&b""[..], b"\x90", b"\x90\x00", &[0; 20]] {
        assert!(opening.authenticate(&keys(), junk).is_err());
    }
    let (mut host, _) = channel();
    let (_, receipt) = host.wrap(&read(0));
    assert_eq!(
        host.open(&receipt, &answer(b"", 0x6982)),
        Err(ChannelError::Refused { status: 0x6982 })
    );
    for junk in [&b""[..], b"\x90", b"\x90\x00"] {
        assert_eq!(host.open(&receipt, junk), Err(ChannelError::Answer));
    }
}

#[test]
fn keys_are_not_shown() {
    let shown = format!("{:?} {:?}", keys(), MasterKey::new([7; 16]));
    assert!(!shown.contains('7') && shown.contains("Key(…)"), "{shown}");
}
