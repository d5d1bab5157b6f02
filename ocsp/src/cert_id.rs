//! CertID: how a client names a certificate (RFC 6960 §4.1.1).

use std::fmt;

use akashi_wire::SerialNumber;
use der::asn1::OctetStringRef;
use der::{Decode, Reader, SliceReader, Tag};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use crate::x509::{Parts, digest_algorithm};
use crate::{RequestError, oid};

/// With what a client hashed the issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// SHA-1: here it names an issuer and protects nothing.
    Sha1,
    /// SHA-256.
    Sha256,
    /// Any other: no issuer of ours is known by it.
    Other,
}

/// One CertID, as it came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CertId<'a> {
    octets: &'a [u8],
    hash_algorithm: HashAlgorithm,
    issuer_name_hash: &'a [u8],
    issuer_key_hash: &'a [u8],
    serial_number: &'a [u8],
}

impl<'a> CertId<'a> {
    pub(crate) fn read(reader: &mut SliceReader<'a>) -> Result<Self, RequestError> {
        let octets = reader.tlv_bytes()?;
        let mut inside = SliceReader::new(octets)?;
        inside.sequence(|cert_id| {
            let hash_algorithm = match digest_algorithm(cert_id)? {
                oid::SHA_1 => HashAlgorithm::Sha1,
                oid::SHA_256 => HashAlgorithm::Sha256,
                _ => HashAlgorithm::Other,
            };
            let issuer_name_hash = <&OctetStringRef>::decode(cert_id)?.as_bytes();
            let issuer_key_hash = <&OctetStringRef>::decode(cert_id)?.as_bytes();
            let serial_number = integer(cert_id)?;
            Ok(Self { octets, hash_algorithm, issuer_name_hash, issuer_key_hash, serial_number })
        })
    }

    /// Its DER, as the client made it; echoed so.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// The serial number, if it can be one of ours.
    pub fn serial(&self) -> Option<SerialNumber> {
        SerialNumber::from_slice(self.serial_number)
    }

    /// The serial number in hexadecimal, cut to the 20 octets that one may have (RFC 5280
    /// §4.1.2.2), with a mark when it was longer.
    pub fn serial_text(&self) -> String {
        match self.serial_number.split_at_checked(20) {
            Some((start, rest)) if !rest.is_empty() => format!("{}…", hex::encode(start)),
            _ => hex::encode(self.serial_number),
        }
    }
}

impl fmt::Debug for CertId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertId({:?} {})", self.hash_algorithm, self.serial_text())
    }
}

/// The content octets of an INTEGER, which must be the shortest (X.690 §8.3.2).
fn integer<'a>(reader: &mut SliceReader<'a>) -> Result<&'a [u8], RequestError> {
    let integer = der::AnyRef::decode(reader)?;
    let needless =
        |octets: &[u8]| matches!(octets, [] | [0x00, 0x00..=0x7f, ..] | [0xff, 0x80..=0xff, ..]);
    if der::Tagged::tag(&integer) != Tag::Integer || needless(integer.value()) {
        return Err(RequestError::Der);
    }
    Ok(integer.value())
}

/// The authority, by the hashes under which clients know it. Computed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    sha1: Hashes<20>,
    sha256: Hashes<32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Hashes<const N: usize> {
    name: [u8; N],
    key: [u8; N],
}

impl Issuer {
    /// The authority with this certificate.
    pub fn of(certificate: &[u8]) -> der::Result<Self> {
        let parts = Parts::read(certificate)?;
        let (name, key) = (parts.subject, parts.public_key.bits);
        Ok(Self {
            sha1: Hashes { name: sha1(name), key: sha1(key) },
            sha256: Hashes { name: sha256(name), key: sha256(key) },
        })
    }

    /// Whether this is the issuer that the CertID names.
    pub fn is_named_by(&self, cert_id: &CertId<'_>) -> bool {
        let (name, key): (&[u8], &[u8]) = match cert_id.hash_algorithm {
            HashAlgorithm::Sha1 => (&self.sha1.name, &self.sha1.key),
            HashAlgorithm::Sha256 => (&self.sha256.name, &self.sha256.key),
            HashAlgorithm::Other => return false,
        };
        name == cert_id.issuer_name_hash && key == cert_id.issuer_key_hash
    }
}

/// SHA-1, where a standard names something by it.
pub(crate) fn sha1(octets: &[u8]) -> [u8; 20] {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, octets);
    digest.as_ref().try_into().expect("SHA-1 gives 20 octets")
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    digest(&SHA256, octets).as_ref().try_into().expect("SHA-256 gives 32 octets")
}
