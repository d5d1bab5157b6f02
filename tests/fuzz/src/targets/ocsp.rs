//! The responder's reader of requests (RFC 6960 §4.1.1).

use akashi_ocsp::request::{MAX_CERT_IDS, MAX_NONCE, MAX_OCTETS};
use akashi_ocsp::{OcspRequest, from_path};
use der::{AnyRef, Decode, Encode};

/// What is accepted is DER within the limits of docs/interfaces.md §8, and everything that will be
/// echoed stands in it as it came.
pub fn request(octets: &[u8]) {
    let Ok(request) = OcspRequest::read(octets) else { return };
    assert!(octets.len() <= MAX_OCTETS);
    let again = AnyRef::from_der(octets).expect("DER").to_der().expect("DER");
    assert_eq!(again, octets, "what is accepted is DER, with nothing after it");
    let stands_in_it = |part: &[u8]| octets.windows(part.len()).any(|window| window == part);
    assert!(stands_in_it(request.tbs()));
    assert!((1..=MAX_CERT_IDS).contains(&request.cert_ids.len()));
    for cert_id in &request.cert_ids {
        assert!(stands_in_it(cert_id.octets()));
        assert!(cert_id.serial_text().chars().count() <= 41);
        if let Some(serial) = cert_id.serial() {
            assert_eq!(cert_id.serial_text(), serial.to_string());
        }
    }
    if let Some(nonce) = request.nonce {
        let value = AnyRef::from_der(nonce.extn_value()).expect("DER").value();
        assert!((1..=MAX_NONCE).contains(&value.len()));
    }
}

/// A path is decoded once: without a percent sign it is base64 as it stands, in octets of three
/// quarters of it; under a prefix or at the root it says the same.
pub fn path(octets: &[u8]) {
    let Ok(path) = std::str::from_utf8(octets) else { return };
    let decoded = from_path(path, "");
    assert!(decoded.len() <= path.len() / 4 * 3 + 2);
    let below = path.trim_start_matches('/');
    assert_eq!(from_path(&format!("/ocsp/{below}"), "/ocsp"), decoded);
    let every: String = below.bytes().map(|octet| format!("%{octet:02x}")).collect();
    if !below.contains('%') {
        assert_eq!(from_path(&every, ""), decoded, "encoded and not are the same");
    } else {
        assert!(from_path(&every, "").is_empty(), "a percent sign is no base64");
    }
    let _ = OcspRequest::read(&decoded);
}
