//! What the standards of public key infrastructure fix and several rooms read: identifiers, and the
//! six items of a resident in a certificate.

pub mod oid;
pub mod person;

use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::time::Time;

/// The moment of a Time.
///
/// ```asn1
/// Time ::= CHOICE {
///      utcTime        UTCTime,
///      generalTime    GeneralizedTime }
/// ```
///
/// Source: RFC 5280 §4.1.2.5.
pub fn moment(time: &Time) -> Timestamp {
    Timestamp::from_second(time.to_unix_duration().as_secs() as i64).unwrap_or(Timestamp::MAX)
}

/// SubjectPublicKeyInfo of a certificate, DER; `None` where it cannot be read.
pub fn public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    certificate.tbs_certificate().subject_public_key_info().to_der().ok()
}

/// The first moment of a certificate; the earliest of all where it cannot be read.
pub fn not_before(certificate: &[u8]) -> Timestamp {
    x509_cert::Certificate::from_der(certificate).map_or(Timestamp::MIN, |certificate| {
        moment(&certificate.tbs_certificate().validity().not_before)
    })
}

/// The last moment of a certificate; the earliest of all where it cannot be read.
pub fn not_after(certificate: &[u8]) -> Timestamp {
    x509_cert::Certificate::from_der(certificate).map_or(Timestamp::MIN, |certificate| {
        moment(&certificate.tbs_certificate().validity().not_after)
    })
}

/// SubjectPublicKeyInfo of a request for a certificate (RFC 2986 §4.1), DER; `None` where it cannot be
/// read.
pub fn requested_key(request: &[u8]) -> Option<Vec<u8>> {
    x509_cert::request::CertReq::from_der(request).ok()?.info.public_key.to_der().ok()
}

/// DER of a certificate as PEM (RFC 7468 §5).
pub fn certificate_pem(der: &[u8]) -> String {
    der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der)
        .expect("a label and octets make PEM")
}
