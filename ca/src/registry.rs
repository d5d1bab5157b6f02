//! The authority as a client of the registry: 本人確認情報の照会.
//!
//! The desk never asks by itself. The answer is believed only when an enrolled registry of that
//! municipality signed it, for this very question.

use std::sync::Arc;

use akashi_keys::{CodeHash, OfficerToken, Opener, Vault};
use akashi_ledger::{Issuing, Ledger, LedgerError};
use akashi_link::TimeFault;
use akashi_wire::act::Refusal;
use akashi_wire::lookup::{LookUpAnswer, LookUpEnvelope, LookUpRequest, ResidentRecord, Whom};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::{MEDIA_TYPE, MessageKind};
use akashi_wire::time::{TimeAnswer, TimeQuestion};
use akashi_wire::{MunicipalityCode, SignedMessage};
use jiff::{SignedDuration, Timestamp};

use crate::CaError;

/// Octets of an answer, at most: a hundred persons with the longest texts have fewer.
const ANSWER: usize = 2 * 1024 * 1024;
/// How far the register's clock may be ahead of ours. An answer of the future would stay fresh for
/// ever.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The registry at the other end of a link.
#[derive(Clone)]
pub struct RegistryClient {
    client: reqwest::Client,
    url: String,
    opener: Arc<Opener>,
    token: Arc<OfficerToken>,
}

/// Exactly one person, with the keyed hash of the resident code.
pub struct FoundPerson {
    /// As the registry has the record.
    pub record: ResidentRecord,
    /// Who.
    pub code_hash: CodeHash,
    /// State of the register that was read.
    pub as_of: Timestamp,
}

impl RegistryClient {
    /// A client that asks at `url` (without a slash at the end), with questions that this token signs.
    pub fn new(
        client: reqwest::Client,
        url: String,
        opener: Arc<Opener>,
        token: Arc<OfficerToken>,
    ) -> Self {
        Self { client, url, opener, token }
    }

    /// Asks; gives the one person who fits.
    ///
    /// # Errors
    /// `NotInRegister`, `SeveralInRegister`, and `RegistryUnreachable` also for an answer that
    /// cannot be believed: nothing may be issued on it.
    pub async fn look_up(
        &self,
        request: &LookUpRequest,
        ledger: &Ledger<Issuing>,
        vault: &Vault,
        now: Timestamp,
    ) -> Result<FoundPerson, CaError> {
        let octets = serde_json::to_vec(request).expect("a question is JSON");
        let (kind, certificate) = (MessageKind::LookUpQuestion, self.token.certificate());
        let sign = |octets: &[u8]| self.token.sign(octets);
        let question = SignedMessage::sign(kind, &octets, certificate, now, sign)
            .map_err(|_| CaError::BadSignature("the registry client's own key"))?;
        let question = question.as_der().to_vec();
        let digest = Sha256::of(&question);
        let sealed = self.ask("lookup", MEDIA_TYPE, question).await?;
        let envelope = self.opener.open(&sealed).map_err(|_| Refusal::RegistryUnreachable)?;
        let envelope: LookUpEnvelope =
            serde_json::from_slice(&envelope).map_err(|_| Refusal::RegistryUnreachable)?;
        let signed = SignedMessage::from_der(envelope.signed.0)
            .verify(MessageKind::LookUpAnswer)
            .map_err(|_| Refusal::RegistryUnreachable)?;
        let signer = ledger.enrolment_of(Sha256::of(signed.signer())).await?;
        if signer.as_ref().is_some_and(|signer| signer.superseded_at.is_some()) {
            return Err(Refusal::RegistryEnded.into());
        }
        let believed = signer.is_some_and(|signer| {
            signer.is_in_force(now)
                && signed.signer_has_not_ended(now)
                && signer.role == Role::Registry { municipality: request.municipality }
        });
        let answer: LookUpAnswer =
            serde_json::from_slice(signed.content()).map_err(|_| Refusal::RegistryUnreachable)?;
        // While nobody knows the time it may be of any later one.
        let is_known = is_of_now_or_before(answer.as_of, now) || !ledger.is_time_known().await?;
        if !believed || !is_known || answer.request != digest || answer.case != request.case {
            return Err(Refusal::RegistryUnreachable.into());
        }
        if answer.persons.len() != envelope.openings.len() {
            return Err(Refusal::RegistryUnreachable.into());
        }
        match (answer.persons.as_slice(), envelope.openings.as_slice()) {
            ([record], [opening]) => {
                let code = opening.open(&record.resident).ok_or(Refusal::RegistryUnreachable)?;
                if let Whom::Code { opening: asked } = &request.whom
                    && asked.open(&asked.commitment()).as_ref() != Some(&code)
                {
                    // Somebody else's record, whatever the reason.
                    return Err(Refusal::RegistryUnreachable.into());
                }
                let code_hash = vault.code_hash(code.expose());
                Ok(FoundPerson { record: record.clone(), code_hash, as_of: answer.as_of })
            }
            ([], _) => Err(Refusal::NotInRegister.into()),
            (several, _) => Err(Refusal::SeveralInRegister { count: several.len() }.into()),
        }
    }

    /// What time the register of a municipality says it is, over a challenge that nobody has seen before;
    /// `None` where it does not answer, or not so that it can be believed.
    pub async fn time(
        &self,
        municipality: MunicipalityCode,
        challenge: Sha256,
        ledger: &Ledger<Issuing>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let question = TimeQuestion { municipality, challenge };
        let question = serde_json::to_vec(&question).expect("a question is JSON");
        let Ok(answer) = self.ask("time", "application/json", question).await else {
            return Ok(None);
        };
        let Some((signer, at)) = said(answer, challenge) else { return Ok(None) };
        let signer = ledger.enrolment_of(signer).await?;
        let is_its = signer.is_some_and(|signer| {
            signer.is_in_force(now) && signer.role == Role::Registry { municipality }
        });
        Ok(is_its.then_some(at))
    }

    async fn ask(&self, what: &str, kind: &str, question: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let asking = self
            .client
            .post(format!("{}/{what}", self.url))
            .header("content-type", kind)
            .body(question)
            .send();
        let answer = asking.await.and_then(reqwest::Response::error_for_status);
        let answer = answer.map_err(|error| match TimeFault::of(&error) {
            Some(TimeFault::PeerEnded) => Refusal::RegistryEnded,
            _ => Refusal::RegistryUnreachable,
        })?;
        whole(answer).await.ok_or(Refusal::RegistryUnreachable)
    }
}

/// Who says what time it is, to this challenge and no other: by the SHA-256 of the certificate.
fn said(answer: Vec<u8>, challenge: Sha256) -> Option<(Sha256, Timestamp)> {
    let signed = SignedMessage::from_der(answer).verify(MessageKind::TimeAnswer).ok()?;
    let answer: TimeAnswer = serde_json::from_slice(signed.content()).ok()?;
    let signer = Sha256::of(signed.signer());
    (answer.challenge == challenge).then_some((signer, answer.at))
}

/// Whether the state of a register can be known already, as clocks go.
fn is_of_now_or_before(as_of: Timestamp, now: Timestamp) -> bool {
    as_of.duration_since(now) <= AHEAD
}

/// An answer, if it is no longer than one may be: what comes after is not waited for.
async fn whole(mut answer: reqwest::Response) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if octets.len() + chunk.len() > ANSWER {
            return None;
        }
        octets.extend_from_slice(&chunk);
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use akashi_keys::{EcKey, LinkAuthority, Signer, Usage};

    use super::*;

    #[tokio::test]
    async fn an_answer_of_the_register_is_read_up_to_its_bound_and_no_further() {
        let answer = |octets: usize| axum::http::Response::new(vec![7; octets]).into();
        assert_eq!(whole(answer(0)).await, Some(Vec::new()));
        assert_eq!(whole(answer(ANSWER)).await.map(|octets| octets.len()), Some(ANSWER));
        assert_eq!(whole(answer(ANSWER + 1)).await, None);
    }

    #[test]
    fn an_answer_of_the_future_would_stay_fresh_for_ever_and_is_none() {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        for as_of in [now, now + AHEAD, Timestamp::UNIX_EPOCH, Timestamp::MIN] {
            assert!(is_of_now_or_before(as_of, now), "{as_of}");
        }
        let later = now + AHEAD + SignedDuration::from_nanos(1);
        for as_of in [later, Timestamp::MAX] {
            assert!(!is_of_now_or_before(as_of, now), "{as_of}");
        }
    }
    #[test]
    fn an_answer_what_time_it_is_is_one_to_its_own_challenge_and_as_what_it_is() {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", now).unwrap();
        let key = EcKey::generate().unwrap();
        let usage = Usage::Party { hosts: Vec::new() };
        let certificate = link.certify(key.public_key(), "register", &usage, now).unwrap();
        let (ours, before) = (Sha256([1; 32]), Sha256([2; 32]));
        let answer =
            serde_json::to_vec(&TimeAnswer { challenge: ours, at: now, boot: None }).unwrap();
        let signed = |kind| {
            let sign = |octets: &[u8]| key.sign(octets);
            let message = SignedMessage::sign(kind, &answer, &certificate, now, sign).unwrap();
            message.as_der().to_vec()
        };
        let signer = Sha256::of(&certificate);
        assert_eq!(said(signed(MessageKind::TimeAnswer), ours), Some((signer, now)));
        assert_eq!(said(signed(MessageKind::TimeAnswer), before), None, "of before");
        assert_eq!(said(signed(MessageKind::LookUpAnswer), ours), None, "said of something else");
        assert_eq!(said(b"no message".to_vec(), ours), None);
    }
}
