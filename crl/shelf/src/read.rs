//! Reads a list back: the file's own octets, one entry after another, in little memory.
//!
//! Shares nothing with what wrote it. Strict: what this authority would not write is damage.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use akashi_wire::octets::Sha256;
use akashi_wire::{RevocationReason, SerialNumber};
use der::Decode;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use ring::digest::{Context, SHA256};
use x509_cert::ext::Extension;

use crate::{Entry, ShelfError};

/// No element but the whole, the part to be signed and the entries is longer.
const ELEMENT: usize = 64 * 1024;
/// Octets that are hashed at a time.
const HASHED: usize = 16 * 1024;

/// What stands before the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Content of the version, 1 for v2.
    pub version: Vec<u8>,
    /// DER of the algorithm inside of what is signed.
    pub algorithm: Vec<u8>,
    /// DER of the issuer.
    pub issuer: Vec<u8>,
    /// thisUpdate.
    pub this_update: Timestamp,
    /// nextUpdate.
    pub next_update: Timestamp,
    /// Whether revokedCertificates is there, though it may be empty.
    pub has_entries: bool,
}

/// What stands after the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// crlExtensions.
    pub extensions: Vec<Extension>,
    /// DER of the algorithm beside the signature.
    pub algorithm: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// SHA-256 of what is signed.
    pub signed: [u8; 32],
    /// SHA-256 of the file.
    pub digest: Sha256,
    /// Octets of the file.
    pub length: u64,
}

impl Tail {
    /// cRLNumber, where it is there and fits (§5.2.3).
    pub fn number(&self) -> Option<i64> {
        self.extension("2.5.29.20")
            .and_then(|extension| i64::from_der(extension.extn_value.as_bytes()).ok())
    }

    /// The extension with this object identifier.
    pub fn extension(&self, oid: &str) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.extn_id.to_string() == oid)
    }
}

/// A list that is being read: an iterator over its entries.
pub struct Reading<R> {
    input: Input<R>,
    head: Head,
    whole_end: u64,
    signed_end: u64,
    entries_end: u64,
    /// The entry that is being read; kept for its room.
    current: Element,
    /// crlExtensions, where they were met in place of entries.
    met: Option<Element>,
}

impl Reading<BufReader<File>> {
    /// Opens a file.
    pub fn open(file: &Path) -> Result<Self, ShelfError> {
        Self::of(File::open(file).map_err(ShelfError::file(file))?, file)
    }

    /// Begins to read an open file, from where it stands; `name` is for what goes wrong.
    pub fn of(file: File, name: &Path) -> Result<Self, ShelfError> {
        Self::new(BufReader::with_capacity(ELEMENT, file), name)
    }
}

impl<R: Read> Reading<R> {
    /// Begins to read; `name` is for what goes wrong.
    pub fn new(input: R, name: &Path) -> Result<Self, ShelfError> {
        let mut input = Input {
            input,
            name: name.into(),
            position: 0,
            unhashed: Vec::with_capacity(HASHED),
            file: Context::new(&SHA256),
            signed: None,
        };
        let whole_end = input.open(0x30)?;
        input.hash();
        input.signed = Some(Context::new(&SHA256));
        let signed_end = input.open(0x30)?;
        let version = input.expect(0x02)?.content().to_vec();
        let algorithm = input.expect(0x30)?.octets;
        let issuer = input.expect(0x30)?.octets;
        let this_update = input.time()?;
        let next_update = input.time()?;
        let (mut entries_end, mut met) = (0, None);
        if input.position < signed_end {
            let header = input.header()?;
            if header.tag() == 0x30 {
                entries_end = input.position + header.content as u64;
            } else {
                let mut element = Element::default();
                input.rest_of(&header, &mut element)?;
                met = Some(element);
            }
        }
        let has_entries = entries_end > 0;
        let head = Head { version, algorithm, issuer, this_update, next_update, has_entries };
        if entries_end > signed_end || signed_end > whole_end {
            return Err(input.damaged("an element is longer than what holds it"));
        }
        let current = Element::default();
        Ok(Self { input, head, whole_end, signed_end, entries_end, current, met })
    }

    /// What stands before the entries.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Reads to the end, through all entries that are left.
    pub fn finish(mut self) -> Result<Tail, ShelfError> {
        for entry in &mut self {
            entry?;
        }
        let Self { mut input, met, .. } = self;
        let extensions = match met {
            Some(extensions) => extensions,
            None => input.element()?,
        };
        input.is_expected(&extensions, 0xa0)?;
        let extensions = Vec::<Extension>::from_der(extensions.content())
            .map_err(|error| input.damaged(&format!("crlExtensions: {error}")))?;
        if input.position != self.signed_end {
            return Err(input.damaged("there is more in it than a TBSCertList"));
        }
        input.hash();
        let signed = input.signed.take().expect("it was there since the beginning").finish();
        let algorithm = input.expect(0x30)?.octets;
        let signature = match input.expect(0x03)?.content() {
            [0, signature @ ..] => signature.to_vec(),
            _ => return Err(input.damaged("its signature has unused bits")),
        };
        if input.position != self.whole_end || !input.is_at_end()? {
            return Err(input.damaged("there is more in it than a CertificateList"));
        }
        input.hash();
        Ok(Tail {
            extensions,
            algorithm,
            signature,
            signed: signed.as_ref().try_into().expect("SHA-256 gives 32 octets"),
            digest: Sha256::from_slice(input.file.finish().as_ref())
                .expect("SHA-256 gives 32 octets"),
            length: input.position,
        })
    }

    fn entry(&mut self) -> Result<Entry, ShelfError> {
        let Self { input, current, .. } = self;
        let header = input.header()?;
        input.rest_of(&header, current)?;
        input.is_expected(current, 0x30)?;
        if self.input.position > self.entries_end {
            return Err(self.input.damaged("an entry is longer than the list"));
        }
        entry(self.current.content()).ok_or_else(|| {
            let at = self.input.position - self.current.octets.len() as u64;
            self.input.damaged(&format!("no entry of ours begins at octet {at}"))
        })
    }
}

impl<R: Read> Iterator for Reading<R> {
    type Item = Result<Entry, ShelfError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.input.position >= self.entries_end {
            return None;
        }
        let entry = self.entry();
        if entry.is_err() {
            self.entries_end = 0; // Nothing after damage can be told apart.
        }
        Some(entry)
    }
}

/// The header of crlEntryExtensions with one extension, a reasonCode that is not critical, up to
/// the reason.
const REASON: [u8; 13] = [0x30, 12, 0x30, 10, 6, 3, 0x55, 0x1d, 21, 4, 3, 0x0a, 1];

fn entry(content: &[u8]) -> Option<Entry> {
    let [0x02, 16, content @ ..] = content else { return None };
    let (serial, content) = content.split_at_checked(16)?;
    let &[tag, length, ref content @ ..] = content else { return None };
    let (at, extensions) = content.split_at_checked(usize::from(length))?;
    let reason = match extensions.strip_prefix(&REASON) {
        Some(&[code]) => RevocationReason::from_code(code)
            .filter(|reason| *reason != RevocationReason::Unspecified)?,
        None if extensions.is_empty() => RevocationReason::Unspecified,
        _ => return None,
    };
    Some(Entry::new(SerialNumber::from_slice(serial)?, time(tag, at)?, reason))
}

/// UTCTime through 2049, GeneralizedTime from 2050.
fn time(tag: u8, content: &[u8]) -> Option<Timestamp> {
    let digits = content.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pair = |place: usize| {
        let pair = digits.get(place..place + 2)?;
        i8::try_from((pair[0] - b'0') * 10 + (pair[1] - b'0')).ok()
    };
    let (year, rest) = match (tag, digits.len()) {
        (0x17, 12) => match i16::from(pair(0)?) {
            year @ 50.. => (1900 + year, 2),
            year => (2000 + year, 2),
        },
        (0x18, 14) => match i16::from(pair(0)?) * 100 + i16::from(pair(2)?) {
            1950..2050 => return None,
            year => (year, 4),
        },
        _ => return None,
    };
    let [month, day, hour, minute, second] =
        [pair(rest)?, pair(rest + 2)?, pair(rest + 4)?, pair(rest + 6)?, pair(rest + 8)?];
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}

/// Tag and length.
struct Header {
    octets: [u8; 6],
    length: usize,
    /// Octets of what follows.
    content: usize,
}

impl Header {
    fn tag(&self) -> u8 {
        self.octets[0]
    }
}

/// One TLV.
#[derive(Default)]
struct Element {
    octets: Vec<u8>,
    header: usize,
}

impl Element {
    fn content(&self) -> &[u8] {
        &self.octets[self.header..]
    }
}

/// Octets that are hashed as they are read.
struct Input<R> {
    input: R,
    name: PathBuf,
    position: u64,
    /// Read, and not hashed yet: a million entries are hashed in pieces longer than they are.
    unhashed: Vec<u8>,
    file: Context,
    signed: Option<Context>,
}

impl<R: Read> Input<R> {
    fn damaged(&self, what: &str) -> ShelfError {
        ShelfError::Damaged { file: self.name.clone(), what: what.to_owned() }
    }

    fn read(&mut self, octets: &mut [u8]) -> Result<(), ShelfError> {
        self.input.read_exact(octets).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => self.damaged("it ends too early"),
            _ => ShelfError::file(&self.name)(error),
        })?;
        self.position += octets.len() as u64;
        self.unhashed.extend_from_slice(octets);
        if self.unhashed.len() >= HASHED {
            self.hash();
        }
        Ok(())
    }

    /// Hashes what was read.
    fn hash(&mut self) {
        self.file.update(&self.unhashed);
        if let Some(signed) = &mut self.signed {
            signed.update(&self.unhashed);
        }
        self.unhashed.clear();
    }

    fn is_at_end(&mut self) -> Result<bool, ShelfError> {
        let mut octets = Vec::new();
        let read = (&mut self.input).take(1).read_to_end(&mut octets);
        Ok(read.map_err(ShelfError::file(&self.name))? == 0)
    }

    /// Tag, length and their octets. Lengths are definite and as short as they can be.
    fn header(&mut self) -> Result<Header, ShelfError> {
        let mut octets = [0; 6];
        self.read(&mut octets[..2])?;
        let (length, content) = match octets[1] {
            first @ 0..=0x7f => (2, usize::from(first)),
            first @ 0x81..=0x84 => {
                let length = 2 + usize::from(first & 0x7f);
                self.read(&mut octets[2..length])?;
                let content =
                    octets[2..length].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
                if content < 0x80 || octets[2] == 0 {
                    return Err(self.damaged("a length is longer than it need be"));
                }
                (length, content)
            }
            _ => return Err(self.damaged("a length is not one")),
        };
        Ok(Header { octets, length, content })
    }

    /// Enters an element; gives the position of its end.
    fn open(&mut self, expected: u8) -> Result<u64, ShelfError> {
        let header = self.header()?;
        self.is_tag(header.tag(), expected)?;
        Ok(self.position + header.content as u64)
    }

    /// A short element.
    fn element(&mut self) -> Result<Element, ShelfError> {
        let (header, mut element) = (self.header()?, Element::default());
        self.rest_of(&header, &mut element)?;
        Ok(element)
    }

    /// A short element with this tag.
    fn expect(&mut self, tag: u8) -> Result<Element, ShelfError> {
        let element = self.element()?;
        self.is_expected(&element, tag)?;
        Ok(element)
    }

    fn is_expected(&self, element: &Element, tag: u8) -> Result<(), ShelfError> {
        self.is_tag(element.octets[0], tag)
    }

    fn is_tag(&self, found: u8, expected: u8) -> Result<(), ShelfError> {
        if found != expected {
            return Err(
                self.damaged(&format!("{expected:#04x} is expected, {found:#04x} is there"))
            );
        }
        Ok(())
    }

    /// Reads the content of a header into an element, in place of what was in it.
    fn rest_of(&mut self, header: &Header, element: &mut Element) -> Result<(), ShelfError> {
        if header.content > ELEMENT {
            let (tag, length) = (header.tag(), header.content);
            return Err(self.damaged(&format!("element {tag:#04x} has {length} octets")));
        }
        element.header = header.length;
        element.octets.clear();
        element.octets.extend_from_slice(&header.octets[..header.length]);
        element.octets.resize(header.length + header.content, 0);
        self.read(&mut element.octets[header.length..])
    }

    fn time(&mut self) -> Result<Timestamp, ShelfError> {
        let element = self.element()?;
        time(element.octets[0], element.content()).ok_or_else(|| self.damaged("a time is not one"))
    }
}

#[cfg(test)]
mod tests;
