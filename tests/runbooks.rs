//! The runbooks are made from the words of the alarms, and what they tell people to type exists.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use akashi_wire::Alarm;

fn pages() -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/runbooks");
    let page = |(code, _): &(&str, _)| {
        let text = akashi_words::book(code).unwrap_or_else(|| panic!("{code} has no runbook"));
        (dir.join(format!("{code}.md")), text)
    };
    let mut pages: Vec<_> = Alarm::CODES.iter().map(page).collect();
    pages.push((dir.join("README.md"), akashi_words::contents().unwrap()));
    pages
}

#[test]
fn the_runbooks_are_what_the_words_say() {
    let pages = pages();
    let dir = pages[0].0.parent().unwrap().to_owned();
    if env::var_os("UPDATE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        pages.iter().for_each(|(file, text)| fs::write(file, text).unwrap());
    }
    for (file, text) in &pages {
        let there = fs::read_to_string(file).unwrap_or_default();
        assert!(there == *text, "{} is old: make golden", file.display());
    }
    let there = fs::read_dir(&dir).unwrap().count();
    assert_eq!(there, pages.len(), "a page in docs/runbooks is of no alarm: make golden");
}

#[test]
fn every_command_of_a_runbook_exists() {
    let mut tried = 0;
    for (file, text) in pages() {
        for quoted in text.split('`').skip(1).step_by(2) {
            let words: Vec<&str> = quoted.split_whitespace().collect();
            let words = match words.as_slice() {
                ["akashi", rest @ ..] if !rest.is_empty() => rest.to_vec(),
                ["desk", ..] => words,
                _ => continue,
            };
            // Its subcommands, as far as they go: then arguments come.
            let is_word = |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            let commands: Vec<&str> = words
                .iter()
                .take_while(is_word)
                .filter(|word| !word.starts_with('-'))
                .copied()
                .collect();
            let help =
                Command::new(env!("CARGO_BIN_EXE_akashi")).arg("help").args(&commands).output();
            let help = help.unwrap();
            let is_suspend = |at: &usize| commands[*at] == "suspend" || commands[*at] == "lift";
            let known = help.status.success()
                || (0..commands.len()).find(is_suspend).is_some_and(|at| {
                    let what = commands.get(at + 1).copied().unwrap_or_default();
                    ["source", "counter", "town", "party", "issuing"].contains(&what)
                });
            assert!(known, "{}: there is no `{quoted}`", file.display());
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}
