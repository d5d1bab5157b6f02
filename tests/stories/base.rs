//! A story's own data base on the PostgreSQL that the test command started, and copies of a story's book.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A data base of one story, gone with it.
pub struct Base {
    server: String,
    pub name: String,
}

impl Base {
    /// A new one.
    pub fn make() -> Self {
        Self::of("")
    }

    /// A new one with these properties.
    pub fn of(properties: &str) -> Self {
        let server = std::env::var("AKASHI_TEST_POSTGRES").expect(
            "this story needs PostgreSQL: run `make test`, or `tests/with-postgres cargo test`",
        );
        let name = format!("story_{}", hex::encode(rand::random::<[u8; 8]>()));
        let base = Self { server, name };
        base.psql(&format!("CREATE DATABASE {} {properties}", base.name));
        base
    }

    /// Where it is.
    pub fn url(&self) -> String {
        let (address, query) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (host, _) = address.rsplit_once('/').expect("a URL with a data base");
        format!("{host}/{}?{query}", self.name)
    }

    /// Says this to the server.
    pub fn psql(&self, sql: &str) {
        let psql = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--command", sql, &self.server])
            .output()
            .expect("psql is installed");
        assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
    }

    /// The address of a new login that is a member of this role of the data base and of no other.
    pub fn login(&self, role: &str) -> String {
        let login = format!("login_{}", hex::encode(rand::random::<[u8; 8]>()));
        self.psql(&format!("CREATE ROLE {login} LOGIN IN ROLE {role}"));
        self.url().replacen("akashi@", &format!("{login}@"), 1)
    }

    /// Who is connected.
    pub fn connected(&self) -> std::collections::BTreeSet<String> {
        let sql = format!(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = '{}'",
            self.name
        );
        let psql = Command::new("psql")
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", &sql, &self.server])
            .output()
            .expect("psql is installed");
        assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
        String::from_utf8(psql.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.psql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

/// A copy of a book as of one moment.
pub enum Backup {
    /// Of a file.
    Sqlite { book: PathBuf, copy: PathBuf },
    /// Of a data base.
    Postgres { name: String, server: String, url: String, copy: PathBuf },
}

impl Backup {
    /// Copies the book of the authority in this directory: its file, or its data base.
    pub fn of(authority: &Path, base: Option<&Base>) -> Self {
        let copy = authority.join("backup");
        match base {
            None => {
                let book = authority.join("book.sqlite");
                let sql = format!("VACUUM INTO '{}'", copy.display());
                done(Command::new("sqlite3").args(["-cmd", ".timeout 10000"]).arg(&book).arg(sql));
                // As everything that is kept of a book.
                fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
                Self::Sqlite { book, copy }
            }
            Some(base) => {
                done(Command::new("pg_dump").arg("--file").arg(&copy).arg(base.url()));
                let (name, server) = (base.name.clone(), base.server.clone());
                Self::Postgres { name, server, url: base.url(), copy }
            }
        }
    }

    /// Puts the copy in the place of the book, which nobody has open.
    pub fn restore(&self) {
        match self {
            Self::Sqlite { book, copy } => {
                for end in ["", "-wal", "-shm"] {
                    let _ = fs::remove_file(book.with_file_name(format!("book.sqlite{end}")));
                }
                fs::rename(copy, book).unwrap();
            }
            Self::Postgres { name, server, url, copy } => {
                for sql in [
                    format!("DROP DATABASE {name} WITH (FORCE)"),
                    format!("CREATE DATABASE {name}"),
                ] {
                    done(psql().args(["--command", &sql, server]));
                }
                done(psql().args(["--single-transaction", "--file"]).arg(copy).arg(url));
            }
        }
    }
}

/// Runs the client so that the first mistake ends it.
fn psql() -> Command {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]);
    psql
}

fn done(command: &mut Command) {
    let done = command.output().expect("the clients of the data bases are installed");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
