//! Permits as they come of signed acts, for whoever writes into a book without a counter around it.

use std::sync::LazyLock;

use akashi_keys::{EcKey, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_ledger::{Authority, Issuing, Ledger, LedgerError, NewEnrolment, Permit};
use akashi_wire::act::{Act, Deed, IdentityProof, PartyId, RequestId};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{CaseId, MunicipalityCode, RevocationReason, SignedMessage, Verified};
use jiff::Timestamp;

/// The case of every act here, and of every certificate that is written by it.
pub fn case() -> CaseId {
    CaseId::from_random([7; 16])
}

/// The terminals of every book: of the office, and of the town. Their links are of no interest here.
pub static TERMINALS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let now = "2026-04-01T00:00:00Z".parse().unwrap();
    let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", now).unwrap();
    ["office", "town"].map(|name| {
        let (key, usage) = (EcKey::generate().unwrap(), Usage::Party { hosts: Vec::new() });
        link.certify(key.public_key(), name, &usage, now).unwrap()
    })
});

/// A term that nothing here outlives.
pub const YEAR_3000: jiff::Timestamp = jiff::Timestamp::constant(32_503_680_000, 0);

/// Their enrolments: parties 90 and 91.
pub fn terminals(office: MunicipalityCode, town: MunicipalityCode) -> [NewEnrolment; 2] {
    [(90, office), (91, town)].map(|(number, municipality)| NewEnrolment {
        party: PartyId::from_random([number; 16]),
        name: format!("terminal {number}"),
        role: Role::Terminal { municipality },
        until: YEAR_3000,
        certificate: TERMINALS[usize::from(number - 90)].clone(),
    })
}

/// The terminal at which the holder of this token works.
pub async fn terminal_of(ledger: &Ledger<Issuing>, token: &OfficerToken) -> Sha256 {
    let all = ledger.enrolments().await.unwrap();
    let holder = all.iter().find(|one| one.certificate == token.certificate());
    let in_town = holder.is_some_and(|holder| holder.role.municipality().is_some());
    Sha256::of(&TERMINALS[usize::from(in_town)])
}

/// What the founders of an authority sign: its scheduler, then its security officers.
pub fn founding(
    authority: &Authority,
    scheduler: &OfficerToken,
    officers: &[&OfficerToken],
    now: Timestamp,
) -> Vec<Verified> {
    let signers = officers.iter().map(|token| Sha256::of(token.certificate())).collect();
    let content = serde_json::to_vec(&authority.founding(signers)).unwrap();
    let signed = |token: &&OfficerToken| {
        SignedMessage::sign(MessageKind::Founding, &content, token.certificate(), now, |octets| {
            token.sign(octets)
        })
        .and_then(|message| message.verify(MessageKind::Founding))
        .unwrap()
    };
    [scheduler].iter().chain(officers).map(signed).collect()
}

/// The permit of an act for this deed, signed now.
pub async fn try_act(
    ledger: &Ledger<Issuing>,
    token: &OfficerToken,
    deed: Deed,
    now: Timestamp,
) -> Result<Permit, LedgerError> {
    let request = RequestId::from_random(rand::random());
    let terminal = terminal_of(ledger, token).await;
    let act = Act { request, authority: Sha256([0; 32]), terminal, made_at: now, deed };
    let content = serde_json::to_vec(&act).unwrap();
    let sign = |octets: &[u8]| token.sign(octets);
    let message = SignedMessage::sign(MessageKind::Act, &content, token.certificate(), now, sign)
        .and_then(|message| message.verify(MessageKind::Act))
        .unwrap();
    Ok(ledger.permit_act(&message, now).await?.permit)
}

/// To certify.
pub fn issuing() -> Deed {
    Deed::Certify { case: case(), card: "CARD".into(), proof: Octets(Vec::new()) }
}

/// To revoke, and to void.
pub fn revoking() -> Deed {
    Deed::Revoke {
        case: case(),
        identity: IdentityProof::ResidentCard,
        reason: RevocationReason::KeyCompromise,
    }
}

/// To hold.
pub fn holding() -> Deed {
    Deed::Hold { case: case() }
}

/// To enrol the holder of this key.
pub fn enrolling(role: &Role, key: &EcKey) -> Deed {
    Deed::Enrol {
        name: "x".into(),
        party: role.clone(),
        hosts: Vec::new(),
        request_for_certificate: Octets(key.request_for_certificate().unwrap()),
        until: None,
    }
}
