//! openssl, at the moment of the question by faketime.

use std::path::Path;

use super::{Digest, Evidence, Judge, Opinion, Question, Verdict, reason, settings_of};
use crate::tool::{Said, run_at, words};

pub fn opinion(ca: &Path, question: &Question<'_>) -> Opinion {
    let pem = ca.with_extension("pem");
    match &question.evidence {
        Evidence::Lists(lists) => verify(question, &pem, &[&STRICT[..], &["-crl_check"]], lists),
        Evidence::ByDefault(lists) => {
            let settings: Vec<&str> = settings_of(Judge::OpenSsl).collect();
            verify(question, &pem, &[&settings], lists)
        }
        Evidence::Chain(lists) => {
            verify(question, &pem, &[&STRICT[..], &["-crl_check_all"]], lists)
        }
        Evidence::Answer(answer, digest) => {
            // `openssl ocsp` does not look at the certificate's own time.
            let in_time = verify(question, &pem, &[&STRICT], &[]);
            match in_time.verdict {
                Verdict::Good => self::answer(question, &pem, answer, *digest),
                _ => in_time,
            }
        }
    }
}

/// As strict as it can be, and with lists of partitions, which it looks at only so.
const STRICT: [&str; 2] = ["-x509_strict", "-extended_crl"];

fn verify(
    question: &Question<'_>,
    ca: &Path,
    settings: &[&[&str]],
    lists: &[std::path::PathBuf],
) -> Opinion {
    // What the machine trusts beside is none of it.
    let mut arguments = words!["verify", "-no-CApath", "-no-CAstore"];
    for setting in settings.concat() {
        arguments.extend(words![setting]);
    }
    arguments.extend(words!["-CAfile", ca]);
    for list in lists {
        arguments.extend(words!["-CRLfile", list]);
    }
    arguments.push(question.leaf.pem.clone().into());
    let Said { content, text, .. } = run_at(question.at, "openssl", arguments);
    let says = |number| text.contains(&format!("error {number} "));
    let verdict = match () {
        () if content => Verdict::Good,
        // X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED.
        () if says("9 at 0") || says("10 at 0") => Verdict::OutOfTime,
        // X509_V_ERR_CERT_REVOKED.
        () if says("23 at 0") => Verdict::Revoked(None),
        () if says("23 at 1") => Verdict::AuthorityRevoked,
        // No list, not yet valid, expired, of another scope.
        () if says("3 at") || says("11 at") || says("12 at") || says("44 at") => Verdict::Unfit,
        () => panic!("openssl cannot be understood: {text}"),
    };
    Opinion { verdict, words: text }
}

fn answer(question: &Question<'_>, ca: &Path, answer: &Path, digest: Digest) -> Opinion {
    let mut arguments = words!["ocsp", "-respin", answer, "-CAfile", ca, "-issuer", ca];
    if digest == Digest::Sha256 {
        arguments.extend(words!["-sha256"]);
    }
    arguments.extend(words!["-no_nonce", "-cert", &question.leaf.pem]);
    let Said { out, text, .. } = run_at(question.at, "openssl", arguments);
    let (_, why) = out.split_once("Reason: ").unwrap_or_default();
    let why = why.lines().next().map(reason);
    let verdict = match () {
        () if !text.contains("Response verify OK") => Verdict::Unfit,
        () if text.contains("Status times invalid") => Verdict::Unfit,
        () if text.contains("No Status found") => Verdict::Unfit,
        () if text.contains(".pem: good") => Verdict::Good,
        () if text.contains(".pem: revoked") => Verdict::Revoked(why),
        () if text.contains(".pem: unknown") => Verdict::Unknown,
        () => panic!("openssl cannot be understood: {text}"),
    };
    Opinion { verdict, words: text }
}
