//! Where a book is kept: a SQLite file, or (`DB=postgres`) a data base of a PostgreSQL server.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A book, for as long as this lives.
pub struct Book {
    address: String,
    kept: Kept,
}

enum Kept {
    File(PathBuf),
    DataBase { server: String, name: String },
}

/// Every column of the chain, `hex(…)` of what is text or octets.
const CHAIN: &str = "SELECT position, version, at, quality, hex(actor), hex(verb), hex(subject), \
                     hex(cause), hex(commitment), hex(row_digest), hex(hash) FROM audit \
                     ORDER BY position";

impl Book {
    /// A place for a new book; `dir` is where a file of it would lie.
    pub fn new(dir: &Path) -> Self {
        match std::env::var("DB").as_deref() {
            Ok("postgres") => {
                let server = std::env::var("AKASHI_TEST_POSTGRES")
                    .expect("DB=postgres is run by tests/with-postgres");
                Self::data_base(server, "template0")
            }
            Ok("sqlite" | "") | Err(_) => Self::file(dir.join("book.sqlite")),
            Ok(other) => panic!("DB={other}: sqlite or postgres"),
        }
    }

    fn file(file: PathBuf) -> Self {
        Self { address: format!("sqlite:{}", file.display()), kept: Kept::File(file) }
    }

    fn data_base(server: String, template: &str) -> Self {
        let name = format!("simulate_{}", hex::encode(rand::random::<[u8; 8]>()));
        psql(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let (address, query) = server.split_once('?').unwrap_or((&server, ""));
        let (host, _) = address.rsplit_once('/').expect("a URL with a data base");
        let address = format!("{host}/{name}?{query}");
        Self { address, kept: Kept::DataBase { server, name } }
    }

    /// Its address, as a configuration has it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A copy of it as it is now, while nobody has it open.
    pub fn copied(&self, to: &Path) -> Self {
        match &self.kept {
            Kept::File(file) => {
                let copy = to.join("book.sqlite");
                std::fs::copy(file, &copy).expect("the book is copied");
                let log = file.with_extension("sqlite-wal");
                if log.exists() {
                    std::fs::copy(log, copy.with_extension("sqlite-wal")).expect("its log too");
                }
                Self::file(copy)
            }
            Kept::DataBase { server, name } => Self::data_base(server.clone(), name),
        }
    }

    /// Every entry of the chain as the tools of the data base read it: a line each, columns between `|`.
    pub fn chain(&self) -> String {
        let output = match &self.kept {
            Kept::File(file) => {
                Command::new("sqlite3").arg("-readonly").arg(file).arg(CHAIN).output()
            }
            Kept::DataBase { .. } => {
                let text = ["actor", "verb", "subject", "cause"].into_iter();
                let sql = text.fold(CHAIN.to_owned(), |sql, column| {
                    let octets = format!("encode(convert_to({column}, 'UTF8'), 'hex')");
                    sql.replace(&format!("hex({column})"), &octets)
                });
                let octets = ["commitment", "row_digest", "hash"].into_iter();
                let sql = octets.fold(sql, |sql, column| {
                    sql.replace(&format!("hex({column})"), &format!("encode({column}, 'hex')"))
                });
                Command::new("psql")
                    .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command"])
                    .args([sql.as_str(), &self.address])
                    .output()
            }
        };
        told(output.expect("sqlite3 and psql are installed"))
    }

    /// Which of these words stand anywhere in it. `dir` is a scratch directory.
    pub fn words(&self, words: &BTreeSet<&str>, dir: &Path) -> String {
        let (sought, dump) = (dir.join("sought"), dir.join("dump"));
        let (file, words): (&Path, Vec<String>) = match &self.kept {
            Kept::File(file) => (file, words.iter().map(ToString::to_string).collect()),
            Kept::DataBase { .. } => {
                // Octets stand there in hexadecimal digits.
                let mut all: Vec<String> = words.iter().map(ToString::to_string).collect();
                all.extend(words.iter().map(hex::encode));
                let output =
                    Command::new("pg_dump").arg("--file").arg(&dump).arg(&self.address).output();
                told(output.expect("pg_dump is installed"));
                (&dump, all)
            }
        };
        std::fs::write(&sought, words.join("\n")).expect("the directory can be written");
        let grep = Command::new("grep")
            .env("LC_ALL", "C")
            .args(["--text", "--fixed-strings", "--only-matching", "--max-count=1", "--file"])
            .args([&sought, file])
            .output()
            .expect("grep is installed");
        let searched = matches!(grep.status.code(), Some(0 | 1));
        assert!(searched, "{}", String::from_utf8_lossy(&grep.stderr));
        String::from_utf8_lossy(&grep.stdout).into_owned()
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        if let Kept::DataBase { server, name } = &self.kept
            && !std::thread::panicking()
        {
            psql(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn psql(server: &str, sql: &str) {
    let psql = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--command", sql, server])
        .output()
        .expect("psql is installed");
    told(psql);
}

fn told(output: std::process::Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
