//! What the lists on this host tell of the time.

use std::path::PathBuf;

use akashi_ledger::{Authority, Issuing, Ledger, LedgerError};
use akashi_shelf::Shelf;
use akashi_wire::{Scope, pki};
use jiff::Timestamp;

/// thisUpdate of the newest list of the authority's, in these directories, whose number the book never gave: a book
/// from a backup is older than what was published by the one that was lost.
pub(crate) async fn newest_unknown(
    ledger: &Ledger<Issuing>,
    authority: &Authority,
    dirs: &[PathBuf],
) -> Result<Option<Timestamp>, LedgerError> {
    let generation = authority.generation();
    let Some(key) = pki::public_key(&authority.certificate) else { return Ok(None) };
    let points = ledger.distribution_points(generation).await?;
    let towns = points.into_iter().map(|(code, _)| Scope::Partition(code));
    let mut newest = None;
    for scope in towns.chain([Scope::Complete, Scope::Authority]) {
        let known = ledger.newest_number(generation, scope).await?;
        for shelf in dirs.iter().map(|dir| Shelf::at(dir, generation)) {
            let unknown = shelf.facts(scope).filter(|lies| lies.number > known);
            let ours = unknown.filter(|_| shelf.is_signed(scope, &key));
            newest = newest.max(ours.map(|lies| lies.this_update));
        }
    }
    Ok(newest)
}
