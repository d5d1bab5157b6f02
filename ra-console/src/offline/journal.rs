//! The journal's file: lines that are only ever added, each on the disk before anything rests on it.
//!
//! A line is a signed message in base64. Beside the file lies another, `FILE.reported`, with SHA-256
//! of the last line that the authority has on record: without it everything is told again, and the
//! authority answers as before.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use akashi_keys::{OfficerToken, write_durably};
use akashi_wire::SignedMessage;
use akashi_wire::journal::{Entry, Head, Record};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::signed::MessageKind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;

use super::head;
use crate::{Desk, DeskError};

/// What can go wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is no journal yet.
    #[error(
        "there is no journal {0}: begin one while the authority can be reached (akashi desk begin-journal)"
    )]
    Missing(PathBuf),
    /// There is a file already.
    #[error("{0} exists already: a journal is never overwritten")]
    Exists(PathBuf),
    /// Another program writes to it.
    #[error("another program uses the journal {0}: end it, or wait, and repeat")]
    InUse(PathBuf),
    /// Its first line is not what it was begun with.
    #[error(
        "the first line of the journal {0} was not made with this authority: keep the file, and begin another"
    )]
    Head(PathBuf),
    /// Reading or writing failed.
    #[error("{file}: {source}")]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// A journal; no other program has it meanwhile.
pub struct Journal {
    path: PathBuf,
    file: File,
    head: Head,
    /// The first line's message, as it was signed.
    first: Vec<u8>,
    name: Sha256,
    lines: Vec<Line>,
}

/// A line after the head.
pub(super) struct Line {
    /// The message as it stands there; of a damaged line, its text.
    pub message: Vec<u8>,
    pub digest: Sha256,
    /// What it says, if it can be read.
    pub entry: Option<Entry>,
}

impl Line {
    fn of(text: &str) -> Self {
        let message = STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec());
        let verified =
            SignedMessage::from_der(message.clone()).verify(MessageKind::JournalLine).ok();
        let entry = verified.and_then(|message| serde_json::from_slice(message.content()).ok());
        Self { digest: Sha256::of(&message), message, entry }
    }
}

impl Journal {
    /// Begins a journal, with what the authority says of itself now.
    pub fn begin(path: &Path, desk: &Desk) -> Result<(), DeskError> {
        let at = desk.now();
        let about = desk.authority();
        let (authority, envelope) = (about.fingerprint, about.envelope.clone());
        let message = signed(&Head { authority, envelope, at }, desk.token(), at)?;
        let write = || {
            let mut file = readable_for_owner().create_new(true).append(true).open(path)?;
            file.write_all(&line(&message))?;
            file.sync_all()?;
            // The name itself is on the disk only when the directory is.
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
        };
        write().map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => JournalError::Exists(path.into()).into(),
            _ => JournalError::File { file: path.into(), source }.into(),
        })
    }

    /// Opens a journal for this officer. A line that power cut off is taken away: nothing rests on
    /// a line that was not yet whole.
    pub fn open(path: &Path, token: &OfficerToken) -> Result<Self, JournalError> {
        let failed = |source| JournalError::File { file: path.into(), source };
        let mut file =
            OpenOptions::new().read(true).append(true).open(path).map_err(|source| match source
                .kind()
            {
                io::ErrorKind::NotFound => JournalError::Missing(path.into()),
                _ => failed(source),
            })?;
        akashi_keys::lock(&file).map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::InUse(path.into()),
            TryLockError::Error(source) => failed(source),
        })?;
        let mut octets = Vec::new();
        file.read_to_end(&mut octets).map_err(failed)?;
        let whole = octets.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
        if whole < octets.len() {
            file.set_len(whole as u64).and_then(|()| file.sync_all()).map_err(failed)?;
            octets.truncate(whole);
        }
        let text = String::from_utf8_lossy(&octets);
        let mut lines = text.lines();
        let first = lines.next().and_then(|first| STANDARD.decode(first).ok()).unwrap_or_default();
        let head = head::read(&first, token.link_authority());
        let head = head.ok_or_else(|| JournalError::Head(path.into()))?;
        let lines = lines.map(Line::of).collect();
        let name = Sha256::of(&first);
        Ok(Self { path: path.into(), file, head, first, name, lines })
    }

    /// The first line, as it was signed.
    pub(super) fn first(&self) -> Octets {
        Octets(self.first.clone())
    }

    /// The certificate to which everything about a person is encrypted, DER.
    pub(super) fn envelope(&self) -> &[u8] {
        &self.head.envelope.0
    }

    /// Adds a line, on the disk when this returns.
    pub(super) fn append(
        &mut self,
        token: &OfficerToken,
        now: Timestamp,
        record: Record,
    ) -> Result<(), DeskError> {
        // Whoever can write to the file can plant a number from which nobody can count on.
        let numbers = self.lines.iter().filter_map(|line| Some(line.entry.as_ref()?.line));
        let highest = numbers.filter(|number| *number < i64::MAX as u64).max();
        let entry = Entry {
            journal: self.name,
            authority: self.head.authority,
            line: highest.unwrap_or(0) + 1,
            before: self.lines.last().map_or(self.name, |line| line.digest),
            at: now,
            record,
        };
        let message = signed(&entry, token, now)?;
        self.file
            .write_all(&line(&message))
            .and_then(|()| self.file.sync_all())
            .map_err(|source| JournalError::File { file: self.path.clone(), source })?;
        let digest = Sha256::of(&message);
        self.lines.push(Line { message, digest, entry: Some(entry) });
        Ok(())
    }

    /// Lines of which the authority was not told yet, as far as this terminal knows.
    pub(super) fn unreported(&self) -> &[Line] {
        let reported = fs::read_to_string(self.mark()).unwrap_or_default();
        let is_mark = |line: &Line| line.digest.to_string() == reported.trim_end();
        match self.lines.iter().position(is_mark) {
            Some(last) => &self.lines[last + 1..],
            None => &self.lines,
        }
    }

    /// Remembers that the authority was told of everything up to this line.
    pub(super) fn reported(&self, digest: Sha256) -> Result<(), DeskError> {
        Ok(write_durably(&self.mark(), format!("{digest}\n").as_bytes())?)
    }

    fn mark(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".reported");
        name.into()
    }
}

fn readable_for_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn line(message: &[u8]) -> Vec<u8> {
    format!("{}\n", STANDARD.encode(message)).into_bytes()
}

fn signed(
    content: &impl Serialize,
    token: &OfficerToken,
    now: Timestamp,
) -> Result<Vec<u8>, DeskError> {
    let content = serde_json::to_vec(content).expect("a line is JSON");
    let message =
        SignedMessage::sign(MessageKind::JournalLine, &content, token.certificate(), now, |o| {
            token.sign(o)
        })
        .map_err(|error| DeskError::Answer(error.to_string()))?;
    Ok(message.as_der().to_vec())
}
