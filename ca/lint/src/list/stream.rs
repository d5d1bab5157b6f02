//! Octets of a list as they come: one element at a time, hashed as they go by, many at once.

use std::io::Read;

use ring::digest::{Context, SHA256};

use crate::der::{self, Defect};

/// No element but the whole, what is signed and the entries is longer.
const LONGEST: usize = 64 * 1024;
/// Octets that are held at a time: the longest element, and as many again.
const HELD: usize = 2 * LONGEST;

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
#[derive(Clone, Copy)]
pub(super) struct Header {
    /// The identifier octet.
    pub tag: u8,
    /// How many octets the two have.
    count: usize,
    /// How many octets follow.
    pub content: usize,
}

/// The input, and where in it we are.
pub(super) struct Stream<R> {
    input: R,
    /// What was read: `..at` is behind us, `at..end` before us; beyond there is room.
    held: Vec<u8>,
    at: usize,
    end: usize,
    /// What of `held` is hashed.
    hashed: usize,
    /// How many octets are behind us, held or not.
    pub position: u64,
    all: Context,
    signed: Option<Context>,
}

impl<R: Read> Stream<R> {
    pub fn new(input: R) -> Self {
        let (held, all) = (vec![0; HELD], Context::new(&SHA256));
        Self { input, held, at: 0, end: 0, hashed: 0, position: 0, all, signed: None }
    }

    /// What is read from here on is signed.
    pub fn begin_signed(&mut self) {
        self.hash();
        self.signed = Some(Context::new(&SHA256));
    }

    /// What was read up to here is signed; gives its SHA-256.
    pub fn end_signed(&mut self) -> [u8; 32] {
        self.hash();
        digest(self.signed.take().unwrap_or_else(|| Context::new(&SHA256)))
    }

    /// Nothing may follow; gives the SHA-256 of everything.
    pub fn end(mut self) -> Result<[u8; 32], Broken> {
        if self.at < self.end || self.more()? {
            return Err("nothing must follow the list".into());
        }
        self.hash();
        Ok(digest(self.all))
    }

    /// Identifier and length of the element before us.
    pub fn peek(&mut self) -> Result<Header, Broken> {
        self.hold(2)?;
        let (tag, first) = (self.held[self.at], self.held[self.at + 1]);
        if tag & 0x1f == 0x1f {
            return Err("tag numbers must be below 31".into());
        }
        let (count, content) = match first {
            short @ 0..0x80 => (2, usize::from(short)),
            long @ 0x81..=0x84 => {
                let count = 2 + usize::from(long & 0x7f);
                self.hold(count)?;
                (count, der::long_length(&self.held[self.at + 2..self.at + count])?)
            }
            0x80 => return Err("lengths must be definite".into()),
            _ => return Err("lengths must have at most four octets".into()),
        };
        Ok(Header { tag, count, content })
    }

    /// Goes into the element before us; gives the position of its end.
    pub fn enter(&mut self, header: Header) -> u64 {
        self.go(header.count);
        self.position + header.content as u64
    }

    /// The whole element before us, which is then behind us.
    pub fn element(&mut self) -> Result<&[u8], Broken> {
        let header = self.peek()?;
        let length = header.count + header.content;
        if length > LONGEST {
            return Err("no element of a list must be longer than 64 KiB".into());
        }
        self.hold(length)?;
        self.go(length);
        Ok(&self.held[self.at - length..self.at])
    }

    fn go(&mut self, count: usize) {
        self.at += count;
        self.position += count as u64;
    }

    /// Reads until so many octets are before us.
    fn hold(&mut self, count: usize) -> Result<(), Broken> {
        while self.end - self.at < count {
            if !self.more()? {
                return Err("a list must be whole".into());
            }
        }
        Ok(())
    }

    /// Reads more, if there is more. Where there is no room left, what is behind us is hashed and let
    /// go; it is more than half, for no element is longer than half.
    fn more(&mut self) -> Result<bool, Broken> {
        if self.end == self.held.len() {
            self.hash();
            self.held.copy_within(self.at..self.end, 0);
            self.end -= self.at;
            (self.at, self.hashed) = (0, 0);
        }
        loop {
            match self.input.read(&mut self.held[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Broken::Input(error)),
            }
        }
    }

    fn hash(&mut self) {
        let octets = &self.held[self.hashed..self.at];
        self.all.update(octets);
        if let Some(signed) = &mut self.signed {
            signed.update(octets);
        }
        self.hashed = self.at;
    }
}

fn digest(context: Context) -> [u8; 32] {
    context.finish().as_ref().try_into().expect("SHA-256 gives 32 octets")
}
