//! CertificateList (RFC 5280 §5.1.1) as a file, in one pass and never whole in memory.

use std::io::{self, BufWriter, Write};

use akashi_shelf::ShelfError;
use ring::digest::{Context, SHA256};

use crate::CrlError;
use crate::tbs::{Plan, Tbs, header};

/// Octets that are gathered before they are hashed and written.
const BUFFER: usize = 64 * 1024;

/// What was written and is not signed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsigned {
    /// At which octet of the file the TBSCertList begins; it goes to the end.
    pub begins: u64,
    /// Its SHA-256: what the key is going to be given.
    pub digest: [u8; 32],
}

/// Writes a list and has it signed. Whoever calls this has recorded the number before.
///
/// The entries are hashed as they go by; the signature, whose length the first octets already
/// counted, is asked of `sign` at the end: what was written can be judged there before a key is asked.
pub fn write(
    plan: &Plan,
    out: &mut impl Write,
    failed: impl Fn(io::Error) -> ShelfError,
    sign: impl FnOnce(&Unsigned) -> Result<Vec<u8>, CrlError>,
) -> Result<(), CrlError> {
    let tbs = Tbs::of(plan);
    let algorithm = plan.signatory.algorithm.as_slice();
    let signature_length = plan.signatory.signature_length;
    let bit_string = header(0x03, 1 + signature_length);
    let length = tbs.length() + algorithm.len() + bit_string.len() + 1 + signature_length;
    let whole = header(0x30, length);
    out.write_all(&whole).map_err(&failed)?;

    let hashing = Hashing { out: &mut *out, digest: Context::new(&SHA256) };
    let mut buffered = BufWriter::with_capacity(BUFFER, hashing);
    tbs.write(&mut buffered).map_err(&failed)?;
    let hashing = buffered.into_inner().map_err(|error| failed(error.into_error()))?;
    let digest = hashing.digest.finish();
    let digest = digest.as_ref().try_into().expect("SHA-256 gives 32 octets");

    let unsigned = Unsigned { begins: whole.len() as u64, digest };
    let signature = sign(&unsigned)?;
    if signature.len() != signature_length {
        return Err(CrlError::Signature { scope: plan.scope, number: plan.number });
    }
    let unused_bits = [0];
    out.write_all(&[algorithm, &bit_string, &unused_bits, &signature].concat()).map_err(&failed)?;
    Ok(())
}

struct Hashing<'o, W> {
    out: &'o mut W,
    digest: Context,
}

impl<W: Write> Write for Hashing<'_, W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.out.write(octets)?;
        self.digest.update(&octets[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
