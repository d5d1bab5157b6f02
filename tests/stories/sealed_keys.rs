//! A custody, read by its documented form (docs/interfaces.md) and not by the code that writes it: for stories that look
//! for keys where they must not be.

use std::fs;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use der::{Decode, Reader, SliceReader};

/// A secret, and what of it would be seen where somebody has it.
pub struct Secret {
    pub name: &'static str,
    marks: Vec<Vec<u8>>,
}

impl Secret {
    pub fn text(name: &'static str, text: &str) -> Self {
        Self { name, marks: vec![text.as_bytes().to_vec()] }
    }

    /// Whether it lies in these octets.
    pub fn lies_in(&self, octets: &[u8]) -> bool {
        self.marks.iter().any(|mark| find(octets, mark))
    }
}

/// Whether one lies in the other: quickly, since most of a memory is nothing.
fn find(octets: &[u8], mark: &[u8]) -> bool {
    let (first, length) = (mark[0], mark.len());
    let mut from = 0;
    while let Some(at) = octets[from..].iter().position(|octet| *octet == first) {
        let at = from + at;
        if octets.len() - at >= length && octets[at..at + length] == *mark {
            return true;
        }
        from = at + 1;
    }
    false
}

/// Every secret of a custody.
pub fn secrets(dir: &Path, passphrase: &str) -> Vec<Secret> {
    let header: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("custody.json")).unwrap()).unwrap();
    let octets = |name: &str| -> Vec<u8> {
        let all = header[name].as_array().unwrap().iter();
        all.map(|octet| u8::try_from(octet.as_u64().unwrap()).unwrap()).collect()
    };
    let number = |name: &str| u32::try_from(header[name].as_u64().unwrap()).unwrap();
    let params = argon2::Params::new(number("memory_kib"), number("passes"), 1, Some(32)).unwrap();
    let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut key = [0; 32];
    argon.hash_password_into(passphrase.as_bytes(), &octets("salt"), &mut key).unwrap();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let keys = files.filter(|file| file.extension().is_some_and(|end| end == "key"));
    keys.filter_map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        // Nobody opens it without the persons who have a share.
        if name == "recovery" {
            return None;
        }
        let sealed = fs::read(&file).unwrap();
        let (nonce, octets) = sealed.split_at(12);
        let mut octets = octets.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
        let secret = key.open_in_place(nonce, Aad::from(name.as_bytes()), &mut octets).unwrap();
        let marks = marks(secret).unwrap_or_else(|| vec![secret.to_vec()]);
        Some(Secret { name: name.leak(), marks })
    })
    .collect()
}

/// Of a private key (PKCS#8) its secret numbers, in either order of their octets.
fn marks(pkcs8: &[u8]) -> Option<Vec<Vec<u8>>> {
    let [_version, _algorithm, key] = elements(pkcs8)?[..] else { return None };
    let inner = elements(content(key)?)?;
    let numbers: Vec<&[u8]> = match inner[..] {
        // RSAPrivateKey (RFC 8017 A.1.2): the first prime.
        [_version, _n, _e, _d, prime, ..] => vec![content(prime)?],
        // ECPrivateKey (RFC 5915 §3).
        [_version, number, ..] => vec![content(number)?],
        _ => return None,
    };
    let plain = numbers.into_iter().map(|number| number.strip_prefix(&[0]).unwrap_or(number));
    let both = plain.flat_map(|number| [number.to_vec(), number.iter().rev().copied().collect()]);
    Some(both.collect())
}

fn content(tlv: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(tlv).ok()?;
    let header = der::Header::decode(&mut reader).ok()?;
    reader.read_slice(header.length()).ok()
}

fn elements(tlv: &[u8]) -> Option<Vec<&[u8]>> {
    let mut reader = SliceReader::new(content(tlv)?).ok()?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(reader.tlv_bytes().ok()?);
    }
    Some(elements)
}
