//! A list held against the rules of [`akashi_lint`] and against the book: [`before`] it is signed,
//! and [`after`], read back from the file.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use akashi_ledger::Scope;
use akashi_lint::{Finding, Lint, ListExpected, ListReport, ListScope, Listed};
use akashi_shelf::{Entry, ShelfError};
use akashi_wire::octets::Sha256;

use crate::CrlError;
use crate::tbs::Plan;
use crate::write::Unsigned;

/// What is known of a file that kept every rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    /// SHA-256 of the file.
    pub digest: Sha256,
    /// Octets in the file.
    pub length: u64,
}

/// The SHA-256 of a list that kept every rule, as it is going to be signed. Only [`before`] makes one.
#[derive(Debug, PartialEq, Eq)]
pub struct Linted([u8; 32]);

impl Linted {
    /// What the key is given.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Reads what is going to be signed, as it stands in the file. `previous` is the number of the list
/// that it replaces.
///
/// # Errors
/// [`CrlError::Lint`] with every rule that is broken, [`ShelfError::Damaged`] when the file does not
/// hold what was written.
pub fn before(
    lint: &Lint,
    plan: &Plan,
    previous: Option<i64>,
    file: &Path,
    unsigned: &Unsigned,
) -> Result<Linted, CrlError> {
    let mut input = File::open(file).map_err(ShelfError::file(file))?;
    input.seek(SeekFrom::Start(unsigned.begins)).map_err(ShelfError::file(file))?;
    let expected = ListExpected { previous, ..expected(plan) };
    let report = judged(plan, file, |each| lint.list_to_be_signed(input, &expected, each))?;
    if report.signed != unsigned.digest {
        let what = "what is to be signed reads back as something else".into();
        return Err(ShelfError::Damaged { file: file.into(), what }.into());
    }
    Ok(Linted(report.signed))
}

/// Reads a finished file back.
///
/// # Errors
/// [`CrlError::Lint`] with every rule that is broken, [`CrlError::Signature`] when only the
/// signature is wrong.
pub fn after(lint: &Lint, plan: &Plan, file: &Path) -> Result<Sound, CrlError> {
    let input = File::open(file).map_err(ShelfError::file(file))?;
    let report = judged(plan, file, |each| lint.list(input, &expected(plan), each))?;
    let signature = report.signature.unwrap_or_default();
    if !plan.signatory.verifies(&report.signed, &signature) {
        return Err(CrlError::Signature { scope: plan.scope, number: plan.number });
    }
    Ok(Sound { digest: Sha256(report.digest), length: report.length })
}

fn expected(plan: &Plan) -> ListExpected {
    ListExpected {
        scope: Some(match plan.scope {
            Scope::Partition(code) => ListScope::Partition(code),
            Scope::Complete => ListScope::Complete,
            Scope::Authority => ListScope::Authority,
        }),
        previous: None,
        number: Some(plan.number),
        this_update: Some(plan.this_update.as_second()),
        next_update: Some(plan.next_update.as_second()),
    }
}

/// Lets the lint read, and compares every entry with the book's as it goes by.
fn judged(
    plan: &Plan,
    file: &Path,
    read: impl FnOnce(&mut dyn FnMut(Listed<'_>)) -> std::io::Result<ListReport>,
) -> Result<ListReport, CrlError> {
    let mut of_the_book = plan.list.entries.iter();
    let mut different = None;
    let mut report = read(&mut |listed| {
        let same = of_the_book.next().is_some_and(|entry| says(&listed, entry));
        if !same && different.is_none() {
            different = Some(hex::encode(listed.serial));
        }
    })
    .map_err(ShelfError::file(file))?;
    if different.is_some() || of_the_book.next().is_some() {
        report.findings.push(Finding {
            rule: "list_entries_of_the_book",
            source: "RFC 5280 §5.1.2.6",
            what: "the entries must be those of the book",
            serial: different,
        });
    }
    if report.findings.is_empty() {
        return Ok(report);
    }
    let (scope, number, findings) = (plan.scope, plan.number, report.findings);
    Err(CrlError::Lint { scope, number, findings })
}

fn says(listed: &Listed<'_>, entry: &Entry) -> bool {
    let reason = Some(entry.reason.code()).filter(|code| *code != 0);
    listed.serial == entry.serial.as_bytes()
        && listed.at == Some(entry.at().as_second())
        && listed.reason == reason
}
