//! Foreign judges that are all asked the same questions, and what they must say.
//!
//! A question shows a judge a certificate, a moment and evidence of its status. All judges must say
//! what is expected. Where one is known to say something else, the question names it with the
//! reason ([`Exception`]), and then it must say exactly that: a judge that learns is noticed too.

mod gnutls;
mod machines;
mod nss;
mod openssl;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use akashi_wire::RevocationReason;
use jiff::Timestamp;

use crate::scene::Leaf;

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judge {
    /// `openssl verify` and `openssl ocsp`.
    OpenSsl,
    /// `certtool` and `ocsptool`.
    GnuTls,
    /// `vfychain` with libpkix: its older verifier does not know critical policies.
    Nss,
    /// PKIXRevocationChecker of the JDK.
    Java,
    /// Its path validator for lists, its parts for answers.
    BouncyCastle,
    /// pyhanko-certvalidator, the strictest.
    Pyhanko,
}

impl Judge {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::OpenSsl, Self::GnuTls, Self::Nss, Self::Java, Self::BouncyCastle, Self::Pyhanko];

    /// Whether it says why a certificate was revoked, shown this kind of evidence.
    fn tells_reasons(self, evidence: &Evidence) -> bool {
        match self {
            Self::OpenSsl => matches!(evidence, Evidence::Answer(..)),
            Self::GnuTls | Self::Nss => false,
            Self::Java | Self::BouncyCastle | Self::Pyhanko => true,
        }
    }
}

/// What a judge concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// In force.
    Good,
    /// Revoked, and why, if the judge tells.
    Revoked(Option<RevocationReason>),
    /// The answer says that it knows no such certificate.
    Unknown,
    /// The certificate's time is over, or has not come.
    OutOfTime,
    /// The evidence says nothing about this certificate at this moment, or is not to be believed.
    Unfit,
    /// Another certificate of the chain is revoked.
    AuthorityRevoked,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good => f.write_str("good"),
            Self::Revoked(None) => f.write_str("revoked"),
            Self::Revoked(Some(reason)) => write!(f, "revoked {}", reason.name()),
            Self::Unknown => f.write_str("unknown"),
            Self::OutOfTime => f.write_str("out of time"),
            Self::Unfit => f.write_str("unfit"),
            Self::AuthorityRevoked => f.write_str("authority revoked"),
        }
    }
}

impl Verdict {
    /// A verdict in the words of our scripts.
    fn read(words: &str) -> Self {
        let plain =
            [Self::Good, Self::Unknown, Self::OutOfTime, Self::Unfit, Self::AuthorityRevoked];
        let found = plain.into_iter().find(|verdict| verdict.to_string() == words);
        found.unwrap_or_else(|| match words.strip_prefix("revoked ") {
            Some(name) => Self::Revoked(Some(reason(name))),
            None => panic!("“{words}” is no verdict"),
        })
    }
}

/// A reason by its name in the standard, written as one or another judge likes it.
fn reason(name: &str) -> RevocationReason {
    let found = RevocationReason::ALL
        .into_iter()
        .find(|reason| reason.name().eq_ignore_ascii_case(name.trim()));
    found.unwrap_or_else(|| panic!("“{name}” is no reason"))
}

/// What a judge is shown.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// Lists, for the certificate alone.
    Lists(Vec<PathBuf>),
    /// The same to a judge whose settings are left as they come, but for those of [`SETTINGS`].
    ByDefault(Vec<PathBuf>),
    /// Lists, for the certificate and the authority's own.
    Chain(Vec<PathBuf>),
    /// An answer of the responder, whose issuer is named by this digest.
    Answer(PathBuf, Digest),
}

/// What a judge must be told before it looks at a list that it is given at all, or before nothing of the
/// network is in its verdict; all else is as it comes. Command lines are made of this; what Java and Python
/// are told stands in `java/` and `python/`, and here for whoever reads.
pub const SETTINGS: &[(Judge, &str, &str)] = &[
    (Judge::OpenSsl, "-crl_check", "it looks at no list otherwise"),
    (
        Judge::Nss,
        "-pp -u 0 -g leaf -m crl -s requireInfo,forbidFetching",
        "it looks at no list otherwise, and its older verifier knows no critical policies",
    ),
    (Judge::GnuTls, "--load-crl", "it looks at no list otherwise"),
    (Judge::Java, "setRevocationEnabled(true)", "the default; lists come by a CertStore"),
    (Judge::BouncyCastle, "setRevocationEnabled(true)", "the default; lists come by a CertStore"),
    (
        Judge::Pyhanko,
        "revocation_mode=require allow_fetching=False time_tolerance=0",
        "what it cannot find it takes for good by default (soft-fail)",
    ),
];

/// The settings of a judge, as its command line has them.
pub fn settings_of(judge: Judge) -> impl Iterator<Item = &'static str> {
    let of = SETTINGS.iter().find(|(one, _, _)| *one == judge);
    of.expect("a line for each judge").1.split_whitespace()
}

/// By which digest an answer names the issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1, which every client knows.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// What one judge is known to say instead.
#[derive(Debug, Clone, Copy)]
pub struct Exception {
    /// Who.
    pub judge: Judge,
    /// What; nothing when there is no way to ask it.
    pub says: Option<Verdict>,
    /// Why.
    pub why: &'static str,
}

/// One question to all judges.
pub struct Question<'a> {
    /// What it is about, for whoever reads a disagreement.
    pub about: String,
    /// The certificate.
    pub leaf: &'a Leaf,
    /// The moment.
    pub at: Timestamp,
    /// The evidence.
    pub evidence: Evidence,
    /// What all must say.
    pub expected: Verdict,
    /// But for these.
    pub except: Vec<Exception>,
}

/// What a judge said, and its own words for it.
struct Opinion {
    verdict: Verdict,
    words: String,
}

/// Asks a program a question.
type Ask = fn(&Path, &Question<'_>) -> Opinion;
type Opinions = BTreeMap<(Judge, usize), Opinion>;

impl Question<'_> {
    fn exception(&self, judge: Judge) -> Option<&Exception> {
        self.except.iter().find(|exception| exception.judge == judge)
    }

    /// What must be said by a judge that can be asked at all.
    fn expected_of(&self, judge: Judge) -> Option<Verdict> {
        match self.exception(judge) {
            Some(exception) => exception.says,
            None => Some(self.expected),
        }
    }

    fn agrees(&self, judge: Judge, said: Verdict) -> bool {
        let expected = self.expected_of(judge).expect("it was asked");
        match (expected, said) {
            // A reason that is unspecified is not there to be told (RFC 5280 §5.3.1).
            (Verdict::Revoked(Some(reason)), Verdict::Revoked(None)) => {
                reason == RevocationReason::Unspecified || !judge.tells_reasons(&self.evidence)
            }
            (expected, said) => expected == said,
        }
    }
}

/// Verdicts that were as they must be, of all tests by now.
static VERDICTS: Mutex<usize> = Mutex::new(0);

/// Counts verdicts that were as they must be, and prints how many there are by now: the last of
/// these lines counts them all.
pub fn count(verdicts: usize, what: &str) {
    let mut sum = VERDICTS.lock().expect("nobody panics while counting");
    *sum += verdicts;
    println!("judges: {sum} verdicts of 7 judges, 0 disagreements ({verdicts} on {what})");
}

/// Puts the questions to every judge and stops the test when one disagrees.
#[track_caller]
pub fn put(what: &str, ca: &Path, questions: &[Question<'_>]) {
    let opinions = all_opinions(ca, questions);
    let mut different = Vec::new();
    let mut verdicts = 0;
    for (number, question) in questions.iter().enumerate() {
        for judge in Judge::ALL {
            let Some(expected) = question.expected_of(judge) else { continue };
            let opinion = opinions.get(&(judge, number));
            let Opinion { verdict, words } =
                opinion.unwrap_or_else(|| panic!("{judge:?} is silent on {}", question.about));
            verdicts += 1;
            if !question.agrees(judge, *verdict) {
                let why = question.exception(judge).map_or("", |exception| exception.why);
                different.push(format!(
                    "{judge:?} on {} at {}: {verdict}, and not {expected} {why}\n    {words}",
                    question.about, question.at
                ));
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} of {verdicts} verdicts on {what} are not as they must be:\n{}",
        different.len(),
        different[..different.len().min(40)].join("\n")
    );
    count(verdicts, what);
}

fn all_opinions(ca: &Path, questions: &[Question<'_>]) -> Opinions {
    std::thread::scope(|scope| {
        let machines = scope.spawn(|| machines::opinions(ca, questions));
        let mut opinions = Opinions::new();
        let programs: [(Judge, Ask); 3] = [
            (Judge::OpenSsl, openssl::opinion),
            (Judge::GnuTls, gnutls::opinion),
            (Judge::Nss, nss::opinion),
        ];
        for (number, question) in questions.iter().enumerate() {
            for (judge, ask) in programs {
                if question.expected_of(judge).is_some() {
                    opinions.insert((judge, number), ask(ca, question));
                }
            }
        }
        opinions.extend(machines.join().expect("a judge failed: see above"));
        opinions
    })
}
