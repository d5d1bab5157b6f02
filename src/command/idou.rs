//! `akashi idou`.

use std::path::PathBuf;
use std::sync::Arc;

use akashi_ca::Doors;
use akashi_edge::Opened;
use akashi_wire::Clock;

use super::{Failure, OpenArgs};
use crate::clock::TrustedClock;
use crate::config::Config;
use crate::secret::PASSPHRASE;

/// Batches of 異動 that came as files.
#[derive(clap::Subcommand)]
pub enum IdouCommand {
    /// Take encrypted, signed batch files into the inbox, as the online door does. They are
    /// settled by the authority that is up, or the next time it is.
    Import {
        #[command(flatten)]
        open: OpenArgs,
        /// The files, in the order in which they were made.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

impl IdouCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let Self::Import { open, files } = self;
        let passphrase = PASSPHRASE.read_passphrase(open.passphrase_file.as_deref())?;
        let settings = Config::read(&open.dir)?.clock;
        let clock = Arc::new(TrustedClock::of_this_machine(&settings));
        let opened = Opened::open(&open.dir, &passphrase)?;
        let doors = Doors::open(&opened, clock.clone()).await?;
        let ledger = &doors.issuer.ledger;
        let is_known = ledger.is_time_known().await?
            && !clock.read().doubt.is_some_and(|doubt| doubt.is_unwitnessed());
        if !is_known {
            return Err("nobody knows the time (akashi clock): send the files through the authority that is up, or wait until it does".into());
        }
        for file in files {
            let octets = std::fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            let answer = doors
                .inbox
                .accept(&octets, None, clock.now())
                .await
                .map_err(|e| format!("{}: {e}", file.display()))?;
            akashi_edge::say!("{}", serde_json::to_string(&answer)?);
        }
        ledger.close().await;
        Ok(())
    }
}
