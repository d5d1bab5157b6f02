//! Judges that are libraries: Java, Bouncy Castle and pyhanko-certvalidator, each asked everything
//! in one process, at the moment of the question by their own argument.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::{Evidence, Judge, Opinion, Opinions, Question, Verdict};
use jiff::ToSpan;

use crate::scene::fresh_dir;
use crate::tool::{faketime, pkilint, run, run_within, script, words};

/// For everything that one process is asked.
const SECONDS: u32 = 300;

/// Where Debian puts Bouncy Castle, unless `AKASHI_JARS` says another directory.
static CLASS_PATH: LazyLock<String> = LazyLock::new(|| {
    let dir = std::env::var_os("AKASHI_JARS").map_or("/usr/share/java".into(), PathBuf::from);
    let classes = fresh_dir();
    let jars = ["bcprov", "bcpkix", "bcutil"].map(|name| {
        let jar = dir.join(name).with_extension("jar");
        assert!(jar.exists(), "{} is missing: run tests/judges/setup", jar.display());
        jar.display().to_string()
    });
    let jars = jars.join(":");
    let source = script("java/Judge.java");
    run("javac", words!["-cp", &jars, "-d", &classes, source]).must_be_content();
    format!("{jars}:{}", classes.display())
});

pub fn opinions(ca: &Path, questions: &[Question<'_>]) -> Opinions {
    let file = fresh_dir().join("questions");
    fs::write(&file, lines(questions)).unwrap();
    let java = words!["java", "-cp", CLASS_PATH.as_str(), "Judge", ca, &file];
    // Bouncy Castle judges no moment that lies in the future. Its clock runs: Java waits for it.
    let latest = questions.iter().map(|question| question.at).max().expect("one question");
    let clock = format!("@{}", (latest + 1.minute()).strftime("%Y-%m-%d %H:%M:%S"));
    let python = words![script("python/judge.py"), ca, &file];
    let said = std::thread::scope(|scope| {
        let java = scope.spawn(|| faketime(SECONDS, &clock, java).must_be_content());
        let python = run_within(SECONDS, pkilint("python"), python).must_be_content();
        let java = java.join().expect("Java failed: see above");
        java.out + &python.out
    });
    said.lines().map(read).collect()
}

fn lines(questions: &[Question<'_>]) -> String {
    let mut text = String::new();
    for (number, Question { leaf, at, evidence, .. }) in questions.iter().enumerate() {
        let (kind, files) = match evidence {
            Evidence::Lists(lists) => ("lists", lists.clone()),
            Evidence::ByDefault(lists) => ("default", lists.clone()),
            Evidence::Chain(lists) => ("chain", lists.clone()),
            Evidence::Answer(answer, _) => ("answer", vec![answer.clone()]),
        };
        let der = leaf.pem.with_extension("der");
        let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        let (at, der, files) = (at.as_second(), der.display(), files.join("\t"));
        writeln!(text, "{number}\t{at}\t{der}\t{kind}\t{files}").unwrap();
    }
    text
}

fn read(line: &str) -> ((Judge, usize), Opinion) {
    let parts: Vec<_> = line.splitn(4, '\t').collect();
    let [number, judge, verdict, words @ ..] = &parts[..] else { panic!("no verdict: {line}") };
    let judge = match *judge {
        "java" => Judge::Java,
        "bouncy castle" => Judge::BouncyCastle,
        "pyhanko" => Judge::Pyhanko,
        other => panic!("“{other}” is no judge"),
    };
    let opinion = Opinion { verdict: Verdict::read(verdict), words: words.concat() };
    ((judge, number.parse().expect("a number")), opinion)
}
