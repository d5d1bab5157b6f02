//! The program `akashi-bench`: how much, how fast, in how much memory.

use std::path::PathBuf;

use std::process::ExitCode;

use akashi::command::{Failure, exit_code};
use clap::{Parser, Subcommand};

use akashi_bench::book::Address;
use akashi_bench::{card, crl, feed, issue, moduli, ocsp};

/// How much, how fast, in how much memory: one JSON object a line.
#[derive(Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
struct AkashiBench {
    #[command(subcommand)]
    command: BenchCommand,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(AkashiBench::parse().command.run().await)
}

/// What is measured. Every line of output is one JSON object.
#[derive(Subcommand)]
enum BenchCommand {
    /// Certificates a second.
    Issue {
        /// sqlite, or the address of an empty data base: postgres://…
        #[arg(long, default_value = "sqlite")]
        book: Address,
        /// Certificates in a run.
        #[arg(long, default_value_t = 2000)]
        count: usize,
        #[command(flatten)]
        how: How,
    },
    /// 異動 a second, from the sealed batch to the revocation.
    Feed {
        /// sqlite, or the address of an empty data base: postgres://…
        #[arg(long, default_value = "sqlite")]
        book: Address,
        /// Events in a run.
        #[arg(long, default_value_t = 1000)]
        count: usize,
        #[command(flatten)]
        how: How,
    },
    /// Seconds for a list, from the book to the file.
    Crl {
        /// Entries of the list.
        #[arg(long, default_value_t = 1_000_000)]
        count: usize,
        #[command(flatten)]
        how: How,
    },
    /// OCSP answers a second on one core. Needs wrk and taskset.
    Ocsp {
        /// Revoked certificates in the table.
        #[arg(long, default_value_t = 1_000_000)]
        count: usize,
        /// Length of a run.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        #[command(flatten)]
        how: How,
    },
    /// Seconds to hold all moduli against each other for shared primes.
    Moduli {
        /// Moduli.
        #[arg(long, default_value_t = 100_000)]
        count: usize,
        /// Runs; the median counts.
        #[arg(long, default_value_t = 1)]
        runs: usize,
    },
    /// Milliseconds for a signature of a software card over PC/SC.
    Card {
        /// Signatures in a run.
        #[arg(long, default_value_t = 200)]
        count: usize,
        /// Measure the card in this reader; without, a service with a virtual reader is started.
        #[arg(long, value_name = "NAME")]
        reader: Option<String>,
        #[command(flatten)]
        how: How,
    },
}

/// How often, and where.
#[derive(clap::Args)]
struct How {
    /// Runs; the median counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Directory for the authority; kept. Else a temporary one.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl BenchCommand {
    async fn run(self) -> Result<(), Failure> {
        let temporary = tempfile::tempdir()?;
        let place = |how: &How| how.dir.clone().unwrap_or_else(|| temporary.path().join("bench"));
        match self {
            Self::Issue { book, count, how } => {
                issue::issue(&place(&how), &book, count, how.runs).await?;
            }
            Self::Feed { book, count, how } => {
                feed::feed(&place(&how), &book, count, how.runs).await?;
            }
            Self::Crl { count, how } => crl::crl(&place(&how), count, how.runs).await?,
            Self::Ocsp { count, seconds, how } => {
                ocsp::ocsp(&place(&how), count, seconds, how.runs).await?;
            }
            Self::Moduli { count, runs } => moduli::moduli(count, runs)?,
            Self::Card { count, reader: Some(reader), how } => {
                card::in_reader(&reader, count, how.runs)?;
            }
            Self::Card { count, reader: None, how } => {
                card::in_virtual_reader(&place(&how), count, how.runs)?;
            }
        }
        Ok(())
    }
}
