//! A certificate as the rules see it: read by x509-parser, with the octets at hand.

use x509_parser::certificate::TbsCertificate;
use x509_parser::extensions::X509Extension;
use x509_parser::prelude::FromDer;

use crate::der::{self, Defect};
use crate::finding::{Verdict, must};
use crate::rules::{self, CertificateRule};
use crate::{Finding, Founding, Lint};

/// A certificate that is judged, before it is signed or after.
///
/// ```asn1
/// Certificate  ::=  SEQUENCE  {
///      tbsCertificate       TBSCertificate,
///      signatureAlgorithm   AlgorithmIdentifier,
///      signature            BIT STRING  }
/// ```
///
/// Source: RFC 5280 §4.1.
pub(crate) struct Certificate<'a> {
    pub(crate) lint: &'a Lint,
    /// TBSCertificate, read.
    pub(crate) tbs: TbsCertificate<'a>,
    /// The octets whose encoding is judged: the whole certificate, or what is to be signed.
    pub(crate) octets: &'a [u8],
    /// AlgorithmIdentifier in what is signed.
    pub(crate) inner: &'a [u8],
    /// AlgorithmIdentifier beside the signature.
    pub(crate) outer: Option<&'a [u8]>,
}

impl<'a> Certificate<'a> {
    /// TBSCertificate and the algorithm beside the signature.
    pub(crate) fn parts(certificate: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Defect> {
        match der::all(der::only(certificate)?.content)?[..] {
            [tbs, algorithm, signature]
                if (tbs.tag, algorithm.tag, signature.tag) == (0x30, 0x30, 0x03) =>
            {
                Ok((tbs.raw, algorithm.raw))
            }
            _ => Err("a certificate must be what is signed, an algorithm and a signature"),
        }
    }

    pub(crate) fn read(
        lint: &'a Lint,
        tbs: &'a [u8],
        outer: Option<&'a [u8]>,
        whole: Option<&'a [u8]>,
    ) -> Result<Self, Defect> {
        let unreadable = "it must be a certificate of version 3";
        let (rest, read) = TbsCertificate::from_der(tbs).map_err(|_| unreadable)?;
        let fields = der::all(der::only(tbs)?.content)?;
        match fields.get(2) {
            Some(inner) if rest.is_empty() => {
                Ok(Self { lint, tbs: read, octets: whole.unwrap_or(tbs), inner: inner.raw, outer })
            }
            _ => Err(unreadable),
        }
    }

    pub(crate) fn founding(&self) -> &'a Founding {
        &self.lint.founding
    }

    /// The first extension with this identifier; that there is one and no second are rules of their
    /// own.
    pub(crate) fn extension(&self, oid: &[u8]) -> Option<&X509Extension<'a>> {
        self.tbs.extensions().iter().find(|one| one.oid.as_bytes() == oid)
    }

    /// Whether an extension, where it is there, has this criticality and these octets.
    pub(crate) fn extension_is(
        &self,
        oid: &[u8],
        critical: bool,
        value: &[u8],
        what: &'static str,
    ) -> Verdict {
        let Some(extension) = self.extension(oid) else { return Ok(()) };
        must(
            extension.critical == critical,
            "it must be critical where the profile says so, and only there",
        )?;
        must(extension.value == value, what)
    }

    /// Its first second.
    pub(crate) fn not_before(&self) -> i64 {
        self.tbs.validity.not_before.timestamp()
    }

    /// Its last second.
    pub(crate) fn not_after(&self) -> i64 {
        self.tbs.validity.not_after.timestamp()
    }

    /// Its extensions' identifiers, in their order.
    pub(crate) fn identifiers(&self) -> impl Iterator<Item = &[u8]> {
        self.tbs.extensions().iter().map(|one| one.oid.as_bytes())
    }
}

/// Holds a certificate against rules. What cannot even be read has one finding: why.
pub(crate) fn judge(
    rules: &[&CertificateRule],
    lint: &Lint,
    tbs: &[u8],
    algorithm: Option<&[u8]>,
    whole: Option<&[u8]>,
) -> Vec<Finding> {
    match Certificate::read(lint, tbs, algorithm, whole) {
        Ok(certificate) => {
            rules.iter().filter_map(|rule| rule.finding((rule.check)(&certificate))).collect()
        }
        Err(what) => rules::unread(&rules::certificate::CANONICAL, whole.unwrap_or(tbs), what),
    }
}
