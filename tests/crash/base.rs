//! Where a book is kept: a SQLite file of the authority's directory, or a data base of its own.

use std::process::Command;

use crate::settings::Base;

/// The place of one book.
pub struct Shelf {
    server: Option<(String, String)>,
}

impl Shelf {
    pub fn make(base: Base) -> Self {
        if base == Base::Sqlite {
            return Self { server: None };
        }
        let server = std::env::var("AKASHI_TEST_POSTGRES").expect("the settings looked for it");
        let name = format!("crash_{}", hex::encode(rand::random::<[u8; 8]>()));
        psql(&server, &format!("CREATE DATABASE {name}"));
        Self { server: Some((server, name)) }
    }

    /// The address of the book.
    pub fn address(&self) -> String {
        let Some((server, name)) = &self.server else { return "sqlite:book.sqlite".into() };
        let (address, query) = server.split_once('?').unwrap_or((server, ""));
        let (host, _) = address.rsplit_once('/').expect("a URL with a data base");
        format!("{host}/{name}?{query}")
    }

    /// Clears it away.
    pub fn clear(self) {
        if let Some((server, name)) = &self.server {
            psql(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn psql(server: &str, sql: &str) {
    let psql = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--command", sql, server])
        .output()
        .expect("psql is installed");
    assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
}
