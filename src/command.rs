//! The command line.
//!
//! Exit codes: 0 done; 1 refused or failed, with one sentence on what to do; 2 the command line is
//! wrong. `card status` and `lint` have their own.

mod archive;
mod audit;
mod card;
mod clock;
mod content_keys;
mod desk;
mod identity;
mod idou;
mod init;
mod keys;
mod lint;
mod migrate;
mod officer_token;
mod recovery;
mod responder_key;
mod shift_book;
mod status;
mod token;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;

use akashi_wire::bounds::harmless;
use clap::{Parser, Subcommand};

pub use card::{AnyCard, OpenCardFile, show_card, take_card_files};
pub use init::AccessArg;
pub use token::Municipal;

/// Akashi (証): the certificate authority of a prefecture for the Public Certification Service for
/// Individuals (公的個人認証サービス).
#[derive(Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
struct Akashi {
    #[command(subcommand)]
    command: Command,
}

/// What `akashi` does. A program that adds to it flattens this into its own.
#[derive(Subcommand)]
pub enum Command {
    /// Make an empty authority for a prefecture.
    Init(init::Init),
    /// Serve an authority until interrupted, each of its programs in a process of its own.
    Up(up::Up),
    /// How an authority is, at a glance: its programs, the feed, the lists, the alarms.
    Status(status::Status),
    /// 当直引継簿: what happened in a shift, who took which alarm, and what is left for the next one.
    ShiftBook(shift_book::ShiftBook),
    /// Write what is kept of an authority that has ended: its book as one file, its last lists, a manifest.
    Archive(archive::Archive),
    /// Bring the book's schema up to date.
    Migrate(migrate::Migrate),
    /// Ask the authority as an officer, a security officer included.
    Desk(Box<desk::DeskCommand>),
    /// Cards in readers, and what a holder does with one.
    #[command(subcommand)]
    Card(card::CardCommand),
    /// The municipality's PKCS#11 token.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// A token whose key nobody but its holder ever has.
    #[command(subcommand)]
    OfficerToken(officer_token::OfficerTokenCommand),
    /// Batches of 異動 that came as files.
    #[command(subcommand)]
    Idou(idou::IdouCommand),
    /// The keys of what is recorded about persons, a month of deletion each.
    #[command(subcommand)]
    ContentKeys(content_keys::ContentKeysCommand),
    /// The audit chain.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// What is known of the time, and what to do where it is in doubt.
    Clock(clock::ClockCommand),
    /// The next key of one of the authority's own programs.
    #[command(subcommand)]
    Identity(identity::IdentityCommand),
    /// What one program of the authority needs to start, for another host.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// New security officers where fewer than two can sign.
    #[command(subcommand)]
    Recovery(recovery::RecoveryCommand),
    /// Make a new key for the OCSP responder, in the place of its old one.
    ResponderKey(responder_key::ResponderKeyCommand),
    /// Hold certificates, lists and OCSP answers against the rules of the profile.
    Lint(lint::LintCommand),
}

/// Any error, told in one sentence at the end.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Reads the command line and does what it says.
pub async fn run() -> ExitCode {
    Akashi::parse().command.run().await
}

impl Command {
    /// Does it; a failure is told in one sentence on standard error.
    pub async fn run(self) -> ExitCode {
        crate::secret::leave_no_core();
        let done = match self {
            Self::Init(init) => init.run().await,
            Self::Up(up) => match up.run().await {
                Ok(code) => return said(code),
                Err(failure) => Err(failure),
            },
            Self::Status(status) => match status.run().await {
                Ok(code) => return said(code),
                Err(failure) => Err(failure),
            },
            Self::ShiftBook(book) => book.run().await,
            Self::Archive(archive) => archive.run().await,
            Self::Migrate(migrate) => migrate.run().await,
            Self::Desk(desk) => desk.run().await,
            Self::Card(card) => match card.run().await {
                Ok(code) => return said(code),
                Err(failure) => Err(failure),
            },
            Self::Token(token) => token.run(),
            Self::OfficerToken(token) => token.run().await,
            Self::Idou(idou) => idou.run().await,
            Self::ContentKeys(keys) => keys.run().await,
            Self::Identity(identity) => identity.run().await,
            Self::Keys(keys) => keys.run(),
            Self::Recovery(recovery) => recovery.run().await,
            Self::ResponderKey(key) => key.run(),
            Self::Audit(audit) => audit.run().await,
            Self::Clock(clock) => clock.run().await,
            Self::Lint(lint) => match lint.run().await {
                Ok(code) => return said(code),
                Err(failure) => Err(failure),
            },
        };
        exit_code(done)
    }
}

/// Success, or the failure in one sentence.
pub fn exit_code(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => said(ExitCode::SUCCESS),
        Err(failure) => {
            // What others sent may be a part of it, over a line that nobody signed.
            let told = failure.to_string();
            let lines: Vec<String> = told.split('\n').map(harmless).collect();
            akashi_edge::complain!("akashi: {}", lines.join("\n"));
            ExitCode::FAILURE
        }
    }
}

/// This code, where what came of the command could be said.
fn said(code: ExitCode) -> ExitCode {
    let Some(error) = akashi_edge::say::unsaid() else { return code };
    akashi_edge::complain!(
        "akashi: it is done, and what came of it cannot be said on standard output: {error}"
    );
    ExitCode::FAILURE
}

/// Ends the program: the command line is wrong in a way that its grammar does not know.
fn usage(what: &str) -> ! {
    use clap::CommandFactory;
    Akashi::command().error(clap::error::ErrorKind::MissingRequiredArgument, what).exit()
}

/// Where an authority lies, and what opens it.
#[derive(clap::Args)]
pub struct OpenArgs {
    /// Directory of the authority.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// File with the passphrase of its keys; else the variable AKASHI_PASSPHRASE, else a prompt.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl OpenArgs {
    /// The directory, opened.
    fn opened(&self) -> Result<akashi_edge::Opened, Failure> {
        let passphrase =
            crate::secret::PASSPHRASE.read_passphrase(self.passphrase_file.as_deref())?;
        Ok(akashi_edge::Opened::open(&self.dir, &passphrase)?)
    }
}

/// A random generator for everything but keys.
pub fn rng() -> rand::rngs::StdRng {
    use rand::SeedableRng;
    rand::rngs::StdRng::from_seed(rand::random())
}
