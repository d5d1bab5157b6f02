//! Lists that the book does not call for, by the list issuer's own code and the authority's own key;
//! never published.

use std::fs::File;
use std::path::Path;

use akashi_crl::signatory::Signatory;
use akashi_crl::{List, judge, tbs, write};
use akashi_keys::Signer;
use akashi_ledger::Scope;
use akashi_lint::Lint;
use jiff::{Timestamp, ToSpan};

/// Writes a list without a distribution point, and lints it before and after as the issuer does.
pub fn write_list(
    (certificate, key): (&[u8], &dyn Signer),
    lint: &Lint,
    scope: Scope,
    list: List,
    now: Timestamp,
    file: &Path,
) {
    let plan = tbs::Plan {
        signatory: Signatory::new(certificate, key).unwrap().into(),
        scope,
        point: None,
        number: now.as_millisecond(),
        this_update: now,
        next_update: now + (40 * 24).hours(),
        list: list.into(),
    };
    let mut out = File::create(file).unwrap();
    let failed = |error| panic!("{}: {error}", file.display());
    write::write(&plan, &mut out, failed, |unsigned| {
        judge::before(lint, &plan, None, file, unsigned)?;
        Ok(key.sign_digest(&unsigned.digest)?)
    })
    .unwrap();
    judge::after(lint, &plan, file).unwrap();
}
