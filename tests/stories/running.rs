//! Our real programs, started as an operator starts them, and ended with the story.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Opens the keys of an authority, and the tokens that it gives.
pub const PASSPHRASE: &str = "a passphrase for stories";
/// Opens what is handed out of it.
pub const HANDED: &str = "another one for what is handed out";

/// `akashi`, with nothing in its environment but its secrets.
pub fn akashi(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_akashi"));
    command
        .args(arguments)
        .env_clear()
        .env("AKASHI_PASSPHRASE", PASSPHRASE)
        .env("AKASHI_TOKEN_PASSWORD", PASSPHRASE)
        .env("AKASHI_HAND_OUT_PASSPHRASE", HANDED)
        .stdin(Stdio::null());
    command
}

/// What a command said, on either way.
pub fn said(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap()
}

/// An authority that nobody has started yet, in its own home; `more` goes to `akashi init`.
pub fn founded(more: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("ca");
    let made = akashi(&["init", "--prefecture", "310000", "--registry-url", "https://127.0.0.1:9"])
        .args(["--key-bits", "2048", "--dir"])
        .arg(&dir)
        .args(more)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", said(&made));
    (home, dir)
}

/// A program that serves.
pub struct Up(pub Child);

impl Up {
    /// `akashi up`, whose programs serve; nobody reads its standard output from then on.
    pub fn start(dir: &Path, log: impl Into<Stdio>) -> Self {
        Self::started(akashi(&["up", "--dir", dir.to_str().unwrap()]).stderr(log))
    }

    /// Whatever says that it is ready.
    pub fn started(command: &mut Command) -> Self {
        let mut up = Self(command.stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(up.0.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "ready"), "it serves");
        up
    }

    /// Signals it.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Asks it to stop, as a service manager does.
    pub fn stop(mut self) {
        self.signal(Signal::TERM);
        assert!(self.0.wait().unwrap().success(), "it stops in order");
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether it comes to be so within half a minute.
pub fn comes(mut is_so: impl FnMut() -> bool) -> bool {
    (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        is_so()
    })
}

/// Somebody else holds a book that is a file, until it is dropped.
pub struct HoldsTheBook {
    sqlite: Child,
}

impl HoldsTheBook {
    pub fn of(dir: &Path) -> Self {
        use std::io::Write;
        let mut sqlite = Command::new("sqlite3")
            .args(["-cmd", ".timeout 10000"])
            .arg(dir.join("book.sqlite"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = sqlite.stdin.as_mut().unwrap();
        input.write_all(b"BEGIN IMMEDIATE; SELECT 'held';\n").unwrap();
        let mut held = String::new();
        BufReader::new(sqlite.stdout.take().unwrap()).read_line(&mut held).unwrap();
        assert_eq!(held.trim(), "held");
        Self { sqlite }
    }
}

impl Drop for HoldsTheBook {
    fn drop(&mut self) {
        let _ = self.sqlite.kill();
        let _ = self.sqlite.wait();
    }
}
