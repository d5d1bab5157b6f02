//! GnuTLS, at the moment of the question by faketime.

use std::fs;
use std::path::Path;

use super::{Evidence, Judge, Opinion, Question, Verdict, settings_of};
use crate::scene::fresh_dir;
use crate::tool::{Said, run_at, words};

pub fn opinion(ca: &Path, question: &Question<'_>) -> Opinion {
    let pem = ca.with_extension("pem");
    match &question.evidence {
        // It looks for every list in one file.
        Evidence::Lists(lists) | Evidence::ByDefault(lists) | Evidence::Chain(lists) => {
            match &lists[..] {
                [list] => verify(question, &pem, Some(&list.with_extension("crl.pem"))),
                several => {
                    let together = fresh_dir().join("together.pem");
                    let texts = several.iter().map(|list| list.with_extension("crl.pem"));
                    let texts: Vec<_> =
                        texts.map(|list| fs::read_to_string(list).unwrap()).collect();
                    fs::write(&together, texts.concat()).unwrap();
                    verify(question, &pem, Some(&together))
                }
            }
        }
        Evidence::Answer(answer, _) => {
            // `ocsptool` does not look at the certificate's own time.
            let in_time = verify(question, &pem, None);
            match in_time.verdict {
                Verdict::Good => self::answer(question, &pem, answer),
                _ => in_time,
            }
        }
    }
}

fn verify(question: &Question<'_>, ca: &Path, lists: Option<&Path>) -> Opinion {
    let mut arguments = words!["--verify", "--load-ca-certificate", ca];
    if let Some(lists) = lists {
        for setting in settings_of(Judge::GnuTls) {
            arguments.extend(words![setting]);
        }
        arguments.extend(words![lists]);
    }
    arguments.extend(words!["--infile", &question.leaf.pem]);
    let Said { content, text, .. } = run_at(question.at, "certtool", arguments);
    let verdict = match () {
        () if content && text.contains("The certificate is trusted.") => Verdict::Good,
        () if text.contains("expired certificate") => Verdict::OutOfTime,
        () if text.contains("not yet valid certificate") => Verdict::OutOfTime,
        () if text.contains("The certificate chain is revoked.") => Verdict::Revoked(None),
        () => panic!("certtool cannot be understood: {text}"),
    };
    Opinion { verdict, words: text }
}

fn answer(question: &Question<'_>, ca: &Path, answer: &Path) -> Opinion {
    let arguments = words!["--verify-response", "--load-trust", ca, "--load-response", answer];
    let Said { content, text, .. } = run_at(question.at, "ocsptool", arguments);
    let about = text.contains(&format!("Serial Number: {}", question.leaf.serial));
    let status = text.lines().find_map(|line| line.trim().strip_prefix("Certificate Status: "));
    let verdict = match status {
        _ if !content || !about => Verdict::Unfit,
        Some("good") => Verdict::Good,
        Some("revoked") => Verdict::Revoked(None),
        Some("unknown") => Verdict::Unknown,
        _ => panic!("ocsptool cannot be understood: {text}"),
    };
    Opinion { verdict, words: text }
}
