//! What is no request is told so, whatever it is.

use proptest::prelude::*;

use super::world::*;
use crate::request::{MAX_CERT_IDS, MAX_OCTETS};
use crate::{Answer, OcspRequest, RequestError, ResponseStatus};

const MALFORMED: Answer = Answer::Error(ResponseStatus::MalformedRequest);

fn id() -> Vec<u8> {
    cert_id(b"name", b"key", &[0x40; 16])
}

#[test]
fn a_request_that_breaks_a_rule_is_refused_for_that_rule() {
    let plain = request(vec![id()], &[]);
    let tbs = tbs_request(vec![id()], &[]);
    let list = tlv(0x30, &[&tlv(0x30, &[&id()])]);
    let with = |extensions: &[Vec<u8>]| request(vec![id()], extensions);
    let with_serial = |serial: &[u8]| request(vec![cert_id(b"n", b"k", serial)], &[]);
    let strange = "2.25.7";
    let single = |extensions: &[u8]| {
        let one = tlv(0x30, &[&id(), &tlv(0xa0, &[&tlv(0x30, &[extensions])])]);
        tlv(0x30, &[&tlv(0x30, &[&tlv(0x30, &[&one])])])
    };
    let mut indefinite = plain.clone();
    indefinite[1] = 0x80;
    indefinite.extend([0, 0]);
    let needlessly_long = [&[0x30, 0x81, plain[1]], &plain[2..]].concat();
    let nested = (0..200).fold(Vec::new(), |inside: Vec<u8>, _| tlv(0x30, &[&inside]));
    let strange_id = const_oid::ObjectIdentifier::new_unwrap(strange);
    let many: Vec<Vec<u8>> = (0..40).map(|n| extension(&format!("2.25.{n}"), false, &[])).collect();
    let table: Vec<(&str, Vec<u8>, RequestError)> = vec![
        ("nothing", vec![], RequestError::Der),
        ("an empty sequence", vec![0x30, 0], RequestError::Der),
        ("a trailing octet", [&plain[..], &[0]].concat(), RequestError::Der),
        ("cut short", plain[..plain.len() - 1].to_vec(), RequestError::Der),
        ("indefinite length", indefinite, RequestError::Der),
        ("a length in too many octets", needlessly_long, RequestError::Der),
        ("deep nesting", nested, RequestError::Der),
        ("no list", tlv(0x30, &[&tlv(0x30, &[])]), RequestError::Der),
        ("an empty list", request(vec![], &[]), RequestError::Empty),
        (
            "version 2",
            tlv(0x30, &[&tlv(0x30, &[&tlv(0xa0, &[&[2, 1, 1]]), &list])]),
            RequestError::Version,
        ),
        (
            "something after the extensions",
            tlv(0x30, &[&tlv(0x30, &[&list, &[5, 0]])]),
            RequestError::Der,
        ),
        ("an empty serial number", with_serial(&[]), RequestError::Der),
        ("a serial number with a needless zero", with_serial(&[0, 1]), RequestError::Der),
        ("a serial number with needless ones", with_serial(&[0xff, 0x80]), RequestError::Der),
        ("101 certificates", request(vec![id(); 101], &[]), RequestError::TooManyCertIds),
        ("an empty nonce", with(&[nonce_extension(&[])]), RequestError::Nonce(0)),
        ("a nonce of 129", with(&[nonce_extension(&[7; 129])]), RequestError::Nonce(129)),
        (
            "a nonce that is no OCTET STRING",
            with(&[extension("1.3.6.1.5.5.7.48.1.2", false, &[1, 2, 3])]),
            RequestError::Der,
        ),
        (
            "two nonces",
            with(&[nonce_extension(&[7; 16]), nonce_extension(&[8; 16])]),
            RequestError::ExtensionTwice(crate::oid::OCSP_NONCE),
        ),
        (
            "one strange extension twice",
            with(&[extension(strange, false, &[]), extension(strange, false, &[])]),
            RequestError::ExtensionTwice(strange_id),
        ),
        (
            "a critical extension",
            with(&[extension(strange, true, &[])]),
            RequestError::CriticalExtension(strange_id),
        ),
        (
            "a critical extension of one question",
            single(&extension(strange, true, &[])),
            RequestError::CriticalExtension(strange_id),
        ),
        ("extensions without any", single(&[]), RequestError::Der),
        ("too many extensions", with(&many), RequestError::TooManyExtensions),
        ("a signature that is none", tlv(0x30, &[&tbs, &tlv(0xa0, &[&[5, 0]])]), RequestError::Der),
        (
            "something else than a signature",
            tlv(0x30, &[&tbs, &tlv(0xa1, &[&[5, 0]])]),
            RequestError::Der,
        ),
        ("far too long", vec![0x30; MAX_OCTETS + 1], RequestError::TooLong),
    ];
    for (what, octets, error) in table {
        assert_eq!(OcspRequest::read(&octets), Err(error), "{what}");
    }
}

#[test]
fn what_the_standard_allows_is_read() {
    let list = tlv(0x30, &[&tlv(0x30, &[&id()])]);
    let allowed = [
        ("plain", request(vec![id()], &[])),
        ("a hundred certificates", request(vec![id(); MAX_CERT_IDS], &[])),
        ("a strange extension", request(vec![id()], &[extension("2.25.7", false, &[1])])),
        ("a critical nonce", {
            let nonce = extension("1.3.6.1.5.5.7.48.1.2", true, &tlv(4, &[&[1; 32]]));
            request(vec![id()], &[nonce])
        }),
        ("acceptable responses, critical", {
            let basic = der::Encode::to_der(&crate::oid::OCSP_BASIC).unwrap();
            let value = tlv(0x30, &[&basic]);
            request(vec![id()], &[extension("1.3.6.1.5.5.7.48.1.4", true, &value)])
        }),
        ("an explicit v1", tlv(0x30, &[&tlv(0x30, &[&tlv(0xa0, &[&[2, 1, 0]]), &list])])),
        ("a name", tlv(0x30, &[&tlv(0x30, &[&tlv(0xa1, &[&[0x82, 1, b'a']]), &list])])),
    ];
    for (what, octets) in allowed {
        assert!(OcspRequest::read(&octets).is_ok(), "{what}");
    }
}

#[tokio::test]
async fn a_malformed_request_is_told_so_before_anything_else() {
    let world = World::registered().await;
    assert_eq!(world.ask(&[]).await, MALFORMED);
    assert_eq!(world.ask(b"GET / HTTP/1.1").await, MALFORMED);
    let counts: Vec<_> = world.responder.counts().refusals().filter(|(_, n)| *n > 0).collect();
    assert_eq!(counts, [("malformed", 2)]);
}

proptest! {
    #[test]
    fn random_octets_are_never_a_request(octets in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(OcspRequest::read(&octets).is_err());
    }

    #[test]
    fn a_spoilt_request_never_panics_and_what_is_echoed_is_what_came(
        place in 0usize..1000, value in any::<u8>(), cut in prop::option::of(0usize..1000),
    ) {
        let mut octets = request(vec![id(), id()], &[nonce_extension(&[9; 16])]);
        let length = octets.len();
        octets[place % length] = value;
        octets.truncate(cut.map_or(length, |cut| cut % length));
        if let Ok(request) = OcspRequest::read(&octets) {
            for cert_id in request.cert_ids {
                let echoed = cert_id.octets();
                prop_assert!(octets.windows(echoed.len()).any(|window| window == echoed));
                use der::{Decode, Encode};
                let again = der::AnyRef::from_der(echoed).unwrap().to_der().unwrap();
                prop_assert_eq!(again, echoed);
            }
        }
    }
}
