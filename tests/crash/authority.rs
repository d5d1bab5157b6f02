//! The authority as real processes: started, killed, started again over the same directory.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use akashi_edge::program::READY;
use akashi_edge::{Opened, Program};
use akashi_keys::Passphrase;

/// Opens the authority's keys.
pub const PASSPHRASE: &str = "a passphrase for crashes";
/// A start that takes longer is a failure.
pub const START: Duration = Duration::from_secs(15);

/// The processes of one authority, one for each of its programs. They end with this value.
pub struct Authority {
    dir: PathBuf,
    parts: Vec<Part>,
}

struct Part {
    program: PathBuf,
    hand_out: PathBuf,
    passphrase: String,
    running: Option<Running>,
}

struct Running {
    child: Child,
    /// Says so, once, when every service listens; is gone when the process ended before.
    listening: Receiver<()>,
    /// Whether it has said so.
    listens: bool,
}

impl Authority {
    /// Each program starts from its hand-out. The programs lie beside `akashi`.
    pub fn apart(dir: &Path) -> Self {
        let beside = Path::new(env!("CARGO_BIN_EXE_akashi"));
        let passphrase = Passphrase::new(PASSPHRASE.into()).expect("long enough");
        let opened = Opened::open(dir, &passphrase).expect("its own passphrase");
        let part = |program: Program| {
            let (hand_out, passphrase) = opened.hand_out_here(program).expect("a hand-out");
            let passphrase = String::from_utf8(passphrase.octets().to_vec()).expect("a text");
            let name = program.file();
            let program = beside.with_file_name(name);
            assert!(program.exists(), "{name} is missing: run cargo build --workspace --bins");
            Part { program, hand_out, passphrase, running: None }
        };
        Self { dir: dir.into(), parts: Program::ALL.into_iter().map(part).collect() }
    }

    /// How many processes there are.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// What the processes said on standard error.
    pub fn log(&self) -> PathBuf {
        self.dir.with_extension("log")
    }

    /// Starts what does not run.
    pub fn start(&mut self) {
        let log = self.log();
        for part in self.parts.iter_mut().filter(|part| part.running.is_none()) {
            let log = OpenOptions::new().create(true).append(true).open(&log).expect("a log file");
            part.start(log);
        }
    }

    /// Waits until everything listens.
    pub fn listens(&mut self) -> Result<(), String> {
        let until = Instant::now() + START;
        for part in &mut self.parts {
            let name = part.program.display();
            let running = part.running.as_mut().ok_or_else(|| format!("{name} was not started"))?;
            if running.listens {
                continue;
            }
            let left = until.saturating_duration_since(Instant::now());
            running.listening.recv_timeout(left).map_err(|why| {
                format!("{name} does not listen {} s after its start: {why}", START.as_secs())
            })?;
            running.listens = true;
        }
        Ok(())
    }

    /// Whether a process ended that nobody killed.
    pub fn ended_by_itself(&mut self) -> Option<String> {
        self.parts.iter_mut().find_map(|part| {
            let ended = part.running.as_mut()?.child.try_wait().expect("our own child")?;
            Some(format!("{} ended by itself: {ended}", part.program.display()))
        })
    }

    /// kill -9 of one process.
    pub fn kill(&mut self, number: usize) {
        if let Some(mut running) = self.parts[number].running.take() {
            running.child.kill().expect("our own child");
            running.child.wait().expect("our own child");
        }
    }

    /// kill -9 of every process.
    pub fn kill_all(&mut self) {
        (0..self.parts.len()).for_each(|number| self.kill(number));
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.kill_all();
    }
}

impl Part {
    fn start(&mut self, log: File) {
        let mut child = Command::new(&self.program)
            .arg("--dir")
            .arg(&self.hand_out)
            .env_clear()
            .env("AKASHI_PASSPHRASE", &self.passphrase)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program is built");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (say, listening) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line == READY && say.send(()).is_err() {
                    return;
                }
            }
        });
        self.running = Some(Running { child, listening, listens: false });
    }
}
