//! Crowds from one address: connections that say nothing, handshakes that are begun and left, askers who never
//! leave. Everybody else is answered within a second, at every door, and no program grows by it.
//!
//! Against the real programs, each in its process; at one door of each kind, with `FLOOD=full` at all six. The crowd comes from 127.0.0.2, everybody else from 127.0.0.1.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use akashi_edge::SystemClock;
use akashi_edge::config::Config;
use akashi_keys::{EcKey, OfficerToken};
use akashi_link::Identity;
use akashi_town::SecurityOfficers;
use akashi_wire::act::{Answer, Deed};
use akashi_wire::octets::Octets;
use akashi_wire::party::Role;
use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::running::{PASSPHRASE, Up, founded, said};

/// Where the crowd comes from.
const CROWD: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Everybody else is answered within this time.
const ANSWERED: Duration = Duration::from_secs(1);
/// A program grows by less than this, in KiB.
const GROWS: u64 = 64 * 1024;
/// So many connections that say nothing, or begin a handshake.
const SILENT: usize = 10_000;
/// So many that ask every few seconds.
const ASKING: usize = 4_000;

/// An authority of real programs.
struct Authority {
    up: Up,
    _home: tempfile::TempDir,
    dir: PathBuf,
    config: Config,
}

impl Authority {
    /// Founded and served, its programs with so many descriptors.
    fn start(descriptors: Option<u64>) -> Self {
        let (home, dir) = founded(&[]);
        let up = Up::started(up_with(&dir, descriptors).stderr(Stdio::null()));
        let config = Config::read(&dir).unwrap();
        Self { up, _home: home, dir, config }
    }

    /// What each program has in memory, in KiB.
    fn memory(&self) -> BTreeMap<String, u64> {
        let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let process = entry.ok()?.path();
            let status = fs::read_to_string(process.join("status")).ok()?;
            let of = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
            (of("PPid:")?.trim() == self.up.0.id().to_string()).then(|| {
                let memory = of("VmRSS:").unwrap().trim().trim_end_matches(" kB");
                (of("Name:").unwrap().trim().to_owned(), memory.parse().unwrap())
            })
        });
        processes.collect()
    }
}

/// `akashi up` that may open so many files.
fn up_with(dir: &Path, descriptors: Option<u64>) -> Command {
    let limit = descriptors.map_or("true".into(), |count| format!("ulimit -n {count}"));
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{limit}; exec \"$0\" up --dir \"$1\""));
    command.arg(env!("CARGO_BIN_EXE_akashi")).arg(dir);
    command.env("AKASHI_PASSPHRASE", PASSPHRASE).stdin(Stdio::null());
    command
}

/// Both ends of every connection of the crowd are on this machine, and one of them in this process.
fn raise_descriptors() -> usize {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let most = usize::try_from(maximum.unwrap_or(1 << 20)).unwrap();
    assert!(
        most >= SILENT + 1000,
        "this test opens {SILENT} connections: raise ulimit -n ({most})"
    );
    most
}

async fn connect_from(from: IpAddr, to: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind((from, 0).into()).ok()?;
    tokio::time::timeout(Duration::from_secs(5), socket.connect(to)).await.ok()?.ok()
}

/// So many connections from the crowd's address, each of which says this and then waits.
async fn crowd(to: SocketAddr, says: &'static [u8], many: usize) -> Vec<TcpStream> {
    let mut all = Vec::with_capacity(many);
    for _ in 0..many {
        let Some(mut stream) = connect_from(CROWD, to).await else { continue };
        // Whoever was turned away at once hears of it later.
        let _ = stream.write_all(says).await;
        all.push(stream);
    }
    all
}

/// Somebody else, at every door.
struct Others {
    plain: Vec<(&'static str, SocketAddr, String)>,
    linked: Vec<(&'static str, String)>,
    link: Identity,
}

impl Others {
    fn of(authority: &Authority) -> Self {
        let listen = &authority.config.listen;
        let file = authority.dir.join(akashi::init::OFFICE_TERMINALS[0]);
        let terminal = OfficerToken::open(&file, PASSPHRASE).unwrap();
        let get =
            |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Self {
            plain: vec![
                ("ocsp", listen.ocsp, get("/1/MAo=")),
                ("repository", listen.repository, get("/ca/1.cer")),
                ("holders", listen.holders.unwrap(), get("/challenge")),
            ],
            linked: vec![
                ("authority", format!("https://{}/authority", listen.authority)),
                ("ocsp-link", format!("https://{}/1/MAo=", listen.ocsp_link)),
                ("repository-link", format!("https://{}/ca/1.cer", listen.repository_link)),
            ],
            link: Identity {
                certificate: terminal.certificate().to_vec(),
                key: terminal.key().for_tls(),
                authority: terminal.link_authority().to_vec(),
            },
        }
    }

    /// Asks at each door with a connection of its own; gives the slowest answer of some.
    async fn answered(&self) -> (Duration, &'static str) {
        let mut slowest = (Duration::ZERO, "");
        for _ in 0..5 {
            for (door, to, asks) in &self.plain {
                let begun = Instant::now();
                let mut stream = TcpStream::connect(to).await.unwrap();
                stream.write_all(asks.as_bytes()).await.unwrap();
                let mut said = Vec::new();
                stream.read_to_end(&mut said).await.unwrap();
                assert!(said.starts_with(b"HTTP/1.1 "), "{door}");
                slowest = slowest.max((begun.elapsed(), door));
            }
            for (door, url) in &self.linked {
                let begun = Instant::now();
                let client = akashi_link::client_by(&self.link, Arc::new(Timestamp::now)).unwrap();
                let answer = client.get(url).send().await;
                let answer = answer.unwrap_or_else(|error| panic!("{door}: {error:?}"));
                answer.bytes().await.unwrap();
                slowest = slowest.max((begun.elapsed(), door));
            }
        }
        slowest
    }
}

/// The first octets of a handshake, and no more.
const HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
const NO_BODY: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n";
const ASK: &[u8] = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_from_one_address_keeps_nobody_else_waiting_at_any_door_and_no_program_grows_by_it()
{
    raise_descriptors();
    let authority = Authority::start(None);
    let others = Others::of(&authority);
    others.answered().await;
    let before = authority.memory();
    assert_eq!(before.len(), akashi_edge::Program::ALL.len(), "{before:?}");
    let all = |memory: &BTreeMap<String, u64>| {
        let grown =
            memory.iter().map(|(name, now)| (name.clone(), now.saturating_sub(before[name])));
        grown.collect::<BTreeMap<_, _>>()
    };
    let listen = authority.config.listen.clone();
    // One door of each kind, or all of them.
    let is_full = std::env::var("FLOOD").is_ok_and(|size| size == "full");
    let some = |doors: [SocketAddr; 3]| doors.into_iter().take(if is_full { 3 } else { 1 });
    let plain = some([listen.ocsp, listen.repository, listen.holders.unwrap()]);
    let linked = some([listen.authority, listen.ocsp_link, listen.repository_link]);
    let silent = plain.clone().chain(linked.clone()).map(|door| (door, &b""[..], SILENT));
    let half_open = linked.map(|door| (door, HELLO, SILENT));
    for (door, says, many) in silent.chain(half_open) {
        let coming = tokio::spawn(crowd(door, says, many));
        // While it comes, and once it is there.
        let while_coming = others.answered().await;
        let there = coming.await.unwrap();
        let slowest = while_coming.max(others.answered().await);
        let what = if says.is_empty() { "silent" } else { "half-open" };
        assert!(slowest.0 < ANSWERED, "{many} {what} at {door}: {slowest:?}");
        let grown = all(&authority.memory());
        eprintln!("{} {what} at {door}: slowest {slowest:?}, grown {grown:?} KiB", there.len());
        assert!(grown.values().all(|grown| *grown < GROWS), "{grown:?} KiB");
    }
    // Bodies of which nothing comes: as many at a time as there are connections, again and again.
    let door = listen.ocsp;
    let there = crowd(door, NO_BODY, ASKING).await;
    let slowest = others.answered().await;
    assert!(slowest.0 < ANSWERED, "{} without a body at {door}: {slowest:?}", there.len());
    eprintln!("{} without a body at {door}: slowest {slowest:?}", there.len());
    drop(there);
    // Those who ask every six seconds and never leave.
    for door in plain {
        let mut there = crowd(door, ASK, ASKING).await;
        let mut slowest = (Duration::ZERO, "");
        for _ in 0..3 {
            for stream in &mut there {
                let _ = stream.try_write(ASK);
            }
            slowest = slowest.max(others.answered().await);
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        assert!(slowest.0 < ANSWERED, "{ASKING} asking at {door}: {slowest:?}");
        let grown = all(&authority.memory());
        eprintln!("{} asking at {door}: slowest {slowest:?}, grown {grown:?} KiB", there.len());
        assert!(grown.values().all(|grown| *grown < GROWS), "{grown:?} KiB");
    }
    authority.up.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_of_somebody_who_sends_no_batches_are_not_read_and_take_no_memory() {
    let authority = Authority::start(None);
    let others = Others::of(&authority);
    others.answered().await;
    let url = format!("https://{}", authority.config.listen.authority);
    let clock = Arc::new(SystemClock::new());
    let security = SecurityOfficers::sign_in((&authority.dir, PASSPHRASE), &url, clock).await;
    let key = EcKey::generate().unwrap();
    let deed = Deed::Enrol {
        name: "Bureau".into(),
        party: Role::Agency { purposes: vec!["tax".into()] },
        hosts: Vec::new(),
        request_for_certificate: Octets(key.request_for_certificate().unwrap()),
        until: None,
    };
    let answer = security.unwrap().ask(deed).await.unwrap();
    let Answer::Enrolled { certificate, link_authority, .. } = answer else { panic!("{answer:?}") };
    let agency =
        Identity { certificate: certificate.0, key: key.for_tls(), authority: link_authority.0 };
    let before = authority.memory()["akashi-ca"];
    let body = axum::body::Bytes::from(vec![0x30; 64 * 1024 * 1024]);
    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..25 {
        let client = akashi_link::client_by(&agency, Arc::new(Timestamp::now)).unwrap();
        let (url, body) = (format!("{url}/idou"), body.clone());
        sent.spawn(async move { client.post(url).body(body).send().await });
    }
    let mut highest = before;
    let mut refused = 0;
    loop {
        tokio::select! {
            one = sent.join_next() => match one {
                // Whoever is refused in the midst of a body may not hear why.
                Some(answer) => if let Ok(answer) = answer.unwrap() {
                    assert_eq!(answer.status(), 403);
                    refused += 1;
                },
                None => break,
            },
            () = tokio::time::sleep(Duration::from_millis(20)) => {
                highest = highest.max(authority.memory()["akashi-ca"]);
            }
        }
    }
    let slowest = others.answered().await;
    assert!(slowest.0 < ANSWERED, "{slowest:?}");
    let grown = highest - before;
    eprintln!("25 bodies of 64 MiB: {refused} heard that they are refused, grown {grown} KiB");
    assert!(grown < GROWS, "{grown} KiB");
    authority.up.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_may_open_few_files_serves_others_in_the_midst_of_a_crowd_all_the_same() {
    raise_descriptors();
    let authority = Authority::start(Some(1024));
    let others = Others::of(&authority);
    others.answered().await;
    let doors = [authority.config.listen.ocsp, authority.config.listen.authority];
    let mut there = Vec::new();
    for door in doors {
        there.push(crowd(door, b"", 1_500).await);
        let slowest = others.answered().await;
        assert!(slowest.0 < ANSWERED, "{slowest:?}");
    }
    there.push(crowd(authority.config.listen.ocsp, NO_BODY, 1_500).await);
    let slowest = others.answered().await;
    assert!(slowest.0 < ANSWERED, "bodies that do not come: {slowest:?}");
    authority.up.stop();
}

#[test]
fn a_program_that_may_open_too_few_files_to_serve_anybody_does_not_start() {
    let (_home, dir) = founded(&[]);
    let output = up_with(&dir, Some(400)).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let refused = said(&output);
    assert!(refused.contains("may open 400 files") && refused.contains("ulimit -n"), "{refused}");
}
