//! `akashi-demo softcard`.

mod insert;
mod make;

use std::path::PathBuf;

use akashi::command::Failure;
use akashi_cardhost::request_removal;

/// Cards made of software.
#[derive(clap::Subcommand)]
pub enum SoftcardCommand {
    /// Make a software card as it comes from the factory.
    New(make::Make),
    /// Put a software card into a virtual reader, until interrupted or removed.
    Insert {
        /// The card's file.
        file: PathBuf,
        /// Where vpcd, the driver of the virtual reader, listens.
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:35963")]
        vpcd: String,
    },
    /// Take a software card out of the reader that another `softcard insert` put it into.
    Remove {
        /// The card's file.
        file: PathBuf,
    },
}

impl SoftcardCommand {
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Self::New(make) => make.run(),
            Self::Insert { file, vpcd } => insert::insert(&file, &vpcd).await,
            Self::Remove { file } => Ok(request_removal(&file)?),
        }
    }
}
