//! `akashi migrate`.

use std::path::PathBuf;

use super::Failure;
use crate::config::{Config, LedgerRole};

/// Bring the book's schema up to date. No other command does, and no start.
#[derive(clap::Args)]
pub struct Migrate {
    /// Directory of the authority.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Address of the book for whoever owns its tables, where that is another than the authority's
    /// own: postgres://OWNER@HOST/DATABASE.
    #[arg(long, value_name = "ADDRESS")]
    ledger: Option<String>,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let address = match self.ledger {
            Some(address) => address,
            None => Config::read(&self.dir)?.ledger_address(&self.dir, LedgerRole::Authority)?,
        };
        let (before, after) = akashi_ledger::migrate(&address).await?;
        match before == after {
            true => akashi_edge::say!("schema {after}: nothing to do"),
            false => akashi_edge::say!("schema {after}, was {before}"),
        }
        Ok(())
    }
}
