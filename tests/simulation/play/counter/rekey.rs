//! An officer's key is renewed by its own signature, whatever befalls the authority meanwhile.

use std::sync::Arc;

use akashi_keys::{EcKey, OfficerToken};
use akashi_wire::act::{Answer, Deed, Procedure, Refusal};
use akashi_wire::octets::Octets;
use akashi_wire::signed::MessageKind;
use akashi_wire::{Clock, RekeyRequest, SignedMessage};

use super::{Play, Sitting};
use crate::checks::{Breach, hold};
use crate::founded::Officer;
use crate::trouble::Mishap;

/// Of an officer's two keys one lives: before there is an answer the first or the next, after it the next.
const NAME: &str = "a_renewed_key_lives_and_the_one_before_is_dead";

impl Play {
    /// Another key for one of a town's officers, asked for again until there is an answer.
    pub(in crate::play) fn rekey(
        &mut self,
        (town, which): (u8, u8),
        mut mishap: Option<Mishap>,
    ) -> Result<(), Breach> {
        // Who does not know the time certifies nobody.
        if self.truth.held || self.prefecture.kept.read().doubt.is_some() {
            return Ok(());
        }
        let (town, which) = (self.town(town), usize::from(which) % 2);
        let before = self.officers[&town][which].clone();
        let next = EcKey::generate().expect("a key");
        let now = self.prefecture.kept.now();
        let request = RekeyRequest {
            authority: self.prefecture.founded.fingerprint(),
            made_at: now,
            request_for_certificate: Octets(next.request_for_certificate().expect("a request")),
        };
        let content = serde_json::to_vec(&request).expect("a request is JSON");
        let (token, sign) = (&before.token, |octets: &[u8]| before.token.sign(octets));
        let message = SignedMessage::sign(
            MessageKind::RekeyRequest,
            &content,
            token.certificate(),
            now,
            sign,
        )
        .expect("a token signs");
        let mut certified = None;
        for _ in 0..4 {
            let (message, peer) = (message.clone(), before.terminal.clone());
            let (outcome, struck) = self.prefecture.authority(mishap.take(), async |authority| {
                authority.counter.rekey(message, &peer, now).await
            });
            self.struck(struck);
            match outcome {
                Some(Ok(Answer::Rekeyed { certificate, .. })) => {
                    // Asked again, the dead key gets the same answer.
                    let same = certified.replace(certificate.0.clone());
                    hold(NAME, same.is_none_or(|same| same == certificate.0), String::new)?;
                }
                None => {}
                Some(Err(error)) if error.refused().is_none() => {
                    hold("the_counter_serves", struck, || error.to_string())?;
                }
                other => return hold(NAME, false, || format!("{other:?}")),
            }
        }
        let Some(certificate) = certified else {
            return hold("the_counter_recovers", false, || "rekey".into());
        };
        let link_authority = token.link_authority().to_vec();
        let token = Arc::new(OfficerToken::new(next, certificate, link_authority));
        let terminal = before.terminal.clone();
        let living = Officer { token, terminal };
        if let Some(officers) = self.officers.get_mut(&town) {
            officers[which] = living.clone();
        }
        for (officer, lives) in [(before, false), (living, true)] {
            let mut sitting =
                Sitting { officer, town, who: 0, twice: false, gives_up: false, mishap: None };
            let deed = Deed::OpenCase { procedure: Procedure::Revocation };
            let outcome = self.request(&mut sitting, deed)?;
            let as_must = match lives {
                true => outcome.is_ok(),
                false => matches!(outcome, Err(Refusal::Superseded { .. })),
            };
            hold(NAME, as_must, || format!("{outcome:?}"))?;
        }
        Ok(())
    }
}
