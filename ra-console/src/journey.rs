//! A case from its first act to its last.

use akashi_card::{Card, CardError, KeySlot, SigningPin, Transport};
use akashi_wire::act::{
    Answer, CertifiedText, Deed, IdentityProof, LookUpBy, Procedure, SubstituteChoices,
};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{CaseId, FourItems, RevocationReason, SerialNumber};
use der::Decode;
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use crate::{Desk, DeskError, known};

/// What an applicant brings.
pub struct Application {
    /// 新規発行 or 更新.
    pub procedure: Procedure,
    /// By what the person is found.
    pub by: LookUpBy,
    /// 本人確認.
    pub identity: IdentityProof,
    /// Substitutes chosen for the name.
    pub name_choices: SubstituteChoices,
    /// Substitutes chosen for the address.
    pub address_choices: SubstituteChoices,
    /// The number of the ticket with which the applicant waited: no PIN.
    pub ticket: Option<String>,
}

/// Where a journey is, for whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The case is open.
    Opened,
    /// The registry has answered.
    Found,
    /// One key pair is permitted.
    Permitted,
    /// The card has made the key pair.
    KeyMade,
    /// The certificate is issued.
    Certified,
    /// Written, read back and activated.
    Written,
    /// Delivered; the fee may be taken.
    Delivered,
}

/// What came of an application.
pub struct Delivery {
    /// The case.
    pub case: CaseId,
    /// The new certificate's number.
    pub serial: SerialNumber,
    /// Its DER.
    pub certificate: Vec<u8>,
    /// Its last second.
    pub not_after: Timestamp,
    /// The four items of the registry.
    pub items: FourItems,
    /// The name as it stands.
    pub name: CertifiedText,
    /// The address as it stands.
    pub address: CertifiedText,
    /// What may be charged, in yen.
    pub fee_yen: u32,
    /// The renewed certificate, revoked now.
    pub superseded: Option<SerialNumber>,
}

/// Issues or renews. The PIN goes to the card and nowhere else.
///
/// An error after the permit leaves the case open with its number in the error; the living pair of
/// a renewal stays usable until the new one is activated.
pub async fn certify<T: Transport>(
    desk: &Desk,
    card: &mut Card<T>,
    pin: &SigningPin,
    application: &Application,
    mut show: impl FnMut(Stage),
) -> Result<Delivery, DeskError> {
    card.select()?;
    let number = card.number()?.to_string();
    let case = open_case(desk, application.procedure).await?;
    show(Stage::Opened);
    let by = application.by.clone();
    let Answer::Found { items, .. } = desk.ask(Deed::LookUp { case, by }).await? else {
        return Err(unexpected("look_up"));
    };
    show(Stage::Found);
    if application.procedure == Procedure::Issue {
        let known = known::of(&items, application.ticket.as_deref());
        if let Some(weakness) = pin.weakness(known.iter().map(String::as_str)) {
            return Err(DeskError::WeakPin { case, weakness });
        }
    }
    let apply = Deed::Apply {
        case,
        card: number.clone(),
        identity: application.identity.clone(),
        name_choices: application.name_choices.clone(),
        address_choices: application.address_choices.clone(),
    };
    let Answer::Permitted { challenge, name, address, .. } = desk.ask(apply).await? else {
        return Err(unexpected("apply"));
    };
    show(Stage::Permitted);

    let in_case = |error: CardError| DeskError::CardInCase { case, error };
    let public_key = card.generate_key_pair().map_err(in_case)?;
    if application.procedure == Procedure::Issue {
        card.open_pin_window().map_err(in_case)?;
        card.set_pin(pin).map_err(in_case)?;
    }
    card.verify_pin(pin).map_err(in_case)?;
    let proof = card.proof_of_possession(&challenge.0).map_err(in_case)?;
    show(Stage::KeyMade);

    let certify = Deed::Certify { case, card: number.clone(), proof: Octets(proof) };
    let Answer::Certified { serial, certificate, ca_certificate, not_after } =
        desk.ask(certify).await?
    else {
        return Err(unexpected("certify"));
    };
    show(Stage::Certified);

    card.write_pending_certificates(&certificate.0, &ca_certificate.0).map_err(in_case)?;
    let written = card.read_pending_certificates().map_err(in_case)?;
    if written.certificate != certificate.0 || written.ca_certificate != ca_certificate.0 {
        return Err(DeskError::ReadBackDiffers { case });
    }
    card.activate().map_err(in_case)?;
    card.verify_pin(pin).map_err(in_case)?;
    test_signature(card, &public_key, case)?;
    let read_back = card.read_certificate().map_err(in_case)?;
    show(Stage::Written);

    let read_back = Sha256::of(&read_back);
    let confirm = Deed::ConfirmDelivery { case, card: number, read_back };
    let Answer::Delivered { fee_yen, superseded, .. } = desk.ask(confirm).await? else {
        return Err(unexpected("confirm_delivery"));
    };
    show(Stage::Delivered);
    let certificate = certificate.0;
    Ok(Delivery { case, serial, certificate, not_after, items, name, address, fee_yen, superseded })
}

/// A certificate that ended at the counter, or was put on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The case.
    pub case: CaseId,
    /// The certificate's number.
    pub serial: SerialNumber,
    /// The time that CRL and OCSP state.
    pub at: Timestamp,
    /// The reason that they state.
    pub reason: RevocationReason,
}

/// 失効: found by the registry's record, not by the card, which may be lost.
pub async fn revoke(
    desk: &Desk,
    by: LookUpBy,
    reason: RevocationReason,
) -> Result<Ended, DeskError> {
    let case = find(desk, Procedure::Revocation, by).await?;
    ended(case, desk.ask(Deed::Revoke { case, reason }).await?)
}

/// 電話による一時保留.
pub async fn hold(desk: &Desk, by: LookUpBy) -> Result<Ended, DeskError> {
    let case = find(desk, Procedure::Hold, by).await?;
    ended(case, desk.ask(Deed::Hold { case }).await?)
}

async fn find(desk: &Desk, procedure: Procedure, by: LookUpBy) -> Result<CaseId, DeskError> {
    let case = open_case(desk, procedure).await?;
    desk.ask(Deed::LookUp { case, by }).await?;
    Ok(case)
}

async fn open_case(desk: &Desk, procedure: Procedure) -> Result<CaseId, DeskError> {
    match desk.ask(Deed::OpenCase { procedure }).await? {
        Answer::CaseOpened { case } => Ok(case),
        _ => Err(unexpected("open_case")),
    }
}

fn ended(case: CaseId, answer: Answer) -> Result<Ended, DeskError> {
    match answer {
        Answer::Revoked { serial, at, reason } => Ok(Ended { case, serial, at, reason }),
        _ => Err(unexpected("revoke")),
    }
}

fn unexpected(act: &str) -> DeskError {
    DeskError::Answer(format!("another answer to {act}"))
}

/// The new key signs something, and another library verifies it.
fn test_signature<T: Transport>(
    card: &mut Card<T>,
    public_key: &[u8],
    case: CaseId,
) -> Result<(), DeskError> {
    let text = b"akashi test signature";
    let signature = card
        .sign(KeySlot::Living, &Sha256::of(text).0)
        .map_err(|error| DeskError::CardInCase { case, error })?;
    let key = spki::SubjectPublicKeyInfoOwned::from_der(public_key)
        .map_err(|_| DeskError::TestSignature { case })?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.subject_public_key.raw_bytes())
        .verify(text, &signature)
        .map_err(|_| DeskError::TestSignature { case })
}
