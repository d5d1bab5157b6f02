//! A SoftHSM token in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's package has the module.
pub const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
pub const PIN: &str = "28736451";

/// Tokens of SoftHSM, gone with the value.
pub struct SoftHsm {
    dir: tempfile::TempDir,
}

impl SoftHsm {
    pub fn new() -> Self {
        assert!(Path::new(MODULE).exists(), "SoftHSM is missing: run .ci/setup tests");
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("tokens")).unwrap();
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            dir.path().join("tokens").display()
        );
        std::fs::write(dir.path().join("softhsm2.conf"), conf).unwrap();
        Self { dir }
    }

    /// From now on its tokens know this mechanism only.
    #[allow(dead_code, reason = "not every test that has a token breaks it")]
    pub fn know_only(&self, mechanism: &str) {
        let mut conf = std::fs::read_to_string(self.conf()).unwrap();
        conf.push_str(&format!("slots.mechanisms = {mechanism}\n"));
        std::fs::write(self.conf(), conf).unwrap();
    }

    /// The file that `SOFTHSM2_CONF` must name when the module initialises: in another process.
    pub fn conf(&self) -> PathBuf {
        self.dir.path().join("softhsm2.conf")
    }

    /// An initialised token without anything in it.
    pub fn token(&self, label: &str) {
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", label, "--pin", PIN])
            .args(["--so-pin", "99887766"])
            .env("SOFTHSM2_CONF", self.conf())
            .output()
            .expect("softhsm2-util is installed: run .ci/setup tests");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
}
