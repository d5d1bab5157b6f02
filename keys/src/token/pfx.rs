//! A private key and its certificates as a PKCS#12 file (RFC 7292), whatever the certificate's subject is called.
//!
//! The crate that reads one names each certificate by its subject, as a BMPString, and so writes none for an officer called
//! 𠮷田: the name that programs show is optional (§4.2), and only the key has one here.
//!
//! ```asn1
//! PFX ::= SEQUENCE { version INTEGER (3), authSafe ContentInfo, macData MacData }
//! AuthenticatedSafe ::= SEQUENCE OF ContentInfo
//! SafeBag ::= SEQUENCE { bagId OID, bagValue [0] EXPLICIT ANY, bagAttributes SET OF Attribute OPTIONAL }
//! CertBag ::= SEQUENCE { certId OID, certValue [0] EXPLICIT OCTET STRING }
//! MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER }
//! ```

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{hmac, pbkdf2};
use cms::content_info::ContentInfo;
use der::asn1::{Any, BmpString, ContextSpecific, Null, OctetString, SetOfVec};
use der::{Encode, Sequence, TagMode, TagNumber};
use ring::digest;
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier};
use x509_cert::attr::{Attribute, Attributes};
use zeroize::Zeroizing;

use crate::KeyError;
use crate::vault::random_octets;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const SHROUDED_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const HMAC_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");
const AES256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// What a key is called, and what ties the first certificate to it.
const NAME: &str = "akashi";
const KEY_ID: &[u8] = &[1];

#[derive(Sequence)]
struct Pfx {
    version: u8,
    auth_safe: ContentInfo,
    mac_data: MacData,
}

#[derive(Sequence)]
struct MacData {
    mac: DigestInfo,
    salt: OctetString,
    iterations: u32,
}

#[derive(Sequence)]
struct DigestInfo {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

#[derive(Sequence)]
struct SafeBag {
    id: ObjectIdentifier,
    value: ContextSpecific<Any>,
    attributes: Option<Attributes>,
}

#[derive(Sequence)]
struct CertBag {
    id: ObjectIdentifier,
    value: ContextSpecific<OctetString>,
}

/// EncryptedPrivateKeyInfo (RFC 5958 §3).
#[derive(Sequence)]
struct Shrouded {
    algorithm: AlgorithmIdentifierOwned,
    encrypted: OctetString,
}

/// EncryptedData (RFC 5652 §8), whose content is implicitly tagged.
#[derive(Sequence)]
struct EncryptedData {
    version: u8,
    content: EncryptedContent,
}

#[derive(Sequence)]
struct EncryptedContent {
    content_type: ObjectIdentifier,
    algorithm: AlgorithmIdentifierOwned,
    content: ContextSpecific<OctetString>,
}

/// PBKDF2-params (RFC 8018 appendix A.2).
#[derive(Sequence)]
struct Pbkdf2 {
    salt: OctetString,
    iterations: u32,
    prf: AlgorithmIdentifierOwned,
}

#[derive(Sequence)]
struct Pbes2 {
    derivation: AlgorithmIdentifierOwned,
    encryption: AlgorithmIdentifierOwned,
}

fn tagged<T>(mode: TagMode, value: T) -> ContextSpecific<T> {
    ContextSpecific { tag_number: TagNumber(0), tag_mode: mode, value }
}

fn algorithm(
    oid: ObjectIdentifier,
    parameters: &impl Encode,
) -> der::Result<AlgorithmIdentifierOwned> {
    Ok(AlgorithmIdentifierOwned { oid, parameters: Some(any(parameters)?) })
}

fn any(value: &impl Encode) -> der::Result<Any> {
    der::Decode::from_der(&value.to_der()?)
}

fn attribute(oid: ObjectIdentifier, value: &impl Encode) -> der::Result<Attribute> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![any(value)?])? })
}

/// What a password has to be tried against: PBES2 with PBKDF2, HMAC-SHA-256 and AES-256-CBC (RFC 8018 §6.2).
struct Cipher<'a> {
    password: &'a str,
    iterations: u32,
}

impl Cipher<'_> {
    fn encrypt(&self, secret: &[u8]) -> Result<(AlgorithmIdentifierOwned, OctetString), KeyError> {
        let failed = |_| KeyError::Crypto("encrypting a PKCS#12 file");
        let salt = random_octets::<16>()?;
        let mut key = Zeroizing::new([0; 32]);
        let rounds = NonZeroU32::new(self.iterations).unwrap_or(NonZeroU32::MIN);
        let password = self.password.as_bytes();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password, key.as_mut());
        let iv = random_octets::<16>()?;
        let key = UnboundCipherKey::new(&AES_256, key.as_ref()).map_err(failed)?;
        let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(failed)?;
        // With room for the padding: what moves leaves itself behind.
        let mut octets = Vec::with_capacity(secret.len() + 16);
        octets.extend_from_slice(secret);
        let context = EncryptionContext::Iv128(FixedLength::from(&iv));
        key.less_safe_encrypt(&mut octets, context).map_err(failed)?;
        let derivation = Pbkdf2 {
            salt: OctetString::new(salt)?,
            iterations: self.iterations,
            prf: algorithm(HMAC_SHA256, &Null)?,
        };
        let parameters = Pbes2 {
            derivation: algorithm(PBKDF2, &derivation)?,
            encryption: algorithm(AES256_CBC, &OctetString::new(iv)?)?,
        };
        Ok((algorithm(PBES2, &parameters)?, OctetString::new(octets)?))
    }

    /// The digest over the whole, by which a reader knows the password and that nothing was changed (§4, appendix B).
    fn mac(&self, content: &[u8]) -> Result<MacData, KeyError> {
        let salt = random_octets::<16>()?;
        let key = Zeroizing::new(mac_key(self.password, &salt, self.iterations));
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), content);
        let digest = OctetString::new(mac.as_ref())?;
        let mac = DigestInfo { algorithm: algorithm(SHA256, &Null)?, digest };
        Ok(MacData { mac, salt: OctetString::new(salt)?, iterations: self.iterations })
    }
}

/// Octets of a block of SHA-256: v of appendix B.2.
const BLOCK: usize = 64;

/// 32 octets of key for the digest over the whole (RFC 7292 appendix B.2, ID 3, SHA-256): one round of it, since the
/// digest is as long as the key.
fn mac_key(password: &str, salt: &[u8], iterations: u32) -> [u8; 32] {
    // A BMPString with its end, each code unit big-endian.
    let units = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes);
    let password = Zeroizing::new(units.collect::<Vec<u8>>());
    let blocks = |octets: &[u8]| BLOCK * octets.len().div_ceil(BLOCK);
    let length = BLOCK + blocks(salt) + blocks(&password);
    let mut whole = Zeroizing::new(Vec::with_capacity(length));
    whole.extend([3; BLOCK]);
    for octets in [salt, &password] {
        whole.extend(octets.iter().copied().cycle().take(blocks(octets)));
    }
    let mut key = [0; 32];
    key.copy_from_slice(digest::digest(&digest::SHA256, &whole).as_ref());
    for _ in 1..iterations {
        let next = digest::digest(&digest::SHA256, &key);
        key.copy_from_slice(next.as_ref());
    }
    key
}

/// The file of a key (PKCS#8) and its certificates, the own one first.
pub(super) fn pfx(
    key: &[u8],
    certificates: [&[u8]; 2],
    (password, iterations): (&str, u32),
) -> Result<Vec<u8>, KeyError> {
    let cipher = Cipher { password, iterations };
    let key_id = || attribute(LOCAL_KEY_ID, &OctetString::new(KEY_ID)?);
    let (algorithm, encrypted) = cipher.encrypt(key)?;
    let name = attribute(FRIENDLY_NAME, &BmpString::from_utf8(NAME)?)?;
    let key_bag = SafeBag {
        id: SHROUDED_KEY,
        value: tagged(TagMode::Explicit, any(&Shrouded { algorithm, encrypted })?),
        attributes: Some(Attributes::try_from(vec![name, key_id()?])?),
    };
    let mut bags = Vec::new();
    for (number, certificate) in certificates.into_iter().enumerate() {
        let value = tagged(TagMode::Explicit, OctetString::new(certificate)?);
        bags.push(SafeBag {
            id: CERTIFICATE,
            value: tagged(TagMode::Explicit, any(&CertBag { id: X509, value })?),
            // The key's own.
            attributes: match number {
                0 => Some(Attributes::try_from(vec![key_id()?])?),
                _ => None,
            },
        });
    }
    let (algorithm, encrypted) = cipher.encrypt(&bags.to_der()?)?;
    let content = tagged(TagMode::Implicit, encrypted);
    let content = EncryptedContent { content_type: DATA, algorithm, content };
    let encrypted = EncryptedData { version: 0, content };
    let data = |octets: Vec<u8>| {
        Ok::<_, der::Error>(ContentInfo {
            content_type: DATA,
            content: any(&OctetString::new(octets)?)?,
        })
    };
    let safe = vec![
        ContentInfo { content_type: ENCRYPTED_DATA, content: any(&encrypted)? },
        data(vec![key_bag].to_der()?)?,
    ];
    let safe = safe.to_der()?;
    let mac_data = cipher.mac(&safe)?;
    Ok(Pfx { version: 3, auth_safe: data(safe)?, mac_data }.to_der()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_digest_is_that_of_appendix_b() {
        // Made with `openssl kdf -digest SHA256 … PKCS12KDF` (id 3), which is another implementation.
        let salt = hex::decode("0102030405060708090a0b0c0d0e0f10").unwrap();
        assert_eq!(
            hex::encode(mac_key("smeg", &salt, 1)),
            "cef49a7fa1a546ff7a2d120ad4b25f506101361b32e98f31cc8ba0349ccf8aec"
        );
        assert_eq!(
            hex::encode(mac_key("合言葉", &salt, 1000)),
            "1f67c74b9528e98e92ef1522585e79c2b8031328784b7e1a8d2edcfdc6179898"
        );
    }
}
