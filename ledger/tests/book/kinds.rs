//! What is signed says what it is, outside of the signature and under it, and is read as nothing else.

use akashi_keys::{EcKey, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_wire::SignedMessage;
use akashi_wire::signed::{MessageKind, SignedMessageError};

#[test]
fn a_message_of_one_kind_is_read_as_no_other() {
    let now = "2026-04-01T00:00:00Z".parse().unwrap();
    let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", now).unwrap();
    let key = EcKey::generate().unwrap();
    let usage = Usage::Party { hosts: Vec::new() };
    let certificate = link.certify(key.public_key(), "somebody", &usage, now).unwrap();
    let token = OfficerToken::new(key, certificate, link.certificate().to_vec());
    for own in MessageKind::ALL {
        let message =
            SignedMessage::sign(own, b"{}", token.certificate(), now, |o| token.sign(o)).unwrap();
        assert_eq!(message.clone().verify(own).unwrap().content(), b"{}");
        for other in MessageKind::ALL.into_iter().filter(|other| *other != own) {
            let refused = Some(SignedMessageError::Kind(other));
            assert_eq!(message.clone().verify(other).err(), refused);
            assert_eq!(message.unverified_content(other).err(), refused);
            // Renamed by somebody who cannot sign: outside of the signature alone.
            let (own_oid, other_oid) = (own.oid(), other.oid());
            let mut octets = message.as_der().to_vec();
            let length = own_oid.as_bytes().len();
            let at = octets.windows(length).position(|part| part == own_oid.as_bytes()).unwrap();
            octets[at..at + length].copy_from_slice(other_oid.as_bytes());
            let renamed = SignedMessage::from_der(octets);
            for kind in [own, other] {
                let refused = renamed.clone().verify(kind).err();
                assert_eq!(refused, Some(SignedMessageError::Kind(kind)), "{own:?} as {other:?}");
            }
        }
    }
}
