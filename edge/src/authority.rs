//! The authority's door for orders, from a program that is not in its process.

use akashi_link::{Identity, LinkError, Now, TimeFault};
use akashi_wire::SignedMessage;
use akashi_wire::octets::Sha256;
use akashi_wire::order::{Answered, Done, OrderDoor, OrderRefusal};
use jiff::Timestamp;

/// The longest answer that is read, in octets.
const LIMIT: usize = 16 * 1024;

/// A link to the authority.
pub struct AuthorityLink {
    client: reqwest::Client,
    url: String,
    about: String,
    time: String,
}

/// What is read of what the authority says of itself.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub struct About {
    /// What time it is there.
    pub now: Timestamp,
    /// What it asks, where it does not know that.
    #[serde(default)]
    pub asks_time: Option<Sha256>,
}

impl AuthorityLink {
    /// A link to the authority at `url` (`https://HOST:PORT`), with this identity, by this time.
    pub fn new(identity: &Identity, url: &str, now: Now) -> Result<Self, LinkError> {
        let base = url.trim_end_matches('/');
        let door = |path: &str| format!("{base}/{path}");
        let (url, about, time) = (door("orders"), door("authority"), door("time"));
        Ok(Self { client: akashi_link::client_by(identity, now)?, url, about, time })
    }

    /// What time it is there; nothing where it cannot be reached.
    pub async fn now(&self) -> Option<Timestamp> {
        Some(self.about().await?.now)
    }

    /// What it says of itself; nothing where it cannot be reached.
    pub async fn about(&self) -> Option<About> {
        let answer = self.client.get(&self.about).send().await.ok()?;
        let octets = bounded(answer.error_for_status().ok()?).await.ok()?;
        serde_json::from_slice(&octets).ok()
    }

    /// Says what time it is here, as it was asked; gives whether it was taken.
    pub async fn tell_time(&self, answer: &SignedMessage) -> bool {
        let sent = self.client.post(&self.time).body(answer.as_der().to_vec()).send().await;
        sent.is_ok_and(|answer| answer.status().is_success())
    }

    async fn send(&self, order: SignedMessage) -> Result<Done, OrderRefusal> {
        let not_now = |why: String| OrderRefusal::NotNow { why };
        let body = order.as_der().to_vec();
        let answer = self.client.post(&self.url).body(body).send().await;
        let answer = answer.map_err(|error| {
            let fault = TimeFault::of(&error).map(|fault| fault.to_string());
            not_now(fault.unwrap_or_else(|| error.to_string()))
        })?;
        let granted = answer.status().is_success();
        let octets = bounded(answer).await.map_err(not_now)?;
        let strange = |_| not_now(format!("{} answers otherwise than an authority", self.url));
        match granted {
            true => serde_json::from_slice(&octets).map_err(strange),
            false => Err(serde_json::from_slice(&octets).map_err(strange)?),
        }
    }
}

/// The octets of an answer, of at most [`LIMIT`]; else why there are none.
async fn bounded(mut answer: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
        octets.extend_from_slice(&chunk);
        if octets.len() > LIMIT {
            return Err("its answer is too long".into());
        }
    }
    Ok(octets)
}

impl OrderDoor for AuthorityLink {
    fn carry_out(&self, order: SignedMessage) -> Answered<'_> {
        Box::pin(self.send(order))
    }
}
