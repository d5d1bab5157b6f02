//! Making an authority: its keys, its certificate, its inner hierarchy, the first page of its book.

use std::path::Path;

use akashi_keys::{
    CardMaster, Cost, Custody, EcKey, KeyError, LinkAuthority, OfficerToken, Passphrase, Quorum,
    RecoveryShare, RsaKey, RsaSize, Signer, Usage, Vault, write_durably,
};
use akashi_ledger::{Authority, AuthorityProfile, Issuing, Ledger, NewEnrolment};
use akashi_lint::Lint;
use akashi_wire::act::PartyId;
use akashi_wire::clock::Mark;
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::{MessageKind, Verified};
use akashi_wire::{MunicipalityCode, SerialNumber, SignedMessage, pki};
use der::Encode;
use jiff::Timestamp;
use rand::{CryptoRng, Rng};

use crate::CaError;
use crate::counter::normalised;
use crate::issuance::verified;
use crate::profile::authority::tbs_authority;
use crate::profile::{AuthorityFacts, name};

/// What is decided when an authority is made.
pub struct Founding<'a> {
    /// What will stand in certificates.
    pub profile: AuthorityProfile,
    /// Length of the authority's modulus.
    pub size: RsaSize,
    /// Years of the authority's certificate.
    pub years: i16,
    /// Names or addresses under which its links are reached.
    pub hosts: Vec<String>,
    /// Opens the custody.
    pub passphrase: &'a Passphrase,
    /// What a guess of that costs.
    pub cost: Cost,
    /// Names of the first security officers: two, since what gives power takes two. One alone acts
    /// alone, under an alarm, until a second one is enrolled.
    pub security_officers: Vec<String>,
    /// Who opens the recovery key together.
    pub recovery: Quorum,
    /// Where its time stands in the life of this machine: the first head of the chain is signed with it.
    pub mark: Option<Mark>,
}

/// What was made. The directory holds `keys/` (sealed) and `certificates/` (DER).
pub struct Founded {
    /// The authority as it stands in the book.
    pub authority: Authority,
    /// The security officers' keys and certificates, each to be put on a token and handed over.
    pub security_officers: Vec<OfficerToken>,
    /// Those of the office's two terminals, at which security officers sign: two, since without any nobody
    /// could enrol another one.
    pub terminals: [OfficerToken; 2],
    /// The shares of the recovery key, one for each of its holders: they are nowhere else.
    pub shares: Vec<RecoveryShare>,
}

/// Where the authority's certificate lies in its directory.
pub const CERTIFICATE: &str = "certificates/ca.der";

/// The first page of a book, as the founders have signed it.
pub struct FirstPage {
    founding: Vec<Verified>,
    authority: Authority,
    distribution_points: Vec<(MunicipalityCode, Vec<u8>)>,
    parties: Vec<NewEnrolment>,
    /// Whose key signs the first head, and where the time of that stands.
    log: OfficerToken,
    mark: Option<Mark>,
}

impl FirstPage {
    /// Enters it into a book that has none: from here on there is the authority.
    ///
    /// # Errors
    /// Nothing is overwritten: a book with an authority is left as it is.
    pub async fn enter(self, ledger: &Ledger<Issuing>, now: Timestamp) -> Result<(), CaError> {
        let Self { founding, authority, distribution_points, parties, log, mark } = self;
        ledger.found(&founding, &authority, &distribution_points, &parties, now).await?;
        if mark.is_some()
            && let Some(head) = ledger.head_to_sign(mark).await?
        {
            let (sign, certificate) = (|octets: &[u8]| log.sign(octets), log.certificate());
            let head = SignedMessage::sign(MessageKind::ChainHead, &head, certificate, now, sign)
                .and_then(|message| message.verify(MessageKind::ChainHead))
                .map_err(|_| CaError::BadSignature("the log's own key"))?;
            ledger.keep_signed_head(&head).await?;
        }
        Ok(())
    }
}

/// Makes the keys and certificates of an authority in a directory that has none, and the first page of its book. Nothing
/// is founded yet.
///
/// # Errors
/// Nothing is overwritten: a directory with an authority is left as it is.
pub fn prepare(
    dir: &Path,
    founding: &Founding<'_>,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<(Founded, FirstPage), CaError> {
    let custody = Custody::create_with(&dir.join("keys"), founding.passphrase, founding.cost)?;
    let (profile, founding_mark) = (&founding.profile, founding.mark);
    let ca_key = RsaKey::generate(founding.size)?;
    let (link_key, server_key) = (EcKey::generate()?, EcKey::generate()?);
    let envelope_key = RsaKey::generate(RsaSize::Rsa3072)?;
    custody.keep_rsa("ca", &ca_key)?;
    custody.keep_ec("link", &link_key)?;
    custody.keep_ec("server", &server_key)?;
    custody.keep_ec("ocsp", &EcKey::generate()?)?;
    custody.keep_rsa("envelope", &envelope_key)?;
    let recovery_key = EcKey::generate()?;
    let shares = custody.keep_recovery(&recovery_key, &founding.recovery)?;
    custody.keep_vault(&Vault::generate()?)?;
    custody.keep_contents_key()?;
    custody.keep_card_master(&CardMaster::generate()?)?;

    let serial = SerialNumber::from_random(random(rng));
    let tbs = tbs_authority(profile, &ca_key, serial, founding.years, now)?;
    let facts = AuthorityFacts {
        subject: tbs.subject.clone(),
        key_identifier: Vec::new(),
        public_key: tbs.subject_public_key_info.clone(),
        not_after: now,
    };
    let octets = tbs.to_der()?;
    let mut authority = Authority { certificate: Vec::new(), profile: profile.clone() };
    let (algorithm, record) = (ca_key.algorithm().to_der()?, authority.record());
    CaError::of_findings(Lint::authority_to_be_signed(&octets, &algorithm, record.as_bytes())?)?;
    // The one that no book has before: it is the book's first page.
    let signature = ca_key.sign(&octets)?;
    let certificate = verified(&octets, (ca_key.algorithm(), signature), &facts)?;

    let link = LinkAuthority::create(&link_key, "Akashi Link Authority", now)?;
    let own = |key: &dyn Signer, name: &str, usage: Usage| {
        link.certify_own(key.public_key(), name, &usage, now)
    };
    let server = Usage::Server { hosts: founding.hosts.clone() };
    let server = own(&server_key, "Akashi", server)?;
    let envelope = own(&envelope_key, "Akashi Inbox", Usage::Recipient)?;
    let mut programs = Vec::new();
    for (role, name) in PROGRAMS {
        let key = EcKey::generate()?;
        custody.keep_ec(role.name(), &key)?;
        // Those who answer others are reached where the authority is.
        let hosts = match role {
            Role::Responder | Role::Repository => founding.hosts.clone(),
            _ => Vec::new(),
        };
        let certificate = own(&key, name, Usage::Party { hosts })?;
        programs.push((
            role,
            name,
            OfficerToken::new(key, certificate, link.certificate().to_vec()),
        ));
    }
    let program = |role: &Role| {
        let found = programs.iter().find(|(of, ..)| of == role);
        &found.expect("every program has its identity").2
    };
    let scheduler = program(&Role::Scheduler);
    let until = pki::not_after(&certificate);
    let recovery = own(&recovery_key, "Akashi Recovery", party_usage())?;
    let token = |name: &str| {
        let key = EcKey::generate()?;
        let certificate =
            link.certify_within(key.public_key(), name, &party_usage(), until, now)?;
        Ok::<_, KeyError>(OfficerToken::new(key, certificate, link.certificate().to_vec()))
    };
    let mut officers = Vec::new();
    for name in &founding.security_officers {
        let name = normalised(name);
        officers.push((name.clone(), token(&name)?));
    }
    let terminals = [token(TERMINALS[0])?, token(TERMINALS[1])?];

    let certificates = dir.join("certificates");
    std::fs::create_dir_all(&certificates)
        .map_err(|source| KeyError::File { file: certificates.clone(), source })?;
    for (name, der) in [
        ("ca", &certificate),
        ("link", &link.certificate().to_vec()),
        ("server", &server),
        ("envelope", &envelope),
        ("recovery", &recovery),
    ] {
        write_durably(&certificates.join(format!("{name}.der")), der)?;
    }
    for (role, _, token) in &programs {
        write_durably(&certificates.join(format!("{}.der", role.name())), token.certificate())?;
    }

    authority.certificate = certificate;
    let party = |name: &str, role: Role, certificate: &[u8], rng: &mut _| NewEnrolment {
        party: PartyId::from_random(random(rng)),
        name: name.to_owned(),
        // The authority's own may be needed to revoke to the last, and end by themselves at no time.
        until: if role.is_own() { pki::not_after(certificate) } else { until },
        role,
        certificate: certificate.to_vec(),
    };
    let mut parties = Vec::new();
    for (role, name, token) in &programs {
        parties.push(party(name, role.clone(), token.certificate(), rng));
    }
    parties.push(party("Akashi Recovery", Role::Recovery, &recovery, rng));
    for (name, token) in &officers {
        parties.push(party(name, Role::SecurityOfficer, token.certificate(), rng));
    }
    for (name, token) in TERMINALS.iter().zip(&terminals) {
        let role = Role::Terminal { municipality: profile.prefecture };
        parties.push(party(name, role, token.certificate(), rng));
    }
    let signers = officers.iter().map(|(_, token)| Sha256::of(token.certificate())).collect();
    let content = serde_json::to_vec(&authority.founding(signers)).expect("a founding is JSON");
    let signed = |certificate: &[u8], key: &EcKey| {
        SignedMessage::sign(MessageKind::Founding, &content, certificate, now, |o| key.sign(o))
            .and_then(|message| message.verify(MessageKind::Founding))
            .map_err(|_| CaError::BadSignature("a founder's own key"))
    };
    let mut founding = vec![signed(scheduler.certificate(), scheduler.key())?];
    for (_, token) in &officers {
        founding.push(signed(token.certificate(), token.key())?);
    }
    write_durably(&certificates.join("founding.json"), record.as_bytes())?;
    let distribution_points = distribution_points(profile)?;
    let is_log = |(role, ..): &(Role, &str, OfficerToken)| *role == Role::Log;
    let log = programs.into_iter().find(is_log).expect("every program has its identity").2;
    let page = FirstPage {
        founding,
        authority: authority.clone(),
        distribution_points,
        parties,
        log,
        mark: founding_mark,
    };
    let security_officers = officers.into_iter().map(|(_, token)| token).collect();
    Ok((Founded { authority, security_officers, terminals, shares }, page))
}

/// The authority's own programs, each under a name and with a key of its own: whoever has the key of one can order what is
/// that one's trade, and nothing of the others'.
const PROGRAMS: [(Role, &str); 7] = [
    (Role::Scheduler, "Akashi Scheduler"),
    (Role::Log, "Akashi Log"),
    (Role::RegistryClient, "Akashi Registry Client"),
    (Role::ListIssuer, "Akashi CRL Issuer"),
    (Role::Responder, "Akashi OCSP Responder"),
    (Role::Repository, "Akashi Repository"),
    (Role::HoldersDoor, "Akashi Holders' Door"),
];

/// The names of the office's terminals.
const TERMINALS: [&str; 2] = ["Office Terminal 1", "Office Terminal 2"];

fn party_usage() -> Usage {
    Usage::Party { hosts: Vec::new() }
}

/// A distribution point for every municipality of the prefecture, wards included.
fn distribution_points(
    profile: &AuthorityProfile,
) -> der::Result<Vec<(MunicipalityCode, Vec<u8>)>> {
    let prefecture = profile.prefecture.prefecture();
    Municipality::all()
        .iter()
        .filter(|one| one.code.prefecture() == prefecture && !one.code.is_prefecture())
        .map(|municipality| {
            Ok((municipality.code, name::distribution_point(profile, municipality)?))
        })
        .collect()
}

fn random<const N: usize>(rng: &mut impl Rng) -> [u8; N] {
    let mut octets = [0; N];
    rng.fill_bytes(&mut octets);
    octets
}
