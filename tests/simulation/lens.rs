//! A look at the book from outside of every process: only what is committed is seen.

use std::sync::Mutex;
use std::sync::mpsc;
use std::thread::JoinHandle;

use akashi_keys::{KeyError, RsaKey, Signer};
use akashi_ledger::{
    AuditReport, Difference, Entry, Issuing, Ledger, LedgerError, Position, StatusRow,
};
use akashi_wire::SerialNumber;
use spki::AlgorithmIdentifierOwned;
use tokio::runtime::Runtime;
use x509_parser::prelude::{FromDer, TbsCertificate};

type Job = Box<dyn FnOnce(&Runtime, &Ledger<Issuing>) + Send>;

/// Reads on a thread of its own, so that a key may look while it is asked to sign.
pub struct Lens {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Lens {
    /// A look at the book at an address.
    pub fn open(address: String) -> Self {
        let (jobs, asked) = mpsc::channel::<Job>();
        let thread = std::thread::spawn(move || {
            let runtime = crate::process::runtime();
            let ledger = runtime.block_on(Ledger::<Issuing>::open(&address)).expect("the book");
            for job in asked {
                job(&runtime, &ledger);
            }
            runtime.block_on(ledger.close());
        });
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Runtime, &Ledger<Issuing>) -> T + Send + 'static,
    ) -> T {
        let (tell, told) = mpsc::channel();
        let job: Job = Box::new(move |runtime, ledger| {
            let _ = tell.send(job(runtime, ledger));
        });
        self.jobs.as_ref().expect("it is open").send(job).expect("the lens lives");
        told.recv().expect("the lens answers")
    }

    /// Whether an intention with this number is in the book.
    pub fn knows(&self, serial: SerialNumber) -> bool {
        let known = self.ask(move |r, l| r.block_on(l.certificate_end(serial)));
        known.expect("the book can be read").is_some()
    }

    /// The newest entries of the audit chain, newest first.
    pub fn newest(&self, count: i64) -> Vec<Entry> {
        self.ask(move |r, l| r.block_on(l.audit_entries(count))).expect("the book can be read")
    }

    /// Where the chain ends.
    pub fn head(&self) -> Position {
        self.ask(|r, l| r.block_on(l.head())).expect("the book can be read")
    }

    /// Status rows after a position.
    pub fn rows_after(&self, position: Position) -> Vec<StatusRow> {
        let rows = self.ask(move |r, l| r.block_on(l.status_after(position, 1_000_000)));
        rows.expect("the book can be read")
    }

    /// What the product's own verification says of the chain.
    pub fn verified(&self) -> Result<AuditReport, LedgerError> {
        self.ask(|r, l| r.block_on(l.verify_audit()))
    }

    /// Where what is derived differs from its evidence.
    pub fn differences(&self) -> Vec<Difference> {
        self.ask(|r, l| r.block_on(l.verify_derived())).expect("the book can be read")
    }
}

impl Drop for Lens {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The authority's key, under eyes that ask at each signature whether the book knows of it.
pub struct WatchedKey {
    key: RsaKey,
    lens: std::sync::Arc<Lens>,
    seen: Mutex<Vec<String>>,
}

impl WatchedKey {
    /// Watches a key.
    pub fn new(key: RsaKey, lens: std::sync::Arc<Lens>) -> Self {
        Self { key, lens, seen: Mutex::default() }
    }

    /// What was signed without being on record.
    pub fn unrecorded(&self) -> Vec<String> {
        self.seen.lock().expect("nobody panics with the list in hand").clone()
    }

    fn note(&self, what: String) {
        self.seen.lock().expect("nobody panics with the list in hand").push(what);
    }
}

impl Signer for WatchedKey {
    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        self.key.algorithm()
    }

    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    fn signature_length(&self) -> Option<usize> {
        self.key.signature_length()
    }

    /// Lists are signed by their digest: the newest word of the book about lists must be that a
    /// number was recorded.
    fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let newest = self.lens.newest(16);
        let about_lists =
            newest.iter().find(|e| matches!(e.verb.as_str(), "record_crl" | "publish_crl"));
        if about_lists.is_none_or(|entry| entry.verb != "record_crl") {
            self.note("a list whose number is not on record".into());
        }
        self.key.sign_digest(digest)
    }

    /// Certificates are signed whole: their number must be on record.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let serial = TbsCertificate::from_der(message)
            .ok()
            .and_then(|(_, tbs)| SerialNumber::from_slice(tbs.raw_serial()));
        let Some(serial) = serial else {
            self.note("something that is no certificate".into());
            return Err(KeyError::Crypto("what is to be signed"));
        };
        let responder =
            |entry: &Entry| entry.verb == "intend_responder" && entry.subject == serial.to_string();
        if !self.lens.knows(serial) && !self.lens.newest(16).iter().any(responder) {
            self.note(format!("certificate {serial}"));
        }
        let digest = ring::digest::digest(&ring::digest::SHA256, message);
        self.key.sign_digest(digest.as_ref().try_into().expect("SHA-256 gives 32 octets"))
    }
}
