//! Dates through 2050, leap days, and the ends of certificates, to the second. openssl, GnuTLS and
//! NSS live on those days by faketime, Java, Bouncy Castle and pyhanko by their own argument.
//!
//! Through 2049 a date is UTCTime, from 2050 on GeneralizedTime (RFC 5280 §4.1.2.5, §5.1.2.4); a
//! reader that takes one for the other, or a leap day for none, is a century or a day away.

use std::fs;
use std::path::{Path, PathBuf};

use akashi_ledger::Scope;
use akashi_registry::Person;
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::{Timestamp, ToSpan};

use crate::authority::{Authority, keys};
use crate::exceptions::*;
use crate::people;
use crate::pkilint::nothing_is_found_in;
use crate::prefecture::{beside, request};
use crate::questions::{Digest, Evidence, Question, Verdict, put};
use crate::scene::Leaf;
use crate::tool::{run, words};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// An authority that moves through the years, and everything that it is asked on the way.
struct Years {
    authority: Authority,
    keys: Box<dyn Iterator<Item = akashi_keys::RsaKey>>,
    issued: u8,
    files: Vec<(&'static str, PathBuf)>,
}

/// What is shown of a certificate at one moment.
struct Shown {
    at: Timestamp,
    partition: PathBuf,
    complete: PathBuf,
    answer: PathBuf,
}

impl Years {
    async fn begin(start: &str) -> Self {
        let authority = Authority::found(time(start)).await;
        Self { authority, keys: Box::new(keys(12)), issued: 0, files: Vec::new() }
    }

    /// Issues at this time; the certificate must end at that one.
    async fn issue(&mut self, person: &Person, from: &str, to: &str) -> Leaf {
        self.authority.clock.advance_to(time(from));
        self.issued += 1;
        let key = self.keys.next().expect("enough keys");
        let serial = SerialNumber::from_random([self.issued; 16]);
        let leaf = self.authority.issue(person, &key, serial).await;
        let (_, read) = x509_parser::parse_x509_certificate(&leaf.der).unwrap();
        let validity = read.validity();
        assert_eq!(validity.not_before.timestamp(), time(from).as_second());
        assert_eq!(validity.not_after.timestamp(), time(to).as_second(), "of {from}");
        self.files.push(("lint_pkix_cert", leaf.pem.clone()));
        leaf
    }

    async fn end(&self, leaf: &Leaf, at: &str, reason: RevocationReason) {
        self.authority.clock.advance_to(time(at));
        self.authority.end(leaf.serial, reason).await;
    }

    /// New lists and an answer, ten seconds before somebody looks at them.
    async fn shown(&mut self, leaf: &Leaf, town: &str, at: Timestamp) -> Shown {
        let authority = &self.authority;
        authority.clock.advance_to(at - 10.seconds());
        let (partition, _) = authority.list(Scope::Partition(people::town(town))).await;
        let (complete, _) = authority.list(Scope::Complete).await;
        authority.follow().await;
        let request = request(&authority.dir.join("ca.pem"), &leaf.pem, &["-no_nonce"]);
        let answer = leaf.pem.with_extension(format!("{}.ocsp", at.as_second()));
        fs::write(&answer, authority.answer(&request).await).unwrap();
        for list in [&partition, &complete] {
            beside(list);
            self.files.push(("lint_crl:-p,PKIX,-t,CRL", list.clone()));
        }
        self.files.push(("lint_ocsp_response", answer.clone()));
        Shown { at, partition, complete, answer }
    }

    fn judged(&self, what: &str, questions: &[Question<'_>]) {
        put(what, &self.authority.dir.join("ca.der"), questions);
        for program in ["lint_pkix_cert", "lint_crl:-p,PKIX,-t,CRL", "lint_ocsp_response"] {
            let files = self.files.iter().filter(|(of, _)| *of == program);
            let files: Vec<_> = files.map(|(_, file)| file.clone()).collect();
            if !files.is_empty() {
                nothing_is_found_in(program, files);
            }
        }
    }
}

/// With both lists and the answer, all must say this at that moment.
fn questions<'a>(
    leaf: &'a Leaf,
    shown: &Shown,
    at: Timestamp,
    expected: Verdict,
) -> [Question<'a>; 3] {
    let question = |evidence: Evidence, except: &[_]| Question {
        about: format!("{} with {evidence:?}", leaf.serial),
        leaf,
        at,
        evidence,
        expected,
        except: except.to_vec(),
    };
    [
        question(Evidence::Lists(vec![shown.partition.clone()]), &[NSS_TAKES_NO_PARTITION]),
        question(Evidence::Lists(vec![shown.complete.clone()]), &[]),
        question(Evidence::Answer(shown.answer.clone(), Digest::Sha1), &[NSS_READS_NO_ANSWERS]),
    ]
}

/// How a date is written in a certificate or a list, as openssl finds it.
fn written(file: &Path, date: &str) -> bool {
    let said = run("openssl", words!["asn1parse", "-in", file]).must_be_content();
    said.out.lines().any(|line| line.ends_with(date))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_ends_with_its_last_second_whatever_the_century_and_the_leap_day() {
    // The first is issued at midnight, when New Year's Day of 2047 begins in Japan.
    let mut years = Years::begin("2046-12-31T14:00:00Z").await;
    let mut all = Vec::new();
    for (person, from, to, form) in [
        // The last notAfter in UTCTime, and the first in GeneralizedTime.
        (
            people::takahashi(),
            "2046-12-31T15:00:00Z",
            "2049-12-31T14:59:59Z",
            "UTCTIME           :491231145959Z",
        ),
        (
            people::rossi(),
            "2047-01-01T15:00:00Z",
            "2050-01-01T14:59:59Z",
            "GENERALIZEDTIME   :20500101145959Z",
        ),
        // Issued on a leap day, whose day three years later does not exist (民法 art. 143).
        (
            people::segawa(),
            "2048-02-29T03:00:00Z",
            "2051-02-28T14:59:59Z",
            "GENERALIZEDTIME   :20510228145959Z",
        ),
        // Ending on one.
        (
            people::yoshida(),
            "2049-03-01T03:00:00Z",
            "2052-02-29T14:59:59Z",
            "GENERALIZEDTIME   :20520229145959Z",
        ),
    ] {
        let leaf = years.issue(&person, from, to).await;
        assert!(written(&leaf.pem, form), "{} is not written {form}", leaf.pem.display());
        all.push((leaf, time(from), time(to)));
    }
    let mut asked = Vec::new();
    for (leaf, _, to) in &all {
        let shown = years.shown(leaf, people::TOTTORI, *to).await;
        asked.extend(questions(leaf, &shown, *to - 1.second(), Verdict::Good));
        asked.extend(questions(leaf, &shown, *to, Verdict::Good).map(|mut question| {
            question.except.push(OPENSSL_ENDS_A_SECOND_EARLY);
            question
        }));
        asked.extend(questions(leaf, &shown, *to + 1.second(), Verdict::OutOfTime));
    }
    years.judged("the ends of certificates", &asked);

    // The same by openssl's own argument; the last second is as above.
    for (leaf, from, to) in &all {
        let ca = years.authority.dir.join("ca.pem");
        let at = |moment: Timestamp| {
            let moment = moment.as_second().to_string();
            run("openssl", words!["verify", "-attime", moment, "-CAfile", &ca, &leaf.pem])
        };
        at(*from).must_say(": OK");
        at(*to - 1.second()).must_say(": OK");
        at(*from - 1.second()).must_complain("error 9 at 0 depth");
        at(*to).must_complain("error 10 at 0 depth");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_begins_with_its_first_second() {
    let mut years = Years::begin("2027-12-01T00:00:00Z").await;
    // On the leap day in Japan, while it is still the day before in Greenwich.
    let first = time("2028-02-28T15:00:00Z");
    years.authority.clock.advance_to(first - 10.seconds());
    let (partition, _) =
        years.authority.list(Scope::Partition(people::town(people::TOTTORI))).await;
    let (complete, _) = years.authority.list(Scope::Complete).await;
    let leaf = years.issue(&people::rossi(), "2028-02-28T15:00:00Z", "2031-02-28T14:59:59Z").await;
    let mut asked = Vec::new();
    for list in [&partition, &complete] {
        beside(list);
        for (at, expected, nss) in [
            (first, Verdict::Good, None),
            (first - 1.second(), Verdict::OutOfTime, Some(NSS_FORGIVES_A_DAY)),
            (first - 48.hours(), Verdict::OutOfTime, None),
        ] {
            let evidence = Evidence::Lists(vec![list.clone()]);
            let about = format!("the first second with {evidence:?}");
            let partition = (list == &partition).then_some(NSS_TAKES_NO_PARTITION);
            let except = partition.or(nss).into_iter().collect();
            asked.push(Question { about, leaf: &leaf, at, evidence, expected, except });
        }
    }
    years.judged("the beginning of a certificate", &asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn revocations_around_2050_and_on_a_leap_day_are_seen() {
    let mut years = Years::begin("2047-06-01T00:00:00Z").await;
    let mut leaves = Vec::new();
    for (person, from, to) in [
        (people::takahashi(), "2048-06-01T00:00:00Z", "2051-05-31T14:59:59Z"),
        (people::segawa(), "2048-06-01T00:00:01Z", "2051-05-31T14:59:59Z"),
        (people::rossi(), "2049-12-01T00:00:00Z", "2052-11-30T14:59:59Z"),
        (people::yoshida(), "2049-12-01T00:00:01Z", "2052-11-30T14:59:59Z"),
    ] {
        leaves.push(years.issue(&person, from, to).await);
    }
    let reason = RevocationReason::AffiliationChanged;
    let gone = Verdict::Revoked(Some(reason));
    let mut asked = Vec::new();
    for (ended, at, expected, dates) in [
        (
            &[][..],
            "2049-12-31T22:00:00Z",
            &[(0, Verdict::Good), (1, Verdict::Good), (2, Verdict::Good)][..],
            &[][..],
        ),
        // The last second of UTCTime, and the first of GeneralizedTime.
        (
            &[(0, "2049-12-31T23:59:59Z"), (1, "2050-01-01T00:00:00Z")],
            "2050-01-01T01:00:00Z",
            &[(0, gone), (1, gone), (2, Verdict::Good)],
            &["UTCTIME           :491231235959Z", "GENERALIZEDTIME   :20500101000000Z"],
        ),
        (
            &[(2, "2052-02-29T12:00:00Z")],
            "2052-02-29T13:00:00Z",
            &[(2, gone), (3, Verdict::Good)],
            &["GENERALIZEDTIME   :20520229120000Z"],
        ),
    ] {
        for (number, when) in ended {
            years.end(&leaves[*number], when, reason).await;
        }
        for (number, expected) in expected {
            let leaf = &leaves[*number];
            let shown = years.shown(leaf, people::TOTTORI, time(at)).await;
            asked.extend(questions(leaf, &shown, shown.at, *expected));
            for date in dates {
                let list = shown.partition.with_extension("crl.pem");
                assert!(written(&list, date), "{} has no {date}", list.display());
            }
        }
    }
    years.judged("revocations around 2050 and on a leap day", &asked);
}
