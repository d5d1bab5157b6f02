//! What a program's doors take, by the configuration and by what the system gives.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use akashi_link::{Door, Limits};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpSocket};

use crate::OpenError;

/// `[doors]`: how much each door takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoorSettings {
    /// Connections at a time; fewer where the system gives fewer descriptors.
    pub connections: u32,
    /// Of these, from one address (IPv6: from one network of 64 bits).
    pub connections_per_address: u32,
    /// Of these, of one party.
    pub connections_per_party: u32,
    /// New connections a second from one address.
    pub new_connections_per_second: NonZeroU32,
    /// Requests over one connection.
    pub requests_per_connection: NonZeroU32,
    /// How old a connection grows.
    pub connection_minutes: u32,
    /// Acts a second of one machine, at the authority's door; twenty times as many at once.
    pub acts_per_second: NonZeroU32,
    /// Addresses behind which there are many, each with a share of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<Gateway>,
}

/// An address behind which there are many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// The address.
    pub address: IpAddr,
    /// Its share of the connections.
    pub connections: u32,
}

impl Default for DoorSettings {
    fn default() -> Self {
        let limits = Limits::default();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            connections: count(limits.connections),
            connections_per_address: count(limits.per_address),
            connections_per_party: count(limits.per_party),
            new_connections_per_second: limits.new_per_second,
            requests_per_connection: limits.requests,
            connection_minutes: u32::try_from(limits.age.as_secs() / 60).unwrap_or(u32::MAX),
            acts_per_second: const { NonZeroU32::new(10).expect("not zero") },
            gateways: Vec::new(),
        }
    }
}

impl DoorSettings {
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let shares = [self.connections_per_address, self.connections_per_party];
        let gateways = self.gateways.iter().map(|gateway| gateway.connections);
        let counts = shares.into_iter().chain(gateways).chain([self.connection_minutes]);
        if self.connections < FEWEST || counts.into_iter().any(|count| count == 0) {
            return Err("`[doors]`: `connections` is 64 or more, and no share and no time is 0");
        }
        // The authority's own programs come from one address, several links each, and begin all at once.
        let rates = [self.new_connections_per_second, self.requests_per_connection];
        if shares.into_iter().any(|share| share < OWN)
            || rates.into_iter().any(|rate| rate.get() < OWN)
        {
            return Err(
                "`[doors]`: `connections_per_address`, `connections_per_party`, `new_connections_per_second` and \
                 `requests_per_connection` are 16 or more: with fewer the authority's own programs are kept out",
            );
        }
        Ok(())
    }

    /// Listens, or says who might be listening there.
    ///
    /// # Errors
    /// [`OpenError::Listen`] where somebody else does; [`OpenError::Descriptors`] where the system gives this program too
    /// few descriptors to serve anybody.
    pub async fn listen(
        &self,
        service: &'static str,
        address: SocketAddr,
    ) -> Result<Door, OpenError> {
        let descriptors = descriptors();
        let most = places(descriptors);
        if most < FEWEST {
            let needs = ELSE + DOORS * EACH * u64::from(FEWEST);
            return Err(OpenError::Descriptors { service, descriptors, needs });
        }
        if most < self.connections {
            tracing::warn!(
                target: "akashi",
                "{service} takes {most} connections at a time and not {}: this program may open {descriptors} files (ulimit -n, LimitNOFILE)",
                self.connections
            );
        }
        let listener = listens(address);
        let listener = listener.map_err(|source| OpenError::Listen { service, address, source })?;
        Ok(Door::new(listener, self.limits(most)).named(service))
    }

    /// The limits of a door, where there are so many places at most.
    fn limits(&self, most: u32) -> Limits {
        let connections = self.connections.min(most);
        // Nobody has a door for himself, however few places it has.
        let count = |count: u32| count.min(connections / 4) as usize;
        Limits {
            connections: connections as usize,
            per_address: count(self.connections_per_address),
            per_party: count(self.connections_per_party),
            new_per_second: self.new_connections_per_second,
            requests: self.requests_per_connection,
            age: Duration::from_secs(60 * u64::from(self.connection_minutes)),
            gateways: self
                .gateways
                .iter()
                .map(|gateway| (gateway.address, gateway.connections.min(connections) as usize))
                .collect(),
        }
    }
}

/// Doors of one program at most.
const DOORS: u64 = 2;
/// Descriptors for one connection: itself, and a file that is read for it.
const EACH: u64 = 2;
/// Descriptors for everything else: the book, the registry, files, the log.
const ELSE: u64 = 200;
/// What the authority's own programs need for themselves.
const OWN: u32 = 16;
/// Fewer places are none.
const FEWEST: u32 = 64;

/// So many places the system gives each door of a program that may open so many files.
fn places(descriptors: u64) -> u32 {
    u32::try_from(descriptors.saturating_sub(ELSE) / (DOORS * EACH)).unwrap_or(u32::MAX)
}

/// How many files this process may open, from here on as many as it is ever let.
fn descriptors() -> u64 {
    let now = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: now.maximum, maximum: now.maximum };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised,
        Err(_) => now,
    };
    now.current.unwrap_or(u64::MAX)
}

/// So many may wait in the kernel until they are taken: who finds no place there is heard a second later.
const QUEUE: u32 = 4096;

fn listens(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A start anew does not wait for the last connections of the one before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_the_descriptors_that_the_system_gives() {
        assert_eq!(places(1024), 206);
        assert_eq!(places(20_000), 4950);
        assert!(places(455) < FEWEST && places(456) == FEWEST);
        assert_eq!(places(0), 0);
        let settings = DoorSettings::default();
        assert_eq!(
            settings.limits(u32::MAX),
            Limits::default(),
            "what is there where nothing is said"
        );
        let few = settings.limits(206);
        assert_eq!((few.connections, few.per_address, few.per_party), (206, 51, 51));
    }

    #[test]
    fn doors_that_take_nobody_are_no_doors() {
        let sound = DoorSettings::default();
        assert_eq!(sound.check(), Ok(()));
        let gateway = Gateway { address: [10, 0, 0, 1].into(), connections: 0 };
        for bad in [
            DoorSettings { connections: 63, ..sound.clone() },
            DoorSettings { connections_per_address: 0, ..sound.clone() },
            DoorSettings { connections_per_party: 0, ..sound.clone() },
            DoorSettings { connection_minutes: 0, ..sound.clone() },
            DoorSettings { gateways: vec![gateway], ..sound },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
