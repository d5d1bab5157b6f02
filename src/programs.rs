//! The programs of an authority on one host, each in a process of its own: started from their hand-outs, watched, started
//! anew when one ends, and stopped in order.
//!
//! Whoever starts them holds no key. The passphrase of each hand-out lies in the kernel (a sealed memory file a program),
//! is given to its program by its standard input and to no other, and is in the memory of this process only while it is
//! given. The end of that input tells a program that nobody watches it any more: it stops.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use akashi_edge::program::READY;
use akashi_edge::{LedgerRole, OpenError, Opened, Program};
use akashi_keys::{KeyError, Passphrase};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use zeroize::Zeroizing;

/// A program is told to stop and has not ended after this: it is ended. Longer than its own bound.
const STOPS: Duration = Duration::from_secs(15);
/// The shortest wait before a program that ended is started anew; each time that it ends soon it is doubled.
const SOONEST: Duration = Duration::from_secs(1);
/// The longest.
const LATEST: Duration = Duration::from_secs(60);
/// What of the environment each program gets: what is nobody's secret.
const PASSED_ON: [&str; 11] = [
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "TMPDIR",
    "RUST_BACKTRACE",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGPASSFILE",
];
/// A program that ran for so long did not end because of how it was started.
const SETTLED: Duration = Duration::from_secs(300);

/// Why the programs do not run.
#[derive(Debug, thiserror::Error)]
pub enum ProgramsError {
    /// A hand-out.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A program is not where `akashi` is.
    #[error("{} cannot be started: {source}; it is installed beside akashi", .file.display())]
    Start {
        /// Its file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system.
    #[error("{what}: {source}")]
    System {
        /// What was asked of it.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It ended before it served, and has said itself why.
    #[error("{file} did not start ({status})")]
    NotStarted {
        /// Which.
        file: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
}

/// The programs of an authority, ready to be started.
pub struct Programs {
    all: Vec<Kept>,
}

/// A program, and what opens its hand-out.
#[derive(Debug)]
struct Kept {
    program: Program,
    file: PathBuf,
    hand_out: PathBuf,
    passphrase: File,
    /// The address of its book, where a variable says it.
    ledger: Option<String>,
}

/// A program that runs.
struct Running {
    child: Child,
    /// Kept open: its end tells the program to stop.
    _watched: ChildStdin,
    said: tokio::io::Lines<BufReader<ChildStdout>>,
}

impl Programs {
    /// Brings the hand-outs of this host up to date, and takes their passphrases.
    pub fn of(opened: &Opened) -> Result<Self, ProgramsError> {
        let system = |what| move |source| ProgramsError::System { what, source };
        let beside = std::env::current_exe().map_err(system("finding this program's own file"))?;
        let kept = |program: Program| {
            let (hand_out, passphrase) = opened.hand_out_here(program)?;
            let passphrase = in_the_kernel(&passphrase).map_err(system("keeping a passphrase"))?;
            let file = beside.with_file_name(program.file());
            let ledger = program.ledger_role().and_then(LedgerRole::told_by_variable);
            Ok(Kept { program, file, hand_out, passphrase, ledger })
        };
        let mut all = Vec::new();
        for program in opened.config.programs() {
            match kept(program) {
                Ok(one) => all.push(one),
                // An authority of before there was this identity goes on without this door.
                Err(ProgramsError::Open(OpenError::Key(KeyError::Missing { name, .. })))
                    if program == Program::HoldersDoor =>
                {
                    tracing::warn!(
                        target: "akashi",
                        "{} is not started: this authority has no key {name}, which those have that are founded since; \
                         holders find no door", program.file()
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self { all })
    }

    /// Starts them, the authority before those that ask it; starts anew what ends; returns once `stop` resolved and all
    /// have ended, the authority last. What they say is said on.
    ///
    /// # Errors
    /// Where one of them does not start the first time: the others are stopped.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ProgramsError> {
        let (stopping, _) = watch::channel(Stage::Run);
        let mut keepers = JoinSet::new();
        let outcome = tokio::select! {
            ended = self.keep(&mut keepers, &stopping) => ended,
            () = stop => Ok(()),
        };
        // Those that ask the authority first: what they have begun they can end.
        stopping.send_replace(Stage::StopOthers);
        while keepers.len() > 1 {
            keepers.join_next().await;
        }
        stopping.send_replace(Stage::StopAll);
        while keepers.join_next().await.is_some() {}
        outcome
    }

    /// Starts them, each with a keeper, and waits until a keeper ends.
    async fn keep(
        self,
        keepers: &mut JoinSet<Result<(), ProgramsError>>,
        stopping: &watch::Sender<Stage>,
    ) -> Result<(), ProgramsError> {
        let (authority, others): (Vec<Kept>, Vec<Kept>) =
            self.all.into_iter().partition(|kept| kept.program == Program::Authority);
        for stage in [authority, others] {
            let mut starting = JoinSet::new();
            for kept in stage {
                let (ready, is_ready) = oneshot::channel();
                keepers.spawn(kept.keep(ready, stopping.subscribe()));
                starting.spawn(is_ready);
            }
            while !starting.is_empty() {
                tokio::select! {
                    Some(ended) = keepers.join_next() => return of_keeper(ended),
                    // One that is never ready ends its keeper.
                    Some(Ok(Ok(()))) = starting.join_next() => {}
                }
            }
        }
        akashi_edge::ready();
        // By itself it ends only where it never served.
        of_keeper(keepers.join_next().await.expect("a keeper for each"))
    }
}

fn of_keeper(ended: Result<Result<(), ProgramsError>, JoinError>) -> Result<(), ProgramsError> {
    ended.unwrap_or_else(|error| {
        Err(ProgramsError::System { what: "watching a program", source: io::Error::other(error) })
    })
}

/// What is wanted of the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Stage {
    Run,
    StopOthers,
    StopAll,
}

impl Kept {
    /// Keeps the program running until it is to stop.
    async fn keep(
        self,
        ready: oneshot::Sender<()>,
        mut stage: watch::Receiver<Stage>,
    ) -> Result<(), ProgramsError> {
        let stops_at = match self.program {
            Program::Authority => Stage::StopAll,
            _ => Stage::StopOthers,
        };
        let file = self.program.file();
        let (mut ready, mut wait) = (Some(ready), SOONEST);
        loop {
            let mut running = match self.start().await {
                Ok(running) => running,
                // It served already: what keeps it from being started may pass.
                Err(error) if ready.is_none() => {
                    tracing::error!(
                        target: "akashi",
                        "{file}: {error}; it is tried again in {} s", wait.as_secs()
                    );
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = reached(&mut stage, stops_at) => return Ok(()),
                    }
                    wait = (2 * wait).min(LATEST);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut settles = pin!(tokio::time::sleep(SETTLED));
            let status = loop {
                tokio::select! {
                    status = running.lives(&mut ready) => break status,
                    () = &mut settles, if wait > SOONEST => wait = SOONEST,
                    () = reached(&mut stage, stops_at) => {
                        running.stop(file).await;
                        return Ok(());
                    }
                }
            };
            if ready.is_some() {
                return Err(ProgramsError::NotStarted { file, status });
            }
            tracing::error!(
                target: "akashi",
                "{file} ended by itself ({status}): it is started anew in {} s", wait.as_secs()
            );
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = reached(&mut stage, stops_at) => return Ok(()),
            }
            wait = (2 * wait).min(LATEST);
        }
    }

    /// Starts it and gives it its passphrase. Its group is its own, so that a terminal that stops this process does not
    /// stop all of them at once, in no order.
    async fn start(&self) -> Result<Running, ProgramsError> {
        let mut command = Command::new(&self.file);
        command.arg("--dir").arg(&self.hand_out).arg("--watched").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        // No program is handed what is another's: of the environment it gets what is nobody's secret, and the address
        // of its own login.
        command.env_clear();
        command
            .envs(std::env::vars_os().filter(|(name, _)| PASSED_ON.iter().any(|one| name == one)));
        command.envs(self.ledger.iter().map(|address| ("AKASHI_LEDGER", address)));
        let start = |source| ProgramsError::Start { file: self.file.clone(), source };
        let mut child = command.spawn().map_err(start)?;
        let (mut input, output) =
            (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let system = |what| move |source| ProgramsError::System { what, source };
        let passphrase =
            from_the_kernel(&self.passphrase).map_err(system("reading a passphrase"))?;
        // One that has ended already is noticed as every other that ends.
        let _ = input.write_all(&passphrase).await;
        let _ = input.flush().await;
        Ok(Running { child, _watched: input, said: BufReader::new(output).lines() })
    }
}

/// Resolves once it is to stop that stops at this stage.
async fn reached(stage: &mut watch::Receiver<Stage>, at: Stage) {
    // Whoever could say so has said so, or is gone.
    let _ = stage.wait_for(|stage| *stage >= at).await.is_ok();
}

impl Running {
    /// Says on what it says, until it has ended; tells `ready` when it serves.
    async fn lives(&mut self, ready: &mut Option<oneshot::Sender<()>>) -> ExitStatus {
        loop {
            match self.said.next_line().await {
                Ok(Some(line)) if line == READY => {
                    if let Some(ready) = ready.take() {
                        let _ = ready.send(());
                    }
                }
                Ok(Some(line)) => akashi_edge::say!("{line}"),
                Ok(None) | Err(_) => break,
            }
        }
        self.child.wait().await.unwrap_or_default()
    }

    /// Asks it to stop, and ends it where it does not.
    async fn stop(&mut self, file: &str) {
        let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else {
            return;
        };
        // It is our own child that nobody has waited for: the number is still its own.
        let _ = kill_process(pid, Signal::TERM);
        if tokio::time::timeout(STOPS, self.child.wait()).await.is_err() {
            tracing::error!(target: "akashi", "{file} did not end within {STOPS:?} and is broken off");
            let _ = self.child.kill().await;
        }
    }
}

/// A passphrase and the end of its line, in a file that is nowhere but in the kernel and that nobody changes.
fn in_the_kernel(passphrase: &Passphrase) -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(rustix::fs::memfd_create("akashi", flags)?);
    file.write_all(passphrase.octets())?;
    file.write_all(b"\n")?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&file, seals)?;
    Ok(file)
}

fn from_the_kernel(file: &File) -> io::Result<Zeroizing<Vec<u8>>> {
    let length = usize::try_from(file.metadata()?.len()).unwrap_or_default();
    let mut octets = Zeroizing::new(vec![0; length]);
    file.read_exact_at(&mut octets, 0)?;
    Ok(octets)
}
