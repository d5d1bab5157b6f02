//! Writing into a book without a counter around it: an officer whose acts give permits, and nothing of
//! what a counter would ask.

use akashi::init::SECURITY_OFFICERS;
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

/// An officer who fills a book.
pub struct Filler(OfficerToken);

impl Filler {
    /// Enrols one, by the two security officers whose tokens lie in the authority's directory.
    pub async fn enrol(
        opened: &Opened,
        ledger: &Ledger<Issuing>,
        municipality: MunicipalityCode,
        now: Timestamp,
    ) -> Result<Self, TownError> {
        let [one, other] = SECURITY_OFFICERS
            .map(|file| OfficerToken::open(&opened.dir.join(file), PASSPHRASE).map(Self));
        let (one, other) = (one?, other?);
        let (key, authority) = (EcKey::generate()?, opened.certificate("link")?);
        let link = LinkAuthority::open(&opened.custody.ec("link")?, authority.clone())?;
        let party = PartyId::from_random(rand::random());
        let name = format!("Filler {party}");
        let usage = Usage::Party { hosts: Vec::new() };
        let certificate = link.certify(key.public_key(), &name, &usage, now)?;
        let role = Role::Officer { municipality };
        let deed = Deed::Enrol {
            name: name.clone(),
            party: role.clone(),
            hosts: Vec::new(),
            request_for_certificate: Octets(key.request_for_certificate()?),
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
        let new = NewEnrolment { party, name, role, certificate: certificate.clone() };
        change.enrol(&new).await?;
        change.commit().await?;
        Ok(Self(OfficerToken::new(key, certificate, authority)))
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
        let act = Act { request, authority: Sha256([0; 32]), made_at: now, deed };
        let content = serde_json::to_vec(&act).expect("an act is JSON");
        let (by, sign) = (self.0.certificate(), |octets: &[u8]| self.0.sign(octets));
        SignedMessage::sign(MessageKind::Act, &content, by, now, sign)
            .and_then(|message| message.verify(MessageKind::Act))
            .map_err(|_| TownError::Unexpected("an act that does not verify"))
    }
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
