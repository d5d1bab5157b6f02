//! PINs reset while the authority is out of reach, and what the authority makes of the journal
//! afterwards. The municipality's master key is software here; `municipal_token` has it in a token.

use std::path::{Path, PathBuf};

use akashi_card::{Card, CardError, SigningPin};
use akashi_cardhost::{InsertedCard, new_number};
use akashi_keys::OfficerToken;
use akashi_ra_console::offline::{
    Counter, Journal, JournalError, MunicipalKeys, OfflineApplication, TokenFailure, Told,
    reconcile, reset_pin,
};
use akashi_ra_console::{Desk, DeskError, journey};
use akashi_scp03::{KeySet, KeyVersion, MasterKey};
use akashi_softcard::SoftCard;
use akashi_wire::act::{Answer, Deed, IdentityProof, Procedure, Refusal, Suspension};
use akashi_wire::clock::SimulatedClock;
use akashi_wire::journal::Finding;
use akashi_wire::octets::Octets;
use akashi_wire::{Alarm, Clock, FourItems, MunicipalityCode, RevocationReason};
use jiff::{Timestamp, ToSpan};

use crate::support::*;

told_on_both!(what_was_done_without_the_authority_is_told_once_and_on_record);

/// Key set 2, its master key in memory.
struct Keys {
    master: MasterKey,
    count: u64,
    breaks: bool,
}

impl Keys {
    fn new() -> Self {
        Self { master: MasterKey::new([9; 16]), count: 0, breaks: false }
    }
}

impl MunicipalKeys for Keys {
    fn token(&self) -> &str {
        "a token"
    }

    fn count(&mut self) -> Result<u64, TokenFailure> {
        self.count += 1;
        Ok(self.count)
    }

    fn card_keys(&mut self, card: &str) -> Result<KeySet, TokenFailure> {
        match self.breaks {
            true => Err("the token fell off the table".into()),
            false => Ok(self.master.card_keys(KeyVersion::Municipality, card)),
        }
    }
}

/// A counter with a journal, and somebody whose PIN is locked.
struct Scene {
    place: Place,
    keys: Keys,
    card: Card<InsertedCard>,
    items: FourItems,
    true_name: String,
    officer: Party,
    desk: Desk,
    home: tempfile::TempDir,
}

fn pin(text: &str) -> SigningPin {
    text.parse().unwrap()
}

impl Scene {
    async fn open(book: Book) -> Self {
        let mut place = Place::open(book).await;
        let keys = Keys::new();
        let code = place.resident(tottori());
        let mut card = two_keys(&mut place, &keys);
        place
            .certify(tottori(), Procedure::Issue, &code, &mut card, &pin("HIMITSU9"))
            .await
            .unwrap();
        while card.verify_pin(&pin("CHIGAU99")) != Err(CardError::PinLocked) {}
        let items = place.items(&code);
        let (officer, desk) = place.officer(tottori()).await;
        let home = tempfile::tempdir().unwrap();
        let true_name = items.name.clone();
        let scene = Self { place, keys, card, items, true_name, officer, desk, home };
        Journal::begin(&scene.journal(), &scene.desk).unwrap();
        scene
    }

    fn journal(&self) -> PathBuf {
        self.home.path().join("journal")
    }

    /// A new PIN for the person of the scene.
    fn reset(&mut self) -> Result<u64, DeskError> {
        let application = OfflineApplication {
            name: self.items.name.clone(),
            birth_date: self.items.birth_date,
            identity: IdentityProof::ResidentCard,
            ticket: None,
        };
        self.reset_of(&application, "ATARASHII7")
    }

    fn reset_of(&mut self, application: &OfflineApplication, new: &str) -> Result<u64, DeskError> {
        let clock = self.place.clock.clone();
        self.reset_by(application, new, &*clock)
    }

    /// A new PIN at a terminal whose clock stands here.
    fn reset_at(&mut self, at: Timestamp) {
        let application = OfflineApplication {
            name: self.items.name.clone(),
            birth_date: self.items.birth_date,
            identity: IdentityProof::ResidentCard,
            ticket: None,
        };
        self.reset_by(&application, "ATARASHII7", &SimulatedClock::at(at)).unwrap();
    }

    fn reset_by(
        &mut self,
        application: &OfflineApplication,
        new: &str,
        clock: &dyn Clock,
    ) -> Result<u64, DeskError> {
        let mut journal = Journal::open(&self.journal(), &self.officer.token).unwrap();
        let counter = Counter {
            journal: &mut journal,
            officer: &self.officer.token,
            keys: &mut self.keys,
            clock,
        };
        reset_pin(counter, &mut self.card, &pin(new), application)
    }

    async fn reconcile(&self) -> Vec<Told> {
        told(&self.journal(), &self.officer.token, &self.desk).await.unwrap()
    }

    /// What is found wrong with all that is told now.
    async fn findings(&self) -> Vec<Finding> {
        self.reconcile().await.into_iter().flat_map(|told| told.findings).collect()
    }

    /// This and nothing else is wrong, and on record.
    async fn finds(&self, finding: Finding) {
        let found = self.findings().await;
        assert!(matches!(&found[..], [one] if *one == finding), "{found:?} and not {finding:?}");
        self.on_record(&finding).await;
    }

    /// The journal's lines, the head first.
    fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.journal()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn write(&self, lines: &[String]) {
        std::fs::write(self.journal(), lines.join("\n") + "\n").unwrap();
    }

    /// Every finding is an alarm on record.
    async fn on_record(&self, finding: &Finding) {
        let all = self.place.entries("alarm").await;
        let of_it = all.iter().filter(|entry| {
            let alarm = Alarm::from_text(&entry.subject).unwrap();
            matches!(alarm, Alarm::OfflineReset { finding: told, .. } if told == *finding)
        });
        assert_eq!(of_it.count(), 1, "{finding}");
    }
}

async fn told(journal: &Path, officer: &OfficerToken, desk: &Desk) -> Result<Vec<Told>, DeskError> {
    reconcile(desk, &Journal::open(journal, officer)?, |_| ()).await
}

/// A card with both key sets.
fn two_keys(place: &mut Place, keys: &Keys) -> Card<InsertedCard> {
    let number = new_number(&mut place.rng);
    let own = place.house.doors.card_master.card_keys(number.as_str());
    let municipal = keys.master.card_keys(KeyVersion::Municipality, number.as_str());
    Card::open(InsertedCard::of(SoftCard::with_keys(number, [own, municipal]))).unwrap()
}

async fn what_was_done_without_the_authority_is_told_once_and_on_record(book: Book) {
    let mut scene = Scene::open(book).await;
    assert_eq!(scene.reset().unwrap(), 1);
    scene.card.select().unwrap();
    scene.card.verify_pin(&pin("ATARASHII7")).unwrap();
    assert_eq!(scene.reset().unwrap(), 2);
    let [serial] = scene.place.good_ones().await[..] else { panic!("one certificate") };
    let all = scene.reconcile().await;
    let expected = |count| Told {
        count: Some(count),
        serial: Some(serial),
        findings: Vec::new(),
        refused: None,
    };
    assert_eq!(all, [expected(1), expected(2)]);
    let entries = scene.place.entries("report_offline").await;
    let subjects: Vec<_> = entries.iter().map(|entry| entry.subject.clone()).collect();
    let subject = |count| format!("{TOTTORI} use {count} set {serial}");
    assert_eq!(subjects, [subject(1), subject(2)]);
    assert!(entries.iter().all(|entry| entry.commitment.0 != [0; 32]), "with the evidence");
    assert_eq!(scene.place.alarms("offline").await, 0);

    // Told again, it is told already; a terminal that forgot is answered as before.
    assert_eq!(scene.reconcile().await, []);
    std::fs::remove_file(scene.home.path().join("journal.reported")).unwrap();
    assert_eq!(scene.reconcile().await, all);
    assert_eq!(scene.place.entries("report_offline").await.len(), 2);

    // A gap, which another terminal's journal fills later; and a use that is told of twice.
    scene.keys.count = 4;
    scene.reset().unwrap();
    let missing = Finding::UsesMissing { from: 3, to: 4 };
    scene.finds(missing).await;
    scene.keys.count = 3;
    scene.reset().unwrap();
    assert_eq!(scene.findings().await, []);
    scene.keys.count = 1;
    scene.reset().unwrap();
    let repeated = Finding::UseRepeated { count: 2 };
    scene.finds(repeated).await;
    scene.place.house.ledger().verify_audit().await.unwrap();
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_pin_is_refused_before_the_token_counts() {
    let mut scene = Scene::open(Book::Sqlite).await;
    let application = |ticket: Option<&str>| OfflineApplication {
        name: scene.items.name.clone(),
        birth_date: scene.items.birth_date,
        identity: IdentityProof::ResidentCard,
        ticket: ticket.map(str::to_owned),
    };
    let (plain, with_ticket) = (application(None), application(Some("471204")));
    let mut old = application(None);
    old.identity = IdentityProof::PhotoDocument {
        kind: "licence".into(),
        expires: "2001-01-01".parse().unwrap(),
        last_four: "1234".into(),
    };
    let before = scene.lines();
    for (application, weak) in [(&plain, "19700115"), (&plain, "450115"), (&with_ticket, "471204")]
    {
        let refused = scene.reset_of(application, weak).unwrap_err();
        assert!(matches!(refused, DeskError::WeakPin { .. }), "{weak}: {refused}");
    }
    let refused = scene.reset_of(&old, "ATARASHII7").unwrap_err();
    let expired = "2001-01-01".parse().unwrap();
    let told = matches!(&refused, DeskError::Identity(why) if *why == Refusal::DocumentExpired { expired });
    assert!(told, "{refused}");
    assert_eq!((scene.keys.count, scene.lines()), (0, before));
    assert_eq!(scene.card.pin_tries_left(), Ok(0));
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_was_taken_out_is_seen_whichever_it_was() {
    // Lines 1 and 2 are a use and its outcome, 3 and 4 the next.
    let outcome = Finding::OutcomeUnknown;
    let lines = |from, to| Finding::LinesMissing { from, to };
    let uses = |from, to| Finding::UsesMissing { from, to };
    for (taken, expected) in [
        (1..=2, vec![lines(1, 2), uses(1, 1)]),
        (1..=1, vec![lines(1, 1), uses(1, 1)]),
        (2..=2, vec![outcome.clone(), lines(2, 2)]),
        (3..=3, vec![lines(3, 3)]),
        (4..=4, vec![outcome]),
    ] {
        let mut scene = Scene::open(Book::Sqlite).await;
        scene.reset().unwrap();
        scene.reset().unwrap();
        let mut kept = scene.lines();
        kept.drain(taken.clone());
        scene.write(&kept);
        let mut found = scene.findings().await;
        found.sort_by_key(|finding| !matches!(finding, Finding::OutcomeUnknown));
        assert_eq!(found, expected, "{taken:?}");
        for finding in &expected {
            scene.on_record(finding).await;
        }
        scene.place.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_may_be_cut_anywhere_and_it_shows() {
    let mut scene = Scene::open(Book::Sqlite).await;
    // Counted, and nothing written.
    scene.keys.count = 1;
    scene.reset().unwrap();
    // In the middle of a line: nothing rests on it, and the next takes its place.
    let mut text = std::fs::read_to_string(scene.journal()).unwrap();
    let whole = text.len();
    text.push_str(&scene.lines()[1][..700]);
    std::fs::write(scene.journal(), &text).unwrap();
    scene.keys.count = 3;
    scene.reset().unwrap();
    assert!(std::fs::read_to_string(scene.journal()).unwrap()[..whole] == text[..whole]);
    // Written, and no outcome.
    scene.reset().unwrap();
    let mut kept = scene.lines();
    kept.pop();
    scene.write(&kept);
    let expected = [
        Finding::UsesMissing { from: 1, to: 1 },
        Finding::UsesMissing { from: 3, to: 3 },
        Finding::OutcomeUnknown,
    ];
    assert_eq!(scene.findings().await, expected);
    for finding in &expected {
        scene.on_record(finding).await;
    }
    let subject = format!("{TOTTORI} use 5 unknown");
    assert!(scene.place.entries("report_offline").await.iter().any(|one| one.subject == subject));
    // What fails is told as such.
    scene.keys.breaks = true;
    let failed = scene.reset().unwrap_err();
    assert!(failed.to_string().contains("fell off the table"), "{failed}");
    scene.keys.breaks = false;
    scene.keys.master = MasterKey::new([8; 16]);
    let foreign = scene.reset().unwrap_err();
    assert!(foreign.to_string().contains("does not know the keys"), "{foreign}");
    assert_eq!(scene.findings().await, []);
    let reports = scene.place.entries("report_offline").await;
    let failed: Vec<_> = reports.iter().filter(|one| one.subject.ends_with(" failed")).collect();
    assert_eq!(failed.len(), 2);
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_line_is_refused_on_record_and_keeps_nothing_back() {
    let mut scene = Scene::open(Book::Sqlite).await;
    scene.reset().unwrap();
    scene.reset().unwrap();
    let mut lines = scene.lines();
    let middle = lines[1].len() / 2;
    let other = if &lines[1][middle..=middle] == "A" { "B" } else { "A" };
    lines[1].replace_range(middle..=middle, other);
    lines[2] = "not even base64".into();
    scene.write(&lines);
    let all = scene.reconcile().await;
    let refused = |told: &Told| matches!(told.refused, Some(Refusal::Malformed { .. }));
    assert!(refused(&all[0]) && refused(&all[1]), "{all:?}");
    assert_eq!(all[2].count, Some(2));
    let expected =
        [Finding::UsesMissing { from: 1, to: 1 }, Finding::LinesMissing { from: 1, to: 2 }];
    assert!(expected.iter().all(|finding| all[2].findings.contains(finding)), "{all:?}");
    let refusals = scene.place.entries("refuse").await;
    let of_report = |one: &&akashi_ledger::Entry| one.subject.starts_with("report_offline");
    assert_eq!(refusals.iter().filter(of_report).count(), 2);
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_from_a_backup_is_seen() {
    let mut scene = Scene::open(Book::Sqlite).await;
    scene.reset().unwrap();
    let backup = scene.lines();
    scene.reset().unwrap();
    assert_eq!(scene.findings().await, []);
    scene.write(&backup);
    scene.reset().unwrap();
    let changed = Finding::LineChanged { line: 3 };
    scene.finds(changed).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_whose_times_make_no_sense_is_told_of_with_an_alarm() {
    let mut scene = Scene::open(Book::Sqlite).await;
    let begun = scene.place.now();
    // A clock that is set right between two lines is no finding.
    scene.reset_at(begun + 10.minutes());
    scene.place.pass(30.minutes());
    assert_eq!(scene.findings().await, []);
    scene.reset_at(begun + 9.minutes());
    assert_eq!(scene.findings().await, []);
    // Back by more than a minute against what was told before.
    let at = begun + 8.minutes() - 1.second();
    scene.reset_at(at);
    scene.finds(Finding::TimeWentBack { line: 5, at }).await;
    // Of a day to come: the line, and what came of it.
    let at = begun + 26.hours();
    scene.reset_at(at);
    let future = Finding::MadeInFuture { at };
    assert_eq!(scene.findings().await, [future.clone(), future]);
    // Older than the journal, and so before all of its lines.
    let at = begun - 2.hours();
    scene.reset_at(at);
    let found = scene.findings().await;
    assert!(found.contains(&Finding::BeforeJournal { at }), "{found:?}");
    assert!(found.contains(&Finding::TimeWentBack { line: 9, at }), "{found:?}");
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_use_without_the_first_line_of_its_journal_is_told_of_with_an_alarm() {
    let mut scene = Scene::open(Book::Sqlite).await;
    scene.reset().unwrap();
    scene.reset().unwrap();
    let lines: Vec<Octets> = scene.lines().iter().map(|line| Octets(base64_of(line))).collect();
    for (head, which) in [(None, 1..3), (Some(lines[1].clone()), 3..5)] {
        let lines = lines[which].to_vec();
        let told = scene.desk.ask(Deed::ReportOffline { head, lines }).await.unwrap();
        let Answer::OfflineReported { findings, .. } = told else { panic!("{told:?}") };
        assert_eq!(findings, [Finding::NoBeginning]);
    }
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_that_leaps_is_an_alarm_and_hides_nothing_that_comes_later() {
    let mut scene = Scene::open(Book::Sqlite).await;
    scene.reset().unwrap();
    assert_eq!(scene.findings().await, []);
    scene.keys.count = 102;
    scene.reset().unwrap();
    scene.finds(Finding::CountLeaps { from: 2, to: 102 }).await;
    // What is missing before a later use is still seen.
    scene.keys.count = 3;
    scene.reset().unwrap();
    scene.finds(Finding::UsesMissing { from: 2, to: 3 }).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_use_and_its_outcome_is_not_taken_for_one() {
    let mut scene = Scene::open(Book::Sqlite).await;
    scene.reset().unwrap();
    scene.reset().unwrap();
    let lines: Vec<Octets> = scene.lines().iter().map(|line| Octets(base64_of(line))).collect();
    let tell = async |desk: &Desk, which: &[usize]| {
        let lines = which.iter().map(|line| lines[*line].clone()).collect();
        refusal(desk.ask(Deed::ReportOffline { head: None, lines }).await)
    };
    // None, too many, the head, two uses, another use's outcome, the wrong way round.
    for which in [&[][..], &[1, 2, 3], &[0], &[1, 3], &[1, 4], &[2, 1], &[2, 2]] {
        let refused = tell(&scene.desk, which).await;
        assert!(matches!(refused, Refusal::Malformed { .. }), "{which:?}: {refused:?}");
    }
    assert_eq!(tell(&scene.place.security.one, &[1, 2]).await, Refusal::NotAllowed);
    let other = Place::open(Book::Sqlite).await;
    let (_, elsewhere) = other.officer(tottori()).await;
    assert_eq!(tell(&elsewhere, &[1, 2]).await, Refusal::OtherAuthority);
    other.close().await;
    // None of that has kept them from being told.
    assert_eq!(scene.findings().await, []);
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_of_others_are_told_and_on_record() {
    let mut scene = Scene::open(Book::Sqlite).await;
    let mut as_officer = async |municipality: MunicipalityCode, dismissed: bool| {
        let (other, _) = scene.place.officer(municipality).await;
        if dismissed {
            let deed = Deed::Dismiss { party: other.party, why: "left the service".into() };
            scene.place.security.ask(deed).await.unwrap();
            scene.place.pass(1.minute());
        }
        let own = std::mem::replace(&mut scene.officer, other);
        scene.reset().unwrap();
        scene.officer = own;
        scene.findings().await
    };
    assert_eq!(as_officer(tottori(), false).await, []);
    assert_eq!(as_officer(tottori(), true).await, [Finding::NotEnrolledThen]);
    let foreign = as_officer(yonago(), false).await;
    assert_eq!(foreign, [Finding::ForeignOfficer]);
    scene.on_record(&Finding::ForeignOfficer).await;

    // No count of a stranger's is believed: it would hide what is missing below it.
    let (stranger, _) = scene.place.officer(yonago()).await;
    let own = std::mem::replace(&mut scene.officer, stranger);
    scene.keys.count = 1000;
    scene.reset().unwrap();
    scene.officer = own;
    assert_eq!(scene.findings().await, [Finding::ForeignOfficer]);
    scene.keys.count = 9;
    scene.reset().unwrap();
    assert_eq!(scene.findings().await, [Finding::UsesMissing { from: 3, to: 9 }]);

    // What was signed while the officer was suspended tells so, after that was lifted too.
    let (other, _) = scene.place.officer(tottori()).await;
    let what = Suspension::Party { party: other.party };
    scene.place.security.ask(Deed::Suspend { what, why: "lost".into() }).await.unwrap();
    scene.place.pass(1.minute());
    let own = std::mem::replace(&mut scene.officer, other);
    scene.reset().unwrap();
    scene.officer = own;
    scene.place.pass(1.minute());
    scene.place.security.ask(Deed::Lift { what, why: "found".into() }).await.unwrap();
    assert_eq!(scene.findings().await, [Finding::SuspendedThen]);

    // Who was an officer then, and is none now, signed what he did then.
    let own = scene.place.officer(tottori()).await.0;
    let successor = std::mem::replace(&mut scene.officer, own);
    scene.keys.count = 2;
    scene.reset().unwrap();
    scene.place.pass(1.minute());
    let deed = Deed::Dismiss { party: scene.officer.party, why: "moved".into() };
    scene.place.security.ask(deed).await.unwrap();
    scene.officer = successor;
    assert_eq!(scene.findings().await, []);
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_card_and_the_person_are_held_against_the_book_afterwards() {
    let mut scene = Scene::open(Book::Sqlite).await;
    let [serial] = scene.place.good_ones().await[..] else { panic!("one certificate") };
    // People write blanks in many ways, and that is nobody else.
    scene.items.name = scene.items.name.replace('\u{3000}', " ");
    scene.reset().unwrap();
    assert_eq!(scene.findings().await, []);
    scene.items.name = "別　人".into();
    scene.reset().unwrap();
    assert_eq!(scene.findings().await, [Finding::OtherPerson { serial }]);
    scene.items.name = scene.true_name.clone();
    let blank = two_keys(&mut scene.place, &scene.keys);
    let own = std::mem::replace(&mut scene.card, blank);
    scene.reset().unwrap();
    scene.finds(Finding::NoCertificate).await;
    scene.card = own;
    // The certificate moves, as it were, into another card.
    let mut memory = serde_json::to_value(scene.card.into_transport().chip()).unwrap();
    let other = two_keys(&mut scene.place, &scene.keys).into_transport();
    let blank = serde_json::to_value(other.chip()).unwrap();
    for name in ["number", "accesses"] {
        memory[name] = blank[name].clone();
    }
    let forged = InsertedCard::of(serde_json::from_value(memory).unwrap());
    scene.card = Card::open(forged).unwrap();
    scene.reset().unwrap();
    assert_eq!(scene.findings().await, [Finding::OtherCard { serial }]);
    // Revoked before: the terminal could not know.
    scene.place.pass(1.minute());
    let by = by_items(&scene.items);
    let reason = RevocationReason::CessationOfOperation;
    journey::revoke(&scene.desk, by, reason, IdentityProof::ResidentCard).await.unwrap();
    scene.reset().unwrap();
    let expected = [Finding::NotInForce { serial }, Finding::OtherCard { serial }];
    assert_eq!(scene.findings().await, expected);
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_about_a_person_lies_open_at_the_terminal() {
    let mut scene = Scene::open(Book::Sqlite).await;
    scene.reset().unwrap();
    let number = scene.card.number().unwrap().to_string();
    let birth_date = scene.items.birth_date.to_string();
    let secrets = [scene.items.name.as_str(), &number, &birth_date, "ATARASHII7", "resident_card"];
    for line in scene.lines() {
        let message = base64_of(&line);
        for secret in secrets {
            let found = message.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} lies in the journal");
        }
    }
    // Another authority's envelope is believed by nobody: its owner would read of persons.
    let other = Place::open(Book::Sqlite).await;
    let (_, desk) = other.officer(tottori()).await;
    let path = scene.home.path().join("another");
    Journal::begin(&path, &desk).unwrap();
    let refused = Journal::open(&path, &scene.officer.token).err();
    assert!(matches!(refused, Some(JournalError::Head(_))), "{refused:?}");
    // Nothing is overwritten, and nobody else writes meanwhile.
    let twice = Journal::begin(&path, &desk);
    assert!(matches!(twice, Err(DeskError::Journal(JournalError::Exists(_)))));
    let _held = Journal::open(&scene.journal(), &scene.officer.token).unwrap();
    let second = Journal::open(&scene.journal(), &scene.officer.token).err();
    assert!(matches!(second, Some(JournalError::InUse(_))), "{second:?}");
    other.close().await;
    scene.place.close().await;
}

fn base64_of(line: &str) -> Vec<u8> {
    let json = format!("\"{line}\"");
    serde_json::from_str::<Octets>(&json).unwrap().0
}
