//! `akashi archive`: what is kept of an authority that has ended.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use akashi_edge::Hold;
use akashi_edge::config::FILE;
use akashi_keys::write_durably;
use akashi_ledger::{AuditReport, Ledger, Verifying};
use akashi_shelf::Facts;
use akashi_wire::date::day_in_japan;
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, Scope, pki};
use jiff::{SignedDuration, Timestamp};
use sha2::Digest as _;

use super::Failure;
use crate::clock::SystemClock;
use crate::config::{Config, LedgerRole};

/// The book's file, as the configuration beside it names it.
const BOOK: &str = "book.sqlite";
/// The digest of every file, as `sha256sum --check` reads it.
const MANIFEST: &str = "SHA256SUMS";
/// Within this time before the end every scope was to have its last list.
const LAST: SignedDuration = SignedDuration::from_hours(1);

/// Write what is kept of an authority that has ended (RFC 3647 §4.5.5, §4.5.8): its book as one SQLite file, whatever
/// data base it was on, the lists as they were published, its certificates, and a manifest. The authority must be
/// stopped. No passphrase is needed, and no key goes along: what is sealed stays sealed.
#[derive(clap::Args)]
pub struct Archive {
    /// Directory of the authority.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Write the archive into this directory, which must not be there yet.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

impl Archive {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let dir = &self.dir;
        // However it was written: nothing is made inside of what is to be made.
        let to = &self.to.components().collect::<PathBuf>();
        if to.exists() {
            return Err(format!("{} is there already: nothing was archived", to.display()).into());
        }
        let _hold = Hold::take(dir)?;
        let config = Config::read(dir)?;
        let address = config.ledger_address(dir, LedgerRole::Verifier)?;
        let ledger = Ledger::<Verifying>::open(&address).await?;
        let authority = ledger.authority().await?;
        let end = pki::not_after(&authority.certificate);
        // By the machine's clock and by the book, which the authority itself wrote after its end.
        if SystemClock::new().now().min(ledger.past().await?.latest) <= end {
            return Err(format!(
                "the authority ends on {}, and is archived after that, once it was started then and has said so in its book; before it, its directory and its data base are \
                 backed up",
                day_in_japan(end)
            )
            .into());
        }
        let making = PathBuf::from(format!("{}.part", to.display()));
        if making.exists() {
            let making = making.display();
            return Err(format!(
                "{making} is there, of an archive that was interrupted: remove it"
            )
            .into());
        }
        fs::create_dir_all(&making).map_err(at(&making))?;
        let rows = ledger.copy_to(&making.join(BOOK)).await?;
        let closed = fs::Permissions::from_mode(0o600);
        fs::set_permissions(making.join(BOOK), closed).map_err(at(&making))?;
        for part in ["certificates", "public"] {
            copy(&dir.join(part), &making.join(part))?;
        }
        let kept =
            Config { ledger: Some(format!("sqlite:{BOOK}")), logins: Default::default(), ..config };
        write_durably(&making.join(FILE), kept.to_text().as_bytes())?;
        let report = judged(&ledger, &making).await?;
        let missing = missing_lists(&ledger, &making, end).await?;
        ledger.close().await;
        let files = write_manifest(&making)?;
        fs::rename(&making, to).map_err(at(to))?;
        sync(to.parent().filter(|parent| !parent.as_os_str().is_empty()))?;

        akashi_edge::say!(
            "authority    {}, ended on {}",
            authority.fingerprint(),
            day_in_japan(end)
        );
        akashi_edge::say!(
            "book         {rows} rows; {} entries, signed up to {}",
            report.entries,
            report.signed_up_to
        );
        akashi_edge::say!("archive      {}, {files} files", to.display());
        for (scope, which) in &missing {
            akashi_edge::say!("missing      the last list of {scope}: {which}");
        }
        akashi_edge::say!(
            "check        cd {} && sha256sum --check {MANIFEST}; akashi audit verify --dir {}",
            to.display(),
            to.display()
        );
        akashi_edge::say!(
            "next         copy it to where records are kept; then destroy {}, whose keys sign nothing any more,",
            dir.join("keys").display()
        );
        akashi_edge::say!(
            "             but not before what is sealed was disclosed or deleted: content keys open it (akashi content-keys)"
        );
        Ok(())
    }
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

/// The copy is judged as any book, and is the book that it was made of.
async fn judged(ledger: &Ledger<Verifying>, making: &Path) -> Result<AuditReport, Failure> {
    let address = format!("sqlite:{}", making.join(BOOK).display());
    let copy = Ledger::<Verifying>::open(&address).await?;
    let report = copy.verify_audit().await?;
    let derived = copy.verify_derived().await?;
    if let Some(first) = derived.first() {
        let (table, which, what) = (first.table, &first.which, first.what);
        return Err(format!("{table} {which}: {what}; see `akashi audit verify`").into());
    }
    if copy.head().await? != ledger.head().await? {
        return Err("the book was written meanwhile: stop every program of the authority".into());
    }
    copy.close().await;
    Ok(report)
}

/// Scopes whose published file is not the last that the book knows, or that have none of the last hour.
async fn missing_lists(
    ledger: &Ledger<Verifying>,
    making: &Path,
    end: Timestamp,
) -> Result<Vec<(Scope, String)>, Failure> {
    let authority = ledger.authority().await?;
    let generation = authority.generation();
    let points = ledger.distribution_points(generation).await?;
    let towns = points.into_iter().map(|(code, _)| Scope::Partition(code));
    let mut missing = Vec::new();
    for scope in towns.chain([Scope::Complete, Scope::Authority]) {
        let file = making.join(format!("public/crl/{generation}/{scope}.crl"));
        let known = ledger.published_crl(generation, scope).await?;
        let facts = File::open(&file).ok().and_then(|open| Facts::of(open, &file).ok());
        let which = match (known, facts) {
            (None, _) => "none was ever published".to_owned(),
            (Some(_), None) => "its file cannot be read".to_owned(),
            (Some(known), Some(facts)) if known.digest != Some(facts.digest) => {
                format!("number {} is published, and {} is the newest", facts.number, known.number)
            }
            (Some(known), Some(_)) if known.this_update < end - LAST => {
                format!("the newest is of {}", known.this_update)
            }
            _ => continue,
        };
        missing.push((scope, which));
    }
    Ok(missing)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(at(to))?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(at(&source))?.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(at(&target))?;
            File::open(&target).and_then(|file| file.sync_all()).map_err(at(&target))?;
        }
    }
    Ok(sync(Some(to))?)
}

fn sync(dir: Option<&Path>) -> Result<(), String> {
    let dir = dir.unwrap_or(Path::new("."));
    File::open(dir).and_then(|open| open.sync_all()).map_err(at(dir))
}

/// Gives how many files it names.
fn write_manifest(making: &Path) -> Result<usize, Failure> {
    let mut files = Vec::new();
    gather(making, Path::new(""), &mut files)?;
    files.sort();
    let mut text = String::new();
    for file in &files {
        let digest = digest_of(&making.join(file))?;
        writeln!(text, "{digest}  {}", file.display())?;
    }
    write_durably(&making.join(MANIFEST), text.as_bytes())?;
    Ok(files.len())
}

fn gather(root: &Path, below: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let dir = root.join(below);
    for entry in fs::read_dir(&dir).map_err(at(&dir))? {
        let entry = entry.map_err(at(&dir))?;
        let path = below.join(entry.file_name());
        match entry.file_type().map_err(at(&dir))?.is_dir() {
            true => gather(root, &path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

/// A book may be long: it is read a piece at a time.
fn digest_of(file: &Path) -> Result<Sha256, Failure> {
    let mut open = File::open(file).map_err(at(file))?;
    let (mut hash, mut piece) = (sha2::Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match open.read(&mut piece).map_err(at(file))? {
            0 => return Ok(Sha256(hash.finalize().into())),
            read => hash.update(&piece[..read]),
        }
    }
}
