//! Writing into a book without a counter around it: an officer whose acts give permits, and nothing of
//! what a counter would ask.

use akashi::init::{OFFICE_TERMINALS, SECURITY_OFFICERS};
use akashi_edge::Opened;
use akashi_keys::{EcKey, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_ledger::{Content, Issuing, Ledger, NewEnrolment, Permit};
use akashi_wire::act::{Act, Deed, IdentityProof, PartyId, RequestId};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{CaseId, MunicipalityCode, RevocationReason, SignedMessage, Verified};
use jiff::Timestamp;

use crate::{PASSPHRASE, TownError};

/// An officer who fills a book, at a terminal whose link nobody uses.
pub struct Filler {
    token: OfficerToken,
    terminal: Sha256,
}

impl Filler {
    /// Enrols one, by the two security officers whose tokens lie in the authority's directory.
    pub async fn enrol(
        opened: &Opened,
        ledger: &Ledger<Issuing>,
        municipality: MunicipalityCode,
        now: Timestamp,
    ) -> Result<Self, TownError> {
        let open = |file: &str| OfficerToken::open(&opened.dir.join(file), PASSPHRASE);
        let office = Sha256::of(open(OFFICE_TERMINALS[0])?.certificate());
        let officer = |file| Ok::<_, TownError>(Self { token: open(file)?, terminal: office });
        let both = [officer(SECURITY_OFFICERS[0])?, officer(SECURITY_OFFICERS[1])?];
        let enrol = async |role| enrolled(&both, (opened, ledger), role, now).await;
        let terminal = enrol(Role::Terminal { municipality }).await?;
        let token = enrol(Role::Officer { municipality }).await?;
        Ok(Self { token, terminal: Sha256::of(terminal.certificate()) })
    }

    /// The permit of an act of this officer's.
    pub async fn permit(
        &self,
        ledger: &Ledger<Issuing>,
        deed: Deed,
        now: Timestamp,
    ) -> Result<Permit, TownError> {
        Ok(ledger.permit_act(&self.signed(deed, now)?, now).await?.permit)
    }

    fn signed(&self, deed: Deed, now: Timestamp) -> Result<Verified, TownError> {
        let request = RequestId::from_random(rand::random());
        let (authority, terminal) = (Sha256([0; 32]), self.terminal);
        let act = Act { request, authority, terminal, made_at: now, deed };
        let content = serde_json::to_vec(&act).expect("an act is JSON");
        let (by, sign) = (self.token.certificate(), |octets: &[u8]| self.token.sign(octets));
        SignedMessage::sign(MessageKind::Act, &content, by, now, sign)
            .and_then(|message| message.verify(MessageKind::Act))
            .map_err(|_| TownError::Unexpected("an act that does not verify"))
    }
}

/// Enrols somebody, as two security officers propose and countersign it.
async fn enrolled(
    [one, other]: &[Filler; 2],
    (opened, ledger): (&Opened, &Ledger<Issuing>),
    role: Role,
    now: Timestamp,
) -> Result<OfficerToken, TownError> {
    let (key, authority) = (EcKey::generate()?, opened.certificate("link")?);
    let link = LinkAuthority::open(&opened.custody.ec("link")?, authority.clone())?;
    let party = PartyId::from_random(rand::random());
    let name = format!("Filler {party}");
    let usage = Usage::Party { hosts: Vec::new() };
    let certificate = link.certify(key.public_key(), &name, &usage, now)?;
    let deed = Deed::Enrol {
        name: name.clone(),
        party: role.clone(),
        hosts: Vec::new(),
        request_for_certificate: Octets(key.request_for_certificate()?),
        until: None,
    };
    let proposed = one.signed(deed, now)?;
    let act = ledger.permit_act(&proposed, now).await?;
    let (request, digest) = (act.act.request, Sha256::of(proposed.content()));
    let mut change = ledger.begin(&act.permit, now).await?;
    let content = Content::new(proposed.message(), [0; 32], |_| Ok::<_, TownError>(vec![]))?;
    change.propose("enrol", content).await?;
    change.commit().await?;
    let second = other.signed(Deed::Countersign { request, digest }, now)?;
    let second = ledger.permit_act(&second, now).await?;
    let mut change = ledger.begin(&second.permit, now).await?;
    change.countersign(&proposed).await?;
    let new = NewEnrolment {
        party,
        name,
        role,
        until: jiff::Timestamp::constant(32_503_680_000, 0),
        certificate: certificate.clone(),
    };
    change.enrol(&new).await?;
    change.commit().await?;
    Ok(OfficerToken::new(key, certificate, authority))
}

/// The case of every act of a filler, and of every certificate that is written by it.
pub fn case() -> CaseId {
    CaseId::from_random([0; 16])
}

/// A deed whose act certifies.
pub fn issuing() -> Deed {
    Deed::Certify { case: case(), card: "CARD".into(), proof: Octets(Vec::new()) }
}

/// A deed whose act revokes.
pub fn revoking() -> Deed {
    Deed::Revoke {
        case: case(),
        identity: IdentityProof::ResidentCard,
        reason: RevocationReason::CessationOfOperation,
    }
}

/// A deed whose act holds.
pub fn holding() -> Deed {
    Deed::Hold { case: case() }
}
