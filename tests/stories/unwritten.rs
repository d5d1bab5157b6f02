//! What a program says and nobody can read: a full disk, a reader that has gone. It ends nothing.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use akashi::config::{Config, FILE};
use rustix::process::Signal;

use crate::running::{HoldsTheBook, PASSPHRASE, Up, akashi, comes, founded};

/// An authority that nobody has started yet; lists that fail are tried again after two seconds.
fn founded_with_log(form: &str) -> (tempfile::TempDir, PathBuf) {
    let (home, dir) = founded(&[]);
    let mut config = Config::read(&dir).unwrap();
    config.crl.insert("retry".into(), "PT2S".into());
    let text = config.to_text().replace("form = \"text\"", &format!("form = \"{form}\""));
    fs::write(dir.join(FILE), text).unwrap();
    (home, dir)
}

/// `akashi up`, and what a terminal's end means to it: whoever runs this may have been told to outlive one.
fn started(hangup: &str, dir: &Path, log: impl Into<Stdio>) -> Up {
    let mut command = Command::new("env");
    command.args([hangup, env!("CARGO_BIN_EXE_akashi"), "up", "--dir"]).arg(dir);
    command.env("AKASHI_PASSPHRASE", PASSPHRASE).stdin(Stdio::null());
    Up::started(command.stderr(log))
}

const HEARS: &str = "--default-signal=HUP";

#[track_caller]
fn lives(up: &mut Up) {
    assert!(up.0.try_wait().unwrap().is_none(), "it has ended");
}

/// A terminal that is closed stops it in order, too.
fn hangs_up(mut up: Up) {
    up.signal(Signal::HUP);
    assert!(comes(|| up.0.try_wait().unwrap().is_some()), "it stops");
    assert!(up.0.wait().unwrap().success(), "it stops in order");
}

fn log_of_a_full_disk() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

fn log_that_nobody_reads() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_log_that_cannot_be_written_stops_no_list_and_no_alarm() {
    for log in [log_of_a_full_disk, log_that_nobody_reads] {
        let (_home, dir) = founded_with_log("text");
        // One list cannot be placed, which is said each time that it is tried.
        let in_the_way = dir.join("lists/crl/1/312011.new");
        fs::create_dir_all(in_the_way.join("x")).unwrap();
        let mut up = started(HEARS, &dir, log());
        let public = |scope: &str| dir.join(format!("public/crl/1/{scope}.crl")).exists();
        assert!(comes(|| public("complete") && public("312029")));
        assert!(!public("312011"));
        std::thread::sleep(Duration::from_secs(3));
        lives(&mut up);
        fs::remove_dir_all(&in_the_way).unwrap();
        assert!(comes(|| public("312011")), "what went wrong once is tried again");
        lives(&mut up);
        hangs_up(up);
        // The alarms that nobody could read are on record.
        let shown = akashi(&["audit", "show", "--count", "500", "--dir", dir.to_str().unwrap()]);
        let shown = { shown }.output().unwrap();
        assert!(String::from_utf8(shown.stdout).unwrap().contains("  alarm  "));
    }
}

#[test]
fn each_line_of_the_log_has_its_time_its_level_and_its_room() {
    for form in ["text", "json"] {
        let (home, dir) = founded_with_log(form);
        fs::create_dir_all(dir.join("lists/crl/1/312011.new/x")).unwrap();
        let log = home.path().join("log");
        let up = started(HEARS, &dir, File::create(&log).unwrap());
        let of_list = |text: &str| text.contains("crl") && text.contains("312011");
        assert!(comes(|| fs::read_to_string(&log).unwrap().lines().any(of_list)));
        hangs_up(up);
        let text = fs::read_to_string(&log).unwrap();
        for line in text.lines() {
            let (time, level, room) = match form {
                "json" => {
                    let line: serde_json::Value = serde_json::from_str(line).unwrap();
                    let of = |name: &str| line[name].as_str().unwrap().to_owned();
                    assert!(line["fields"]["message"].is_string(), "{line}");
                    (of("timestamp"), of("level"), of("target"))
                }
                _ => {
                    let words: Vec<&str> = line.split_whitespace().collect();
                    let room = words[2].strip_suffix(':').expect(line);
                    (words[0].into(), words[1].into(), room.into())
                }
            };
            time.parse::<jiff::Timestamp>().expect(line);
            assert!(["ERROR", "WARN", "INFO"].contains(&level.as_str()), "{line}");
            assert!(["ca", "crl", "repository", "clock"].contains(&room.as_str()), "{line}");
        }
    }
}

#[test]
fn a_command_whose_output_nobody_reads_is_done_and_one_that_a_disk_does_not_take_says_so() {
    let (_home, dir) = founded_with_log("text");
    let show = || akashi(&["audit", "show", "--count", "5000", "--dir", dir.to_str().unwrap()]);
    let cut_off = show().stdout(log_that_nobody_reads()).output().unwrap();
    assert_eq!((cut_off.status.code(), cut_off.stderr.len()), (Some(0), 0), "{cut_off:?}");
    let full = show().stdout(log_of_a_full_disk()).output().unwrap();
    let told = String::from_utf8(full.stderr).unwrap();
    assert_eq!(full.status.code(), Some(1), "{told}");
    assert!(told.starts_with("akashi: it is done, ") && !told.contains("panicked"), "{told}");
    // Nor does it matter that the sentence cannot be said either.
    let mute = show().stdout(log_of_a_full_disk()).stderr(log_of_a_full_disk()).status().unwrap();
    assert_eq!(mute.code(), Some(1));
}

#[test]
fn whoever_is_started_to_outlive_a_terminal_does() {
    let (_home, dir) = founded_with_log("text");
    let mut up = started("--ignore-signal=HUP", &dir, Stdio::null());
    up.signal(Signal::HUP);
    std::thread::sleep(Duration::from_secs(3));
    lives(&mut up);
    up.signal(Signal::TERM);
    assert!(comes(|| up.0.try_wait().unwrap().is_some()), "it stops");
    assert!(up.0.wait().unwrap().success());
}

#[test]
fn a_stop_takes_no_longer_than_half_a_minute_while_somebody_holds_the_book() {
    let (_home, dir) = founded_with_log("text");
    let mut up = started(HEARS, &dir, Stdio::null());
    let held = HoldsTheBook::of(&dir);
    // Something waits for the book by now.
    std::thread::sleep(Duration::from_secs(2));
    up.signal(Signal::TERM);
    assert!(comes(|| up.0.try_wait().unwrap().is_some()), "it stops, whatever hangs");
    drop(held);
    // It is the book that it was.
    let verify = akashi(&["audit", "verify", "--dir", dir.to_str().unwrap()]).status().unwrap();
    assert!(verify.success());
}
