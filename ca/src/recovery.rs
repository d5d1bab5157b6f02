//! 回復: what the recovery key asks for, and what becomes of it when its time has come.

use akashi_keys::{LinkAuthority, Usage};
use akashi_ledger::{LedgerError, NewEnrolment, Recovery, recovered_role};
use akashi_wire::act::{Answer, PartyId, Refusal};
use akashi_wire::signed::MessageKind;
use akashi_wire::{Order, SignedMessage, pki};
use jiff::{SignedDuration, Timestamp};

use crate::counter::normalised;
use crate::{CaError, Issuer, Orders};

/// Writes down what the recovery key asks for. `peer` is the certificate at the other end of the link: its own.
///
/// # Errors
/// Everything that the asker can mend is a [`Refusal`] inside of the error.
pub(crate) async fn ask(
    issuer: &Issuer,
    link_authority: &LinkAuthority,
    message: SignedMessage,
    peer: &[u8],
    now: Timestamp,
) -> Result<Answer, CaError> {
    let malformed = |what: &str| Refusal::Malformed { what: what.to_owned() };
    let message = message
        .verify(MessageKind::RecoveryRequest)
        .map_err(|error| malformed(&error.to_string()))?;
    if message.signer() != peer {
        return Err(Refusal::NotEnrolled.into());
    }
    let (asked, permit) = match issuer.ledger.permit_recovery(&message, now).await {
        Err(LedgerError::Unreadable { column }) => {
            return Err(malformed(&format!("column {column}")).into());
        }
        other => other?,
    };
    if asked.authority != issuer.authority.fingerprint() {
        return Err(Refusal::OtherAuthority.into());
    }
    let made_at = asked.made_at;
    if made_at.duration_since(now).abs() > issuer.rules.act_skew() {
        return Err(Refusal::NotNow { made_at, now }.into());
    }
    if asked.parties.is_empty() {
        return Err(malformed("somebody is to be enrolled").into());
    }
    for (number, party) in asked.parties.iter().enumerate() {
        let name = normalised(&party.name);
        if name.is_empty() || name != party.name {
            return Err(malformed("a name has letters that no certificate takes").into());
        }
        let request = &party.request_for_certificate.0;
        let key = link_authority.requested_key(request);
        key.map_err(|error| malformed(&error.to_string()))?;
        let same = |other: &akashi_wire::recovery::RecoveredParty| {
            other.name == party.name
                || pki::requested_key(&other.request_for_certificate.0)
                    == pki::requested_key(request)
        };
        if asked.parties[..number].iter().any(same) {
            return Err(malformed("two of them have one name, or one key").into());
        }
    }
    let waits = SignedDuration::from_hours(i64::from(issuer.rules.recovery_waits_hours));
    let mut change = issuer.ledger.begin(&permit, now).await?;
    let Recovery { digest, until, .. } = change.ask_for_recovery(&message, waits).await?;
    change.commit().await?;
    Ok(Answer::RecoveryWaits { recovery: digest, until })
}

/// Carries out what has waited long enough; gives how many parties were enrolled. `recovery_key` is DER of the
/// certificate that lies in the authority's directory.
pub(crate) async fn carry_out(
    issuer: &Issuer,
    (link_authority, recovery_key): (&LinkAuthority, &[u8]),
    orders: &Orders,
    now: Timestamp,
    mut random: impl FnMut() -> [u8; 16],
) -> Result<usize, CaError> {
    let waits = SignedDuration::from_hours(i64::from(issuer.rules.recovery_waits_hours));
    let mut enrolled = 0;
    for recovery in issuer.ledger.recoveries().await? {
        if now < recovery.until {
            continue;
        }
        let office = issuer.authority.profile.prefecture;
        let until = issuer.facts.not_after;
        let usage = Usage::Party { hosts: Vec::new() };
        let mut new = Vec::new();
        for party in &recovery.request.parties {
            let request = &party.request_for_certificate.0;
            new.push(NewEnrolment {
                party: PartyId::from_random(random()),
                name: party.name.clone(),
                role: recovered_role(party, office),
                until,
                certificate: link_authority.certify_request(
                    request,
                    &party.name,
                    &usage,
                    until,
                    now,
                )?,
            });
        }
        let order = Order::CarryOutRecovery { recovery: recovery.digest };
        let permit = orders.permit(order, now).await?;
        let mut change = issuer.ledger.begin(&permit, now).await?;
        match change.carry_out_recovery(recovery.digest, &new, (recovery_key, waits)).await {
            Ok(true) => enrolled += new.len(),
            Ok(false) => {}
            // Another tick was quicker, or it was stopped this very moment.
            Err(LedgerError::NotAsItStands) => {
                change.rollback().await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        change.commit().await?;
    }
    Ok(enrolled)
}
