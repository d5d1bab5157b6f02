//! NSS asks the responder that serves, at the address in the certificate.

use std::path::PathBuf;

use crate::questions::count;
use crate::scene::{Scene, fresh_dir, scenes};
use crate::tool::{run, words};

/// A data base that trusts the authority.
fn base(scene: &Scene) -> String {
    let base = format!("sql:{}", fresh_dir().display());
    run("certutil", words!["-N", "-d", &base, "--empty-password"]).must_be_content();
    let trust = words!["-A", "-d", &base, "-n", "authority", "-t", "CT,C,C", "-a", "-i"];
    run("certutil", [trust, words![scene.ca()]].concat()).must_be_content();
    base
}

#[test]
fn nss_asks_the_responder_and_believes_it() {
    let mut verdicts = 0;
    for scene in scenes() {
        let base = base(scene);
        let ask = |pem: &PathBuf| {
            let chain = words!["-d", &base, "-pp", "-u", "0", "-g", "leaf"];
            let fresh = words!["-h", "requireFreshInfo", "-m", "ocsp", "-s", "requireInfo"];
            run("vfychain", [chain, fresh, words!["-a", pem]].concat())
        };
        for leaf in scene.good.iter().chain([&scene.neighbour]) {
            ask(&leaf.pem).must_say("Chain is good!");
            verdicts += 1;
        }
        for (leaf, _) in &scene.revoked {
            ask(&leaf.pem).must_complain("ERROR -8180:");
            verdicts += 1;
        }
    }
    count(verdicts, "certificates of which NSS asks the responder itself");
}
