//! The relying agency's reader of OCSP answers, which is no part of any library's surface: its
//! files are taken in as they are.

use akashi_wire::RevocationReason;
use der::Decode;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use std::sync::LazyLock;
use x509_cert::Certificate;

#[path = "../../../../agency/src/answer.rs"]
mod reader;

#[path = "../../../../agency/src/der_reader.rs"]
mod der_reader;

/// What the reader concludes.
#[derive(Debug)]
#[expect(dead_code, reason = "the reader fills it; what it concludes is not looked at")]
enum Verdict {
    Valid,
    Revoked { at: Timestamp, reason: RevocationReason },
    NotIssued,
}

/// id-pkix-ocsp-nonce, DER.
const NONCE: &[u8] = &[0x06, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];

fn parse(octets: &[u8]) -> Result<Certificate, String> {
    Certificate::from_der(octets).map_err(|error| error.to_string())
}

fn is_signed_by(octets: &[u8], _: &Certificate, issuer: &Certificate) -> bool {
    let key = issuer.tbs_certificate().subject_public_key_info();
    let mut rest = octets;
    let Some(mut inside) = der_reader::expect(&mut rest, 0x30).map(|whole| whole.content) else {
        return false;
    };
    let (Some(signed), _) = (der_reader::next(&mut inside), der_reader::next(&mut inside)) else {
        return false;
    };
    let Some(signature) = der_reader::expect(&mut inside, 0x03) else { return false };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.subject_public_key.raw_bytes())
        .verify(signed.whole, signature.content.get(1..).unwrap_or_default())
        .is_ok()
}

/// An authority and a responder whose keys protect nothing (`data/`).
const RESPONDER: &[u8] = include_bytes!("../../data/responder.der");
static AUTHORITY: LazyLock<Certificate> =
    LazyLock::new(|| parse(include_bytes!("../../data/authority.der")).expect("a certificate"));
static KEY: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let key = include_bytes!("../../data/responder.pk8");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key, &SystemRandom::new())
        .expect("a key")
});
/// AlgorithmIdentifier of ecdsa-with-SHA256, DER.
const ECDSA: &[u8] = &[0x30, 10, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// The question that every input answers.
pub const ASKED_NONCE: [u8; 16] = [7; 16];
/// A CertID is octets to the reader: it must come back as it went.
pub const ASKED: &[u8] = &[0x30, 3, 2, 1, 5];

fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().expect("a time")
}

/// The input twice: as it came, and as the signed part of an answer whose signature is good. Nothing
/// is believed that is not signed, about another certificate, for another nonce or out of its time.
pub fn answer(octets: &[u8]) {
    let unsigned = reader::read(octets, ASKED, &ASKED_NONCE, &AUTHORITY, now());
    assert!(!matches!(unsigned, Ok(Ok(_))), "believed without a signature");
    let octets = signed(octets);
    match reader::read(&octets, ASKED, &ASKED_NONCE, &AUTHORITY, now()) {
        Ok(Ok(_)) => {
            assert!(octets.windows(ASKED.len()).any(|window| window == ASKED));
            assert!(octets.windows(16).any(|window| window == ASKED_NONCE));
        }
        Ok(Err(status)) => panic!("a successful answer says {status}"),
        Err(why) => assert!(!why.is_empty()),
    }
}

/// A basic response over these octets as its tbsResponseData.
fn signed(data: &[u8]) -> Vec<u8> {
    use der_reader::tlv;
    let signature = KEY.sign(&SystemRandom::new(), data).expect("a signature");
    let certs = tlv(0xa0, &[&tlv(0x30, &[RESPONDER])]);
    let basic = tlv(0x30, &[data, ECDSA, &tlv(0x03, &[&[0], signature.as_ref()]), &certs]);
    let kind = [0x06, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
    let octets = tlv(0x30, &[&kind, &tlv(0x04, &[&basic])]);
    tlv(0x30, &[&[0x0a, 1, 0], &tlv(0xa0, &[&octets])])
}
