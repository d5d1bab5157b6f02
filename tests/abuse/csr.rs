//! Requests for certificates by hand, and by openssl (RFC 2986).

use std::process::Command;

use crate::der::*;

pub const RSA: &str = "1.2.840.113549.1.1.1";
pub const SHA256_RSA: &str = "1.2.840.113549.1.1.11";
pub const CHALLENGE_PASSWORD: &str = "1.2.840.113549.1.9.7";

/// PKCS#10 by hand.
pub struct Csr<'a> {
    pub version: &'a [u8],
    pub key: Vec<u8>,
    pub attributes: Vec<Vec<u8>>,
    pub algorithm: Vec<u8>,
}

pub fn rsa_algorithm(id: &str) -> Vec<u8> {
    sequence(&[&oid(id), &[5, 0]])
}

/// SubjectPublicKeyInfo of these octets as modulus and exponent, as they are.
pub fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = sequence(&[&tlv(2, &[modulus]), &tlv(2, &[exponent])]);
    sequence(&[&rsa_algorithm(RSA), &tlv(3, &[&[0], &key])])
}

pub fn attribute(id: &str, values: &[&[u8]]) -> Vec<u8> {
    sequence(&[&oid(id), &tlv(0x31, values)])
}

pub fn challenge(text: &str) -> Vec<u8> {
    attribute(CHALLENGE_PASSWORD, &[&tlv(0x13, &[text.as_bytes()])])
}

impl Csr<'_> {
    pub fn info(&self) -> Vec<u8> {
        let attributes = tlv(0xa0, &[&self.attributes.concat()]);
        sequence(&[self.version, &sequence(&[]), &self.key, &attributes])
    }

    pub fn signed(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let info = self.info();
        let signature = sign(&info);
        sequence(&[&info, &self.algorithm, &tlv(3, &[&[0], &signature])])
    }
}

/// A request that openssl makes of a new key of its own.
pub fn by_openssl(challenge: &str, new_key: &[&str], digest: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let config = format!(
        "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\n[dn]\nCN=none\n[at]\nchallengePassword={challenge}\n"
    );
    std::fs::write(dir.path().join("csr.cnf"), config).unwrap();
    let made = Command::new("openssl")
        .args(["req", "-new", "-nodes", "-keyout", "key.pem", "-config", "csr.cnf"])
        .args(["-outform", "DER", "-out", "csr.der", digest])
        .args(new_key)
        .current_dir(dir.path())
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(dir.path().join("csr.der")).unwrap()
}
