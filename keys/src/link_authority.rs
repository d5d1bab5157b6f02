//! The authority's inner hierarchy: certificates for links and for the tokens of its people.
//!
//! Not the resident's certificates: those are built field by field in `ca`. This one is plain
//! TLS and CMS, which rcgen makes well.

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData,
    SanType, SerialNumber,
};

use std::net::IpAddr;

use der::Decode;
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::{EcKey, KeyError};

/// What a certificate of this hierarchy is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// The server's end of a link, reachable under these names or addresses.
    Server {
        /// DNS names or IP addresses.
        hosts: Vec<String>,
    },
    /// A person, an agency or a source: the client's end of a link, and signed messages; also the
    /// server's end where the party is reached under names of its own.
    Party {
        /// DNS names or IP addresses under which the party serves; none for most.
        hosts: Vec<String>,
    },
    /// Somebody to whom messages are encrypted.
    Recipient,
}

impl Usage {
    /// What a party's certificate says of its usage: under which names it serves.
    ///
    /// ```asn1
    /// SubjectAltName ::= GeneralNames
    /// ```
    ///
    /// # Errors
    /// [`KeyError::Request`] where it cannot be read.
    pub fn of_party(certificate: &[u8]) -> Result<Self, KeyError> {
        let certificate = Certificate::from_der(certificate).map_err(|_| KeyError::Request)?;
        let names = certificate.tbs_certificate().get_extension::<SubjectAltName>();
        let names = names.map_err(|_| KeyError::Request)?;
        let host = |name: GeneralName| match name {
            GeneralName::DnsName(name) => Ok(name.as_str().to_owned()),
            GeneralName::IpAddress(octets) => {
                let octets = octets.as_bytes();
                let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
                let v6 = <[u8; 16]>::try_from(octets).map(IpAddr::from);
                Ok(v4.or(v6).map_err(|_| KeyError::Request)?.to_string())
            }
            _ => Err(KeyError::Request),
        };
        let hosts = names.map_or(Vec::new(), |(_, names)| names.0);
        Ok(Self::Party { hosts: hosts.into_iter().map(host).collect::<Result<_, _>>()? })
    }
}

/// The key that issues the inner hierarchy, with its own certificate.
pub struct LinkAuthority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
}

/// How long certificates of the inner hierarchy are valid.
const YEARS_20: SignedDuration = SignedDuration::from_hours(20 * 365 * 24);
const YEARS_5: SignedDuration = SignedDuration::from_hours(5 * 365 * 24);

impl LinkAuthority {
    /// Makes the certificate of a new link authority for this key.
    pub fn create(key: &EcKey, name: &str, now: Timestamp) -> Result<Self, KeyError> {
        let pair = pair(key)?;
        let mut params = named(name, now, now + YEARS_20)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&pair).map_err(failed)?.der().to_vec();
        Self::open(key, certificate)
    }

    /// Puts the key and its certificate together again.
    pub fn open(key: &EcKey, certificate: Vec<u8>) -> Result<Self, KeyError> {
        let issuer =
            Issuer::from_ca_cert_der(&certificate.as_slice().into(), pair(key)?).map_err(failed)?;
        Ok(Self { issuer, certificate })
    }

    /// DER of the authority's own certificate.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Certifies a key for five years.
    pub fn certify(
        &self,
        public_key: &[u8],
        name: &str,
        usage: &Usage,
        now: Timestamp,
    ) -> Result<Vec<u8>, KeyError> {
        self.certify_until(public_key, name, usage, now + YEARS_5, now)
    }

    /// Certifies a key of a party whose enrolment ends then: for five years, or until that.
    pub fn certify_within(
        &self,
        public_key: &[u8],
        name: &str,
        usage: &Usage,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<u8>, KeyError> {
        self.certify_until(public_key, name, usage, until.min(now + YEARS_5), now)
    }

    /// Certifies a key of the authority itself, for longer than any authority lives: what it needs
    /// to revoke at all must not end by itself.
    pub fn certify_own(
        &self,
        public_key: &[u8],
        name: &str,
        usage: &Usage,
        now: Timestamp,
    ) -> Result<Vec<u8>, KeyError> {
        self.certify_until(public_key, name, usage, now + YEARS_20, now)
    }

    fn certify_until(
        &self,
        public_key: &[u8],
        name: &str,
        usage: &Usage,
        end: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<u8>, KeyError> {
        let key = rcgen::SubjectPublicKeyInfo::from_der(public_key).map_err(failed)?;
        let params = self.leaf(name, usage, now, end)?;
        Ok(params.signed_by(&key, &self.issuer).map_err(failed)?.der().to_vec())
    }

    /// Certifies the key of a PKCS#10 request of a party whose enrolment ends then, under a name of our
    /// choosing, for five years or until that; whatever else the request asks for is ignored.
    pub fn certify_request(
        &self,
        request: &[u8],
        name: &str,
        usage: &Usage,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<u8>, KeyError> {
        let request = sound(request)?;
        let params = self.leaf(name, usage, now, until.min(now + YEARS_5))?;
        Ok(params.signed_by(&request.public_key, &self.issuer).map_err(failed)?.der().to_vec())
    }

    /// The same for a program of the authority's own: for as long as [`LinkAuthority::certify_own`].
    pub fn certify_own_request(
        &self,
        request: &[u8],
        name: &str,
        usage: &Usage,
        now: Timestamp,
    ) -> Result<Vec<u8>, KeyError> {
        let request = sound(request)?;
        let params = self.leaf(name, usage, now, now + YEARS_20)?;
        Ok(params.signed_by(&request.public_key, &self.issuer).map_err(failed)?.der().to_vec())
    }

    /// The key (SubjectPublicKeyInfo, DER) of a request that [`LinkAuthority::certify_request`] would take;
    /// signs nothing.
    pub fn requested_key(&self, request: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(sound(request)?.public_key.subject_public_key_info())
    }

    fn leaf(
        &self,
        name: &str,
        usage: &Usage,
        now: Timestamp,
        end: Timestamp,
    ) -> Result<CertificateParams, KeyError> {
        let mut params = named(name, now, end)?;
        params.use_authority_key_identifier_extension = true;
        params.is_ca = IsCa::ExplicitNoCa;
        match usage {
            Usage::Server { hosts } => {
                params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
                params.subject_alt_names = names(hosts)?;
            }
            Usage::Party { hosts } => {
                params.key_usages =
                    vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
                params.extended_key_usages = vec![
                    ExtendedKeyUsagePurpose::ClientAuth,
                    ExtendedKeyUsagePurpose::EmailProtection,
                ];
                if !hosts.is_empty() {
                    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
                    params.subject_alt_names = names(hosts)?;
                }
            }
            Usage::Recipient => {
                params.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
            }
        }
        Ok(params)
    }
}

fn names(hosts: &[String]) -> Result<Vec<SanType>, KeyError> {
    hosts
        .iter()
        .map(|host| match host.parse() {
            Ok(address) => Ok(SanType::IpAddress(address)),
            Err(_) => Ok(SanType::DnsName(host.as_str().try_into().map_err(failed)?)),
        })
        .collect()
}

/// A request for a certificate for one's own key (PKCS#10, RFC 2986).
impl EcKey {
    /// DER of a request signed by this key; the authority chooses the name.
    pub fn request_for_certificate(&self) -> Result<Vec<u8>, KeyError> {
        let params = CertificateParams::default();
        Ok(params.serialize_request(&pair(self)?).map_err(failed)?.der().to_vec())
    }
}

/// A request that proves possession of a key of P-256 or RSA.
fn sound(request: &[u8]) -> Result<CertificateSigningRequestParams, KeyError> {
    let request = CertificateSigningRequestParams::from_der(&request.into())
        .map_err(|_| KeyError::Request)?;
    // rcgen takes the kind of key from the name of the signature: a point of another curve would
    // be certified as one of P-256, and what the party signs would never verify.
    let key = &request.public_key;
    let algorithm = PublicKeyData::algorithm(key);
    let is_p256 = algorithm == &rcgen::PKCS_ECDSA_P256_SHA256 && key.der_bytes().len() == 65;
    if !is_p256 && algorithm != &rcgen::PKCS_RSA_SHA256 {
        return Err(KeyError::Request);
    }
    Ok(request)
}

fn named(name: &str, now: Timestamp, end: Timestamp) -> Result<CertificateParams, KeyError> {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "Akashi");
    subject.push(DnType::CommonName, name);
    let mut serial = [0; 16];
    aws_lc_rs::rand::fill(&mut serial).map_err(|_| KeyError::Crypto("the random generator"))?;
    serial[0] = 0x40 | (serial[0] & 0x3f);
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = date_time(now)?;
    params.not_after = date_time(end)?;
    Ok(params)
}

fn date_time(at: Timestamp) -> Result<time::OffsetDateTime, KeyError> {
    time::OffsetDateTime::from_unix_timestamp(at.as_second())
        .map_err(|_| KeyError::Crypto("a date"))
}

fn pair(key: &EcKey) -> Result<KeyPair, KeyError> {
    KeyPair::from_pkcs8_der_and_sign_algo(&key.to_pkcs8().into(), &rcgen::PKCS_ECDSA_P256_SHA256)
        .map_err(failed)
}

fn failed(_: rcgen::Error) -> KeyError {
    KeyError::Crypto("making a certificate of the inner hierarchy")
}
