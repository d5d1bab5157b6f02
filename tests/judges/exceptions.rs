//! What single judges are known to do otherwise, and why. Each is asked all the same, and must say
//! exactly this: when one of these sentences stops being true, a test says so.

use crate::questions::{Exception, Judge, Verdict};

/// libpkix and crlutil know no critical extension of lists. For NSS there is the complete list.
pub const NSS_TAKES_NO_PARTITION: Exception = Exception {
    judge: Judge::Nss,
    says: Some(Verdict::Unfit),
    why: "because NSS refuses a critical issuingDistributionPoint",
};

/// There is no way in but the network; `nss.rs` asks a responder that serves.
pub const NSS_READS_NO_ANSWERS: Exception = Exception {
    judge: Judge::Nss,
    says: None,
    why: "because vfychain reads no answers from files",
};

/// RFC 5280 §6.3.3 (b)(2) is not there, so whoever uses GnuTLS must choose the list.
pub const GNUTLS_IGNORES_THE_SCOPE: Exception = Exception {
    judge: Judge::GnuTls,
    says: Some(Verdict::Good),
    why: "because GnuTLS does not look at the scope of a list and finds no entry in it",
};

/// certtool verifies a chain up to what is trusted and no further.
pub const GNUTLS_TRUSTS_THE_AUTHORITY: Exception = Exception {
    judge: Judge::GnuTls,
    says: Some(Verdict::Good),
    why: "because GnuTLS does not ask for the status of what it trusts",
};

/// RFC 5280 §6.1.1 (d): a trust anchor's own status is nobody's business.
pub const PYHANKO_TRUSTS_THE_AUTHORITY: Exception = Exception {
    judge: Judge::Pyhanko,
    says: Some(Verdict::Good),
    why: "because pyhanko does not ask for the status of a trust anchor",
};

/// nextUpdate stands in the list for GnuTLS to read, and certtool does not.
pub const GNUTLS_TAKES_OLD_EVIDENCE: Exception = Exception {
    judge: Judge::GnuTls,
    says: Some(Verdict::Good),
    why: "because certtool and ocsptool do not look at nextUpdate",
};

/// Nor does NSS.
pub const NSS_TAKES_OLD_LISTS: Exception = Exception {
    judge: Judge::Nss,
    says: Some(Verdict::Good),
    why: "because NSS does not look at nextUpdate",
};

/// sun.security.provider.certpath.CertId is made with SHA-1 whatever the answer says.
pub const JAVA_NAMES_THE_ISSUER_BY_SHA1: Exception = Exception {
    judge: Judge::Java,
    says: Some(Verdict::Unfit),
    why: "because the JDK finds nothing in an answer that names the issuer by SHA-256",
};

/// To it an answer that knows nothing is no evidence, which is right but another word.
pub const PYHANKO_HAS_NO_WORD_FOR_UNKNOWN: Exception = Exception {
    judge: Judge::Pyhanko,
    says: Some(Verdict::Unfit),
    why: "because pyhanko does not tell `unknown` from no answer",
};

/// gnutls_x509_trust_list_add_crls: a list takes the place of the issuer's list before it, so the
/// list of authorities puts out what the municipality's list says.
pub const GNUTLS_KEEPS_ONE_LIST: Exception = Exception {
    judge: Judge::GnuTls,
    says: Some(Verdict::Good),
    why: "because GnuTLS keeps one list of an issuer, and was given the list of authorities last",
};

/// Its time grows with the square of the entries: minutes for a hundred thousand.
pub const GNUTLS_TAKES_MINUTES: Exception = Exception {
    judge: Judge::GnuTls,
    says: None,
    why: "because certtool needs minutes for so many entries",
};

/// PENDING_SLOP in NSS's certdb.c: a clock may be a day behind.
pub const NSS_FORGIVES_A_DAY: Exception = Exception {
    judge: Judge::Nss,
    says: Some(Verdict::Good),
    why: "because NSS lets a certificate begin a day early",
};

/// X509_cmp_time never finds two times equal, so the last second, which RFC 5280 §4.1.2.5 counts in
/// ("inclusive"), is out for openssl.
pub const OPENSSL_ENDS_A_SECOND_EARLY: Exception = Exception {
    judge: Judge::OpenSsl,
    says: Some(Verdict::OutOfTime),
    why: "because openssl takes the last second for the first after the end",
};
