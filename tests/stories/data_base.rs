//! The data base that falls silent, goes away and comes back, under programs that go on.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Output};

use akashi_edge::Program;
use akashi_edge::config::Config;

use crate::observe::asked;
use crate::running::{Up, akashi, comes, founded, said};
use crate::support::Base;
use crate::way::Way;

/// The programs of an authority whose book is behind a way, with what they log.
struct Served {
    up: Up,
    way: Way,
    dir: PathBuf,
    log: PathBuf,
    _home: tempfile::TempDir,
    _base: Base,
}

impl Served {
    fn start() -> Self {
        let base = Base::make();
        let (way, url) = Way::to(&base.url());
        let (home, dir) = founded(&["--ledger", &url]);
        let log = home.path().join("log");
        let up = Up::start(&dir, File::create(&log).unwrap());
        let served = Self { up, way, dir, log, _home: home, _base: base };
        assert!(comes(|| served.not_ready().is_empty()), "{:?}", served.not_ready());
        served
    }

    /// Which programs are not ready, and why.
    fn not_ready(&self) -> Vec<String> {
        let readyz = |program| asked(&self.dir, program, "/readyz");
        Program::ALL
            .into_iter()
            .map(|program| (program, readyz(program)))
            .filter(|(_, (status, _))| *status != 200)
            .map(|(program, (_, why))| format!("{}: {why}", program.name()))
            .collect()
    }

    fn desk(&self, rest: &[&str]) -> Output {
        let url = format!("https://{}", Config::read(&self.dir).unwrap().listen.authority);
        let token = |name: &str| self.dir.join(name).display().to_string();
        akashi(&["desk", "--url", &url, "--terminal", &token("office-terminal-1.p12"), "--token"])
            .arg(token("security-officer-1.p12"))
            .args(rest)
            .output()
            .unwrap()
    }

    /// The number of an alarm that stands, and that nobody has signed for.
    fn unsigned(&self) -> String {
        let shown = || said(&self.desk(&["alarms"]));
        let of_a_share = |shown: &str| {
            let line = shown.lines().find(|line| line.contains("[share_left]"))?;
            Some(line.split_whitespace().next()?.to_owned())
        };
        assert!(comes(|| of_a_share(&shown()).is_some()), "{}", shown());
        of_a_share(&shown()).unwrap()
    }

    /// How often somebody has signed for an alarm.
    fn signatures(&self) -> usize {
        let book = akashi(&["shift-book", "--dir", self.dir.to_str().unwrap()]).output().unwrap();
        said(&book).matches("| signed for |").count()
    }

    /// Who is not answered in time is no part of this: the authority tells before.
    fn signs_for(&self, number: &str) -> Output {
        let signed = self.desk(&["sign-for", number, "--why", "its holder comes at nine"]);
        assert!(!said(&signed).contains("has not answered within"), "{}", said(&signed));
        signed
    }

    fn logged(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

/// What is said of each connection that is given up.
const SILENT: &str = "the data base has not answered for ";

/// Whether it is done by somebody who tries three times: whoever is told at all is told within half a minute, so that the
/// third try begins within a minute and some seconds.
fn tries(does: impl FnMut() -> bool) -> bool {
    std::iter::repeat_with(does).take(3).any(|done| {
        std::thread::sleep(std::time::Duration::from_secs(if done { 0 } else { 1 }));
        done
    })
}

#[test]
fn a_way_that_forgets_every_connection_stops_nothing_for_longer_than_a_minute() {
    let served = Served::start();
    let number = served.unsigned();
    served.way.forget();
    // Whoever asks meanwhile is told so while they wait, and asks again.
    assert!(tries(|| served.signs_for(&number).status.success()));
    assert_eq!(served.signatures(), 1);
    assert!(comes(|| served.not_ready().is_empty()), "{:?}", served.not_ready());
    assert!(served.logged().contains(SILENT), "{}", served.logged());
    served.up.stop();
}

#[test]
fn an_act_whose_commit_is_lost_is_told_in_time_and_is_done_once() {
    let served = Served::start();
    let number = served.unsigned();
    served.way.lose_the_commit_of(b"sign_for_alarm");
    let told = said(&served.signs_for(&number));
    assert!(served.way.has_lost_it());
    let signs = || served.signatures() == 1 || served.signs_for(&number).status.success();
    assert!(tries(signs), "{told}");
    assert_eq!(served.signatures(), 1, "{told}");
    assert!(comes(|| served.not_ready().is_empty()), "{:?}", served.not_ready());
    assert!(served.logged().contains(SILENT), "{}", served.logged());
    served.up.stop();
}

#[test]
fn a_data_base_that_goes_away_is_named_by_each_program_that_needs_it_and_they_go_on_when_it_is_back()
 {
    let served = Served::start();
    served.way.end();
    let needs = [Program::Authority, Program::ListIssuer, Program::Responder, Program::Repository];
    for program in needs {
        let named = || {
            let (status, why) = asked(&served.dir, program, "/readyz");
            status == 503 && why.contains("the ledger cannot be reached")
        };
        assert!(comes(named), "{program:?}: {:?}", asked(&served.dir, program, "/readyz"));
        assert_eq!(asked(&served.dir, program, "/livez").0, 200, "{program:?} lives");
    }
    let refused = said(&served.desk(&["alarms"]));
    assert!(refused.contains("the authority cannot finish this now"), "{refused}");
    served.way.open();
    assert!(comes(|| served.not_ready().is_empty()), "{:?}", served.not_ready());
    assert!(served.desk(&["alarms"]).status.success());
    let told = served.logged();
    for program in ["ca: ", "crl: ", "ocsp: ", "repository: "] {
        let says =
            |line: &&str| line.contains(program) && line.contains("the ledger cannot be reached");
        assert!(told.lines().any(|line| says(&line)), "{program}: {told}");
    }
    served.up.stop();
}

/// A pooler before the server, until it is dropped.
struct Pooler {
    dir: tempfile::TempDir,
    pooler: Child,
}

impl Pooler {
    fn before(server: &str, mode: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (at, file) = (dir.path().display(), dir.path().join("pgbouncer.ini"));
        let settings = format!(
            "[databases]\n* = host={server} user=akashi\n[pgbouncer]\nunix_socket_dir={at}\nlisten_port=6432\n\
             auth_type=any\npool_mode={mode}\ndefault_pool_size=60\nmax_client_conn=200\nlogfile={at}/log\n"
        );
        fs::write(&file, settings).unwrap();
        // It refuses to be root.
        let is_root = rustix::process::getuid().is_root();
        let mut command = match is_root {
            true => {
                let owned =
                    Command::new("chown").arg("-R").arg("postgres").arg(dir.path()).status();
                assert!(owned.unwrap().success());
                let mut command = Command::new("setpriv");
                command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]);
                command.arg("/usr/sbin/pgbouncer");
                command
            }
            false => Command::new("/usr/sbin/pgbouncer"),
        };
        let pooler = command.arg("--quiet").arg(&file).current_dir("/").spawn();
        let pooler = pooler.expect("pgbouncer is there (.ci/setup tests)");
        let pooler = Self { dir, pooler };
        assert!(comes(|| pooler.dir.path().join(".s.PGSQL.6432").exists()));
        pooler
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.pooler.kill();
        let _ = self.pooler.wait();
    }
}

#[test]
fn a_pooler_that_gives_each_session_a_connection_may_stand_before_the_data_base() {
    let base = Base::make();
    let url = base.url();
    let (address, server) = url.rsplit_once("?host=").unwrap();
    let pooler = Pooler::before(server, "session");
    let url = format!("{address}?host={}&port=6432", pooler.dir.path().display());
    let (home, dir) = founded(&["--ledger", &url]);
    let log = home.path().join("log");
    let up = Up::start(&dir, File::create(&log).unwrap());
    for program in Program::ALL {
        let readyz = || asked(&dir, program, "/readyz");
        assert!(comes(|| readyz().0 == 200), "{program:?}: {:?}", readyz());
    }
    let public = dir.join("public/crl/1");
    let lists = || {
        fs::read_dir(&public).map_or(0, |found| {
            found
                .flatten()
                .filter(|one| one.path().extension().is_some_and(|end| end == "crl"))
                .count()
        })
    };
    assert!(comes(|| lists() == 21), "{} lists: {}", lists(), fs::read_to_string(&log).unwrap());
    up.stop();
    drop(pooler);
}

#[test]
fn a_pooler_that_changes_sessions_between_transactions_is_no_way_to_the_book() {
    let base = Base::make();
    let url = base.url();
    let (address, server) = url.rsplit_once("?host=").unwrap();
    let pooler = Pooler::before(server, "transaction");
    let url = format!("{address}?host={}&port=6432", pooler.dir.path().display());
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("ca");
    let made = akashi(&["init", "--prefecture", "310000", "--registry-url", "https://127.0.0.1:9"])
        .args(["--key-bits", "2048", "--dir", dir.to_str().unwrap(), "--ledger", &url])
        .output()
        .unwrap();
    assert!(!made.status.success() && !dir.exists(), "{}", said(&made));
}
