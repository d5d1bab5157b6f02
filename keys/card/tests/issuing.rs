//! Issuing and renewal, from the reader's side over a soft card.

mod support;

use akashi_card::{Card, CardError, KeySlot, LifeCycle};
use sha2::{Digest, Sha256};
use support::*;

fn digest(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

#[test]
fn a_card_from_the_factory_becomes_a_card_that_signs() {
    let mut reader = Reader::with(factory_card());
    let mut card = Card::open(&mut reader).expect("open");
    assert_eq!(card.number().expect("number").as_str(), NUMBER);
    assert_eq!(card.pin_tries_left(), Ok(0));
    assert_eq!(card.life_cycle(), Ok(LifeCycle::New));

    let public_key = card.generate_key_pair().expect("key pair");
    assert_eq!(card.pending_public_key().as_ref(), Ok(&public_key));

    card.open_pin_window().expect("window");
    card.set_pin(&pin(PIN)).expect("set PIN");
    card.verify_pin(&pin(PIN)).expect("verify PIN");

    let request = card.prove(CHALLENGE).expect("request");
    let certificate = authority().issue(&request);
    let ca_certificate = authority().certificate.clone();
    card.write_pending(&certificate, &ca_certificate).expect("write");
    assert_eq!(
        card.read_pending(certificate.len(), ca_certificate.len()),
        Ok([&certificate[..], &ca_certificate].concat())
    );
    assert_eq!(card.read_certificate(), Err(CardError::NoCertificate));
    card.activate().expect("activate");

    assert_eq!(card.life_cycle(), Ok(LifeCycle::Personalised));
    assert_eq!(card.read_certificate().as_ref(), Ok(&certificate));
    assert_eq!(card.read_ca_certificate(), Ok(ca_certificate));
    let message = b"an application to the tax office";
    let signature = card.sign(KeySlot::Living, &digest(message)).expect("sign");
    verify_signature(&certificate, message, &signature);
    assert_eq!(
        card.sign(KeySlot::Pending, &digest(message)),
        Err(CardError::NoKey { slot: KeySlot::Pending })
    );
}

#[test]
fn openssl_accepts_the_proof_of_possession_and_finds_the_challenge_in_it() {
    let mut card = Card::open(Reader::with_memory(card_with_pending_key())).expect("open");
    card.verify_pin(&pin(PIN)).expect("verify PIN");
    let request = card.prove(CHALLENGE).expect("request");
    let said = verify_request(&request);
    assert!(said.contains("c0ffee0019"), "{said}");
    assert!(said.contains("sha256WithRSAEncryption"), "{said}");
    assert!(said.contains("Public-Key: (2048 bit)"), "{said}");
}

#[test]
fn a_proof_of_possession_needs_the_pin_and_a_key_and_a_challenge_that_fits() {
    let mut card = Card::open(Reader::with_memory(card_with_pending_key())).expect("open");
    assert_eq!(card.prove(CHALLENGE), Err(CardError::PinNeeded));
    for octets in [0, 128] {
        assert_eq!(card.prove(&vec![7; octets]), Err(CardError::ChallengeLength { octets }));
    }
    card.verify_pin(&pin(PIN)).expect("verify PIN");
    verify_request(&card.prove(&[7; 127]).expect("request"));

    let mut empty = Card::open(Reader::with(factory_card())).expect("open");
    assert_eq!(empty.prove(CHALLENGE), Err(not_satisfied(0x47)));
    let certificate = &authority().certificate;
    assert_eq!(empty.write_pending(certificate, certificate), Err(not_satisfied(0xD6)));
    assert!(empty.read_pending(1, 1).is_err());
}

#[test]
fn the_switch_is_refused_until_both_certificates_are_there_and_the_key_is_certified() {
    let mut card = Card::open(Reader::with_memory(card_with_pending_key())).expect("open");
    let ca_certificate = &authority().certificate;
    assert_eq!(card.activate(), Err(not_satisfied(0x44)));

    // The authority's own certificate is complete and certifies another key.
    card.write_pending(ca_certificate, ca_certificate).expect("write");
    assert_eq!(card.activate(), Err(not_satisfied(0x44)));

    let (_, right) = issued_card();
    card.write_pending(right, ca_certificate).expect("write");
    assert_eq!(card.activate(), Ok(()));
    assert_eq!(card.activate(), Err(not_satisfied(0x44)));
}

#[test]
fn what_is_no_certificate_is_not_written() {
    let mut card = Card::open(Reader::with_memory(card_with_pending_key())).expect("open");
    let good = &authority().certificate;
    for bad in [&b""[..], b"12345678901", &good[..good.len() - 1]] {
        let refused = Err(CardError::NotACertificate { octets: bad.len() });
        assert_eq!(card.write_pending(good, bad), refused);
        assert_eq!(card.write_pending(bad, good), refused);
    }
    assert!(card.read_pending(1, 1).is_err());
}

/// A renewal from the pending key onwards; the new certificate.
fn renew(reader: &mut Reader) -> Result<Vec<u8>, CardError> {
    let mut card = Card::open(reader)?;
    card.verify_pin(&pin(PIN))?;
    let request = card.prove(CHALLENGE)?;
    let certificate = authority().issue(&request);
    card.write_pending(&certificate, &authority().certificate)?;
    let ca_certificate = &authority().certificate;
    let written = card.read_pending(certificate.len(), ca_certificate.len())?;
    assert_eq!(written, [&certificate[..], ca_certificate].concat());
    card.activate()?;
    Ok(certificate)
}

/// Whether the living key, certificate and PIN are these and work.
fn assert_usable(reader: &mut Reader, certificate: &[u8]) {
    let mut card = Card::open(reader).expect("open");
    card.verify_pin(&pin(PIN)).expect("verify PIN");
    assert_eq!(card.read_certificate().as_deref(), Ok(certificate));
    let signature = card.sign(KeySlot::Living, &digest(b"x")).expect("sign");
    verify_signature(certificate, b"x", &signature);
}

#[test]
fn a_renewal_torn_out_at_any_command_leaves_the_old_pair_usable_and_can_go_on() {
    let (_, old) = issued_card();
    for commands in 0.. {
        let mut reader = Reader::with_memory(renewing_card());
        reader.tear_out_after(commands);
        let outcome = renew(&mut reader);
        if outcome.is_ok() {
            assert!(commands > 20, "renewed in {commands} commands");
            return;
        }
        let removed = matches!(outcome, Err(CardError::CardRemoved { .. }));
        assert!(removed, "torn out after {commands} commands");
        assert_usable(&mut reader, old);
        let new = renew(&mut reader).expect("the case goes on");
        assert_ne!(&new, old);
        assert_usable(&mut reader, &new);
    }
}

#[test]
fn a_renewal_torn_out_after_the_switch_has_happened() {
    let mut reader = Reader::with_memory(renewing_card());
    let mut card = Card::open(&mut reader).expect("open");
    card.verify_pin(&pin(PIN)).expect("verify PIN");
    let request = card.prove(CHALLENGE).expect("request");
    let new = authority().issue(&request);
    card.write_pending(&new, &authority().certificate).expect("write");
    reader.tear_out_after(1);
    reader.reaches_card = true;
    let mut card = Card::open(&mut reader).expect("open");
    assert!(matches!(card.activate(), Err(CardError::CardRemoved { .. })));
    assert_usable(&mut reader, &new);
}

#[test]
fn a_new_key_pair_replaces_a_pending_one_and_spares_the_living_one() {
    let (_, old) = issued_card();
    let mut reader = Reader::with_memory(renewing_card());
    let mut card = Card::open(&mut reader).expect("open");
    let first = card.pending_public_key().expect("public key");
    card.write_pending(old, &authority().certificate).expect("write");
    let second = card.generate_key_pair().expect("key pair");
    assert_ne!(first, second);
    assert!(card.read_pending(1, 1).is_err());
    assert_usable(&mut reader, old);
}

#[test]
fn the_longest_certificate_that_the_issuer_writes_is_the_longest_that_the_card_takes() {
    use akashi_card::issuing::{CERTIFICATE_ROOM, write_certificates};
    // What a card holds it knows by the header alone, until it switches.
    let of = |octets: usize| {
        let [.., high, low] = (octets - 4).to_be_bytes();
        [&[0x30, 0x82, high, low][..], &vec![0x05; octets - 4]].concat()
    };
    let ca = authority().certificate.clone();
    let mut card = Card::open(Reader::with_memory(card_with_pending_key())).expect("open");
    let longest = of(CERTIFICATE_ROOM);
    card.write_pending(&longest, &ca).expect("write");
    let read = card.read_pending(longest.len(), ca.len()).expect("read");
    assert_eq!(read, [&longest[..], &ca].concat());
    for octets in [CERTIFICATE_ROOM + 1, 0x8000, 0x8001, 0xFFFF] {
        let refused = Err(CardError::NotACertificate { octets });
        assert_eq!(write_certificates(&of(octets), &ca), refused);
        assert_eq!(write_certificates(&ca, &of(octets)), refused);
    }
    // Told all the same, in two writes, the card has no room for it.
    let mut commands = write_certificates(&longest, &ca).expect("commands");
    commands[1].data[2..4].copy_from_slice(&[0x0F, 0xFD]);
    card.tell(&commands[0]).expect("select");
    let no_room = CardError::UnexpectedAnswer { instruction: 0xD6, status: 0x6A84 };
    assert_eq!(card.tell(&commands[1]), Err(no_room));
}
