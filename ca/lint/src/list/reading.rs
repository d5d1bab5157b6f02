//! TBSCertList and CertificateList, part by part (RFC 5280 §5.1).

use std::io::Read;

use super::stream::{Broken, Stream};
use super::{Entry, Extension, Form, Head, ListExpected, Tail, Time};
use crate::der::{self, Defect, Tlv};
use crate::finding::Verdict;
use crate::{time, walk};

/// A list that is being read.
pub(super) struct Reading<R> {
    stream: Stream<R>,
    form: Form,
    whole_end: u64,
    signed_end: u64,
    entries_end: u64,
    encoding: Verdict,
}

/// What is known when everything was read.
pub(super) struct Ended {
    pub length: u64,
    pub signed: [u8; 32],
    pub digest: [u8; 32],
}

impl<R: Read> Reading<R> {
    /// Reads what stands before the entries.
    pub fn begin(input: R, form: Form, expected: ListExpected) -> Result<(Self, Head), Broken> {
        let mut stream = Stream::new(input);
        let whole_end = match form {
            Form::Whole => enter(&mut stream, "a list must be a SEQUENCE")?,
            Form::ToBeSigned => 0,
        };
        stream.begin_signed();
        let signed_end = enter(&mut stream, "what is signed must be a SEQUENCE")?;
        let mut encoding = Ok(());
        let mut field = |stream: &mut Stream<R>| {
            let octets = stream.element()?;
            encoding = encoding.and(walk::canonical(octets));
            Ok::<_, Broken>(octets.to_vec())
        };
        let version = field(&mut stream)?;
        let algorithm = field(&mut stream)?;
        let issuer = field(&mut stream)?;
        let this_update = a_time(&der::only(&field(&mut stream)?)?)
            .ok_or("thisUpdate must be a time to the second")?;
        let mut next_update = None;
        if stream.position < signed_end && matches!(stream.peek()?.tag, 0x17 | 0x18) {
            let read = a_time(&der::only(&field(&mut stream)?)?);
            next_update = Some(read.ok_or("nextUpdate must be a time to the second")?);
        }
        let (mut entries_end, mut has_entries) = (0, false);
        if stream.position < signed_end {
            let header = stream.peek()?;
            if header.tag == 0x30 {
                (entries_end, has_entries) = (stream.enter(header), true);
            }
        }
        if entries_end > signed_end || (form == Form::Whole && signed_end > whole_end) {
            return Err("an element must not be longer than what holds it".into());
        }
        let head =
            Head { version, algorithm, issuer, this_update, next_update, has_entries, expected };
        let reading = Self { stream, form, whole_end, signed_end, entries_end, encoding };
        Ok((reading, head))
    }

    /// Reads the next entry into `into`; `false` when there is none.
    pub fn next(&mut self, into: &mut Entry) -> Result<bool, Broken> {
        if self.stream.position >= self.entries_end {
            return Ok(false);
        }
        let octets = self.stream.element()?;
        let what = "an entry must be a number, a time and extensions";
        let entry = der::only(octets)?;
        let mut rest = entry.content;
        let (serial, at) = (der::take(&mut rest)?, der::take(&mut rest)?);
        let extensions = if rest.is_empty() { None } else { Some(der::take(&mut rest)?) };
        let in_form = extensions.is_none_or(|extensions| extensions.tag == 0x30);
        if (entry.tag, serial.tag) != (0x30, 0x02) || !in_form || !rest.is_empty() {
            return Err(what.into());
        }
        into.serial.clear();
        into.serial.extend_from_slice(serial.content);
        into.at = a_time(&at);
        into.extensions.clear();
        into.extensions.extend_from_slice(extensions.map_or(&[][..], |extensions| extensions.raw));
        into.encoding = walk::canonical(octets);
        if self.stream.position > self.entries_end {
            return Err("an entry must not be longer than the list".into());
        }
        Ok(true)
    }

    /// Reads what stands after the entries, to the end of the input.
    pub fn end(mut self, entries: u64) -> Result<(Tail, Ended), Broken> {
        let mut octets = Vec::new();
        if self.stream.position < self.signed_end {
            octets = self.field()?;
        }
        let extensions = extensions(&octets)?;
        if self.stream.position != self.signed_end {
            return Err("nothing must follow the extensions in what is signed".into());
        }
        let signed = self.stream.end_signed();
        let (mut algorithm, mut signature) = (None, None);
        if self.form == Form::Whole {
            algorithm = Some(self.field()?);
            octets = self.field()?;
            let bits = der::only(&octets)?;
            if bits.tag != 0x03 || self.stream.position != self.whole_end {
                return Err("a list must end with its signature".into());
            }
            signature = Some(bits.content.to_vec());
        }
        let length = self.stream.position;
        let digest = self.stream.end()?;
        let encoding = self.encoding;
        let tail = Tail { entries, extensions, algorithm, signature, encoding };
        Ok((tail, Ended { length, signed, digest }))
    }

    fn field(&mut self) -> Result<Vec<u8>, Broken> {
        let octets = self.stream.element()?;
        self.encoding = self.encoding.and(walk::canonical(octets));
        Ok(octets.to_vec())
    }
}

/// Goes into a SEQUENCE; gives the position of its end.
fn enter<R: Read>(stream: &mut Stream<R>, what: Defect) -> Result<u64, Broken> {
    let header = stream.peek()?;
    if header.tag == 0x30 { Ok(stream.enter(header)) } else { Err(what.into()) }
}

fn a_time(element: &Tlv<'_>) -> Option<Time> {
    Some(Time { is_generalized: element.tag == 0x18, second: time::second(element)? })
}

/// `[0] EXPLICIT Extensions`; octets that are none are no extensions.
fn extensions(octets: &[u8]) -> Result<Vec<Extension>, Broken> {
    if octets.is_empty() {
        return Ok(Vec::new());
    }
    let explicit = der::only(octets)?;
    let sequence = der::only(explicit.content)?;
    if (explicit.tag, sequence.tag) != (0xa0, 0x30) {
        return Err("crlExtensions must be a SEQUENCE under [0]".into());
    }
    let read = |extension: Tlv<'_>| {
        let parts = der::all(extension.content)?;
        let (identifier, is_critical, value) = match parts[..] {
            [identifier, value] => (identifier, false, value),
            [identifier, critical, value] if critical.tag == 0x01 => {
                (identifier, critical.content != [0], value)
            }
            _ => return Err("an extension must be an identifier, a BOOLEAN and a value"),
        };
        let (identifier, value) = (identifier.content.to_vec(), value.content.to_vec());
        Ok(Extension { identifier, is_critical, value })
    };
    let all: Result<_, _> = der::all(sequence.content)?.into_iter().map(read).collect();
    Ok(all?)
}
