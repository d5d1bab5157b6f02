//! Cards by lot and model: which were delivered, and the recall of a bad lot by two persons.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use akashi::config::Config;
use akashi::init::{OFFICE_TERMINALS, SECURITY_OFFICERS};
use akashi_agency::Verdict;
use akashi_ledger::{
    Access, Intention, Issuing, Ledger, NewCertificate, NewFile, Permit, PersonId, Scope, Slot,
    Standing,
};
use akashi_ra_console::{Desk, DeskError, journey};
use akashi_town::PASSPHRASE;
use akashi_town::filler;
use akashi_wire::RevocationReason::{self, *};
use akashi_wire::act::{
    Answer, CARDS_OF_ONE_ACT, CardSelection, Deed, KnownRecall, Procedure, RecallCounts, RecallId,
    Refusal, RequestId,
};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{MunicipalityCode, ResidentCode, SerialNumber};
use jiff::{Timestamp, ToSpan};

use crate::support::*;

told_on_both!(
    a_bad_lot_is_recalled_by_two_persons_and_no_other_certificate_ends,
    a_recall_that_a_crash_cut_off_is_finished_by_the_scheduler,
);

fn lot(lot: &str) -> CardSelection {
    CardSelection::Lot { lot: lot.into() }
}

fn delivery(lot: &str, cards: &[&str]) -> Deed {
    let cards = cards.iter().map(|card| (*card).to_owned()).collect();
    Deed::RegisterCards { lot: lot.into(), model: "M1".into(), cards }
}

fn registered(new: u64, known: u64) -> Answer {
    Answer::CardsRegistered { new, known }
}

fn proposal(selection: CardSelection, digest: Sha256) -> Deed {
    let why = "its keys repeat".into();
    Deed::ProposeRecall { selection, reason: KeyCompromise, why, digest }
}

/// What a recall would end, how many by town, and the recalls that there are.
struct Looked {
    digest: Sha256,
    cards: u64,
    counts: Vec<(MunicipalityCode, RecallCounts)>,
    recalls: Vec<KnownRecall>,
}

async fn look(desk: &Desk, selection: CardSelection) -> Looked {
    match desk.ask(Deed::PreviewRecall { selection }).await.unwrap() {
        Answer::RecallPreviewed { cards, certificates, digest, without_card: 0, recalls } => {
            Looked { digest, cards, counts: certificates.into_iter().collect(), recalls }
        }
        other => panic!("{other:?}"),
    }
}

/// Looks, and proposes what was seen.
async fn proposed(desk: &Desk, selection: CardSelection) -> (RecallId, Sha256) {
    let digest = look(desk, selection.clone()).await.digest;
    match desk.ask(proposal(selection, digest)).await.unwrap() {
        Answer::RecallProposed { recall, .. } => (recall, digest),
        other => panic!("{other:?}"),
    }
}

impl Place {
    /// One more security officer, with a desk.
    async fn another_security_officer(&self) -> (Party, Desk) {
        let party = self.enrolled("Another security officer", Role::SecurityOfficer).await;
        let desk = self.signed_in(&party).await;
        (party, desk)
    }

    /// Whether somebody is found at the counter now.
    async fn pass_by(&self, code: &ResidentCode) -> bool {
        let by = self.by_items(code);
        self.desk(tottori()).find(Procedure::Renewal, by).await.is_ok()
    }

    async fn try_into_card(
        &mut self,
        town: MunicipalityCode,
        code: &ResidentCode,
        card: &str,
    ) -> Result<Holder, DeskError> {
        let key = self.new_key();
        let desk = self.desk(town);
        let case = desk.find(Procedure::Issue, self.by_items(code)).await?;
        let challenge = desk.apply(case, card).await?;
        let issued = desk.hand_in(case, card, proof(&*key, &challenge)).await?;
        desk.deliver(issued).await
    }

    /// Somebody with a certificate in this very card.
    async fn holder_of(&mut self, town: MunicipalityCode, card: &str) -> (ResidentCode, Holder) {
        let code = self.resident(town);
        let holder = self.try_into_card(town, &code, card).await.unwrap();
        (code, holder)
    }

    /// Leave by an act of this party.
    pub async fn permit_of(&self, party: &Party, deed: Deed) -> Permit {
        let request = RequestId::from_random(rand::random());
        let message = party.act(self, request, deed).verify(MessageKind::Act).unwrap();
        self.house.ledger().permit_act(&message, self.now()).await.unwrap().permit
    }

    /// Writes down what would be signed for these cards; the authority stops right after it.
    async fn interrupted_in(&self, officer: &Party, cards: &[String]) -> Vec<SerialNumber> {
        let (now, permit) = (self.now(), self.permit_of(officer, filler::issuing()).await);
        let new = |card: &String| {
            let id: [u8; 16] = rand::random();
            let intention = Intention {
                serial: SerialNumber::from_random(id),
                generation: 1,
                municipality: tottori(),
                person: PersonId::from_random(id),
                case: filler::case(),
                public_key: Sha256::of(&id),
                modulus: id.to_vec(),
                tbs_digest: Sha256::of(&id),
                not_before: now,
                not_after: now + (3 * 365 * 24).hours(),
                slot: Slot::Current,
            };
            let (permit, card) = (permit.clone(), Some(card.clone()));
            NewCertificate { permit, intention, sealed_items: vec![0], history: 1, card }
        };
        let new: Vec<_> = cards.iter().map(new).collect();
        let mut change = self.house.ledger().begin(&permit, now).await.unwrap();
        change.intend_all(&new).await.unwrap();
        change.commit().await.unwrap();
        new.iter().map(|new| new.intention.serial).collect()
    }
}

fn counts(in_force: u64, on_hold: u64, under_way: u64) -> RecallCounts {
    RecallCounts { in_force, on_hold, under_way }
}

async fn a_bad_lot_is_recalled_by_two_persons_and_no_other_certificate_ends(book: Book) {
    let mut place = Place::open(book).await;
    let (other, second) = place.another_security_officer().await;
    let bad = ["A1", "A2", "A3", "A4", "A5", "A6"];
    assert_eq!(place.security.ask(delivery("A", &bad)).await.unwrap(), registered(6, 0));
    assert_eq!(second.ask(delivery("A", &["A1"])).await.unwrap(), registered(0, 1));
    second.ask(delivery("B", &["B1", "B2"])).await.unwrap();
    let otherwise = Refusal::CardsRegisteredOtherwise { count: 1, cards: vec!["A3".into()] };
    let mixed = second.ask(delivery("B", &["B3", "A3"])).await;
    assert_eq!(refusal(mixed), otherwise);

    let (of_a1, a1) = place.holder_of(tottori(), "A1").await;
    let (of_a2, a2) = place.holder_of(yonago(), "A2").await;
    let (_, b1) = place.holder_of(tottori(), "B1").await;
    let (_, unregistered) = place.holder_of(tottori(), "C1").await;
    journey::hold(place.desk(yonago()), place.by_items(&of_a2)).await.unwrap();
    let (officer, _) = place.officer(tottori()).await;
    let under_way = place.interrupted_in(&officer, &["A3".into()]).await[0];
    let applicant = place.resident(tottori());
    let by = place.by_items(&applicant);
    let applied = place.desk(tottori()).find(Procedure::Issue, by).await.unwrap();
    let challenge = place.desk(tottori()).apply(applied, "A4").await.unwrap();

    // A look ends nothing, and neither does one person's word.
    let rows = place.status_rows().await;
    let looked = look(&place.security.one, lot("A")).await;
    assert_eq!(looked.cards, 6);
    assert_eq!(looked.counts, [(tottori(), counts(1, 0, 1)), (yonago(), counts(0, 1, 0))]);
    let mut serials = [a1.serial, a2.serial, under_way];
    serials.sort();
    let octets: Vec<u8> = serials.iter().flat_map(|serial| *serial.as_bytes()).collect();
    assert_eq!(looked.digest, Sha256::of(&octets));
    let of_another = look(&place.security.one, lot("B")).await.digest;
    let blind = place.security.ask(proposal(lot("A"), of_another)).await;
    assert_eq!(refusal(blind), Refusal::RecallChanged);
    let (recall, digest) = proposed(&place.security.one, lot("A")).await;
    let alone = place.security.ask(Deed::ConfirmRecall { recall, digest }).await;
    assert_eq!(refusal(alone), Refusal::SamePerson);
    assert_eq!(place.status_rows().await, rows);

    // Meanwhile somebody gets a certificate: neither person has looked at that.
    let (_, a5) = place.holder_of(tottori(), "A5").await;
    let changed = second.ask(Deed::ConfirmRecall { recall, digest }).await;
    assert_eq!(refusal(changed), Refusal::RecallChanged);
    let now_digest = look(&second, lot("A")).await.digest;
    let other_set = second.ask(Deed::ConfirmRecall { recall, digest: now_digest }).await;
    assert_eq!(refusal(other_set), Refusal::RecallChanged, "the proposer saw another set");
    assert!(place.is_good(a1.serial).await);

    // Whoever looked last proposes, the other confirms.
    place.pass(1.minute());
    let (recall, digest) = proposed(&second, lot("A")).await;
    let done = Answer::Recalled { recall, revoked: 3, voided: 1, left: 0 };
    let confirm = Deed::ConfirmRecall { recall, digest };
    assert_eq!(place.security.ask(confirm.clone()).await.unwrap(), done);
    for holder in [&a1, &a2, &a5] {
        assert_eq!(place.reason(holder.serial).await, Some(KeyCompromise));
        place.seen_revoked(&holder.certificate, KeyCompromise).await;
    }
    assert_eq!(place.reason(under_way).await, Some(Unspecified));
    if place.house.config.ledger.as_deref().unwrap().starts_with("sqlite:") {
        let ended = hex::encode(a1.serial.as_bytes());
        let cause = format!(
            "SELECT cause FROM status WHERE serial = X'{ended}' ORDER BY position DESC LIMIT 1"
        );
        let cause = crate::audit::sqlite(&place.dir.join("book.sqlite"), &cause);
        assert_eq!(cause, format!("recall {recall}"));
    }
    for holder in [&b1, &unregistered] {
        assert!(place.is_good(holder.serial).await);
        place.seen_good(&holder.certificate).await;
    }
    // keyCompromise does not wait for the hour.
    for (town, ended) in [(tottori(), &a1), (tottori(), &a5), (yonago(), &a2)] {
        let scope = Scope::Partition(town);
        place.listed(scope).await.unwrap();
        let file = place.dir.join("public/crl/1").join(format!("{scope}.crl"));
        assert!(holds(&file, ended.serial.as_bytes()));
        assert!(!holds(&file, b1.serial.as_bytes()));
    }
    assert_eq!(place.security.ask(confirm).await.unwrap(), done, "asked again: nothing more");

    // Its cards are taken no more, at whatever step a case stands.
    let key = place.new_key();
    let desk = place.desk(tottori());
    let late = desk.hand_in(applied, "A4", proof(&*key, &challenge)).await;
    assert_eq!(refusal(late), Refusal::CardRecalled);
    let same = desk.apply(applied, "A4").await;
    assert_eq!(refusal(same), Refusal::CardRecalled);
    let challenge = desk.apply(applied, "D1").await.unwrap();
    assert_eq!(refusal(desk.apply(applied, "D2").await), Refusal::WrongCard);
    desk.hand_in(applied, "D1", proof(&*key, &challenge)).await.unwrap();
    let again = place.try_into_card(tottori(), &of_a1, "A6").await;
    assert_eq!(refusal(again), Refusal::CardRecalled);
    second.ask(delivery("A", &["A7"])).await.unwrap();
    let later_delivery = place.try_into_card(tottori(), &of_a1, "A7").await;
    assert_eq!(refusal(later_delivery), Refusal::CardRecalled);
    place.try_into_card(tottori(), &of_a1, "B2").await.unwrap();

    let looked = look(&place.security.one, lot("A")).await;
    assert!(looked.counts.is_empty());
    let [unconfirmed, finished] = looked.recalls.as_slice() else { panic!("two recalls") };
    assert_eq!((unconfirmed.confirmed_at, unconfirmed.revoked), (None, 0));
    assert_eq!(
        (finished.revoked, finished.voided, finished.why.as_str()),
        (3, 1, "its keys repeat")
    );
    assert!(finished.finished_at.is_some() && finished.proposed_by == other.party);
    let ended = place.entries("revoke").await;
    for holder in [&a1, &a2, &a5] {
        let subject = format!("{} keyCompromise", holder.serial);
        assert!(ended.iter().any(|entry| entry.subject == subject));
    }
    let recalled = place.entries("recalled").await;
    assert_eq!(recalled[0].subject, format!("{recall} 3 revoked, 1 voided"));
    for (verb, count) in [
        ("register_cards", 4),
        ("preview_recall", 6),
        ("propose_recall", 2),
        ("confirm_recall", 2),
        ("recall", 1),
        ("recalled", 1),
    ] {
        assert_eq!(place.entries(verb).await.len(), count, "{verb}");
    }
    place.house.ledger().verify_audit().await.unwrap();
    place.close_filled().await;
}

async fn a_recall_that_a_crash_cut_off_is_finished_by_the_scheduler(book: Book) {
    let mut place = Place::open(book).await;
    let (other, _) = place.another_security_officer().await;
    place.security.ask(delivery("A", &["A1", "A2", "A3", "A4"])).await.unwrap();
    let (_, one) = place.holder_of(tottori(), "A1").await;
    let (_, two) = place.holder_of(yonago(), "A2").await;
    let (officer, _) = place.officer(tottori()).await;
    let under_way = place.interrupted_in(&officer, &["A3".into()]).await[0];
    let (_, last) = place.holder_of(yonago(), "A4").await;
    let (_, sound) = place.holder(tottori()).await;
    let (recall, digest) = proposed(&place.security.one, lot("A")).await;

    // The second person's word is in the book, and the first step of what follows from it.
    let permit = place.permit_of(&other, Deed::ConfirmRecall { recall, digest }).await;
    let (now, dir) = (place.now(), place.dir.clone());
    let cut_off = async |address: &str| {
        let address = match address.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite:{}", dir.join(path).display()),
            None => address.to_owned(),
        };
        let ledger = Ledger::<Issuing>::open(&address).await.unwrap();
        let mut change = ledger.begin(&permit, now).await.unwrap();
        change.confirm_recall(recall).await.unwrap();
        change.commit().await.unwrap();
        let mut change = ledger.begin(&permit, now).await.unwrap();
        let step = change.recall_step(recall, 3).await.unwrap().unwrap();
        assert_eq!((step.revoked, step.voided, step.finished), (2, 1, false));
        change.commit().await.unwrap();
        assert_eq!(ledger.standing(last.serial).await.unwrap(), Some(Standing::Good));
        ledger.close().await;
    };
    let again = place
        .reopened(|config| {
            let handle = tokio::runtime::Handle::current();
            tokio::task::block_in_place(|| {
                handle.block_on(cut_off(config.ledger.as_deref().unwrap()))
            });
        })
        .await;

    again.tick().await;
    let reason = async |serial| {
        let standing = again.house.ledger().standing(serial).await.unwrap().unwrap();
        standing.revocation().map(|(_, reason)| reason)
    };
    for holder in [&one, &two, &last] {
        assert_eq!(reason(holder.serial).await, Some(KeyCompromise));
    }
    assert_eq!(reason(under_way).await, Some(Unspecified));
    assert_eq!(reason(sound.serial).await, None);
    // The responder follows within a second.
    let is_seen = |verdict| matches!(verdict, Verdict::Revoked { reason: KeyCompromise, .. });
    while !is_seen(again.judged(&last.certificate).await) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let done = Answer::Recalled { recall, revoked: 3, voided: 1, left: 0 };
    let desk = &again.security.one;
    assert_eq!(desk.ask(Deed::ConfirmRecall { recall, digest }).await.unwrap(), done);
    let looked = look(desk, lot("A")).await;
    assert_eq!(looked.recalls[0].confirmed_by, Some(other.party));
    again.house.ledger().verify_audit().await.unwrap();
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recall_too_large_for_one_change_is_carried_out_by_the_scheduler() {
    let mut place = Place::open(Book::Sqlite).await;
    let (_, second) = place.another_security_officer().await;
    let cards: Vec<String> = (0..4600).map(|number| format!("A{number:04}")).collect();
    let numbers: Vec<&str> = cards.iter().map(String::as_str).collect();
    place.security.ask(delivery("A", &numbers)).await.unwrap();
    let (officer, _) = place.officer(tottori()).await;
    let serials = place.interrupted_in(&officer, &cards[..4500]).await;
    let permit = place.permit_of(&officer, filler::issuing()).await;
    let file = |serial: &SerialNumber| {
        let (permit, sealed_der) = (permit.clone(), vec![0]);
        NewFile { permit, serial: *serial, sealed_der }
    };
    let files: Vec<_> = serials.iter().map(file).collect();
    let mut change = place.house.ledger().begin(&permit, place.now()).await.unwrap();
    change.file_all(&files).await.unwrap();
    change.commit().await.unwrap();
    let (code, sound) = place.holder(tottori()).await;

    let (recall, digest) = proposed(&place.security.one, lot("A")).await;
    let confirm = Deed::ConfirmRecall { recall, digest };
    let begun = Answer::Recalled { recall, revoked: 0, voided: 0, left: 4500 };
    assert_eq!(second.ask(confirm.clone()).await.unwrap(), begun);
    // The cards are recalled at once, whatever is still to be done.
    let newcomer = place.resident(yonago());
    let refused = place.try_into_card(yonago(), &newcomer, "A4599").await;
    assert_eq!(refusal(refused), Refusal::CardRecalled);
    let done = Answer::Recalled { recall, revoked: 4500, voided: 0, left: 0 };
    while second.ask(confirm.clone()).await.unwrap() != done {
        place.tick().await;
        assert!(place.pass_by(&code).await, "the counter is served meanwhile");
    }
    assert_eq!(place.good_ones().await, [sound.serial]);
    assert_eq!(place.entries("recalled").await.len(), 1);
    place.house.ledger().verify_audit().await.unwrap();
    place.close_filled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cards_and_recalls_are_the_security_officers_alone() {
    let place = Place::open(Book::Sqlite).await;
    let digest = look(&place.security.one, lot("A")).await.digest;
    let recall = RecallId::from_random([1; 16]);
    for deed in [
        delivery("A", &["A1"]),
        Deed::PreviewRecall { selection: lot("A") },
        proposal(lot("A"), digest),
        Deed::ConfirmRecall { recall, digest },
    ] {
        let refused = refusal(place.desk(tottori()).ask(deed).await);
        assert_eq!(refused, Refusal::NotAllowed);
    }
    let nothing = place.security.ask(Deed::ConfirmRecall { recall, digest }).await;
    assert_eq!(refusal(nothing), Refusal::NoSuchRecall);
    for reason in RevocationReason::ALL {
        if !matches!(reason, KeyCompromise | Superseded) {
            let why = "a story".into();
            let deed = Deed::ProposeRecall { selection: lot("A"), reason, why, digest };
            let refused = refusal(place.security.ask(deed).await);
            assert_eq!(refused, Refusal::ReasonNotForRecall { reason });
        }
    }
    let many: Vec<String> = (0..=CARDS_OF_ONE_ACT).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for deed in [
        delivery("A", &[]),
        delivery("A", &many),
        delivery("A", &["A 1"]),
        delivery("A", &[""]),
        delivery("", &["A1"]),
        delivery(" A", &["A1"]),
        delivery("A\n", &["A1"]),
        Deed::PreviewRecall { selection: lot("") },
        proposal(CardSelection::LotAndModel { lot: "A".into(), model: "".into() }, digest),
    ] {
        let refused = refusal(place.security.ask(deed).await);
        assert!(matches!(refused, Refusal::Malformed { .. }), "{refused:?}");
    }
    // The longest delivery that is taken fits into an act.
    let longest: Vec<String> =
        (0..CARDS_OF_ONE_ACT).map(|number| format!("{number:040}")).collect();
    let longest: Vec<&str> = longest.iter().map(String::as_str).collect();
    let taken = place.security.ask(delivery(&"漢".repeat(64), &longest)).await.unwrap();
    assert_eq!(taken, registered(5000, 0));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_waits_an_hour_and_no_longer_than_its_proposer_is_enrolled() {
    let mut place = Place::open(Book::Sqlite).await;
    let (other, second) = place.another_security_officer().await;
    second.ask(delivery("A", &["A1"])).await.unwrap();
    let (_, holder) = place.holder_of(tottori(), "A1").await;
    let (recall, digest) = proposed(&place.security.one, lot("A")).await;
    let until = place.now() + 1.hour();
    place.pass(61.minutes());
    let late = second.ask(Deed::ConfirmRecall { recall, digest }).await;
    assert!(matches!(refusal(late), Refusal::RecallLapsed { until: u } if u <= until));

    let (recall, digest) = proposed(&second, lot("A")).await;
    let why = "left the office".into();
    place.security.ask(Deed::Dismiss { party: other.party, why }).await.unwrap();
    let of_nobody = place.security.ask(Deed::ConfirmRecall { recall, digest }).await;
    assert_eq!(refusal(of_nobody), Refusal::NoSuchRecall);
    assert!(place.is_good(holder.serial).await);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_only_registered_cards_are_taken_any_other_is_refused() {
    let mut place = Place::open(Book::Sqlite).await;
    place.security.ask(delivery("A", &["A1"])).await.unwrap();
    let code = place.resident(tottori());
    let only = |config: &mut Config| {
        config.rules.insert("registered_cards_only".into(), true.into());
    };
    let again = place.reopened(only).await;
    let desk = &again.desks[&tottori()];
    let case = desk.find(Procedure::Issue, again.by_items(&code)).await.unwrap();
    assert_eq!(refusal(desk.apply(case, "C1").await), Refusal::CardNotRegistered);
    desk.apply(case, "A1").await.unwrap();
    again.close().await;
}

/// What `akashi desk` prints for a token, and whether it was content.
pub fn told(place: &Place, token: &Path, arguments: &[&str]) -> (bool, String) {
    let counter = place.dir.join("counter.p12");
    if !counter.exists() {
        place.terminals[&tottori()].save(&counter, PASSPHRASE).unwrap();
    }
    let in_the_office = SECURITY_OFFICERS.iter().any(|file| token.ends_with(file));
    let terminal = if in_the_office { place.dir.join(OFFICE_TERMINALS[0]) } else { counter };
    let output = Command::new(env!("CARGO_BIN_EXE_akashi"))
        .args(["desk", "--url", &place.url(), "--terminal"])
        .arg(terminal)
        .arg("--token")
        .arg(token)
        .args(arguments)
        .env_clear()
        .env("AKASHI_TOKEN_PASSWORD", PASSPHRASE)
        .output()
        .unwrap();
    let printed = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(printed).unwrap())
}

/// The value behind a name.
pub fn value(told: &str, name: &str) -> String {
    let line = told.lines().find(|line| line.split_whitespace().next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name} in {told}"))[name.len()..].trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recall_on_the_command_line() {
    // The desk's clock is the machine's.
    let mut place = Place::make(Book::Sqlite, Access::Open, Timestamp::now()).await;
    let file = |name: &str, content: &str| {
        let path = place.dir.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let notes = ["AKASHI0000000001\nAKASHI0000000002\r\n\n", "AKASHI0000000001\nnot a card\n"];
    let (note, damaged) = (file("note.txt", notes[0]), file("damaged.txt", notes[1]));
    let [first, second] = SECURITY_OFFICERS.map(|file| place.dir.join(file));
    let register = |note| ["cards", "register", note, "--lot", "A-17", "--model", "JC4"];
    let (done, printed) = told(&place, &first, &register(&note));
    assert!(done && value(&printed, "registered") == "2", "{printed}");
    let (done, printed) = told(&place, &first, &register(&damaged));
    assert!(!done && printed.contains("damaged.txt, line 2: a card number has"), "{printed}");
    let (done, printed) = told(&place, &first, &["cards", "show"]);
    assert!(!done && printed.contains("--lot"), "{printed}");
    let otherwise = ["cards", "register", &note, "--lot", "B", "--model", "JC4"];
    let (done, printed) = told(&place, &first, &otherwise);
    assert!(!done && printed.contains("such as AKASHI0000000001"), "{printed}");

    let (_, holder) = place.holder_of(tottori(), "AKASHI0000000001").await;
    place.holder_of(yonago(), "AKASHI0000000002").await;
    let show = ["cards", "show", "--lot", "A-17", "--model", "JC4"];
    let (_, printed) = told(&place, &first, &show);
    eprintln!("{printed}");
    assert_eq!(value(&printed, "of"), "lot A-17 of model JC4");
    assert_eq!(value(&printed, "certificates"), "2 in force");
    assert_eq!(value(&printed, TOTTORI), "1 in force 鳥取市");
    let digest = value(&printed, "digest");
    let why = ["--why", "the maker's letter of today", "--digest", &digest];
    let (_, printed) =
        told(&place, &first, &[&["recall", "propose", "--lot", "A-17"], why.as_slice()].concat());
    eprintln!("{printed}");
    assert_eq!(value(&printed, "reason"), "keyCompromise");
    let recall = value(&printed, "recall");
    let confirm = ["recall", "confirm", &recall, "--digest", &digest];
    let (done, printed) = told(&place, &first, &confirm);
    assert!(!done && printed.contains("takes two persons"), "{printed}");
    assert!(place.is_good(holder.serial).await);
    let (_, printed) = told(&place, &second, &show);
    eprintln!("{printed}");
    assert!(value(&printed, "recall").contains("the maker's letter of today"));
    let (done, printed) = told(&place, &second, &confirm);
    eprintln!("{printed}");
    assert!(done && value(&printed, "revoked") == "2", "{printed}");
    assert_eq!(place.reason(holder.serial).await, Some(KeyCompromise));
    let json = [&["--json"], show.as_slice()].concat();
    let (_, printed) = told(&place, &first, &json);
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&json["cards"], &json["certificates"]), (&"2".into(), &"none".into()));
    place.close().await;
}
