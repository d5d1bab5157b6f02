//! The units of systemd: its own verifier takes each of them, and finds each of them closed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn units() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("edge/systemd");
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 6, "five programs and their target");
    files
}

fn analyzed(arguments: &[&str], file: &Path) -> (bool, String) {
    let mut command = Command::new("systemd-analyze");
    let output = command.args(arguments).arg(file).output();
    let output = output.expect("systemd-analyze is there (.ci/setup tests)");
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn every_unit_is_taken_by_systemds_own_verifier() {
    let dir = tempfile::tempdir().unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_akashi")).parent().unwrap();
    for file in units() {
        // Installed where this build is, as whoever runs this test.
        let text = fs::read_to_string(&file).unwrap();
        let text = text.replace("/usr/lib/akashi", programs.to_str().unwrap());
        let text = text.replace("User=akashi", "User=root").replace("Group=akashi", "Group=root");
        fs::write(dir.path().join(file.file_name().unwrap()), text).unwrap();
    }
    for file in units() {
        let installed = dir.path().join(file.file_name().unwrap());
        let (is_taken, said) = analyzed(&["verify", "--man=no"], &installed);
        let ours: Vec<_> = said.lines().filter(|line| line.contains("akashi")).collect();
        assert!(is_taken && ours.is_empty(), "{}: {said}", file.display());
    }
}

#[test]
fn every_service_is_closed_by_systemds_own_measure() {
    for file in units().iter().filter(|file| file.extension().is_some_and(|ext| ext == "service")) {
        let closed = ["security", "--offline=true", "--threshold=25", "--no-pager"];
        let (is_closed, said) = analyzed(&closed, file);
        assert!(is_closed, "{}: {said}", file.display());
    }
}

#[test]
fn who_holds_the_authoritys_key_waits_for_a_person_and_the_others_come_back_alone() {
    for file in units() {
        let (text, name) = (fs::read_to_string(&file).unwrap(), file.display().to_string());
        let asks = text.contains("systemd-ask-password --timeout=0");
        let alone = text.contains("LoadCredentialEncrypted=passphrase:");
        match () {
            () if name.contains("akashi-ca@") || name.contains("akashi-crl@") => {
                assert!(asks && !alone && text.contains("TimeoutStartSec=infinity"), "{name}");
                assert!(text.contains("RuntimeDirectoryPreserve=restart"), "{name}: it breaks off");
                assert!(text.contains("test -s %t/akashi-"), "{name}: nobody is asked twice");
            }
            () if name.contains(".service") => assert!(alone && !asks, "{name}"),
            () => assert!(text.contains("WantedBy=multi-user.target"), "{name}"),
        }
    }
}
