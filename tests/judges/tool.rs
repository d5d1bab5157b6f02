//! Running a foreign program.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

/// What a program said, and whether it was content.
#[derive(Debug)]
pub struct Said {
    /// It ended with 0.
    pub content: bool,
    /// Its standard output.
    pub out: String,
    /// Both outputs.
    pub text: String,
}

impl Said {
    /// Stops the test unless the program was content.
    #[track_caller]
    pub fn must_be_content(self) -> Self {
        assert!(self.content, "{}", self.text);
        self
    }

    /// Stops the test unless the program was content and said this.
    #[track_caller]
    pub fn must_say(self, words: &str) -> Self {
        assert!(self.content && self.text.contains(words), "“{words}” expected:\n{}", self.text);
        self
    }

    /// Stops the test unless the program complained with these words.
    #[track_caller]
    pub fn must_complain(self, words: &str) -> Self {
        assert!(
            !self.content && self.text.contains(words),
            "a complaint with “{words}” expected:\n{}",
            self.text
        );
        self
    }
}

/// Runs a program, a minute at most, with no proxy between it and us.
pub fn run(program: impl AsRef<OsStr>, arguments: Vec<OsString>) -> Said {
    let program = program.as_ref();
    let mut command = Command::new("timeout");
    command.arg("60").arg(program).args(arguments).env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let output = command.output().expect("`timeout` of coreutils is missing");
    let missing = matches!(output.status.code(), Some(126 | 127));
    assert!(!missing, "the judge {program:?} is missing: run tests/judges/setup");
    assert_ne!(output.status.code(), Some(124), "{program:?} took longer than a minute");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = format!("{out}{}", String::from_utf8_lossy(&output.stderr));
    Said { content: output.status.success(), out, text }
}

/// Arguments of different kinds in one list.
macro_rules! words {
    ($($word:expr),* $(,)?) => {
        vec![$(std::ffi::OsString::from($word)),*]
    };
}
pub(crate) use words;

/// A program of pkilint: in `AKASHI_PKILINT`, else where `tests/judges/setup` puts it.
pub fn pkilint(program: &str) -> PathBuf {
    let dir = std::env::var_os("AKASHI_PKILINT").map_or_else(
        || {
            let tmp = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
            tmp.parent().expect("tmp is in target").join("judges-venv/bin")
        },
        PathBuf::from,
    );
    let file = dir.join(program);
    assert!(file.exists(), "the judge {} is missing: run tests/judges/setup", file.display());
    file
}
