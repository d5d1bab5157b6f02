//! Octets of a list as they come: one element at a time, hashed as they go by.

use std::io::{BufReader, Read};

use ring::digest::{Context, SHA256};

use crate::der::{self, Defect};

/// No element but the whole, what is signed and the entries is longer.
const LONGEST: usize = 64 * 1024;
/// Octets that are asked for at a time.
const CHUNK: usize = 64 * 1024;

/// Why a list cannot be read on.
pub(super) enum Broken {
    /// The input failed.
    Input(std::io::Error),
    /// It is no list.
    Form(Defect),
}

impl From<Defect> for Broken {
    fn from(defect: Defect) -> Self {
        Self::Form(defect)
    }
}

/// Identifier and length octets.
pub(super) struct Header {
    octets: [u8; 6],
    count: usize,
    /// How many octets follow.
    pub content: usize,
}

impl Header {
    /// The identifier octet.
    pub fn tag(&self) -> u8 {
        self.octets[0]
    }
}

/// The input, and where in it we are.
pub(super) struct Stream<R> {
    input: BufReader<R>,
    /// How many octets were read.
    pub position: u64,
    all: Context,
    signed: Option<Context>,
}

impl<R: Read> Stream<R> {
    pub fn new(input: R) -> Self {
        let input = BufReader::with_capacity(CHUNK, input);
        Self { input, position: 0, all: Context::new(&SHA256), signed: None }
    }

    /// What is read from here on is signed.
    pub fn begin_signed(&mut self) {
        self.signed = Some(Context::new(&SHA256));
    }

    /// What was read up to here is signed; gives its SHA-256.
    pub fn end_signed(&mut self) -> [u8; 32] {
        digest(self.signed.take().unwrap_or_else(|| Context::new(&SHA256)))
    }

    /// Nothing may follow; gives the SHA-256 of everything.
    pub fn end(mut self) -> Result<[u8; 32], Broken> {
        let mut more = [0];
        match self.input.read(&mut more).map_err(Broken::Input)? {
            0 => Ok(digest(self.all)),
            _ => Err("nothing must follow the list".into()),
        }
    }

    /// The next element's identifier and length.
    pub fn header(&mut self) -> Result<Header, Broken> {
        let mut octets = [0; 6];
        self.fill(&mut octets[..2])?;
        if octets[0] & 0x1f == 0x1f {
            return Err("tag numbers must be below 31".into());
        }
        let (count, content) = match octets[1] {
            short @ 0..0x80 => (2, usize::from(short)),
            long @ 0x81..=0x84 => {
                let count = 2 + usize::from(long & 0x7f);
                self.fill(&mut octets[2..count])?;
                (count, der::long_length(&octets[2..count])?)
            }
            0x80 => return Err("lengths must be definite".into()),
            _ => return Err("lengths must have at most four octets".into()),
        };
        Ok(Header { octets, count, content })
    }

    /// Goes into an element with this tag; gives the position of its end.
    pub fn enter(&mut self, tag: u8, what: Defect) -> Result<u64, Broken> {
        let header = self.header()?;
        if header.tag() == tag {
            Ok(self.position + header.content as u64)
        } else {
            Err(what.into())
        }
    }

    /// Reads a whole element into `into`, in place of what was in it.
    pub fn element(&mut self, into: &mut Vec<u8>) -> Result<(), Broken> {
        let header = self.header()?;
        self.rest(&header, into)
    }

    /// Reads the rest of an element into `into`, in place of what was in it.
    pub fn rest(&mut self, header: &Header, into: &mut Vec<u8>) -> Result<(), Broken> {
        if header.content > LONGEST {
            return Err("no element of a list must be longer than 64 KiB".into());
        }
        into.clear();
        into.extend_from_slice(&header.octets[..header.count]);
        into.resize(header.count + header.content, 0);
        self.fill(&mut into[header.count..])
    }

    fn fill(&mut self, octets: &mut [u8]) -> Result<(), Broken> {
        self.input.read_exact(octets).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Broken::Form("a list must be whole"),
            _ => Broken::Input(error),
        })?;
        self.position += octets.len() as u64;
        self.all.update(octets);
        if let Some(signed) = &mut self.signed {
            signed.update(octets);
        }
        Ok(())
    }
}

fn digest(context: Context) -> [u8; 32] {
    context.finish().as_ref().try_into().expect("SHA-256 gives 32 octets")
}
