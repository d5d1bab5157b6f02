//! OCSPResponse (RFC 6960 §4.2.1).

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use akashi_keys::{KeyError, Signer};
use akashi_ledger::Standing;
use akashi_lint::{Finding, Lint};
use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, BitString, GeneralizedTime, Null, OctetString, OctetStringRef};
use der::{Choice, Decode, Encode, Enumerated, Sequence};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlReason;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::oid;
use crate::request::Nonce;
use crate::respond::Found;

/// responseStatus, in the order of the standard; 4 is not used there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enumerated)]
#[repr(u8)]
pub enum ResponseStatus {
    /// An answer is inside.
    Successful = 0,
    /// Not a request.
    MalformedRequest = 1,
    /// Something is wrong inside of the responder.
    InternalError = 2,
    /// Cannot answer now: says nothing about any certificate.
    TryLater = 3,
    /// Only signed requests are answered.
    SigRequired = 5,
    /// Not for this asker, or not about this issuer.
    Unauthorized = 6,
}

impl ResponseStatus {
    /// The whole response that says only this.
    ///
    /// # Panics
    /// For [`ResponseStatus::Successful`], which says more.
    pub fn error_response(self) -> &'static [u8] {
        match self {
            Self::MalformedRequest => &[0x30, 3, 0x0a, 1, 1],
            Self::InternalError => &[0x30, 3, 0x0a, 1, 2],
            Self::TryLater => &[0x30, 3, 0x0a, 1, 3],
            Self::SigRequired => &[0x30, 3, 0x0a, 1, 5],
            Self::Unauthorized => &[0x30, 3, 0x0a, 1, 6],
            Self::Successful => panic!("a successful response has an answer inside"),
        }
    }
}

/// RevokedInfo.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(crate) struct RevokedInfo {
    pub(crate) revocation_time: GeneralizedTime,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    pub(crate) revocation_reason: Option<CrlReason>,
}

/// CertStatus.
#[derive(Debug, Clone, PartialEq, Eq, Choice)]
pub(crate) enum CertStatus {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    Good(Null),
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true")]
    Revoked(RevokedInfo),
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT")]
    Unknown(Null),
}

impl CertStatus {
    /// A standing as OCSP states it. `None`, which is a serial number that was never issued, is
    /// `unknown`; a reason that is unspecified is left out.
    pub(crate) fn of(standing: Option<Standing>) -> der::Result<Self> {
        let Some(standing) = standing else { return Ok(Self::Unknown(Null)) };
        let Some((at, reason)) = standing.revocation() else { return Ok(Self::Good(Null)) };
        Ok(Self::Revoked(RevokedInfo {
            revocation_time: generalized_time(at)?,
            revocation_reason: match reason.code() {
                0 => None,
                code => Some(CrlReason::from_der(&[0x0a, 1, code])?),
            },
        }))
    }
}

/// SingleResponse.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(crate) struct SingleResponse<'a> {
    pub(crate) cert_id: AnyRef<'a>,
    pub(crate) cert_status: CertStatus,
    pub(crate) this_update: GeneralizedTime,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    pub(crate) next_update: Option<GeneralizedTime>,
}

/// ResponseData, version v1, responder named by its key.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(crate) struct ResponseData<'a> {
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(crate) responder_id: &'a OctetStringRef,
    pub(crate) produced_at: GeneralizedTime,
    pub(crate) responses: Vec<SingleResponse<'a>>,
    #[asn1(context_specific = "1", optional = "true", tag_mode = "EXPLICIT")]
    pub(crate) response_extensions: Option<Vec<Extension>>,
}

/// BasicOCSPResponse.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(crate) struct BasicOcspResponse<'a> {
    pub(crate) tbs_response_data: AnyRef<'a>,
    pub(crate) signature_algorithm: AlgorithmIdentifierOwned,
    pub(crate) signature: BitString,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    pub(crate) certs: Option<Vec<AnyRef<'a>>>,
}

/// ResponseBytes.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(crate) struct ResponseBytes<'a> {
    pub(crate) response_type: ObjectIdentifier,
    pub(crate) response: &'a OctetStringRef,
}

/// OCSPResponse.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(crate) struct OcspResponse<'a> {
    pub(crate) response_status: ResponseStatus,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    pub(crate) response_bytes: Option<ResponseBytes<'a>>,
}

/// A signed response, whole. Two are equal when their octets are.
#[derive(Debug, Clone)]
pub struct SignedAnswer {
    /// DER of the OCSPResponse.
    pub octets: Arc<[u8]>,
    /// Since when it is known to be true.
    pub this_update: Timestamp,
    /// When newer knowledge will be there at the latest.
    pub next_update: Timestamp,
    etag: OnceLock<Box<str>>,
}

/// Whether the name was asked for already makes no difference.
impl PartialEq for SignedAnswer {
    fn eq(&self, other: &Self) -> bool {
        self.octets == other.octets
    }
}

impl Eq for SignedAnswer {}

impl SignedAnswer {
    /// An answer of these octets.
    pub fn new(octets: Vec<u8>, this_update: Timestamp, next_update: Timestamp) -> Self {
        Self { octets: octets.into(), this_update, next_update, etag: OnceLock::new() }
    }

    /// A name for exactly these octets, made when it is first asked for: an answer with a nonce
    /// never is.
    pub fn etag(&self) -> &str {
        self.etag.get_or_init(|| {
            let digest = digest(&SHA256, &self.octets);
            format!("\"{}\"", hex::encode(&digest.as_ref()[..16])).into()
        })
    }
}

/// What is said, before it is signed.
pub(crate) struct Said<'a> {
    /// SHA-1 of the responder's public key.
    pub(crate) responder: &'a [u8; 20],
    pub(crate) found: &'a [Found<'a>],
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Timestamp,
    pub(crate) nonce: Option<Nonce<'a>>,
}

/// Why a response could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResponseError {
    #[error(transparent)]
    Der(#[from] der::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Against the rules of answers: not signed.
    #[error("the answer is against its rules and was not signed")]
    Lint(Vec<Finding>),
}

impl Said<'_> {
    fn response_data(&self) -> der::Result<Vec<u8>> {
        let this_update = generalized_time(self.this_update)?;
        let next_update = Some(generalized_time(self.next_update)?);
        let mut responses = Vec::with_capacity(self.found.len());
        for found in self.found {
            responses.push(SingleResponse {
                cert_id: AnyRef::from_der(found.cert_id.octets())?,
                cert_status: CertStatus::of(found.standing)?,
                this_update,
                next_update,
            });
        }
        let nonce = |nonce: Nonce<'_>| {
            Ok::<_, der::Error>(vec![Extension {
                extn_id: oid::OCSP_NONCE,
                critical: false,
                extn_value: OctetString::new(nonce.extn_value())?,
            }])
        };
        ResponseData {
            responder_id: OctetStringRef::new(self.responder)?,
            produced_at: this_update,
            responses,
            response_extensions: self.nonce.map(nonce).transpose()?,
        }
        .to_der()
    }

    /// Signs it, with the certificate of the key inside.
    pub(crate) fn sign(
        &self,
        key: &dyn Signer,
        certificate: &[u8],
        lint: &Lint,
    ) -> Result<SignedAnswer, ResponseError> {
        let data = self.response_data()?;
        let findings = lint.answer_to_be_signed(&data);
        if !findings.is_empty() {
            return Err(ResponseError::Lint(findings));
        }
        let signature = key.sign(&data)?;
        let basic = BasicOcspResponse {
            tbs_response_data: AnyRef::from_der(&data)?,
            signature_algorithm: key.algorithm(),
            signature: BitString::from_bytes(&signature)?,
            certs: Some(vec![AnyRef::from_der(certificate)?]),
        }
        .to_der()?;
        let octets = OcspResponse {
            response_status: ResponseStatus::Successful,
            response_bytes: Some(ResponseBytes {
                response_type: oid::OCSP_BASIC,
                response: OctetStringRef::new(&basic)?,
            }),
        }
        .to_der()?;
        Ok(SignedAnswer::new(octets, self.this_update, self.next_update))
    }
}

/// To the second, rounded down.
fn generalized_time(at: Timestamp) -> der::Result<GeneralizedTime> {
    let since = u64::try_from(at.as_millisecond().div_euclid(1000))
        .map_err(|_| der::ErrorKind::DateTime)?;
    GeneralizedTime::from_unix_duration(Duration::from_secs(since))
}
