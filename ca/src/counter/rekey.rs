//! Another key in the place of a party's own, asked over the signature of the key in use (RFC 3647 §4.7).

use akashi_keys::Usage;
use akashi_ledger::{Content, Enrolment, LedgerError};
use akashi_wire::act::{Answer, Refusal};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::signed::MessageKind;
use akashi_wire::{SignedMessage, Verified, pki};
use jiff::Timestamp;

use super::{Counter, Halt, refusal_name};
use crate::CaError;
use crate::retention::Record;

impl Counter {
    /// Certifies another key of a party in the place of the one that signs for it. `peer` is the certificate
    /// at the other end of the link: the party's own, or a terminal's at which it works.
    ///
    /// # Errors
    /// Everything that the asker can mend is a [`Refusal`] inside of the error; each is on record.
    pub async fn rekey(
        &self,
        message: SignedMessage,
        peer: &[u8],
        now: Timestamp,
    ) -> Result<Answer, CaError> {
        let digest = Sha256::of(message.as_der());
        let error = match self.rekeyed(message.clone(), peer, now).await {
            Ok(answer) => return Ok(answer),
            Err(Halt::Already(answer)) => return Ok(*answer),
            Err(Halt::Error(error)) => error,
        };
        // Asked twice at once, the second meets what the first did in this very moment.
        if matches!(&error, CaError::Ledger(error) if error.is_of_the_signer())
            && let Ok(answer) = self.rekeyed(message, peer, now).await
        {
            return Ok(answer);
        }
        match error.refused() {
            Some(refusal) => {
                let why = refusal_name(&refusal);
                self.services.orders.record_refusal(Some(peer), (&why, Some(digest)), now).await?;
                Err(refusal.into())
            }
            None => Err(error),
        }
    }

    async fn rekeyed(
        &self,
        message: SignedMessage,
        peer: &[u8],
        now: Timestamp,
    ) -> Result<Answer, Halt> {
        let malformed = |what: String| Refusal::Malformed { what };
        let message = message
            .verify(MessageKind::RekeyRequest)
            .map_err(|error| malformed(error.to_string()))?;
        let ledger = &self.issuer.ledger;
        let signer = ledger.enrolment_of(Sha256::of(message.signer())).await?;
        let signer = signer.ok_or(Refusal::NotEnrolled)?;
        self.comes_over_its_link(&signer, peer, now).await?;
        if let Some(answer) = self.rekeyed_before(&signer, &message).await? {
            return Ok(answer);
        }
        let (asked, permit) = match ledger.permit_rekey(&message, now).await {
            Err(LedgerError::Unreadable { column }) => {
                return Err(malformed(format!("column {column}")).into());
            }
            other => other?,
        };
        if asked.authority != self.issuer.authority.fingerprint() {
            return Err(Refusal::OtherAuthority.into());
        }
        if asked.made_at.duration_since(now).abs() > self.issuer.rules.act_skew() {
            return Err(Refusal::NotNow { made_at: asked.made_at, now }.into());
        }
        // What is certified is the enrolment as it stands: the same name, reached under the same hosts.
        let usage = Usage::of_party(&signer.certificate)?;
        let mut change = ledger.begin(&permit, now).await?;
        let (request, until) = (&asked.request_for_certificate.0, change.term().await?);
        let certificate = self
            .services
            .link_authority
            .certify_request(request, &signer.name, &usage, until, change.at())
            .map_err(|error| malformed(error.to_string()))?;
        change.rekey(&certificate, self.rekey_evidence(&message, now)?).await?;
        change.commit().await?;
        Ok(Answer::Rekeyed { certificate: Octets(certificate), until })
    }

    /// Nobody asks for a party but the party itself, over its own link or that of a terminal at which it may
    /// work.
    async fn comes_over_its_link(
        &self,
        signer: &Enrolment,
        peer: &[u8],
        now: Timestamp,
    ) -> Result<(), Halt> {
        let link = self.issuer.ledger.enrolment_of(Sha256::of(peer)).await?;
        let is_its = |link: &Enrolment| match signer.role.works_at_terminals() {
            true => link.is_terminal_of(&signer.role, now),
            false => link.party == signer.party,
        };
        if link.is_some_and(|link| is_its(&link)) {
            Ok(())
        } else {
            Err(Refusal::NotATerminal.into())
        }
    }

    /// The answer that the dead key got when it asked for this very key: the line may have broken before the
    /// party had it. A certificate is no secret.
    async fn rekeyed_before(
        &self,
        signer: &Enrolment,
        message: &Verified,
    ) -> Result<Option<Answer>, Halt> {
        if signer.superseded_at.is_none() || signer.ended_at.is_some() {
            return Ok(None);
        }
        let Ok(asked) = serde_json::from_slice::<akashi_wire::RekeyRequest>(message.content())
        else {
            return Ok(None);
        };
        let successor = self.issuer.ledger.successor(Sha256::of(message.signer())).await?;
        let wanted = pki::requested_key(&asked.request_for_certificate.0);
        let same = successor.filter(|found| wanted.is_some() && pki::public_key(found) == wanted);
        Ok(same.map(|certificate| Answer::Rekeyed {
            certificate: Octets(certificate),
            until: signer.until,
        }))
    }

    /// The request as it was signed, kept as acts are.
    fn rekey_evidence(&self, message: &Verified, now: Timestamp) -> Result<Content, Halt> {
        let until = Record::Issuance.until_of_any(self.last_issue(now)).number();
        let octets = message.message();
        Ok(Content::new(octets, self.random(), |commitment| {
            self.vault().seal("audit_content", &commitment.0, octets, until)
        })?)
    }
}
