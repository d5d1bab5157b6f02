//! `akashi.toml`: the configuration of one authority, checked as a whole when it is read.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::doors::DoorSettings;
use crate::hand_out::Program;
use crate::log::LogSettings;

/// The name of the file in the authority's directory.
pub const FILE: &str = "akashi.toml";

/// Everything that an operator may set. What stands in certificates is not here: it was fixed when
/// the authority was made, and is kept in the book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite:PATH` (in the home where PATH is relative) or `postgres://…`; absent in the hand-out of a program that
    /// opens no book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<String>,
    /// The authority's own directory: where its book, its lists, what is published and the keys of content lie. The
    /// directory of this file when absent, as in the one that `akashi init` makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<PathBuf>,
    /// Where the services listen.
    pub listen: Listen,
    /// The registry that the authority asks.
    pub registry: Registry,
    /// What the law and the sources leave open; the authority's room knows its keys.
    #[serde(default)]
    pub rules: toml::Table,
    /// Who is told of alarms; the authority's room knows its keys.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub alarms: toml::Table,
    /// How often CRLs are made; the CRL issuer's room knows its keys.
    #[serde(default)]
    pub crl: toml::Table,
    /// For how long what is published may be kept; the repository's room knows its keys.
    #[serde(default)]
    pub repository: toml::Table,
    /// How much the doors take.
    #[serde(default)]
    pub doors: DoorSettings,
    /// Where programs say how they are, beside their sockets.
    #[serde(default, skip_serializing_if = "OperatorAddresses::is_empty")]
    pub operators: OperatorAddresses,
    /// What is believed of the machine's clock.
    #[serde(default)]
    pub clock: ClockSettings,
    /// How the log is written.
    #[serde(default)]
    pub log: LogSettings,
    /// PostgreSQL: addresses with a login for one role alone.
    #[serde(default, skip_serializing_if = "Logins::is_empty")]
    pub logins: Logins,
}

/// In what role a program opens the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerRole {
    /// The authority, at the address `ledger`.
    Authority,
    /// The CRL issuer.
    ListIssuer,
    /// The OCSP responder.
    Responder,
    /// The repository.
    Repository,
    /// The commands that only read it: `akashi audit`, `clock`, `lint`, `identity`, `recovery`.
    Verifier,
}

impl LedgerRole {
    /// The address that a variable gives a program in this role.
    pub fn told_by_variable(self) -> Option<String> {
        let own = Logins::default().of(self).and_then(|(variable, _)| std::env::var(variable).ok());
        own.or_else(|| std::env::var("AKASHI_LEDGER").ok())
    }
}

/// Addresses in the place of `ledger`, each `postgres://…` with the login of one role: what that login may not
/// do, the role's program cannot, whoever has taken it over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logins {
    /// The CRL issuer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_issuer: Option<String>,
    /// The OCSP responder's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responder: Option<String>,
    /// The repository's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Of whatever only reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verifier: Option<String>,
}

impl Logins {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A role's own address, with the variable that goes before it.
    fn of(&self, role: LedgerRole) -> Option<(&'static str, Option<&String>)> {
        match role {
            LedgerRole::Authority => None,
            LedgerRole::ListIssuer => {
                Some(("AKASHI_LEDGER_LIST_ISSUER", self.list_issuer.as_ref()))
            }
            LedgerRole::Responder => Some(("AKASHI_LEDGER_RESPONDER", self.responder.as_ref())),
            LedgerRole::Repository => Some(("AKASHI_LEDGER_REPOSITORY", self.repository.as_ref())),
            LedgerRole::Verifier => Some(("AKASHI_LEDGER_VERIFIER", self.verifier.as_ref())),
        }
    }
}

/// `[operators]`: addresses at which programs say how they are. Nobody listens where there is none; the list issuer
/// has a socket and no address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorAddresses {
    /// The authority's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<SocketAddr>,
    /// The responder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder: Option<SocketAddr>,
    /// The repository's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<SocketAddr>,
    /// Of the door for holders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holders: Option<SocketAddr>,
}

impl OperatorAddresses {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// That of a program.
    pub fn of(&self, program: Program) -> Option<SocketAddr> {
        match program {
            Program::Authority => self.authority,
            Program::Responder => self.responder,
            Program::Repository => self.repository,
            Program::HoldersDoor => self.holders,
            Program::ListIssuer => None,
        }
    }
}

/// Whether it is an address on a PostgreSQL server.
fn is_postgres(address: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme))
}

/// What is believed of the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockSettings {
    /// In another life of the machine: a clock that says that more time passed since the newest entry of the
    /// book needs a witness.
    pub longest_stop_minutes: u32,
}

impl Default for ClockSettings {
    fn default() -> Self {
        Self { longest_stop_minutes: 60 }
    }
}

impl ClockSettings {
    /// The same, as a length of time.
    pub fn longest_stop(&self) -> Duration {
        Duration::from_secs(60 * u64::from(self.longest_stop_minutes))
    }
}

/// Where each service listens: address and port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Officers and sources, mutual TLS.
    pub authority: SocketAddr,
    /// OCSP, plain; its address stands in certificates.
    pub ocsp: SocketAddr,
    /// OCSP for agencies, mutual TLS.
    pub ocsp_link: SocketAddr,
    /// CRLs and the authority's certificate, plain; its address stands in certificates.
    pub repository: SocketAddr,
    /// The same for agencies, mutual TLS.
    pub repository_link: SocketAddr,
    /// Holders' applications, plain: each is signed with the card. Nowhere when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holders: Option<SocketAddr>,
}

/// The registry, as the authority reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// `https://HOST:PORT`, without a slash at the end.
    pub url: String,
}

/// Why a configuration is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file}: {source}. Is this the directory of an authority? `akashi init` makes one")]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{file}: {why}")]
    Form {
        /// Which file.
        file: PathBuf,
        /// What is wrong, with its line.
        why: String,
    },
    /// Values that do not go together.
    #[error("{file}: {why}")]
    Sense {
        /// Which file.
        file: PathBuf,
        /// What is wrong and what to do.
        why: &'static str,
    },
}

/// The most that `longest_stop_minutes` may be: a day.
const LONGEST_STOP: u32 = 24 * 60;

impl Config {
    /// Reads and checks the configuration of the authority in a directory.
    pub fn read(dir: &Path) -> Result<Self, ConfigError> {
        let file = dir.join(FILE);
        let text = std::fs::read_to_string(&file)
            .map_err(|source| ConfigError::Read { file: file.clone(), source })?;
        let config: Self = toml::from_str(&text)
            .map_err(|e| ConfigError::Form { file: file.clone(), why: e.to_string() })?;
        config.check().map_err(|why| ConfigError::Sense { file, why })?;
        Ok(config)
    }

    fn check(&self) -> Result<(), &'static str> {
        let ledger = self.ledger.as_deref();
        let sqlite = ledger.and_then(|ledger| ledger.strip_prefix("sqlite:"));
        let is_file = sqlite.is_some_and(|path| !path.is_empty());
        if !ledger.is_none_or(|ledger| is_file || is_postgres(ledger)) {
            return Err("`ledger` must be sqlite:PATH or postgres://USER@HOST/DATABASE");
        }
        let Logins { list_issuer, responder, repository, verifier } = &self.logins;
        let mut logins = [list_issuer, responder, repository, verifier].into_iter().flatten();
        if logins.any(|address| !is_postgres(address) || sqlite.is_some()) {
            return Err(
                "`[logins]` has addresses postgres://USER@HOST/DATABASE of the data base of \
                        `ledger`: a file (sqlite:PATH) knows no logins",
            );
        }
        // Which of the two is meant nobody can know: whoever has a login for a role wants it used.
        let unset = |role| {
            let told = self.logins.of(role);
            told.is_some_and(|(name, login)| login.is_some() && std::env::var_os(name).is_none())
        };
        let roles = [
            LedgerRole::ListIssuer,
            LedgerRole::Responder,
            LedgerRole::Repository,
            LedgerRole::Verifier,
        ];
        if std::env::var_os("AKASHI_LEDGER").is_some() && roles.into_iter().any(unset) {
            return Err(
                "AKASHI_LEDGER is set, and `[logins]` name addresses of their own: set AKASHI_LEDGER_LIST_ISSUER, \
                        _RESPONDER, _REPOSITORY and _VERIFIER as well, for each role that is named there",
            );
        }
        let listen = &self.listen;
        let ports: Vec<SocketAddr> = [
            listen.authority,
            listen.ocsp,
            listen.ocsp_link,
            listen.repository,
            listen.repository_link,
        ]
        .into_iter()
        .chain(listen.holders)
        .chain(Program::ALL.into_iter().filter_map(|one| self.operators.of(one)))
        .collect();
        let twice = (1..ports.len()).any(|n| ports[..n].contains(&ports[n]));
        if twice {
            return Err("two services in `[listen]` and `[operators]` have the same address");
        }
        if ports.iter().any(|address| address.port() == 0) {
            return Err("a port in `[listen]` is 0: addresses in certificates must not change");
        }
        self.doors.check()?;
        if self.clock.longest_stop_minutes > LONGEST_STOP {
            return Err(
                "`clock.longest_stop_minutes` must be 1440 or less: a clock that says that more than a day \
                        has passed wants a witness",
            );
        }
        if !self.registry.url.starts_with("https://") || self.registry.url.ends_with('/') {
            return Err("`registry.url` must be https://HOST:PORT without a slash at the end");
        }
        Ok(())
    }

    /// The address with a login for this role alone, where there is one.
    pub fn login(&self, role: LedgerRole) -> Option<&String> {
        self.logins.of(role)?.1
    }

    /// The authority's own directory, for the configuration in `dir`.
    pub fn home(&self, dir: &Path) -> PathBuf {
        match &self.home {
            Some(home) => dir.join(home),
            None => dir.into(),
        }
    }

    /// A room's own part, with its defaults; `name` is the part's heading, for the error.
    pub fn part<T: DeserializeOwned>(
        &self,
        name: &str,
        part: &toml::Table,
    ) -> Result<T, ConfigError> {
        T::deserialize(part.clone()).map_err(|e| ConfigError::Form {
            file: PathBuf::from(FILE),
            why: format!("[{name}]: {e}"),
        })
    }

    /// The ledger's address for a role, a relative SQLite path taken from the authority's own directory. The role's
    /// own variable goes before `AKASHI_LEDGER`, and both before the file: a password belongs into no file.
    ///
    /// # Errors
    /// [`ConfigError::Sense`] where none of them names one, as in the hand-out of a program that opens no book.
    pub fn ledger_address(&self, dir: &Path, role: LedgerRole) -> Result<String, ConfigError> {
        let login = self.logins.of(role).and_then(|(_, login)| login);
        let told = role.told_by_variable().or_else(|| login.or(self.ledger.as_ref()).cloned());
        let address = told.ok_or_else(|| ConfigError::Sense {
            file: dir.join(FILE),
            why: "`ledger` is missing: it must be sqlite:PATH or postgres://USER@HOST/DATABASE",
        })?;
        Ok(match address.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite:{}", self.home(dir).join(path).display()),
            None => address,
        })
    }

    /// The file's text, with a word on each part.
    pub fn to_text(&self) -> String {
        let table = toml::to_string(self).expect("a configuration is TOML");
        format!(
            "# Akashi: the configuration of one authority (docs/interfaces.md tells every key).\n\
             # What stands in certificates is not here: it was fixed by `akashi init`.\n\n{table}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        Config {
            ledger: Some("sqlite:book.sqlite".into()),
            home: None,
            listen: Listen {
                authority: at(1),
                ocsp: at(2),
                ocsp_link: at(3),
                repository: at(4),
                repository_link: at(5),
                holders: None,
            },
            registry: Registry { url: "https://127.0.0.1:6".into() },
            rules: toml::Table::new(),
            alarms: toml::Table::new(),
            crl: toml::Table::new(),
            repository: toml::Table::new(),
            doors: DoorSettings::default(),
            operators: OperatorAddresses::default(),
            clock: ClockSettings::default(),
            log: LogSettings::default(),
            logins: Logins::default(),
        }
    }

    #[test]
    fn a_role_has_the_address_of_its_own_login_and_the_others_the_ledgers() {
        let (all, own) =
            ("postgres://all@db/book".to_owned(), "postgres://ocsp@db/book".to_owned());
        let logins = Logins { responder: Some(own.clone()), ..Logins::default() };
        let config = Config { ledger: Some(all.clone()), logins: logins.clone(), ..config() };
        assert_eq!(config.check(), Ok(()));
        assert_eq!(toml::from_str::<Config>(&config.to_text()).unwrap(), config);
        let address = |role| config.ledger_address(Path::new("/dir"), role).unwrap();
        assert_eq!(address(LedgerRole::Responder), own);
        for role in [LedgerRole::Authority, LedgerRole::ListIssuer, LedgerRole::Verifier] {
            assert_eq!(address(role), all);
        }
        for bad in [
            Config { ledger: Some("sqlite:book.sqlite".into()), ..config.clone() },
            Config {
                logins: Logins { verifier: Some("sqlite:book".into()), ..logins },
                ..config.clone()
            },
        ] {
            assert!(bad.check().unwrap_err().contains("[logins]"));
        }
    }

    #[test]
    fn no_setting_has_a_clock_believed_that_is_days_ahead() {
        let with = |longest_stop_minutes| {
            let clock = ClockSettings { longest_stop_minutes };
            Config { clock, ..config() }.check()
        };
        assert_eq!(with(1440), Ok(()));
        assert!(with(1441).unwrap_err().contains("wants a witness"));
        assert!(with(u32::MAX).is_err());
    }

    #[test]
    fn a_configuration_reads_back_as_it_was_written() {
        let text = config().to_text();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config(), "{text}");
    }

    #[test]
    fn what_does_not_go_together_is_refused_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let mut twice = config();
        twice.listen.ocsp = twice.listen.authority;
        for (bad, word) in [
            (twice.to_text(), "same address"),
            (config().to_text().replace("sqlite:book.sqlite", "book"), "sqlite:PATH"),
            (config().to_text() + "\n[unknown]\n", "unknown"),
        ] {
            std::fs::write(dir.path().join(FILE), bad).unwrap();
            let error = Config::read(dir.path()).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert!(
            Config::read(Path::new("/nowhere")).unwrap_err().to_string().contains("akashi init")
        );
    }
}
