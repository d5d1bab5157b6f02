//! Writing into a book without a counter around it: an officer whose acts give permits, and nothing of
//! what a counter would ask.

use akashi::init::SECURITY_OFFICER;
use akashi_edge::Opened;
use akashi_keys::{EcKey, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_ledger::{Issuing, Ledger, NewEnrolment, Permit};
use akashi_wire::act::{Act, Deed, IdentityProof, PartyId, RequestId};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{CaseId, MunicipalityCode, RevocationReason, SignedMessage};
use jiff::Timestamp;

use crate::{PASSPHRASE, TownError};

/// An officer who fills a book.
pub struct Filler(OfficerToken);

impl Filler {
    /// Enrols one, by the security officer whose token lies in the authority's directory.
    pub async fn enrol(
        opened: &Opened,
        ledger: &Ledger<Issuing>,
        municipality: MunicipalityCode,
        now: Timestamp,
    ) -> Result<Self, TownError> {
        let security = OfficerToken::open(&opened.dir.join(SECURITY_OFFICER), PASSPHRASE)?;
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
            request_for_certificate: Octets(Vec::new()),
        };
        let permit = Self(security).permit(ledger, deed, now).await?;
        let mut change = ledger.begin(&permit, now).await?;
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
        let request = RequestId::from_random(rand::random());
        let act = Act { request, authority: Sha256([0; 32]), made_at: now, deed };
        let content = serde_json::to_vec(&act).expect("an act is JSON");
        let (by, sign) = (self.0.certificate(), |octets: &[u8]| self.0.sign(octets));
        let message = SignedMessage::sign(MessageKind::Act, &content, by, now, sign)
            .and_then(|message| message.verify(MessageKind::Act))
            .map_err(|_| TownError::Unexpected("an act that does not verify"))?;
        Ok(ledger.permit_act(&message, now).await?.permit)
    }
}

fn case() -> CaseId {
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
