//! What the programs say of themselves to whoever runs them: whether they live, whether they are ready and if not why, how
//! much they do; and `akashi status`, which reads all of it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use akashi_edge::config::{Config, FILE};
use akashi_edge::observe::{ALL, socket};
use akashi_edge::{Hold, Program};
use rustix::process::Signal;

use crate::programs::{hands_out, programs_of};
use crate::running::{HANDED, Up, akashi, comes, founded, said};
use crate::support::Base;

/// What a program answers on its socket: status and body.
pub fn asked(dir: &Path, program: Program, path: &str) -> (u16, String) {
    let mut stream = UnixStream::connect(socket(dir, program)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: operators\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    // Prometheus' text may come in pieces, each with its length before it.
    (status, body.to_owned())
}

fn status(dir: &Path, more: &[&str]) -> Output {
    akashi(&["status", "--dir", dir.to_str().unwrap()]).args(more).output().unwrap()
}

fn json(dir: &Path) -> serde_json::Value {
    serde_json::from_slice(&status(dir, &["--json"]).stdout).unwrap()
}

#[test]
fn every_program_says_whether_it_lives_and_is_ready_to_its_owner_alone() {
    let (_home, dir) = founded(&[]);
    let up = Up::start(&dir, Stdio::null());
    for program in Program::ALL {
        assert!(comes(|| asked(&dir, program, "/readyz").0 == 200), "{program:?}");
        assert_eq!(asked(&dir, program, "/livez"), (200, "ok\n".into()));
        let (code, told) = asked(&dir, program, "/status");
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!((code, told["program"].as_str()), (200, Some(program.file())));
        assert_eq!(told["not_ready"], serde_json::json!([]));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let socket = socket(&dir, program);
        assert_eq!((mode(&socket), mode(socket.parent().unwrap())), (0o600, 0o700));
    }
    // Keys that cannot be read: whoever needs them lives, and is not ready; both say which it is.
    let keys = dir.join("content-keys");
    fs::write(&keys, "something else").unwrap();
    let why = || asked(&dir, Program::Authority, "/readyz");
    assert!(comes(|| why().0 == 503), "{:?}", why());
    assert!(why().1.starts_with("scheduler: "), "{:?}", why());
    assert_eq!(asked(&dir, Program::Authority, "/livez").0, 200);
    assert!(!status(&dir, &[]).status.success(), "whoever watches is told by the exit code");
    fs::remove_file(&keys).unwrap();
    assert!(comes(|| why().0 == 200), "{:?}", why());
    up.stop();
}

#[test]
fn the_metrics_are_those_of_the_table_and_prometheus_reads_them() {
    let (home, dir) = founded(&[]);
    let mut config = Config::read(&dir).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    config.operators.authority = Some(address);
    fs::write(dir.join(FILE), config.to_text()).unwrap();
    let log = home.path().join("log");
    let up = Up::start(&dir, File::create(&log).unwrap());
    // Somebody who does not know how to speak at this door.
    let mut nobody = std::net::TcpStream::connect(config.listen.authority).unwrap();
    nobody.write_all(b"hello\r\n\r\n").unwrap();
    let _ = nobody.read(&mut [0; 64]);
    // And somebody whose question is none.
    let mut nothing = std::net::TcpStream::connect(config.listen.ocsp).unwrap();
    let asks = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\n???";
    nothing.write_all(asks.as_bytes()).unwrap();
    let _ = nothing.read_to_end(&mut Vec::new());
    let logged = |words: &str| fs::read_to_string(&log).unwrap().contains(words);
    assert!(comes(|| logged("link: authority: 1 TLS handshakes failed")), "{log:?}");
    assert!(comes(|| logged("ocsp: requests refused since that was said last: ")), "{log:?}");
    for program in Program::ALL {
        let wanted = match program {
            Program::Authority => "akashi_chain_position ",
            Program::ListIssuer => "akashi_lists_signed_total{outcome=\"done\"} ",
            Program::Responder => "akashi_ocsp_last_contact_timestamp_seconds ",
            Program::Repository => "akashi_lists_published_total{outcome=\"done\"} ",
            Program::HoldersDoor => "process_open_fds ",
        };
        let text = || asked(&dir, program, "/metrics").1;
        assert!(comes(|| text().contains(wanted)), "{wanted}: {}", text());
        let text = text();
        let mut check = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool is there (.ci/setup tests)");
        let lines = text.lines().filter(|line| !line.chars().all(|c| c.is_ascii_hexdigit()));
        let lines: String = lines.map(|line| format!("{line}\n")).collect();
        check.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let checked = check.wait_with_output().unwrap();
        assert!(checked.status.success(), "{}\n{lines}", said(&checked));
        for line in lines.lines().filter(|line| line.starts_with("akashi_")) {
            let name = line.split(['{', ' ']).next().unwrap();
            assert!(ALL.iter().any(|metric| metric.name == name), "{name} is not in the table");
        }
        assert!(lines.contains("process_resident_memory_bytes "), "{lines}");
    }
    let refused = "akashi_door_connections_total{door=\"authority\",outcome=\"no_handshake\"} ";
    let text = asked(&dir, Program::Authority, "/metrics").1;
    assert!(text.contains(refused), "{text}");
    // At the address that was configured, and at no other.
    let mut there = std::net::TcpStream::connect(address).unwrap();
    write!(there, "GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    there.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    up.stop();
}

#[test]
fn every_metric_of_the_table_stands_on_the_page_and_is_counted_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/operations.md")).unwrap();
    let rooms = [
        "ca/src",
        "ca/holders-door/src",
        "crl/src",
        "crl/repository/src",
        "ocsp/src",
        "keys/link/src",
    ];
    let files = rooms.iter().flat_map(|room| crate::support::files_under(&root.join(room)));
    let sources: String = files.map(|file| fs::read_to_string(file).unwrap_or_default()).collect();
    for metric in ALL {
        assert!(page.contains(&format!("| `{}` |", metric.name)), "{}", metric.name);
        assert!(sources.contains(&format!("\"{}\"", metric.name)), "{}", metric.name);
        let units = ["_total", "_seconds", "_events", "_alarms", "_certificates", "_position"];
        assert!(units.iter().any(|unit| metric.name.ends_with(unit)), "{}", metric.name);
    }
    for quoted in sources.split("\"akashi_").skip(1) {
        let name = format!("akashi_{}", quoted.split('"').next().unwrap());
        assert!(ALL.iter().any(|metric| metric.name == name), "{name} is not in the table");
    }
}

#[test]
fn status_shows_at_a_glance_what_is_well_and_what_is_not() {
    let (home, dir) = founded(&[]);
    // Nothing runs.
    let nothing = status(&dir, &[]);
    assert!(!nothing.status.success());
    let shown = said(&nothing);
    for program in Program::ALL {
        let line = shown.lines().find(|line| line.starts_with(program.file())).unwrap();
        assert!(line.contains("does not run on this host"), "{line}");
    }
    let up = Up::start(&dir, File::create(home.path().join("log")).unwrap());
    let is_well = || json(&dir)["is_well"] == true;
    assert!(comes(is_well), "{}", said(&status(&dir, &[])));
    let is_listed = || json(&dir)["book"]["responders_had_the_book"][0].is_string();
    assert!(comes(is_listed), "{}", said(&status(&dir, &[])));
    assert!(comes(|| said(&status(&dir, &[])).contains("list complete")));
    let well = status(&dir, &[]);
    assert!(well.status.success(), "{}", said(&well));
    let shown = said(&well);
    for word in ["ready", "chain ", "list complete", "responder ", "clock ", "disk ", "alarms "] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    assert!(shown.contains("[share_left]"), "what it alarms: {shown}");
    let mut command = akashi(&["status", "--dir", dir.to_str().unwrap()]);
    let ja = said(&command.env("LANG", "ja_JP.UTF-8").output().unwrap());
    for word in ["稼働中", "監査記録", "失効リスト 全体", "警報", "時計", "ディスク"]
    {
        assert!(ja.contains(word), "{word}: {ja}");
    }
    assert_eq!(ja.lines().count(), said(&status(&dir, &[])).lines().count(), "the same lines");
    let all = json(&dir);
    let lists = all["book"]["lists"].as_array().unwrap();
    assert!(
        lists.iter().any(|list| list["scope"] == "complete" && list["number"].is_i64()),
        "{all}"
    );
    assert!(all["book"]["responders_had_the_book"][0].is_string(), "{all}");
    // In the language of whoever reads it.
    let mut japanese = akashi(&["status", "--dir", dir.to_str().unwrap()]);
    let japanese = japanese.env("LANG", "ja_JP.UTF-8").output().unwrap();
    assert!(said(&japanese).contains("認証局のディレクトリ"), "{}", said(&japanese));
    // One program stands still.
    let repository = programs_of(&up)[&Program::Repository];
    let pid = rustix::process::Pid::from_raw(repository as i32).unwrap();
    rustix::process::kill_process(pid, Signal::STOP).unwrap();
    let stands = status(&dir, &[]);
    let told = said(&stands);
    rustix::process::kill_process(pid, Signal::CONT).unwrap();
    assert!(!stands.status.success());
    assert!(told.contains("NOT READY: it does not answer within 3 s"), "{told}");
    assert!(comes(is_well));
    up.stop();
    assert!(!status(&dir, &[]).status.success());
}

/// What a program tells the service manager, until it says this.
fn hears(manager: &UnixDatagram, wanted: &str) -> bool {
    let mut octets = [0; 1024];
    (0..100).any(|_| {
        let told = manager.recv(&mut octets).map(|length| octets[..length].to_vec());
        told.is_ok_and(|told| String::from_utf8_lossy(&told).lines().any(|line| line == wanted))
    })
}

#[test]
fn the_service_manager_is_told_when_a_program_serves_lives_and_stops() {
    let (home, dir) = founded(&[]);
    let hand_out = home.path().join("list-issuer");
    hands_out(&dir, "list-issuer", &hand_out);
    let at = home.path().join("notify");
    let manager = UnixDatagram::bind(&at).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_akashi"));
    let mut command = Command::new(program.with_file_name(Program::ListIssuer.file()));
    command.arg("--dir").arg(&hand_out).env_clear().env("AKASHI_PASSPHRASE", HANDED);
    command.env("NOTIFY_SOCKET", &at).env("WATCHDOG_USEC", "1000000");
    let up = Up::started(command.stdin(Stdio::null()).stderr(Stdio::null()));
    assert!(hears(&manager, "READY=1"));
    assert!(hears(&manager, "WATCHDOG=1") && hears(&manager, "WATCHDOG=1"), "again and again");
    up.signal(Signal::TERM);
    assert!(hears(&manager, "STOPPING=1"));
    let _held = Hold::take(&dir).expect("no authority runs");
}

#[test]
fn a_list_that_could_not_be_published_is_no_alarm_any_more_after_the_repository_was_started_anew() {
    let (_home, dir) = founded(&[]);
    let up = Up::start(&dir, Stdio::null());
    let listed = || dir.join("public/crl/1/complete.crl").exists();
    assert!(comes(listed));
    // The disk takes nothing more where lists are public, until the next one is over a minute late.
    let (public, away) = (dir.join("public/crl/1"), dir.join("public/crl/away"));
    fs::rename(&public, &away).unwrap();
    fs::write(&public, "").unwrap();
    let stands = || {
        let all = json(&dir);
        let alarms = all["book"]["alarms"].as_array().cloned().unwrap_or_default();
        alarms.iter().any(|one| one["alarm"]["alarm"] == "list_unpublished")
    };
    assert!((0..4).any(|_| comes(stands)), "it is told after a minute");
    assert_eq!(json(&dir)["is_well"], false);
    fs::remove_file(&public).unwrap();
    fs::rename(&away, &public).unwrap();
    let repository = programs_of(&up)[&Program::Repository];
    let pid = rustix::process::Pid::from_raw(repository as i32).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
    assert!((0..2).any(|_| comes(|| !stands())), "whoever was started anew tells that it is over");
    up.stop();
}

#[test]
fn whoever_keeps_the_book_from_going_on_is_said_by_name() {
    let base = Base::make();
    let (home, dir) = founded(&["--ledger", &base.url()]);
    let log = home.path().join("log");
    let up = Up::start(&dir, File::create(&log).unwrap());
    let readyz = || asked(&dir, Program::Authority, "/readyz");
    assert!(comes(|| readyz().0 == 200), "{:?}", readyz());
    // Somebody at a prompt, who goes home: with the table, and with its row alone.
    let url = format!("https://{}", Config::read(&dir).unwrap().listen.authority);
    let token = |name: &str| dir.join(name).display().to_string();
    for held in
        ["LOCK TABLE chain_head; SELECT 'held';", "SELECT 'held' FROM chain_head FOR UPDATE;"]
    {
        let mut prompt = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--tuples-only", &base.url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        prompt.stdin.as_mut().unwrap().write_all(format!("BEGIN; {held}\n").as_bytes()).unwrap();
        let mut heard = [0; 6];
        prompt.stdout.as_mut().unwrap().read_exact(&mut heard).unwrap();
        assert!(comes(|| readyz().1.contains("(psql)")), "{:?}", readyz());
        assert!(readyz().1.contains("data base: the book waits for "), "{:?}", readyz());
        // Whoever comes to the desk is told so while they wait.
        let told = akashi(&["desk", "--url", &url, "--terminal", &token("office-terminal-1.p12")])
            .args(["--token", &token("security-officer-1.p12"), "sign-for", "1", "--why", "none"])
            .output()
            .unwrap();
        assert!(said(&told).contains("the authority cannot finish this now"), "{}", said(&told));
        prompt.kill().unwrap();
        prompt.wait().unwrap();
        assert!(comes(|| readyz().0 == 200), "{:?}", readyz());
    }
    let told = fs::read_to_string(&log).unwrap();
    assert!(told.contains("select pg_terminate_backend("), "{told}");
    assert!(told.contains("the book goes on"), "{told}");
    up.stop();
}
