//! Who has a place at a door, and who gives way where places run out.
//!
//! Places are shared by address and by party: whoever takes more than a share takes it from himself. A place whose
//! owner lets the server wait (for a handshake, for a request and all of its body, for an answer to be read) is idle; of
//! those the one that is idle the longest gives way. One for which the server works never does.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Notify;

/// How much a door takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Of these, from one address (IPv6: from one network of 64 bits).
    pub per_address: usize,
    /// Of these, of one party, by its certificate.
    pub per_party: usize,
    /// New connections a second from one address; twice as many at once.
    pub new_per_second: NonZeroU32,
    /// Requests over one connection; it ends after the last.
    pub requests: NonZeroU32,
    /// The age at which a connection ends, after the request under way.
    pub age: Duration,
    /// Addresses behind which there are many, with a share of their own each, to which no rate applies.
    pub gateways: Vec<(IpAddr, usize)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            per_address: 256,
            per_party: 64,
            new_per_second: const { NonZeroU32::new(500).expect("not zero") },
            requests: const { NonZeroU32::new(10_000).expect("not zero") },
            age: Duration::from_secs(3600),
            gateways: Vec::new(),
        }
    }
}

/// What a share belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Address(IpAddr),
    Party(Arc<[u8]>),
}

/// The places at one door.
pub(crate) struct Places {
    limits: Limits,
    rates: DefaultKeyedRateLimiter<IpAddr>,
    /// How many came, whether they got a place or not.
    came: AtomicU64,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// Counts up: which place, and since when it is idle.
    next: u64,
    places: HashMap<u64, Held>,
    shares: HashMap<Whose, Share>,
}

struct Share {
    places: usize,
    /// How many it may have.
    limit: usize,
    /// Since when, and which.
    idle: BTreeSet<(u64, u64)>,
}

struct Held {
    whose: Vec<Whose>,
    idle_since: Option<u64>,
    ticket: Arc<Ticket>,
}

/// What a connection hears.
#[derive(Default)]
pub(crate) struct Ticket {
    /// It gives way, at once.
    pub gone: Notify,
    /// It has asked often enough.
    pub enough: Notify,
    asked: AtomicU32,
}

/// A place, until it is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    number: u64,
    pub ticket: Arc<Ticket>,
}

/// A network of 64 bits is one subscriber's.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

impl Places {
    pub fn new(limits: Limits) -> Arc<Self> {
        let rate = limits.new_per_second;
        let quota = Quota::per_second(rate).allow_burst(rate.saturating_mul(TWICE));
        let rates = RateLimiter::keyed(quota);
        Arc::new(Self { rates, limits, came: AtomicU64::new(0), taken: Mutex::default() })
    }

    /// A place for a connection from this address; none where it has had too many, or where nobody can give way.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = subscriber(address);
        // However many are turned away, and from however many addresses.
        if self.came.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGETS) {
            self.rates.retain_recent();
            self.rates.shrink_to_fit();
        }
        let gateway = self.limits.gateways.iter().find(|(one, _)| subscriber(*one) == address);
        if gateway.is_none() && self.rates.check_key(&address).is_err() {
            return None;
        }
        let share = gateway.map_or(self.limits.per_address, |(_, share)| *share);
        let whose = Whose::Address(address);
        let mut taken = self.taken();
        if taken.of(&whose) >= share && !taken.gives_way(&whose) {
            return None;
        }
        if taken.places.len() >= self.limits.connections && !taken.longest_gives_way() {
            return None;
        }
        taken.next += 1;
        let number = taken.next;
        let ticket = Arc::new(Ticket::default());
        let held = Held { whose: Vec::new(), idle_since: Some(number), ticket: ticket.clone() };
        taken.places.insert(number, held);
        taken.adds(number, whose, share);
        drop(taken);
        Some(Place { places: self.clone(), number, ticket })
    }

    /// How many are taken.
    pub fn count(&self) -> usize {
        self.taken().places.len()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// At once as many as in two seconds.
const TWICE: NonZeroU32 = NonZeroU32::new(2).expect("not zero");
/// After so many connections the rates of those who came long ago are forgotten.
const FORGETS: u64 = 1024;

impl Taken {
    fn of(&self, whose: &Whose) -> usize {
        self.shares.get(whose).map_or(0, |share| share.places)
    }

    /// Counts a place to a share.
    fn adds(&mut self, number: u64, whose: Whose, limit: usize) {
        let Some(held) = self.places.get_mut(&number) else { return };
        held.whose.push(whose.clone());
        let none = Share { places: 0, limit, idle: BTreeSet::new() };
        let share = self.shares.entry(whose).or_insert(none);
        share.places += 1;
        share.idle.extend(held.idle_since.map(|since| (since, number)));
    }

    /// The longest idle of a share gives its place; says whether there is one.
    fn gives_way(&mut self, whose: &Whose) -> bool {
        let longest = self.shares.get(whose).and_then(|share| share.idle.first());
        let Some((_, number)) = longest.copied() else { return false };
        if let Some(held) = self.leaves(number) {
            held.ticket.gone.notify_one();
        }
        true
    }

    /// Whoever has the most of a share gives a place; of several the one that is idle the longest.
    fn longest_gives_way(&mut self) -> bool {
        let idle = self.shares.iter().filter_map(|(whose, share)| {
            let (since, _) = share.idle.first()?;
            // In thousandths of its limit: a gateway that has much may have much.
            let taken = share.places * 1000 / share.limit.max(1);
            Some(((taken, std::cmp::Reverse(*since)), whose))
        });
        let most = idle.max_by_key(|(much, _)| *much).map(|(_, whose)| whose.clone());
        most.is_some_and(|whose| self.gives_way(&whose))
    }

    fn leaves(&mut self, number: u64) -> Option<Held> {
        let held = self.places.remove(&number)?;
        for whose in &held.whose {
            let Some(share) = self.shares.get_mut(whose) else { continue };
            share.places -= 1;
            if let Some(since) = held.idle_since {
                share.idle.remove(&(since, number));
            }
            if share.places == 0 {
                self.shares.remove(whose);
            }
        }
        Some(held)
    }

    /// Whether the server works for it from now on.
    fn is_idle(&mut self, number: u64, idle: bool) {
        self.next += 1;
        let now = self.next;
        let Some(held) = self.places.get_mut(&number) else { return };
        let before = std::mem::replace(&mut held.idle_since, idle.then_some(now));
        for whose in &held.whose {
            let Some(share) = self.shares.get_mut(whose) else { continue };
            if let Some(before) = before {
                share.idle.remove(&(before, number));
            }
            share.idle.extend(held.idle_since.map(|since| (since, number)));
        }
    }
}

impl Place {
    /// Whose it is, once that is known: of one party's places, too, the longest idle gives way. Says whether it
    /// keeps its place.
    pub fn is_of(&self, certificate: &[u8]) -> bool {
        let whose = Whose::Party(certificate.into());
        let mut taken = self.places.taken();
        if taken.of(&whose) >= self.places.limits.per_party && !taken.gives_way(&whose) {
            return false;
        }
        taken.adds(self.number, whose, self.places.limits.per_party);
        true
    }

    /// How old its connection grows.
    pub fn age(&self) -> Duration {
        self.places.limits.age
    }

    /// Somebody asks over it.
    pub fn asks(&self) {
        if self.ticket.asked.fetch_add(1, Ordering::Relaxed) + 1
            >= self.places.limits.requests.get()
        {
            self.ticket.enough.notify_one();
        }
    }

    /// The server works for it, until what is given is dropped.
    pub fn works(self: &Arc<Self>) -> Work {
        self.places.taken().is_idle(self.number, false);
        Work(self.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().leaves(self.number);
    }
}

/// The server works for a place.
pub(crate) struct Work(Arc<Place>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.places.taken().is_idle(self.0.number, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(connections: usize, per_address: usize) -> Arc<Places> {
        let new_per_second = NonZeroU32::new(100_000).unwrap();
        Places::new(Limits {
            connections,
            per_address,
            new_per_second,
            per_party: 2,
            gateways: vec![([10, 0, 0, 1].into(), 5)],
            ..Limits::default()
        })
    }

    fn of(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    /// Whether it was told to give way.
    fn gives_way(place: &Place) -> bool {
        use std::future::Future;
        use std::task::{Context, Waker};
        let told = std::pin::pin!(place.ticket.gone.notified());
        told.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn whoever_takes_more_than_a_share_takes_it_from_himself_the_longest_idle_first() {
        let door = places(100, 3);
        let other = door.enter(of(2)).unwrap();
        let mut own: Vec<_> = (0..3).map(|_| Arc::new(door.enter(of(1)).unwrap())).collect();
        // The first asks, and then waits for less long than the second.
        drop(own[0].works());
        own.push(Arc::new(door.enter(of(1)).unwrap()));
        let gone: Vec<_> = own.iter().map(|place| gives_way(place)).collect();
        assert_eq!(gone, [false, true, false, false]);
        assert!(!gives_way(&other));
        assert_eq!(door.count(), 4);
        // While the server works for all that he has, he gets no more.
        let works: Vec<_> = [0, 2, 3].map(|one| own[one].works()).into();
        assert!(door.enter(of(1)).is_none());
        assert!(door.enter(of(3)).is_some());
        drop(works);
        assert!(door.enter(of(1)).is_some());
    }

    #[test]
    fn where_all_places_are_taken_whoever_has_the_most_gives_one() {
        let door = places(10, 6);
        let many: Vec<_> = (0..6).map(|_| door.enter(of(1)).unwrap()).collect();
        let few: Vec<_> = (0..4).map(|_| door.enter(of(2)).unwrap()).collect();
        let _third = door.enter(of(3)).unwrap();
        assert!(gives_way(&many[0]) && few.iter().all(|place| !gives_way(place)));
        assert_eq!(door.count(), 10);
        // What has given way counts no more, and its end counts nothing twice.
        drop(many);
        assert_eq!(door.count(), 5);
        drop(few);
        assert_eq!(door.count(), 1);
    }

    #[test]
    fn where_all_have_as_many_the_longest_idle_gives_way_and_a_gateway_has_its_own_measure() {
        let door = places(12, 6);
        let alone: Vec<_> = (1..=7).map(|last| Arc::new(door.enter(of(last)).unwrap())).collect();
        // The first asks, and then waits for less long than the second.
        drop(alone[0].works());
        let behind: Vec<_> = (0..5).map(|_| door.enter([10, 0, 0, 1].into()).unwrap()).collect();
        let _new = door.enter(of(8)).unwrap();
        // It has all of its share, and nobody else has.
        assert!(gives_way(&behind[0]) && alone.iter().all(|place| !gives_way(place)));
        drop(behind);
        let _others: Vec<_> = (9..=13).map(|last| door.enter(of(last)).unwrap()).collect();
        assert_eq!(door.count(), 12);
        let gone: Vec<_> = alone.iter().map(|place| gives_way(place)).collect();
        assert_eq!(gone, [false, true, false, false, false, false, false]);
    }

    #[test]
    fn a_network_of_64_bits_is_one_address_and_a_gateway_has_a_share_of_its_own() {
        let door = places(100, 1);
        let first = door.enter("2001:db8:0:1::1".parse().unwrap()).unwrap();
        let _second = door.enter("2001:db8:0:1:ffff::2".parse().unwrap()).unwrap();
        assert!(gives_way(&first));
        let other = door.enter("2001:db8:0:2::1".parse().unwrap()).unwrap();
        assert!(!gives_way(&other));
        let mapped = door.enter("::ffff:192.0.2.9".parse().unwrap()).unwrap();
        let _plain = door.enter(of(9)).unwrap();
        assert!(gives_way(&mapped), "the same address, written otherwise");
        let behind: Vec<_> = (0..5).map(|_| door.enter([10, 0, 0, 1].into()).unwrap()).collect();
        assert!(behind.iter().all(|place| !gives_way(place)));
    }

    #[test]
    fn a_party_has_a_share_wherever_it_comes_from() {
        let door = places(100, 10);
        let enter = |last| door.enter(of(last)).unwrap();
        let (one, two, three) = (Arc::new(enter(1)), Arc::new(enter(2)), Arc::new(enter(3)));
        assert!(one.is_of(b"party") && two.is_of(b"party"));
        assert!(three.is_of(b"party") && gives_way(&one));
        let _works = (two.works(), three.works());
        assert!(!enter(4).is_of(b"party"), "nothing of it is idle");
        assert!(enter(5).is_of(b"another"));
    }

    #[test]
    fn a_rate_is_one_addresss_alone() {
        let new_per_second = NonZeroU32::new(10).unwrap();
        let limits = Limits { new_per_second, ..Limits::default() };
        let gateways = vec![(of(9), 1000)];
        let door = Places::new(Limits { gateways, ..limits });
        let enter = |last| door.enter(of(last)).is_some();
        let entered = (0..100).filter(|_| enter(1)).count();
        assert!((20..25).contains(&entered), "{entered} at once");
        assert!(enter(2));
        assert!((0..100).all(|_| enter(9)), "to a gateway no rate applies");
    }

    #[test]
    fn rates_are_forgotten_though_nobody_gets_a_place() {
        let new_per_second = NonZeroU32::new(100_000).unwrap();
        let door = Places::new(Limits { connections: 1, new_per_second, ..Limits::default() });
        let first = Arc::new(door.enter(of(1)).unwrap());
        let _work = first.works();
        for network in 0..20_000_u32 {
            let address = Ipv6Addr::from(u128::from(network) << 64 | 0x2001_0db8 << 96);
            assert!(door.enter(address.into()).is_none());
        }
        assert!(door.rates.len() < 5_000, "{} rates are kept", door.rates.len());
    }
}
