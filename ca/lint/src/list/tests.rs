use super::*;
use crate::rules::trial;
use crate::samples::{self, Node};

fn judged(octets: &[u8], form: Form) -> ListReport {
    judge_all(&trial::lint(), octets, form, &trial::recorded(), |_| {}).unwrap()
}

#[test]
fn a_good_list_is_clean_before_and_after_it_is_signed() {
    let to_be_signed = samples::list();
    let before = judged(&to_be_signed.write(), Form::ToBeSigned);
    assert_eq!(before.findings, []);
    assert_eq!((before.entries, before.number), (2, Some(9)));
    assert_eq!(before.scope, trial::recorded().scope);
    let after = judged(&samples::signed(to_be_signed).write(), Form::Whole);
    assert_eq!(after.findings, []);
    assert_eq!(before.signed, after.signed);
    assert_eq!(before.signed, before.digest);
    assert_eq!(after.signature, Some(vec![0; 256]));
}

#[test]
fn the_complete_list_and_that_of_authorities_are_lists_too() {
    let mut complete = samples::list();
    complete.at(&[6, 0]).nodes().truncate(2);
    complete.nodes().remove(5);
    let mut authorities = complete.clone();
    let only = samples::sequence(vec![samples::primitive(0x82, [0xff])]);
    let point = samples::extension(samples::ISSUING_POINT, true, only);
    authorities.at(&[5, 0]).nodes().push(point);
    for (list, scope) in [(complete, ListScope::Complete), (authorities, ListScope::Authority)] {
        let expected = ListExpected { scope: Some(scope), ..trial::recorded() };
        let octets = list.write();
        let report = trial::lint().list_to_be_signed(&octets[..], &expected, |_| {}).unwrap();
        assert_eq!(report.findings, []);
        assert_eq!((report.scope, report.entries), (Some(scope), 0));
    }
}

#[test]
fn every_entry_is_shown_as_it_stands() {
    let octets = samples::list().write();
    let mut shown = Vec::new();
    let each = |one: Listed<'_>| shown.push((one.serial.to_vec(), one.at, one.reason));
    trial::lint().list_to_be_signed(&octets[..], &ListExpected::default(), each).unwrap();
    let at = Some(1_793_491_200);
    assert_eq!(shown, [(vec![0x41; 16], at, Some(1)), (vec![0x42; 16], at, Some(4))]);
}

#[test]
fn a_list_that_was_cut_or_lengthened_anywhere_is_never_clean() {
    let octets = samples::signed(samples::list()).write();
    for end in 0..octets.len() {
        assert!(!judged(&octets[..end], Form::Whole).findings.is_empty(), "cut at {end}");
    }
    let longer = [&octets[..], &[0]].concat();
    assert!(!judged(&longer, Form::Whole).findings.is_empty());
}

#[test]
fn whatever_octet_is_changed_in_what_is_signed_something_else_is_signed() {
    let octets = samples::signed(samples::list()).write();
    let good = judged(&octets, Form::Whole);
    for index in 4..octets.len() - 280 {
        let mut changed = octets.clone();
        changed[index] ^= 1;
        let report = judged(&changed, Form::Whole);
        assert!(!report.findings.is_empty() || report.signed != good.signed, "octet {index}");
    }
}

#[test]
fn a_finding_about_an_entry_names_the_first_and_stands_once() {
    let mut list = samples::list();
    let late: Vec<Node> = (0..100u8)
        .map(|octet| {
            let mut entry = list.at(&[5, 0]).clone();
            entry.at(&[0]).set([[0x50; 15].as_slice(), &[octet]].concat());
            entry.at(&[1]).set("270101000000Z");
            entry
        })
        .collect();
    list.at(&[5]).nodes().extend(late);
    let report = judged(&list.write(), Form::ToBeSigned);
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    assert_eq!(finding.rule, "list_entry_future");
    assert_eq!(finding.serial.as_deref(), Some("50505050505050505050505050505000"));
    assert_eq!(report.entries, 102);
}
