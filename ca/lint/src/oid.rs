//! Object identifiers as they stand in DER, without tag and length.

/// countryName, 2.5.4.6 (X.520).
pub(crate) const COUNTRY: &[u8] = &[0x55, 4, 6];
/// localityName, 2.5.4.7 (X.520).
pub(crate) const LOCALITY: &[u8] = &[0x55, 4, 7];
/// organizationName, 2.5.4.10 (X.520).
pub(crate) const ORGANISATION: &[u8] = &[0x55, 4, 10];
/// organizationalUnitName, 2.5.4.11 (X.520).
pub(crate) const UNIT: &[u8] = &[0x55, 4, 11];
/// commonName, 2.5.4.3 (X.520).
pub(crate) const COMMON_NAME: &[u8] = &[0x55, 4, 3];

/// subjectKeyIdentifier, 2.5.29.14 (RFC 5280 §4.2.1.2).
pub(crate) const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 14];
/// keyUsage, 2.5.29.15 (RFC 5280 §4.2.1.3).
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
/// subjectAltName, 2.5.29.17 (RFC 5280 §4.2.1.6).
pub(crate) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
/// issuerAltName, 2.5.29.18 (RFC 5280 §4.2.1.7).
pub(crate) const ISSUER_ALT_NAME: &[u8] = &[0x55, 0x1d, 18];
/// basicConstraints, 2.5.29.19 (RFC 5280 §4.2.1.9).
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
/// cRLNumber, 2.5.29.20 (RFC 5280 §5.2.3).
pub(crate) const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 20];
/// issuingDistributionPoint, 2.5.29.28 (RFC 5280 §5.2.5).
pub(crate) const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];
/// cRLDistributionPoints, 2.5.29.31 (RFC 5280 §4.2.1.13).
pub(crate) const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 31];
/// certificatePolicies, 2.5.29.32 (RFC 5280 §4.2.1.4).
pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 32];
/// authorityKeyIdentifier, 2.5.29.35 (RFC 5280 §4.2.1.1).
pub(crate) const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 35];
/// extKeyUsage, 2.5.29.37 (RFC 5280 §4.2.1.12).
pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
/// authorityInfoAccess, 1.3.6.1.5.5.7.1.1 (RFC 5280 §4.2.2.1).
pub(crate) const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
/// id-qt-cps, 1.3.6.1.5.5.7.2.1 (RFC 5280 §4.2.1.4).
pub(crate) const CPS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 2, 1];
/// id-ad-ocsp, 1.3.6.1.5.5.7.48.1 (RFC 5280 §4.2.2.1).
pub(crate) const OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1];
/// id-ad-caIssuers, 1.3.6.1.5.5.7.48.2 (RFC 5280 §4.2.2.1).
pub(crate) const CA_ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 2];
/// id-pkix-ocsp-basic, 1.3.6.1.5.5.7.48.1.1 (RFC 6960 §4.2.1).
pub(crate) const OCSP_BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
/// id-pkix-ocsp-nonce, 1.3.6.1.5.5.7.48.1.2 (RFC 9654 §2.1).
pub(crate) const OCSP_NONCE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
/// id-pkix-ocsp-nocheck, 1.3.6.1.5.5.7.48.1.5 (RFC 6960 §4.2.2.2.1).
pub(crate) const OCSP_NO_CHECK: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5];

/// The arc of a resident's items, 1.2.392.200149.8.5.5 (profile); `.n` is one octet more.
pub(crate) const PERSON: &[u8] = &[0x2a, 0x83, 0x08, 0x8c, 0x9b, 0x55, 8, 5, 5];
/// What the policies of the real service begin with, 1.2.392.200149 (profile).
pub(crate) const REAL_SERVICE: &[u8] = &[0x2a, 0x83, 0x08, 0x8c, 0x9b, 0x55];
