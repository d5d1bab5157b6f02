//! `akashi lint`: certificates, lists and OCSP answers against the rules of the profile.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use akashi_edge::{LedgerRole, Opened};
use akashi_keys::KeyError;
use akashi_ledger::{Ledger, Verifying};
use akashi_lint::{Finding, Kind, Lint, ListExpected};
use serde::Serialize;

use super::Failure;
use crate::secret::PASSPHRASE;

/// Certificates of the book that are read at a time.
const PAGE: i64 = 500;
/// What is larger and no list is neither certificate nor answer.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Hold certificates, lists and OCSP answers against the rules of the profile.
///
/// What differs by authority comes from its certificate and its founding record: of files that are
/// named, or of the book of a directory, whose every filed certificate and published list is then
/// judged too. Exit codes: 0 nothing was found, 1 something was. No finding names a person.
#[derive(clap::Args)]
pub struct LintCommand {
    /// Files, or directories with files: DER or PEM. What is none of the three is left out.
    #[arg(value_name = "PATH", required_unless_present = "dir")]
    paths: Vec<PathBuf>,
    /// Founding record of the authority, JSON.
    #[arg(long, value_name = "FILE", requires = "ca", required_unless_present = "dir")]
    founding: Option<PathBuf>,
    /// Certificate of the authority, DER or PEM.
    #[arg(long, value_name = "FILE", requires = "founding", conflicts_with = "dir")]
    ca: Option<PathBuf>,
    /// Directory of an authority: judge all of its book.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// File with the passphrase of its keys; else the variable AKASHI_PASSPHRASE, else a prompt.
    #[arg(long, value_name = "FILE", requires = "dir")]
    passphrase_file: Option<PathBuf>,
    /// Print one JSON object a finding.
    #[arg(long)]
    json: bool,
}

/// A finding as `--json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    /// The file, or the certificate's number in the book.
    #[serde(flatten)]
    of: &'a Of,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// What a finding is about.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Of {
    /// A file.
    File(String),
    /// A certificate of the book.
    Certificate(String),
}

impl LintCommand {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let mut told = Told { json: self.json, judged: 0, findings: 0, left_out: 0, deleted: 0 };
        let lint = match &self.dir {
            Some(dir) => self.book(dir, &mut told).await?,
            None => {
                let ca = read(self.ca.as_deref().unwrap_or(Path::new("")))?;
                let founding = read(self.founding.as_deref().unwrap_or(Path::new("")))?;
                let ca = akashi_lint::certificate_of(&ca).ok_or("--ca: it holds no certificate")?;
                Lint::new(&ca, &founding)?
            }
        };
        for path in &self.paths {
            let left_out = told.left_out;
            self::path(&lint, path, &mut told)?;
            if path.is_file() && told.left_out > left_out {
                let what = "is neither a certificate, nor a list, nor an OCSP answer";
                return Err(format!("{} {what}", path.display()).into());
            }
        }
        let Told { judged, findings, left_out, deleted, .. } = told;
        let deleted = match deleted {
            0 => String::new(),
            _ => format!(", {deleted} deleted after their time"),
        };
        akashi_edge::complain!(
            "{judged} judged, {findings} findings, {left_out} other files left out{deleted}"
        );
        Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Every certificate of the book and every list that is published.
    async fn book(&self, dir: &Path, told: &mut Told) -> Result<Lint, Failure> {
        let passphrase = PASSPHRASE.read_passphrase(self.passphrase_file.as_deref())?;
        let opened = Opened::open(dir, &passphrase)?;
        let ledger = Ledger::<Verifying>::open(&opened.ledger(LedgerRole::Verifier)?).await?;
        let authority = ledger.authority().await?;
        let lint = Lint::new(&authority.certificate, ledger.founding_record().await?.as_bytes())?;
        told.tell(&Of::Certificate("authority".into()), &lint.authority())?;
        for responder in ledger.responder_certificates().await? {
            let of = Of::Certificate(responder.serial.to_string());
            told.tell(&of, &lint.certificate(&responder.certificate))?;
        }
        let vault = opened.vault()?;
        let mut after = None;
        loop {
            let page = ledger.sealed_certificates(after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (serial, sealed) in &page {
                let der = match vault.open("certificate_file", serial.as_bytes(), sealed) {
                    Err(KeyError::ContentKey { destroyed: true, .. }) => {
                        told.deleted += 1;
                        continue;
                    }
                    der => der?,
                };
                told.tell(&Of::Certificate(serial.to_string()), &lint.certificate(&der))?;
            }
        }
        path(&lint, &opened.public(), told)?;
        Ok(lint)
    }
}

/// What was told so far.
struct Told {
    json: bool,
    judged: usize,
    findings: usize,
    left_out: usize,
    /// Certificates of the book whose time is over.
    deleted: usize,
}

impl Told {
    fn tell(&mut self, of: &Of, findings: &[Finding]) -> Result<(), Failure> {
        self.judged += 1;
        self.findings += findings.len();
        for finding in findings {
            match of {
                _ if self.json => {
                    akashi_edge::say!("{}", serde_json::to_string(&Line { of, finding })?);
                }
                Of::File(name) | Of::Certificate(name) => akashi_edge::say!("{name}: {finding}"),
            }
        }
        Ok(())
    }
}

/// A file, or all files of a directory and of those in it, in the order of their names.
fn path(lint: &Lint, path: &Path, told: &mut Told) -> Result<(), Failure> {
    let failed = |error| format!("{}: {error}", path.display());
    if !path.is_dir() {
        return file(lint, path, told);
    }
    let mut entries: Vec<_> =
        fs::read_dir(path).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // What a link points to is judged where it lies.
        if !entry.file_type().map_err(failed)?.is_symlink() {
            self::path(lint, &entry.path(), told)?;
        }
    }
    Ok(())
}

fn file(lint: &Lint, path: &Path, told: &mut Told) -> Result<(), Failure> {
    let failed = |error| format!("{}: {error}", path.display());
    let of = Of::File(path.display().to_string());
    let mut first = Vec::new();
    let mut input = File::open(path).map_err(failed)?;
    Read::by_ref(&mut input).take(32).read_to_end(&mut first).map_err(failed)?;
    if Kind::of(&first) == Some(Kind::List) {
        // However long it is: a list is never whole in memory.
        let whole = first.as_slice().chain(input);
        let report = lint.list(whole, &ListExpected::default(), |_| {}).map_err(failed)?;
        return told.tell(&of, &report.findings);
    }
    if input.metadata().map_err(failed)?.len() > LARGEST {
        told.left_out += 1;
        return Ok(());
    }
    let mut octets = first;
    input.read_to_end(&mut octets).map_err(failed)?;
    let judged = lint.file(&octets);
    if judged.is_empty() {
        told.left_out += 1;
    }
    judged.iter().try_for_each(|one| told.tell(&of, &one.findings))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    Ok(fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?)
}
