//! A program of the authority, and its hand-out: a directory with the configuration, the keys and the certificates that
//! this program needs, and nothing more.

use std::path::{Path, PathBuf};

use akashi_keys::{KeyError, Passphrase, write_durably};

use crate::config::{Config, FILE, LedgerRole, Logins};
use crate::{OpenError, Opened};

/// Where the hand-outs of this host lie, in the authority's directory.
const PROGRAMS: &str = "programs";

/// One of the authority's programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// `akashi-ca`.
    Authority,
    /// `akashi-crl`.
    ListIssuer,
    /// `akashi-ocsp`.
    Responder,
    /// `akashi-repository`.
    Repository,
    /// `akashi-holders-door`.
    HoldersDoor,
}

impl Program {
    /// All of them, in the order in which they are started: the others ask the authority.
    pub const ALL: [Self; 5] =
        [Self::Authority, Self::ListIssuer, Self::Responder, Self::Repository, Self::HoldersDoor];

    /// Its name, as its directory has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::ListIssuer => "list_issuer",
            Self::Responder => "responder",
            Self::Repository => "repository",
            Self::HoldersDoor => "holders_door",
        }
    }

    /// The name of its file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Authority => "akashi-ca",
            Self::ListIssuer => "akashi-crl",
            Self::Responder => "akashi-ocsp",
            Self::Repository => "akashi-repository",
            Self::HoldersDoor => "akashi-holders-door",
        }
    }

    /// The names of its keys.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Authority => &[
                "ca",
                "cards",
                "contents",
                "envelope",
                "link",
                "log",
                "registry_client",
                "scheduler",
                "server",
                "vault",
            ],
            Self::ListIssuer => &["ca", "list_issuer"],
            Self::Responder => &["ocsp", "responder"],
            Self::Repository => &["repository"],
            Self::HoldersDoor => &["holders_door"],
        }
    }

    /// The names of the certificates that it reads; that of the authority tells whose book is its own.
    pub fn certificates(self) -> &'static [&'static str] {
        match self {
            Self::Authority => &[
                "ca",
                "envelope",
                "link",
                "log",
                "recovery",
                "registry_client",
                "scheduler",
                "server",
            ],
            Self::ListIssuer => &["ca", "link", "list_issuer"],
            Self::Responder => &["ca", "link", "responder"],
            Self::Repository => &["ca", "link", "repository"],
            Self::HoldersDoor => &["holders_door", "link"],
        }
    }

    /// In what role it opens the book; none where it opens none.
    pub fn ledger_role(self) -> Option<LedgerRole> {
        match self {
            Self::Authority => Some(LedgerRole::Authority),
            Self::ListIssuer => Some(LedgerRole::ListIssuer),
            Self::Responder => Some(LedgerRole::Responder),
            Self::Repository => Some(LedgerRole::Repository),
            Self::HoldersDoor => None,
        }
    }
}

impl Config {
    /// The programs of this authority, in the order in which they are started.
    pub fn programs(&self) -> impl Iterator<Item = Program> {
        let has_holders = self.listen.holders.is_some();
        Program::ALL.into_iter().filter(move |one| has_holders || *one != Program::HoldersDoor)
    }

    /// What one program is told of this configuration: the address of its own login, if it opens the book, and no part
    /// that is another's trade. `home` is the authority's own directory where that program will run.
    pub fn of(&self, program: Program, home: PathBuf) -> Self {
        let own = program.ledger_role().and_then(|role| self.login(role).or(self.ledger.as_ref()));
        let part = |whose: Program, part: &toml::Table| match whose == program {
            true => part.clone(),
            false => toml::Table::new(),
        };
        Self {
            ledger: own.cloned(),
            home: Some(home),
            listen: self.listen.clone(),
            registry: self.registry.clone(),
            rules: part(Program::Authority, &self.rules),
            alarms: part(Program::Authority, &self.alarms),
            crl: part(Program::ListIssuer, &self.crl),
            repository: part(Program::Repository, &self.repository),
            doors: self.doors.clone(),
            operators: self.operators,
            clock: self.clock,
            log: self.log,
            logins: Logins::default(),
        }
    }
}

impl Opened {
    /// Makes `to` the hand-out of a program, closed with this passphrase; said again it brings it up to date. `home` is
    /// the authority's own directory where that program will run.
    ///
    /// # Errors
    /// Where a key or a certificate that the program needs is not here, and where nothing can be written.
    pub fn hand_out(
        &self,
        program: Program,
        to: &Path,
        (passphrase, home): (&Passphrase, PathBuf),
    ) -> Result<(), OpenError> {
        let failed = |source| KeyError::File { file: to.into(), source };
        // With its parents, and for its owner's eyes alone.
        use std::os::unix::fs::DirBuilderExt;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(to);
        made.map_err(failed)?;
        self.custody.hand_out(program.keys(), &to.join("keys"), passphrase)?;
        let certificates = to.join("certificates");
        std::fs::create_dir_all(&certificates).map_err(failed)?;
        for name in program.certificates() {
            write_changed(&certificates.join(format!("{name}.der")), &self.certificate(name)?)?;
        }
        let config = self.config.of(program, home).to_text();
        write_changed(&to.join(FILE), config.as_bytes())?;
        Ok(())
    }

    /// The same on this host, where the passphrase is kept in the custody: gives where it lies, and what opens it.
    pub fn hand_out_here(&self, program: Program) -> Result<(PathBuf, Passphrase), OpenError> {
        let passphrase = self.custody.ring(program.name())?;
        let failed = |source| KeyError::File { file: self.home.clone(), source };
        let home = std::path::absolute(&self.home).map_err(failed)?;
        let to = home.join(PROGRAMS).join(program.name());
        self.hand_out(program, &to, (&passphrase, home))?;
        Ok((to, passphrase))
    }
}

/// Writes a file whose octets are others.
fn write_changed(file: &Path, octets: &[u8]) -> Result<(), KeyError> {
    match std::fs::read(file).is_ok_and(|there| there == octets) {
        true => Ok(()),
        false => write_durably(file, octets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_the_address_of_its_own_login_and_no_part_that_is_anothers_trade() {
        let text = r#"
            ledger = "postgres://all@db/book"
            [listen]
            authority = "127.0.0.1:1"
            ocsp = "127.0.0.1:2"
            ocsp_link = "127.0.0.1:3"
            repository = "127.0.0.1:4"
            repository_link = "127.0.0.1:5"
            [registry]
            url = "https://127.0.0.1:6"
            [rules]
            fee_yen = 500
            [crl]
            retry = "PT2S"
            [repository]
            keep = 3
            [logins]
            list_issuer = "postgres://lists@db/book"
            responder = "postgres://ocsp@db/book"
        "#;
        let config: Config = toml::from_str(text).unwrap();
        let of = |program| config.of(program, "/home".into());
        let logins = [Some("all"), Some("lists"), Some("ocsp"), Some("all"), None];
        for (program, login) in Program::ALL.into_iter().zip(logins) {
            let told = of(program);
            let login = login.map(|login| format!("postgres://{login}@db/book"));
            let addresses = told.to_text().matches("postgres://").count();
            assert_eq!(addresses, usize::from(login.is_some()), "{program:?}");
            assert_eq!(told.ledger, login, "{program:?}");
            assert_eq!(told.home(Path::new("/elsewhere")), Path::new("/home"));
            assert_eq!(toml::from_str::<Config>(&told.to_text()).unwrap(), told);
            let parts = [!told.rules.is_empty(), !told.crl.is_empty(), !told.repository.is_empty()];
            let own = match program {
                Program::Authority => [true, false, false],
                Program::ListIssuer => [false, true, false],
                Program::Responder | Program::HoldersDoor => [false, false, false],
                Program::Repository => [false, false, true],
            };
            assert_eq!(parts, own, "{program:?}");
        }
    }
}
