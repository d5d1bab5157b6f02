//! Two authorities over one book on PostgreSQL, each a process with a directory of its own: one of them does what time
//! asks for, whatever happens to the other.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use akashi_edge::Program;
use akashi_edge::config::{Config, FILE};
use akashi_ledger::{Entry, Issuing, Lease, Ledger};
use akashi_wire::Alarm;
use rustix::process::Signal;

use crate::running::{HANDED, Up, akashi, founded};
use crate::support::Base;

/// One of the two.
struct Authority {
    hand_out: PathBuf,
    log: PathBuf,
    process: Option<Up>,
}

impl Authority {
    /// From a hand-out, with a home and doors of its own.
    fn handed_out(dir: &Path, home: &Path, name: &str) -> Self {
        let hand_out = home.join(format!("hand-out-{name}"));
        let own = home.join(format!("home-{name}"));
        fs::create_dir(&own).unwrap();
        // What each of them alarms, whatever the machine is.
        fs::write(own.join("recovery-share-1.json"), "a share that nobody took away").unwrap();
        let mut command =
            akashi(&["keys", "hand-out", "authority", "--dir", dir.to_str().unwrap()]);
        let done = command.arg("--to").arg(&hand_out).arg("--home").arg(&own).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let mut config = Config::read(&hand_out).unwrap();
        let held: Vec<_> = (0..2).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let at = |number: usize| -> SocketAddr { held[number].local_addr().unwrap() };
        (config.listen.authority, config.listen.holders) = (at(0), Some(at(1)));
        drop(held);
        fs::write(hand_out.join(FILE), config.to_text()).unwrap();
        let log = home.join(format!("log-{name}"));
        Self { hand_out, log, process: None }
    }

    fn start(&mut self) {
        let program = Path::new(env!("CARGO_BIN_EXE_akashi"));
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(program.with_file_name(Program::Authority.file()));
        command.arg("--dir").arg(&self.hand_out).env_clear().env("AKASHI_PASSPHRASE", HANDED);
        self.process = Some(Up::started(command.stdin(Stdio::null()).stderr(log)));
    }

    fn signal(&self, signal: Signal) {
        self.process.as_ref().unwrap().signal(signal);
    }

    fn kill(&mut self) {
        self.process = None;
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// How often it said that another acts.
    fn waits(&self) -> usize {
        self.said().matches("another authority over this book acts (").count()
    }
}

/// Waits until the lease is as it must be; gives it, and how long that took.
async fn comes(ledger: &Ledger<Issuing>, is_so: impl Fn(&Lease) -> bool) -> (Lease, Duration) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(40) {
        let lease = ledger.lease().await.unwrap().unwrap();
        if is_so(&lease) {
            return (lease, begun.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it does not come: {:?}", ledger.lease().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_authorities_over_one_book_one_acts_whatever_happens_to_the_other() {
    let base = Base::make();
    let (home, dir) = founded(&["--ledger", &base.url()]);
    let ledger = Ledger::<Issuing>::open(&base.url()).await.unwrap();
    let [mut one, mut other] =
        ["one", "other"].map(|name| Authority::handed_out(&dir, home.path(), name));
    one.start();
    let (first, _) = comes(&ledger, |lease| lease.fence == 1 && lease.beat > 0).await;
    // While the one acts, the other waits, however long: it raises none of the alarms that its own clock gives it.
    let alarms = async || {
        let entries = ledger.audit_entries(1000).await.unwrap();
        // That this machine's disk is almost full is the one's own to say, whenever it looks.
        let is_told =
            |entry: &&Entry| entry.verb == "alarm" && !entry.subject.contains("disk_almost_full");
        entries.iter().filter(is_told).count()
    };
    while alarms().await == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Until nothing more comes: what is looked at now and then may take some seconds on a busy machine.
    let mut raised = 0;
    while alarms().await != raised {
        raised = alarms().await;
        tokio::time::sleep(Duration::from_secs(6)).await;
    }
    other.start();
    tokio::time::sleep(Duration::from_secs(13)).await;
    let held = ledger.lease().await.unwrap().unwrap();
    assert_eq!((held.fence, held.holder), (1, first.holder));
    assert!(held.beat > first.beat && other.waits() == 1 && one.waits() == 0);
    assert_eq!(alarms().await, raised);

    // Killed: the other acts, and not before the one was silent for ten seconds.
    one.kill();
    let (second, after) = comes(&ledger, |lease| lease.fence == 2).await;
    assert_ne!(second.holder, first.holder);
    assert!(after > Duration::from_secs(8), "{after:?}");
    // And whoever reads alarms learns of it.
    let told = async |silent: &Lease, acts: &Lease| {
        let told = Alarm::AuthoritySilent {
            silent: silent.holder.to_string(),
            acts: acts.holder.to_string(),
            seconds: 10,
        };
        let entries = ledger.audit_entries(1000).await.unwrap();
        entries.iter().filter(|entry| entry.subject == told.to_text()).count()
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(told(&first, &second).await, 1);
    one.start();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(one.waits() == 1 && ledger.lease().await.unwrap().unwrap().fence == 2);

    // Paused: the one acts. Resumed, the other does nothing more of it, and waits.
    other.signal(Signal::STOP);
    let (third, _) = comes(&ledger, |lease| lease.fence == 3 && lease.beat > 1).await;
    assert_eq!(third.holder, first.holder);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(told(&second, &third).await, 1);
    other.signal(Signal::CONT);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(other.waits(), 2, "{}", other.said());
    let (fourth, _) = comes(&ledger, |lease| lease.beat > third.beat).await;
    assert_eq!(fourth.fence, 3);

    // Started anew, the one goes on at once: it is the same, and the one before has ended.
    one.kill();
    let begun = Instant::now();
    one.start();
    let (fifth, _) = comes(&ledger, |lease| lease.fence == 4 && lease.beat > 0).await;
    assert_eq!(fifth.holder, first.holder);
    assert!(begun.elapsed() < Duration::from_secs(8));

    ledger.verify_audit().await.unwrap();
    ledger.close().await;
}
