//! Reading an OCSP answer, believing nothing that does not verify (RFC 6960 §3.2).

use akashi_wire::RevocationReason;
use akashi_wire::clock::off;
use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION,
};
use der::Decode;
use der::asn1::{GeneralizedTime, ObjectIdentifier};
use jiff::{SignedDuration, Timestamp};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_cert::Certificate;

use super::der_reader::{Value, expect, next, signed_part};
use super::{NONCE, Verdict, is_signed_by, parse};

/// A response without an answer (RFC 6960 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseStatus {
    /// 1.
    MalformedRequest,
    /// 2.
    InternalError,
    /// 3: for the moment it cannot answer.
    TryLater,
    /// 5: it answers those who sign their question.
    SigRequired,
    /// 6: it does not answer this asker.
    Unauthorized,
}

impl std::fmt::Display for ResponseStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MalformedRequest => "malformedRequest",
            Self::InternalError => "internalError",
            Self::TryLater => "tryLater",
            Self::SigRequired => "sigRequired",
            Self::Unauthorized => "unauthorized",
        })
    }
}

/// How far the two clocks may differ.
pub(super) const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Reads the answer to one question. `Err(text)` when it cannot be believed.
pub(super) fn read(
    octets: &[u8],
    cert_id: &[u8],
    nonce: &[u8],
    authority: &Certificate,
    now: Timestamp,
) -> Result<Result<Verdict, ResponseStatus>, String> {
    let junk = || "the answer is not an OCSP response".to_owned();
    let mut outer = octets;
    let mut response = expect(&mut outer, 0x30).ok_or_else(junk)?.content;
    let status = expect(&mut response, 0x0a).ok_or_else(junk)?.content;
    let refused = match status {
        [0] => None,
        [1] => Some(ResponseStatus::MalformedRequest),
        [2] => Some(ResponseStatus::InternalError),
        [3] => Some(ResponseStatus::TryLater),
        [5] => Some(ResponseStatus::SigRequired),
        [6] => Some(ResponseStatus::Unauthorized),
        _ => return Err(junk()),
    };
    if let Some(status) = refused {
        return Ok(Err(status));
    }
    let basic = (|| {
        let mut bytes = expect(&mut response, 0xa0)?.content;
        let mut bytes = expect(&mut bytes, 0x30)?.content;
        next(&mut bytes)?;
        Some(expect(&mut bytes, 0x04)?.content)
    })()
    .ok_or_else(junk)?;
    verify(basic, authority, now)?;
    let data = signed_part(basic).ok_or_else(junk)?;
    Ok(Ok(single(data, cert_id, nonce, now)?))
}

/// Checks the signature, the delegation and the responder's own time.
fn verify(basic: &[u8], authority: &Certificate, now: Timestamp) -> Result<(), String> {
    let junk = || "the answer is not an OCSP response".to_owned();
    let mut basic = basic;
    let mut parts = expect(&mut basic, 0x30).ok_or_else(junk)?.content;
    let data = next(&mut parts).ok_or_else(junk)?;
    let algorithm = expect(&mut parts, 0x30).ok_or_else(junk)?;
    let signature = expect(&mut parts, 0x03).ok_or_else(junk)?;
    let mut certs = expect(&mut parts, 0xa0).ok_or("the answer names no responder")?.content;
    let mut certs = expect(&mut certs, 0x30).ok_or_else(junk)?.content;
    let delegate = next(&mut certs).ok_or_else(junk)?;
    let responder = parse(delegate.whole)?;
    if !is_signed_by(delegate.whole, &responder, authority) {
        return Err("the responder's certificate is not the authority's".into());
    }
    let tbs = responder.tbs_certificate();
    let usage = tbs
        .get_extension::<x509_cert::ext::pkix::ExtendedKeyUsage>()
        .map_err(|e| e.to_string())?
        .ok_or("the responder has no leave to answer")?;
    if usage.1.0 != [akashi_wire::pki::oid::KP_OCSP_SIGNING] {
        return Err("the responder has no leave to answer".into());
    }
    let validity = tbs.validity();
    let (from, to) = (
        akashi_wire::pki::moment(&validity.not_before),
        akashi_wire::pki::moment(&validity.not_after),
    );
    if now + SKEW < from || now > to {
        return Err(format!(
            "the responder's certificate is good from {from} to {to}, and the clock of this computer says \
             {now}: look at the clock first"
        ));
    }
    let key = tbs.subject_public_key_info();
    // The algorithm that the answer says, and that this key signs with (RFC 5754 §3.2, §3.3).
    let mut algorithm = algorithm.content;
    let told = next(&mut algorithm).ok_or_else(junk)?.whole;
    let told = ObjectIdentifier::from_der(told);
    let with: &dyn VerificationAlgorithm = match (key.algorithm.oid, told) {
        (ID_EC_PUBLIC_KEY, Ok(ECDSA_WITH_SHA_256)) => &ECDSA_P256_SHA256_ASN1,
        (RSA_ENCRYPTION, Ok(SHA_256_WITH_RSA_ENCRYPTION)) => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err("the answer is signed in a way that this responder's key does not".into()),
    };
    UnparsedPublicKey::new(with, key.subject_public_key.raw_bytes())
        .verify(data.whole, signature.content.get(1..).unwrap_or_default())
        .map_err(|_| "the answer's signature does not verify".to_owned())
}

fn single(data: &[u8], cert_id: &[u8], nonce: &[u8], now: Timestamp) -> Result<Verdict, String> {
    let junk = || "the answer is not an OCSP response".to_owned();
    let mut data = data;
    let mut data = expect(&mut data, 0x30).ok_or_else(junk)?.content;
    let mut value = next(&mut data).ok_or_else(junk)?;
    if value.tag == 0xa0 {
        value = next(&mut data).ok_or_else(junk)?;
    }
    if !matches!(value.tag, 0xa1 | 0xa2) {
        return Err(junk());
    }
    expect(&mut data, 0x18).ok_or_else(junk)?;
    let mut responses = expect(&mut data, 0x30).ok_or_else(junk)?.content;
    let mut single = expect(&mut responses, 0x30).ok_or_else(junk)?.content;
    if next(&mut single).ok_or_else(junk)?.whole != cert_id || !responses.is_empty() {
        return Err("the answer is about another certificate".into());
    }
    let status = next(&mut single).ok_or_else(junk)?;
    let this_update = moment(next(&mut single).ok_or_else(junk)?)?;
    let next_update = expect(&mut single, 0xa0).ok_or("the answer says not until when it holds")?;
    let next_update = moment(next(&mut { next_update.content }).ok_or_else(junk)?)?;
    let extensions = expect(&mut data, 0xa1).ok_or("the answer does not repeat the nonce")?;
    let expected =
        [NONCE, &super::der_reader::tlv(0x04, &[&super::der_reader::tlv(0x04, &[nonce])])];
    let expected = expected.concat();
    if !extensions.content.windows(expected.len()).any(|window| window == expected) {
        return Err("the answer does not repeat the nonce".into());
    }
    // It repeats what was asked a moment ago: the responder's time is in it.
    if this_update > now + SKEW || next_update < now {
        let clock = off(now, this_update);
        return Err(format!(
            "the responder says that it is {this_update}: the clock of this computer is {clock}; set it"
        ));
    }
    match status.tag {
        0x80 => Ok(Verdict::Valid),
        0x82 => Ok(Verdict::NotIssued),
        0xa1 => {
            let mut info = status.content;
            let at = moment(next(&mut info).ok_or_else(junk)?)?;
            let reason = match next(&mut info) {
                None => RevocationReason::Unspecified,
                Some(reason) => {
                    let code = reason.content.last().copied().unwrap_or_default();
                    RevocationReason::from_code(code).ok_or_else(junk)?
                }
            };
            Ok(Verdict::Revoked { at, reason })
        }
        _ => Err(junk()),
    }
}

fn moment(value: Value<'_>) -> Result<Timestamp, String> {
    let time = GeneralizedTime::from_der(value.whole).map_err(|e| e.to_string())?;
    Timestamp::from_second(time.to_unix_duration().as_secs() as i64).map_err(|e| e.to_string())
}
