//! Files of certificates, lists and answers, told apart by their first octets; DER or PEM.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{Finding, Lint, ListExpected};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A certificate (RFC 5280 §4.1).
    Certificate,
    /// A list of the revoked (RFC 5280 §5.1).
    List,
    /// An OCSP answer (RFC 6960 §4.2.1).
    Answer,
}

/// One thing that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What it is.
    pub kind: Kind,
    /// Everything that is wrong with it.
    pub findings: Vec<Finding>,
}

impl Kind {
    /// What DER is that begins with these octets; twenty are enough.
    ///
    /// An answer begins with an ENUMERATED; of the other two a list begins, in what is signed, with
    /// the version as it is, a certificate with the version under a tag of its own.
    pub fn of(first: &[u8]) -> Option<Self> {
        let inside = inside(first)?;
        match inside {
            [0x0a, ..] => Some(Self::Answer),
            [0x30, ..] => match self::inside(inside)? {
                [0xa0, ..] => Some(Self::Certificate),
                [0x02, 1, 0..=2, 0x30, ..] => Some(Self::List),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What follows the header of a SEQUENCE.
fn inside(octets: &[u8]) -> Option<&[u8]> {
    let [0x30, length, ..] = octets else { return None };
    let header = if *length < 0x80 { 2 } else { 2 + usize::from(length & 0x7f) };
    octets.get(header..)
}

impl Lint {
    /// Judges what a file holds: DER, or every block of a PEM (RFC 7468 §2). Nothing when it holds
    /// neither certificate, nor list, nor answer.
    pub fn file(&self, octets: &[u8]) -> Vec<Judged> {
        if let Some(kind) = Kind::of(octets) {
            return vec![self.judged(kind, octets)];
        }
        let blocks = std::str::from_utf8(octets).map(blocks).unwrap_or_default();
        blocks.iter().filter_map(|der| Some(self.judged(Kind::of(der)?, der))).collect()
    }

    fn judged(&self, kind: Kind, der: &[u8]) -> Judged {
        let findings = match kind {
            Kind::Certificate => self.certificate(der),
            Kind::Answer => self.answer(der),
            Kind::List => self
                .list(der, &ListExpected::default(), |_| {})
                .map(|report| report.findings)
                .expect("octets in memory can be read"),
        };
        Judged { kind, findings }
    }
}

/// The DER of the first certificate that a file holds, DER or PEM.
pub fn certificate_of(octets: &[u8]) -> Option<Vec<u8>> {
    let is_certificate = |der: &[u8]| Kind::of(der) == Some(Kind::Certificate);
    if is_certificate(octets) {
        return Some(octets.to_vec());
    }
    let blocks = blocks(std::str::from_utf8(octets).ok()?);
    blocks.into_iter().find(|block| is_certificate(block))
}

/// The octets of every block between `-----BEGIN` and `-----END`.
fn blocks(text: &str) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with("-----BEGIN ") {
            open = Some(String::new());
        } else if line.starts_with("-----END ") {
            blocks.extend(open.take().and_then(|block| STANDARD.decode(block).ok()));
        } else if let Some(block) = &mut open {
            block.push_str(line);
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn certificates_lists_and_answers_are_told_apart_in_der_and_in_pem() {
        let lint = trial::lint();
        let certificate = samples::signed(samples::resident()).write();
        let list = samples::signed(samples::list()).write();
        let answer = samples::answer(samples::basic()).write();
        for (octets, kind) in
            [(&certificate, Kind::Certificate), (&list, Kind::List), (&answer, Kind::Answer)]
        {
            let clean = Judged { kind, findings: vec![] };
            assert_eq!(lint.file(octets), std::slice::from_ref(&clean));
            let pem = format!(
                "a line\n-----BEGIN X-----\n{}\n-----END X-----\n",
                STANDARD.encode(octets)
            );
            assert_eq!(lint.file(format!("{pem}{pem}").as_bytes()), [clean.clone(), clean]);
        }
        for other in [&b""[..], b"text", &[0x30, 3, 2, 1, 0], &[0x30, 0x84], &[0xff; 40]] {
            assert_eq!(lint.file(other), []);
        }
    }
    #[test]
    fn what_is_signed_alone_is_no_certificate() {
        let lint = trial::lint();
        for octets in [samples::resident().write(), samples::algorithm().write()] {
            let [finding] = &lint.certificate(&octets)[..] else { panic!() };
            assert_eq!(finding.rule, "readable");
        }
        let three = [samples::authority(), samples::resident(), samples::responder()];
        for tbs in three {
            assert_eq!(lint.certificate(&samples::signed(tbs).write()), []);
        }
        assert_eq!(lint.authority(), []);
    }
}
