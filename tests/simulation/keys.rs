//! A pool of RSA keys for cards: making keys is what takes time.
//!
//! They are made by openssl once and kept beside the build; a seed uses each at most once, and
//! seeds share them, since each has a book of its own.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

static POOL: LazyLock<Mutex<Vec<Arc<Vec<u8>>>>> = LazyLock::new(|| Mutex::new(kept()));

/// The n-th key of the pool, PKCS#8 in DER.
pub fn card_key(number: usize) -> Arc<Vec<u8>> {
    let mut pool = POOL.lock().expect("nobody panics with the pool in hand");
    let known = pool.len();
    while pool.len() <= number {
        pool.push(Arc::new(make()));
    }
    if pool.len() > known {
        keep(&pool);
    }
    pool[number].clone()
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("simulation-card-keys")
}

fn kept() -> Vec<Arc<Vec<u8>>> {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    text.lines().map_while(|line| hex::decode(line).ok()).map(Arc::new).collect()
}

/// Written beside and moved: another run may do the same.
fn keep(pool: &[Arc<Vec<u8>>]) {
    let beside = file().with_extension(std::process::id().to_string());
    let text: String = pool.iter().map(|key| hex::encode(key.as_slice()) + "\n").collect();
    std::fs::write(&beside, text).expect("the build's own directory can be written");
    std::fs::rename(&beside, file()).expect("the build's own directory can be written");
}

fn make() -> Vec<u8> {
    let arguments = ["genpkey", "-quiet", "-algorithm", "RSA"];
    let made = Command::new("openssl")
        .args(arguments)
        .args(["-pkeyopt", "rsa_keygen_bits:2048"])
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = String::from_utf8(made.stdout).expect("PEM is a text");
    let (_, key) = der::SecretDocument::from_pem(&text).expect("a key in PEM");
    key.as_bytes().to_vec()
}
