//! Requests, keys, certificates and lists in DER.

use std::path::Path;

use akashi_ca::possession::Proof;
use akashi_ca::public_key as keys;
use akashi_shelf::Reading;
use akashi_wire::octets::Sha256;
use der::{Decode, Encode};

/// The challenge of every input.
pub const CHALLENGE: [u8; 32] = [0x5a; 32];

/// A proof that is accepted states one key as it came, and answers one challenge only.
pub fn possession(octets: &[u8]) {
    let Ok(proof) = Proof::read(octets) else { return };
    let key = &proof.public_key;
    assert!(octets.windows(key.len()).any(|window| window == key));
    public_key(key);
    assert!(proof.answers(&CHALLENGE).is_err() || proof.answers(&[0; 32]).is_err());
}

/// A key that is accepted is exactly RSA 2048 with 65537, odd, and written as it came.
pub fn public_key(octets: &[u8]) {
    let Ok(info) = keys::check(octets) else { return };
    assert_eq!(info.to_der().expect("DER"), octets);
    let key = info.subject_public_key.raw_bytes();
    // SEQUENCE, INTEGER of 257 octets with its zero, INTEGER 65537.
    assert_eq!(key.len(), 270);
    assert_eq!(key[..9], [0x30, 0x82, 1, 10, 2, 0x82, 1, 1, 0]);
    assert!(key[9] >= 0x80 && key[264] % 2 == 1);
    assert_eq!(key[265..], [2, 3, 1, 0, 1]);
}

/// What the responder and the agency read of certificates.
pub fn certificate(octets: &[u8]) {
    let ours = akashi_ocsp::Issuer::of(octets);
    if let Ok(certificate) = x509_cert::Certificate::from_der(octets) {
        let extensions = certificate.tbs_certificate().extensions().cloned().unwrap_or_default();
        for extension in &extensions {
            let _ = akashi_wire::pki::person::read(extension.extn_value.as_bytes());
        }
        let _ = akashi_wire::pki::moment(&certificate.tbs_certificate().validity().not_after);
    }
    let _ = akashi_wire::pki::person::read(octets);
    if ours.is_ok() {
        assert_eq!(der::AnyRef::from_der(octets).expect("DER").to_der().expect("DER"), octets);
    }
}

/// A list that is read to its end was read whole: its digest is that of all its octets.
pub fn list(octets: &[u8]) {
    let Ok(mut reading) = Reading::new(octets, Path::new("input")) else { return };
    let mut entries = 0usize;
    for entry in &mut reading {
        if entry.is_err() {
            break;
        }
        entries += 1;
    }
    assert!(entries <= octets.len() / 30, "more entries than octets can hold");
    assert!(reading.head().has_entries || entries == 0);
    let Ok(reading) = Reading::new(octets, Path::new("input")) else { panic!("read before") };
    if let Ok(tail) = reading.finish() {
        assert_eq!(tail.digest, Sha256::of(octets));
        assert_eq!(tail.length, octets.len() as u64);
        let _ = tail.number();
    }
}
