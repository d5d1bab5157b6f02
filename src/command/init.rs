//! `akashi init`.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;

use akashi_keys::{Quorum, RsaSize};
use akashi_ledger::Access;
use akashi_wire::MunicipalityCode;
use akashi_wire::municipality::Municipality;
use akashi_wire::validity::ValidityRule;

use super::{Failure, rng};
use crate::clock::TrustedClock;
use crate::config::ClockSettings;
use crate::init::{OFFICE_TERMINALS, Plan, SECURITY_OFFICERS, init, share_file};
use crate::public_host::PublicHost;
use crate::secret::{PASSPHRASE, TOKEN_PASSWORD};
use akashi_wire::Clock;

/// Make an empty authority for a prefecture.
#[derive(clap::Args)]
pub struct Init {
    /// Directory of the new authority; must be empty or not there.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Six-digit code of the prefecture, such as 130001 (東京都).
    #[arg(long, value_name = "CODE")]
    prefecture: MunicipalityCode,
    /// Address of the registry that the authority asks.
    #[arg(long, value_name = "https://HOST:PORT")]
    registry_url: String,
    /// O of every name.
    #[arg(long, default_value = "Akashi Test")]
    organisation: String,
    /// Certificate policy, dotted decimal; a new one under 1.3.6.1.4.1.32473
    /// (documentation, RFC 5612) when absent.
    #[arg(long, value_name = "OID")]
    policy: Option<String>,
    /// Make the policy critical: the defaults of the JDK, mbedTLS, rustls and others then refuse
    /// every certificate, good and revoked alike.
    #[arg(long)]
    policy_critical: bool,
    /// How the three years are counted: from the day of issue, or from the day after.
    #[arg(long, value_enum, default_value_t = ValidityArg::FromIssueDay)]
    validity: ValidityArg,
    /// Who may ask for status.
    #[arg(long, value_enum, default_value_t = AccessArg::Registered)]
    access: AccessArg,
    /// Where the book lies: sqlite:PATH (in DIR where relative) or postgres://USER@HOST/DATABASE.
    #[arg(long, default_value = "sqlite:book.sqlite")]
    ledger: String,
    /// Bits of the authority's RSA key.
    #[arg(long, default_value_t = 3072, value_parser = clap::builder::PossibleValuesParser::new(["2048", "3072", "4096"]).map(|s| s.parse::<u32>().expect("one of three")))]
    key_bits: u32,
    /// Address on which the services listen.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Host name that stands in certificates, when it is not the address.
    #[arg(long, value_name = "NAME")]
    public_host: Option<String>,
    /// Port for officers and sources; a free one when absent, as for the others.
    #[arg(long)]
    authority_port: Option<u16>,
    /// Port for OCSP; stands in certificates, unless --public-ocsp-port says another.
    #[arg(long)]
    ocsp_port: Option<u16>,
    /// Port for OCSP in certificates, where whoever asks is let in at another: 80 behind a reverse proxy.
    #[arg(long)]
    public_ocsp_port: Option<NonZeroU16>,
    /// The same for CRLs.
    #[arg(long)]
    public_repository_port: Option<NonZeroU16>,
    /// Port for OCSP over mutual TLS.
    #[arg(long)]
    ocsp_link_port: Option<u16>,
    /// Port for CRLs; stands in certificates, unless --public-repository-port says another.
    #[arg(long)]
    repository_port: Option<u16>,
    /// Port for CRLs over mutual TLS.
    #[arg(long)]
    repository_link_port: Option<u16>,
    /// Port for holders' applications, signed with their cards.
    #[arg(long)]
    holders_port: Option<u16>,
    /// Name of a security officer; two are made, so give it twice.
    #[arg(long, value_name = "NAME", num_args = 1)]
    security_officer: Vec<String>,
    /// Make one security officer only, who does alone what takes two: an alarm until the second one is
    /// enrolled.
    #[arg(long)]
    one_security_officer: bool,
    /// Name of whoever keeps a share of the recovery key, given once for each; else three without names.
    #[arg(long, value_name = "NAME", num_args = 1)]
    share_holder: Vec<String>,
    /// How many of them open it together; else more than half.
    #[arg(long, value_name = "M")]
    shares_needed: Option<u8>,
    /// File with the passphrase of the keys; else AKASHI_PASSPHRASE, else a prompt.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// File with the password of a security officer's token, given once for each; else
    /// AKASHI_TOKEN_PASSWORD, else a prompt.
    #[arg(long, value_name = "FILE")]
    password_file: Vec<PathBuf>,
}

use clap::builder::TypedValueParser as _;

/// How the three years are counted.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum ValidityArg {
    /// The day of issue is the first day.
    FromIssueDay,
    /// The day after the issue is the first day.
    FromNextDay,
}

impl From<ValidityArg> for ValidityRule {
    fn from(validity: ValidityArg) -> Self {
        match validity {
            ValidityArg::FromIssueDay => Self::FromIssueDay,
            ValidityArg::FromNextDay => Self::FromNextDay,
        }
    }
}

/// Who may ask for status.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum AccessArg {
    /// Everybody.
    Open,
    /// Registered agencies only, each query on record.
    Registered,
}

impl From<AccessArg> for Access {
    fn from(access: AccessArg) -> Self {
        match access {
            AccessArg::Open => Self::Open,
            AccessArg::Registered => Self::Registered,
        }
    }
}

impl Init {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let passphrase = PASSPHRASE.read_new_passphrase(self.passphrase_file.as_deref())?;
        let count = if self.one_security_officer { 1 } else { SECURITY_OFFICERS.len() };
        let mut names = self.security_officer;
        if names.is_empty() {
            names = (1..=count).map(|number| format!("Security Officer {number}")).collect();
        } else if names.len() != count {
            super::usage(match count {
                1 => "one security officer is made: give --security-officer once",
                _ => "two security officers are made: give --security-officer twice",
            });
        }
        let mut holders = self.share_holder;
        if holders.is_empty() {
            holders = (1..=3).map(|number| format!("Share Holder {number}")).collect();
        }
        let majority = u8::try_from(holders.len() / 2 + 1).unwrap_or(u8::MAX);
        let needed = self.shares_needed.unwrap_or(majority);
        let passwords = passwords(&names, &self.password_file)?;
        let clock = TrustedClock::of_this_machine(&ClockSettings::default());
        let plan = Plan {
            prefecture: self.prefecture,
            organisation: self.organisation,
            policy: self.policy,
            policy_critical: self.policy_critical,
            validity: self.validity.into(),
            access: self.access.into(),
            host: self.host,
            ports: [
                self.authority_port,
                self.ocsp_port,
                self.ocsp_link_port,
                self.repository_port,
                self.repository_link_port,
                self.holders_port,
            ],
            public_host: self.public_host,
            public_ports: [self.public_ocsp_port, self.public_repository_port],
            ledger: self.ledger,
            registry_url: self.registry_url,
            size: RsaSize::from_bits(self.key_bits).expect("one of three"),
            security_officers: names,
            token_iterations: akashi_keys::ITERATIONS,
            custody_cost: akashi_keys::Cost::DEAR,
            recovery: Quorum { holders, needed },
            mark: clock.mark(),
        };
        // Said before anything is made: afterwards it can never be changed.
        if let Some(host) = plan.host().ok().filter(PublicHost::is_loopback) {
            akashi_edge::complain!(
                "warning      {} stands in every certificate for ever: nobody but this machine can ask whether one is \
                 revoked; for a real authority give --public-host",
                host.in_url()
            );
        }
        let passwords =
            [&passwords[0], passwords.last().expect("one at least")].map(String::as_str);
        let now = clock.now();
        let authority = init(&self.dir, &plan, &passphrase, passwords, now, &mut rng()).await?;
        let name = Municipality::of(self.prefecture).map_or("", |prefecture| prefecture.name);
        akashi_edge::say!("authority    {name}, certificate SHA-256 {}", authority.fingerprint());
        akashi_edge::say!("policy       {}", authority.profile.policy);
        akashi_edge::say!("ocsp         {}", authority.profile.ocsp_url);
        akashi_edge::say!("repository   {}", authority.profile.repository_url);
        for (file, name) in SECURITY_OFFICERS.iter().zip(&plan.security_officers) {
            akashi_edge::say!(
                "token        {}, to be handed to {name}",
                self.dir.join(file).display()
            );
        }
        for file in OFFICE_TERMINALS {
            akashi_edge::say!(
                "terminal     {}, at which security officers sign",
                self.dir.join(file).display()
            );
        }
        let Quorum { holders, needed } = &plan.recovery;
        for (holder, number) in holders.iter().zip(1..) {
            let file = self.dir.join(share_file(number));
            akashi_edge::say!(
                "share        {}, to be taken away by {holder}; {needed} open it",
                file.display()
            );
        }
        match plan.security_officers.len() {
            1 => akashi_edge::say!(
                "alarm        one security officer acts alone until a second one is enrolled"
            ),
            _ => akashi_edge::say!(
                "first        enrol a third security officer: of two, neither can stop the other, nor replace a lost token"
            ),
        }
        akashi_edge::say!("next         akashi up --dir {}", self.dir.display());
        Ok(())
    }
}

/// A password for each token, in the order of their names. One file for both is taken, too: then one
/// person knows what two should.
fn passwords(names: &[String], files: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let one = |(number, name): (usize, &String)| {
        let file = files.get(number).or(files.last());
        if file.is_none() && std::env::var_os(TOKEN_PASSWORD.variable).is_none() {
            akashi_edge::complain!("for the token of {name}:");
        }
        Ok(TOKEN_PASSWORD.read_new(file.map(PathBuf::as_path))?)
    };
    names.iter().enumerate().map(one).collect()
}
