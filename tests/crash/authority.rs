//! The authority as real processes: started, killed, started again over the same directory.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Opens the authority's keys.
pub const PASSPHRASE: &str = "a passphrase for crashes";
/// A start that takes longer is a failure.
pub const START: Duration = Duration::from_secs(15);

/// The processes of one authority. They end with this value.
pub struct Authority {
    dir: PathBuf,
    parts: Vec<Part>,
}

struct Part {
    program: PathBuf,
    arguments: Vec<&'static str>,
    services: usize,
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
    /// All roles in one process.
    pub fn together(dir: &Path) -> Self {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_akashi"));
        let part = Part { program, arguments: vec!["up"], services: 6, running: None };
        Self { dir: dir.into(), parts: vec![part] }
    }

    /// A process a role. The programs lie beside `akashi`.
    pub fn apart(dir: &Path) -> Self {
        let beside = Path::new(env!("CARGO_BIN_EXE_akashi"));
        let part = |(name, services)| {
            let program = beside.with_file_name(name);
            assert!(program.exists(), "{name} is missing: run cargo build --workspace --bins");
            Part { program, arguments: Vec::new(), services, running: None }
        };
        let programs =
            [("akashi-ca", 2), ("akashi-ocsp", 2), ("akashi-crl", 1), ("akashi-repository", 2)];
        Self { dir: dir.into(), parts: programs.into_iter().map(part).collect() }
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
        let (dir, log) = (self.dir.clone(), self.log());
        for part in self.parts.iter_mut().filter(|part| part.running.is_none()) {
            let log = OpenOptions::new().create(true).append(true).open(&log).expect("a log file");
            part.start(&dir, log);
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
    fn start(&mut self, dir: &Path, log: File) {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg("--dir")
            .arg(dir)
            .env_clear()
            .env("AKASHI_PASSPHRASE", PASSPHRASE)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program is built");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (say, listening) = channel();
        let services = self.services;
        std::thread::spawn(move || {
            let mut told = 0;
            for _ in lines.map_while(Result::ok) {
                told += 1;
                if told == services && say.send(()).is_err() {
                    return;
                }
            }
        });
        self.running = Some(Running { child, listening, listens: false });
    }
}
