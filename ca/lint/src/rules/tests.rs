//! That every rule is written as it should be, and is asked of something.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{ANSWER, AUTHORITY, ENTRY, HEAD, RESIDENT, RESPONDER, TAIL};

/// Rules a directory: whoever takes one away does so on purpose.
const RULES: [(&str, usize); 6] = [
    ("answer", 15),
    ("authority", 8),
    ("certificate", 11),
    ("list", 19),
    ("resident", 22),
    ("responder", 7),
];

/// Every file with a rule: its place and its text.
fn files() -> BTreeMap<String, String> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let mut files = BTreeMap::new();
    for (dir, _) in RULES {
        for entry in fs::read_dir(rules.join(dir)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{dir}/{}", path.file_name().unwrap().to_str().unwrap());
            files.insert(name, fs::read_to_string(path).unwrap());
        }
    }
    files
}

/// What stands in quotes after a word.
fn quoted<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let rest = text.split_once(word)?.1.trim_start();
    Some(rest.strip_prefix('"')?.split_once('"')?.0)
}

/// Names and sources of every rule that is in a list.
fn listed() -> BTreeMap<&'static str, &'static str> {
    let certificates = [RESIDENT, RESPONDER, AUTHORITY].into_iter().flatten();
    certificates
        .map(|rule| (rule.name, rule.source))
        .chain(HEAD.iter().map(|rule| (rule.name, rule.source)))
        .chain(ENTRY.iter().map(|rule| (rule.name, rule.source)))
        .chain(TAIL.iter().map(|rule| (rule.name, rule.source)))
        .chain(ANSWER.iter().map(|rule| (rule.name, rule.source)))
        .collect()
}

#[test]
fn there_are_as_many_rules_as_there_should_be() {
    let files = files();
    for (dir, count) in RULES {
        let found = files.keys().filter(|name| name.starts_with(&format!("{dir}/"))).count();
        assert_eq!(found, count, "{dir}");
    }
}

#[test]
fn every_rule_says_where_it_is_written_and_has_a_good_and_a_bad_sample() {
    for (file, text) in files() {
        let (program, tests) = text.split_once("#[cfg(test)]").expect(&file);
        let source = quoted(program, "source:").expect(&file);
        let kinds = ["RFC ", "profile: ", "民法 ", "X.690 "];
        assert!(kinds.iter().any(|kind| source.contains(kind)), "{file} cites {source}");
        // A trial begins with the good sample and ends with the bad one.
        assert!(tests.contains("trial::") && tests.contains("#[test]"), "{file} is not tried");
        assert!(text.starts_with("//! "), "{file} does not say what it is about");
    }
}

#[test]
fn every_rule_has_a_name_of_its_own_and_is_asked_of_something() {
    let listed = listed();
    let mut names = BTreeSet::new();
    for (file, text) in files() {
        let name = quoted(&text, "name:").expect(&file);
        assert!(names.insert(name.to_owned()), "{file}: {name} is another's too");
        let source = quoted(&text, "source:").expect(&file);
        assert_eq!(listed.get(name), Some(&source), "{file} is in no list of rules.rs");
    }
    assert_eq!(names.len(), listed.len());
}

#[test]
fn no_rule_is_asked_twice() {
    for list in [RESIDENT, RESPONDER, AUTHORITY] {
        let names: BTreeSet<_> = list.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), list.len());
    }
}
