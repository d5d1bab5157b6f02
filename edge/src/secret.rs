//! Where secrets come from: a file, a credential of the service manager, a variable or a prompt; never the command line,
//! which every other program of the machine can read.

use std::path::{Path, PathBuf};

use akashi_keys::{KeyError, Passphrase};
use zeroize::Zeroizing;

/// Why a secret was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the file {file} with the {what} cannot be read: {source}")]
    File {
        /// Which secret.
        what: &'static str,
        /// Which file.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The program cannot be started anew without it in its environment.
    #[error("the program cannot be started anew without its secret in the environment: {source}")]
    Environment {
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Whoever watches over this program gave none.
    #[error("the {what} did not come by standard input: `akashi up` gives it there")]
    Watcher {
        /// Which secret.
        what: &'static str,
    },
    /// Nobody is there to be asked.
    #[error(
        "the {what} is needed: give it in a file (--{option}), as the systemd credential {credential}, in the variable {variable}, or at a terminal",
        credential = credential_of(option)
    )]
    Nobody {
        /// Which secret.
        what: &'static str,
        /// The option that names a file.
        option: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// A new secret was typed twice, and not the same.
    #[error("the two entries of the {what} are not the same: nothing was changed; begin again")]
    Differ {
        /// Which secret.
        what: &'static str,
    },
    /// What the file holds is no text.
    #[error("the file {file} with the {what} is no text: save it as UTF-8")]
    NoText {
        /// Which secret.
        what: &'static str,
        /// Which file.
        file: String,
    },
    /// A new secret is too short to protect anything.
    #[error(
        "the {what} has {characters} characters, and needs {least} at least: nothing was changed"
    )]
    Short {
        /// Which secret.
        what: &'static str,
        /// How many it has.
        characters: usize,
        /// How many it needs.
        least: usize,
    },
    /// A new password of a token has a character that no PKCS#12 file can have (RFC 7292 appendix B.1: BMPString).
    #[error(
        "the {what} has the character “{character}”, which other programs cannot be given: choose another; nothing was changed"
    )]
    Character {
        /// Which secret.
        what: &'static str,
        /// Which character.
        character: char,
    },
    /// It protects nothing.
    #[error(transparent)]
    Unfit(#[from] KeyError),
}

/// The most octets of a secret: as many as a pipe takes at once.
const LONGEST: usize = 4096;

/// One secret of the program.
#[derive(Debug, Clone, Copy)]
pub struct Secret {
    /// For people.
    pub what: &'static str,
    /// The option that names a file with it.
    pub option: &'static str,
    /// The variable that may hold it.
    pub variable: &'static str,
    /// What whoever chooses a new one has to keep, in the prompt.
    pub rule: &'static str,
    /// The fewest characters of a new one.
    pub least: usize,
}

/// Opens the authority's keys.
pub const PASSPHRASE: Secret = Secret {
    what: "passphrase of the authority's keys",
    option: "passphrase-file",
    variable: "AKASHI_PASSPHRASE",
    rule: "at least 12 characters",
    least: Passphrase::MIN,
};

/// Opens the keys that are handed out to a program.
pub const HAND_OUT: Secret = Secret {
    what: "passphrase of the hand-out",
    option: "hand-out-passphrase-file",
    variable: "AKASHI_HAND_OUT_PASSPHRASE",
    rule: "at least 12 characters",
    least: Passphrase::MIN,
};

/// Opens an officer's token.
pub const TOKEN_PASSWORD: Secret = Secret {
    what: "password of the token",
    option: "password-file",
    variable: "AKASHI_TOKEN_PASSWORD",
    rule: "at least 8 characters",
    least: 8,
};

/// Opens a terminal's key.
pub const TERMINAL_PASSWORD: Secret = Secret {
    what: "password of the terminal's key",
    option: "terminal-password-file",
    variable: "AKASHI_TERMINAL_PASSWORD",
    rule: "at least 8 characters",
    least: 8,
};

/// Opens the municipality's PKCS#11 token.
pub const PKCS11_PIN: Secret = Secret {
    what: "PIN of the municipality's token",
    option: "pkcs11-pin-file",
    variable: "AKASHI_PKCS11_PIN",
    rule: "as the token has it",
    least: 1,
};

/// The resident's signing PIN, for the desk on the command line.
pub const PIN: Secret = Secret {
    what: "signing PIN",
    option: "pin-file",
    variable: "AKASHI_PIN",
    rule: "4 to 16 capital letters and digits",
    // Its own rules say more of it.
    least: 0,
};

/// The signing PIN that takes its place.
pub const NEW_PIN: Secret = Secret {
    what: "new signing PIN",
    option: "new-pin-file",
    variable: "AKASHI_NEW_PIN",
    rule: "4 to 16 capital letters and digits",
    // Its own rules say more of it.
    least: 0,
};

/// Every secret that may come by a variable.
const ALL: [Secret; 7] =
    [PASSPHRASE, HAND_OUT, TOKEN_PASSWORD, TERMINAL_PASSWORD, PKCS11_PIN, PIN, NEW_PIN];

impl Secret {
    /// Reads the secret: from the file where one is given, else from the credential that the service manager lays down
    /// under its name (systemd.exec(5), `LoadCredential=`), else from the variable, else by asking.
    /// How another system begins and ends a file is no part of it.
    pub fn read(self, file: Option<&Path>) -> Result<String, SecretError> {
        let text = match self.given(file)? {
            Some(text) => text,
            None => self.prompt("")?,
        };
        // Who counts what is given counts nothing too, and it is no try of anybody's.
        let is_counted = [PKCS11_PIN.what, PIN.what].contains(&self.what);
        match is_counted && text.is_empty() {
            true => Err(SecretError::Short { what: self.what, characters: 0, least: 1 }),
            false => Ok(text),
        }
    }

    /// The same for a secret that is new, and must be long enough: at a terminal it is asked for twice, since nobody
    /// sees what is typed, and what it has to keep is said.
    pub fn read_new(self, file: Option<&Path>) -> Result<String, SecretError> {
        let new = match self.given(file)? {
            Some(text) => text,
            None => {
                let new = if self.what.starts_with("new ") { "" } else { "new, " };
                let text = self.prompt(&format!(" ({new}{})", self.rule))?;
                if text != self.prompt(" once more")? {
                    return Err(SecretError::Differ { what: self.what });
                }
                text
            }
        };
        let (what, least, characters) = (self.what, self.least, new.chars().count());
        if characters < least {
            return Err(SecretError::Short { what, characters, least });
        }
        match new.chars().find(|one| !self.may_hold(*one)) {
            Some(character) => Err(SecretError::Character { what, character }),
            None => Ok(new),
        }
    }

    /// Whether a new one may have this character: the password of a token is a BMPString.
    fn may_hold(self, one: char) -> bool {
        let is_of_a_token = [TOKEN_PASSWORD.what, TERMINAL_PASSWORD.what].contains(&self.what);
        !is_of_a_token || u32::from(one) < 0xffff
    }

    /// The secret of the file or of the variable.
    fn given(self, file: Option<&Path>) -> Result<Option<String>, SecretError> {
        let credential = self.credential();
        let text = match (file.or(credential.as_deref()), std::env::var(self.variable)) {
            (Some(file), _) => {
                let name = file.display().to_string();
                let octets = std::fs::read(file).map_err(|source| SecretError::File {
                    what: self.what,
                    file: name.clone(),
                    source,
                })?;
                text_of(octets).ok_or(SecretError::NoText { what: self.what, file: name })?
            }
            (None, Ok(text)) => text,
            (None, Err(_)) => return Ok(None),
        };
        // What it was cut out of is wiped.
        Ok(Some(one_line(&Zeroizing::new(text))))
    }

    /// Where the service manager has laid it down, if it has.
    fn credential(self) -> Option<PathBuf> {
        let dir = std::env::var_os("CREDENTIALS_DIRECTORY")?;
        let file = Path::new(&dir).join(credential_of(self.option));
        file.exists().then_some(file)
    }

    /// Asks at the terminal, without an echo.
    fn prompt(self, more: &str) -> Result<String, SecretError> {
        let Self { what, option, variable, .. } = self;
        rpassword::prompt_password(format!("{what}{more}: ")).map_err(|_| SecretError::Nobody {
            what,
            option,
            variable,
        })
    }

    /// Reads a passphrase that is long enough to protect keys.
    pub fn read_passphrase(self, file: Option<&Path>) -> Result<Passphrase, SecretError> {
        Ok(Passphrase::new(self.read(file)?)?)
    }

    /// The same for keys that are made now.
    pub fn read_new_passphrase(self, file: Option<&Path>) -> Result<Passphrase, SecretError> {
        Ok(Passphrase::new(self.read_new(file)?)?)
    }

    /// The passphrase that whoever watches over this program gives it: the first line of its standard input, of which no
    /// octet more is read.
    pub fn from_watcher(self) -> Result<Passphrase, SecretError> {
        let none = SecretError::Watcher { what: self.what };
        let (mut line, mut octet) = (Zeroizing::new(Vec::with_capacity(LONGEST)), [0]);
        loop {
            match rustix::io::read(std::io::stdin(), &mut octet) {
                Ok(1) if octet == *b"\n" => break,
                Ok(1) if line.len() < LONGEST => line.push(octet[0]),
                Err(rustix::io::Errno::INTR) => {}
                _ => return Err(none),
            }
        }
        let text = std::str::from_utf8(&line).map_err(|_| none)?;
        // Whoever watches may hand a file of another system on.
        Ok(Passphrase::new(one_line(&Zeroizing::new(format!("{text}\n"))))?)
    }

    /// Where the environment holds this secret, or another one of ours, starts this program anew without them: what
    /// stands in an environment is read by whoever may look at the process, for as long as that lives. Where no file was
    /// named, the new one reads this one from a pipe, by `--OPTION /dev/fd/N`. Returns where there is nothing to do.
    ///
    /// # Errors
    /// Where the program cannot be started anew.
    pub fn leave_the_environment(self, file: Option<&Path>) -> std::io::Result<()> {
        use std::io::Write;
        use std::os::fd::AsRawFd;
        use std::os::unix::process::CommandExt;

        let is_set = |secret: &&Self| std::env::var_os(secret.variable).is_some();
        if !ALL.iter().any(|secret| is_set(&secret)) {
            return Ok(());
        }
        let mut arguments = std::env::args_os();
        let mut anew = std::process::Command::new("/proc/self/exe");
        anew.arg0(arguments.next().unwrap_or_default()).args(arguments);
        for secret in &ALL {
            anew.env_remove(secret.variable);
        }
        let is_elsewhere = file.is_some() || self.credential().is_some();
        let given = std::env::var(self.variable).ok().filter(|_| !is_elsewhere);
        let Some(secret) = given else { return Err(anew.exec()) };
        let (reader, writer) = rustix::pipe::pipe()?;
        rustix::io::fcntl_setfd(&writer, rustix::io::FdFlags::CLOEXEC)?;
        if secret.len() > LONGEST {
            return Err(std::io::Error::other("the secret in the environment is too long"));
        }
        std::fs::File::from(writer).write_all(secret.as_bytes())?;
        anew.arg(format!("--{}", self.option)).arg(format!("/dev/fd/{}", reader.as_raw_fd()));
        Err(anew.exec())
    }
}

/// The name of a credential: that of the option without its end.
fn credential_of(option: &str) -> &str {
    option.strip_suffix("-file").unwrap_or(option)
}

/// The text of a file, as whichever system wrote it: UTF-8, or UTF-16 with its mark.
pub fn text_of(octets: Vec<u8>) -> Option<String> {
    let wide = |units: &mut dyn Iterator<Item = u16>| char::decode_utf16(units).collect();
    // Both copies are wiped where one of them is what is given back.
    let octets = Zeroizing::new(octets);
    let pairs = |octets: &[u8]| -> Zeroizing<Vec<[u8; 2]>> {
        Zeroizing::new(octets.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
    };
    let text: Result<String, _> = match &octets[..] {
        [0xff, 0xfe, rest @ ..] if rest.len() % 2 == 0 => {
            wide(&mut pairs(rest).iter().copied().map(u16::from_le_bytes))
        }
        [0xfe, 0xff, rest @ ..] if rest.len() % 2 == 0 => {
            wide(&mut pairs(rest).iter().copied().map(u16::from_be_bytes))
        }
        plain => return std::str::from_utf8(plain).ok().map(str::to_owned),
    };
    text.ok()
}

/// Without the mark with which some systems begin a file, and without one end of line, of any system.
fn one_line(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    text.to_owned()
}

/// From here on this process leaves no memory behind where it breaks off, also where the system hands it to a program:
/// its keys would lie in the file. Nor does another process of the same user look into it (prctl(2), PR_SET_DUMPABLE).
pub fn leave_no_core() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // Where the system does not let it be set, it lets it be no higher either.
    let _ = setrlimit(Resource::Core, none);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_has_secrets_leaves_no_core_and_lets_none_look_into_it() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        leave_no_core();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
    }

    #[test]
    fn a_file_of_any_system_holds_the_same_secret() {
        let secret = "明 a secret with a space ";
        let wide = |octets: fn(u16) -> [u8; 2], mark: [u8; 2], text: &str| {
            mark.into_iter().chain(text.encode_utf16().flat_map(octets)).collect::<Vec<u8>>()
        };
        for octets in [
            secret.as_bytes().to_vec(),
            format!("{secret}\n").into_bytes(),
            format!("{secret}\r\n").into_bytes(),
            format!("\u{feff}{secret}\r\n").into_bytes(),
            wide(u16::to_le_bytes, [0xff, 0xfe], &format!("{secret}\r\n")),
            wide(u16::to_be_bytes, [0xfe, 0xff], secret),
        ] {
            assert_eq!(
                text_of(octets.clone()).as_deref().map(one_line).as_deref(),
                Some(secret),
                "{octets:?}"
            );
        }
        // One end of line, and no more: a secret may end with one.
        assert_eq!(one_line("a\n\n"), "a\n");
        assert_eq!(one_line("a\r"), "a\r");
        assert_eq!(text_of(vec![0xff, 0xfe, 0x41]), None);
        assert_eq!(text_of(vec![0x80]), None);
    }

    #[test]
    fn a_new_secret_that_is_too_short_is_none_wherever_it_comes_from() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        for (secret, text) in
            [(TOKEN_PASSWORD, ""), (TOKEN_PASSWORD, "seven c"), (PASSPHRASE, "eleven char")]
        {
            std::fs::write(&file, text).unwrap();
            let refused = secret.read_new(Some(&file));
            assert!(matches!(refused, Err(SecretError::Short { .. })), "{refused:?}");
            assert_eq!(secret.read(Some(&file)).unwrap(), text, "one that is in use is read");
        }
        std::fs::write(&file, "eight ch").unwrap();
        assert_eq!(TOKEN_PASSWORD.read_new(Some(&file)).unwrap(), "eight ch");
    }

    #[test]
    fn a_new_password_of_a_token_is_one_that_other_programs_can_be_given() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        std::fs::write(&file, "合言葉は🏯です、十二文字です").unwrap();
        for secret in [TOKEN_PASSWORD, TERMINAL_PASSWORD] {
            let refused = secret.read_new(Some(&file)).unwrap_err();
            assert!(matches!(refused, SecretError::Character { character: '🏯', .. }), "{refused}");
        }
        assert!(PASSPHRASE.read_new(Some(&file)).is_ok(), "which opens no PKCS#12 file");
        std::fs::write(&file, "合言葉は城です、八文字").unwrap();
        assert!(TOKEN_PASSWORD.read_new(Some(&file)).is_ok());
    }
}
