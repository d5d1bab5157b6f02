//! What comes of the door for holders: whoever signs with a certificate may have it ended.
//!
//! Nobody here is enrolled. What speaks for the holder is a signature by the key of a certificate
//! that lies in the book. The change is made by the scheduler's order; the evidence is what the
//! holder signed.

mod challenges;

use std::sync::{Arc, Mutex, PoisonError};

use akashi_keys::Vault;
use akashi_ledger::{Content, LedgerError, Recording, Standing};
use akashi_wire::act::{Answer, Refusal};
use akashi_wire::holder::RevocationApplication;
use akashi_wire::holder::challenge::ChallengeKeys;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{Order, RevocationReason, SignedMessage, Verified, pki};
use jiff::Timestamp;
use rand::Rng;
use rand::rngs::StdRng;

use self::challenges::Challenges;
use crate::counter::end_living;
use crate::retention::Record;
use crate::{CaError, Issuer, Orders};

/// What an audit entry about such a revocation is called.
const VERB: &str = "holder_revokes";

/// What holders ask, as their door hands it on (`akashi-holders-door`).
pub struct Holders {
    issuer: Issuer,
    orders: Orders,
    rng: Mutex<StdRng>,
    challenges: Mutex<Challenges>,
}

impl Holders {
    /// A door over an issuer; `rng` gives salts.
    pub fn new(issuer: Issuer, orders: Orders, mut rng: StdRng) -> Self {
        let challenges = Mutex::new(Challenges::new(&mut rng));
        Self { issuer, orders, rng: Mutex::new(rng), challenges }
    }

    /// Under which the door makes what the next application must repeat: good for one, and for five minutes.
    pub fn challenge_keys(&self, now: Timestamp) -> ChallengeKeys {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner).keys(now)
    }

    /// Whether whoever shows this certificate is the authority's own door for holders.
    pub async fn is_from_the_door(&self, peer: &[u8], now: Timestamp) -> Result<bool, CaError> {
        let enrolled = self.issuer.ledger.enrolment_of(Sha256::of(peer)).await?;
        Ok(enrolled.is_some_and(|one| one.role == Role::HoldersDoor && one.is_in_force(now)))
    }

    /// Since when another key is in the place of this one, which was the door's.
    pub async fn replaced(&self, peer: &[u8]) -> Result<Option<Timestamp>, CaError> {
        let enrolled = self.issuer.ledger.enrolment_of(Sha256::of(peer)).await?;
        Ok(enrolled.filter(|one| one.role == Role::HoldersDoor).and_then(|one| one.ended_at))
    }

    /// Ends the certificate that signed, and with it a renewal of it that is under way.
    ///
    /// Repeated, it gives the same answer.
    ///
    /// # Errors
    /// Everything that the holder can mend is a [`Refusal`] inside of the error. Refusals are not on
    /// record: anybody may knock here.
    pub async fn revoke(&self, message: SignedMessage, now: Timestamp) -> Result<Answer, CaError> {
        let malformed = |what: String| Refusal::Malformed { what };
        let content = message
            .unverified_content(MessageKind::HolderApplication)
            .map_err(|e| malformed(e.to_string()))?;
        let application: RevocationApplication = serde_json::from_slice(&content)
            .map_err(|e| malformed(format!("column {}", e.column())))?;
        let message = self.signed_by_its_holder(&application, message).await?;
        self.check(&application)?;
        self.check_time(application.made_at, now).await?;

        let RevocationApplication { serial, reason, challenge, .. } = application;
        // What cannot be taken does not wait for the writer's turn.
        if !self.would_take(&challenge, now) {
            return match self.issuer.ledger.standing(serial).await? {
                Some(Standing::Revoked { at, reason }) => {
                    Ok(Answer::Revoked { serial, at, reason })
                }
                _ => Err(Refusal::ChallengeSpent.into()),
            };
        }
        let permit = self.orders.permit(Order::EndByHolder { serial }, now).await?;
        let mut change = match self.issuer.ledger.begin(&permit, now).await {
            Err(LedgerError::ClockBehind { .. }) => return Err(Refusal::ClockBehind.into()),
            other => other?,
        };
        if let Some(Standing::Revoked { at, reason }) = change.standing(serial).await? {
            change.rollback().await?;
            return Ok(Answer::Revoked { serial, at, reason });
        }
        let person = change.holder(serial).await?.ok_or(Refusal::NoLivingCertificate)?;
        if !self.takes(&challenge, now) {
            change.rollback().await?;
            return Err(Refusal::ChallengeSpent.into());
        }
        let recording = Recording { reason, received_at: change.at() };
        let row = end_living(&mut change, person, &recording).await?;
        let row = row.ok_or(Refusal::NoLivingCertificate)?;
        let evidence = self.evidence(&message)?;
        change.append(VERB, &serial.to_string(), Some(evidence)).await?;
        change.commit().await?;
        Ok(Answer::Revoked { serial, at: row.recorded_at, reason })
    }

    fn would_take(&self, challenge: &Octets, now: Timestamp) -> bool {
        let challenges = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        challenges.would_take(&challenge.0, now).is_some()
    }

    fn takes(&self, challenge: &Octets, now: Timestamp) -> bool {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner).take(&challenge.0, now)
    }

    /// The application, if the certificate that it names verifies it. That one is taken from the
    /// book: what travels with the message says nothing.
    async fn signed_by_its_holder(
        &self,
        application: &RevocationApplication,
        message: SignedMessage,
    ) -> Result<Verified, CaError> {
        let serial = application.serial;
        let sealed = self.issuer.ledger.sealed_certificate(serial).await?;
        let sealed = sealed.ok_or(Refusal::NotTheHolder)?;
        let certificate = self.vault().open("certificate_file", serial.as_bytes(), &sealed)?;
        Ok(message
            .verify_by(MessageKind::HolderApplication, &certificate)
            .map_err(|_| Refusal::NotTheHolder)?)
    }

    /// Whether it is said to us, now, for a reason that a holder may have.
    fn check(&self, application: &RevocationApplication) -> Result<(), Refusal> {
        if application.authority != self.issuer.authority.fingerprint() {
            return Err(Refusal::OtherAuthority);
        }
        match application.reason {
            RevocationReason::KeyCompromise | RevocationReason::CessationOfOperation => Ok(()),
            reason => Err(Refusal::ReasonNotForCounter { reason }),
        }
    }

    /// Whether it was said now, or may have been while our time is in doubt: it ends a certificate.
    async fn check_time(&self, made_at: Timestamp, now: Timestamp) -> Result<(), CaError> {
        let skew = self.issuer.rules.act_skew();
        if made_at.duration_since(now).abs() <= skew {
            return Ok(());
        }
        let found = self.issuer.ledger.clock_doubt().await?;
        match found.is_some_and(|found| found.may_be_of_now(made_at, now, skew)) {
            true => Ok(()),
            false => Err(Refusal::NotNow { made_at, now }.into()),
        }
    }

    fn evidence(&self, message: &Verified) -> Result<Content, CaError> {
        // The holder signs with the certificate that it is about.
        let until = Record::Status.until(pki::not_after(message.signer())).number();
        let mut salt = [0; 32];
        self.rng.lock().expect("nobody panics with the generator").fill_bytes(&mut salt);
        Ok(Content::new(message.message(), salt, |commitment| {
            self.vault().seal("audit_content", &commitment.0, message.message(), until)
        })?)
    }

    fn vault(&self) -> &Arc<Vault> {
        &self.issuer.vault
    }
}
