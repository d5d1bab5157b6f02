//! Answers of the responder in every form: good, revoked, unknown; with a nonce and without; the
//! issuer named by SHA-1 and by SHA-256; too old, about somebody else, and with one bit changed.

use std::fs;
use std::path::{Path, PathBuf};

use akashi_wire::{RevocationReason, SerialNumber};
use jiff::ToSpan;

use crate::authority::{Authority, keys};
use crate::exceptions::*;
use crate::people;
use crate::pkilint::nothing_is_found_in;
use crate::prefecture::request;
use crate::questions::{Digest, Evidence, Exception, Question, Verdict, put};
use crate::scene::Leaf;

/// The four ways to ask.
const WAYS: [(&str, &[&str], Digest); 4] = [
    ("sha1", &["-no_nonce"], Digest::Sha1),
    ("sha1-nonce", &["-nonce"], Digest::Sha1),
    ("sha256", &["-no_nonce", "-sha256"], Digest::Sha256),
    ("sha256-nonce", &["-nonce", "-sha256"], Digest::Sha256),
];

/// Asks, keeps the answer, and says where.
async fn answer(authority: &Authority, leaf: &Leaf, way: &str, options: &[&str]) -> PathBuf {
    let request = request(&authority.dir.join("ca.pem"), &leaf.pem, options);
    let file = authority.dir.join(format!("{}-{way}.ocsp", leaf.serial));
    fs::write(&file, authority.answer(&request).await).unwrap();
    file
}

/// An answer, changed in its last octet but so many.
fn spoilt(answer: &Path, from_the_end: usize) -> PathBuf {
    let mut octets = fs::read(answer).unwrap();
    let place = octets.len() - from_the_end;
    octets[place] ^= 1;
    let file = answer.with_extension(format!("{from_the_end}.ocsp"));
    fs::write(&file, octets).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn every_judge_reads_every_answer_as_it_is_meant() {
    let authority = Authority::found("2026-01-05T00:30:00Z".parse().unwrap()).await;
    let mut keys = keys(4);
    let mut key = || keys.next().expect("four keys");
    let serial = |octet| SerialNumber::from_random([octet; 16]);
    let good = authority.issue(&people::takahashi(), &key(), serial(1)).await;
    let gone = authority.issue(&people::segawa(), &key(), serial(2)).await;
    let held = authority.issue(&people::rossi(), &key(), serial(3)).await;
    authority.end(gone.serial, RevocationReason::CessationOfOperation).await;
    authority.end(held.serial, RevocationReason::CertificateHold).await;
    authority.follow().await;
    // The responder does not look into the book again, and has never heard of this one.
    let unknown = authority.issue(&people::yoshida(), &key(), serial(4)).await;
    let at = authority.now() + 1.minute();

    let mut questions = Vec::new();
    let mut files = Vec::new();
    let mut put_about = |leaf, answer: &Path, digest, at, expected, except: &[Exception]| {
        let mut except = except.to_vec();
        except.push(NSS_READS_NO_ANSWERS);
        let evidence = Evidence::Answer(answer.to_owned(), digest);
        let about = answer.display().to_string();
        questions.push(Question { about, leaf, at, evidence, expected, except });
    };
    for (way, options, digest) in WAYS {
        let java: &[Exception] = match digest {
            Digest::Sha1 => &[],
            Digest::Sha256 => &[JAVA_NAMES_THE_ISSUER_BY_SHA1],
        };
        for (leaf, expected) in [
            (&good, Verdict::Good),
            (&gone, Verdict::Revoked(Some(RevocationReason::CessationOfOperation))),
            (&held, Verdict::Revoked(Some(RevocationReason::CertificateHold))),
            (&unknown, Verdict::Unknown),
        ] {
            let mut except = java.to_vec();
            if expected == Verdict::Unknown {
                except.push(PYHANKO_HAS_NO_WORD_FOR_UNKNOWN);
            }
            let answer = answer(&authority, leaf, way, options).await;
            put_about(leaf, &answer, digest, at, expected, &except);
            files.push(answer);
        }
    }
    let answer = &files[0];
    // Past its nextUpdate, and about somebody else.
    let late = at + 2.hours();
    put_about(&good, answer, Digest::Sha1, late, Verdict::Unfit, &[GNUTLS_TAKES_OLD_EVIDENCE]);
    put_about(&gone, answer, Digest::Sha1, at, Verdict::Unfit, &[]);
    // The last octet is of the signature of the responder's certificate; what was said stands
    // near the beginning.
    put_about(&good, &spoilt(answer, 1), Digest::Sha1, at, Verdict::Unfit, &[]);
    let length = fs::read(answer).unwrap().len();
    put_about(&good, &spoilt(answer, length - 60), Digest::Sha1, at, Verdict::Unfit, &[]);
    put("answers of every form", &authority.dir.join("ca.der"), &questions);
    nothing_is_found_in("lint_ocsp_response", files);
}
