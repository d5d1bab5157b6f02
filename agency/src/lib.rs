//! 署名検証者: the relying agency's side. Another system, written without the responder's code: it
//! asks where the certificate says, believes only what verifies, and never takes "cannot answer"
//! for an answer.

mod answer;
mod der_reader;
mod list;

use akashi_keys::OfficerToken;
use akashi_wire::RevocationReason;
use akashi_wire::pki::{oid, person};
use der::{Decode, Encode};
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use sha1::{Digest, Sha1};
use x509_cert::Certificate;

use answer::read;

pub use answer::ResponseStatus;
pub use list::ListTimes;

/// What an agency concludes about a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// 有効: issued by the authority, in its time, in force.
    Valid,
    /// 無効, and since when and why.
    Revoked {
        /// As the responder states it.
        at: Timestamp,
        /// As the responder states it; `Unspecified` where it states none.
        reason: RevocationReason,
    },
    /// 無効: its time is over, or has not come.
    OutOfTime,
    /// 無効: the authority did not issue it.
    NotIssued,
    /// 判断できない: no answer that can be believed. Never to be taken for either of the others.
    CannotTell(String),
}

/// Why a question has no verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoVerdict {
    /// Nobody answers at the address.
    #[error("{address} does not answer: {reason}")]
    Unreachable {
        /// Where was asked.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// The responder answers, and not to the question.
    #[error("the responder says {0}")]
    Declined(ResponseStatus),
    /// The repository does not give the list to this asker.
    #[error("the list at {address} is not given to everybody (HTTP {status})")]
    Withheld {
        /// Where was asked.
        address: String,
        /// The status of HTTP.
        status: u16,
    },
    /// What came, or what stands in the certificate, cannot be believed.
    #[error("{0}")]
    Unbelievable(String),
}

impl NoVerdict {
    /// Whether others, those who are enrolled, would be answered.
    pub fn is_for_the_enrolled_only(&self) -> bool {
        use ResponseStatus::{SigRequired, Unauthorized};
        matches!(self, Self::Declined(SigRequired | Unauthorized) | Self::Withheld { .. })
    }
}

impl From<String> for NoVerdict {
    fn from(why: String) -> Self {
        Self::Unbelievable(why)
    }
}

/// The four items as a certificate states them.
#[derive(Clone, PartialEq, Eq)]
pub struct StatedItems {
    /// 氏名.
    pub name: String,
    /// 生年月日, an era and YYYYMMDD.
    pub birth_date: String,
    /// 性別, `1`, `2` or `3`.
    pub sex: String,
    /// 住所.
    pub address: String,
}

/// An agency, or a stranger when it has no token.
pub struct Agency {
    client: reqwest::Client,
    token: Option<OfficerToken>,
    authority: Vec<u8>,
}

impl Agency {
    /// An agency that trusts this authority's certificate. Without a token it is a stranger.
    pub fn new(authority: Vec<u8>, token: Option<OfficerToken>) -> Self {
        let client =
            akashi_link::plain_client().expect("a client that trusts nobody needs nothing");
        Self { client, token, authority }
    }

    /// Judges a certificate now: chain, time, status.
    pub async fn judge(&self, certificate: &[u8], now: Timestamp) -> Verdict {
        match self.ask(certificate, now).await {
            Ok((verdict, _)) => verdict,
            Err(why) => Verdict::CannotTell(why.to_string()),
        }
    }

    /// Judges a certificate and gives the responder's octets as evidence.
    pub async fn ask(
        &self,
        certificate: &[u8],
        now: Timestamp,
    ) -> Result<(Verdict, Vec<u8>), NoVerdict> {
        let (leaf, authority) = (parse(certificate)?, parse(&self.authority)?);
        if !is_signed_by(certificate, &leaf, &authority) {
            return Ok((Verdict::NotIssued, Vec::new()));
        }
        let nonce: [u8; 32] = rand::random();
        let cert_id = cert_id(&leaf, &authority)?;
        let request = self.request(&cert_id, &nonce)?;
        let octets = self.post(&ocsp_address(&leaf)?, request).await?;
        let answer = match read(&octets, &cert_id, &nonce, &authority, now)? {
            Ok(answer) => answer,
            Err(status) => return Err(NoVerdict::Declined(status)),
        };
        Ok((in_time(answer, &leaf, now), octets))
    }

    /// Judges a certificate by the list that it names, and tells of which time the list is. For
    /// those whom the responder does not answer.
    pub async fn look_up(
        &self,
        certificate: &[u8],
        now: Timestamp,
    ) -> Result<(Verdict, ListTimes), NoVerdict> {
        let (leaf, authority) = (parse(certificate)?, parse(&self.authority)?);
        if !is_signed_by(certificate, &leaf, &authority) {
            return Err(NoVerdict::Unbelievable("the authority did not issue it".into()));
        }
        let address = list_address(&leaf)?;
        let answer = self.client.get(&address).send().await;
        let answer = answer.map_err(|error| unreachable(&address, error))?;
        let status = answer.status().as_u16();
        match status {
            200 => {}
            401 | 403 => return Err(NoVerdict::Withheld { address, status }),
            _ => return Err(format!("{address} gives no list (HTTP {status})").into()),
        }
        let octets = body(answer, LIST, &address).await?;
        let (verdict, times) = list::read(&octets, &leaf, &authority, now)?;
        Ok((in_time(verdict, &leaf, now), times))
    }

    /// Whether this certificate's key signed these octets (PKCS#1 v1.5, SHA-256).
    pub fn verifies(&self, certificate: &[u8], content: &[u8], signature: &[u8]) -> bool {
        parse(certificate).is_ok_and(|leaf| {
            let key = leaf.tbs_certificate().subject_public_key_info();
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.subject_public_key.raw_bytes())
                .verify(content, signature)
                .is_ok()
        })
    }

    fn request(&self, cert_id: &[u8], nonce: &[u8]) -> Result<Vec<u8>, String> {
        use der_reader::tlv;
        let nonce = tlv(0x30, &[NONCE, &tlv(0x04, &[&tlv(0x04, &[nonce])])]);
        let list = tlv(0x30, &[&tlv(0x30, &[cert_id])]);
        let tbs = tlv(0x30, &[&list, &tlv(0xa2, &[&tlv(0x30, &[&nonce])])]);
        let Some(token) = &self.token else { return Ok(tlv(0x30, &[&tbs])) };
        // A signed request names its requestor (RFC 6960 §4.1.2).
        let signer = parse(token.certificate())?;
        let name = signer.tbs_certificate().subject().to_der().map_err(|e| e.to_string())?;
        let requestor = tlv(0xa1, &[&tlv(0xa4, &[&name])]);
        let tbs = tlv(0x30, &[&requestor, &list, &tlv(0xa2, &[&tlv(0x30, &[&nonce])])]);
        let signature = token.sign(&tbs).map_err(|e| e.to_string())?;
        let bits = tlv(0x03, &[&[0], &signature]);
        let certs = tlv(0xa0, &[&tlv(0x30, &[token.certificate()])]);
        let signature = tlv(0xa0, &[&tlv(0x30, &[&tlv(0x30, &[ECDSA_SHA256]), &bits, &certs])]);
        Ok(tlv(0x30, &[&tbs, &signature]))
    }

    async fn post(&self, url: &str, request: Vec<u8>) -> Result<Vec<u8>, NoVerdict> {
        let answer = self
            .client
            .post(url)
            .header("content-type", "application/ocsp-request")
            .body(request)
            .send()
            .await
            .map_err(|error| unreachable(url, error))?;
        body(answer, ANSWER, url).await
    }
}

/// The longest OCSP answer that is read, in octets.
const ANSWER: usize = 64 * 1024;
/// The longest list that is read, in octets: more than a million entries.
const LIST: usize = 64 * 1024 * 1024;

/// What came, so many octets at most.
async fn body(
    mut answer: reqwest::Response,
    limit: usize,
    address: &str,
) -> Result<Vec<u8>, NoVerdict> {
    let mut octets = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(address, error))? {
        octets.extend_from_slice(&chunk);
        if octets.len() > limit {
            return Err(format!("what {address} gives is too long").into());
        }
    }
    Ok(octets)
}

/// Why nothing came, in the words of whoever knows best: the innermost.
fn unreachable(address: &str, error: reqwest::Error) -> NoVerdict {
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    NoVerdict::Unreachable { address: address.to_owned(), reason: innermost.to_string() }
}

/// A certificate in force is valid in its time only.
fn in_time(verdict: Verdict, leaf: &Certificate, now: Timestamp) -> Verdict {
    use akashi_wire::pki::moment;
    let validity = leaf.tbs_certificate().validity();
    let in_time = moment(&validity.not_before) <= now && now <= moment(&validity.not_after);
    match verdict {
        Verdict::Valid if !in_time => Verdict::OutOfTime,
        other => other,
    }
}

/// id-pkix-ocsp-nonce, DER.
const NONCE: &[u8] = &[0x06, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
/// ecdsa-with-SHA256, DER.
const ECDSA_SHA256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// AlgorithmIdentifier of SHA-1, DER: names the issuer in a request, protects nothing.
const SHA1: &[u8] = &[0x30, 9, 0x06, 5, 0x2b, 14, 3, 2, 26, 5, 0];

/// What a certificate states of its holder.
pub fn stated_items(certificate: &[u8]) -> Result<StatedItems, String> {
    let leaf = parse(certificate)?;
    let extensions = leaf.tbs_certificate().extensions().cloned().unwrap_or_default();
    let names = extensions
        .iter()
        .find(|e| e.extn_id == oid::SUBJECT_ALT_NAME)
        .ok_or("the certificate names nobody")?;
    let names = person::read(names.extn_value.as_bytes()).map_err(|e| e.to_string())?;
    let text = |wanted| {
        let found = names.iter().find(|(oid, _)| *oid == wanted);
        found.map(|(_, text)| text.clone()).ok_or_else(|| format!("{wanted} is missing"))
    };
    Ok(StatedItems {
        name: text(oid::PERSON_NAME)?,
        birth_date: text(oid::PERSON_BIRTH_DATE)?,
        sex: text(oid::PERSON_SEX)?,
        address: text(oid::PERSON_ADDRESS)?,
    })
}

/// Where the certificate says that its status is answered.
pub fn ocsp_address(leaf: &Certificate) -> Result<String, String> {
    use x509_cert::ext::pkix::AuthorityInfoAccessSyntax;
    use x509_cert::ext::pkix::name::GeneralName;
    let access = leaf
        .tbs_certificate()
        .get_extension::<AuthorityInfoAccessSyntax>()
        .map_err(|e| e.to_string())?
        .ok_or("the certificate says nowhere where to ask")?;
    let at = access.1.0.into_iter().find(|one| one.access_method == oid::AD_OCSP);
    match at.map(|one| one.access_location) {
        Some(GeneralName::UniformResourceIdentifier(uri)) => Ok(uri.to_string()),
        _ => Err("the certificate says nowhere where to ask".into()),
    }
}

/// Where the certificate says that its list is.
pub fn list_address(leaf: &Certificate) -> Result<String, String> {
    use x509_cert::ext::pkix::name::GeneralName;
    let uri = list::distribution_points(leaf)?.into_iter().flatten().find_map(|name| match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        _ => None,
    });
    uri.ok_or_else(|| "the certificate says nowhere where its list is".into())
}

fn cert_id(leaf: &Certificate, authority: &Certificate) -> Result<Vec<u8>, String> {
    use der_reader::tlv;
    let authority = authority.tbs_certificate();
    let name = authority.subject().to_der().map_err(|e| e.to_string())?;
    let key = authority.subject_public_key_info().subject_public_key.raw_bytes();
    let serial = leaf.tbs_certificate().serial_number().to_der().map_err(|e| e.to_string())?;
    let (name, key) = (Sha1::digest(&name), Sha1::digest(key));
    Ok(tlv(0x30, &[SHA1, &tlv(0x04, &[&name]), &tlv(0x04, &[&key]), &serial]))
}

/// Whether this certificate's key signed that one, and is named as its issuer.
pub fn is_signed_by(octets: &[u8], leaf: &Certificate, issuer: &Certificate) -> bool {
    let issuer = issuer.tbs_certificate();
    let Some(signed) = der_reader::signed_part(octets) else { return false };
    leaf.tbs_certificate().issuer() == issuer.subject()
        && UnparsedPublicKey::new(
            &RSA_PKCS1_2048_8192_SHA256,
            issuer.subject_public_key_info().subject_public_key.raw_bytes(),
        )
        .verify(signed, leaf.signature().raw_bytes())
        .is_ok()
}

fn parse(octets: &[u8]) -> Result<Certificate, String> {
    Certificate::from_der(octets).map_err(|e| format!("not a certificate: {e}"))
}
