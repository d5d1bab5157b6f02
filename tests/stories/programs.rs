//! The programs of an authority, each in a process of its own: what each of them holds, and what becomes of them when one
//! ends.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use akashi_edge::Program;
use akashi_edge::config::{Config, FILE};
use rustix::process::{Pid, Signal, kill_process};

use crate::running::{HANDED, HoldsTheBook, PASSPHRASE, Up, akashi, comes, founded, said};
use crate::sealed_keys::{Secret, secrets};

/// The processes of the programs of `akashi up` that run now.
pub fn programs_of(up: &Up) -> BTreeMap<Program, u32> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let process: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
        (parent.trim() == up.0.id().to_string()).then_some(process)
    });
    let named = processes.filter_map(|process| {
        let line = fs::read(format!("/proc/{process}/cmdline")).ok()?;
        let name = String::from_utf8(line.split(|octet| *octet == 0).next()?.into()).ok()?;
        let is = |program: &Program| Path::new(&name).ends_with(program.file());
        Some((Program::ALL.into_iter().find(is)?, process))
    });
    named.collect()
}

/// The names of a program's keys, from the page that says so (docs/interfaces.md §2).
fn keys(program: Program) -> Vec<String> {
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/interfaces.md")).unwrap();
    let rows = page.lines().skip_while(|line| !line.starts_with("| key | kind | used by |"));
    let cells = rows.skip(2).take_while(|line| line.starts_with('|')).map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[1].trim_matches('`').to_owned(), cells[3].to_owned())
    });
    let own = cells.filter(|(_, used_by)| used_by.split(", ").any(|one| one == program.file()));
    let own: Vec<_> = own.map(|(name, _)| name).collect();
    assert!(!own.is_empty(), "the page has no row of {}", program.file());
    own
}

fn lives(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

/// Which of these secrets lie in what a process can write: its heap and its stacks. None where the system lets nobody
/// but its administrator look, which is what a program of ours asks it for.
fn found_in(process: u32, secrets: &[Secret]) -> Option<Vec<&'static str>> {
    let memory = match fs::File::open(format!("/proc/{process}/mem")) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            eprintln!(
                "not looked into {process}: the system lets its administrator look, and nobody else"
            );
            return None;
        }
        memory => memory.unwrap(),
    };
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut found = Vec::new();
    let mut octets = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, mode) = (words.next().unwrap(), words.next().unwrap());
        if !mode.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let at = |text: &str| u64::from_str_radix(text, 16).unwrap();
        octets.resize(usize::try_from(at(to) - at(from)).unwrap(), 0);
        if memory.read_exact_at(&mut octets, at(from)).is_err() {
            continue;
        }
        let one = found.to_vec();
        for secret in secrets.iter().filter(|secret| !one.contains(&secret.name)) {
            if secret.lies_in(&octets) {
                found.push(secret.name);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

#[test]
fn each_program_holds_its_own_keys_and_whoever_started_them_holds_none() {
    let (_home, dir) = founded(&[]);
    let up = Up::start(&dir, Stdio::null());
    let running = programs_of(&up);
    assert_eq!(running.len(), Program::ALL.len(), "{running:?}");
    let all = secrets(&dir.join("keys"), PASSPHRASE);
    assert!(all.len() > 16, "keys, and the ring of passphrases");
    for (program, process) in &running {
        let Some(held) = found_in(*process, &all) else { continue };
        let (keys, ring) = (keys(*program), format!("ring-{}", program.name()));
        let own = |name: &str| keys.iter().any(|key| key == name) || name == ring;
        let strange: Vec<_> = held.iter().filter(|name| !own(name)).collect();
        assert!(strange.is_empty(), "{program:?} holds {strange:?}");
        // What is not found where it surely is would be found nowhere.
        let surely: &[&str] = match program {
            Program::Authority => &["scheduler", "log"],
            Program::ListIssuer => &["list_issuer", "ca"],
            Program::Responder => &["responder"],
            Program::Repository => &["repository"],
            Program::HoldersDoor => &["holders_door"],
        };
        for name in surely {
            assert!(held.contains(name), "{program:?} holds {held:?}");
        }
    }
    let passphrase = Secret::text("passphrase", PASSPHRASE);
    let started_them = found_in(up.0.id(), &all).unwrap_or_default();
    assert!(started_them.is_empty(), "{started_them:?}");
    assert!(found_in(up.0.id(), &[passphrase]).unwrap_or_default().is_empty());
    up.stop();
    assert!(running.values().all(|process| !lives(*process)), "with it they all stop");
    // Whoever copies the book of an authority that was stopped copies one file.
    assert!(!dir.join("book.sqlite-wal").exists());
}

#[test]
fn no_program_is_handed_what_is_anothers_by_the_environment() {
    let (_home, dir) = founded(&[]);
    let mut command = akashi(&["up", "--dir", dir.to_str().unwrap()]);
    let addresses = ["LIST_ISSUER", "RESPONDER", "REPOSITORY", "VERIFIER"];
    for (number, name) in addresses.iter().enumerate() {
        let address = format!("sqlite:{}book.sqlite", "./".repeat(number + 1));
        command.env(format!("AKASHI_LEDGER_{name}"), address);
    }
    command.env("AKASHI_LEDGER", "sqlite:book.sqlite");
    let up = Up::started(command.stderr(Stdio::null()));
    for (program, process) in programs_of(&up) {
        let Ok(environment) = fs::read(format!("/proc/{process}/environ")) else {
            eprintln!("not looked into {process}: the system lets its administrator look");
            continue;
        };
        let environment = String::from_utf8(environment).unwrap();
        let own = match program {
            Program::Authority => Some("sqlite:book.sqlite"),
            Program::ListIssuer => Some("sqlite:./book.sqlite"),
            Program::Responder => Some("sqlite:././book.sqlite"),
            Program::Repository => Some("sqlite:./././book.sqlite"),
            Program::HoldersDoor => None,
        };
        let own: Vec<_> = own.map(|own| format!("AKASHI_LEDGER={own}")).into_iter().collect();
        let ours: Vec<_> =
            environment.split('\0').filter(|one| one.starts_with("AKASHI_")).collect();
        assert_eq!(ours, own, "{program:?}");
    }
    up.stop();
}

#[test]
fn a_program_that_ends_is_started_anew_and_the_others_go_on() {
    let (home, dir) = founded(&[]);
    let log = home.path().join("log");
    let up = Up::start(&dir, fs::File::create(&log).unwrap());
    let before = programs_of(&up);
    for program in Program::ALL {
        let process = before[&program];
        kill_process(Pid::from_raw(process.cast_signed()).unwrap(), Signal::KILL).unwrap();
        let again = comes(|| programs_of(&up).get(&program).is_some_and(|now| *now != process));
        assert!(again, "{program:?} is started anew");
        let told = format!("{} ended by itself (signal: 9", program.file());
        assert!(fs::read_to_string(&log).unwrap().contains(&told));
        for (other, process) in programs_of(&up) {
            let is_later = Program::ALL.iter().position(|one| *one == other)
                > Program::ALL.iter().position(|one| *one == program);
            assert!(!is_later || process == before[&other], "{other:?} went on");
        }
    }
    // All of them serve: the list that is due is signed, handed over and published.
    let list = dir.join("public/crl/1/complete.crl");
    assert!(comes(|| list.exists()));
    up.stop();
}

#[test]
fn programs_that_nobody_watches_any_more_stop_by_themselves() {
    let (_home, dir) = founded(&[]);
    let mut up = Up::start(&dir, Stdio::null());
    let running = programs_of(&up);
    assert_eq!(running.len(), Program::ALL.len());
    up.0.kill().unwrap();
    up.0.wait().unwrap();
    // A start at once waits for them.
    let again = Up::start(&dir, Stdio::null());
    assert!(running.values().all(|process| !lives(*process)), "they have stopped");
    again.stop();
}

#[test]
fn a_second_start_over_the_same_directory_is_refused_with_a_sentence() {
    let (_home, dir) = founded(&[]);
    let up = Up::start(&dir, Stdio::null());
    let before = programs_of(&up);
    let second = akashi(&["up", "--dir", dir.to_str().unwrap()]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("is up already"), "{}", said(&second));
    // Nor does a second program of its kind start from its hand-out.
    let hand_out = dir.parent().unwrap().join("authority");
    hands_out(&dir, "authority", &hand_out);
    let second = start(Program::Authority, &hand_out, HANDED).output().unwrap();
    assert!(said(&second).contains("is up already"), "{}", said(&second));
    assert_eq!(programs_of(&up), before);
    up.stop();
}

#[test]
fn a_single_program_stops_within_its_time_while_somebody_holds_the_book() {
    let (home, dir) = founded(&[]);
    let hand_out = home.path().join("authority");
    hands_out(&dir, "authority", &hand_out);
    let mut process =
        Up::started(start(Program::Authority, &hand_out, HANDED).stderr(Stdio::null()));
    let held = HoldsTheBook::of(&dir);
    std::thread::sleep(Duration::from_secs(1));
    let asked = Instant::now();
    process.signal(Signal::TERM);
    process.0.wait().unwrap();
    // Twelve seconds, and what a busy machine takes (docs/interfaces.md §1).
    assert!(asked.elapsed() < Duration::from_secs(14), "{:?}", asked.elapsed());
    drop(held);
}

pub fn hands_out(dir: &Path, role: &str, to: &Path) -> String {
    let output = akashi(&["keys", "hand-out", role, "--dir", dir.to_str().unwrap(), "--to"])
        .arg(to)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// A program, from its hand-out.
fn start(program: Program, hand_out: &Path, passphrase: &str) -> Command {
    let mut command =
        Command::new(Path::new(env!("CARGO_BIN_EXE_akashi")).with_file_name(program.file()));
    command.arg("--dir").arg(hand_out).env_clear().env("AKASHI_PASSPHRASE", passphrase);
    command.stdin(Stdio::null());
    command
}

/// Every file below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    all.sort();
    all
}

#[test]
fn each_program_starts_from_its_hand_out_and_from_nothing_more() {
    let (home, dir) = founded(&[]);
    let mut running = Vec::new();
    for program in Program::ALL {
        let word = program.name().replace('_', "-");
        let to = home.path().join(format!("carried-{word}"));
        let told = hands_out(&dir, &word, &to);
        assert!(told.contains(program.file()), "{told}");
        let keys = keys(program).into_iter().map(|name| format!("keys/{name}.key"));
        let certificates =
            program.certificates().iter().map(|name| format!("certificates/{name}.der"));
        let mut expected: Vec<_> = keys
            .chain(certificates)
            .chain([FILE.to_owned(), "keys/custody.json".to_owned()])
            .map(|file| to.join(file))
            .collect();
        expected.sort();
        assert_eq!(files(&to), expected, "{program:?}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&to), mode(&to.join("keys"))), (0o700, 0o700));
        // Its keys are closed with a passphrase of their own.
        let wrong = start(program, &to, PASSPHRASE).output().unwrap();
        assert!(said(&wrong).contains("the passphrase does not open"), "{}", said(&wrong));
        // What is there is not written over.
        let again = akashi(&["keys", "hand-out", &word, "--dir", dir.to_str().unwrap(), "--to"])
            .arg(&to)
            .output()
            .unwrap();
        assert!(said(&again).contains("is there already"), "{}", said(&again));
        // What another program's trade is, this one is not told.
        let config = Config::read(&to).unwrap();
        assert_eq!(config.rules.is_empty(), program != Program::Authority);
        assert_eq!(config.crl.is_empty(), program != Program::ListIssuer);
        assert_eq!(config.repository.is_empty(), program != Program::Repository);
        running.push((program, to));
    }
    // The keys of all stay at home, closed: no program needs them.
    fs::rename(dir.join("keys"), home.path().join("keys-in-the-safe")).unwrap();
    let mut processes: Vec<Up> = Vec::new();
    for (program, to) in &running {
        let mut command = start(*program, to, HANDED);
        processes.push(Up::started(command.stderr(Stdio::null())));
    }
    assert!(comes(|| dir.join("public/crl/1/complete.crl").exists()));
    processes.into_iter().rev().for_each(Up::stop);
}

#[test]
fn a_start_sees_whether_keys_certificates_and_book_belong_together_and_are_closed_to_others() {
    let (home, dir) = founded(&[]);
    let (other_home, other) = founded(&[]);
    let refused = |program: Program, hand_out: &Path| {
        let mut command = start(program, hand_out, HANDED);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is started");
        // One that serves all the same ends this story and does not keep it waiting.
        if !comes(|| child.try_wait().unwrap().is_some()) {
            child.kill().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{program:?}: {}", said(&output));
        said(&output)
    };
    for program in Program::ALL {
        let word = program.name().replace('_', "-");
        let (own, strange) =
            (home.path().join(program.name()), other_home.path().join(program.name()));
        hands_out(&dir, &word, &own);
        hands_out(&other, &word, &strange);
        // The book of another authority.
        let config = Config::read(&own).unwrap();
        if program.ledger_role().is_some() {
            let at_other = Config { home: Some(other.clone()), ..config.clone() };
            fs::write(own.join(FILE), at_other.to_text()).unwrap();
            let told = refused(program, &own);
            assert!(told.contains("is not of the authority whose book"), "{program:?}: {told}");
            fs::write(own.join(FILE), config.to_text()).unwrap();
        } else {
            assert_eq!(config.ledger, None, "{program:?} opens no book, and knows of none");
        }
        // The key of another.
        let identity = match program {
            Program::Authority => "scheduler",
            other => other.name(),
        };
        let certificate = format!("certificates/{identity}.der");
        let sound = fs::read(own.join(&certificate)).unwrap();
        fs::copy(strange.join(&certificate), own.join(&certificate)).unwrap();
        let told = refused(program, &own);
        assert!(told.contains(&format!("keys/{identity}.key")), "{program:?}: {told}");
        fs::write(own.join(&certificate), sound).unwrap();
        // Modes.
        let key = own.join(format!("keys/{identity}.key"));
        let book = dir.join("book.sqlite");
        let book = program.ledger_role().map(|_| (&book, 0o644, 0o600));
        for (file, open, closed) in
            [(&key, 0o640, 0o600), (&own.join("keys"), 0o755, 0o700)].into_iter().chain(book)
        {
            fs::set_permissions(file, fs::Permissions::from_mode(open)).unwrap();
            let told = refused(program, &own);
            let names = told.contains(file.to_str().unwrap()) && told.contains("chmod");
            assert!(names, "{program:?}: {told}");
            fs::set_permissions(file, fs::Permissions::from_mode(closed)).unwrap();
        }
    }
}
