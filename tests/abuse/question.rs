//! OCSP questions of every shape (RFC 6960 §4.1.1), and what an answer says.

use akashi_keys::OfficerToken;
use der::{Decode, Encode};
use sha1::Digest;
use x509_cert::Certificate;

use crate::der::{next, octet_string, oid, sequence, tlv};

pub const SHA_1: &str = "1.3.14.3.2.26";
pub const SHA_256: &str = "2.16.840.1.101.3.4.2.1";
pub const NONCE: &str = "1.3.6.1.5.5.7.48.1.2";
pub const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

/// The authority about whose certificates is asked.
pub struct About {
    pub name: Vec<u8>,
    pub key: Vec<u8>,
}

impl About {
    pub fn authority(certificate: &[u8]) -> Self {
        let certificate = Certificate::from_der(certificate).unwrap();
        let tbs = certificate.tbs_certificate();
        let key = tbs.subject_public_key_info().subject_public_key.raw_bytes().to_vec();
        Self { name: tbs.subject().to_der().unwrap(), key }
    }

    /// CertID with SHA-1, as most clients make it.
    pub fn cert_id(&self, serial: &[u8]) -> Vec<u8> {
        let algorithm = sequence(&[&oid(SHA_1), &[5, 0]]);
        cert_id(&algorithm, &sha1(&self.name), &sha1(&self.key), serial)
    }

    /// A plain question.
    pub fn question(&self, serial: &[u8]) -> Vec<u8> {
        question(&[self.cert_id(serial)], &[])
    }
}

pub fn cert_id(algorithm: &[u8], name: &[u8], key: &[u8], serial: &[u8]) -> Vec<u8> {
    sequence(&[algorithm, &octet_string(name), &octet_string(key), &tlv(2, &[serial])])
}

pub fn sha1(octets: &[u8]) -> Vec<u8> {
    sha1::Sha1::digest(octets).to_vec()
}

pub fn sha256(octets: &[u8]) -> Vec<u8> {
    akashi_wire::octets::Sha256::of(octets).0.to_vec()
}

/// requestList.
pub fn list(cert_ids: &[Vec<u8>]) -> Vec<u8> {
    let requests: Vec<Vec<u8>> = cert_ids.iter().map(|id| sequence(&[id])).collect();
    sequence(&[&requests.concat()])
}

/// tbsRequest.
pub fn tbs(cert_ids: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = match extensions {
        [] => Vec::new(),
        some => tlv(0xa2, &[&sequence(&[&some.concat()])]),
    };
    sequence(&[&list(cert_ids), &extensions])
}

pub fn question(cert_ids: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[&tbs(cert_ids, extensions)])
}

pub fn extension(id: &str, critical: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), critical, &octet_string(value)])
}

pub fn nonce(octets: &[u8]) -> Vec<u8> {
    extension(NONCE, &[], &octet_string(octets))
}

/// The question signed by a party, its certificate with it.
pub fn signed(tbs: &[u8], token: &OfficerToken) -> Vec<u8> {
    signed_with(tbs, ECDSA_SHA256, &token.sign(tbs).unwrap(), &[token.certificate()])
}

pub fn signed_with(tbs: &[u8], algorithm: &str, signature: &[u8], certs: &[&[u8]]) -> Vec<u8> {
    let certs = match certs {
        [] => Vec::new(),
        some => tlv(0xa0, &[&sequence(some)]),
    };
    let bits = tlv(3, &[&[0], signature]);
    let signature = sequence(&[&sequence(&[&oid(algorithm)]), &bits, &certs]);
    sequence(&[tbs, &tlv(0xa0, &[&signature])])
}

/// RFC 4648 §4, as the JSON of this service has it.
pub fn base64(octets: &[u8]) -> String {
    let json = serde_json::to_value(akashi_wire::octets::Octets(octets.to_vec())).unwrap();
    json.as_str().unwrap().to_owned()
}

/// What is said of certificates, or why nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Another HTTP status than 200.
    Http(u16),
    Good,
    Revoked,
    Unknown,
    Malformed,
    /// Of something inside of the responder: nobody's question leads there.
    Internal,
    TryLater,
    SigRequired,
    Unauthorized,
}

/// Reads an answer; of several certificates what is said of the first.
pub fn told(reply: &crate::wire::Reply) -> Said {
    if reply.status != 200 {
        return Said::Http(reply.status);
    }
    assert_eq!(reply.header("content-type"), Some("application/ocsp-response"));
    let mut octets = &reply.body[..];
    let (_, mut response) = next(&mut octets).expect("an OCSPResponse");
    assert!(octets.is_empty());
    match next(&mut response).expect("a responseStatus") {
        (0x0a, [0]) => {}
        (0x0a, [1]) => return Said::Malformed,
        (0x0a, [2]) => return Said::Internal,
        (0x0a, [3]) => return Said::TryLater,
        (0x0a, [5]) => return Said::SigRequired,
        (0x0a, [6]) => return Said::Unauthorized,
        other => panic!("no such responseStatus: {other:?}"),
    }
    match statuses(reply)[0] {
        0x80 => Said::Good,
        0xa1 => Said::Revoked,
        0x82 => Said::Unknown,
        other => panic!("no such certStatus: {other:#x}"),
    }
}

/// The tags of each certStatus of a successful answer.
pub fn statuses(reply: &crate::wire::Reply) -> Vec<u8> {
    let mut at = &reply.body[..];
    // OCSPResponse, responseBytes, ResponseBytes, response, BasicOCSPResponse, tbsResponseData.
    for (skipped, tag) in [(0, 0x30), (1, 0xa0), (0, 0x30), (1, 4), (0, 0x30), (0, 0x30)] {
        for _ in 0..skipped {
            next(&mut at).unwrap();
        }
        let (found, content) = next(&mut at).unwrap();
        assert_eq!(found, tag);
        at = content;
    }
    // responderID, producedAt, responses.
    next(&mut at).unwrap();
    next(&mut at).unwrap();
    let (_, mut responses) = next(&mut at).unwrap();
    let mut tags = Vec::new();
    while let Some((_, mut single)) = next(&mut responses) {
        next(&mut single).unwrap();
        tags.push(next(&mut single).unwrap().0);
    }
    tags
}
