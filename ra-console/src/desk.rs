//! Asking the authority: every question an act over the officer's signature.

use std::sync::Arc;
use std::time::Duration;

use akashi_keys::{EcKey, OfficerToken, Signer};
use akashi_link::{Identity, TimeFault};
use akashi_wire::act::{Act, Answer, Deed, LookUpBy, Refusal, RequestId};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::signed::MessageKind;
use akashi_wire::{Clock, RekeyRequest, SignedMessage, pki, signed};
use serde::Deserialize;

use crate::DeskError;

/// Whoever asks too often asks again so often, each time after a moment.
const TOO_OFTEN: u32 = 20;
/// In which several acts are let in again.
const A_MOMENT: Duration = Duration::from_millis(500);
/// A line that broke is tried again this many times, with the same octets.
const TRIES: u32 = 3;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// What a desk learns of the authority before its first act.
#[derive(Debug, Clone, Deserialize)]
pub struct Tell {
    /// SHA-256 of the authority's certificate.
    pub fingerprint: Sha256,
    /// DER of the authority's certificate.
    pub certificate: Octets,
    /// DER of the certificate to which messages are encrypted.
    pub envelope: Octets,
    /// The authority's time.
    pub now: jiff::Timestamp,
}

/// What came of a token's wish for another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rekeyed {
    /// DER of the next key's certificate.
    pub certificate: Vec<u8>,
    /// Until when the enrolment is good, within which there may be further ones.
    pub until: jiff::Timestamp,
}

/// A desk: a terminal, at which somebody is signed in with an officer's token.
pub struct Desk {
    client: reqwest::Client,
    url: String,
    /// DER of the terminal's certificate.
    terminal: Vec<u8>,
    token: Arc<OfficerToken>,
    clock: Arc<dyn Clock>,
    authority: Tell,
}

impl Desk {
    /// Opens the terminal's link and asks whose it is; acts are signed with the officer's token.
    pub async fn sign_in(
        url: &str,
        terminal: &OfficerToken,
        token: Arc<OfficerToken>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, DeskError> {
        let own = clock.clone();
        let link = Identity {
            certificate: terminal.certificate().to_vec(),
            key: terminal.key().for_tls(),
            authority: terminal.link_authority().to_vec(),
        };
        let client = akashi_link::client_by(&link, Arc::new(move || own.now()))?;
        let unreachable =
            |why: reqwest::Error| unreachable(url, &why, terminal.certificate(), clock.now());
        let answer = client.get(format!("{url}/authority")).send().await.map_err(unreachable)?;
        let octets = answer.bytes().await.map_err(unreachable)?;
        let authority: Tell =
            serde_json::from_slice(&octets).map_err(|e| DeskError::Answer(e.to_string()))?;
        if Sha256::of(&authority.certificate.0) != authority.fingerprint {
            return Err(DeskError::Answer("the fingerprint is not the certificate's".into()));
        }
        let terminal = terminal.certificate().to_vec();
        Ok(Self { client, url: url.to_owned(), terminal, token, clock, authority })
    }

    /// What the authority said of itself.
    pub fn authority(&self) -> &Tell {
        &self.authority
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    pub(crate) fn token(&self) -> &OfficerToken {
        &self.token
    }

    /// DER of the certificate of the terminal, over whose link acts go.
    pub fn terminal(&self) -> &[u8] {
        &self.terminal
    }

    /// DER of the officer's certificate.
    pub fn certificate(&self) -> &[u8] {
        self.token.certificate()
    }

    /// Signs an act over this deed and has it carried out.
    ///
    /// When the line breaks, the very same octets are sent again: the authority answers a request
    /// that it has carried out already with the same answer.
    pub async fn ask(&self, deed: Deed) -> Result<Answer, DeskError> {
        let act = self.sign(deed)?;
        self.send(&act).await
    }

    /// Signs an act, to be sent once or more than once. An encrypted resident code is enclosed and
    /// not signed: what is signed is kept.
    pub fn sign(&self, deed: Deed) -> Result<SignedMessage, DeskError> {
        match deed {
            Deed::LookUp { case, by: LookUpBy::Code { sealed } } => {
                let by = LookUpBy::Enclosed { digest: Sha256::of(&sealed.0) };
                self.sign_content(Deed::LookUp { case, by })?
                    .enclosing(&sealed.0)
                    .map_err(|error| DeskError::Answer(error.to_string()))
            }
            deed => self.sign_content(deed),
        }
    }

    fn sign_content(&self, deed: Deed) -> Result<SignedMessage, DeskError> {
        let now = self.clock.now();
        let act = Act {
            request: RequestId::from_random(rand::random()),
            authority: self.authority.fingerprint,
            terminal: Sha256::of(&self.terminal),
            made_at: now,
            deed,
        };
        let content = serde_json::to_vec(&act).expect("an act is JSON");
        // Read as the authority will: it tells strangers no more than a column.
        if let Err(error) = serde_json::from_slice::<Act>(&content) {
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            return Err(DeskError::Beyond { what: what.to_owned() });
        }
        SignedMessage::sign(MessageKind::Act, &content, self.token.certificate(), now, |o| {
            self.token.sign(o)
        })
        .map_err(|error| DeskError::Answer(error.to_string()))
    }

    /// Sends a signed act, again where the line breaks.
    pub async fn send(&self, act: &SignedMessage) -> Result<Answer, DeskError> {
        self.send_to("acts", act).await
    }

    /// Has the authority certify another key in the place of the token's, which is dead with the answer
    /// (RFC 3647 §4.7). Whoever works at no terminal signs in with the own token in its place.
    ///
    /// Keep the next key durably first. Where the answer was lost, the same key is asked for again.
    pub async fn rekey(&self, next: &EcKey) -> Result<Rekeyed, DeskError> {
        let now = self.clock.now();
        let request = RekeyRequest {
            authority: self.authority.fingerprint,
            made_at: now,
            request_for_certificate: Octets(next.request_for_certificate()?),
        };
        let content = serde_json::to_vec(&request).expect("a request is JSON");
        let certificate = self.token.certificate();
        let sign = |octets: &[u8]| self.token.sign(octets);
        let request =
            SignedMessage::sign(MessageKind::RekeyRequest, &content, certificate, now, sign)
                .map_err(|error| DeskError::Answer(error.to_string()))?;
        let answer = self.send_to("rekey", &request).await?;
        let Answer::Rekeyed { certificate: Octets(certificate), until } = answer else {
            return Err(DeskError::Answer("it is about something else".into()));
        };
        if pki::public_key(&certificate).as_deref() != Some(next.public_key()) {
            return Err(DeskError::Answer("another key was certified".into()));
        }
        Ok(Rekeyed { certificate, until })
    }

    async fn send_to(&self, door: &str, message: &SignedMessage) -> Result<Answer, DeskError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.send_once(door, message).await {
                Err(DeskError::Unreachable { .. }) if tries < TRIES => {
                    tokio::time::sleep(PAUSE).await;
                }
                // Nothing was done, and a moment later it is: a card is not left half written for that.
                Err(DeskError::Refused(Refusal::TooOften)) if tries < TOO_OFTEN => {
                    tokio::time::sleep(A_MOMENT).await;
                }
                other => return other,
            }
        }
    }

    async fn send_once(&self, door: &str, message: &SignedMessage) -> Result<Answer, DeskError> {
        let unreachable =
            |why: reqwest::Error| unreachable(&self.url, &why, &self.terminal, self.now());
        let answer = self
            .client
            .post(format!("{}/{door}", self.url))
            .header("content-type", signed::MEDIA_TYPE)
            .body(message.as_der().to_vec())
            .send()
            .await
            .map_err(unreachable)?;
        let granted = answer.status().is_success();
        let octets = answer.bytes().await.map_err(unreachable)?;
        let not_understood = |e: serde_json::Error| DeskError::Answer(e.to_string());
        if granted {
            return serde_json::from_slice(&octets).map_err(not_understood);
        }
        let refusal: Refusal = serde_json::from_slice(&octets).map_err(not_understood)?;
        Err(DeskError::Refused(refusal))
    }
}

/// That no answer came: of time, or of anything else. `link` is the certificate that this end showed. What the
/// other end has against that may be lost with the line: then its own end tells.
fn unreachable(url: &str, why: &reqwest::Error, link: &[u8], now: jiff::Timestamp) -> DeskError {
    let has_ended =
        || (pki::not_after(link) < now && !why.is_connect()).then_some(TimeFault::OwnEnded);
    if akashi_link::says_dismissed(why) {
        return DeskError::Dismissed { url: url.to_owned() };
    }
    match TimeFault::of(why).or_else(has_ended) {
        Some(fault) => DeskError::Time { url: url.to_owned(), fault },
        // Who is late is not asked again behind anybody's back: what he does may take as long the next time.
        None if why.is_timeout() && !why.is_connect() => {
            DeskError::Late { url: url.to_owned(), seconds: akashi_link::ANSWERS.as_secs() }
        }
        None => DeskError::Unreachable { url: url.to_owned(), why: akashi_link::causes(why) },
    }
}
