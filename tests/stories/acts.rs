//! Acts: signed by somebody enrolled, within the limits of a role, kept as evidence.

use std::process::{Command, Stdio};
use std::sync::Arc;

use akashi_edge::SystemClock;
use akashi_edge::config::Config;
use akashi_keys::{EcKey, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_link::Identity;
use akashi_ra_console::Desk;
use akashi_wire::act::{
    Answer, CertificateBy, Deed, IdentityProof, KnownParty, List, LookUpBy, PartyId, Procedure,
    Refusal, RequestId, Suspension,
};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{Act, RevocationReason, SignedMessage};

use crate::running::{PASSPHRASE, Up, akashi, founded};
use crate::support::*;

fn open_case() -> Deed {
    Deed::OpenCase { procedure: Procedure::Issue }
}

fn number() -> RequestId {
    RequestId::from_random(rand::random())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_by_an_enrolled_officer_is_refused_and_on_record() {
    let place = Place::open(Book::Sqlite).await;
    let (officer, _) = place.officer(tottori()).await;
    let now = place.now();
    let at_yonago = serde_json::to_vec(&Act {
        request: number(),
        authority: place.security.authority().fingerprint,
        terminal: Sha256::of(place.terminals[&yonago()].certificate()),
        made_at: now,
        deed: open_case(),
    })
    .unwrap();
    let sound = officer.act(&place, number(), open_case());
    let content = serde_json::to_vec(&Act {
        request: number(),
        authority: place.security.authority().fingerprint,
        terminal: officer.terminal_digest(),
        made_at: now,
        deed: open_case(),
    })
    .unwrap();
    // Changed after signing.
    let mut changed = sound.as_der().to_vec();
    let at = changed.windows(9).position(|window| window == b"open_case").unwrap();
    changed[at] = b'O';
    // Signed by a key of the signer's own making, under the officer's very name.
    let stranger = EcKey::generate().unwrap();
    let own = LinkAuthority::create(&EcKey::generate().unwrap(), "link", now).unwrap();
    let usage = Usage::Party { hosts: Vec::new() };
    let certificate = own.certify(stranger.public_key(), "Officer 1", &usage, now).unwrap();
    let by_stranger =
        SignedMessage::sign(MessageKind::Act, &content, &certificate, now, |o| stranger.sign(o))
            .unwrap();
    // Signed by that key in the name of the officer's certificate.
    let usurped =
        SignedMessage::sign(MessageKind::Act, &content, officer.token.certificate(), now, |o| {
            stranger.sign(o)
        })
        .unwrap();
    let refused = place.entries("refuse").await.len();
    for (what, octets, name) in [
        ("junk", b"junk".to_vec(), "malformed"),
        ("nothing", Vec::new(), "malformed"),
        ("plain text", content, "malformed"),
        ("a changed act", changed, "malformed"),
        ("a usurped certificate", usurped.as_der().to_vec(), "malformed"),
        ("a stranger's act", by_stranger.as_der().to_vec(), "not_enrolled"),
        (
            "an act that was signed at another town's terminal",
            officer.sign(&at_yonago, now).as_der().to_vec(),
            "not_a_terminal",
        ),
        ("another text", officer.sign(b"{\"deed\":1}", now).as_der().to_vec(), "malformed"),
    ] {
        let (status, told) = place.post("/acts", &officer.at_terminal(), octets).await;
        assert!(matches!(status, 400 | 403), "{what}: {status}");
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["refusal"], name, "{what}");
    }
    assert_eq!(place.entries("refuse").await.len(), refused + 8);
    assert_eq!(place.entries("open_case").await.len(), 0);
    // A certificate that the link authority did not give opens no link at all.
    let link = Identity {
        certificate,
        key: stranger.for_tls(),
        authority: officer.token.link_authority().to_vec(),
    };
    let client = akashi_link::client(&link).unwrap();
    assert!(client.get(format!("{}/authority", place.url())).send().await.is_err());
    // What was signed at one terminal comes over its link alone.
    let elsewhere = place.enrolled("Other", Role::Terminal { municipality: tottori() }).await;
    for link in [officer.link(), elsewhere.link()] {
        let (status, told) = place.post("/acts", &link, sound.as_der().to_vec()).await;
        assert!(status == 403 && told.contains("not_a_terminal"), "{status} {told}");
    }
    assert_eq!(place.entries("refuse").await.len(), refused + 10);
    // And the sound act is still sound.
    let (status, _) = place.post("/acts", &officer.at_terminal(), sound.as_der().to_vec()).await;
    assert_eq!(status, 200);
    // What an officer may not ask for is kept as its digest, and nothing of it besides; what was carried out is kept.
    let asked = officer.act(&place, number(), Deed::Review);
    let (status, told) = place.post("/acts", &officer.at_terminal(), asked.as_der().to_vec()).await;
    assert!(status == 403 && told.contains("not_allowed"), "{status} {told}");
    let entry = place.entries("refuse").await.pop().unwrap();
    let digest = Sha256::of(asked.as_der()).to_string();
    assert!(entry.subject.contains(&digest), "{}", entry.subject);
    let kept = |entry: &akashi_ledger::Entry| entry.commitment != Sha256([0; 32]);
    assert!(!kept(&entry));
    assert!(kept(&place.entries("open_case").await.pop().unwrap()));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_may_do_its_own_and_nothing_else() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let (officer, at_the_counter) = place.officer(tottori()).await;
    let agency = place.enrolled("Bureau", Role::Agency { purposes: vec!["tax".into()] }).await;
    let source = place.enrolled("Source", Role::Source { municipality: tottori() }).await;
    let by_agency = place.signed_in(&agency).await;
    let by_source = place.signed_in(&source).await;
    let case = Acts::open(&at_the_counter, Procedure::Issue).await;
    let by = || place.by_items(&code);
    let request = || Octets(EcKey::generate().unwrap().request_for_certificate().unwrap());
    let enrol = |party| Deed::Enrol {
        name: "Somebody".into(),
        party,
        hosts: Vec::new(),
        request_for_certificate: request(),
        until: None,
    };
    let about_parties = || {
        [
            enrol(Role::Officer { municipality: tottori() }),
            enrol(Role::SecurityOfficer),
            Deed::Dismiss { party: officer.party, why: "…".into() },
            Deed::Lift { what: Suspension::Issuing, why: "…".into() },
            Deed::Suspend { what: Suspension::Issuing, why: "…".into() },
            Deed::Suspend {
                what: Suspension::Counter { municipality: yonago() }, why: "…".into()
            },
            Deed::Countersign { request: RequestId::from_random([9; 16]), digest: Sha256::of(b"") },
            Deed::Review,
        ]
    };
    let about_residents = || {
        [
            open_case(),
            Deed::LookUp { case, by: by() },
            Deed::FindCertificate { case, by: CertificateBy::Card { card: "CARD".into() } },
            Deed::SendInquiry { case },
            application(case, "CARD"),
            Deed::TakeUp { case, card: "CARD".into() },
            Deed::OpenChannel { case, card: "CARD".into() },
            Deed::CardAnswered { case, answers: Vec::new() },
            Deed::Certify { case, card: "CARD".into(), proof: Octets(Vec::new()) },
            reset_pin(case, "CARD"),
            Deed::ConfirmDelivery { case, card: "CARD".into(), read_back: Sha256::of(b"") },
            Deed::Revoke {
                case,
                identity: IdentityProof::ResidentCard,
                reason: RevocationReason::KeyCompromise,
            },
            Deed::Hold { case },
            Deed::CloseCase { case, why: "…".into() },
        ]
    };
    for deed in about_parties() {
        assert_eq!(refusal(at_the_counter.ask(deed).await), Refusal::NotAllowed);
    }
    for deed in about_residents() {
        assert_eq!(refusal(place.security.ask(deed).await), Refusal::NotAllowed);
    }
    // Neither works at any terminal.
    for desk in [&by_agency, &by_source] {
        for deed in about_residents().into_iter().chain(about_parties()).chain([Deed::AcceptClock])
        {
            assert_eq!(refusal(desk.ask(deed).await), Refusal::NotATerminal);
        }
    }
    for own in [Role::HoldersDoor, Role::Responder] {
        let refused = refusal(place.security.ask(enrol(own)).await);
        assert!(matches!(&refused, Refusal::Malformed { what } if what.contains("identity new")));
    }
    let tokyo = "131041".parse().unwrap();
    for party in [
        Role::Officer { municipality: tokyo },
        Role::Source { municipality: "310000".parse().unwrap() },
        Role::Agency { purposes: Vec::new() },
    ] {
        let refused = refusal(place.security.ask(enrol(party)).await);
        assert!(matches!(refused, Refusal::Malformed { .. }), "{refused:?}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervisor_sees_and_stops_the_own_town_and_touches_no_case() {
    let place = Place::open(Book::Sqlite).await;
    let supervisor = place.enrolled("係長", Role::Supervisor { municipality: tottori() }).await;
    let desk = place.signed_in(&supervisor).await;
    let Answer::Reviewed { parties, .. } = desk.ask(Deed::Review).await.unwrap() else {
        panic!("no review")
    };
    assert!(parties.iter().any(|one| one.party == supervisor.party));
    let foreign = |one: &&KnownParty| one.role.municipality() != Some(tottori());
    assert_eq!(parties.iter().find(foreign), None, "of another town");
    for deed in [
        open_case(),
        Deed::Dismiss { party: supervisor.party, why: "…".into() },
        Deed::Suspend { what: Suspension::Source { municipality: yonago() }, why: "…".into() },
        Deed::Suspend { what: Suspension::Party { party: supervisor.party }, why: "…".into() },
        Deed::Lift { what: Suspension::Source { municipality: tottori() }, why: "…".into() },
        Deed::Countersign { request: RequestId::from_random([9; 16]), digest: Sha256::of(b"") },
    ] {
        assert_eq!(refusal(desk.ask(deed).await), Refusal::NotAllowed);
    }
    let what = Suspension::Counter { municipality: tottori() };
    desk.ask(Deed::Suspend { what, why: "a stranger at the counter".into() }).await.unwrap();
    let officer = refusal(place.desk(tottori()).ask(open_case()).await);
    assert!(matches!(officer, Refusal::Suspended { .. }), "{officer:?}");
    let own = refusal(desk.ask(Deed::Review).await);
    assert!(matches!(own, Refusal::Suspended { .. }), "works at that counter as well: {own:?}");
    place.desk(yonago()).ask(open_case()).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_serves_only_what_it_was_opened_for() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let newcomer = place.resident(tottori());
    let desk = place.desk(tottori());
    let lost = RevocationReason::KeyCompromise;
    for procedure in [Procedure::Issue, Procedure::Hold] {
        let case = desk.find(procedure, place.by_items(&code)).await.unwrap();
        let refused = refusal(
            desk.ask(Deed::Revoke { case, identity: IdentityProof::ResidentCard, reason: lost })
                .await,
        );
        assert_eq!(refused, Refusal::NotAllowed, "{procedure:?}");
    }
    for procedure in [Procedure::Issue, Procedure::Revocation] {
        let case = desk.find(procedure, place.by_items(&code)).await.unwrap();
        assert_eq!(refusal(desk.ask(Deed::Hold { case }).await), Refusal::NotAllowed);
    }
    assert!(place.is_good(holder.serial).await);
    for procedure in [Procedure::Revocation, Procedure::Hold, Procedure::PinReset] {
        let case = desk.find(procedure, place.by_items(&newcomer)).await.unwrap();
        let refused = refusal(desk.ask(application(case, "CARD")).await);
        assert_eq!(refused, Refusal::NotAllowed, "{procedure:?}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_a_certificate_in_a_case_that_did_not_ask_whether_he_lives() {
    use akashi_wire::date::EffectiveDate;
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
    // Found by the code on the card, as for a revocation, where the dead are found too.
    let opening = akashi_wire::CodeOpening::new(&code, rand::random());
    let recipient = &place.security.authority().envelope.0;
    let octets = serde_json::to_vec(&opening).unwrap();
    let sealed = Octets(akashi_keys::seal_to(recipient, &octets).unwrap());
    let desk = place.desk(tottori());
    let by = LookUpBy::Code { sealed };
    let case = desk.find(Procedure::Revocation, by).await.unwrap();
    assert_eq!(refusal(desk.apply(case, "CARD").await), Refusal::NotAllowed);
    // Nor does handing in a key without a permit lead anywhere.
    let certify = Deed::Certify { case, card: "CARD".into(), proof: Octets(proof(&*key(1), &[])) };
    let early = refusal(desk.ask(certify).await);
    assert!(matches!(&early, Refusal::WrongStep { step, .. } if step == "looked_up"), "{early:?}");
    assert_eq!(place.good_ones().await, [], "a certificate for the dead");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_dismissed_can_do_nothing_from_that_moment_on() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let (officer, desk) = place.officer(tottori()).await;
    let key = place.new_key();
    let issued = desk.issue(Procedure::Issue, place.by_items(&code), &*key).await.unwrap();
    let signed_before = desk.sign(open_case()).unwrap();
    let dismiss = Deed::Dismiss { party: officer.party, why: "left the office".into() };
    assert_eq!(place.security.ask(dismiss.clone()).await.unwrap(), Answer::Done);
    let case = issued.case;
    for deed in [open_case(), Deed::CloseCase { case, why: "…".into() }, Deed::AcceptClock] {
        assert_eq!(refusal(desk.ask(deed).await), Refusal::NotEnrolled);
    }
    assert_eq!(refusal(desk.deliver(issued.clone()).await), Refusal::NotEnrolled);
    assert_eq!(refusal(desk.send(&signed_before).await), Refusal::NotEnrolled);
    let nobody = PartyId::from_random([3; 16]);
    for party in [officer.party, nobody] {
        let again = Deed::Dismiss { party, why: "again".into() };
        let refused = refusal(place.security.ask(again).await);
        assert_eq!(refused, Refusal::NotAsItStands);
    }
    // The work is not lost: a colleague goes on.
    place.desk(tottori()).deliver(issued).await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_acts_without_end_is_refused_with_few_entries_and_keeps_nobody_waiting() {
    let (_home, dir) = founded(&[]);
    let up = Up::start(&dir, Stdio::null());
    let url = format!("https://{}", Config::read(&dir).unwrap().listen.authority);
    let open = |name: &str| Arc::new(OfficerToken::open(&dir.join(name), PASSPHRASE).unwrap());
    let officer = open("security-officer-1.p12");
    let clock = Arc::new(SystemClock::new());
    let at = async |terminal: &str| {
        Desk::sign_in(&url, &open(terminal), officer.clone(), clock.clone()).await.unwrap()
    };
    let (here, there) = (at("office-terminal-1.p12").await, at("office-terminal-2.p12").await);
    let alarms = || Deed::List { list: List::Alarms };
    // A program that does not wait when it is told to.
    let terminal = open("office-terminal-1.p12");
    let link = Identity {
        certificate: terminal.certificate().to_vec(),
        key: terminal.key().for_tls(),
        authority: terminal.link_authority().to_vec(),
    };
    let client = akashi_link::client(&link).unwrap();
    let mut refused = 0;
    for _ in 0..600 {
        let now = jiff::Timestamp::now();
        let act = Act {
            request: number(),
            authority: here.authority().fingerprint,
            terminal: Sha256::of(terminal.certificate()),
            made_at: now,
            deed: alarms(),
        };
        let content = serde_json::to_vec(&act).unwrap();
        let sign = |octets: &[u8]| officer.sign(octets);
        let act = SignedMessage::sign(MessageKind::Act, &content, officer.certificate(), now, sign);
        let asked = client.post(format!("{url}/acts")).body(act.unwrap().as_der().to_vec());
        let answer = asked.send().await.unwrap();
        match answer.status().as_u16() {
            200 => {}
            429 => {
                assert_eq!(answer.headers()["retry-after"], "1");
                refused += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert!(refused > 20, "of 600 acts in a moment {refused} were refused");
    // Another machine notices nothing, and a desk waits the moment for which it is asked to.
    there.ask(alarms()).await.unwrap();
    here.ask(alarms()).await.unwrap();
    up.stop();
    // Few are an entry each, the others one together.
    let verify = ["audit", "verify", "--dir", dir.to_str().unwrap()];
    assert!(akashi(&verify).output().unwrap().status.success());
    let book = format!("file:{}?mode=ro", dir.join("book.sqlite").display());
    let sql = "SELECT subject FROM audit WHERE verb = 'refuse'";
    let rows = Command::new("sqlite3").args([&book, sql]).output().unwrap();
    let rows = String::from_utf8(rows.stdout).unwrap();
    let entries = rows.lines().filter(|row| row.contains("too_often")).count();
    assert!((10..=15).contains(&entries), "{entries} entries for {refused} refusals: {rows}");
}

/// Runs openssl over some octets; gives whether it was content, and what it printed.
fn openssl(arguments: &[&str], input: &[u8]) -> (bool, Vec<u8>) {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl is installed");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), output.stdout)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_evidence_of_an_act_verifies_with_plain_openssl() {
    let place = Place::open(Book::Sqlite).await;
    let act = place.desk(tottori()).sign(open_case()).unwrap();
    place.desk(tottori()).send(&act).await.unwrap();
    let link = std::fs::read(place.dir.join("certificates/link.der")).unwrap();
    let pem = der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, &link).unwrap();
    let file = place.dir.join("link.pem");
    std::fs::write(&file, pem).unwrap();
    let verify =
        ["cms", "-verify", "-inform", "DER", "-purpose", "any", "-CAfile", file.to_str().unwrap()];
    let (verified, content) = openssl(&verify, act.as_der());
    assert!(verified);
    // openssl prints text with the line ends of S/MIME; ours has none.
    let content: Act = serde_json::from_slice(&content).unwrap();
    assert_eq!(content.deed, open_case());
    let mut changed = act.as_der().to_vec();
    let at = changed.windows(9).position(|window| window == b"open_case").unwrap();
    changed[at] = b'O';
    assert!(!openssl(&verify, &changed).0);
    // The text of a batch is signed in the same way.
    let text = place.sources[&tottori()].sign(MessageKind::Batch, b"a batch", place.now()).unwrap();
    assert_eq!(openssl(&verify, &text.0), (true, b"a batch".to_vec()));
    place.close().await;
}
