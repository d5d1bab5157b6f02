//! A case from its first act to its last.

mod ending;

use akashi_card::{Card, CardError, KeySlot, SigningPin, Transport};
use akashi_wire::act::{
    Answer, CertifiedText, Deed, IdentityProof, IssuedCertificate, LookUpBy, Procedure, Refusal,
    SubstituteChoices,
};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{CaseId, FourItems, SerialNumber};
use der::Decode;
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use akashi_wire::known;

pub use ending::{Ended, Find, Inquiry, hold, inquire, revoke, revoke_in};

use crate::{Desk, DeskError, channel};

/// What an applicant brings.
pub struct Application {
    /// 新規発行 or 更新.
    pub procedure: Procedure,
    /// By what the person is found.
    pub by: LookUpBy,
    /// 本人確認.
    pub identity: IdentityProof,
    /// Whether the applicant is under guardianship, where the authority asks for it.
    pub under_guardianship: Option<bool>,
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
    /// The case is open. Its number is what takes it up again, should this terminal be cut off.
    Opened {
        /// The case.
        case: CaseId,
    },
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
/// An error after the case was opened names it ([`DeskError::InCase`]): [`resume`] takes it up. The
/// living pair of a renewal stays usable until the new one is activated.
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
    show(Stage::Opened { case });
    let mut sitting = Sitting { desk, card, number, pin, case, show };
    sitting.look_up_and_on(application).await.map_err(in_case(case))
}

/// Takes an open case up again, at this terminal or another: after the card was taken out, the
/// terminal was cut off, or the authority was out of reach. The application is the same as before.
///
/// What was issued already is written again into the same card; before that, everything is done
/// anew, with a new key pair.
///
/// # Errors
/// A card that is not the case's is refused by the authority.
pub async fn resume<T: Transport>(
    desk: &Desk,
    card: &mut Card<T>,
    pin: &SigningPin,
    case: CaseId,
    application: &Application,
    show: impl FnMut(Stage),
) -> Result<Delivery, DeskError> {
    card.select()?;
    let number = card.number()?.to_string();
    let mut sitting = Sitting { desk, card, number, pin, case, show };
    sitting.take_up_and_on(application).await.map_err(in_case(case))
}

/// A card in a reader, its holder in front of it, and the case.
struct Sitting<'a, T, Show> {
    desk: &'a Desk,
    card: &'a mut Card<T>,
    number: String,
    pin: &'a SigningPin,
    case: CaseId,
    show: Show,
}

/// What a certificate says of its holder.
struct Person {
    items: FourItems,
    name: CertifiedText,
    address: CertifiedText,
}

impl<T: Transport, Show: FnMut(Stage)> Sitting<'_, T, Show> {
    async fn look_up_and_on(&mut self, application: &Application) -> Result<Delivery, DeskError> {
        let look_up = Deed::LookUp { case: self.case, by: application.by.clone() };
        let Answer::Found { items, .. } = self.desk.ask(look_up).await? else {
            return Err(unexpected("look_up"));
        };
        (self.show)(Stage::Found);
        if application.procedure == Procedure::Issue {
            let known = known::of(&items, application.ticket.as_deref());
            if let Some(weakness) = self.pin.weakness(known.iter().map(String::as_str)) {
                return Err(DeskError::WeakPin { weakness });
            }
        }
        self.apply_and_on(application, items).await
    }

    async fn apply_and_on(
        &mut self,
        application: &Application,
        items: FourItems,
    ) -> Result<Delivery, DeskError> {
        let apply = Deed::Apply {
            case: self.case,
            card: self.number.clone(),
            identity: application.identity.clone(),
            under_guardianship: application.under_guardianship,
            name_choices: application.name_choices.clone(),
            address_choices: application.address_choices.clone(),
        };
        let Answer::Permitted { challenge, name, address, .. } = self.desk.ask(apply).await? else {
            return Err(unexpected("apply"));
        };
        (self.show)(Stage::Permitted);
        let opened = channel::open(self.desk, self.card, self.case).await?;
        let Answer::KeyMade { public_key } = opened else { return Err(unexpected("key")) };
        if application.procedure == Procedure::Issue {
            self.card.set_pin(self.pin)?;
        }
        self.card.verify_pin(self.pin)?;
        let proof = Octets(self.card.proof_of_possession(&public_key.0, &challenge.0)?);
        (self.show)(Stage::KeyMade);

        let certify = Deed::Certify { case: self.case, card: self.number.clone(), proof };
        let Answer::Certified { serial, certificate, not_after, run } =
            self.desk.ask(certify).await?
        else {
            return Err(unexpected("certify"));
        };
        (self.show)(Stage::Certified);
        let written = if run.is_empty() {
            channel::open(self.desk, self.card, self.case).await?
        } else {
            channel::carry(self.desk, self.card, self.case, run).await?
        };
        let issued = IssuedCertificate { serial, certificate, not_after };
        self.switched_and_on(written, issued, Person { items, name, address }).await
    }

    /// The card has switched: it signs something, and what it holds is told to the authority.
    async fn switched_and_on(
        &mut self,
        written: Answer,
        issued: IssuedCertificate,
        person: Person,
    ) -> Result<Delivery, DeskError> {
        let Answer::Activated = written else { return Err(unexpected("card_answered")) };
        self.card.verify_pin(self.pin)?;
        let read_back = self.card.read_certificate()?;
        self.deliver(&read_back, issued, person).await
    }

    async fn deliver(
        &mut self,
        read_back: &[u8],
        issued: IssuedCertificate,
        person: Person,
    ) -> Result<Delivery, DeskError> {
        test_signature(self.card, read_back)?;
        (self.show)(Stage::Written);
        let IssuedCertificate { serial, certificate, not_after } = issued;
        let confirm = Deed::ConfirmDelivery {
            case: self.case,
            card: self.number.clone(),
            read_back: Sha256::of(read_back),
        };
        let Answer::Delivered { fee_yen, superseded, .. } = self.desk.ask(confirm).await? else {
            return Err(unexpected("confirm_delivery"));
        };
        (self.show)(Stage::Delivered);
        let (case, certificate) = (self.case, certificate.0);
        let Person { items, name, address } = person;
        Ok(Delivery {
            case,
            serial,
            certificate,
            not_after,
            items,
            name,
            address,
            fee_yen,
            superseded,
        })
    }

    async fn take_up_and_on(&mut self, application: &Application) -> Result<Delivery, DeskError> {
        let take_up = Deed::TakeUp { case: self.case, card: self.number.clone() };
        let taken_up = self.desk.ask(take_up).await?;
        let Answer::TakenUp { procedure, items, name, address, issued } = taken_up else {
            return Err(unexpected("take_up"));
        };
        if procedure != application.procedure {
            return Err(DeskError::OtherProcedure { procedure });
        }
        (self.show)(Stage::Opened { case: self.case });
        let (Some(items), Some(name), Some(address), Some(issued)) = (items, name, address, issued)
        else {
            return self.look_up_and_on(application).await;
        };
        (self.show)(Stage::Certified);
        // The card may have switched just before it was taken out.
        self.card.verify_pin(self.pin)?;
        let person = Person { items: items.clone(), name, address };
        match self.card.read_certificate() {
            Ok(read_back) if read_back == issued.certificate.0 => {
                return self.deliver(&read_back, issued, person).await;
            }
            Ok(_) | Err(CardError::NoCertificate) => {}
            Err(error) => return Err(error.into()),
        }
        match channel::open(self.desk, self.card, self.case).await {
            // Another key pair was made in the card meanwhile.
            Err(DeskError::Refused(Refusal::PendingKeyGone)) => {
                self.apply_and_on(application, items).await
            }
            written => self.switched_and_on(written?, issued, person).await,
        }
    }
}

/// 暗証番号の初期化: a new PIN, forgotten or locked, on the card that holds the certificate in
/// force. The authority opens the card's window; the PIN goes to the card and nowhere else. A case
/// that was cut off before the window was open is taken up.
pub async fn reset_pin<T: Transport>(
    desk: &Desk,
    card: &mut Card<T>,
    pin: &SigningPin,
    application: &Application,
    taken_up: Option<CaseId>,
) -> Result<CaseId, DeskError> {
    card.select()?;
    let number = card.number()?.to_string();
    let case = match taken_up {
        Some(case) => case,
        None => open_case(desk, Procedure::PinReset).await?,
    };
    let reset = async {
        let look_up = Deed::LookUp { case, by: application.by.clone() };
        let Answer::Found { items, .. } = desk.ask(look_up).await? else {
            return Err(unexpected("look_up"));
        };
        let known = known::of(&items, application.ticket.as_deref());
        if let Some(weakness) = pin.weakness(known.iter().map(String::as_str)) {
            return Err(DeskError::WeakPin { weakness });
        }
        let identity = application.identity.clone();
        desk.ask(Deed::ResetPin { case, card: number, identity }).await?;
        let Answer::PinWindowOpen = channel::open(desk, card, case).await? else {
            return Err(unexpected("card_answered"));
        };
        Ok(())
    };
    reset.await.map_err(in_case(case))?;
    // The case is done: a card that fails now is reset in another.
    card.set_pin(pin)?;
    card.verify_pin(pin)?;
    Ok(case)
}

async fn open_case(desk: &Desk, procedure: Procedure) -> Result<CaseId, DeskError> {
    match desk.ask(Deed::OpenCase { procedure }).await? {
        Answer::CaseOpened { case, .. } => Ok(case),
        _ => Err(unexpected("open_case")),
    }
}

fn unexpected(act: &str) -> DeskError {
    DeskError::Answer(format!("another answer to {act}"))
}

fn in_case(case: CaseId) -> impl FnOnce(DeskError) -> DeskError {
    move |error| DeskError::InCase { case, error: Box::new(error) }
}

/// The key in the card signs something, and another library verifies it by the card's certificate.
fn test_signature<T: Transport>(card: &mut Card<T>, certificate: &[u8]) -> Result<(), DeskError> {
    let text = b"akashi test signature";
    let signature = card.sign(KeySlot::Living, &Sha256::of(text).0)?;
    let certificate =
        x509_cert::Certificate::from_der(certificate).map_err(|_| DeskError::TestSignature)?;
    let key = &certificate.tbs_certificate().subject_public_key_info().subject_public_key;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.raw_bytes())
        .verify(text, &signature)
        .map_err(|_| DeskError::TestSignature)
}
