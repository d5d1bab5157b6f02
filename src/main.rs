//! The `akashi` program.

use std::process::ExitCode;
use std::time::Duration;

use akashi::command;

/// What still works on a thread of its own when everything else has ended is broken off after this.
const ENDS: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return command::exit_code(Err(error.into())),
    };
    let code = runtime.block_on(command::run());
    runtime.shutdown_timeout(ENDS);
    code
}
