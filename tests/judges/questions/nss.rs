//! NSS, at the moment of the question by faketime. Its lists live in a data base of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{Evidence, Judge, Opinion, Question, Verdict, settings_of};
use crate::scene::fresh_dir;
use crate::tool::{Said, run, run_at, words};

/// A data base with the authority and these lists, or why it did not take one.
type Base = Result<PathBuf, String>;

fn base(ca: &Path, lists: &[PathBuf], question: &Question<'_>) -> Base {
    static BASES: Mutex<BTreeMap<Vec<PathBuf>, Base>> = Mutex::new(BTreeMap::new());
    let key: Vec<_> = [ca.to_owned()].into_iter().chain(lists.iter().cloned()).collect();
    let mut bases = BASES.lock().expect("whoever fails here has said so");
    let make = || {
        let dir = fresh_dir();
        let at = format!("sql:{}", dir.display());
        let new = words!["-N", "-d", &at, "--empty-password"];
        run("certutil", new).must_be_content();
        let trust = words!["-A", "-d", &at, "-n", "authority", "-t", "CT,C,C", "-i", ca];
        run("certutil", trust).must_be_content();
        for list in lists {
            let import = words!["-I", "-d", &at, "-t", "1", "-i", list];
            let said = run_at(question.at, "crlutil", import);
            if !said.content {
                return Err(said.text);
            }
        }
        Ok(dir)
    };
    bases.entry(key).or_insert_with(make).clone()
}

pub fn opinion(ca: &Path, question: &Question<'_>) -> Opinion {
    let lists = match &question.evidence {
        Evidence::Lists(lists) | Evidence::ByDefault(lists) | Evidence::Chain(lists) => lists,
        Evidence::Answer(..) => panic!("vfychain reads no answers from files"),
    };
    let base = match base(ca, lists, question) {
        Ok(base) => base,
        Err(words) => return Opinion { verdict: Verdict::Unfit, words },
    };
    let mut arguments = words!["-d", format!("sql:{}", base.display())];
    // Whether there is a list at all was seen above: NSS calls a certificate revoked when nothing
    // is known of it, as soon as that is asked for (failIfNoInfo).
    for setting in settings_of(Judge::Nss) {
        arguments.extend(words![setting]);
    }
    arguments.extend(words!["-a", &question.leaf.pem]);
    let Said { text, .. } = run_at(question.at, "vfychain", arguments);
    let verdict = match () {
        () if text.contains("Chain is good!") => Verdict::Good,
        // SEC_ERROR_EXPIRED_CERTIFICATE, which it says of a certificate of the future too.
        () if text.contains("ERROR -8181:") => Verdict::OutOfTime,
        // SEC_ERROR_REVOKED_CERTIFICATE.
        () if text.contains("ERROR -8180:") => Verdict::Revoked(None),
        () => panic!("vfychain cannot be understood: {text}"),
    };
    Opinion { verdict, words: text }
}
