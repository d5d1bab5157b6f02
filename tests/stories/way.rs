//! The way to a data base, as it is in the field: it may forget the connections that go over it, as a firewall does,
//! lose what was sent last, or end.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server's socket, by a way of its own.
pub struct Way {
    /// The directory that stands in an address for the server's.
    dir: tempfile::TempDir,
    server: PathBuf,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Connections made before the newest of these are forgotten: neither side hears of it.
    forgotten: AtomicU64,
    /// The next COMMIT after these octets on the same connection is lost, and with it every connection that there is.
    loses_a_commit: Mutex<Option<Vec<u8>>>,
    /// Whatever was made before the newest of these has ended.
    ended: AtomicU64,
}

impl Way {
    /// To the server of this address: the way, and the address by it.
    pub fn to(url: &str) -> (Self, String) {
        let (address, server) = url.rsplit_once("?host=").expect("a server on a socket");
        let server = Path::new(server).join(".s.PGSQL.5432");
        let way = Self { dir: tempfile::tempdir().unwrap(), server, state: Arc::default() };
        way.open();
        let url = format!("{address}?host={}", way.dir.path().display());
        (way, url)
    }

    /// Lets connections through.
    pub fn open(&self) {
        let door = UnixListener::bind(self.socket()).unwrap();
        let (server, state) = (self.server.clone(), self.state.clone());
        thread::spawn(move || {
            for from in door.incoming() {
                let Ok(from) = from else { return };
                let Ok(to) = UnixStream::connect(&server) else { return };
                for (from, to, asks) in
                    [(from.try_clone().unwrap(), to.try_clone().unwrap(), true), (to, from, false)]
                {
                    let state = state.clone();
                    let made = [&state.forgotten, &state.ended].map(|at| at.load(Ordering::SeqCst));
                    thread::spawn(move || state.carry(from, to, asks, made));
                }
            }
        });
    }

    /// Forgets every connection that there is; new ones go through.
    pub fn forget(&self) {
        self.state.forgotten.fetch_add(1, Ordering::SeqCst);
    }

    /// Forgets them at the COMMIT of what has these octets in it, which nobody gets.
    pub fn lose_the_commit_of(&self, octets: &[u8]) {
        *self.state.loses_a_commit.lock().unwrap() = Some(octets.to_vec());
    }

    /// Whether a COMMIT is lost already.
    pub fn has_lost_it(&self) -> bool {
        self.state.loses_a_commit.lock().unwrap().is_none()
    }

    /// Ends every connection, and lets no new one through until it is opened again.
    pub fn end(&self) {
        std::fs::remove_file(self.socket()).unwrap();
        self.state.ended.fetch_add(1, Ordering::SeqCst);
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join(".s.PGSQL.5432")
    }
}

impl State {
    fn carry(&self, mut from: UnixStream, mut to: UnixStream, asks: bool, made: [u64; 2]) {
        let (mut octets, mut is_it) = ([0; 16 * 1024], false);
        // Whoever waits for something to carry looks up whether the way has ended.
        from.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
        loop {
            let read = from.read(&mut octets);
            if self.ended.load(Ordering::SeqCst) != made[1] {
                break;
            }
            let length = match read {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                Err(_) => break,
            };
            let has =
                |words: &[u8]| octets[..length].windows(words.len()).any(|word| word == words);
            let mut loses = self.loses_a_commit.lock().unwrap();
            is_it |= asks && loses.as_ref().is_some_and(|words| has(words));
            if is_it && has(b"COMMIT") && loses.take().is_some() {
                self.forgotten.fetch_add(1, Ordering::SeqCst);
            }
            drop(loses);
            if self.forgotten.load(Ordering::SeqCst) != made[0] {
                continue;
            }
            if to.write_all(&octets[..length]).is_err() {
                break;
            }
        }
        // What is forgotten nobody hears of: neither that the other side has gone.
        if self.forgotten.load(Ordering::SeqCst) == made[0] {
            let _ = from.shutdown(std::net::Shutdown::Both);
            let _ = to.shutdown(std::net::Shutdown::Both);
        }
    }
}
