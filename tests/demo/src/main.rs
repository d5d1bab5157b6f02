//! The program `akashi-demo`: the demonstration, software cards, and everything that `akashi` does,
//! where a card may also be a file.

mod play;
mod softcard;

use std::path::Path;
use std::process::ExitCode;

use akashi::command::{self, AnyCard, Failure};
use akashi_cardhost::InsertedCard;
use clap::{Parser, Subcommand};

/// Akashi (証) to play with: the demonstration, software cards, and everything that akashi does.
#[derive(Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
struct AkashiDemo {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play the main job from beginning to end and check every step of it.
    Play(play::Play),
    /// Cards made of software.
    #[command(subcommand)]
    Softcard(softcard::SoftcardCommand),
    #[command(flatten)]
    Akashi(Box<command::Command>),
}

#[tokio::main]
async fn main() -> ExitCode {
    command::take_card_files(in_file);
    match AkashiDemo::parse().command {
        Command::Play(play) => play.run().await,
        Command::Softcard(softcard) => command::exit_code(softcard.run().await),
        Command::Akashi(command) => command.run().await,
    }
}

fn in_file(file: &Path) -> Result<AnyCard, Failure> {
    Ok(Box::new(InsertedCard::open(file)?))
}
