//! `akashi up`.

use std::process::ExitCode;

use akashi_edge::{Hold, Opened};

use super::{Failure, OpenArgs};
use crate::config::Config;
use crate::programs::{Programs, ProgramsError};
use crate::secret::PASSPHRASE;

/// Programs that nobody watches any more have ended within this time.
const AFTER_A_KILL: std::time::Duration = std::time::Duration::from_secs(15);

/// Serve an authority until interrupted: each of its programs in a process of its own, with the keys that it needs.
#[derive(clap::Args)]
pub struct Up {
    #[command(flatten)]
    open: OpenArgs,
}

impl Up {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        PASSPHRASE.leave_the_environment(self.open.passphrase_file.as_deref())?;
        let passphrase = PASSPHRASE.read_passphrase(self.open.passphrase_file.as_deref())?;
        // Whether there is an authority at all is told first.
        let config = Config::read(&self.open.dir)?;
        let _log = akashi_edge::Log::begin(config.log);
        let _hold = Hold::watching(&config.home(&self.open.dir))?;
        // From before anything was started: whoever stops it then stops it too.
        let stop = akashi_edge::stopped();
        // Those of one that was killed are stopping still.
        Hold::until_free(&config.home(&self.open.dir), AFTER_A_KILL).await?;
        let programs = Programs::of(&Opened::open(&self.open.dir, &passphrase)?)?;
        drop(passphrase);
        match programs.run(stop).await {
            Ok(()) => Ok(ExitCode::SUCCESS),
            // It has said why itself.
            Err(ProgramsError::NotStarted { .. }) => Ok(ExitCode::FAILURE),
            Err(error) => Err(error.into()),
        }
    }
}
