//! A client of a mutual TLS door without manners: octets through `openssl s_client`, which is no
//! part of this project.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use akashi_link::Identity;
use der::pem::{LineEnding, encode_string};

use crate::wire::{Reply, replies};

/// A link that is open until it is dropped.
pub struct Link {
    openssl: Child,
    /// The key and the certificate, for as long as openssl may read them.
    _dir: tempfile::TempDir,
}

impl Link {
    /// Opens a link as this party. Whether the handshake succeeds shows later.
    pub fn open(address: SocketAddr, identity: &Identity) -> Self {
        Self::open_with(address, Some(identity), &[])
    }

    /// The same with more of openssl's options; a stranger has no certificate.
    pub fn open_with(address: SocketAddr, who: Option<&Identity>, options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("openssl");
        command.args(["s_client", "-quiet", "-connect", &address.to_string()]).args(options);
        if let Some(who) = who {
            for (option, label, octets) in [
                ("-cert", "CERTIFICATE", &who.certificate[..]),
                ("-key", "PRIVATE KEY", &who.key),
                ("-CAfile", "CERTIFICATE", &who.authority),
            ] {
                let file = dir.path().join(option);
                std::fs::write(&file, encode_string(label, LineEnding::LF, octets).unwrap())
                    .unwrap();
                command.arg(option).arg(file);
            }
        }
        let openssl = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is installed");
        Self { openssl, _dir: dir }
    }

    /// Writes octets. Whoever was cut off does not notice.
    pub fn write(&mut self, octets: &[u8]) {
        let stdin = self.openssl.stdin.as_mut().expect("open");
        let _ = stdin.write_all(octets).and_then(|()| stdin.flush());
    }

    /// Whether the server ends the link within this time.
    pub fn ends_within(&mut self, time: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < time {
            if self.openssl.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    /// Everything that was answered, once the server has ended the link within this time.
    pub fn replies_within(mut self, time: Duration) -> Option<Vec<Reply>> {
        let mut stdout = self.openssl.stdout.take().expect("open");
        let reading = std::thread::spawn(move || {
            let mut octets = Vec::new();
            let _ = stdout.read_to_end(&mut octets);
            octets
        });
        let ended = self.ends_within(time);
        drop(self);
        let octets = reading.join().unwrap();
        ended.then(|| replies(&octets))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = self.openssl.kill();
        let _ = self.openssl.wait();
    }
}
