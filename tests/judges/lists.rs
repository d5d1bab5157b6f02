//! Lists of none, one and a hundred thousand entries, of authorities, and too old ones.

use std::path::PathBuf;

use akashi_crl::List;
use akashi_crl::list::Lister;
use akashi_ledger::{Position, Scope, StatusChange, StatusRow};
use akashi_shelf::Entry;
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::{Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::exceptions::*;
use crate::pkilint::nothing_is_found_in;
use crate::prefecture::{Certified, Prefecture, beside, prefecture};
use crate::questions::{Evidence, Exception, Judge, Question, Verdict, put, settings_of};

/// Entries of the long list.
const MANY: usize = 100_000;
/// Entries of the list for judges who would take minutes for the long one.
const FEWER: usize = 1_000;
/// Makes the serial numbers and times of made-up entries.
const SEED: u64 = 20_060_403;

fn ask(what: &str, prefecture: &Prefecture, questions: &[Question<'_>]) {
    put(what, &prefecture.authority.dir.join("ca.der"), questions);
}

fn question<'a>(
    prefecture: &Prefecture,
    one: &'a Certified,
    evidence: Evidence,
    expected: Verdict,
    except: &[Exception],
) -> Question<'a> {
    Question {
        about: format!("{} with {evidence:?}", one.leaf.serial),
        leaf: &one.leaf,
        at: prefecture.at,
        evidence,
        expected,
        except: except.to_vec(),
    }
}

/// Somebody whose certificate is in force, and somebody whose is not.
fn two(prefecture: &Prefecture) -> [&Certified; 2] {
    let good = prefecture.certified.iter().find(|one| one.ended.is_none());
    let gone = prefecture
        .certified
        .iter()
        .find(|one| one.ended.is_some_and(|reason| reason == RevocationReason::KeyCompromise));
    [good.expect("most are in force"), gone.expect("every reason is there")]
}

#[test]
fn a_list_without_an_entry_and_a_list_with_one_are_lists() {
    let prefecture = prefecture();
    let mut questions = Vec::new();
    for (entries, place) in [(0, 0), (1, 1)] {
        let (town, (list, found)) = prefecture.partitions.iter().nth(place).expect("many towns");
        assert_eq!(*found, entries);
        let people = prefecture.certified.iter().filter(|one| one.town == *town);
        let before = questions.len();
        questions.extend(people.map(|one| {
            let expected = one.ended.map_or(Verdict::Good, |reason| Verdict::Revoked(Some(reason)));
            let evidence = Evidence::Lists(vec![list.clone()]);
            question(prefecture, one, evidence, expected, &[NSS_TAKES_NO_PARTITION])
        }));
        let ended = questions[before..].iter().filter(|one| one.expected != Verdict::Good);
        assert_eq!(ended.count(), entries);
    }
    let nobody = prefecture.authority.write_list(Scope::Complete, List::default(), "nobody");
    beside(&nobody);
    for one in two(prefecture) {
        // A complete list on which nobody stands, for NSS too, which takes no partition.
        let evidence = Evidence::Lists(vec![nobody.clone()]);
        questions.push(question(prefecture, one, evidence, Verdict::Good, &[]));
    }
    ask("lists of none and one", prefecture, &questions);
    nothing_is_found_in("lint_crl:-p,PKIX,-t,CRL", vec![nobody]);
}

/// So many made-up people were revoked at some time before now, and these as well.
fn many(prefecture: &Prefecture, count: usize, these: &[&Certified]) -> List {
    let mut rng = StdRng::seed_from_u64(SEED);
    let now = prefecture.authority.now();
    let row = |serial, reason, at| StatusRow {
        generation: 1,
        position: Position(1),
        serial,
        municipality: prefecture.certified[0].town,
        not_after: Timestamp::MAX,
        change: StatusChange::Revoked,
        reason,
        recorded_at: at,
    };
    let mut rows: Vec<_> = these
        .iter()
        .map(|one| row(one.leaf.serial, one.ended.expect("it was revoked"), now))
        .collect();
    rows.extend((these.len()..count).map(|_| {
        let reason = RevocationReason::ALL[[0, 1, 3, 4, 5][rng.random_range(0..5)]];
        let at = now - rng.random_range(1..50_000).minutes();
        row(SerialNumber::from_random(rng.random()), reason, at)
    }));
    rows.sort_by_key(|row| row.serial);
    let mut lister = Lister::default();
    rows.iter().for_each(|row| lister.take(&row.listed()));
    let list = lister.finish();
    assert_eq!(list.entries.len(), count);
    list
}

#[test]
fn among_a_hundred_thousand_entries_every_judge_finds_the_one_and_misses_the_other() {
    let prefecture = prefecture();
    let [good, gone] = two(prefecture);
    let mut questions = Vec::new();
    for (entries, name, except) in
        [(MANY, "many", &[GNUTLS_TAKES_MINUTES][..]), (FEWER, "fewer", &[])]
    {
        let list = many(prefecture, entries, &[gone]);
        let list = prefecture.authority.write_list(Scope::Complete, list, name);
        beside(&list);
        for (one, expected) in [(good, Verdict::Good), (gone, Verdict::Revoked(gone.ended))] {
            let shown = Evidence::Lists(vec![list.clone()]);
            questions.push(question(prefecture, one, shown, expected, except));
        }
        if entries == FEWER {
            nothing_is_found_in("lint_crl:-p,PKIX,-t,CRL", vec![list]);
        }
    }
    ask("lists of a thousand and of a hundred thousand", prefecture, &questions);
}

#[test]
fn the_list_of_authorities_is_for_authorities_only() {
    let prefecture = prefecture();
    let [good, gone] = two(prefecture);
    let authorities = prefecture.authorities.clone();
    let partition = |one: &Certified| prefecture.partitions[&one.town].0.clone();
    let without = Evidence::Chain(vec![partition(good)]);
    let with = |one| Evidence::Chain(vec![partition(one), authorities.clone()]);
    let fallen = list_with_the_authority(prefecture);
    let fallen = Evidence::Chain(vec![partition(good), fallen]);
    let nss = NSS_TAKES_NO_PARTITION;
    let (gnutls, pyhanko) = (GNUTLS_TRUSTS_THE_AUTHORITY, PYHANKO_TRUSTS_THE_AUTHORITY);
    let revoked = Verdict::Revoked(gone.ended);
    let questions = [
        question(
            prefecture,
            good,
            Evidence::Lists(vec![authorities.clone()]),
            Verdict::Unfit,
            &[GNUTLS_IGNORES_THE_SCOPE],
        ),
        question(prefecture, good, with(good), Verdict::Good, &[nss]),
        question(prefecture, gone, with(gone), revoked, &[nss, GNUTLS_KEEPS_ONE_LIST]),
        question(prefecture, good, without, Verdict::Unfit, &[gnutls, pyhanko]),
        question(prefecture, good, fallen, Verdict::AuthorityRevoked, &[nss, gnutls, pyhanko]),
    ];
    ask("the list of authorities", prefecture, &questions);
}

/// A list on which the authority itself stands.
fn list_with_the_authority(prefecture: &Prefecture) -> PathBuf {
    let ca = std::fs::read(prefecture.authority.dir.join("ca.der")).unwrap();
    let serial = crate::scene::serial_of(&ca);
    let now = prefecture.authority.now();
    let entries = vec![Entry::new(serial, now, RevocationReason::CaCompromise)];
    let list = List { entries, released: Vec::new() };
    let list = prefecture.authority.write_list(Scope::Authority, list, "fallen");
    beside(&list);
    list
}

#[test]
fn a_list_past_its_next_update_is_no_evidence() {
    let prefecture = prefecture();
    let [good, _] = two(prefecture);
    let (partition, _) = &prefecture.partitions[&good.town];
    let at = prefecture.at + (24 * 4).hours();
    let old = |list: &PathBuf, except: &[Exception]| {
        let evidence = Evidence::Lists(vec![list.clone()]);
        Question { at, ..question(prefecture, good, evidence, Verdict::Unfit, except) }
    };
    let questions = [
        old(partition, &[GNUTLS_TAKES_OLD_EVIDENCE]),
        old(&prefecture.complete, &[GNUTLS_TAKES_OLD_EVIDENCE, NSS_TAKES_OLD_LISTS]),
    ];
    ask("lists past their nextUpdate", prefecture, &questions);
}

#[test]
fn each_judge_has_a_line_that_says_what_it_must_be_told() {
    for judge in Judge::ALL {
        assert!(settings_of(judge).next().is_some(), "{judge:?}");
    }
}

#[test]
fn every_judge_takes_good_and_revoked_alike_with_its_own_defaults() {
    let prefecture = prefecture();
    let revoked = prefecture.certified.iter().find(|one| one.ended.is_some()).expect("somebody's");
    let reason = revoked.ended.expect("it was revoked");
    let [good, _] = two(prefecture);
    let evidence = || Evidence::ByDefault(vec![prefecture.complete.clone()]);
    let questions = [
        question(prefecture, good, evidence(), Verdict::Good, &[]),
        question(prefecture, revoked, evidence(), Verdict::Revoked(Some(reason)), &[]),
    ];
    ask("certificates before judges as they come", prefecture, &questions);
}
