//! GnuTLS: chains, lists, questions to the responder.
//!
//! It does not look at the scope of a list, so it is given the list that the certificate names.

use crate::scene::{Leaf, Scene, scenes};
use crate::tool::{Said, run, words};

fn verify(scene: &Scene, leaf: &Leaf, list: &str) -> Said {
    let list = scene.file(list);
    let file = scene.scratch();
    let arguments = words!["--crl-info", "--inder", "--infile", list, "--outfile", &file];
    run("certtool", arguments).must_be_content();
    let arguments = words!["--verify", "--load-ca-certificate", scene.ca(), "--load-crl", file];
    run("certtool", [arguments, words!["--infile", &leaf.pem]].concat())
}

#[test]
fn certificates_in_force_verify_and_revoked_ones_do_not() {
    for scene in scenes() {
        for list in ["partition.der", "complete.der"] {
            for leaf in &scene.good {
                verify(scene, leaf, list).must_say("The certificate is trusted.");
            }
            for (leaf, _) in &scene.revoked {
                verify(scene, leaf, list).must_complain("The certificate chain is revoked.");
            }
        }
        verify(scene, &scene.neighbour, "neighbour.der").must_say("The certificate is trusted.");
    }
}

#[test]
fn every_list_verifies() {
    for scene in scenes() {
        for name in ["partition", "neighbour", "complete", "authority"] {
            for name in [format!("{name}.der"), format!("{name}-empty.der")] {
                let list = scene.file(&name);
                let trust = words!["--verify-crl", "--load-ca-certificate", scene.ca()];
                // --verify-crl reads nothing but PEM.
                let pem = scene.scratch();
                let convert = words!["--crl-info", "--inder", "--infile", list];
                run("certtool", [convert, words!["--outfile", &pem]].concat()).must_be_content();
                run("certtool", [trust, words!["--infile", pem]].concat()).must_say("Verified");
            }
        }
    }
}

/// Asks at the address in the certificate and keeps the answer.
fn ask(scene: &Scene, leaf: &Leaf) -> (Said, std::path::PathBuf) {
    let answer = scene.scratch();
    let ca = scene.ca();
    let said = run(
        "ocsptool",
        words![
            "--ask",
            "--nonce",
            "--load-cert",
            &leaf.pem,
            "--load-issuer",
            &ca,
            "--load-trust",
            &ca,
            "--outfile",
            &answer
        ],
    );
    (said, answer)
}

#[test]
fn the_responder_at_the_address_in_a_certificate_convinces_ocsptool() {
    for scene in scenes() {
        for leaf in scene.good.iter().chain([&scene.neighbour]) {
            let (said, answer) = ask(scene, leaf);
            said.must_say("Success");
            let arguments = words!["--verify-response", "--load-trust", scene.ca()];
            run("ocsptool", [arguments, words!["--load-response", answer]].concat())
                .must_say("Success");
        }
        for (leaf, _) in &scene.revoked {
            let (said, answer) = ask(scene, leaf);
            assert!(said.text.contains("revoked"), "{}", said.text);
            let info = run("ocsptool", words!["--response-info", "--load-response", answer]);
            info.must_say("Certificate Status: revoked");
        }
    }
}
