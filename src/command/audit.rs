//! `akashi audit`.

use std::path::PathBuf;

use akashi_ledger::{Auditing, Ledger};

use super::Failure;
use crate::config::Config;

/// The audit chain.
#[derive(clap::Subcommand)]
pub(super) enum AuditCommand {
    /// Recompute the whole chain and check every signature; name the first bad entry.
    Verify {
        /// Directory of the authority. No passphrase is needed.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Print the newest entries, newest first.
    Show {
        /// Directory of the authority.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// How many.
        #[arg(long, default_value_t = 20)]
        count: u16,
    },
}

impl AuditCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Verify { dir, json } => {
                let report = open(&dir).await?.verify_audit().await?;
                if json {
                    println!("{}", serde_json::to_string(&report)?);
                } else {
                    println!(
                        "the audit chain is whole: {} entries, signed up to {}, {} in the unsigned tail",
                        report.entries, report.signed_up_to, report.unsigned_tail
                    );
                }
            }
            Self::Show { dir, count } => {
                for entry in open(&dir).await?.audit_entries(i64::from(count)).await? {
                    let akashi_ledger::Entry { position, at, actor, verb, subject, .. } = entry;
                    println!("{position:>8}  {at}  {actor}  {verb}  {subject}");
                }
            }
        }
        Ok(())
    }
}

async fn open(dir: &std::path::Path) -> Result<Ledger<Auditing>, Failure> {
    Ok(Ledger::open(&Config::read(dir)?.ledger_address(dir)).await?)
}
