//! PostgreSQL in the hand of a test: a server of its own that it may stop, and a console.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Runs statements at the console.
#[track_caller]
pub fn psql(base: &str, sql: &str) {
    let psql = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", sql, base])
        .stdout(Stdio::null())
        .output()
        .expect("psql is installed");
    assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
}

/// What a statement of one value answers.
#[track_caller]
pub fn asked(base: &str, sql: &str) -> String {
    said("psql", &["--no-psqlrc", "--tuples-only", "--no-align", "--command", sql, base])
}

/// A server in a directory of its own, without a TCP port unless it is asked for; gone with this value.
pub struct Server {
    dir: tempfile::TempDir,
    bin: PathBuf,
    /// The user whom it runs as: initdb refuses root.
    user: Option<String>,
    running: Option<Child>,
    /// At which TCP port of loopback it listens, where it does.
    port: Option<u16>,
    /// Its certificate and key, where it has TLS.
    tls: Option<[PathBuf; 2]>,
}

impl Server {
    /// Makes an empty one and starts it.
    pub fn make() -> Self {
        let user = (said("id", &["-u"]) == "0").then(|| {
            let known = Command::new("id").arg("postgres").output().unwrap().status.success();
            if known { "postgres" } else { "nobody" }.to_owned()
        });
        let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .expect("PostgreSQL is missing: run .ci/setup tests")
            .map(|version| version.unwrap().path().join("bin"))
            .collect();
        found.sort();
        let dir = tempfile::Builder::new().prefix("akashi-own-postgres-").tempdir().unwrap();
        let bin = found.pop().expect("a version of PostgreSQL");
        let mut server = Self { dir, bin, user, running: None, port: None, tls: None };
        if let Some(user) = &server.user {
            said("chown", &[user, server.dir.path().to_str().unwrap()]);
        }
        let data = server.data();
        let made = server
            .program("initdb")
            .args([
                "--username",
                "akashi",
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
            ])
            .args(["--pgdata", &data])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server.start();
        server
    }

    /// A hot standby of it: a copy that follows, and in which nothing can be written.
    pub fn standby(&self) -> Self {
        let dir = tempfile::Builder::new().prefix("akashi-standby-").tempdir().unwrap();
        if let Some(user) = &self.user {
            said("chown", &[user, dir.path().to_str().unwrap()]);
        }
        let (bin, user) = (self.bin.clone(), self.user.clone());
        let mut standby = Self { dir, bin, user, running: None, port: None, tls: None };
        let made = standby
            .program("pg_basebackup")
            .args(["--host", self.dir.path().to_str().unwrap(), "--username", "akashi"])
            .args(["--write-recovery-conf", "--checkpoint", "fast", "--pgdata", &standby.data()])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        standby.start();
        standby
    }

    /// The address of a book in it.
    pub fn url(&self) -> String {
        format!("postgres://akashi@localhost/postgres?host={}", self.dir.path().display())
    }

    /// Starts it anew at a free port of loopback, with this certificate and key in PEM.
    pub fn with_tls(&mut self, certificate: &str, key: &str) -> u16 {
        use std::os::unix::fs::PermissionsExt;
        self.tls = Some([("server.crt", certificate), ("server.key", key)].map(|(name, pem)| {
            let file = self.dir.path().join(name);
            std::fs::write(&file, pem).unwrap();
            // The server takes no key that others can read.
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            if let Some(user) = &self.user {
                said("chown", &[user, file.to_str().unwrap()]);
            }
            file
        }));
        self.at_a_port()
    }

    /// Starts it anew at a free port of loopback.
    pub fn at_a_port(&mut self) -> u16 {
        self.stop();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        self.port = Some(port);
        self.start();
        port
    }

    /// Starts it and waits until it takes connections.
    pub fn start(&mut self) {
        let (data, dir) = (self.data(), self.dir.path().to_str().unwrap().to_owned());
        let running = self
            .program("postgres")
            .args(["-D", &data, "-k", &dir, "-c", "shared_buffers=16MB"])
            .args(self.listening())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.running = Some(running);
        let until = Instant::now() + Duration::from_secs(20);
        let port = self.port.unwrap_or(5432).to_string();
        let ready = || {
            let asked = Command::new(self.bin.join("pg_isready"))
                .args(["-q", "-h", &dir, "-p", &port, "-U", "akashi"])
                .status();
            asked.unwrap().success()
        };
        while !ready() {
            assert!(Instant::now() < until, "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops it at once: connections are cut, what is open is rolled back.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            kill_process(Pid::from_child(&running), Signal::INT).unwrap();
            running.wait().unwrap();
        }
    }

    fn listening(&self) -> Vec<String> {
        let mut settings = match self.port {
            None => vec!["listen_addresses=".to_owned()],
            Some(port) => vec!["listen_addresses=127.0.0.1".to_owned(), format!("port={port}")],
        };
        if let Some([certificate, key]) = &self.tls {
            settings.push("ssl=on".to_owned());
            settings.push(format!("ssl_cert_file={}", certificate.display()));
            settings.push(format!("ssl_key_file={}", key.display()));
        }
        settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()
    }

    fn data(&self) -> String {
        self.dir.path().join("data").to_str().unwrap().to_owned()
    }

    fn program(&self, name: &str) -> Command {
        let program = self.bin.join(name);
        let mut command = match &self.user {
            None => Command::new(program),
            Some(user) => {
                let group = said("id", &["-g", user]);
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", &group, "--clear-groups"]).arg(program);
                command
            }
        };
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
