//! What the list issuer hands over is read again, and published only as what the authority recorded.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use akashi_crl::{Issuer, List, Published, signatory::Signatory, tbs::Plan, write};
use akashi_keys::{RsaKey, RsaSize, Signer};
use akashi_ledger::Scope;
use akashi_repository::{Publication, PublishError, Publisher, Settings};
use akashi_shelf::{Entry, Shelf, ShelfError};
use akashi_wire::Clock;
use akashi_wire::RevocationReason::*;
use akashi_wire::octets::Sha256;
use akashi_wire::order::{Done, Order, SignedOrder};

use crate::support::*;

struct Room {
    world: World,
    issuer: Issuer,
    publisher: Publisher,
    public: Shelf,
}

impl Room {
    async fn open() -> Self {
        let world = World::open().await;
        let issuer = world.issuer().await;
        let publisher = publisher(&world).await;
        let public = Shelf::open(&at(&world), 1).unwrap();
        Self { world, issuer, publisher, public }
    }

    /// Another list of the town is signed, and handed over.
    async fn signed(&self) -> Published {
        let serial = self.world.issue(SHINJUKU).await;
        self.world.revoke(serial, Superseded).await;
        self.issuer.publish(shinjuku(), self.world.later()).await.unwrap()
    }

    /// What one look did: which numbers were published, and why others were not.
    async fn look(&self) -> (Vec<i64>, Vec<PublishError>) {
        let (mut published, mut refused) = (Vec::new(), Vec::new());
        for one in self.publisher.tick(self.world.clock.monotonic()).await.unwrap() {
            match one.result {
                Ok(()) => published.push(one.number),
                Err(error) => refused.push(error),
            }
        }
        (published, refused)
    }

    fn handed_over(&self, number: i64) -> PathBuf {
        self.issuer.shelf().numbered(shinjuku(), number)
    }

    fn octets(&self) -> Vec<u8> {
        fs::read(self.public.current(shinjuku())).unwrap()
    }

    /// The list issuer's own orders, by whoever has its identity: of the next number, and that these octets are it.
    async fn ordered(&self, file: impl AsyncFnOnce(Plan) -> Vec<u8>) -> i64 {
        let (token, now) = (&self.world.list_issuer, self.world.later());
        let sent = async |order: Order| {
            let order =
                SignedOrder::sign(order, token.certificate(), now, |o| token.sign(o)).unwrap();
            self.world.orders().carry_out(order).await.unwrap()
        };
        let (generation, scope) = (1, shinjuku());
        let up_to = self.world.ledger.head().await.unwrap().0;
        let record = Order::RecordList { generation, scope, life: 259_200, up_to };
        let Done::ListRecorded { number, this_update, next_update } = sent(record).await else {
            panic!("no number")
        };
        let points = self.world.ledger.distribution_points(1).await.unwrap();
        let point = points.into_iter().find(|(code, _)| Scope::Partition(*code) == scope);
        let plan = Plan {
            signatory: Arc::new(
                Signatory::new(&self.world.authority.certificate, &*key()).unwrap(),
            ),
            scope,
            point: point.map(|(_, name)| name),
            number,
            this_update,
            next_update,
            list: Arc::new(List::default()),
        };
        let octets = file(plan).await;
        fs::create_dir_all(self.handed_over(number).parent().unwrap()).unwrap();
        fs::write(self.handed_over(number), &octets).unwrap();
        let digest = Sha256::of(&octets);
        sent(Order::PublishList { generation, scope, number, digest }).await;
        number
    }
}

/// The file of a list, signed by whoever has this key, judged by nobody.
fn written(plan: &Plan, signer: &dyn Signer) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    let failed = |source| ShelfError::File { file: "memory".into(), source };
    write::write(plan, &mut out, failed, |list| Ok(signer.sign_digest(&list.digest)?)).unwrap();
    out.into_inner()
}

fn at(world: &World) -> PathBuf {
    world.dir.path().join("public")
}

async fn publisher(world: &World) -> Publisher {
    let (from, to) = (world.dir.path(), at(world));
    let settings = Settings { keep: 2, ..Settings::default() };
    Publisher::open(world.ledger.as_role(), (from, &to), &settings).await.unwrap()
}

#[tokio::test]
async fn what_is_handed_over_is_published_once_and_the_newest_of_all_is_the_current_one() {
    let room = Room::open().await;
    let first = room.signed().await;
    assert_eq!(room.look().await.0, [first.number]);
    assert_eq!(room.octets(), fs::read(room.handed_over(first.number)).unwrap());
    assert_eq!(room.look().await.0, [0; 0], "once");
    // Two are signed between two looks: the later one is the list.
    let (second, third) = (room.signed().await, room.signed().await);
    assert_eq!(room.look().await.0, [third.number]);
    assert!(second.number < third.number);
    assert_eq!(Sha256::of(&room.octets()), third.digest);
    let fourth = room.signed().await;
    assert_eq!(room.look().await.0, [fourth.number]);
    assert_eq!(room.public.numbers(shinjuku()).unwrap(), [fourth.number, third.number], "two");
}

#[tokio::test]
async fn what_was_changed_on_the_way_is_not_published_and_the_list_before_stays() {
    let room = Room::open().await;
    let before = room.signed().await;
    room.look().await;
    let list = room.signed().await;
    let file = room.handed_over(list.number);
    let sound = fs::read(&file).unwrap();
    let older = fs::read(room.handed_over(before.number)).unwrap();
    let mut flipped = sound.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for (what, octets) in [
        ("a bit of the signature", flipped),
        ("the list before under its number", older),
        ("half of it", sound[..sound.len() / 2].to_vec()),
        ("nothing", Vec::new()),
    ] {
        fs::write(&file, octets).unwrap();
        let (published, refused) = room.look().await;
        assert_eq!((published.len(), refused.len()), (0, 1), "{what}: {refused:?}");
        let told = refused[0].to_string();
        let is_told = matches!(refused[0], PublishError::OtherOctets { .. })
            || told.contains(&list.number.to_string());
        assert!(is_told, "{what}: {told}");
        assert_eq!(Sha256::of(&room.octets()), before.digest, "{what}");
        room.world.wait(2);
    }
    fs::remove_file(&file).unwrap();
    let (_, refused) = room.look().await;
    assert!(matches!(refused[..], [PublishError::Shelf(ShelfError::File { .. })]), "{refused:?}");
    // Behind a link lies what the list issuer may not read; of a pipe nobody knows when it ends.
    let elsewhere = room.world.dir.path().join("elsewhere");
    fs::write(&elsewhere, &sound).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    room.world.wait(2);
    assert_eq!(room.look().await.1.len(), 1, "a link");
    fs::remove_file(&file).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
    room.world.wait(2);
    let look = tokio::time::timeout(std::time::Duration::from_secs(10), room.look());
    let (_, refused) = look.await.expect("it does not wait for a pipe");
    assert!(
        matches!(refused[..], [PublishError::Shelf(ShelfError::Damaged { .. })]),
        "{refused:?}"
    );
    fs::remove_file(&file).unwrap();
    // It is looked at again when somebody has mended it, and not at every look.
    fs::write(&file, sound).unwrap();
    assert_eq!(room.look().await.0, [0; 0]);
    room.world.wait(2);
    assert_eq!(room.look().await.0, [list.number]);
}

#[tokio::test]
async fn whoever_has_the_list_issuers_identity_and_not_the_authoritys_key_publishes_nothing() {
    let room = Room::open().await;
    let before = room.signed().await;
    room.look().await;
    let other = RsaKey::generate(RsaSize::Rsa2048).unwrap();
    room.ordered(async |plan| written(&plan, &other)).await;
    let (published, refused) = room.look().await;
    assert!(published.is_empty());
    assert!(matches!(refused[..], [PublishError::Signature { .. }]), "{refused:?}");
    room.world.wait(2);
    // Nor what the key has signed against the profile: a list for all under the number of a town's.
    room.ordered(async |plan| {
        written(&Plan { point: None, scope: Scope::Complete, ..plan }, &*key())
    })
    .await;
    let (published, refused) = room.look().await;
    assert!(published.is_empty());
    assert!(matches!(refused[..], [PublishError::Lint { .. }]), "{refused:?}");
    assert_eq!(Sha256::of(&room.octets()), before.digest);
}

#[tokio::test]
async fn of_two_lists_under_one_number_the_one_whose_digest_is_on_record_is_published() {
    let room = Room::open().await;
    let mut other = Vec::new();
    let serial = room.world.issue(SHINJUKU).await;
    let number = room
        .ordered(async |plan| {
            let entries = vec![Entry::new(serial, room.world.now(), Superseded)];
            let list = Arc::new(List { entries, released: Vec::new() });
            let (signatory, point) = (plan.signatory.clone(), plan.point.clone());
            other = written(&Plan { list, signatory, point, ..plan }, &*key());
            written(&plan, &*key())
        })
        .await;
    let recorded = fs::read(room.handed_over(number)).unwrap();
    fs::write(room.handed_over(number), other).unwrap();
    let (published, refused) = room.look().await;
    assert!(published.is_empty());
    assert!(matches!(refused[..], [PublishError::OtherOctets { .. }]), "{refused:?}");
    room.world.wait(2);
    fs::write(room.handed_over(number), &recorded).unwrap();
    assert_eq!(room.look().await.0, [number]);
    assert_eq!(room.octets(), recorded);
}

#[tokio::test]
async fn what_is_lost_or_changed_on_the_public_shelf_is_put_back_at_the_next_look() {
    let room = Room::open().await;
    let list = room.signed().await;
    room.look().await;
    let current = room.public.current(shinjuku());
    fs::remove_file(&current).unwrap();
    assert_eq!(room.look().await.0, [list.number]);
    // Another file under its name: the name of before shares its octets with the numbered one.
    fs::remove_file(&current).unwrap();
    fs::write(&current, b"junk").unwrap();
    assert_eq!(room.look().await.0, [list.number]);
    assert_eq!(Sha256::of(&room.octets()), list.digest);
    // And by one that begins anew.
    fs::remove_file(&current).unwrap();
    let again = publisher(&room.world).await;
    assert_eq!(again.tick(room.world.clock.monotonic()).await.unwrap().len(), 1);
    assert_eq!(again.tick(room.world.clock.monotonic()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_later_list_of_the_authoritys_that_a_restored_book_does_not_know_is_kept_and_that_is_said()
 {
    let room = Room::open().await;
    let known = room.signed().await;
    room.look().await;
    let backup = room.world.dir.path().join("backup.db");
    let book = room.world.dir.path().join("book.db");
    let sql = format!("VACUUM INTO '{}'", backup.display());
    let done = std::process::Command::new("sqlite3").arg(&book).arg(sql).status().unwrap();
    assert!(done.success());
    let later = room.signed().await;
    room.look().await;
    let address = format!("sqlite:{}", backup.display());
    let restored = akashi_ledger::Ledger::open(&address).await.unwrap();
    let (from, to) = (room.world.dir.path(), at(&room.world));
    let settings = Settings::default();
    let again = Publisher::open(restored, (from, &to), &settings).await.unwrap();
    // It is said, and an alarm after a minute: what is revoked meanwhile is on no list that agencies get.
    for _ in 0..2 {
        let told = again.tick(room.world.clock.monotonic()).await.unwrap();
        let is_later = |one: &Publication| matches!(one.result, Err(PublishError::Later { lies, .. }) if lies == later.number);
        assert!(told.len() == 1 && told.iter().all(is_later), "{told:?}");
        assert_eq!(Sha256::of(&room.octets()), later.digest);
        room.world.wait(2);
    }
    // What is not the authority's is nothing that agencies must keep.
    let mut forged = room.octets();
    *forged.last_mut().unwrap() ^= 1;
    fs::remove_file(room.public.current(shinjuku())).unwrap();
    fs::write(room.public.current(shinjuku()), forged).unwrap();
    assert_eq!(again.tick(room.world.clock.monotonic()).await.unwrap().len(), 1);
    assert_eq!(Sha256::of(&room.octets()), known.digest);
}
