//! For how long each door is closed by a clock that is wrong: the table of docs/testing.md, measured.

use std::collections::VecDeque;
use std::time::Duration;

use akashi_agency::Verdict;
use akashi_ledger::Access;
use akashi_ra_console::DeskError;
use akashi_ra_console::journey;
use akashi_wire::act::{CertificateBy, Deed, LookUpBy, Procedure, Refusal, SerialGiven};
use akashi_wire::date::EffectiveDate;
use akashi_wire::{Clock, RevocationReason};
use jiff::SignedDuration;

use crate::again::{Again, Stopped};
use crate::support::*;

told_on_both!(each_door_is_closed_for_no_longer_than_docs_testing_says);

const WRONG: [(&str, SignedDuration); 7] = [
    ("+3 s", SignedDuration::from_secs(3)),
    ("+9 min", SignedDuration::from_mins(9)),
    ("+2 h", SignedDuration::from_hours(2)),
    ("+20 d", SignedDuration::from_hours(20 * 24)),
    ("+1 y", SignedDuration::from_hours(365 * 24)),
    ("−2 h", SignedDuration::from_hours(-2)),
    ("−1 y", SignedDuration::from_hours(-365 * 24)),
];

/// For so long it is wrong.
const WRONG_FOR: Duration = Duration::from_secs(600);

/// How the clock came to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// While the authority ran.
    Running,
    /// While it was stopped, in the same life of the machine.
    Restart,
    /// At a boot, and nobody says what time it is.
    Boot,
    /// At a boot, and two registers answer.
    BootAmongRegisters,
}

const COLUMNS: [When; 4] = [When::Running, When::Restart, When::Boot, When::BootAmongRegisters];

/// People whose certificates are ended, one after another.
struct People {
    lose: VecDeque<Holder>,
    die: VecDeque<(Holder, akashi_registry::SealedBatch)>,
    stays: Holder,
    newcomer: LookUpBy,
}

/// How the doors stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doors {
    /// Every door is open: certificates are issued, losses taken, lists made, OCSP answers.
    Open,
    /// Losses are taken, and nothing is signed that needs a time.
    TakeLosses,
    /// An act by a clock that is right is refused as not of now.
    RefuseActs,
}

/// Whether it becomes so within the time that registers take which are asked beside, in so many looks.
async fn soon(looks: u32, is_so: impl AsyncFn() -> bool) -> bool {
    for _ in 0..looks {
        if is_so().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

impl People {
    /// A certificate is put on hold; and whether it is on a list and told at once.
    async fn doors(&mut self, again: &Again) -> Doors {
        let desk = &again.desks[&tottori()];
        let lost = self.lose.front().unwrap();
        let by = CertificateBy::Serial { serial: SerialGiven::Whole(lost.serial) };
        if let Err(error) = journey::hold(desk, by).await {
            let DeskError::Refused(Refusal::NotNow { .. }) = error else { panic!("{error}") };
            return Doors::RefuseActs;
        }
        let lost = self.lose.pop_front().unwrap();
        // Each list of a scope has a second of its own.
        again.clock.advance(Duration::from_secs(1));
        let issue = Deed::OpenCase { procedure: Procedure::Issue };
        let issues = soon(20, async || desk.ask(issue.clone()).await.is_ok()).await;
        // What is closed is closed by now.
        let looks = if issues { 50 } else { 1 };
        let answers = soon(looks, async || {
            let judge = async |holder: &Holder| {
                again.agency.judge(&holder.certificate, again.clock.now()).await
            };
            matches!(judge(&self.stays).await, Verdict::Valid)
                && matches!(judge(&lost).await, Verdict::Revoked { .. })
        })
        .await;
        let list = again.authority.join(format!("public/crl/1/{}.crl", tottori()));
        let lists = soon(looks, async || holds(&list, lost.serial.as_bytes())).await;
        // While a time is waited for that was ahead some of them open before the others.
        if issues && answers && lists { Doors::Open } else { Doors::TakeLosses }
    }

    /// The feed is taken in and settled at any time.
    async fn feed(&mut self, again: &Again) {
        let (dead, batch) = self.die.pop_front().unwrap();
        again.send(tottori(), &batch).await;
        again.tick().await;
        let standing = again.house.ledger().standing(dead.serial).await.unwrap().unwrap();
        let (_, reason) = standing.revocation().expect("a death is settled by whatever clock");
        assert_eq!(reason, RevocationReason::AffiliationChanged);
    }
}

/// For how long what needs a time was closed: not at all, or for as long as the clock was wrong.
async fn closed(
    stopped: Stopped,
    people: &mut People,
    when: When,
    ahead: SignedDuration,
) -> (Stopped, String) {
    let (clock, machine) = (stopped.clock.clone(), stopped.machine.clone());
    let wrong = || {
        machine.synchronise(false);
        machine.set_ahead(ahead);
    };
    let mut stopped = stopped;
    stopped.silent = when == When::Boot;
    let again = match when {
        When::Running => {
            let again = stopped.opened(|_| ()).await;
            again.tick().await;
            wrong();
            again
        }
        When::Restart => stopped.opened(|_| wrong()).await,
        When::Boot | When::BootAmongRegisters => {
            let boot = |_: &mut akashi::config::Config| {
                machine.reboot();
                wrong();
            };
            stopped.opened(boot).await
        }
    };
    again.tick().await;
    people.feed(&again).await;
    let at_once = people.doors(&again).await;
    for _ in 0..10 {
        if at_once != Doors::Open {
            clock.advance(WRONG_FOR / 10);
            again.tick().await;
        }
    }
    machine.set_ahead(SignedDuration::ZERO);
    machine.synchronise(true);
    again.tick().await;
    let mut minutes = 10;
    while at_once != Doors::Open && people.doors(&again).await != Doors::Open {
        assert!(minutes < 60, "{when:?} {ahead:#}");
        minutes += 1;
        clock.advance(Duration::from_secs(60));
        again.tick().await;
    }
    let word = match at_once {
        Doors::Open => "0 s".to_owned(),
        Doors::TakeLosses => format!("{minutes} min"),
        Doors::RefuseActs => format!("{minutes} min, losses too"),
    };
    // What a start believed that was ahead is waited for; then everybody agrees again.
    clock.advance(Duration::from_secs(900));
    again.tick().await;
    let doors = &again.house.doors;
    assert_eq!(doors.clock.read().doubt, None, "{when:?} {ahead:#}");
    assert!(
        doors.clock.now().duration_since(again.clock.now()).abs() <= SignedDuration::from_secs(2)
    );
    again.house.ledger().verify_audit().await.unwrap();
    (again.stop().await, word)
}

async fn each_door_is_closed_for_no_longer_than_docs_testing_says(book: Book) {
    // On the second data base the smallest and the largest errors, and all of them by `make years`.
    let is_long = book == Book::Sqlite || std::env::var("YEARS").is_ok_and(|years| years == "full");
    let is_tried = |name: &str| is_long || ["+3 s", "−1 y"].contains(&name);
    let mut place = Place::make(book, Access::Open, usual_start()).await;
    let (mut lose, mut die) = (VecDeque::new(), VecDeque::new());
    // While a time is waited for each look ends a certificate.
    for _ in 0..20 {
        lose.push_back(place.holder(tottori()).await.1);
    }
    for _ in 0..WRONG.len() * COLUMNS.len() {
        let (code, dead) = place.holder(tottori()).await;
        place.change(|office| office.death(&code, EffectiveDate::Unknown));
        die.push_back((dead, place.batch_of(tottori(), 1)));
        lose.push_back(place.holder(tottori()).await.1);
        lose.push_back(place.holder(tottori()).await.1);
    }
    let (_, stays) = place.holder(tottori()).await;
    let newcomer = place.resident(tottori());
    let newcomer = place.by_items(&newcomer);
    let last_key = place.new_key();
    place.tick().await;
    place.quiet_head().await;
    let mut people = People { lose, die, stays, newcomer };
    let mut stopped = place.stop().await;
    let mut rows = Vec::new();
    for (name, ahead) in WRONG.into_iter().filter(|(name, _)| is_tried(name)) {
        let mut row = format!("| {name} |");
        for when in COLUMNS {
            let word;
            (stopped, word) = closed(stopped, &mut people, when, ahead).await;
            row += &format!(" {word} |");
        }
        rows.push(row);
    }
    // And one is issued at the end of it all.
    let again = stopped.opened(|_| ()).await;
    again.desks[&tottori()].certify(Procedure::Issue, people.newcomer, &*last_key).await.unwrap();
    again.close().await;
    let documented = include_str!("../../docs/testing.md");
    for row in &rows {
        assert!(
            documented.contains(row),
            "docs/testing.md says otherwise than:\n{}",
            rows.join("\n")
        );
    }
}
