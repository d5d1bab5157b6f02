//! Alarms: whoever can act is told again and again, until one person signs for it; and lists of what there is, for those
//! who may see them.

use std::fs::{self, File};
use std::process::Output;

use akashi::init::SECURITY_OFFICERS;
use akashi_edge::config::{Config, FILE};
use akashi_wire::Alarm;
use akashi_wire::act::{Answer, Deed, List, Listed, Refusal};
use akashi_wire::alarm::KnownAlarm;
use akashi_wire::party::Role;
use jiff::ToSpan;

use crate::running::{self, Up, akashi, comes, founded};
use crate::support::*;

told_on_both!(
    an_alarm_is_begun_told_signed_for_and_over,
    everybody_sees_the_lists_of_the_own_town_and_no_others,
);

/// What an alarm's command read: one JSON object a line.
fn called(file: &std::path::Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_operators_command_is_started_for_each_alarm_until_a_person_signs_for_it() {
    let (home, dir) = founded(&[]);
    let (told, broken) = (home.path().join("told"), home.path().join("broken"));
    let mut config = Config::read(&dir).unwrap();
    let script = format!("[ ! -e '{}' ] || exit 7; cat >>'{}'", broken.display(), told.display());
    config.alarms = toml::toml! { repeat_seconds = 1 };
    config.alarms.insert("command".into(), vec!["/bin/sh".to_owned(), "-c".into(), script].into());
    fs::write(dir.join(FILE), config.to_text()).unwrap();
    let log = home.path().join("log");
    let up = Up::start(&dir, File::create(&log).unwrap());
    let of = |code: &str| {
        called(&told).into_iter().filter(|one| one["code"] == code).collect::<Vec<_>>()
    };
    // A share of the recovery key lies where `init` has left it.
    assert!(comes(|| of("share_left").len() >= 6), "again and again: {:?}", called(&told));
    let first = &of("share_left")[0];
    assert_eq!(first["severity"], "warning");
    assert_eq!(first["runbook"], "share_left.md");
    assert!(first["ja"].as_str().unwrap().contains("認証局のディレクトリ"), "{first}");
    assert!(first["en"].as_str().unwrap().contains("recovery-share-1.json lies in"), "{first}");
    // Once each in the log, however often somebody is called.
    let logged = fs::read_to_string(&log).unwrap();
    assert_eq!(logged.matches("recovery-share-1.json lies in").count(), 1, "{logged}");

    // At the desk it has the same number; whoever signs for it is not called any more.
    let url = format!("https://{}", Config::read(&dir).unwrap().listen.authority);
    let desk = |rest: &[&str]| -> Output {
        let mut command = akashi(&["desk", "--url", &url, "--terminal"]);
        command.arg(dir.join("office-terminal-1.p12")).arg("--token");
        command.arg(dir.join(SECURITY_OFFICERS[0])).args(rest).output().unwrap()
    };
    let shown = running::said(&desk(&["alarms"]));
    let position = first["position"].to_string();
    let line = shown.lines().find(|line| line.starts_with(&position)).expect("it stands");
    assert!(line.contains("recovery-share-1.json") && line.contains("[share_left]"), "{line}");
    for one in of("share_left") {
        let number = one["position"].to_string();
        let signed = desk(&["sign-for", &number, "--why", "its holder comes at nine"]);
        let again = !signed.status.success();
        assert!(!again || running::said(&signed).contains("stands"), "{}", running::said(&signed));
    }
    let shown = running::said(&desk(&["alarms"]));
    assert!(shown.contains("signed for by"), "{shown}");
    std::thread::sleep(std::time::Duration::from_secs(2));
    let before = of("share_left").len();
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!(of("share_left").len(), before, "nobody is called for what somebody has taken");

    // The shift's book has written itself: what came, who took it, and what is left.
    let book = |language: &str| {
        let mut command = akashi(&["shift-book", "--dir", dir.to_str().unwrap()]);
        running::said(&command.env("LANG", language).output().unwrap())
    };
    let (ja, en) = (book("ja_JP.UTF-8"), book("C"));
    assert!(ja.starts_with("# 当直引継簿") && en.starts_with("# Shift book"), "{ja}");
    let begun = ja.lines().find(|line| line.contains(&format!("| {position} [share_left]")));
    assert!(begun.is_some_and(|line| line.contains("UTC")), "{ja}");
    let signed = en.lines().find(|line| line.contains(&format!("| signed for | {position} |")));
    let by = "security officer Security Officer 1 (";
    assert!(signed.is_some_and(|line| line.contains(by)), "{en}");
    let left = ja.split("## 次の当直に引き継ぐこと").nth(1).unwrap();
    assert!(left.contains("確認の署名: セキュリティ管理者"), "{left}");

    // A command that fails is an alarm itself, and over when it succeeds.
    fs::write(&broken, "").unwrap();
    let stands = || running::said(&desk(&["alarms"])).contains("ended with exit status: 7");
    let more = dir.join("recovery-share-9.json");
    fs::write(&more, "one more").unwrap();
    assert!(comes(stands), "{}", running::said(&desk(&["alarms"])));
    fs::remove_file(&broken).unwrap();
    assert!(comes(|| !stands()), "{}", running::said(&desk(&["alarms"])));
    // What is wrong no more stands no more.
    fs::remove_file(&more).unwrap();
    let there = || running::said(&desk(&["alarms"])).contains("recovery-share-9.json");
    assert!(comes(|| !there()));
    up.stop();
}

async fn alarms(desk: &akashi_ra_console::Desk) -> Vec<KnownAlarm> {
    let Answer::Listed { list: Listed::Alarms { alarms } } =
        desk.ask(Deed::List { list: List::Alarms }).await.unwrap()
    else {
        panic!("a list shows");
    };
    alarms
}

async fn an_alarm_is_begun_told_signed_for_and_over(book: Book) {
    let mut place = Place::open(book).await;
    // Two towns report, and fall silent.
    let unknown = || akashi_wire::date::EffectiveDate::Unknown;
    for town in [tottori(), yonago()] {
        let code = place.resident(town);
        place.reported(|office| office.death(&code, unknown())).await;
    }
    place.pass(3.days());
    place.tick().await;
    let silent = |municipality| Alarm::SourceSilent { municipality };
    let of = |all: Vec<KnownAlarm>, alarm: &Alarm| {
        let found = all.iter().find(|one| one.alarm == *alarm);
        found.unwrap_or_else(|| panic!("{alarm:?} stands: {all:?}")).clone()
    };
    let all = alarms(&place.security.one).await;
    let (here, there) = (of(all.clone(), &silent(tottori())), of(all, &silent(yonago())));

    // A supervisor sees and signs for what is of the own town, and nothing else.
    let supervisor = place.enrolled("係長", Role::Supervisor { municipality: tottori() }).await;
    let supervisor = place.signed_in(&supervisor).await;
    let seen = alarms(&supervisor).await;
    assert!(seen.iter().all(|one| one.alarm.municipality() == Some(tottori())), "{seen:?}");
    assert_eq!(of(seen, &silent(tottori())), here);
    let sign = |one: &KnownAlarm| Deed::SignForAlarm {
        alarm: one.position,
        why: "the town is asked".into(),
    };
    let refused = refusal(supervisor.ask(sign(&there)).await);
    assert_eq!(refused, Refusal::NotEnrolled);
    assert_eq!(supervisor.ask(sign(&here)).await.unwrap(), Answer::Done);
    let signed = of(alarms(&place.security.one).await, &silent(tottori()));
    assert!(signed.signed_for.is_some());
    assert_eq!(refusal(place.security.one.ask(sign(&here)).await), Refusal::NotAsItStands);
    // An officer at a counter has other work.
    let refused = place.desk(tottori()).ask(Deed::List { list: List::Alarms }).await;
    assert_eq!(refusal(refused), Refusal::NotAllowed);

    // It stands until the source is heard, however long, and is over by itself.
    place.tick().await;
    assert_eq!(place.alarms("source 312011 Tottori-shi is silent").await, 1);
    let code = place.resident(tottori());
    place.reported(|office| office.death(&code, unknown())).await;
    place.tick().await;
    let left = alarms(&place.security.one).await;
    assert!(left.iter().all(|one| one.alarm != silent(tottori())), "{left:?}");
    assert_eq!(of(left, &silent(yonago())).position, there.position);
    let over = place.entries("alarm_over").await;
    assert!(over.iter().any(|entry| entry.subject == here.position.to_string()));
    // Who signed, and what is being done, stands in the chain.
    let signed = place.entries("sign_for_alarm").await;
    assert_eq!(signed.len(), 1);
    assert_eq!(signed[0].subject, here.position.to_string());
    assert!(signed[0].actor.starts_with("supervisor:"), "{signed:?}");
    place.house.ledger().verify_audit().await.unwrap();
    assert_eq!(place.house.ledger().verify_derived().await.unwrap(), []);
    place.close().await;
}

async fn everybody_sees_the_lists_of_the_own_town_and_no_others(book: Book) {
    let mut place = Place::open(book).await;
    let (_, ours) = place.holder(tottori()).await;
    let (code, theirs) = place.holder(yonago()).await;
    let desk = place.desk(tottori());
    let case = desk.find(akashi_wire::act::Procedure::Hold, place.by_items(&code)).await;
    assert!(case.is_err(), "nobody of another town is found");
    let listed = async |desk: &akashi_ra_console::Desk, list| {
        let Answer::Listed { list } = desk.ask(Deed::List { list }).await.unwrap() else {
            panic!("a list shows");
        };
        list
    };
    // An officer: certificates and open cases of the own town.
    let certificates = |list: Listed| match list {
        Listed::Certificates { certificates } => certificates,
        other => panic!("{other:?}"),
    };
    let first = List::Certificates { before: None };
    let seen = certificates(listed(desk, first).await);
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].serial, seen[0].standing.as_str()), (ours.serial, "good"));
    let older = List::Certificates { before: Some(seen[0].position) };
    assert!(certificates(listed(desk, older).await).is_empty(), "there is no other page");
    let Listed::Cases { cases } = listed(desk, List::Cases { before: None }).await else {
        panic!("cases");
    };
    assert!(!cases.is_empty(), "the one that found nobody is open");
    assert!(cases.iter().all(|one| one.municipality == tottori()));
    assert!(cases.iter().all(|one| one.step == "opened"), "{cases:?}");
    // An auditor: of every town. A security officer: none of either, and who is enrolled.
    let auditor = place.enrolled("監査", Role::Auditor).await;
    let auditor = place.signed_in(&auditor).await;
    let all = certificates(listed(&auditor, first).await);
    let serials: Vec<_> = all.iter().map(|one| one.serial).collect();
    assert_eq!(serials, [theirs.serial, ours.serial], "the newest first");
    let security = &place.security.one;
    for list in [first, List::Cases { before: None }] {
        assert_eq!(refusal(security.ask(Deed::List { list }).await), Refusal::NotAllowed);
    }
    let Listed::Parties { parties } = listed(security, List::Parties).await else {
        panic!("parties");
    };
    assert!(parties.iter().any(|one| one.role == Role::Auditor && one.ended_at.is_none()));
    let refused = desk.ask(Deed::List { list: List::Parties }).await;
    assert_eq!(refusal(refused), Refusal::NotAllowed);
    let Listed::Sources { sources } = listed(security, List::Sources).await else {
        panic!("sources");
    };
    let codes: Vec<_> = sources.iter().map(|one| one.municipality).collect();
    assert!(codes.contains(&tottori()) && codes.contains(&yonago()), "{codes:?}");
    assert!(sources.iter().all(|one| one.is_open && one.waiting == 0), "{sources:?}");
    // Each look is on record, by what was looked at.
    for verb in ["list_certificates", "list_cases", "list_parties", "list_sources"] {
        assert!(!place.entries(verb).await.is_empty(), "{verb}");
    }
    place.close().await;
}
