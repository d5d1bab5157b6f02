//! How many OCSP answers a second, through the responder's own door.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use akashi_keys::{EcKey, Signer};
use akashi_wire::clock::SimulatedClock;
use akashi_wire::{Clock, SerialNumber};
use der::{Decode, Encode};
use jiff::Timestamp;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use x509_cert::Certificate;

use super::BenchError;
use super::book::{filled, serial};
use super::crl::GOOD;
use super::measure::{Measurement, forget_peak, peak, rate};
use akashi_town::house::House;

/// Different requests that are asked in turn.
const REQUESTS: usize = 512;
/// Connections of the client.
const CONNECTIONS: usize = 64;

/// Asks the responder over HTTP from one other core, with `certificates` revoked certificates in its
/// table besides those that are asked about, and prints answers a second of one core.
///
/// Cached: the same certificates again and again; the baseline is a socket that reads the same
/// requests and sends octets as long as an answer without looking at them, on the same core with
/// the same client. Fresh: every request carries a nonce, so every answer is signed with P-256; the
/// baseline is as many signatures as that core gives with nothing else to do.
pub async fn ocsp(
    dir: &Path,
    certificates: usize,
    seconds: u64,
    runs: usize,
) -> Result<(), BenchError> {
    let clock = Arc::new(SimulatedClock::at(Timestamp::now()));
    let house = filled(dir, (GOOD, certificates), clock.clone()).await?;
    clock.set(clock.now().max(house.ledger().head_time().await?));
    let loaded = load(&house, &clock).await?;
    eprintln!("bench ocsp: {loaded} certificates in the table");
    let authority = Certificate::from_der(&house.doors.issuer.authority.certificate)
        .map_err(akashi_ca::CaError::from)?;
    let requests = |nonce| -> Result<Vec<Vec<u8>>, BenchError> {
        let one = |number| request(&authority, serial(number), nonce);
        let made: der::Result<Vec<_>> = (0..REQUESTS.min(GOOD)).map(one).collect();
        Ok(made.map_err(akashi_ca::CaError::from)?)
    };
    forget_peak();
    let server = Server::start(&house, clock.clone())?;
    for (name, nonce) in [("cached", false), ("fresh", true)] {
        let script = script(dir, name, &requests(nonce)?)?;
        let length = answer_length(server.port, &requests(nonce)?[0]).await?;
        let echo = Echo::start(length)?;
        let (mut values, mut raw) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            values.push(wrk(server.port, &script, seconds)?);
            raw.push(if nonce { signatures()? } else { wrk(echo.port, &script, seconds)? });
        }
        drop(echo);
        let baseline = match nonce {
            true => ("P-256 signatures by aws-lc-rs on one core, nothing else", raw),
            false => ("a socket that sends as many octets unread", raw),
        };
        let name = format!("ocsp/{name}/{loaded}");
        Measurement::of(name, "answers/s on one core", values, baseline, peak()).print();
    }
    drop(server);
    house.ledger().close().await;
    Ok(())
}

/// Follows the book until the whole table is there and the responder has its certificate.
async fn load(house: &House, clock: &Arc<SimulatedClock>) -> Result<usize, BenchError> {
    for _ in 0..10_000 {
        let known = house.responder.known();
        house.responder.follow(clock.read()).await?;
        house.doors.scheduler.tick(&**clock).await?;
        if house.responder.known() == known && known > 0 {
            house.responder.follow(clock.read()).await?;
            return Ok(known);
        }
    }
    Err(BenchError::Wrong("the responder did not load the book".into()))
}

/// An OCSP request (RFC 6960 §4.1.1) with a SHA-1 CertID, as most clients make it.
fn request(authority: &Certificate, serial: SerialNumber, nonce: bool) -> der::Result<Vec<u8>> {
    let tbs = authority.tbs_certificate();
    let key = tbs.subject_public_key_info().subject_public_key.raw_bytes();
    let cert_id = [
        vec![0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0],
        tlv(4, &Sha1::digest(tbs.subject().to_der()?)),
        tlv(4, &Sha1::digest(key)),
        tlv(2, serial.as_bytes()),
    ];
    let list = tlv(0x30, &tlv(0x30, &tlv(0x30, &cert_id.concat())));
    let mut body = list;
    if nonce {
        let value = tlv(4, &tlv(4, &rand::random::<[u8; 32]>()));
        let oid = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
        let extension = tlv(0x30, &[&oid[..], &value].concat());
        body.extend(tlv(0xa2, &tlv(0x30, &extension)));
    }
    Ok(tlv(0x30, &tlv(0x30, &body)))
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut octets = vec![tag];
    match content.len() {
        short @ 0..128 => octets.push(short as u8),
        long => octets.extend([0x81, long as u8]),
    }
    octets.extend(content);
    octets
}

/// A script for wrk that asks the requests in turn.
fn script(dir: &Path, name: &str, requests: &[Vec<u8>]) -> Result<PathBuf, BenchError> {
    let path = dir.join(format!("{name}.lua"));
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    writeln!(file, "local bodies = {{")?;
    for request in requests {
        let escaped: String = request.iter().map(|octet| format!("\\{octet:03}")).collect();
        writeln!(file, "\"{escaped}\",")?;
    }
    writeln!(file, "}}\nlocal made, n = {{}}, 0")?;
    writeln!(file, "function init(args)")?;
    writeln!(file, "  local headers = {{ [\"Content-Type\"] = \"application/ocsp-request\" }}")?;
    writeln!(file, "  for i, body in ipairs(bodies) do")?;
    writeln!(file, "    made[i] = wrk.format(\"POST\", \"/\", headers, body)\n  end\nend")?;
    writeln!(file, "function request()\n  n = n % #made + 1\n  return made[n]\nend")?;
    Ok(path)
}

/// Asks from the second core; gives answers a second.
fn wrk(port: u16, script: &Path, seconds: u64) -> Result<f64, BenchError> {
    let output = Command::new("taskset")
        .args(["-c", "1", "wrk", "-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s")])
        .arg("-s")
        .arg(script)
        .arg(format!("http://127.0.0.1:{port}/"))
        .output()
        .map_err(|error| missing("taskset and wrk (Debian: util-linux, wrk)", &error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if text.contains("Non-2xx") || text.contains("Socket errors") || !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(BenchError::Wrong(format!("wrk says: {text}{error}")));
    }
    let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    line.and_then(|rate| rate.trim().parse().ok())
        .ok_or_else(|| BenchError::Wrong(format!("wrk says: {text}")))
}

fn missing(what: &str, error: &std::io::Error) -> BenchError {
    BenchError::Wrong(format!("{what} cannot be started: {error}"))
}

/// P-256 signatures a second on the first core, for a second.
fn signatures() -> Result<f64, BenchError> {
    let key = EcKey::generate().map_err(akashi_ca::CaError::from)?;
    let signing = std::thread::spawn(move || {
        bind_to_first_core();
        let (begin, mut made) = (Instant::now(), 0);
        while begin.elapsed() < Duration::from_secs(1) {
            key.sign(b"what is signed is as short as can be").expect("a key that signs");
            made += 1;
        }
        rate(made, begin.elapsed())
    });
    signing.join().map_err(|_| BenchError::Wrong("a thread that signs broke off".into()))
}

/// Binds the thread that calls.
fn bind_to_first_core() {
    let own = std::fs::read_link("/proc/thread-self");
    let number = own.ok().and_then(|own| own.file_name().map(|n| n.to_owned()));
    let number = number.unwrap_or_default();
    let pinned = Command::new("taskset").args(["-cp", "0"]).arg(number).output();
    if !pinned.is_ok_and(|output| output.status.success()) {
        eprintln!("bench ocsp: taskset cannot bind a thread to one core");
    }
}

/// The length of one HTTP answer, headers included.
async fn answer_length(port: u16, request: &[u8]) -> Result<usize, BenchError> {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}\r\n\r\n",
        request.len()
    );
    stream.write_all(&[head.as_bytes(), request].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    if !answer.starts_with(b"HTTP/1.1 200") || answer.len() < 300 {
        return Err(BenchError::Wrong(String::from_utf8_lossy(&answer).into_owned()));
    }
    Ok(answer.len())
}

/// A thread of its own on the first core, with a runtime of its own.
struct OnFirstCore {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl OnFirstCore {
    fn run<F: Future<Output = ()>>(
        serve: impl FnOnce(oneshot::Receiver<()>) -> F + Send + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            bind_to_first_core();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(serve(stopped));
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for OnFirstCore {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The responder's plain door.
struct Server {
    port: u16,
    _core: OnFirstCore,
}

impl Server {
    fn start(house: &House, clock: Arc<SimulatedClock>) -> Result<Self, BenchError> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let responder = house.responder.clone();
        let core = OnFirstCore::run(move |stop| async move {
            let listener = TcpListener::from_std(listener).expect("a socket of this process");
            let stop = async move {
                let _ = stop.await;
            };
            if let Err(error) = akashi_ocsp::serve(listener, responder, clock, stop).await {
                eprintln!("bench ocsp: {error}");
            }
        });
        Ok(Self { port, _core: core })
    }
}

/// The baseline: sends as many octets for every request, whatever it says.
struct Echo {
    port: u16,
    _core: OnFirstCore,
}

impl Echo {
    fn start(length: usize) -> Result<Self, BenchError> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let head = "HTTP/1.1 200 OK\r\nContent-Length: ";
        let body = length.saturating_sub(head.len() + 8);
        let answer: Arc<Vec<u8>> =
            Arc::new([format!("{head}{body}\r\n\r\n").as_bytes(), &vec![0x5a; body]].concat());
        let core = OnFirstCore::run(move |stop| async move {
            let listener = TcpListener::from_std(listener).expect("a socket of this process");
            let accept = async {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let answer = answer.clone();
                    let _ = stream.set_nodelay(true);
                    tokio::spawn(async move {
                        let mut buffer = [0; 4096];
                        // A request of this benchmark comes in one piece.
                        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                            if stream.write_all(&answer).await.is_err() {
                                break;
                            }
                        }
                    });
                }
            };
            tokio::select! {
                () = accept => {}
                _ = stop => {}
            }
        });
        Ok(Self { port, _core: core })
    }
}
