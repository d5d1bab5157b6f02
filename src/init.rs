//! Making an authority's directory.
//!
//! Everything is on the disk before the book is founded: a power cut leaves either an authority or nothing that anybody
//! misses ([`making`]).

mod making;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::num::NonZeroU16;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use akashi_ca::{CaError, Founding, Rules, normalised, prepare};
use akashi_keys::{Cost, KeyError, Passphrase, Quorum, RsaSize};
use akashi_ledger::{Access, Authority, AuthorityProfile, Issuing, Ledger, LedgerError};
use akashi_wire::MunicipalityCode;
use akashi_wire::bounds::{Beyond, PARTY};
use akashi_wire::clock::Mark;
use akashi_wire::validity::ValidityRule;
use jiff::Timestamp;
use rand::CryptoRng;

use crate::config::{ClockSettings, Config, FILE, Listen, Logins, Registry};
use crate::public_host::{PublicHost, PublicHostError};
use akashi_edge::LogSettings;
use akashi_edge::config::OperatorAddresses;
use akashi_edge::doors::DoorSettings;
use making::Making;

/// The security officers' tokens in the authority's directory; the second one is not there where one
/// acts alone.
pub const SECURITY_OFFICERS: [&str; 2] = ["security-officer-1.p12", "security-officer-2.p12"];

/// The office's terminals in the authority's directory, at which security officers sign.
pub const OFFICE_TERMINALS: [&str; 2] = ["office-terminal-1.p12", "office-terminal-2.p12"];

/// The file of a share of the recovery key in the authority's directory, from which its holder takes it away.
pub fn share_file(number: u8) -> String {
    format!("recovery-share-{number}.json")
}

/// What is decided when an authority is made.
pub struct Plan {
    /// The prefecture.
    pub prefecture: MunicipalityCode,
    /// O of every name.
    pub organisation: String,
    /// Policy of citizens' certificates; a new one of our own when absent.
    pub policy: Option<String>,
    /// Whether certificatePolicies is critical, which many verifiers refuse.
    pub policy_critical: bool,
    /// How the three years are counted.
    pub validity: ValidityRule,
    /// Who may ask for status.
    pub access: Access,
    /// Where the services listen.
    pub host: IpAddr,
    /// Ports of authority, ocsp, ocsp_link, repository, repository_link and holders; free ones when
    /// absent.
    pub ports: [Option<u16>; 6],
    /// The public host name in certificates, when it is not `host`.
    pub public_host: Option<String>,
    /// The ports of OCSP and of the repository in certificates, where whoever asks is let in at others than those on which
    /// the services listen.
    pub public_ports: [Option<NonZeroU16>; 2],
    /// `sqlite:PATH` or `postgres://…`.
    pub ledger: String,
    /// The registry to ask.
    pub registry_url: String,
    /// Length of the authority's modulus.
    pub size: RsaSize,
    /// Names of the security officers: two, or one who acts alone.
    pub security_officers: Vec<String>,
    /// What one guess of a token's password costs, in iterations of PBKDF2.
    pub token_iterations: u32,
    /// What a guess of the passphrase costs ([`Cost::DEAR`]).
    pub custody_cost: Cost,
    /// Who opens the recovery key together.
    pub recovery: Quorum,
    /// Where the time of the making stands in the life of this machine, so that the first start knows how long
    /// ago that was; `None` where it is made up.
    pub mark: Option<Mark>,
}

impl Plan {
    /// The host that stands in certificates.
    ///
    /// # Errors
    /// [`PublicHostError`] where nobody would reach it there.
    pub fn host(&self) -> Result<PublicHost, PublicHostError> {
        match &self.public_host {
            Some(host) => host.parse(),
            None => self.host.try_into(),
        }
    }
}

/// Whether it is a registry's: `https://HOST` or `https://HOST:PORT`, and nothing behind it.
fn is_registry_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    // It may have a name that only this network knows: nothing of it stands in a certificate.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !rest.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let is_port = |port: &str| {
        port.bytes().all(|octet| octet.is_ascii_digit())
            && port.parse().is_ok_and(|port: u16| port > 0)
    };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let is_of_a_name =
                |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_');
            !host.is_empty() && host.bytes().all(is_of_a_name)
        }
    };
    is_host && port.is_none_or(is_port)
}

/// Why no authority was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is something already.
    #[error("{0} exists and is not empty: choose another directory; nothing was changed")]
    Exists(PathBuf),
    /// Somebody else makes one there.
    #[error("another akashi init is at work in {}: wait for it; nothing was changed", .0.display())]
    AtWork(PathBuf),
    /// In a directory in which a making broke off lies what it did not make.
    #[error(
        "an akashi init did not come to its end here, and {} is none of what it made: take it elsewhere, and repeat the command; nothing was changed", .file.display()
    )]
    Stranger {
        /// What.
        file: PathBuf,
    },
    /// A making that broke off was for another book.
    #[error(
        "an akashi init for the book {book} did not come to its end in {}: repeat it with that --ledger, so that it is seen whether it was founded; nothing was changed", .dir.display()
    )]
    OtherBook {
        /// The directory.
        dir: PathBuf,
        /// The address, without a password.
        book: String,
    },
    /// A making that broke off had founded the authority.
    #[error(
        "{} holds the authority that an `akashi init` before this one made: nothing was changed; start it with akashi up, with the secrets that were given then", .0.display()
    )]
    Finished(PathBuf),
    /// Whether the authority was founded is not known.
    #[error(
        "whether the book was founded is not known ({source}): everything that was made is kept in {}; repeat the same command when the data base answers", .dir.display()
    )]
    Unknown {
        /// The directory.
        dir: PathBuf,
        /// What the book said.
        #[source]
        source: LedgerError,
    },
    /// The code is no prefecture.
    #[error("{0} is not the code of a prefecture: give one such as 130001 (東京都)")]
    NotAPrefecture(MunicipalityCode),
    /// An address that is everybody's.
    #[error(
        "{0} stands for every address and would stand in certificates for ever: give --public-host as well"
    )]
    EveryAddress(IpAddr),
    /// A host that nobody reaches.
    #[error("{0}: it would stand in every certificate for ever; nothing was changed")]
    Host(#[from] PublicHostError),
    /// O of every name is nothing that can be read.
    #[error(
        "the organisation is empty, or begins or ends with a space: it would stand in every name for ever; nothing was changed"
    )]
    Organisation,
    /// The registry's address is none.
    #[error("“{0}” is no address of a registry: give https://HOST:PORT; nothing was changed")]
    RegistryUrl(String),
    /// Security officers who cannot be told apart, or one without a name.
    #[error("each security officer needs a name of her own: nothing was changed")]
    Names,
    /// Neither two nor one.
    #[error("two security officers are made, or one who acts alone; not {0}")]
    SecurityOfficers(usize),
    /// A quorum that is none.
    #[error(
        "of the recovery key's shares two or more are needed, and no more than there are holders, of whom there \
         are 2 to 32, each with a name of her own: give --share-holder for each and --shares-needed"
    )]
    Quorum,
    /// A name that no certificate takes.
    #[error("{0}: choose another; nothing was changed")]
    Beyond(#[from] Beyond),
    /// The policy is no object identifier.
    #[error("“{0}” is not an object identifier in dotted decimal, of 3 to 32 arcs")]
    Policy(String),
    /// The policy of the real service.
    #[error("the policy {0} belongs to the real service: give one of your own, or none")]
    RealPolicy(String),
    /// A port is taken, or none is free.
    #[error("port {port}: {source}")]
    Port {
        /// Which.
        port: u16,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("{file}: {source}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The book.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The authority.
    #[error(transparent)]
    Authority(#[from] CaError),
    /// The configuration that was going to be written.
    #[error(transparent)]
    Config(#[from] akashi_edge::ConfigError),
}

/// Makes an authority in `dir`. Each security officer's token has a password of its own, and each of the
/// office's terminals that of the officer with its number.
pub async fn init(
    dir: &Path,
    plan: &Plan,
    passphrase: &Passphrase,
    token_passwords: [&str; 2],
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Authority, InitError> {
    if !plan.prefecture.is_prefecture() {
        return Err(InitError::NotAPrefecture(plan.prefecture));
    }
    if plan.host.is_unspecified() && plan.public_host.is_none() {
        return Err(InitError::EveryAddress(plan.host));
    }
    // O and CN of certificates (X.520: 64 characters), and the host of their addresses.
    PARTY.text(&plan.organisation)?;
    if plan.organisation.is_empty() || plan.organisation.trim() != plan.organisation {
        return Err(InitError::Organisation);
    }
    let public_host = plan.host()?;
    if !is_registry_url(&plan.registry_url) {
        return Err(InitError::RegistryUrl(plan.registry_url.escape_debug().to_string()));
    }
    let officers: Vec<String> =
        plan.security_officers.iter().map(|name| normalised(name)).collect();
    for (number, name) in officers.iter().enumerate() {
        // As given, for what no name may hold; and as it is certified, which may be longer.
        PARTY.text(&plan.security_officers[number])?;
        PARTY.text(name)?;
        if name.is_empty() || officers[..number].contains(name) {
            return Err(InitError::Names);
        }
    }
    if !(1..=SECURITY_OFFICERS.len()).contains(&plan.security_officers.len()) {
        return Err(InitError::SecurityOfficers(plan.security_officers.len()));
    }
    let keepers: Vec<String> = plan.recovery.holders.iter().map(|name| normalised(name)).collect();
    for (number, name) in keepers.iter().enumerate() {
        PARTY.text(&plan.recovery.holders[number])?;
        PARTY.text(name)?;
        if name.is_empty() || keepers[..number].contains(name) {
            return Err(InitError::Quorum);
        }
    }
    if !plan.recovery.is_sound() {
        return Err(InitError::Quorum);
    }
    let policy = policy(plan.policy.as_deref(), rng)?;
    let listen = listen(plan)?;
    let host = public_host.in_url();
    let generation = 1;
    let profile = AuthorityProfile {
        generation,
        policy_critical: plan.policy_critical,
        validity: plan.validity,
        prefecture: plan.prefecture,
        organisation: plan.organisation.clone(),
        // As every address in certificates: another key will be answered for beside this one.
        ocsp_url: format!("{}/{generation}", public(&host, plan.public_ports[0], listen.ocsp)),
        repository_url: public(&host, plan.public_ports[1], listen.repository),
        policy,
        access: plan.access,
    };
    let config = Config {
        ledger: Some(plan.ledger.clone()),
        home: None,
        listen,
        registry: Registry { url: plan.registry_url.clone() },
        rules: table(&Rules::default()),
        alarms: toml::Table::new(),
        crl: table(&akashi_crl::Settings::default()),
        repository: table(&akashi_repository::Settings::default()),
        doors: DoorSettings::default(),
        operators: OperatorAddresses::default(),
        clock: ClockSettings::default(),
        log: LogSettings::default(),
        logins: Logins::default(),
    };

    let secrets = (passphrase, token_passwords);
    let making = Making::begin(dir, &config).await?;
    let made = made(&making, (plan, config, profile), secrets, now, rng).await;
    match made {
        Ok(authority) => {
            making.done()?;
            Ok(authority)
        }
        Err(error @ InitError::Unknown { .. }) => Err(error),
        Err(error) => {
            // What cannot be taken away is found, and told, by whoever repeats it.
            if let Err(left) = making.undo() {
                akashi_edge::complain!("akashi: what was made is not taken away whole: {left}");
            }
            Err(error)
        }
    }
}

/// Makes everything in the directory, and founds the book last.
async fn made(
    making: &Making,
    (plan, config, profile): (&Plan, Config, AuthorityProfile),
    (passphrase, token_passwords): (&Passphrase, [&str; 2]),
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Authority, InitError> {
    let dir = making.dir();
    let public_host = plan.host()?;
    let founding = Founding {
        profile,
        size: plan.size,
        years: 10,
        hosts: [plan.host.to_string(), "localhost".into()]
            .into_iter()
            .chain(plan.public_host.as_ref().map(|_| public_host.in_certificate()))
            .collect(),
        passphrase,
        cost: plan.custody_cost,
        security_officers: plan.security_officers.clone(),
        recovery: Quorum {
            holders: plan.recovery.holders.iter().map(|name| normalised(name)).collect(),
            ..plan.recovery.clone()
        },
        mark: plan.mark,
    };
    let address = making.book();
    let ledger = Ledger::<Issuing>::create(address).await?;
    match ledger.authority().await {
        Err(LedgerError::NoAuthority) => {}
        Ok(_) => return Err(LedgerError::AuthorityExists.into()),
        Err(error) => return Err(error.into()),
    }
    if let Some(book) = address.strip_prefix("sqlite:").map(Path::new) {
        // What SQLite lays beside it has its mode.
        let closed = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(book, closed)
            .map_err(|source| InitError::File { file: book.into(), source })?;
    }
    let (founded, page) = prepare(dir, &founding, now, rng)?;
    let files = SECURITY_OFFICERS.iter().zip(token_passwords);
    for (token, (file, password)) in founded.security_officers.iter().zip(files) {
        token.save_with(&dir.join(file), password, plan.token_iterations)?;
    }
    let files = OFFICE_TERMINALS.iter().zip(token_passwords);
    for (terminal, (file, password)) in founded.terminals.iter().zip(files) {
        terminal.save_with(&dir.join(file), password, plan.token_iterations)?;
    }
    for share in &founded.shares {
        let text = zeroize::Zeroizing::new(serde_json::to_vec_pretty(share).expect("JSON"));
        akashi_keys::write_durably(&dir.join(share_file(share.number)), &text)?;
    }
    akashi_keys::write_durably(&dir.join(FILE), config.to_text().as_bytes())?;
    let entered = page.enter(&ledger, now).await;
    // An answer that was lost on the way does not say that nothing was done.
    let stands = match entered {
        Ok(()) => Ok(()),
        Err(error) => match making.is_in(&ledger, &founded.authority.certificate).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(error.into()),
            Err(unknown) => Err(unknown),
        },
    };
    ledger.close().await;
    stands.map(|()| founded.authority)
}

/// The address in certificates of what listens there: the port of http (RFC 9110 §4.2.1) is not said.
fn public(host: &str, port: Option<NonZeroU16>, listens: SocketAddr) -> String {
    match port.map_or(listens.port(), NonZeroU16::get) {
        80 => format!("http://{host}"),
        port => format!("http://{host}:{port}"),
    }
}

/// The policy asked for, or a new one under the enterprise number for documentation (RFC 5612),
/// which belongs to nobody. Its last arc stays below 2^28: pkilint and Go read no longer one, so a
/// UUID under 2.25 would make certificates unreadable to some (docs/decisions/0009).
fn policy(asked: Option<&str>, rng: &mut impl CryptoRng) -> Result<String, InitError> {
    let Some(policy) = asked else {
        let mut octets = [0; 4];
        rng.fill_bytes(&mut octets);
        return Ok(format!("1.3.6.1.4.1.32473.{}", u32::from_be_bytes(octets) >> 4));
    };
    // What many readers take: three arcs at least, and no certificate full of them.
    let arcs = policy.split('.').count();
    if akashi_wire::pki::oid::content_octets(policy).is_none() || !(3..=32).contains(&arcs) {
        return Err(InitError::Policy(policy.into()));
    }
    if policy.starts_with("1.2.392.200149.") {
        return Err(InitError::RealPolicy(policy.into()));
    }
    Ok(policy.into())
}

/// Free ports are sought here: below where Linux takes the ports of outgoing connections from
/// (32768 and up), or a port that is free now might be gone when the authority is up.
const FREE: std::ops::Range<u16> = 10_000..32_000;
/// So many ports are tried for one that is free.
const TRIES: usize = 64;

/// The six addresses; all free ports are found together, so that they differ.
fn listen(plan: &Plan) -> Result<Listen, InitError> {
    let mut held = Vec::new();
    for port in plan.ports {
        let listener = match port {
            Some(port) => TcpListener::bind((plan.host, port))
                .map_err(|source| InitError::Port { port, source }),
            None => free(plan.host),
        };
        held.push(listener?);
    }
    let addresses = held
        .iter()
        .map(TcpListener::local_addr)
        .collect::<Result<Vec<SocketAddr>, _>>()
        .map_err(|source| InitError::Port { port: 0, source })?;
    Ok(Listen {
        authority: addresses[0],
        ocsp: addresses[1],
        ocsp_link: addresses[2],
        repository: addresses[3],
        repository_link: addresses[4],
        holders: Some(addresses[5]),
    })
}

fn free(host: IpAddr) -> Result<TcpListener, InitError> {
    use rand::RngExt;
    let mut tries = 0;
    loop {
        let port = rand::rng().random_range(FREE);
        tries += 1;
        match TcpListener::bind((host, port)) {
            Ok(listener) => return Ok(listener),
            Err(source) if tries == TRIES => return Err(InitError::Port { port, source }),
            Err(_) => {}
        }
    }
}

/// A room's defaults, written out so that the operator sees what may be set.
fn table<T: serde::Serialize>(defaults: &T) -> toml::Table {
    toml::Table::try_from(defaults).expect("settings are TOML")
}
