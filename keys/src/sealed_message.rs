//! A message that only one recipient can read: CMS AuthEnvelopedData (RFC 5083), the content key
//! wrapped by RSAES-OAEP with SHA-256 (RFC 3560), the content under AES-256-GCM (RFC 5084).
//!
//! `openssl cms -encrypt -aes-256-gcm -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256`
//! makes one that opens here; it leaves the NULL parameters of SHA-256 out, we write them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    PrivateDecryptingKey, PublicEncryptingKey,
};
use cms::authenveloped_data::AuthEnvelopedData;
use cms::cert::IssuerAndSerialNumber;
use cms::content_info::{CmsVersion, ContentInfo};
use cms::enveloped_data::{
    EncryptedContentInfo, KeyTransRecipientInfo, RecipientIdentifier, RecipientInfo, RecipientInfos,
};
use const_oid::ObjectIdentifier;
use der::asn1::{Any, OctetString};
use der::{Decode, Encode, Sequence};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use zeroize::Zeroizing;

use crate::KeyError;

const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ID_AUTH_ENVELOPED: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.23");
const ID_AES256_GCM: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.46");
const ID_RSAES_OAEP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");
const ID_MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const ID_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// GCMParameters (RFC 5084 §3.2).
#[derive(Sequence)]
struct GcmParameters {
    nonce: OctetString,
    #[asn1(default = "twelve")]
    icv_length: u8,
}

fn twelve() -> u8 {
    12
}

/// RSAES-OAEP-params (RFC 8017 §A.2.1); the label is always empty here.
#[derive(Sequence)]
struct OaepParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    hash: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    mask: AlgorithmIdentifierOwned,
}

/// Encrypts a message to the RSA key of a certificate.
pub fn seal_to(recipient: &[u8], message: &[u8]) -> Result<Vec<u8>, KeyError> {
    let failed = |_| KeyError::Crypto("encrypting a message");
    let recipient = Certificate::from_der(recipient).map_err(|_| KeyError::Envelope)?;
    let tbs = recipient.tbs_certificate();
    let public_key = tbs.subject_public_key_info().to_der().map_err(|_| KeyError::Envelope)?;
    let public_key = PublicEncryptingKey::from_der(&public_key).map_err(|_| KeyError::Envelope)?;
    let public_key = OaepPublicEncryptingKey::new(public_key).map_err(failed)?;

    let mut key = Zeroizing::new([0; 32]);
    let mut nonce = [0; 12];
    aws_lc_rs::rand::fill(key.as_mut()).map_err(failed)?;
    aws_lc_rs::rand::fill(&mut nonce).map_err(failed)?;
    let mut wrapped = vec![0; public_key.ciphertext_size()];
    public_key
        .encrypt(&OAEP_SHA256_MGF1SHA256, key.as_ref(), &mut wrapped, None)
        .map_err(failed)?;
    let mut content = message.to_vec();
    let tag = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).map_err(failed)?)
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut content)
        .map_err(failed)?;

    (|| {
        let rid = RecipientIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: tbs.issuer().clone(),
            serial_number: tbs.serial_number().clone(),
        });
        let parameters = GcmParameters { nonce: OctetString::new(nonce)?, icv_length: 16 };
        let data = AuthEnvelopedData {
            version: CmsVersion::V0,
            originator_info: None,
            recip_infos: RecipientInfos::try_from(vec![RecipientInfo::Ktri(
                KeyTransRecipientInfo {
                    version: CmsVersion::V0,
                    rid,
                    key_enc_alg: oaep_sha256()?,
                    enc_key: OctetString::new(wrapped)?,
                },
            )])?,
            auth_encrypted_content_info: EncryptedContentInfo {
                content_type: ID_DATA,
                content_enc_alg: AlgorithmIdentifierOwned {
                    oid: ID_AES256_GCM,
                    parameters: Some(Any::encode_from(&parameters)?),
                },
                encrypted_content: Some(OctetString::new(content)?),
            },
            auth_attrs: None,
            mac: OctetString::new(tag.as_ref())?,
            unauth_attrs: None,
        };
        ContentInfo { content_type: ID_AUTH_ENVELOPED, content: Any::encode_from(&data)? }.to_der()
    })()
    .map_err(|_| KeyError::Crypto("encoding a message"))
}

fn oaep_sha256() -> der::Result<AlgorithmIdentifierOwned> {
    let sha256 = AlgorithmIdentifierOwned { oid: ID_SHA256, parameters: Some(Any::null()) };
    let mask =
        AlgorithmIdentifierOwned { oid: ID_MGF1, parameters: Some(Any::encode_from(&sha256)?) };
    let parameters = Any::encode_from(&OaepParameters { hash: sha256, mask })?;
    Ok(AlgorithmIdentifierOwned { oid: ID_RSAES_OAEP, parameters: Some(parameters) })
}

/// RSAES-OAEP-params as others write them: the label is spelt out by some, and the parameters of
/// SHA-256 are NULL or absent (RFC 4055 §2.1: both must be accepted).
#[derive(Sequence)]
struct ForeignOaepParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    label: Option<AlgorithmIdentifierOwned>,
}

fn is_oaep_sha256(algorithm: &AlgorithmIdentifierOwned) -> Option<bool> {
    let is_sha256 = |one: &AlgorithmIdentifierOwned| {
        one.oid == ID_SHA256 && one.parameters.as_ref().is_none_or(Any::is_null)
    };
    let parameters: ForeignOaepParameters = algorithm.parameters.as_ref()?.decode_as().ok()?;
    let mask = parameters.mask?;
    let mask_hash: AlgorithmIdentifierOwned = mask.parameters.as_ref()?.decode_as().ok()?;
    let empty = |label: &AlgorithmIdentifierOwned| {
        label.parameters.as_ref().is_some_and(|label| label.value().is_empty())
    };
    Some(
        algorithm.oid == ID_RSAES_OAEP
            && is_sha256(&parameters.hash?)
            && mask.oid == ID_MGF1
            && is_sha256(&mask_hash)
            && parameters.label.as_ref().is_none_or(empty),
    )
}

/// The private key that opens messages.
pub struct Opener(OaepPrivateDecryptingKey);

impl Opener {
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let failed = || KeyError::Crypto("reading an RSA key");
        let key = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|_| failed())?;
        Ok(Self(OaepPrivateDecryptingKey::new(key).map_err(|_| failed())?))
    }

    /// Opens a message. Every way of failing gives the same error, but for what is not even its outermost form, which
    /// everybody sees without a key.
    pub fn open(&self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let info = ContentInfo::from_der(message).map_err(|_| KeyError::NotDer)?;
        self.try_open(&info).ok_or(KeyError::Envelope)
    }

    fn try_open(&self, info: &ContentInfo) -> Option<Zeroizing<Vec<u8>>> {
        if info.content_type != ID_AUTH_ENVELOPED {
            return None;
        }
        let data: AuthEnvelopedData = info.content.decode_as().ok()?;
        let content = &data.auth_encrypted_content_info;
        let parameters: GcmParameters =
            content.content_enc_alg.parameters.as_ref()?.decode_as().ok()?;
        let unsupported = content.content_enc_alg.oid != ID_AES256_GCM
            || parameters.icv_length != 16
            || data.auth_attrs.is_some();
        if unsupported {
            return None;
        }
        let mut sealed = Zeroizing::new(content.encrypted_content.as_ref()?.as_bytes().to_vec());
        sealed.extend(data.mac.as_bytes());
        let nonce = Nonce::try_assume_unique_for_key(parameters.nonce.as_bytes()).ok()?;
        let key =
            data.recip_infos.0.iter().take(8).find_map(|recipient| self.content_key(recipient))?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).ok()?);
        let length = key.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?.len();
        sealed.truncate(length);
        Some(sealed)
    }

    fn content_key(&self, recipient: &RecipientInfo) -> Option<Zeroizing<Vec<u8>>> {
        let RecipientInfo::Ktri(info) = recipient else { return None };
        if !is_oaep_sha256(&info.key_enc_alg)?
            || info.enc_key.as_bytes().len() != self.0.key_size_bytes()
        {
            return None;
        }
        let mut key = Zeroizing::new(vec![0; self.0.min_output_size()]);
        let length = self
            .0
            .decrypt(&OAEP_SHA256_MGF1SHA256, info.enc_key.as_bytes(), &mut key, None)
            .ok()?
            .len();
        key.truncate(length);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EcKey, LinkAuthority, RsaKey, RsaSize, Signer, Usage};

    #[test]
    fn a_message_opens_for_its_recipient_and_for_nobody_else_and_not_when_changed() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let authority = LinkAuthority::create(&EcKey::generate().unwrap(), "link", now).unwrap();
        let key = RsaKey::generate(RsaSize::Rsa2048).unwrap();
        let other = RsaKey::generate(RsaSize::Rsa2048).unwrap();
        let certificate =
            authority.certify(key.public_key(), "in", &Usage::Recipient, now).unwrap();
        let message = seal_to(&certificate, b"akashi").unwrap();
        let opener = |key: &RsaKey| Opener::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(*opener(&key).open(&message).unwrap(), b"akashi");
        assert!(opener(&other).open(&message).is_err());
        let mut changed = message.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(opener(&key).open(&changed).is_err());
    }

    #[test]
    fn what_plain_openssl_encrypts_opens() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let authority = LinkAuthority::create(&EcKey::generate().unwrap(), "link", now).unwrap();
        let key = RsaKey::generate(RsaSize::Rsa2048).unwrap();
        let certificate =
            authority.certify(key.public_key(), "in", &Usage::Recipient, now).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let pem = der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, &certificate);
        std::fs::write(at("in.pem"), pem.unwrap()).unwrap();
        std::fs::write(at("message"), b"akashi").unwrap();
        let made = std::process::Command::new("openssl")
            .args(["cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER"])
            .args(["-in", &at("message"), "-out", &at("sealed"), "-recip", &at("in.pem")])
            .args(["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"])
            .output()
            .expect("openssl is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let opener = Opener::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        let opened = opener.open(&std::fs::read(at("sealed")).unwrap()).unwrap();
        assert_eq!(*opened, b"akashi");
    }

    #[test]
    fn what_is_not_even_der_is_told_apart_from_what_does_not_open() {
        let key = RsaKey::generate(RsaSize::Rsa2048).unwrap();
        let opener = Opener::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        for other in [&b""[..], b"-----BEGIN CMS-----", b"\x30\x80\x06\x09\x00\x00"] {
            assert!(matches!(opener.open(other), Err(KeyError::NotDer)), "{other:?}");
        }
        let empty = ContentInfo { content_type: ID_DATA, content: Any::null() }.to_der().unwrap();
        assert!(matches!(opener.open(&empty), Err(KeyError::Envelope)));
    }
}
