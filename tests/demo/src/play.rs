//! `akashi-demo play`.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use akashi_cardhost::PrivateService;
use jiff::Timestamp;
use tokio::process::Command;

use akashi::command::AccessArg;

use akashi_demo::{Options, Reader, play};

/// Play the main job from beginning to end and check every step of it.
#[derive(clap::Args)]
pub struct Play {
    /// Leave the authority here, with evidence for foreign judges in DIR/evidence.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Who may ask for status.
    #[arg(long, value_enum, default_value_t = AccessArg::Registered)]
    access: AccessArg,
    /// Makes people, numbers and salts; keys are new each time.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Let cards lie in this process, even where a virtual reader could be had.
    #[arg(long)]
    no_reader: bool,
}

/// In the process that plays: where its virtual reader takes cards, and what it is called.
const SLOT: &str = "AKASHI_DEMO_SLOT";
const READER: &str = "AKASHI_DEMO_READER";

impl Play {
    pub async fn run(self) -> ExitCode {
        let reader = match (env::var(SLOT), env::var(READER)) {
            (Ok(slot), Ok(name)) => Ok(Reader::Virtual { slot, name }),
            _ if self.no_reader => Err(None),
            _ => match PrivateService::start() {
                Ok(service) => return played_with(&service).await,
                Err(error) => Err(Some(error.to_string())),
            },
        };
        let (reader, no_reader) = match reader {
            Ok(reader) => (reader, None),
            Err(why) => (Reader::None, why),
        };
        let (keep, access, seed) = (self.keep, self.access.into(), self.seed);
        let options = Options { keep, access, seed, reader, no_reader };
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

/// Plays in a process of its own: where the PC/SC service is, its library reads from the environment
/// when a process begins.
///
/// Interrupted, it ends that process and the service with it.
async fn played_with(service: &PrivateService) -> ExitCode {
    let stop = akashi_edge::stopped();
    let playing = env::current_exe().and_then(|program| {
        Command::new(program)
            .args(env::args_os().skip(1))
            .env("PCSCLITE_CSOCK_NAME", service.socket())
            .env(SLOT, service.slot())
            .env(READER, service.reader())
            .kill_on_drop(true)
            .spawn()
    });
    let played = match playing {
        Ok(mut playing) => tokio::select! {
            status = playing.wait() => status,
            () = stop => return ExitCode::FAILURE,
        },
        Err(error) => Err(error),
    };
    match played {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("akashi: the demonstration cannot be played: {error}");
            ExitCode::FAILURE
        }
    }
}
