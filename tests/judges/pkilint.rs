//! pkilint: nothing at WARNING or above.

use std::path::PathBuf;

use crate::questions;
use crate::scene::scenes;
use crate::tool::{pkilint, run, run_within, script, words};

fn lint(program: &str, options: &[&str], file: PathBuf) {
    let mut arguments = words!["lint", "-s", "WARNING", "-f", "TEXT"];
    arguments.extend(options.iter().map(Into::into));
    arguments.push(file.clone().into());
    let said = run(pkilint(program), arguments);
    assert!(said.content, "{program} of {}:\n{}", file.display(), said.text);
}

/// Lints many files in one process; `program` may carry options after a colon, parted by commas.
#[track_caller]
pub fn nothing_is_found_in(program: &str, files: Vec<PathBuf>) {
    let arguments = words![script("python/lint.py"), program];
    let count = files.len();
    let files = files.into_iter().map(Into::into).collect();
    let said = run_within(300, pkilint("python"), [arguments, files].concat());
    said.must_say(&format!("{count} linted"));
    questions::count(count, &format!("files for {program}"));
}

#[test]
fn nothing_is_found_in_certificates_of_citizens() {
    for scene in scenes() {
        let revoked = scene.revoked.iter().map(|(leaf, _)| leaf);
        for leaf in scene.good.iter().chain(revoked).chain([&scene.neighbour]) {
            lint("lint_pkix_cert", &[], leaf.pem.clone());
        }
    }
}

#[test]
fn nothing_is_found_in_certificates_of_authority_and_responder() {
    for scene in scenes() {
        lint("lint_pkix_cert", &[], scene.ca());
        lint("lint_pkix_cert", &[], scene.file("responder.pem"));
        lint("lint_pkix_cert", &[], scene.file("link.pem"));
    }
}

#[test]
fn nothing_is_found_in_lists_with_entries_and_without() {
    for scene in scenes() {
        for name in ["partition", "neighbour", "complete"] {
            for name in [format!("{name}.der"), format!("{name}-empty.der")] {
                lint("lint_crl", &["-p", "PKIX", "-t", "CRL"], scene.file(&name));
            }
        }
        for name in ["authority.der", "authority-empty.der", "authority-revoked.der"] {
            lint("lint_crl", &["-p", "PKIX", "-t", "ARL"], scene.file(name));
        }
    }
}

#[test]
fn nothing_is_found_in_answers_of_the_responder() {
    for scene in scenes() {
        lint("lint_ocsp_response", &[], scene.file("good.ocsp"));
        for number in 0..scene.revoked.len() {
            lint("lint_ocsp_response", &[], scene.file(&format!("revoked-{number}.ocsp")));
        }
    }
}

#[test]
fn pkilint_finds_what_there_is_to_be_found() {
    // A hold is forbidden by rules that are not ours, those for the web.
    let [scene, _] = scenes();
    let list = scene.file("partition.der");
    let web = words!["lint", "-s", "WARNING", "-p", "BR", "-t", "CRL", list];
    run(pkilint("lint_crl"), web).must_complain("certificateHold");
}
