//! `akashi keys`: what each program of the authority needs to start, on another host than this.

use std::path::{Path, PathBuf};

use akashi_edge::Program;

use super::{Failure, OpenArgs};
use crate::secret::HAND_OUT;

/// What one program of the authority needs to start, and nothing more.
#[derive(clap::Subcommand)]
pub enum KeysCommand {
    /// Write a directory with the configuration, the keys and the certificates of one program, for the host where that
    /// will run; its keys are closed with a passphrase of their own. After a key was replaced it is done again.
    HandOut {
        /// Which program.
        #[arg(value_enum)]
        role: ProgramArg,
        #[command(flatten)]
        open: OpenArgs,
        /// The directory to write: one that is not there.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Where the authority's own directory (its lists, what is published, the keys of content) is reached there;
        /// this one's when absent.
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
        /// File with the passphrase for it; else AKASHI_HAND_OUT_PASSPHRASE, else a prompt.
        #[arg(long, value_name = "FILE")]
        hand_out_passphrase_file: Option<PathBuf>,
    },
}

/// A program, as the command line has it.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum ProgramArg {
    /// akashi-ca: issues and revokes, hears officers and registries.
    Authority,
    /// akashi-crl: signs the lists.
    ListIssuer,
    /// akashi-ocsp: answers status requests.
    Responder,
    /// akashi-repository: publishes the lists.
    Repository,
    /// akashi-holders-door: hands on what holders sign.
    HoldersDoor,
}

impl ProgramArg {
    fn program(self) -> Program {
        match self {
            Self::Authority => Program::Authority,
            Self::ListIssuer => Program::ListIssuer,
            Self::Responder => Program::Responder,
            Self::Repository => Program::Repository,
            Self::HoldersDoor => Program::HoldersDoor,
        }
    }
}

impl KeysCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::HandOut { role, open, to, home, hand_out_passphrase_file } = self;
        let program = role.program();
        if to.symlink_metadata().is_ok() {
            return Err(format!("{} is there already: nothing was done", to.display()).into());
        }
        let opened = open.opened()?;
        let passphrase = HAND_OUT.read_new_passphrase(hand_out_passphrase_file.as_deref())?;
        let home = match home {
            Some(home) => home,
            None => std::path::absolute(&opened.home)?,
        };
        // Made beside its place: what was interrupted is no hand-out.
        let name = to.file_name().ok_or("--to names no directory")?.to_string_lossy().into_owned();
        let making = to.with_file_name(format!(".{name}.making"));
        let at = |path: &Path| {
            let path = path.display().to_string();
            move |error: std::io::Error| format!("{path}: {error}")
        };
        if making.symlink_metadata().is_ok() {
            std::fs::remove_dir_all(&making).map_err(at(&making))?;
        }
        opened.hand_out(program, &making, (&passphrase, home))?;
        std::fs::rename(&making, &to).map_err(at(&to))?;
        let parent = akashi_keys::parent(&to);
        akashi_keys::sync_directory(parent).map_err(at(parent))?;
        akashi_edge::say!("hand-out     {}", to.display());
        akashi_edge::say!("keys         {}", program.keys().join(" "));
        akashi_edge::say!(
            "next         carry it to its host, see `home`, `ledger` and `[listen]` of its akashi.toml, and start there: {} --dir {name}",
            program.file()
        );
        Ok(())
    }
}
