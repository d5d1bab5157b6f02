//! `akashi up`.

use std::sync::Arc;

use super::{Failure, OpenArgs};
use crate::clock::TrustedClock;
use crate::config::Config;
use crate::house::House;
use crate::secret::PASSPHRASE;

/// The data base is waited for no longer at the end.
const CLOSES: std::time::Duration = std::time::Duration::from_secs(5);

/// Serve an authority, all its roles in one process, until interrupted.
#[derive(clap::Args)]
pub struct Up {
    #[command(flatten)]
    open: OpenArgs,
}

impl Up {
    pub(super) async fn run(self) -> Result<(), Failure> {
        PASSPHRASE.leave_the_environment(self.open.passphrase_file.as_deref())?;
        let passphrase = PASSPHRASE.read_passphrase(self.open.passphrase_file.as_deref())?;
        // Whether there is an authority at all is told first.
        let config = Config::read(&self.open.dir)?;
        let _log = akashi_edge::Log::begin(config.log);
        let clock = Arc::new(TrustedClock::of_this_machine(&config.clock));
        let _hold = akashi_edge::Hold::take(&self.open.dir)?;
        let house = House::open(&self.open.dir, &passphrase, clock).await?;
        let stop = akashi_edge::stopped();
        let services = house.serve().await?;
        for (name, address) in house.addresses() {
            akashi_edge::say!("{name} {address}");
        }
        services.until(stop).await?;
        // A data base that does not answer is not waited for.
        let _ = tokio::time::timeout(CLOSES, house.ledger().close()).await;
        Ok(())
    }
}
