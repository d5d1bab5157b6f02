//! Secrets of the programs: where they come from, what they must keep, and what is left of them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use akashi_edge::Program;

use crate::programs::hands_out;
use crate::running::{HANDED, akashi, founded, said};
use rustix::process::{Pid, Signal, kill_process};

const PASSPHRASE: &str = "a passphrase for stories";

/// `akashi init` of this directory, and nothing in its environment.
fn init(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_akashi"));
    command
        .args(["init", "--prefecture", "310000", "--registry-url", "https://127.0.0.1:9"])
        .args(["--key-bits", "2048", "--one-security-officer", "--dir"])
        .arg(dir)
        .env_clear()
        .stdin(Stdio::null());
    command
}

struct Up(Child);

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_program_that_runs_has_no_secret_in_its_environment_and_leaves_no_memory_behind() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("ca");
    let made = init(&dir)
        .env("AKASHI_PASSPHRASE", PASSPHRASE)
        .env("AKASHI_TOKEN_PASSWORD", "a token password")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut command = Command::new(env!("CARGO_BIN_EXE_akashi"));
    command.args(["up", "--dir"]).arg(&dir).env_clear().env("AKASHI_PASSPHRASE", PASSPHRASE);
    command.env("AKASHI_LEDGER_VERIFIER", "sqlite:book.sqlite");
    // Nor one that it does not need, which whoever exported both gave it as well.
    command.env("AKASHI_TOKEN_PASSWORD", "a token password");
    let mut up = Up(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(up.0.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"), "it opened its keys");
    let process = Path::new("/proc").join(up.0.id().to_string());
    // Where the system lets nobody but its administrator look, nobody sees it either.
    if let Ok(environment) = fs::read(process.join("environ")) {
        let holds =
            |what: &str| environment.windows(what.len()).any(|part| part == what.as_bytes());
        assert!(!holds(PASSPHRASE) && !holds("AKASHI_PASSPHRASE"));
        assert!(!holds("a token password") && !holds("AKASHI_TOKEN_PASSWORD"));
        assert!(holds("AKASHI_LEDGER_VERIFIER"), "everything else is as it was");
    }
    let command_line = fs::read(process.join("cmdline")).unwrap();
    assert!(!command_line.windows(PASSPHRASE.len()).any(|part| part == PASSPHRASE.as_bytes()));
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    kill_process(Pid::from_child(&up.0), Signal::TERM).unwrap();
    assert!(up.0.wait().unwrap().success());
}

#[test]
fn what_the_service_manager_lays_down_under_its_name_opens_a_program_without_a_word() {
    let (home, dir) = founded(&[]);
    let hand_out = home.path().join("out");
    hands_out(&dir, "repository", &hand_out);
    // As systemd does it (LoadCredential=passphrase:…).
    let credentials = home.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join("passphrase"), format!("{HANDED}\n")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_akashi"));
    let start = |credentials: &Path| {
        let mut command = Command::new(program.with_file_name(Program::Repository.file()));
        command.arg("--dir").arg(&hand_out).env_clear().stdin(Stdio::null());
        command.env("CREDENTIALS_DIRECTORY", credentials).stderr(Stdio::piped());
        command
    };
    let up = crate::running::Up::started(&mut start(&credentials));
    up.stop();
    // Where there is none it is said what it would be called.
    let none = start(home.path()).output().unwrap();
    assert!(!none.status.success());
    assert!(said(&none).contains("the systemd credential passphrase"), "{}", said(&none));
    // And the units lay it down under that name, and name no file.
    for unit in ["ocsp", "repository", "holders-door"] {
        let unit = format!("{}/edge/systemd/akashi-{unit}@.service", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(unit).unwrap();
        assert!(text.contains("LoadCredentialEncrypted=passphrase:"), "{text}");
        assert!(!text.contains("--passphrase-file"), "{text}");
    }
}

#[test]
fn a_file_of_another_system_opens_what_it_closed() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("ca");
    let (unix, windows) = (home.path().join("unix"), home.path().join("windows"));
    fs::write(&unix, format!("{PASSPHRASE}\n")).unwrap();
    fs::write(&windows, format!("\u{feff}{PASSPHRASE}\r\n")).unwrap();
    let made = init(&dir)
        .env("AKASHI_TOKEN_PASSWORD", "a token password")
        .arg("--passphrase-file")
        .arg(&windows)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let request = home.path().join("request");
    let opened = Command::new(env!("CARGO_BIN_EXE_akashi"))
        .args(["identity", "new", "log", "--dir"])
        .args([&dir, Path::new("--request"), &request, Path::new("--passphrase-file"), &unix])
        .env_clear()
        .output()
        .unwrap();
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
}

#[test]
fn what_is_chosen_is_long_enough_or_nothing_is_made() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("ca");
    for (passphrase, password, says) in [
        ("eleven char", "a token password", "needs 12 at least"),
        (PASSPHRASE, "", "needs 8 at least"),
        (PASSPHRASE, "seven c", "needs 8 at least"),
    ] {
        let refused = init(&dir)
            .env("AKASHI_PASSPHRASE", passphrase)
            .env("AKASHI_TOKEN_PASSWORD", password)
            .output()
            .unwrap();
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{told}");
        assert!(told.contains(says) && !told.contains("seven c,"), "{told}");
        assert!(!dir.exists());
    }
}

/// Types at a terminal of its own what is given, a line a question; what was on the screen.
fn typed(dir: &Path, lines: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_akashi");
    let command = format!(
        "env -i {program} init --prefecture 310000 --registry-url https://127.0.0.1:9 --key-bits 2048 \
         --one-security-officer --dir {}",
        dir.display()
    );
    let mut script = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script is installed: bsdutils");
    let mut input = script.stdin.take().unwrap();
    let mut screen = BufReader::new(script.stdout.take().unwrap());
    let mut shown = Vec::new();
    for line in lines {
        // The question comes first: what is typed before it, a terminal throws away.
        screen.read_until(b':', &mut shown).unwrap();
        while !shown.ends_with(b": ") {
            let mut octet = [0];
            if std::io::Read::read(&mut screen, &mut octet).unwrap() == 0 {
                break;
            }
            shown.push(octet[0]);
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
    std::io::Read::read_to_end(&mut screen, &mut shown).unwrap();
    script.wait().unwrap();
    String::from_utf8_lossy(&shown).into_owned()
}

#[test]
fn what_is_chosen_at_a_terminal_is_asked_for_twice_and_its_rule_is_said() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("ca");
    let shown = typed(&dir, &[PASSPHRASE, "a passphrase for storeys"]);
    assert!(shown.contains("(new, at least 12 characters): "), "{shown}");
    assert!(shown.contains("are not the same"), "{shown}");
    assert!(!shown.contains(PASSPHRASE), "what is typed is not seen: {shown}");
    assert!(!dir.exists());
}

#[test]
fn every_token_that_our_programs_write_costs_whoever_guesses_its_password() {
    let (home, dir) = founded(&[]);
    let own = home.path().join("own.p12");
    let made = akashi(&["officer-token", "new", "--out", own.to_str().unwrap(), "--request"])
        .arg(home.path().join("own.p10"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let names =
        ["security-officer-1", "security-officer-2", "office-terminal-1", "office-terminal-2"];
    let made_by_init = names.map(|name| dir.join(format!("{name}.p12")));
    for token in made_by_init.iter().chain([&own]) {
        let mut openssl = Command::new("openssl");
        openssl.args(["pkcs12", "-info", "-noout", "-passin"]);
        let told = openssl.arg(format!("pass:{PASSPHRASE}")).arg("-in").arg(token).output();
        let told = said(&told.unwrap()).to_lowercase();
        let costs: Vec<u32> = told
            .split(['\n', ','])
            .filter_map(|part| part.trim().strip_prefix("iteration ")?.trim().parse().ok())
            .collect();
        assert_eq!(costs.len(), 3, "{told}");
        assert!(costs.iter().all(|cost| *cost >= 600_000), "{}: {costs:?}", token.display());
    }
}
