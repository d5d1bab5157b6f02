//! OCSPRequest (RFC 6960 §4.1.1), read strictly and with limits.
//!
//! Nothing is copied: a request borrows from the octets that came. DER only; whatever has
//! trailing octets, indefinite or needlessly long lengths, or ends too early, is malformed. One
//! thing that DER forbids is let pass: a version that says `v1`, which is the default.

use const_oid::ObjectIdentifier;
use der::asn1::{BitStringRef, OctetStringRef};
use der::{Decode, Reader, SliceReader};

use crate::x509::{algorithm, is_context};
use crate::{CertId, oid};

/// The longest request that is read, in octets.
pub const MAX_OCTETS: usize = 64 * 1024;
/// The most certificates that one request may ask about.
pub const MAX_CERT_IDS: usize = 100;
/// The longest nonce in octets (RFC 9654 §2.1).
pub const MAX_NONCE: usize = 128;
/// The most extensions in one place.
const MAX_EXTENSIONS: usize = 32;

/// Why octets are not a request that can be answered: `malformedRequest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not the DER of an OCSPRequest.
    #[error("this is not the DER of an OCSPRequest")]
    Der,
    /// Longer than [`MAX_OCTETS`].
    #[error("a request has at most {MAX_OCTETS} octets")]
    TooLong,
    /// A version other than v1.
    #[error("a version other than v1")]
    Version,
    /// Nothing is asked.
    #[error("the requestList is empty")]
    Empty,
    /// More than [`MAX_CERT_IDS`].
    #[error("a request asks about at most {MAX_CERT_IDS} certificates")]
    TooManyCertIds,
    /// A nonce without octets, or with more than [`MAX_NONCE`].
    #[error("a nonce of {0} octets; 1 to {MAX_NONCE} are allowed")]
    Nonce(usize),
    /// One extension twice.
    #[error("the extension {0} stands twice")]
    ExtensionTwice(ObjectIdentifier),
    /// More extensions than anybody sends.
    #[error("at most {MAX_EXTENSIONS} extensions")]
    TooManyExtensions,
    /// An extension that must be understood and is not.
    #[error("the critical extension {0} is not understood")]
    CriticalExtension(ObjectIdentifier),
}

impl From<der::Error> for RequestError {
    fn from(_: der::Error) -> Self {
        Self::Der
    }
}

/// A nonce: the octets of extnValue, an OCTET STRING inside; echoed as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce<'a>(&'a [u8]);

impl<'a> Nonce<'a> {
    fn read(extn_value: &'a [u8]) -> Result<Self, RequestError> {
        let length = <&OctetStringRef>::from_der(extn_value)?.as_bytes().len();
        match length {
            1..=MAX_NONCE => Ok(Self(extn_value)),
            _ => Err(RequestError::Nonce(length)),
        }
    }

    /// The value of the extension.
    pub fn extn_value(&self) -> &'a [u8] {
        self.0
    }
}

/// optionalSignature: who asks, to be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSignature<'a> {
    /// signatureAlgorithm, without its parameters.
    pub algorithm: ObjectIdentifier,
    /// The signature's octets.
    pub signature: &'a [u8],
    /// DER of the first certificate, the signer's.
    pub signer: Option<&'a [u8]>,
}

/// A request, read and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspRequest<'a> {
    tbs: &'a [u8],
    /// What is asked; at least one.
    pub cert_ids: Vec<CertId<'a>>,
    /// To be echoed.
    pub nonce: Option<Nonce<'a>>,
    /// Who asks.
    pub signature: Option<RequestSignature<'a>>,
}

impl<'a> OcspRequest<'a> {
    /// Reads a request.
    pub fn read(octets: &'a [u8]) -> Result<Self, RequestError> {
        if octets.len() > MAX_OCTETS {
            return Err(RequestError::TooLong);
        }
        let mut reader = SliceReader::new(octets)?;
        let (tbs, signature) = reader.sequence(|request| {
            let tbs = request.tlv_bytes()?;
            let signature = if request.is_finished() { None } else { Some(signature(request)?) };
            Ok::<_, RequestError>((tbs, signature))
        })?;
        reader.finish()?;
        let mut reader = SliceReader::new(tbs)?;
        let (cert_ids, nonce) = reader.sequence(tbs_request)?;
        Ok(Self { tbs, cert_ids, nonce, signature })
    }

    /// The octets that are signed, when the request is.
    pub fn tbs(&self) -> &'a [u8] {
        self.tbs
    }
}

type TbsRequest<'a> = (Vec<CertId<'a>>, Option<Nonce<'a>>);

fn tbs_request<'a>(tbs: &mut SliceReader<'a>) -> Result<TbsRequest<'a>, RequestError> {
    if is_context(tbs, 0) {
        let version = explicit(tbs, |inside| Ok(u8::decode(inside)?))?;
        if version != 0 {
            return Err(RequestError::Version);
        }
    }
    if is_context(tbs, 1) {
        // requestorName: what the asker says of itself is not what it is known by here.
        explicit(tbs, |inside| Ok(inside.tlv_bytes()?))?;
    }
    let mut cert_ids = Vec::with_capacity(1);
    tbs.sequence(|list| {
        while !list.is_finished() {
            if cert_ids.len() == MAX_CERT_IDS {
                return Err(RequestError::TooManyCertIds);
            }
            cert_ids.push(list.sequence(single_request)?);
        }
        Ok(())
    })?;
    if cert_ids.is_empty() {
        return Err(RequestError::Empty);
    }
    let mut nonce = None;
    if is_context(tbs, 2) {
        explicit(tbs, |inside| {
            extensions(inside, |id, value| match id {
                oid::OCSP_NONCE => {
                    nonce = Some(Nonce::read(value)?);
                    Ok(true)
                }
                // Understood where the basic response is among the acceptable ones.
                oid::OCSP_RESPONSE => {
                    Ok(Vec::<ObjectIdentifier>::from_der(value)?.contains(&oid::OCSP_BASIC))
                }
                _ => Ok(false),
            })
        })?;
    }
    Ok((cert_ids, nonce))
}

fn single_request<'a>(request: &mut SliceReader<'a>) -> Result<CertId<'a>, RequestError> {
    let cert_id = CertId::read(request)?;
    if is_context(request, 0) {
        explicit(request, |inside| extensions(inside, |_, _| Ok(false)))?;
    }
    Ok(cert_id)
}

fn signature<'a>(request: &mut SliceReader<'a>) -> Result<RequestSignature<'a>, RequestError> {
    if !is_context(request, 0) {
        return Err(RequestError::Der);
    }
    explicit(request, |inside| {
        inside.sequence(|fields| {
            let algorithm = algorithm(fields)?;
            let bits = BitStringRef::decode(fields)?;
            let signature = bits.as_bytes().ok_or(RequestError::Der)?;
            let mut signer = None;
            if is_context(fields, 0) {
                explicit(fields, |certs| {
                    certs.sequence(|certs| {
                        while !certs.is_finished() {
                            let certificate = certs.tlv_bytes()?;
                            signer.get_or_insert(certificate);
                        }
                        Ok::<_, RequestError>(())
                    })
                })?;
            }
            Ok(RequestSignature { algorithm, signature, signer })
        })
    })
}

/// Reads what an EXPLICIT tag, which was looked at before, has inside: exactly one thing.
fn explicit<'a, T>(
    reader: &mut SliceReader<'a>,
    read: impl FnOnce(&mut SliceReader<'a>) -> Result<T, RequestError>,
) -> Result<T, RequestError> {
    let mut inside = SliceReader::new(der::AnyRef::decode(reader)?.value())?;
    let value = read(&mut inside)?;
    inside.finish()?;
    Ok(value)
}

/// Reads Extensions; `understand` says whether it understood one.
fn extensions<'a>(
    reader: &mut SliceReader<'a>,
    mut understand: impl FnMut(ObjectIdentifier, &'a [u8]) -> Result<bool, RequestError>,
) -> Result<(), RequestError> {
    let mut seen = Vec::new();
    reader.sequence(|list| {
        while !list.is_finished() {
            list.sequence(|extension| {
                let id = ObjectIdentifier::decode(extension)?;
                let critical =
                    der::Tag::peek(extension)? == der::Tag::Boolean && bool::decode(extension)?;
                let value = <&OctetStringRef>::decode(extension)?.as_bytes();
                if seen.contains(&id) {
                    return Err(RequestError::ExtensionTwice(id));
                }
                if seen.len() == MAX_EXTENSIONS {
                    return Err(RequestError::TooManyExtensions);
                }
                seen.push(id);
                if !understand(id, value)? && critical {
                    return Err(RequestError::CriticalExtension(id));
                }
                Ok(())
            })?;
        }
        Ok::<_, RequestError>(())
    })?;
    if seen.is_empty() { Err(RequestError::Der) } else { Ok(()) }
}
