//! The rules of the house that a compiler does not check: who may depend on whom, and what may
//! stand where. A rule that fails names what is to be used instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Our packages and everything that they are built with.
struct Workspace {
    /// Our packages: name and directory.
    members: BTreeMap<String, PathBuf>,
    /// From a package to those that it is linked or built with; tests do not count.
    edges: BTreeMap<String, BTreeSet<String>>,
    /// From one of ours to what its manifest names, for tests too.
    named: BTreeMap<String, BTreeSet<String>>,
    /// What each manifest of ours names: package, crate, and whether for tests alone.
    declared: Vec<(String, String, bool)>,
}

impl Workspace {
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            // Crates of other platforms, which no build has fetched, are not asked for.
            .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &host()])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();

        let ours: BTreeSet<_> = list(&metadata["workspace_members"]).iter().map(&text).collect();
        let (mut names, mut members) = (BTreeMap::new(), BTreeMap::new());
        let (mut named, mut declared) = (BTreeMap::new(), Vec::new());
        for package in list(&metadata["packages"]) {
            let (id, name) = (text(&package["id"]), text(&package["name"]));
            names.insert(id.clone(), name.clone());
            if ours.contains(&id) {
                let manifest = PathBuf::from(text(&package["manifest_path"]));
                members.insert(name.clone(), manifest.parent().expect("a directory").to_owned());
                let dependencies = list(&package["dependencies"]);
                declared.extend(dependencies.iter().map(|one| {
                    (name.clone(), text(&one["name"]).replace('-', "_"), one["kind"] == "dev")
                }));
                named.insert(name, dependencies.iter().map(|one| text(&one["name"])).collect());
            }
        }
        let mut edges: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let from = edges.entry(names[&text(&node["id"])].clone()).or_default();
            for dependency in list(&node["deps"]) {
                let kinds = list(&dependency["dep_kinds"]);
                if kinds.iter().any(|kind| kind["kind"] != "dev") {
                    from.insert(names[&text(&dependency["pkg"])].clone());
                }
            }
        }
        Self { members, edges, named, declared }
    }

    /// Everything that a package is built with, however indirectly.
    fn built_with(&self, package: &str) -> BTreeSet<&str> {
        assert!(self.members.contains_key(package), "{package} is no package of ours");
        let mut found = BTreeSet::new();
        let mut next = vec![package];
        while let Some(package) = next.pop() {
            for dependency in &self.edges[package] {
                if found.insert(dependency.as_str()) {
                    next.push(dependency);
                }
            }
        }
        found
    }

    #[track_caller]
    fn must_not(&self, packages: &[&str], forbidden: &[&str], why: &str) {
        for package in packages {
            let found = self.built_with(package);
            let found: Vec<_> = forbidden.iter().filter(|one| found.contains(*one)).collect();
            assert!(found.is_empty(), "{package} is built with {found:?}: {why}");
        }
    }

    /// Every line of program text of ours, without comments and without tests.
    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for dir in self.members.values() {
            sources(&dir.join("src"), &mut lines);
        }
        assert!(lines.len() > 10_000, "the sources are somewhere else: {}", lines.len());
        lines
    }
}

/// The platform that is built for.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    said.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc says its host").into()
}

/// A line of program text.
struct Line {
    /// From the root of the workspace.
    file: String,
    number: usize,
    text: String,
}

fn sources(dir: &Path, lines: &mut Vec<Line>) {
    let mut entries: Vec<_> = fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, lines);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let file = path.strip_prefix(root).expect("in the workspace").display().to_string();
            let text = fs::read_to_string(&path).expect("UTF-8");
            program_text(&text, |number, text| {
                lines.push(Line { file: file.clone(), number, text: text.into() });
            });
        }
    }
}

/// Gives every line that is neither a comment nor part of an item for tests alone. Goes by
/// rustfmt's indentation.
fn program_text(text: &str, mut give: impl FnMut(usize, &str)) {
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            let indent = &line[..line.len() - line.trim_start().len()];
            let end = format!("{indent}}}");
            let mut item = lines.by_ref().map(|(_, line)| line);
            let first = item.by_ref().find(|line| !line.trim_start().starts_with('#'));
            if !first.is_some_and(|line| line.ends_with(';')) {
                item.find(|line| *line == end);
            }
        } else if !line.trim_start().starts_with("//") {
            give(index + 1, line);
        }
    }
}

#[test]
fn what_a_manifest_names_is_used() {
    /// Everything written below these, or in them.
    fn written(paths: &[PathBuf]) -> String {
        let mut all = String::new();
        for path in paths.iter().filter(|path| path.exists()) {
            if path.is_dir() {
                let entries = fs::read_dir(path).expect("a directory");
                let entries: Vec<_> =
                    entries.map(|entry| entry.expect("an entry").path()).collect();
                all += &written(&entries);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                all += &fs::read_to_string(path).expect("UTF-8");
            }
        }
        all
    }
    let workspace = Workspace::read();
    let mut unused = Vec::new();
    for (package, dir) in &workspace.members {
        let program = written(&[dir.join("src"), dir.join("build.rs")].map(PathBuf::from));
        let tests = written(&[dir.join("tests"), dir.join("benches")]);
        let is_word = |text: &str, name: &str| {
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            text.match_indices(name).any(|(at, _)| {
                !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part)
            })
        };
        for (_, name, is_for_tests) in
            workspace.declared.iter().filter(|(whose, ..)| whose == package)
        {
            let is_used = is_word(&program, name) || *is_for_tests && is_word(&tests, name);
            if !is_used {
                unused.push(format!("{package}: {name}"));
            }
        }
    }
    assert!(unused.is_empty(), "taken from the manifest: {unused:?}");
}

#[track_caller]
fn none_of(lines: impl Iterator<Item = Line>, rule: &str) {
    let found: Vec<_> = lines
        .map(|Line { file, number, text }| format!("{file}:{number}: {}", text.trim()))
        .collect();
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn no_process_that_agencies_talk_to_contains_code_that_can_issue() {
    Workspace::read().must_not(
        &["akashi-ocsp", "akashi-crl", "akashi-repository"],
        &["akashi-ca", "akashi-registry", "akashi-softcard"],
        "what they need of the authority stands in the book: akashi-ledger",
    );
}

#[test]
fn the_door_for_holders_contains_neither_the_authority_nor_the_book_nor_a_signature_of_its_own() {
    let workspace = Workspace::read();
    let inside = ["akashi-ca", "akashi-ledger", "akashi-lint", "akashi-shelf", "sqlx"];
    let why = "it hands on what holders sign, over mutual TLS: akashi-wire is all that it shares";
    workspace.must_not(&["akashi-holders-door"], &inside, why);
    let lines = || workspace.lines().into_iter();
    let keys = ["akashi_keys", "dyn Signer", "custody", ".rsa(", ".sign("];
    let door = lines().filter(|line| line.file.starts_with("ca/holders-door/src/"));
    none_of(door.filter(|line| keys.iter().any(|one| line.text.contains(one))), why);
    // And everybody who comes without a certificate comes there: no plain door is opened where the authority's key is.
    let authority = lines().filter(|line| line.file.starts_with("ca/src/"));
    none_of(
        authority.filter(|line| line.text.contains("serve_plain")),
        "the authority's key is in no process with a door to the public",
    );
}

#[test]
fn what_signs_lists_listens_nowhere_and_what_publishes_them_knows_nothing_that_signs_one() {
    let workspace = Workspace::read();
    let why = "the list issuer hands files over, and the repository publishes them: akashi-shelf is all they share";
    workspace.must_not(&["akashi-repository", "akashi-shelf"], &["akashi-crl"], why);
    workspace.must_not(&["akashi-crl"], &["akashi-repository"], why);
    workspace.must_not(&["akashi-shelf"], &["akashi-keys", "akashi-ledger", "akashi-link"], why);
    let lines = workspace.lines().into_iter();
    let issuers = lines.filter(|line| line.file.starts_with("crl/src/"));
    let listens = ["TcpListener", "UdpSocket", "UnixListener", "listen(", "serve_plain", "Router"];
    none_of(
        issuers.filter(|line| listens.iter().any(|one| line.text.contains(one))),
        "nobody connects to what has the authority's key for lists",
    );
    let publishes = workspace.lines().into_iter().filter(|line| {
        line.file.starts_with("crl/repository/src/") || line.file.starts_with("crl/shelf/src/")
    });
    let keys = ["akashi_keys", "dyn Signer", "custody", ".rsa(", ".sign("];
    none_of(
        publishes.filter(|line| keys.iter().any(|one| line.text.contains(one))),
        "what the public talks to signs nothing",
    );
}

#[test]
fn the_authoritys_key_is_narrowed_where_it_is_opened() {
    let workspace = Workspace::read();
    let production =
        || workspace.lines().into_iter().filter(|line| !line.file.starts_with("tests/"));
    let opens = production().filter(|line| line.text.contains("rsa(\"ca\")"));
    let narrowed = ["CertificateKey::new(Arc::new(", "ListKey::new(Arc::new("];
    none_of(
        opens.filter(|line| !narrowed.iter().any(|one| line.text.contains(one))),
        "what signs certificates takes what was recorded, and what signs lists what was linted",
    );
    // Whoever handles a key that signs whatever it is given is one of these.
    let handles = ["ca/src/issuance/key.rs", "ca/src/profile/authority.rs", "crl/src/key.rs"];
    let handles = [&handles[..], &["ca/src/founding.rs", "crl/src/signatory.rs"]].concat();
    let rooms = production()
        .filter(|line| ["ca/src/", "crl/src/"].iter().any(|room| line.file.starts_with(room)));
    none_of(
        rooms
            .filter(|line| line.text.contains("dyn Signer") || line.text.contains("sign_digest"))
            .filter(|line| !handles.contains(&&*line.file)),
        "CertificateKey and ListKey: “sign these octets” is reached through neither",
    );
}

#[test]
fn a_file_is_written_by_the_one_durable_write_under_a_name_that_nobody_foretells() {
    // Not programs of an authority: what is for tests, and the other systems.
    let others = ["tests/", "keys/cardhost/", "keys/softcard/", "registry/", "holder/"];
    let lines = Workspace::read().lines().into_iter();
    let ours = lines.filter(|line| !others.iter().any(|one| line.file.starts_with(one)));
    let writes = ["File::create(", "fs::write(", "fs::copy(", ".create(true)", ".truncate(true)"];
    // A lock that stays, and has no content; one that says what is made; a copy into a directory that was made a moment
    // ago.
    let allowed = ["edge/src/hold.rs", "src/init/making.rs", "src/command/archive.rs"];
    none_of(
        ours.filter(|line| writes.iter().any(|one| line.text.contains(one)))
            .filter(|line| !allowed.contains(&&*line.file)),
        "akashi_keys::write_durably, or placed",
    );
}

#[test]
fn one_process_with_all_keys_exists_in_tests_alone() {
    let workspace = Workspace::read();
    let why = "`akashi up` starts programs (src/programs.rs); tests/town/src/house.rs is for tests";
    workspace.must_not(&["akashi"], &["akashi-ocsp", "akashi-town"], why);
    let lines = workspace.lines().into_iter().filter(|line| line.file.starts_with("src/"));
    let serves = ["akashi_crl::Issuer", "akashi_crl::issue", "Publisher::open", "akashi_ca::serve"];
    none_of(lines.filter(|line| serves.iter().any(|one| line.text.contains(one))), why);
}

#[test]
fn no_program_of_production_makes_a_token_or_a_custody_that_is_cheap_to_guess() {
    let lines = Workspace::read().lines().into_iter();
    let is_play = |line: &Line| line.file.starts_with("tests/") || line.file == "keys/src/token.rs";
    // `init` makes those of a plan: the command's plan says `ITERATIONS`.
    let made = lines.filter(|line| !is_play(line) && line.file != "src/init.rs");
    let cheap = |line: &Line| {
        line.text.contains("save_with(")
            || line.text.contains("token_iterations:") && !line.text.contains("::ITERATIONS")
            || line.text.contains("custody_cost:") && !line.text.contains("Cost::DEAR")
    };
    none_of(made.filter(cheap), "OfficerToken::save, and a custody that costs whoever guesses");
}

#[test]
fn the_authority_knows_neither_of_its_two_mirrors_nor_do_they_know_each_other() {
    let workspace = Workspace::read();
    let why = "CRL and OCSP are two renderings of the book and never import one another";
    workspace.must_not(&["akashi-ca"], &["akashi-crl", "akashi-ocsp", "akashi-repository"], why);
    workspace.must_not(&["akashi-repository"], &["akashi-ocsp"], why);
    workspace.must_not(&["akashi-ocsp"], &["akashi-repository"], why);
    workspace.must_not(&["akashi-crl"], &["akashi-ocsp"], why);
    workspace.must_not(&["akashi-ocsp"], &["akashi-crl"], why);
}

#[test]
fn the_desk_knows_what_travels_and_the_readers_side_of_a_card_and_nothing_more() {
    Workspace::read().must_not(
        &["akashi-ra-console"],
        &["akashi-ca", "akashi-ledger", "akashi-softcard", "akashi-crl", "akashi-ocsp", "sqlx"],
        "the desk asks the authority in messages of akashi-wire",
    );
}

#[test]
fn the_book_knows_no_private_key_and_the_keys_know_no_book() {
    let workspace = Workspace::read();
    let why = "whoever signs hands a signature or a closure over; see docs/architecture.md";
    workspace.must_not(&["akashi-ledger"], &["akashi-keys"], why);
    workspace.must_not(&["akashi-keys"], &["akashi-ledger", "akashi-wire"], why);
    workspace.must_not(&["akashi-wire"], &["akashi-ledger", "akashi-keys", "akashi-ca"], why);
}

#[test]
fn the_cards_side_of_a_card_is_in_no_program_of_production() {
    let workspace = Workspace::read();
    let play = ["akashi-softcard", "akashi-cardhost", "akashi-registry", "akashi-town"];
    let tests = ["akashi-demo", "akashi-bench"];
    let production = workspace.members.keys().map(String::as_str);
    let production: Vec<_> =
        production.filter(|one| !play.contains(one) && !tests.contains(one)).collect();
    assert!(production.contains(&"akashi"), "{production:?}");
    let why =
        "software cards, a simulated registry and benchmarks are in akashi-demo and akashi-bench";
    workspace.must_not(&production, &[&play[..], &tests[..]].concat(), why);
}

#[test]
fn an_agency_and_a_holder_know_nothing_of_the_authority_but_what_travels() {
    let inside = [
        "akashi-ca",
        "akashi-ledger",
        "akashi-crl",
        "akashi-shelf",
        "akashi-repository",
        "akashi-ocsp",
        "akashi-holders-door",
        "akashi-ra-console",
    ];
    Workspace::read().must_not(
        &["akashi-agency", "akashi-holder"],
        &inside,
        "they stand outside: whatever they share with the authority is in akashi-wire",
    );
}

#[test]
fn what_travels_and_the_book_stand_below_everything_that_uses_them() {
    let workspace = Workspace::read();
    let above: Vec<_> = workspace.members.keys().map(String::as_str).collect();
    let above = |ground: &[&str]| -> Vec<&str> {
        above.iter().copied().filter(|one| !ground.contains(one)).collect()
    };
    let why = "dependence runs one way: municipalities, wire, then the book, then the rooms";
    workspace.must_not(&["akashi-municipality"], &above(&["akashi-municipality"]), why);
    let ground = ["akashi-municipality", "akashi-wire", "akashi-ledger"];
    workspace.must_not(&["akashi-wire"], &above(&ground[..2]), why);
    workspace.must_not(&["akashi-ledger"], &above(&ground), why);
}

#[test]
fn no_server_is_linked_with_the_pcsc_library() {
    let workspace = Workspace::read();
    let servers = [
        "akashi-ca",
        "akashi-crl",
        "akashi-repository",
        "akashi-ocsp",
        "akashi-holders-door",
        "akashi-edge",
        "akashi-registry",
    ];
    let why = "only the front door, where the counter's terminal is, meets card readers";
    workspace.must_not(&servers, &["akashi-reader", "pcsc"], why);
    let named = workspace.named.iter().filter(|(_, named)| named.contains("pcsc"));
    let named: Vec<_> = named.map(|(package, _)| package.as_str()).collect();
    assert_eq!(named, ["akashi-reader"], "ask for a card with akashi_reader::Terminal");
}

#[test]
fn only_the_token_knows_pkcs11_and_only_the_front_door_knows_the_token() {
    let workspace = Workspace::read();
    let names = |name: &str| {
        let naming = workspace.named.iter().filter(|(_, named)| named.contains(name));
        naming.map(|(package, _)| package.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(names("cryptoki"), ["akashi-token"], "ask the token with akashi_token::Token");
    let why = "the desk asks for keys through akashi_ra_console::offline::MunicipalKeys";
    // The demonstration makes cards with it.
    assert_eq!(names("akashi-token"), ["akashi", "akashi-demo"], "{why}");
    // Whatever is not a command line is not linked with it either.
    let allowed = ["akashi", "akashi-token", "akashi-town", "akashi-demo", "akashi-bench"];
    let others = workspace.members.keys().map(String::as_str);
    let others: Vec<_> = others.filter(|one| !allowed.contains(one)).collect();
    workspace.must_not(&others, &["akashi-token", "cryptoki"], why);
}

#[test]
fn only_the_book_knows_sql() {
    let workspace = Workspace::read();
    let knows: Vec<_> = workspace
        .named
        .iter()
        .filter(|(_, named)| named.iter().any(|name| name.starts_with("sqlx")))
        .map(|(package, _)| package.as_str())
        .collect();
    assert_eq!(knows, ["akashi-ledger"], "ask the book in a method of akashi-ledger");
    let lines = workspace.lines().into_iter();
    let elsewhere = lines.filter(|line| !line.file.starts_with("ledger/src/"));
    none_of(
        elsewhere.filter(|line| {
            ["sqlx", "SELECT ", "INSERT INTO ", "DELETE FROM "]
                .iter()
                .any(|word| line.text.contains(word))
        }),
        "SQL stands in ledger/src",
    );
}

#[test]
fn only_http_modules_know_the_web_framework() {
    let lines = Workspace::read().lines().into_iter();
    let elsewhere = lines.filter(|line| {
        let http = line.file.ends_with("/http.rs") || line.file.contains("/http/");
        !http && !line.file.starts_with("keys/link/src/")
    });
    none_of(
        elsewhere.filter(|line| line.text.contains("axum")),
        "axum stands in modules called http and in keys/link; a room gives its door plain values",
    );
}

#[test]
fn only_the_edge_reads_the_clock() {
    // A benchmark is about nothing else than time.
    const ALLOWED: [&str; 5] =
        ["edge/src/clock", "src/command", "tests/town", "tests/demo", "tests/bench"];
    let readings = [
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "Utc::now",
        "Local::now",
        "Instant::now",
        "OffsetDateTime::now",
    ];
    let lines = Workspace::read().lines().into_iter();
    let elsewhere =
        lines.filter(|line| !ALLOWED.iter().any(|allowed| line.file.starts_with(allowed)));
    none_of(
        elsewhere.filter(|line| readings.iter().any(|reading| line.text.contains(reading))),
        "`now` is an argument; doors and schedulers are given an akashi_wire::Clock",
    );
}

#[test]
fn only_the_question_whether_a_clock_is_synchronised_is_unsafe() {
    let lines = Workspace::read().lines().into_iter();
    let elsewhere = lines.filter(|line| !line.file.starts_with("edge/src/clock/machine.rs"));
    none_of(
        elsewhere.filter(|line| line.text.contains("unsafe")),
        "there is a safe library for everything else",
    );
}

#[test]
fn a_deed_is_read_by_the_role_of_whoever_signed_it() {
    let lines = Workspace::read().lines().into_iter();
    let rooms = ["ca/src/", "ledger/src/", "crl/src/", "crl/repository/src/", "ocsp/src/"];
    let theirs = lines.filter(|line| rooms.iter().any(|room| line.file.starts_with(room)));
    let is_act = |line: &Line| {
        let mut words = line.text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        // A cause of an entry has this name too.
        let cause = line.text.contains("Act(");
        !cause && words.any(|word| word == "Act" || word.ends_with("act::Act"))
    };
    none_of(
        theirs.filter(is_act),
        "who receives an act reads a ReceivedAct, which asks the table of deeds and roles",
    );
    // Whose certificate is meant is looked at before it can be verified with it, and the door for holders, which has none,
    // looks whether it is an application at all; nobody else looks first.
    let looks = ["ca/src/holders.rs", "ca/holders-door/src/http.rs", "wire/src/signed.rs"];
    let lines = Workspace::read().lines().into_iter();
    none_of(
        lines
            .filter(|line| line.text.contains("unverified_content"))
            .filter(|line| !looks.contains(&&*line.file)),
        "verify the message; what is signed is read afterwards",
    );
}

#[test]
fn every_time_in_a_message_from_outside_is_within_bounds() {
    // What the authority says itself, and what is no message.
    let own = [
        "answer.rs",
        "refusal.rs",
        "proposal.rs",
        "recall.rs",
        "received.rs",
        "clock.rs",
        "alarm.rs",
        "list.rs",
    ];
    let lines: Vec<Line> = Workspace::read().lines();
    let is_member = |text: &str| {
        let text = text.trim();
        text.ends_with(": Timestamp,") || text.ends_with(": Option<Timestamp>,")
    };
    let pairs = lines.windows(2).filter(|pair| {
        let [before, line] = pair else { return false };
        line.file.starts_with("wire/src/")
            && !own.iter().any(|file| line.file.ends_with(file))
            && !line.file.contains("signed")
            && is_member(&line.text)
            // A function's parameter.
            && !before.text.contains("&[u8]")
            && !before.text.contains("bounds::moment")
    });
    let found = pairs.map(|pair| &pair[1]).map(|line| format!("{} {}", line.file, line.text));
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{found:#?}: bounds::moment, so that no sum of it panics");
}

#[test]
fn no_sentence_of_an_error_has_a_hole_in_it() {
    let is_letter = |letter: &char| letter.is_alphanumeric() || ",.:;)”".contains(*letter);
    let has_hole = |line: &&Line| {
        let Some((before, after)) = line.text.trim().split_once("     ") else { return false };
        let is_text = line.text.contains('"') && !line.text.trim_start().starts_with("//");
        is_text
            && before.chars().last().is_some_and(|last| is_letter(&last))
            && after.trim_start().chars().next().is_some_and(char::is_alphabetic)
    };
    let lines = Workspace::read().lines();
    // Where columns are wanted: what commands print, one fact a line.
    let of_rooms = lines.iter().filter(|line| !line.file.starts_with("src/command"));
    let found: Vec<_> = of_rooms.filter(has_hole).map(|line| &line.text).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_verb_of_the_chain_stands_on_the_page_that_tells_them() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/interfaces.md"));
    let page = page.expect("the page is there");
    let (_, chain) = page.split_once("### The audit chain").expect("its section");
    let lines = Workspace::read().lines();
    let mut verbs = BTreeSet::new();
    for pair in lines.windows(2) {
        let (text, next) = (pair[0].text.trim(), pair[1].text.trim());
        for call in [".append(\"", "verb: \"", "append_status(\""] {
            let found = text.split_once(call).map(|(_, rest)| rest);
            verbs.extend(found.and_then(|rest| rest.split('"').next()).map(str::to_owned));
        }
        if text.ends_with(".append(") || text.ends_with("append_status(") {
            verbs.extend(
                next.strip_prefix('"').and_then(|rest| rest.split('"').next()).map(str::to_owned),
            );
        }
    }
    // What a status row and what became of an event are called.
    for line in &lines {
        let text = line.text.trim();
        let is_call = text.contains("append_one_status(");
        let is_argument = text.starts_with('"') && text.ends_with("\",");
        if line.file == "ledger/src/status.rs" && (is_call || is_argument) {
            verbs.extend(text.split('"').skip(1).step_by(2).last().map(str::to_owned));
        }
        if line.file == "ledger/src/idou.rs" && text.starts_with("Self::") && text.contains("=> \"")
        {
            verbs.extend(text.split('"').nth(1).map(str::to_owned));
        }
        if line.file == "wire/src/act.rs" && text.starts_with("Self::") && text.contains("=> \"") {
            let verb = text.split('"').nth(1).unwrap_or_default();
            assert!(page.contains(&format!("| `{verb}`")), "no act {verb} on the page");
        }
    }
    verbs.remove("waiting");
    assert!(["hold", "release", "replaced", "void"].iter().all(|verb| verbs.contains(*verb)));
    let told = |verb: &String| chain.contains(&format!("`{verb}`"));
    let missing: Vec<_> = verbs.iter().filter(|verb| !told(verb)).collect();
    assert!(verbs.len() > 30, "the sources say it otherwise: {verbs:?}");
    assert!(missing.is_empty(), "docs/interfaces.md does not tell {missing:?}");
}

#[test]
fn nothing_is_unwrapped_outside_of_tests() {
    let lines = Workspace::read().lines().into_iter();
    none_of(
        lines.filter(|line| line.text.contains(".unwrap()") || line.text.contains(".unwrap_err()")),
        "`?`, or `expect` with the reason why it cannot fail",
    );
}

#[test]
fn no_program_of_production_says_something_by_a_macro_that_panics_where_nobody_reads_it() {
    let lines = Workspace::read().lines().into_iter();
    let theirs = lines.filter(|line| !line.file.starts_with("tests/"));
    let macros = ["println!(", "eprintln!(", "print!(", "dbg!("];
    // What a person at the demonstration's desk sees is no program of production.
    let play = ["keys/cardhost/", "keys/softcard/", "registry/"];
    none_of(
        theirs
            .filter(|line| !play.iter().any(|room| line.file.starts_with(room)))
            .filter(|line| macros.iter().any(|one| line.text.contains(one))),
        "tracing in a room, akashi_edge::say! and complain! on a command line",
    );
}

#[test]
fn the_lint_knows_neither_the_authority_nor_what_builds() {
    let workspace = Workspace::read();
    let why = "what is right stands in the rule itself, or in the certificate and the founding \
               record of the authority";
    let members = workspace.members.keys().map(String::as_str);
    let known = ["akashi-lint", "akashi-municipality"];
    let ours: Vec<_> = members.filter(|one| !known.contains(one)).collect();
    workspace.must_not(&["akashi-lint"], &ours, why);
    let builders =
        ["rcgen", "rsa", "pkcs1", "pkcs8", "x509-cert", "der", "der_derive", "spki", "cms"];
    workspace.must_not(&["akashi-lint"], &builders, why);
}

#[test]
fn program_text_is_told_from_comments_and_tests() {
    let text = "a\n// b\n#[cfg(test)]\nmod tests;\nc\n    #[cfg(test)]\n    #[expect(x)]\n    fn d() {\n        e\n    }\nf\n#[cfg(test)]\nmod tests {\n    g\n}\nh\n";
    let mut given = Vec::new();
    program_text(text, |number, text| given.push((number, text.to_owned())));
    let expected = [(1, "a"), (5, "c"), (11, "f"), (16, "h")];
    assert_eq!(given, expected.map(|(number, text)| (number, text.to_owned())));
}
