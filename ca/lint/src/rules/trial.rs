//! How a rule's own samples are tried: the good one passes, the bad one is found.

use super::{AnswerRule, CertificateRule};
use crate::Lint;
use crate::answer::Answer;
use crate::certificate::Certificate;
use crate::list::{Form, ListExpected, ListScope, judge_all};
use crate::samples::{self, FOUNDING, Node};

/// The lint of the samples' authority.
pub(crate) fn lint() -> Lint {
    let authority = samples::signed(samples::authority()).write();
    Lint::new(&authority, FOUNDING.as_bytes()).expect("the sample is an authority")
}

/// Tries a rule about certificates on a good TBSCertificate and on a change of it.
#[track_caller]
pub(crate) fn certificate(rule: &CertificateRule, good: Node, bad: impl FnOnce(&mut Node)) {
    let (lint, algorithm) = (lint(), samples::algorithm().write());
    let says = |tbs: &Node| {
        let octets = tbs.write();
        let read = Certificate::read(&lint, &octets, Some(&algorithm), None);
        (rule.check)(&read.expect("the sample can be read"))
    };
    assert_eq!(says(&good), Ok(()), "{}", rule.name);
    let mut changed = good;
    bad(&mut changed);
    assert!(says(&changed).is_err(), "{} finds nothing", rule.name);
}

/// What was recorded of the sample of a list.
pub(crate) fn recorded() -> ListExpected {
    ListExpected {
        scope: Some(ListScope::Partition("312011".parse().expect("a code"))),
        previous: Some(8),
        number: Some(9),
        this_update: Some(1_795_834_800),
        next_update: Some(1_796_007_600),
    }
}

/// The names of the rules that a list breaks.
pub(crate) fn of_list(list: &Node, form: Form) -> Vec<&'static str> {
    let octets = list.write();
    let report = judge_all(&lint(), &octets[..], form, &recorded(), |_| {});
    let findings = report.expect("octets can be read").findings;
    findings.iter().map(|finding| finding.rule).collect()
}

/// Tries a rule about lists on the good TBSCertList and on a change of it.
#[track_caller]
pub(crate) fn list(rule: &str, bad: impl FnOnce(&mut Node)) {
    of_form(rule, samples::list(), Form::ToBeSigned, bad);
}

/// Tries a rule about lists on the good CertificateList and on a change of it.
#[track_caller]
pub(crate) fn signed_list(rule: &str, bad: impl FnOnce(&mut Node)) {
    of_form(rule, samples::signed(samples::list()), Form::Whole, bad);
}

#[track_caller]
fn of_form(rule: &str, good: Node, form: Form, bad: impl FnOnce(&mut Node)) {
    assert_eq!(of_list(&good, form), [] as [&str; 0]);
    let mut changed = good;
    bad(&mut changed);
    let found = of_list(&changed, form);
    assert!(found.contains(&rule), "{rule} finds nothing, but {found:?} do");
}

/// Tries a rule about answers on the good BasicOCSPResponse and on a change of it.
#[track_caller]
pub(crate) fn answer(rule: &AnswerRule, bad: impl FnOnce(&mut Node)) {
    let mut changed = samples::basic();
    bad(&mut changed);
    of_answer(rule, &samples::answer(changed));
}

/// Tries a rule about answers on the good OCSPResponse and on a change of it.
#[track_caller]
pub(crate) fn whole_answer(rule: &AnswerRule, bad: impl FnOnce(&mut Node)) {
    let mut changed = samples::answer(samples::basic());
    bad(&mut changed);
    of_answer(rule, &changed);
}

#[track_caller]
fn of_answer(rule: &AnswerRule, changed: &Node) {
    let lint = lint();
    let good = samples::answer(samples::basic()).write();
    assert_eq!(lint.answer(&good), []);
    let octets = changed.write();
    let read = Answer::read(&lint, &octets).expect("the sample can be read");
    assert!((rule.check)(&read).is_err(), "{} finds nothing", rule.name);
}
