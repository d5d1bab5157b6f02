//! Signed messages by hand (RFC 5652 §5): what our own writer would never write.

use akashi_keys::OfficerToken;
use akashi_wire::octets::Sha256;
use der::{Decode, Encode};
use x509_cert::Certificate;

use crate::der::*;

pub const DATA: &str = "1.2.840.113549.1.7.1";
/// An act, and a batch (docs/interfaces.md).
pub const ACT: &str = "1.3.6.1.4.1.32473.2.1";
pub const BATCH: &str = "1.3.6.1.4.1.32473.2.2";
pub const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
pub const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
pub const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
pub const SHA256: &str = "2.16.840.1.101.3.4.2.1";
pub const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

/// Every part of a message; changed where a case wants it.
pub struct Parts<'a> {
    pub token: &'a OfficerToken,
    pub outer_type: &'a str,
    pub content_type: &'a str,
    pub content: Option<Vec<u8>>,
    /// Signed attributes, ordered; `None` signs the content itself (RFC 5652 §5.4).
    pub attributes: Option<Vec<Vec<u8>>>,
    pub digest: &'a str,
    pub algorithm: &'a str,
    pub certificates: Vec<Vec<u8>>,
    pub signers: usize,
    pub signature: Option<Vec<u8>>,
    pub unsigned: Vec<u8>,
}

pub fn attribute(id: &str, values: &[&[u8]]) -> Vec<u8> {
    sequence(&[&oid(id), &tlv(0x31, values)])
}

impl<'a> Parts<'a> {
    /// A sound message over this content, of the kind with this content type.
    pub fn sound(token: &'a OfficerToken, kind: &'a str, content: &[u8]) -> Self {
        Self {
            token,
            outer_type: SIGNED_DATA,
            content_type: kind,
            content: Some(content.to_vec()),
            attributes: Some(vec![
                attribute(CONTENT_TYPE, &[&oid(kind)]),
                attribute(MESSAGE_DIGEST, &[&octet_string(&Sha256::of(content).0)]),
            ]),
            digest: SHA256,
            algorithm: ECDSA_SHA256,
            certificates: vec![token.certificate().to_vec()],
            signers: 1,
            signature: None,
            unsigned: Vec::new(),
        }
    }

    pub fn der(&self) -> Vec<u8> {
        let own = Certificate::from_der(self.token.certificate()).unwrap();
        let issuer = own.tbs_certificate().issuer().to_der().unwrap();
        let serial = own.tbs_certificate().serial_number().to_der().unwrap();
        let attributes = self.attributes.as_ref().map(|attributes| attributes.concat());
        let to_be_signed = match (&attributes, &self.content) {
            (Some(attributes), _) => tlv(0x31, &[attributes]),
            (None, content) => content.clone().unwrap_or_default(),
        };
        let signature =
            self.signature.clone().unwrap_or_else(|| self.token.sign(&to_be_signed).unwrap());
        let signer = sequence(&[
            &[2, 1, 1],
            &sequence(&[&issuer, &serial]),
            &algorithm(self.digest),
            &attributes.map(|attributes| tlv(0xa0, &[&attributes])).unwrap_or_default(),
            &algorithm(self.algorithm),
            &octet_string(&signature),
            &self.unsigned,
        ]);
        let content = self.content.as_ref().map(|content| tlv(0xa0, &[&octet_string(content)]));
        let certificates = match &self.certificates[..] {
            [] => Vec::new(),
            some => tlv(0xa0, &[&some.concat()]),
        };
        let data = sequence(&[
            &[2, 1, 3],
            &tlv(0x31, &[&algorithm(self.digest)]),
            &sequence(&[&oid(self.content_type), &content.unwrap_or_default()]),
            &certificates,
            &tlv(0x31, &[&signer.repeat(self.signers)]),
        ]);
        sequence(&[&oid(self.outer_type), &tlv(0xa0, &[&data])])
    }
}
