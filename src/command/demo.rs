//! `akashi demo`.

use std::path::PathBuf;
use std::process::ExitCode;

use akashi_ledger::Access;
use jiff::Timestamp;

use crate::demo::{Options, play};

/// Play the main job from beginning to end and check every step of it.
#[derive(clap::Args)]
pub(super) struct Demo {
    /// Leave the authority here, with evidence for foreign judges in DIR/evidence.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Who may ask for status.
    #[arg(long, value_enum, default_value_t = AccessArg::Registered)]
    access: AccessArg,
    /// Makes people, numbers and salts; keys are new each time.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Who may ask for status.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum AccessArg {
    /// Everybody.
    Open,
    /// Registered agencies only, each query on record.
    Registered,
}

impl From<AccessArg> for Access {
    fn from(access: AccessArg) -> Self {
        match access {
            AccessArg::Open => Self::Open,
            AccessArg::Registered => Self::Registered,
        }
    }
}

impl Demo {
    pub(super) async fn run(self) -> ExitCode {
        let options = Options { keep: self.keep, access: self.access.into(), seed: self.seed };
        match play(&options, Timestamp::now()).await {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("akashi: {error}");
                ExitCode::FAILURE
            }
        }
    }
}
