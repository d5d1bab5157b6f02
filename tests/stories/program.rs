//! The `akashi` program as an operator and an officer meet it: what it says when something is
//! wrong, and a certificate from the first command to the last.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use akashi_keys::OfficerToken;
use akashi_registry::http::{self as registry_http, Window};
use akashi_registry::{Registry, TownIdentity};
use akashi_wire::date::EffectiveDate;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::*;

const PASSPHRASE: &str = "a passphrase for stories";

fn akashi(arguments: &[&str]) -> Command {
    let mut command = Command::new(akashi_town::program("akashi-demo"));
    command
        .args(arguments)
        .env_clear()
        .env("AKASHI_PASSPHRASE", PASSPHRASE)
        .env("AKASHI_TOKEN_PASSWORD", "a token password")
        .env("AKASHI_PIN", "PIN4STORY")
        .env("AKASHI_CARD_SEAL", concat!(env!("CARGO_TARGET_TMPDIR"), "/stories-card-seal.key"))
        .stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    akashi(arguments).output().unwrap()
}

/// What a command prints that must do well.
#[track_caller]
fn done(arguments: &[&str]) -> String {
    let output = run(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one sentence of a command that must not do well.
#[track_caller]
fn sentence(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    let sentences: Vec<&str> = told.lines().filter(|line| line.starts_with("akashi: ")).collect();
    assert_eq!(sentences.len(), 1, "{told}");
    assert!(!told.contains("panicked") && !told.contains("RUST_BACKTRACE"), "{told}");
    told
}

fn init(dir: &str, registry: &str) -> String {
    done(&[
        "init",
        "--dir",
        dir,
        "--prefecture",
        "310000",
        "--registry-url",
        registry,
        "--key-bits",
        "2048",
    ])
}

#[test]
fn a_name_that_no_certificate_takes_makes_no_authority() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("ca").display().to_string();
    for (option, value, says) in [
        ("--organisation", "あ".repeat(65), "more than 64 characters"),
        ("--organisation", "Akashi\u{202e}".into(), "character 7"),
        ("--security-officer", "a\u{1b}[2J".into(), "character 2"),
        ("--public-host", "h".repeat(254), "more than 253"),
        ("--public-host", "two words".into(), "is no host name"),
    ] {
        let mut command = akashi(&["init", "--dir", &dir, "--prefecture", "310000"]);
        command.args(["--registry-url", "https://127.0.0.1:1", option, &value]);
        command.arg("--one-security-officer");
        let told = sentence(&mut command);
        assert!(told.contains(says) && told.contains("nothing was changed"), "{told}");
        assert!(!Path::new(&dir).exists());
    }
}

#[test]
fn a_policy_that_is_none_or_the_real_services_in_whatever_spelling_makes_no_authority() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("ca").display().to_string();
    let long = vec!["1"; 3000].join(".");
    for (policy, says) in [
        ("1.2.392.200149.8.5.1", "belongs to the real service"),
        ("01.2.392.200149.8.5.1", "is not an object identifier"),
        ("1.2.392.0200149.8.5.1", "is not an object identifier"),
        ("1.2.392.+200149.8.5.1", "is not an object identifier"),
        ("2.340282366920938463463374607431768211455.1", "is not an object identifier"),
        ("1.2", "is not an object identifier"),
        (&long, "is not an object identifier"),
    ] {
        let mut command = akashi(&["init", "--dir", &dir, "--prefecture", "310000"]);
        command.args(["--registry-url", "https://127.0.0.1:1", "--policy", policy]);
        let told = sentence(&mut command);
        assert!(told.contains(says), "{policy}: {told}");
        assert!(!Path::new(&dir).exists());
    }
}

#[test]
fn settings_that_would_stop_the_work_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("authority");
    let at = dir.to_str().unwrap();
    init(at, "https://127.0.0.1:1");
    let file = dir.join("akashi.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    for (bad, word) in [
        ("[rules]\nact_skew_seconds = 0", "act_skew_seconds"),
        ("[repository]\nkeep = 0", "keep"),
        ("[crl]\nkeep = 0", "keep"),
        ("[doors]\nconnections_per_address = 1", "connections_per_address"),
        ("[doors]\nrequests_per_connection = 1", "requests_per_connection"),
    ] {
        let (section, key) = bad.split_once('\n').unwrap();
        let name = key.split(' ').next().unwrap();
        let without: String = before
            .lines()
            .filter(|line| !line.starts_with(name))
            .map(|line| format!("{}\n", if line == section { bad } else { line }))
            .collect();
        let with = if before.contains(section) { without } else { format!("{without}\n{bad}\n") };
        std::fs::write(&file, with).unwrap();
        let told = told_by(&mut akashi(&["up", "--dir", at]));
        assert!(told.contains(word), "{bad}: {told}");
    }
}

/// Everything that a command that fails says.
fn told_by(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_bad_start_is_told_in_one_sentence_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("authority");
    let at = dir.to_str().unwrap();
    let no_authority = sentence(&mut akashi(&["up", "--dir", at]));
    assert!(no_authority.contains("akashi init"), "{no_authority}");
    let tokyo = ["init", "--dir", at, "--prefecture", "131041", "--registry-url", "https://h:1"];
    assert!(sentence(&mut akashi(&tokyo)).contains("is not the code of a prefecture"));
    let weak = ["init", "--dir", at, "--prefecture", "310000", "--registry-url", "https://h:1"];
    let told = sentence(akashi(&weak).env("AKASHI_PASSPHRASE", "short"));
    assert!(told.contains("passphrase"), "{told}");
    assert!(!dir.exists(), "nothing was made");
    let nobody = sentence(akashi(&weak).env_remove("AKASHI_PASSPHRASE"));
    assert!(nobody.contains("AKASHI_PASSPHRASE"), "{nobody}");

    init(at, "https://127.0.0.1:1");
    let twice =
        ["init", "--dir", at, "--prefecture", "310000", "--registry-url", "https://127.0.0.1:1"];
    let before = std::fs::read(dir.join("akashi.toml")).unwrap();
    assert!(sentence(&mut akashi(&twice)).contains("not empty"));
    assert_eq!(std::fs::read(dir.join("akashi.toml")).unwrap(), before);

    let wrong =
        sentence(akashi(&["up", "--dir", at]).env("AKASHI_PASSPHRASE", "quite another one"));
    assert!(wrong.contains("passphrase"), "{wrong}");
    let missing = home.path().join("no-such-file");
    let file = ["up", "--dir", at, "--passphrase-file", missing.to_str().unwrap()];
    assert!(sentence(&mut akashi(&file)).contains("no-such-file"));

    // A damaged configuration is told with its line, a missing book with what to do.
    let config = String::from_utf8(before.clone()).unwrap();
    for (bad, word) in [
        (config.replace("ledger", "leger"), "leger"),
        (config.replace("https://", "http://"), "registry.url"),
        ("ledger = ".to_owned(), "line 1"),
        (config.replace("permit_seconds = 120", "permit_seconds = 0"), "permit_seconds"),
    ] {
        std::fs::write(dir.join("akashi.toml"), bad).unwrap();
        let told = sentence(&mut akashi(&["up", "--dir", at]));
        assert!(told.contains(word), "{word}: {told}");
    }
    std::fs::write(dir.join("akashi.toml"), &before).unwrap();
    let book = dir.join("book.sqlite");
    std::fs::rename(&book, home.path().join("book.away")).unwrap();
    let told = sentence(&mut akashi(&["up", "--dir", at]));
    assert!(told.contains("akashi init") || told.contains("book.sqlite"), "{told}");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(dir.join(format!("book.sqlite{end}")));
    }
    std::fs::rename(home.path().join("book.away"), &book).unwrap();
    // A book that is no book.
    let sound = std::fs::read(&book).unwrap();
    std::fs::write(&book, b"this is no data base, it is a text of more than a few octets").unwrap();
    sentence(&mut akashi(&["audit", "verify", "--dir", at]));
    std::fs::write(&book, sound).unwrap();
    // A key that is missing.
    let certificate = dir.join("certificates/scheduler.der");
    std::fs::rename(&certificate, home.path().join("away.der")).unwrap();
    assert!(sentence(&mut akashi(&["up", "--dir", at])).contains("scheduler.der"));
    std::fs::rename(home.path().join("away.der"), &certificate).unwrap();
    done(&["audit", "verify", "--dir", at]);
}

/// `akashi up`, ended with the story.
struct Up(Child);

/// Kills a desk's program as soon as it tells of a stage; the case, as it named it.
fn killed(command: &mut Command, stage: &str) -> String {
    let mut desk = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut case = None;
    let mut lines = BufReader::new(desk.stderr.take().unwrap()).lines().map(Result::unwrap);
    let reached = lines.by_ref().any(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["case", number, "is", "open"] = words[..] {
            case = Some(number.to_owned());
        }
        line.starts_with(stage)
    });
    desk.kill().unwrap();
    assert!(reached && !desk.wait().unwrap().success(), "it was killed at “{stage}”");
    case.expect("it named its case")
}

/// What `akashi up` serves, by name.
const SERVICES: [&str; 7] =
    ["authority", "holders", "lists", "ocsp", "ocsp-link", "repository", "repository-link"];

impl Up {
    /// Starts it; gives the address of the authority as it prints it.
    fn start(dir: &str) -> Option<(Self, String)> {
        let mut command = akashi(&["up", "--dir", dir]);
        let mut up = Self(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
        let mut lines = BufReader::new(up.0.stdout.take().unwrap()).lines();
        let mut addresses = std::collections::BTreeMap::new();
        loop {
            let line = lines.next()?.unwrap();
            let Some((name, address)) = line.split_once(' ') else {
                assert_eq!(line, "ready");
                break;
            };
            addresses.insert(name.to_owned(), address.trim().to_owned());
        }
        let names: Vec<&str> = addresses.keys().map(String::as_str).collect();
        assert_eq!(names, SERVICES);
        Some((up, addresses["authority"].clone()))
    }

    /// Asks it to stop, as a service manager does.
    fn stop(mut self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        assert!(self.0.wait().unwrap().success(), "it stops in order");
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A value that a command printed behind its name.
#[track_caller]
fn value<'t>(text: &'t str, name: &str) -> &'t str {
    let line = text.lines().find(|line| line.split_whitespace().next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))[name.len()..].trim()
}

fn municipal(token: OfficerToken, recipient: Vec<u8>) -> TownIdentity {
    let (certificate, link_authority) =
        (token.certificate().to_vec(), token.link_authority().to_vec());
    TownIdentity {
        municipality: tottori(),
        key: token.into_key().into(),
        certificate,
        link_authority,
        recipient,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_first_command_to_a_certificate_in_a_card_and_its_end() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { home.path().join(name) };
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let registry_url = format!("https://{}", door.local_addr().unwrap());
    let (dir, up, url) = (1..5)
        .find_map(|number| {
            let dir = path(&format!("authority-{number}"));
            let told = init(&text(&dir), &registry_url);
            assert!(value(&told, "authority").contains("鳥取県"), "{told}");
            // The free ports that it found may be somebody else's by now: other stories.
            Up::start(&text(&dir)).map(|(up, url)| (dir, up, url))
        })
        .expect("it listens");
    let at = text(&dir);
    let [security, second] = akashi::init::SECURITY_OFFICERS.map(|file| text(&dir.join(file)));
    let (office, counter) =
        (text(&dir.join(akashi::init::OFFICE_TERMINALS[0])), text(&path("terminal.p12")));
    let desk = |token: &str, rest: &[&str]| {
        let terminal =
            if [&security, &second].contains(&&token.to_owned()) { &office } else { &counter };
        let to = ["desk", "--url", url.as_str(), "--terminal", terminal, "--token", token];
        let all = [to.as_slice(), rest].concat();
        akashi(&all)
    };
    let told = |command: &mut Command| {
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{told}");
        String::from_utf8(output.stdout).unwrap()
    };
    let [officer, source, registry, agency] =
        ["officer.p12", "source.p12", "registry.p12", "agency.p12"].map(|file| text(&path(file)));
    for rest in [
        ["terminal", "--name", "窓口 1", "--municipality", TOTTORI, "--out", &counter].as_slice(),
        &["officer", "--name", "受付 太郎", "--municipality", TOTTORI, "--out", &officer],
        &["source", "--name", "Source", "--municipality", TOTTORI, "--out", &source],
        &[
            "registry",
            "--name",
            "Registry",
            "--municipality",
            TOTTORI,
            "--host",
            "127.0.0.1",
            "--out",
            &registry,
        ],
        &["agency", "--name", "Tax Office", "--purpose", "e-Tax", "--out", &agency],
    ] {
        let printed = told(&mut desk(&security, &[&["enrol"], rest].concat()));
        let (proposal, digest) = (value(&printed, "proposal"), value(&printed, "digest"));
        told(&mut desk(&second, &["countersign", proposal, "--digest", digest]));
        let out = rest.last().unwrap();
        let printed = told(&mut desk(&security, &["collect", proposal, "--out", out]));
        assert_eq!(value(&printed, "party").len(), 32, "{printed}");
    }
    // A key that waits stays, whatever is refused of another act with it, and is collected as before.
    let kept = agency.replace("agency", "kept");
    let enrol = |name: &str| {
        let rest = ["enrol", "agency", "--name", name, "--purpose", "e-Tax", "--out", &kept];
        desk(&security, &rest)
    };
    let printed = told(&mut enrol("Another Office"));
    let (proposal, digest) = (value(&printed, "proposal"), value(&printed, "digest"));
    assert!(!enrol(&"あ".repeat(65)).output().unwrap().status.success());
    assert!(!enrol("Tax Office").output().unwrap().status.success(), "a name that is taken");
    told(&mut desk(&second, &["countersign", proposal, "--digest", digest]));
    told(&mut desk(&security, &["collect", proposal, "--out", &kept]));

    let again = ["enrol", "officer", "--name", "x", "--municipality", TOTTORI, "--out", &officer];
    assert!(sentence(&mut desk(&security, &again)).contains("exists already"));
    let wrong = sentence(desk(&officer, &["accept-clock"]).env("AKASHI_TOKEN_PASSWORD", "no"));
    assert!(wrong.contains("officer.p12"), "{wrong}");

    // The registry, with one resident.
    let [source, registry] = [source, registry].map(|file| {
        let token = OfficerToken::open(Path::new(&file), "a token password").unwrap();
        let recipient = std::fs::read(dir.join("certificates/envelope.der")).unwrap();
        Arc::new(municipal(token, recipient))
    });
    let mut rng = StdRng::seed_from_u64(7);
    let mut residents = Registry::new();
    let code = residents.enter(None, person(tottori(), 1), &mut rng).unwrap();
    let items = residents.record(&code).unwrap().items().clone();
    let residents = Arc::new(Mutex::new(residents));
    let window = Window {
        asker: std::fs::read(dir.join("certificates/registry_client.der")).unwrap().into(),
        registry: residents.clone(),
        registries: Arc::new([(tottori(), registry.clone())].into()),
        clock: Arc::new(Timestamp::now),
        rng: Arc::new(Mutex::new(StdRng::seed_from_u64(8))),
    };
    let link = registry.link();
    tokio::spawn(async move {
        registry_http::serve(door, &link, window, std::future::pending()).await.unwrap();
    });

    let card = text(&path("card.json"));
    assert_eq!(value(&done(&["softcard", "new", &card, "--authority", &at]), "card").len(), 16);
    sentence(&mut akashi(&["softcard", "new", &card, "--authority", &at]));
    let whom = ["--name", &items.name, "--birth-date", "319700115"];
    let issue = [&["issue"], whom.as_slice(), &["--card", &card]].concat();
    let unknown = ["issue", "--name", "誰　か", "--birth-date", "319700115", "--card", &card];
    let refused = sentence(&mut desk(&officer, &unknown));
    assert!(refused.contains("no resident of this municipality fits"), "{refused}");
    // The terminal loses power, twice; the case and its card are taken up where they stand.
    let issued = tokio::task::block_in_place(|| {
        let case = killed(&mut desk(&officer, &issue), "one key pair is permitted");
        let again = [&issue[..], &["--case", &case]].concat();
        assert_eq!(killed(&mut desk(&officer, &again), "key pair made"), case);
        told(&mut desk(&officer, &again))
    });
    let serial = value(&issued, "serial").to_owned();
    assert_eq!(serial.len(), 32, "{issued}");
    assert!(!issued.contains("PIN4STORY"));
    let twice = sentence(&mut desk(&officer, &issue));
    assert!(twice.contains(&serial) && twice.contains("in force"), "{twice}");
    assert_eq!(value(&done(&["card", "show", &card]), "tries"), "left   5");
    let renew = [&["renew"], whom.as_slice(), &["--card", &card]].concat();
    assert!(sentence(&mut desk(&officer, &renew)).contains("can be renewed from"));
    let hold = [&["hold"], whom.as_slice()].concat();
    assert_eq!(value(&told(&mut desk(&officer, &hold)), "reason"), "certificateHold");
    // Found by its number, by a birth date that it does not state, and with a document of the past.
    let by_number = ["revoke", "--serial", &serial[24..], "--why", "lost"];
    let other_day = [&by_number[..], &["--birth-date", "319700116"]].concat();
    assert!(sentence(&mut desk(&officer, &other_day)).contains("another birth date"));
    let expired = [&by_number[..], &["--document", "運転免許証,2001-01-01,1234"]].concat();
    assert!(sentence(&mut desk(&officer, &expired)).contains("expired on 2001-01-01"));
    let nobodys = ["hold", "--card-number", "0000000000000000"];
    assert!(sentence(&mut desk(&officer, &nobodys)).contains("find it by another"));
    let letter = [&["inquire", "--procedure", "revoke"], whom.as_slice()].concat();
    assert_eq!(value(&told(&mut desk(&officer, &letter)), "case").len(), 32);

    // A batch that came on a medium, taken in while the authority is up; then the counter sees it.
    let batch = {
        let mut residents = residents.lock().unwrap();
        let now = Timestamp::now();
        residents.at(now, &mut rng).death(&code, EffectiveDate::Unknown).unwrap();
        residents.next_batch(&source, now, 10).unwrap().unwrap()
    };
    let file = text(&path("batch.p7m"));
    std::fs::write(&file, &batch.sealed).unwrap();
    let import = ["idou", "import", "--dir", &at, &file];
    let answer = done(&import);
    assert!(answer.contains("\"accepted\":1"), "{answer}");
    assert_eq!(done(&import), answer, "the same file again, the same answer");
    std::fs::write(&file, b"junk").unwrap();
    assert!(sentence(&mut akashi(&import)).contains("batch.p7m"));
    let entry = format!("{serial} affiliationChanged");
    let mut shown = String::new();
    for _ in 0..100 {
        shown = done(&["audit", "show", "--dir", &at, "--count", "200"]);
        if shown.contains(&entry) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(shown.contains(&entry), "{shown}");
    let report: serde_json::Value =
        serde_json::from_str(&done(&["audit", "verify", "--dir", &at, "--json"])).unwrap();
    assert!(report["entries"].as_i64().unwrap() > 20, "{report}");
    // Up twice: the second says who is there.
    let twice = sentence(&mut akashi(&["up", "--dir", &at]));
    assert!(twice.contains("is held by an authority that is up already"), "{twice}");
    up.stop();
    // And it comes up again at the same addresses.
    let (up, same) = Up::start(&at).expect("it listens again");
    assert_eq!(same, url);
    up.stop();
}

#[test]
fn work_that_fails_each_time_keeps_nobody_from_being_told_of_an_alarm() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("ca");
    init(dir.to_str().unwrap(), "https://127.0.0.1:1");
    // A key that no responder has (prime239v3, RFC 5480 §2.1.1.1): it is certified at no tick, which ends with that.
    let key = "3059301306072a8648ce3d020106082a8648ce3d030106034200".to_owned() + &"04".repeat(65);
    let sql = format!("INSERT INTO responder_key VALUES (1, 1, X'{key}', 0)");
    crate::audit::sqlite(&dir.join("book.sqlite"), &sql);
    let mut command = akashi(&["up", "--dir", dir.to_str().unwrap()]);
    let mut up = Up(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let (said, heard) = std::sync::mpsc::channel();
    let lines = BufReader::new(up.0.stderr.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).all(|line| said.send(line).is_ok()));
    let (mut fails, mut told) = (false, false);
    while !(fails && told) {
        let line = heard.recv_timeout(std::time::Duration::from_secs(60)).expect("both are said");
        fails |= line.contains("against the profile");
        told |= line.contains("alarm: ") && line.contains("responder");
    }
    up.stop();
}
