//! Two hundred certificates of odd names before every judge.

use std::path::PathBuf;

use akashi_agency::{StatedItems, stated_items};
use akashi_wire::RevocationReason;

use crate::exceptions::*;
use crate::odd_people::towns;
use crate::pkilint::nothing_is_found_in;
use crate::prefecture::{CERTIFICATES, Certified, Prefecture, prefecture};
use crate::questions::{Digest, Evidence, Question, Verdict, put};

/// A question about each certificate.
fn each(
    what: &str,
    question: impl Fn(&'static Prefecture, &'static Certified) -> Question<'static>,
) {
    let prefecture = prefecture();
    let questions: Vec<_> =
        prefecture.certified.iter().map(|certified| question(prefecture, certified)).collect();
    assert_eq!(questions.len(), CERTIFICATES);
    put(what, &prefecture.authority.dir.join("ca.der"), &questions);
}

/// What became of it, which all must find out.
fn fate(ended: Option<RevocationReason>) -> Verdict {
    ended.map_or(Verdict::Good, |reason| Verdict::Revoked(Some(reason)))
}

fn question(
    prefecture: &'static Prefecture,
    certified: &'static Certified,
    evidence: Evidence,
    expected: Verdict,
) -> Question<'static> {
    Question {
        about: format!("{} with {evidence:?}", certified.leaf.pem.display()),
        leaf: &certified.leaf,
        at: prefecture.at,
        evidence,
        expected,
        except: Vec::new(),
    }
}

#[test]
fn every_judge_finds_the_same_in_the_list_of_the_municipality() {
    each("certificates of odd names with the list of their municipality", |prefecture, one| {
        let (list, _) = &prefecture.partitions[&one.town];
        let evidence = Evidence::Lists(vec![list.clone()]);
        let except = vec![NSS_TAKES_NO_PARTITION];
        Question { except, ..question(prefecture, one, evidence, fate(one.ended)) }
    });
}

#[test]
fn every_judge_finds_the_same_in_the_complete_list() {
    each("certificates of odd names with the complete list", |prefecture, one| {
        let evidence = Evidence::Lists(vec![prefecture.complete.clone()]);
        question(prefecture, one, evidence, fate(one.ended))
    });
}

#[test]
fn every_judge_finds_the_same_in_the_answer_of_the_responder() {
    each("certificates of odd names with the responder's answer", |prefecture, one| {
        let evidence = Evidence::Answer(one.answer.clone(), Digest::Sha1);
        let except = vec![NSS_READS_NO_ANSWERS];
        Question { except, ..question(prefecture, one, evidence, fate(one.ended)) }
    });
}

#[test]
fn the_list_of_another_municipality_says_nothing_to_anybody() {
    each("certificates of odd names with the list of another municipality", |prefecture, one| {
        let evidence = Evidence::Lists(vec![prefecture.wrong_list(one.town).to_owned()]);
        let except = vec![GNUTLS_IGNORES_THE_SCOPE];
        Question { except, ..question(prefecture, one, evidence, Verdict::Unfit) }
    });
}

#[test]
fn pkilint_finds_nothing_in_them_nor_in_their_lists_and_answers() {
    let prefecture = prefecture();
    let of = |file: fn(&Certified) -> PathBuf| prefecture.certified.iter().map(file).collect();
    nothing_is_found_in("lint_pkix_cert", of(|one| one.leaf.pem.clone()));
    nothing_is_found_in("lint_ocsp_response", of(|one| one.answer.clone()));
    let partitions = prefecture.partitions.values().map(|(list, _)| list.clone());
    let lists = partitions.chain([prefecture.complete.clone()]).collect();
    nothing_is_found_in("lint_crl:-p,PKIX,-t,CRL", lists);
    nothing_is_found_in("lint_crl:-p,PKIX,-t,ARL", vec![prefecture.authorities.clone()]);
}

#[test]
fn people_are_as_odd_as_they_should_be() {
    let prefecture = prefecture();
    for town in towns() {
        assert!(prefecture.certified.iter().any(|one| one.town == town), "nobody in {town}");
    }
    let ended = |reason| prefecture.certified.iter().filter(|one| one.ended == reason).count();
    assert!(ended(None) > 120, "{} are in force", ended(None));
    for reason in RevocationReason::ALL {
        let of_authorities = reason == RevocationReason::CaCompromise;
        assert_eq!(ended(Some(reason)) == 0, of_authorities, "{}", reason.name());
    }
    let stated = prefecture.certified.iter().map(|one| stated_items(&one.leaf.der).unwrap());
    let stated: Vec<_> = stated.collect();
    let count = |is: fn(&StatedItems) -> bool| stated.iter().filter(|items| is(items)).count();
    assert!(count(|items| items.address.chars().count() == 200) > 10, "long addresses");
    assert!(count(|items| items.name.chars().count() > 40) > 1, "long names");
    assert!(count(|items| items.name == "山田　太郎") > 2, "namesakes");
    assert!(count(|items| items.birth_date.starts_with('0')) > 10, "birth dates of no era");
    assert!(count(|items| items.birth_date == "000000000") > 0, "nothing known of a birth");
    let is_latin = |items: &StatedItems| items.name.starts_with(|c: char| c.is_ascii_uppercase());
    assert!(count(is_latin) > 10, "Latin names");
    assert!(count(|items| items.name.contains("ヨミ")) > 0, "characters that officers decided");
}
