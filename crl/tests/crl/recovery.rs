//! What happens when something is lost, broken off, or in doubt.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use akashi_crl::signatory::Signatory;
use akashi_crl::tbs::Plan;
use akashi_crl::{CrlError, Issuer, List, ListKey, Settings, write};
use akashi_keys::Signer as _;
use akashi_keys::{EcKey, RsaKey, RsaSize};
use akashi_ledger::Scope;
use akashi_shelf::{Entry, ShelfError};
use akashi_wire::Order;
use akashi_wire::RevocationReason::*;
use akashi_wire::SerialNumber;
use akashi_wire::order::{Done, SignedOrder};
use jiff::SignedDuration;

use crate::support::*;

/// Records a number of the town's list, with which nothing will be published.
async fn record(world: &World) -> i64 {
    let order = Order::RecordList { generation: 1, scope: shinjuku(), life: 72 * 3600, up_to: 0 };
    let (token, now) = (&world.list_issuer, world.later());
    let sign = |octets: &[u8]| token.sign(octets);
    let order = SignedOrder::sign(order, token.certificate(), now, sign).unwrap();
    match world.orders().carry_out(order).await.unwrap() {
        Done::ListRecorded { number, .. } => number,
        other => panic!("{other:?}"),
    }
}

/// Puts a list of the town on the shelf that has one more entry than the book, under a number that
/// the book recorded and does not say was published.
async fn plant(world: &World, issuer: &Issuer, extra: SerialNumber) {
    let (mut entries, tail) = read(&issuer.shelf().current(shinjuku()));
    entries.push(Entry::new(extra, world.now(), KeyCompromise));
    entries.sort();
    let number = record(world).await;
    assert!(Some(number) > tail.number());
    let plan = Plan {
        signatory: Arc::new(Signatory::new(&world.authority.certificate, &*key()).unwrap()),
        scope: shinjuku(),
        point: Some(world.point(SHINJUKU).to_vec()),
        number,
        this_update: world.now(),
        next_update: world.now() + SignedDuration::from_hours(72),
        list: Arc::new(List { entries, released: Vec::new() }),
    };
    let mut out = fs::File::create(issuer.shelf().numbered(shinjuku(), number)).unwrap();
    let sign = |list: &write::Unsigned| Ok(key().sign_digest(&list.digest)?);
    write::write(&plan, &mut out, |error| panic!("{error}"), sign).unwrap();
}

#[tokio::test]
async fn a_list_from_which_a_living_revoked_certificate_vanished_is_not_published() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let (revoked, victim) = (world.issue(SHINJUKU).await, world.issue(SHINJUKU).await);
    world.revoke(revoked, KeyCompromise).await;
    published(issuer.tick(world.now()).await.unwrap());
    plant(&world, &issuer, victim).await;
    let before = fs::read(issuer.shelf().current(shinjuku())).unwrap();

    world.wait(12 * 3600);
    let outcomes = issuer.tick(world.now()).await.unwrap();
    let failed = outcomes.iter().find(|outcome| outcome.scope == shinjuku()).unwrap();
    let error = failed.result.as_ref().unwrap_err();
    assert!(
        matches!(error, CrlError::Vanished { serial, count: 1, .. } if *serial == victim),
        "{error}"
    );
    assert!(error.to_string().contains(&victim.to_string()));
    assert_eq!(fs::read(issuer.shelf().current(shinjuku())).unwrap(), before, "the last one stays");

    world.wait(59);
    assert!(issuer.tick(world.now()).await.unwrap().is_empty(), "and is not tried every second");
    world.revoke(victim, KeyCompromise).await;
    world.wait(1);
    let [outcome] = &issuer.tick(world.now()).await.unwrap()[..] else { panic!() };
    outcome.result.as_ref().unwrap();
    assert_eq!(serials(&issuer.shelf().current(shinjuku())), sorted(vec![revoked, victim]));
}

#[tokio::test]
async fn a_certificate_that_the_book_does_not_know_at_all_did_not_end() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    published(issuer.tick(world.now()).await.unwrap());
    let unknown = SerialNumber::from_random([9; 16]);
    plant(&world, &issuer, unknown).await;
    let error = issuer.publish(shinjuku(), world.later()).await.unwrap_err();
    assert!(matches!(error, CrlError::Vanished { serial, .. } if serial == unknown), "{error}");
}

#[tokio::test]
async fn a_certificate_that_ended_long_ago_may_leave() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let serial = world.issue_until(SHINJUKU, world.now()).await;
    world.wait(3600);
    published(issuer.tick(world.now()).await.unwrap());
    plant(&world, &issuer, serial).await;
    issuer.publish(shinjuku(), world.later()).await.unwrap();
    assert_eq!(serials(&issuer.shelf().current(shinjuku())), []);
}

#[tokio::test]
async fn a_number_that_was_recorded_and_never_published_is_burnt() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let burnt = record(&world).await;
    let list = issuer.publish(shinjuku(), world.later()).await.unwrap();
    assert!(list.number > burnt);
    let published = world.ledger.published_crl(1, shinjuku()).await.unwrap().unwrap();
    assert_eq!(published.number, list.number);
    assert!(!issuer.shelf().numbered(shinjuku(), burnt).exists());
}

/// Whoever died between the shelf and the book has left a file that the book does not confirm.
#[tokio::test]
async fn a_file_that_the_book_does_not_confirm_is_replaced_at_the_start() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    published(issuer.tick(world.now()).await.unwrap());
    plant(&world, &issuer, world.issue(SHINJUKU).await).await;
    let unconfirmed = issuer.shelf().numbers(shinjuku()).unwrap()[0];
    fs::remove_file(issuer.shelf().current(shinjuku())).unwrap();
    let numbered = issuer.shelf().numbered(shinjuku(), unconfirmed);
    fs::hard_link(&numbered, issuer.shelf().current(shinjuku())).unwrap();
    world.revoke(serials(&numbered)[0], KeyCompromise).await;
    drop(issuer);

    let issuer = world.issuer().await;
    let [list] = &published(issuer.tick(world.later()).await.unwrap())[..] else { panic!() };
    assert_eq!(list.scope, shinjuku());
    assert!(list.number > unconfirmed);
}

#[tokio::test]
async fn a_lost_or_changed_file_is_published_anew_at_the_start() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let serial = world.issue(SHINJUKU).await;
    world.revoke(serial, Superseded).await;
    published(issuer.tick(world.now()).await.unwrap());
    fs::remove_dir_all(world.shelf()).unwrap();
    let lists = published(world.issuer().await.tick(world.later()).await.unwrap());
    assert_eq!(lists.len(), 4, "another machine, an empty disk");
    assert_eq!(serials(&issuer.shelf().current(shinjuku())), [serial]);

    let current = issuer.shelf().current(Scope::Complete);
    let mut octets = fs::read(&current).unwrap();
    *octets.last_mut().unwrap() ^= 1;
    fs::write(&current, octets).unwrap();
    let lists = published(world.issuer().await.tick(world.later()).await.unwrap());
    assert_eq!(scopes(&lists), [Scope::Complete]);
}

#[tokio::test]
async fn a_list_is_compared_with_an_older_file_when_the_newest_is_damaged_and_never_with_none() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let first = issuer.publish(shinjuku(), world.later()).await.unwrap();
    let second = issuer.publish(shinjuku(), world.later()).await.unwrap();
    fs::write(issuer.shelf().numbered(shinjuku(), second.number), b"junk").unwrap();
    let third = issuer.publish(shinjuku(), world.later()).await.unwrap();

    for number in [first.number, second.number, third.number] {
        fs::write(issuer.shelf().numbered(shinjuku(), number), b"junk").unwrap();
    }
    let error = issuer.publish(shinjuku(), world.later()).await.unwrap_err();
    assert!(matches!(error, CrlError::Shelf(ShelfError::NothingToCompare { .. })), "{error}");
    assert!(error.to_string().contains(&third.number.to_string()), "{error}");
}

#[tokio::test]
async fn what_is_lost_or_changed_before_it_was_taken_is_made_anew_while_the_issuer_runs() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    published(issuer.tick(world.now()).await.unwrap());
    assert!(issuer.tick(world.now()).await.unwrap().is_empty());
    let number = || issuer.shelf().facts(shinjuku()).unwrap().number;
    let mut last = number();
    let (current, numbered) =
        (|| issuer.shelf().current(shinjuku()), |n| issuer.shelf().numbered(shinjuku(), n));
    let flip = |file: std::path::PathBuf| {
        let mut octets = fs::read(&file).unwrap();
        *octets.last_mut().unwrap() ^= 1;
        fs::write(file, octets).unwrap();
    };
    for harm in 0..4 {
        match harm {
            0 => fs::remove_file(current()).unwrap(),
            1 => fs::remove_file(numbered(last)).unwrap(),
            2 => flip(numbered(last)),
            _ => {
                fs::remove_file(numbered(last)).unwrap();
                fs::write(numbered(last), fs::read(current()).unwrap()).unwrap();
            }
        }
        let outcomes = issuer.tick(world.later()).await.unwrap();
        let made = |outcome: &akashi_crl::Outcome| {
            (outcome.scope, outcome.cause, outcome.result.is_ok())
                == (shinjuku(), akashi_crl::schedule::Cause::Missing, true)
        };
        assert!(outcomes.len() == 1 && made(&outcomes[0]), "{harm}: {outcomes:?}");
        assert!(number() > last, "{harm}: a number stands for one file");
        last = number();
        assert!(issuer.tick(world.now()).await.unwrap().is_empty(), "{harm}: once");
    }
}

#[tokio::test]
async fn what_an_interruption_left_is_cleared_away_and_old_numbers_too() {
    let world = World::open().await;
    let issuer = world.issuer_with(Settings { keep: 3, ..Settings::default() }).await.unwrap();
    let mut numbers = Vec::new();
    for _ in 0..5 {
        numbers.push(issuer.publish(shinjuku(), world.later()).await.unwrap().number);
    }
    let half = world.shelf().join(SHINJUKU).join("1.new");
    fs::write(&half, b"half").unwrap();
    fs::write(world.shelf().join(format!("{SHINJUKU}.new")), b"half").unwrap();
    numbers.push(issuer.publish(shinjuku(), world.later()).await.unwrap().number);
    numbers.reverse();
    assert_eq!(issuer.shelf().numbers(shinjuku()).unwrap(), numbers[..3]);
    assert!(!half.exists());
    let current = fs::read(issuer.shelf().current(shinjuku())).unwrap();
    assert_eq!(current, fs::read(issuer.shelf().numbered(shinjuku(), numbers[0])).unwrap());
    let names: Vec<_> =
        fs::read_dir(world.shelf()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().ends_with(".new")), "{names:?}");
}

/// Whatever a client fetches at whatever moment is one whole list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_current_file_is_whole_at_every_moment() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    for _ in 0..20 {
        let serial = world.issue(SHINJUKU).await;
        world.revoke(serial, Superseded).await;
    }
    issuer.publish(shinjuku(), world.later()).await.unwrap();
    let current = issuer.shelf().current(shinjuku());
    let reader = std::thread::spawn(move || {
        let mut last = 0;
        for _ in 0..2000 {
            let (entries, tail) = read(&current);
            assert!(entries.len() == 20 && tail.number() >= Some(last));
            last = tail.number().unwrap();
        }
    });
    while !reader.is_finished() {
        issuer.publish(shinjuku(), world.later()).await.unwrap();
    }
    reader.join().unwrap();
}

#[tokio::test]
async fn another_key_than_the_authoritys_signs_nothing() {
    let world = World::open().await;
    let open = |key: Arc<dyn akashi_keys::Signer>, dir: &Path| {
        let (ledger, orders) = (world.ledger.as_role(), world.orders());
        let signing = (ListKey::new(key), world.list_issuer.clone());
        let dir = dir.to_owned();
        async move { Issuer::open(ledger, orders, signing, &dir, Settings::default()).await.err() }
    };
    let other = Arc::new(RsaKey::generate(RsaSize::Rsa2048).unwrap());
    let error = open(other, world.dir.path()).await;
    assert!(matches!(error, Some(CrlError::OtherKey)), "{error:?}");
}

#[test]
fn a_key_whose_signatures_have_no_fixed_length_is_refused() {
    let key = EcKey::generate().unwrap();
    let now = BEGIN.parse().unwrap();
    let authority = akashi_keys::LinkAuthority::create(&key, "EC", now).unwrap();
    let error = Signatory::new(authority.certificate(), &key).unwrap_err();
    assert!(matches!(error, CrlError::NoFixedLength { .. }), "{error}");
}
