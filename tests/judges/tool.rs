//! Running a foreign program.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

use jiff::Timestamp;

/// Arguments of different kinds in one list.
macro_rules! words {
    ($($word:expr),* $(,)?) => {
        vec![$(std::ffi::OsString::from($word)),*]
    };
}
pub(crate) use words;

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
    run_within(60, program, arguments)
}

/// The same for a program that believes that it is this second, and that it always will be.
pub fn run_at(at: Timestamp, program: &str, arguments: Vec<OsString>) -> Said {
    let at = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    faketime(60, &at, [words![program], arguments].concat())
}

/// The same for a program whose clock stands at a time, or, after an `@`, begins with it.
pub fn faketime(seconds: u32, at: &str, words: Vec<OsString>) -> Said {
    loop {
        let said = run_within(seconds, "faketime", [words!["-f", at], words.clone()].concat());
        let missing = said.text.contains("Running specified command failed");
        assert!(!missing, "the judge {:?} is missing: run tests/judges/setup", words[0]);
        // A faketime that was killed leaves its semaphore behind, and another with the number of
        // its process trips over it. The next try has another number.
        if !said.text.contains("sem_open: File exists") {
            return said;
        }
    }
}

/// The same for whom a minute is too little.
pub fn run_within(seconds: u32, program: impl AsRef<OsStr>, arguments: Vec<OsString>) -> Said {
    let program = program.as_ref();
    let mut command = Command::new("timeout");
    command.arg(seconds.to_string()).arg(program).args(arguments);
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let output = command.output().expect("`timeout` of coreutils is missing");
    let missing = matches!(output.status.code(), Some(126 | 127));
    assert!(!missing, "the judge {program:?} is missing: run tests/judges/setup");
    assert_ne!(output.status.code(), Some(124), "{program:?} took longer than {seconds} seconds");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = format!("{out}{}", String::from_utf8_lossy(&output.stderr));
    Said { content: output.status.success(), out, text }
}

/// A program of pkilint or its neighbours: in `AKASHI_PKILINT`, else where `tests/judges/setup`
/// puts it.
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

/// One of our own scripts for judges that are libraries.
pub fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/judges").join(name)
}
