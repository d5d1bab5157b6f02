//! Octets as others read them: OCSP answers, lists and certificates, without the rooms' own code.

use std::collections::BTreeMap;

use akashi_keys::OfficerToken;
use akashi_wire::SerialNumber;
use jiff::Timestamp;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use sha1::{Digest, Sha1};
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

/// What an answer or a list says of one certificate: since when and why (RFC 5280 §5.3.1), `None`
/// when it is good.
pub type Said = Option<(Timestamp, u8)>;

/// id-pkix-ocsp-nonce, DER.
const NONCE: &[u8] = &[0x06, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
/// ecdsa-with-SHA256, DER.
const ECDSA_SHA256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// AlgorithmIdentifier of SHA-1, DER: names the issuer in a request.
const SHA1: &[u8] = &[0x30, 9, 0x06, 5, 0x2b, 14, 3, 2, 26, 5, 0];

struct Value<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

fn next<'a>(octets: &mut &'a [u8]) -> Result<Value<'a>, String> {
    let short = || "it ends too early".to_owned();
    let (&[tag, first], rest) = octets.split_first_chunk::<2>().ok_or_else(short)?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        _ => {
            let (length, rest) =
                rest.split_at_checked(usize::from(first & 0x7f)).ok_or_else(short)?;
            (length.iter().fold(0, |n, octet| n << 8 | usize::from(*octet)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length).ok_or_else(short)?;
    let whole = &octets[..octets.len() - rest.len()];
    *octets = rest;
    Ok(Value { tag, content, whole })
}

fn expect<'a>(octets: &mut &'a [u8], tag: u8) -> Result<Value<'a>, String> {
    let value = next(octets)?;
    if value.tag == tag {
        Ok(value)
    } else {
        Err(format!("{:02x} instead of {tag:02x}", value.tag))
    }
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().position(|octet| *octet != 0).unwrap_or(7)..];
    match content.len() {
        0..=0x7f => [&[tag, content.len() as u8], &content[..]].concat(),
        _ => [&[tag, 0x80 | significant.len() as u8], significant, &content].concat(),
    }
}

/// The authority, as an agency knows it.
pub struct Issuer {
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate of a person, as far as it is compared.
pub struct Read {
    /// Its number.
    pub serial: SerialNumber,
    /// SubjectPublicKeyInfo.
    pub key: Vec<u8>,
    /// First second.
    pub not_before: Timestamp,
    /// Last second.
    pub not_after: Timestamp,
}

/// A list.
pub struct List {
    /// cRLNumber, big endian.
    pub number: u128,
    /// thisUpdate.
    pub this_update: Timestamp,
    /// nextUpdate.
    pub next_update: Timestamp,
    /// Who is on it.
    pub entries: BTreeMap<SerialNumber, (Timestamp, u8)>,
}

/// An answer of the responder.
pub struct Answer {
    /// thisUpdate of its single answers.
    pub this_update: Timestamp,
    /// What it says; an unknown one is absent.
    pub said: BTreeMap<SerialNumber, Said>,
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a time")
}

fn verified(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    octets: &[u8],
    signature: &[u8],
) -> Result<(), String> {
    let verified = UnparsedPublicKey::new(algorithm, key).verify(octets, signature);
    verified.map_err(|_| "its signature does not verify".to_owned())
}

impl Issuer {
    /// Reads the authority's certificate.
    pub fn of(certificate: &[u8]) -> Self {
        let (_, read) = X509Certificate::from_der(certificate).expect("a certificate");
        let key = read.public_key().subject_public_key.data.to_vec();
        Self {
            name_hash: Sha1::digest(read.subject().as_raw()).to_vec(),
            key_hash: Sha1::digest(&key).to_vec(),
            key,
        }
    }

    /// Reads a person's certificate and checks its signature.
    pub fn certificate(&self, octets: &[u8]) -> Result<Read, String> {
        let (rest, read) = X509Certificate::from_der(octets).map_err(|e| e.to_string())?;
        if !rest.is_empty() {
            return Err("octets follow it".into());
        }
        let signature = &read.signature_value.data;
        verified(&RSA_PKCS1_2048_8192_SHA256, &self.key, read.tbs_certificate.as_ref(), signature)?;
        let serial = SerialNumber::from_slice(read.raw_serial()).ok_or("another kind of number")?;
        let validity = read.validity();
        Ok(Read {
            serial,
            key: read.public_key().raw.to_vec(),
            not_before: moment(validity.not_before.timestamp()),
            not_after: moment(validity.not_after.timestamp()),
        })
    }

    /// Reads a list and checks its signature.
    pub fn list(&self, octets: &[u8]) -> Result<List, String> {
        let (rest, list) =
            CertificateRevocationList::from_der(octets).map_err(|e| e.to_string())?;
        if !rest.is_empty() {
            return Err("octets follow it".into());
        }
        let signed = list.tbs_cert_list.as_ref();
        verified(&RSA_PKCS1_2048_8192_SHA256, &self.key, signed, &list.signature_value.data)?;
        let number = list.crl_number().ok_or("it has no number")?;
        let number = number.to_bytes_be().iter().fold(0, |n, octet| n << 8 | u128::from(*octet));
        let mut entries = BTreeMap::new();
        for entry in list.iter_revoked_certificates() {
            let serial = SerialNumber::from_slice(entry.raw_serial()).ok_or("another number")?;
            let reason = entry.reason_code().map_or(0, |(_, reason)| reason.0);
            let at = moment(entry.revocation_date.timestamp());
            if entries.insert(serial, (at, reason)).is_some() {
                return Err(format!("{serial} stands twice"));
            }
        }
        let next_update = list.next_update().ok_or("it has no nextUpdate")?;
        Ok(List {
            number,
            this_update: moment(list.last_update().timestamp()),
            next_update: moment(next_update.timestamp()),
            entries,
        })
    }

    /// A request about these certificates; signed where somebody asks.
    pub fn request(
        &self,
        serials: &[SerialNumber],
        nonce: Option<[u8; 16]>,
        agency: Option<&OfficerToken>,
    ) -> Vec<u8> {
        let (name, key) = (tlv(4, &[&self.name_hash]), tlv(4, &[&self.key_hash]));
        let one = |serial: &SerialNumber| {
            tlv(0x30, &[&tlv(0x30, &[SHA1, &name, &key, &tlv(2, &[serial.as_bytes()])])])
        };
        let list = tlv(0x30, &[&serials.iter().flat_map(one).collect::<Vec<u8>>()]);
        let nonce = nonce.map_or_else(Vec::new, |nonce| {
            let extension = tlv(0x30, &[NONCE, &tlv(4, &[&tlv(4, &[&nonce])])]);
            tlv(0xa2, &[&tlv(0x30, &[&extension])])
        });
        let tbs = tlv(0x30, &[&list, &nonce]);
        let Some(token) = agency else { return tlv(0x30, &[&tbs]) };
        let signature = token.sign(&tbs).expect("a token signs");
        let certificate = tlv(0xa0, &[&tlv(0x30, &[token.certificate()])]);
        let signature =
            tlv(0x30, &[&tlv(0x30, &[ECDSA_SHA256]), &tlv(3, &[&[0], &signature]), &certificate]);
        tlv(0x30, &[&tbs, &tlv(0xa0, &[&signature])])
    }

    /// Reads an answer; `Ok(Err(status))` when there is none.
    pub fn answer(
        &self,
        octets: &[u8],
        nonce: Option<[u8; 16]>,
        now: Timestamp,
    ) -> Result<Result<Answer, u8>, String> {
        let mut response = expect(&mut { octets }, 0x30)?.content;
        let status = expect(&mut response, 0x0a)?.content;
        if status != [0] {
            return Ok(Err(status.last().copied().unwrap_or_default()));
        }
        let mut inside = expect(&mut { expect(&mut response, 0xa0)?.content }, 0x30)?.content;
        next(&mut inside)?;
        let basic = expect(&mut inside, 0x04)?.content;
        let mut basic = expect(&mut { basic }, 0x30)?.content;
        let data = next(&mut basic)?;
        next(&mut basic)?;
        let signature = expect(&mut basic, 3)?.content;
        let certificates = expect(&mut { expect(&mut basic, 0xa0)?.content }, 0x30)?.content;
        let delegate = next(&mut { certificates })?.whole;
        self.may_answer(delegate, now, data.whole, &signature[1..])?;
        self.said(data.content, nonce, now).map(Ok)
    }

    fn may_answer(
        &self,
        delegate: &[u8],
        now: Timestamp,
        data: &[u8],
        signature: &[u8],
    ) -> Result<(), String> {
        let (_, delegate) = X509Certificate::from_der(delegate).map_err(|e| e.to_string())?;
        let own = &delegate.signature_value.data;
        verified(&RSA_PKCS1_2048_8192_SHA256, &self.key, delegate.tbs_certificate.as_ref(), own)?;
        let usage = delegate.extended_key_usage().map_err(|e| e.to_string())?;
        if !usage.is_some_and(|usage| usage.value.ocsp_signing) {
            return Err("its signer has no leave to answer".into());
        }
        if delegate.validity().not_after.timestamp() < now.as_second() {
            return Err("its signer's time is over".into());
        }
        let key = &delegate.public_key().subject_public_key.data;
        verified(&ECDSA_P256_SHA256_ASN1, key, data, signature)
    }

    fn said(
        &self,
        mut data: &[u8],
        nonce: Option<[u8; 16]>,
        now: Timestamp,
    ) -> Result<Answer, String> {
        next(&mut data)?;
        expect(&mut data, 0x18)?;
        let mut singles = expect(&mut data, 0x30)?.content;
        let mut answer = Answer { this_update: now, said: BTreeMap::new() };
        while !singles.is_empty() {
            let mut single = expect(&mut singles, 0x30)?.content;
            let mut id = expect(&mut single, 0x30)?.content;
            for _ in 0..3 {
                next(&mut id)?;
            }
            let serial = expect(&mut id, 2)?.content;
            let serial = SerialNumber::from_slice(serial).ok_or("another kind of number")?;
            let status = next(&mut single)?;
            answer.this_update = time(&next(&mut single)?)?;
            let until = time(&next(&mut { expect(&mut single, 0xa0)?.content })?)?;
            if answer.this_update > now || until < now {
                return Err(format!("its time, {} to {until}, is not now", answer.this_update));
            }
            let said = match status.tag {
                0x80 => None,
                0x82 => continue,
                0xa1 => {
                    let mut info = status.content;
                    let at = time(&next(&mut info)?)?;
                    let reason = next(&mut info).ok().and_then(|r| r.content.last().copied());
                    Some((at, reason.unwrap_or(0)))
                }
                tag => return Err(format!("a status {tag:02x}")),
            };
            answer.said.insert(serial, said);
        }
        if let Some(nonce) = nonce
            && !data.windows(nonce.len()).any(|window| window == nonce)
        {
            return Err("it does not repeat the nonce".into());
        }
        Ok(answer)
    }
}

fn time(value: &Value<'_>) -> Result<Timestamp, String> {
    let text = std::str::from_utf8(value.content).map_err(|e| e.to_string())?;
    if value.tag != 0x18 || text.len() != 15 {
        return Err("a time of another form".into());
    }
    let iso = format!(
        "{}-{}-{}T{}:{}:{}",
        &text[..4],
        &text[4..6],
        &text[6..8],
        &text[8..10],
        &text[10..12],
        &text[12..]
    );
    iso.parse().map_err(|e: jiff::Error| e.to_string())
}
