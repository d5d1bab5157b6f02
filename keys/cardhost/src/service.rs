//! A PC/SC service of one's own, with a virtual reader.
//!
//! pcscd with the driver vpcd, in a temporary directory, on free ports; neither root nor systemd.
//! Programs reach it where the variable `PCSCLITE_CSOCK_NAME` names its socket, and meet two
//! readers, the slots of one virtual reader. The driver listens on **all** addresses of the
//! machine, and nothing can be set about that: whoever reaches the ports can insert a card. As root
//! pcscd also writes its number to `/run/pcscd/pcscd.pid`, private or not.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

use crate::error::CardHostError;

/// Where Debian puts the service (not in everybody's PATH) …
const PCSCD: &str = "/usr/sbin/pcscd";
/// … and the driver.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// What pcscd calls the virtual reader; it appends numbers of reader and slot.
const READER: &str = "Akashi Virtual Reader";

/// pcscd takes its socket as a service of systemd does, from number 3 on, when these variables
/// say so; the process's own number is known only to itself, hence the shell. It hands the socket
/// over from standard input.
const START: &str =
    r#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --foreground --config "$1" 3<&0 </dev/null"#;

/// What pcscd says of a slot whose port somebody else has; it runs on without the reader.
const PORT_TAKEN: &str = "Failed (/dev/null:";

/// How often, and at what distance, is looked whether the driver listens.
const LOOKS: u32 = 200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Between finding a free port and listening on it another program may take it.
const TRIES: u32 = 5;

/// A running PC/SC service with a virtual reader; it stops when this is dropped.
pub struct PrivateService {
    service: Child,
    port: u16,
    dir: TempDir,
}

impl PrivateService {
    /// Starts a service, and waits until its reader is there.
    pub fn start() -> Result<Self, CardHostError> {
        for missing in [PCSCD, DRIVER] {
            if !Path::new(missing).exists() {
                return Err(CardHostError::Packages { missing });
            }
        }
        let mut failure = CardHostError::Service("no free ports".into());
        for _ in 0..TRIES {
            let port = two_free_ports().map_err(CardHostError::Place)?;
            match Self::start_at(port) {
                Err(error @ CardHostError::Service(_)) => failure = error,
                other => return other,
            }
        }
        Err(failure)
    }

    fn start_at(port: u16) -> Result<Self, CardHostError> {
        let dir = TempDir::with_prefix("akashi-pcscd-").map_err(CardHostError::Place)?;
        let (listener, log) = prepare(dir.path(), port).map_err(CardHostError::Place)?;
        let service = Command::new("sh")
            .args(["-c", START, PCSCD])
            .arg(dir.path().join("readers"))
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stdout(Stdio::from(log.try_clone().map_err(CardHostError::Place)?))
            .stderr(Stdio::from(log))
            .spawn()
            .map_err(|error| CardHostError::Service(error.to_string()))?;
        // From here on it is stopped whatever happens.
        let mut started = Self { service, port, dir };
        started.wait()?;
        Ok(started)
    }

    /// Waits until both slots listen. pcscd lives on without a reader when a port is taken, so
    /// that it runs says nothing; and connecting to find out would insert a card.
    fn wait(&mut self) -> Result<(), CardHostError> {
        for _ in 0..LOOKS {
            if let Ok(Some(status)) = self.service.try_wait() {
                if !Path::new("/run/pcscd").exists() {
                    return Err(CardHostError::NoRunDirectory);
                }
                return Err(CardHostError::Service(format!("{status}; {}", self.last_words())));
            }
            if listens(self.service.id(), [self.port, self.port + 1]) {
                return Ok(());
            }
            if self.log().contains(PORT_TAKEN) {
                return Err(CardHostError::Service(self.last_words()));
            }
            sleep(BETWEEN_LOOKS);
        }
        Err(CardHostError::Service(format!("it has no reader; {}", self.last_words())))
    }

    /// Where programs reach the service: the value of the variable `PCSCLITE_CSOCK_NAME`.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("pcscd.comm")
    }

    /// Where a card is inserted into the first slot: `HOST:PORT`.
    pub fn slot(&self) -> String {
        format!("{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Name of the reader that is the first slot.
    pub fn reader(&self) -> String {
        format!("{READER} 00 00")
    }

    /// Number of the service's process.
    pub fn process(&self) -> u32 {
        self.service.id()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn last_words(&self) -> String {
        self.log().lines().last().unwrap_or("it said nothing").to_owned()
    }
}

impl Drop for PrivateService {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// Puts what the service reads into its directory; gives its socket and its log.
fn prepare(dir: &Path, port: u16) -> std::io::Result<(UnixListener, fs::File)> {
    let readers = dir.join("readers");
    fs::create_dir(&readers)?;
    let channel = format!("{port:#06x}");
    fs::write(
        readers.join("vpcd"),
        format!(
            "FRIENDLYNAME \"{READER}\"\n\
             DEVICENAME /dev/null:{channel}\n\
             LIBPATH {DRIVER}\n\
             CHANNELID {channel}\n"
        ),
    )?;
    Ok((UnixListener::bind(dir.join("pcscd.comm"))?, fs::File::create(dir.join("log"))?))
}

/// Two neighbouring ports that nobody listens on, on any address: the driver's two slots.
fn two_free_ports() -> std::io::Result<u16> {
    loop {
        let first = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        let port = first.local_addr()?.port();
        let next = port.checked_add(1);
        if next.is_some_and(|next| TcpListener::bind((Ipv4Addr::UNSPECIFIED, next)).is_ok()) {
            return Ok(port);
        }
    }
}

/// Whether a process listens on all these ports: what Linux says of its sockets.
fn listens(process: u32, ports: [u16; 2]) -> bool {
    let own: Vec<String> = fs::read_dir(format!("/proc/{process}/fd"))
        .into_iter()
        .flatten()
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|target| {
            Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    ports.iter().all(|port| {
        sockets.lines().any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            // Local address, state (0A: listening) and inode; see proc_net_tcp of Linux.
            let [_, local, _, "0A", _, _, _, _, _, inode, ..] = words.as_slice() else {
                return false;
            };
            local.ends_with(&format!(":{port:04X}")) && own.iter().any(|one| one == inode)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_its_reader_or_says_what_is_missing_and_ends_with_its_owner() {
        let service = PrivateService::start().unwrap_or_else(|error| panic!("{error}"));
        let process = format!("/proc/{}", service.process());
        assert!(service.socket().exists() && Path::new(&process).exists());
        std::net::TcpStream::connect(service.slot()).unwrap();
        let socket = service.socket();
        drop(service);
        assert!(!socket.exists() && !Path::new(&process).exists());
    }

    #[test]
    fn a_port_that_somebody_else_has_is_noticed() {
        let port = two_free_ports().unwrap();
        let _somebody = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port + 1)).unwrap();
        let error = PrivateService::start_at(port).err().expect("no reader");
        assert!(matches!(error, CardHostError::Service(_)), "{error}");
    }
}
