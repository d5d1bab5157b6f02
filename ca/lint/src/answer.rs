//! OCSP answers, taken apart (RFC 6960 §4.2.1).

use x509_parser::certificate::TbsCertificate;
use x509_parser::prelude::FromDer;

use crate::certificate::Certificate;
use crate::der::{self, Defect, Tlv};
use crate::rules::{self, ANSWER, ANSWER_DATA};
use crate::{Finding, Lint, oid};

/// An OCSP answer that is judged.
pub(crate) struct Answer<'a> {
    pub(crate) lint: &'a Lint,
    pub(crate) octets: &'a [u8],
    /// Content of responseStatus.
    pub(crate) status: &'a [u8],
    /// responseType, where there is an answer inside.
    pub(crate) kind: Option<&'a [u8]>,
    /// The answer, where its type is id-pkix-ocsp-basic.
    pub(crate) basic: Option<Basic<'a>>,
}

/// BasicOCSPResponse.
pub(crate) struct Basic<'a> {
    /// version, where it is stated.
    pub version: Option<Tlv<'a>>,
    pub responder: Tlv<'a>,
    pub produced_at: Tlv<'a>,
    pub responses: Vec<Single<'a>>,
    /// Content of responseExtensions' SEQUENCE.
    pub extensions: Option<&'a [u8]>,
    /// DER of the AlgorithmIdentifier.
    pub algorithm: &'a [u8],
    /// DER of each certificate.
    pub certificates: Vec<&'a [u8]>,
    certificate: Option<TbsCertificate<'a>>,
}

/// SingleResponse.
pub(crate) struct Single<'a> {
    /// Content of the hash algorithm's object identifier; empty when it has parameters other than
    /// NULL.
    pub hash_algorithm: &'a [u8],
    pub name_hash: &'a [u8],
    pub key_hash: &'a [u8],
    pub serial: &'a [u8],
    pub status: Tlv<'a>,
    pub this_update: Tlv<'a>,
    pub next_update: Option<Tlv<'a>>,
    pub extensions: Option<Tlv<'a>>,
}

impl<'a> Answer<'a> {
    pub(crate) fn read(lint: &'a Lint, octets: &'a [u8]) -> Result<Self, Defect> {
        let what = "an answer must be a status and, where it is successful, an answer";
        let parts = elements(octets, 0x30, what)?;
        let (status, bytes) = match parts[..] {
            [status] => (status, None),
            [status, bytes] if bytes.tag == 0xa0 => (status, Some(bytes)),
            _ => return Err(what),
        };
        if status.tag != 0x0a {
            return Err(what);
        }
        let (mut kind, mut basic) = (None, None);
        if let Some(bytes) = bytes {
            let [of, response] = elements(bytes.content, 0x30, what)?[..] else {
                return Err(what);
            };
            kind = Some(of.content);
            if of.content == oid::OCSP_BASIC {
                basic = Some(Basic::read(response.content)?);
            }
        }
        Ok(Self { lint, octets, status: status.content, kind, basic })
    }
}

impl<'a> Basic<'a> {
    fn read(octets: &'a [u8]) -> Result<Self, Defect> {
        let what = "an answer must be data, an algorithm, a signature and certificates";
        let parts = elements(octets, 0x30, what)?;
        let (data, algorithm, certificates) = match parts[..] {
            [data, algorithm, _] => (data, algorithm, Vec::new()),
            [data, algorithm, _, certificates] if certificates.tag == 0xa0 => {
                (data, algorithm, elements(certificates.content, 0x30, what)?)
            }
            _ => return Err(what),
        };
        let certificates = certificates.iter().map(|one| one.raw).collect();
        Self::of(data.raw, algorithm.raw, certificates)
    }

    /// ResponseData, and what is around it where it was signed.
    fn of(
        data: &'a [u8],
        algorithm: &'a [u8],
        certificates: Vec<&'a [u8]>,
    ) -> Result<Self, Defect> {
        let what = "the data must be a responder, a time, answers and extensions";
        let mut parts = elements(data, 0x30, what)?.into_iter().peekable();
        let version = parts.next_if(|part| part.tag == 0xa0);
        let (Some(responder), Some(produced_at), Some(responses)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(what);
        };
        let extensions = match (parts.next(), parts.next()) {
            (None, _) => None,
            (Some(one), None) if one.tag == 0xa1 => Some(der::only(one.content)?.content),
            _ => return Err(what),
        };
        let singles = elements(responses.raw, 0x30, what)?;
        let certificate = certificates
            .first()
            .and_then(|first| Certificate::parts(first).ok())
            .and_then(|(tbs, _)| Some(TbsCertificate::from_der(tbs).ok()?.1));
        Ok(Self {
            version,
            responder,
            produced_at,
            responses: singles.iter().map(Single::read).collect::<Result<_, _>>()?,
            extensions,
            algorithm,
            certificates,
            certificate,
        })
    }

    /// The responder's certificate, where there is one that can be read; that there is exactly one
    /// is a rule of its own.
    pub(crate) fn responder_certificate(&self) -> Option<&TbsCertificate<'a>> {
        self.certificate.as_ref()
    }
}

impl<'a> Single<'a> {
    fn read(response: &Tlv<'a>) -> Result<Self, Defect> {
        let what = "an answer about a certificate must be its name, its status and times";
        let parts = elements(response.raw, 0x30, what)?;
        let [cert_id, status, this_update, optional @ ..] = &parts[..] else { return Err(what) };
        let (next_update, extensions) = match optional {
            [] => (None, None),
            [next] if next.tag == 0xa0 => (Some(next), None),
            [extensions] if extensions.tag == 0xa1 => (None, Some(*extensions)),
            [next, extensions] if (next.tag, extensions.tag) == (0xa0, 0xa1) => {
                (Some(next), Some(*extensions))
            }
            _ => return Err(what),
        };
        let [algorithm, name, key, serial] = elements(cert_id.raw, 0x30, what)?[..] else {
            return Err(what);
        };
        let hash_algorithm = match elements(algorithm.raw, 0x30, what)?[..] {
            [hash] => hash.content,
            [hash, parameters] if parameters.raw == [0x05, 0] => hash.content,
            _ => &[],
        };
        Ok(Self {
            hash_algorithm,
            name_hash: name.content,
            key_hash: key.content,
            serial: serial.content,
            status: *status,
            this_update: *this_update,
            next_update: next_update.map(|next| der::only(next.content)).transpose()?,
            extensions,
        })
    }
}

/// What is in one element with this tag.
fn elements<'a>(octets: &'a [u8], tag: u8, what: Defect) -> Result<Vec<Tlv<'a>>, Defect> {
    let whole = der::only(octets)?;
    if whole.tag == tag { der::all(whole.content) } else { Err(what) }
}

impl Lint {
    /// Everything that is wrong with an answer that is to be signed, DER of the ResponseData: the rules of
    /// what is around it come when it is whole.
    pub fn answer_to_be_signed(&self, data: &[u8]) -> Vec<Finding> {
        match Basic::of(data, &[], Vec::new()) {
            Ok(basic) => {
                let (status, kind, basic) = (&[0][..], Some(oid::OCSP_BASIC), Some(basic));
                let answer = Answer { lint: self, octets: data, status, kind, basic };
                ANSWER_DATA.iter().filter_map(|rule| rule.finding((rule.check)(&answer))).collect()
            }
            Err(what) => rules::unread(&rules::answer::CANONICAL, data, what),
        }
    }

    /// Everything that is wrong with an OCSP answer, DER of the whole OCSPResponse.
    pub fn answer(&self, octets: &[u8]) -> Vec<Finding> {
        match Answer::read(self, octets) {
            Ok(answer) => {
                ANSWER.iter().filter_map(|rule| rule.finding((rule.check)(&answer))).collect()
            }
            Err(what) => rules::unread(&rules::answer::CANONICAL, octets, what),
        }
    }
}
