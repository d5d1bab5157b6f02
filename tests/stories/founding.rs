//! What is fixed when an authority is made stands in certificates for ever: it is looked at before anything is made.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::*;

/// Says that an authority is not made yet.
const UNFINISHED: &str = "init-is-not-finished";

fn init(dir: &Path, more: &[&str]) -> Output {
    command(dir, more).output().unwrap()
}

fn init_from(from: &Path, dir: &Path, more: &[&str]) -> Output {
    command(dir, more).current_dir(from).output().unwrap()
}

fn command(dir: &Path, more: &[&str]) -> Command {
    let mut arguments = vec!["init", "--prefecture", "310000", "--key-bits", "2048"];
    if !more.contains(&"--registry-url") {
        arguments.extend(["--registry-url", "https://127.0.0.1:9"]);
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_akashi"));
    command
        .args(arguments)
        .args(more)
        .arg("--dir")
        .arg(dir)
        .env_clear()
        .env("AKASHI_PASSPHRASE", "a passphrase for stories")
        .env("AKASHI_TOKEN_PASSWORD", "a token password")
        .stdin(Stdio::null());
    command
}

#[test]
fn what_would_stand_in_certificates_for_ever_and_is_unfit_makes_no_authority() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("ca");
    let long = "あ".repeat(65);
    for (option, value) in [
        ("--public-host", "http://ca.example.jp"),
        ("--public-host", "ca.example.jp/pki"),
        ("--public-host", "ca.example.jp:80"),
        ("--public-host", "ca example"),
        ("--public-host", ""),
        ("--public-host", "user@ca.example.jp"),
        ("--public-host", "ca.example.jp\n"),
        ("--public-host", "0.0.0.0"),
        ("--host", "224.0.0.1"),
        ("--host", "::"),
        ("--organisation", ""),
        ("--organisation", " "),
        ("--organisation", "A "),
        ("--organisation", "A\nB"),
        ("--organisation", "A\tB"),
        ("--organisation", &long),
        ("--security-officer", ""),
        ("--prefecture", "312011"),
        ("--registry-url", "http://registry.example.jp"),
        ("--registry-url", "registry.example.jp"),
        ("--registry-url", "https://registry.example.jp/lookup"),
        ("--registry-url", ""),
    ] {
        let made = init(&dir, &[option, value]);
        let told = String::from_utf8(made.stderr).unwrap();
        let code = made.status.code();
        assert!(code == Some(1) || code == Some(2), "{option} {value:?}: {told}");
        assert!(!told.contains("panicked"), "{told}");
        assert!(!dir.exists(), "{option} {value:?}");
        let left = home.path().read_dir().unwrap().count();
        assert_eq!(left, 0, "{option} {value:?}: nothing is left");
    }
}

#[test]
fn a_loopback_address_is_told_before_and_others_stand_in_certificates_as_they_must() {
    let home = tempfile::tempdir().unwrap();
    for (name, more, warned, host) in [
        ("a", &[][..], true, "127.0.0.1"),
        ("b", &["--public-host", "CA.example.jp"][..], false, "ca.example.jp"),
        ("c", &["--public-host", "2001:db8::1"][..], false, "[2001:db8::1]"),
        ("d", &["--public-host", "localhost"][..], true, "localhost"),
    ] {
        let made = init(&home.path().join(name), more);
        let (told, printed) =
            (String::from_utf8(made.stderr).unwrap(), String::from_utf8(made.stdout).unwrap());
        assert!(made.status.success(), "{told}");
        assert_eq!(told.contains("for ever"), warned, "{name}: {told}");
        let ocsp = printed.lines().find_map(|line| line.strip_prefix("ocsp ")).unwrap().trim();
        assert!(ocsp.starts_with(&format!("http://{host}:")) && ocsp.ends_with("/1"), "{ocsp}");
    }
}

#[test]
fn the_ports_in_certificates_are_those_at_which_people_are_let_in() {
    let home = tempfile::tempdir().unwrap();
    let public = ["--public-ocsp-port", "80", "--public-repository-port", "8080"];
    let made =
        init(&home.path().join("a"), &[&["--public-host", "ca.example.jp"][..], &public].concat());
    let printed = String::from_utf8(made.stdout).unwrap();
    for line in ["ocsp         http://ca.example.jp/1", "repository   http://ca.example.jp:8080"] {
        assert!(printed.lines().any(|printed| printed == line), "{line}: {printed}");
    }
    let none = init(&home.path().join("b"), &["--public-ocsp-port", "0"]);
    assert_eq!(none.status.code(), Some(2));
}

/// The same where files of this process may have a thousand octets: as on a disk that is full.
fn limited(dir: &Path, more: &[&str]) -> Output {
    let whole = command(dir, more);
    let mut limited = Command::new("bash");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "-"]).arg(whole.get_program());
    limited.args(whole.get_args()).env_clear().stdin(Stdio::null());
    limited.envs(whole.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.output().unwrap()
}

/// The mark of a making that broke off, for this book.
fn mark(dir: &Path, ledger: &str) {
    let shown = ledger.split('?').next().unwrap();
    let told = "akashi init did not come to its end here. Repeat it: it looks whether an authority was founded.";
    fs::write(dir.join(UNFINISHED), format!("{told}\n{shown}\n")).unwrap();
}

/// What `akashi init` told.
fn told(made: &Output) -> String {
    String::from_utf8([&made.stdout[..], &made.stderr[..]].concat()).unwrap()
}

#[test]
fn an_authority_is_made_in_any_directory_that_is_empty() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    // Where the command runs, what a link leads to, a new volume with what that has from its beginning.
    for name in ["here", "real", "volume"] {
        fs::create_dir(at(name)).unwrap();
    }
    fs::create_dir(at("volume/lost+found")).unwrap();
    std::os::unix::fs::symlink("real", at("link")).unwrap();
    for (dir, from) in [(at(".").join("here"), "real"), (at("link"), "."), (at("volume"), ".")] {
        let made = init_from(&at(from), &dir, &[]);
        assert!(made.status.success(), "{}: {}", dir.display(), told(&made));
    }
    fs::create_dir(at("again")).unwrap();
    let made = init_from(&at("again"), Path::new("."), &[]);
    assert!(made.status.success(), "{}", told(&made));
    for dir in ["here", "real", "volume", "again"] {
        assert!(
            at(dir).join("akashi.toml").exists() && !at(dir).join(UNFINISHED).exists(),
            "{dir}"
        );
        assert_eq!(fs::metadata(at(dir)).unwrap().permissions().mode() & 0o777, 0o700, "{dir}");
    }
    // A service's own directory, beside which its user can write nothing.
    if rustix::process::geteuid().is_root() {
        let state = at("state");
        fs::create_dir(&state).unwrap();
        let nobody = (Some(65534), Some(65534));
        std::os::unix::fs::chown(&state, nobody.0, nobody.1).unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // Where this build lies its user may have no way.
        let program = at("akashi");
        fs::copy(env!("CARGO_BIN_EXE_akashi"), &program).unwrap();
        let as_root = command(&state, &[]);
        let mut command = Command::new(program);
        command.args(as_root.get_args()).env_clear().stdin(Stdio::null());
        command.envs(as_root.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let made = command.uid(65534).gid(65534).current_dir("/").output().unwrap();
        assert!(made.status.success(), "{}", told(&made));
    }
    // What is there already stays.
    fs::create_dir(at("full")).unwrap();
    fs::write(at("full/letter"), "mine").unwrap();
    let made = init_from(home.path(), &at("full"), &[]);
    assert!(!made.status.success() && told(&made).contains("is not empty"), "{}", told(&made));
    assert_eq!(fs::read_to_string(at("full/letter")).unwrap(), "mine");
}

#[test]
fn an_init_that_fails_leaves_neither_directory_nor_keys_nor_an_authority_in_the_data_base() {
    let (base, home) = (Base::make(), tempfile::tempdir().unwrap());
    let dir = home.path().join("ca");
    let is_clean = |dir: &Path| {
        assert!(!dir.exists(), "{}", dir.display());
        assert_eq!(home.path().read_dir().unwrap().count(), 0, "nothing is left");
    };
    // A data base that is not there.
    let url = base.url();
    let nowhere = url.replace("/story_", "/nowhere_");
    let made = init(&dir, &["--ledger", &nowhere]);
    assert!(!made.status.success(), "{}", told(&made));
    is_clean(&dir);
    // A disk that takes nothing more in the midst of it: files of this process may have so many octets.
    let ledger = ["--ledger", url.as_str()];
    let made = limited(&dir, &ledger);
    assert_eq!(made.status.code(), Some(1), "{}", told(&made));
    is_clean(&dir);
    // The data base is as free as before, and then it is somebody's.
    let made = init(&dir, &ledger);
    assert!(made.status.success(), "{}", told(&made));
    let other = home.path().join("other");
    let refused = init(&other, &ledger);
    assert!(told(&refused).contains("belongs to an authority already"), "{}", told(&refused));
    assert!(!other.exists());
    // Of an authority whose making was broken off after its book had it the keys are never taken away.
    mark(&dir, &url);
    for (other, word) in
        [(&nowhere, "for the book"), (&"sqlite:book.sqlite".to_owned(), "for the book")]
    {
        let refused = init(&dir, &["--ledger", other]);
        assert!(told(&refused).contains(word), "{}", told(&refused));
    }
    fs::write(dir.join("letter"), "mine").unwrap();
    let refused = init(&dir, &ledger);
    assert!(told(&refused).contains("letter is none of what it made"), "{}", told(&refused));
    fs::remove_file(dir.join("letter")).unwrap();
    let held = fs::File::options().append(true).open(dir.join(UNFINISHED)).unwrap();
    akashi_keys::lock(&held).unwrap();
    let refused = init(&dir, &ledger);
    assert!(told(&refused).contains("another akashi init is at work"), "{}", told(&refused));
    drop(held);
    assert!(dir.join("keys/ca.key").exists());
    // Whoever founds it at this moment, whose line may be lost, is waited for: nothing is seen of him before.
    let mut founds = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", &url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let sql = b"BEGIN; SELECT 'held' FROM chain_head FOR UPDATE;\n";
    founds.stdin.as_mut().unwrap().write_all(sql).unwrap();
    founds.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
    let mut waits = command(&dir, &ledger).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(waits.try_wait().unwrap().is_none(), "it waits");
    founds.kill().unwrap();
    founds.wait().unwrap();
    let again = waits.wait_with_output().unwrap();
    assert!(told(&again).contains("start it with akashi up"), "{}", told(&again));
    assert!(dir.join("keys/ca.key").exists() && !dir.join(UNFINISHED).exists());
    // A book that was taken away for a while is no sign that there never was one.
    let moved = home.path().join("moved");
    assert!(init(&moved, &[]).status.success());
    let book = moved.canonicalize().unwrap().join("book.sqlite");
    mark(&moved, &format!("sqlite:{}", book.display()));
    fs::rename(&book, home.path().join("elsewhere.sqlite")).unwrap();
    let kept = init(&moved, &[]);
    assert!(told(&kept).contains("is not known"), "{}", told(&kept));
    assert!(moved.join("keys/ca.key").exists());
    // Nor is what has nearly the name of a book the making's own.
    fs::rename(home.path().join("elsewhere.sqlite"), moved.join("book.sqlite-of-may")).unwrap();
    let refused = init(&moved, &[]);
    assert!(told(&refused).contains("book.sqlite-of-may is none of"), "{}", told(&refused));
    // One that fails takes its book away, whatever that is called.
    let other = home.path().join("named");
    let refused = limited(&other, &["--ledger", "sqlite:of-this-town.sqlite"]);
    assert!(!refused.status.success() && !other.exists(), "{}", told(&refused));
    // Broken off before, whatever lies there is nobody's.
    let broken = home.path().join("broken");
    fs::create_dir_all(broken.join("keys")).unwrap();
    fs::write(broken.join("keys/ca.key"), "of an authority that never was").unwrap();
    fs::write(broken.join(UNFINISHED), "").unwrap();
    let made = init(&broken, &[]);
    assert!(made.status.success(), "{}", told(&made));
    // And while the data base does not say whose it is, nothing is taken away.
    let unknown = home.path().join("unknown");
    fs::create_dir_all(&unknown).unwrap();
    let text = fs::read_to_string(dir.join("akashi.toml")).unwrap();
    fs::write(unknown.join("akashi.toml"), text.replace(&url, &nowhere)).unwrap();
    mark(&unknown, &nowhere);
    let strange = init(&unknown, &["--ledger", &nowhere]);
    assert!(told(&strange).contains("akashi.toml is none of what it made"), "{}", told(&strange));
    fs::create_dir(unknown.join("certificates")).unwrap();
    fs::copy(dir.join("certificates/ca.der"), unknown.join("certificates/ca.der")).unwrap();
    let kept = init(&unknown, &["--ledger", &nowhere]);
    assert!(told(&kept).contains("is not known") && !kept.status.success(), "{}", told(&kept));
    assert!(unknown.join("akashi.toml").exists() && unknown.join(UNFINISHED).exists());
}

#[test]
fn no_authority_is_founded_on_a_server_that_loses_what_it_was_given_or_has_not_our_characters() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("ca");
    // Of this server all is lost by a power cut.
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/with-postgres");
    let inside = command(&dir, &[]);
    let mut command = Command::new(script);
    command.args(["bash", "-c", "\"$@\" --ledger \"$AKASHI_TEST_POSTGRES\"", "-"]);
    command.arg(inside.get_program()).args(inside.get_args()).stdin(Stdio::null());
    command.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let made = command.env("POSTGRES_OPTIONS", "-c fsync=off").output().unwrap();
    assert!(!made.status.success() && told(&made).contains("fsync = off"), "{}", told(&made));
    assert!(!dir.exists());
    // Characters that are not ours.
    let base = Base::of("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    let made = init(&dir, &["--ledger", &base.url()]);
    assert!(told(&made).contains("server_encoding = LATIN1"), "{}", told(&made));
    // What a data base says of our sessions they do not follow.
    let base = Base::make();
    base.psql(&format!("ALTER DATABASE {} SET synchronous_commit = off", base.name));
    let made = init(&dir, &["--ledger", &base.url()]);
    assert!(made.status.success(), "{}", told(&made));
}
