//! Starting and stopping a program over an authority's directory.

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use akashi_keys::Passphrase;
use akashi_wire::Clock;
use clap::Parser;
use tokio::sync::watch;

use crate::observe::{self, Operators};
use crate::secret::SecretError;
use crate::{Log, Opened, Program, TrustedClock, secret};

/// The command line of a room's own program.
#[derive(Parser)]
#[command(
    version,
    about = "One program of an authority, started from its hand-out (see `akashi keys hand-out`)"
)]
struct Arguments {
    /// Its hand-out.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// File with the passphrase of its keys; else the variable AKASHI_PASSPHRASE, else a prompt.
    #[arg(long, value_name = "FILE", conflicts_with = "watched")]
    passphrase_file: Option<PathBuf>,
    /// The first line of standard input is the passphrase, and its end tells to stop: as `akashi up` does it.
    #[arg(long)]
    watched: bool,
}

impl Arguments {
    fn passphrase(&self) -> Result<Passphrase, SecretError> {
        let file = self.passphrase_file.as_deref();
        if self.watched {
            let passphrase = secret::PASSPHRASE.from_watcher()?;
            WATCHED.get_or_init(watcher_gone);
            return Ok(passphrase);
        }
        let left = secret::PASSPHRASE.leave_the_environment(file);
        left.map_err(|source| SecretError::Environment { source })?;
        secret::PASSPHRASE.read_passphrase(file)
    }
}

/// What a program says on standard output, in a line of its own, once it serves.
pub const READY: &str = "ready";

/// Says that this program serves: to whoever reads its output.
pub fn ready() {
    crate::say!("{READY}");
    observe::notify_ready();
}

/// Runs a room as a program of its own: opens the directory, serves, tells in one sentence what
/// went wrong. Once it is to stop it ends within [`STOPS`], whatever hangs.
pub fn run<S, E>(program: Program, serve: impl FnOnce(Opened, Arc<dyn Clock>) -> S) -> ExitCode
where
    S: Future<Output = Result<(), E>>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let arguments = Arguments::parse();
    secret::leave_no_core();
    let opened = arguments.passphrase().map_err(|e| e.to_string()).and_then(|passphrase| {
        Opened::open(&arguments.dir, &passphrase).map_err(|e| e.to_string())
    });
    let done = opened.and_then(|opened| {
        let _log = Log::begin(opened.config.log);
        let runtime = tokio::runtime::Runtime::new().map_err(|e| e.to_string())?;
        let clock = Arc::new(TrustedClock::of_this_machine(&opened.config.clock));
        observe::begin();
        let operators = Operators::of(program, &opened.config, &opened.home);
        let done = runtime.block_on(async {
            tokio::spawn(operators.serve());
            tokio::spawn(observe::watchdog());
            let served = until_stopped(stopped(), serve(opened, clock), observe::notify_stopping);
            match served.await {
                Some(served) => served.map_err(|error| error.into().to_string()),
                None => Err(format!(
                    "something did not end within {STOPS:?} of the stop, and is broken off"
                )),
            }
        });
        runtime.shutdown_timeout(ENDS);
        done
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            crate::complain!("akashi: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// What comes of `serve`, or nothing where it does not end within [`STOPS`] of the stop. Whoever waits for it is
/// told that it stops: at the stop, or where it ended before this heard of one.
async fn until_stopped<T>(
    stop: impl Future<Output = ()>,
    serve: impl Future<Output = T>,
    tell: impl Fn(),
) -> Option<T> {
    let too_long = async {
        stop.await;
        tell();
        tokio::time::sleep(STOPS).await;
    };
    tokio::pin!(too_long);
    tokio::select! {
        biased;
        () = &mut too_long => None,
        served = serve => {
            // Each of the two waits for the same signal, and it may come between the looks at them.
            tell();
            Some(served)
        }
    }
}

/// A stop takes no longer; what had not ended by then is broken off, as by a power cut.
pub const STOPS: Duration = Duration::from_secs(10);
/// What still works on a thread of its own when everything else has ended is broken off after this.
const ENDS: Duration = Duration::from_secs(2);

/// Says so once whoever watches over this process is gone.
static WATCHED: OnceLock<watch::Receiver<bool>> = OnceLock::new();

/// Waits on a thread of its own for the end of standard input.
fn watcher_gone() -> watch::Receiver<bool> {
    let (gone, is_gone) = watch::channel(false);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        gone.send_replace(true);
        // Whoever listens later hears it too.
        std::mem::forget(gone);
    });
    is_gone
}

/// Whether this process was started so that it ignores a signal of this number: by the kernel's own word.
fn is_ignored_at_start(number: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

/// Whether this process was asked to stop, from the first call of [`stopped`] on.
static ASKED: OnceLock<watch::Receiver<bool>> = OnceLock::new();

/// Resolves when the process is asked to stop (SIGINT, SIGTERM), its terminal is gone (SIGHUP), or whoever watches over it.
///
/// It listens from the first call on, before any of them is awaited; whoever calls later hears of a stop that was asked
/// for before.
pub fn stopped() -> impl Future<Output = ()> + Send + 'static {
    let mut asked = ASKED.get_or_init(listen).clone();
    async move {
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn listen() -> watch::Receiver<bool> {
    use tokio::signal::unix::{SignalKind, signal};
    let (ask, asked) = watch::channel(false);
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    // Whoever started it so that it outlives a terminal (nohup) has said so.
    let outlives = is_ignored_at_start(1);
    let hangup = signal(SignalKind::hangup());
    let watched = WATCHED.get().cloned();
    let unwatched = async {
        match watched {
            Some(mut gone) => drop(gone.wait_for(|gone| *gone).await),
            None => std::future::pending().await,
        }
    };
    tokio::spawn(async move {
        if let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) =
            (interrupt, terminate, hangup)
        {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv(), if !outlives => {}
                () = unwatched => {}
            }
        } else {
            let _ = tokio::signal::ctrl_c().await;
        }
        ask.send_replace(true);
    });
    asked
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, ready};

    use super::until_stopped;

    #[tokio::test]
    async fn that_a_program_stops_is_told_where_it_ended_before_the_stop_was_heard_there() {
        let told = Cell::new(false);
        let ended = until_stopped(pending(), ready(1), || told.set(true)).await;
        assert_eq!((ended, told.get()), (Some(1), true));
    }
}
