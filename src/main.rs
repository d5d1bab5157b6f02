//! The `akashi` program.

use std::process::ExitCode;

use akashi::command;

#[tokio::main]
async fn main() -> ExitCode {
    command::run().await
}
