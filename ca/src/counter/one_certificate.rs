//! 二重発行の禁止: one certificate a person, and the window of renewal.

use akashi_ledger::{Living, Slot, Standing};
use akashi_wire::act::{Procedure, Refusal};
use jiff::civil::Date;

use akashi_wire::validity::renewal_opens;

/// A living certificate, and how it stands; one that is not filed yet does not stand at all.
pub(super) type Stands = (Living, Option<Standing>);

/// The filed certificate in the current place.
pub(super) fn current(living: &[Stands]) -> Option<(&Living, Standing)> {
    living.iter().find_map(|(living, standing)| match (living.slot, standing) {
        (Slot::Current, Some(standing)) => Some((living, *standing)),
        _ => None,
    })
}

/// The certificate that a report of loss is about: the current one; where that is over, a renewal of
/// it that was issued.
pub(super) fn in_force(living: &[Stands]) -> Option<&Living> {
    let issued = || living.iter().find(|(_, standing)| standing.is_some());
    current(living).map(|(current, _)| current).or_else(|| issued().map(|(living, _)| living))
}

/// The place that a new certificate may take beside the person's living ones.
///
/// # Errors
/// Why there is none.
pub(super) fn place(procedure: Procedure, living: &[Stands], today: Date) -> Result<Slot, Refusal> {
    let current = current(living);
    let certified = |living: &Living| Refusal::AlreadyCertified {
        serial: living.serial,
        not_after: living.not_after,
        opens: renewal_opens(living.not_after),
    };
    if let Some((living, Standing::Held { .. })) = current {
        return Err(Refusal::OnHold { serial: living.serial });
    }
    // What another counter is issuing this very moment counts, filed or not.
    let under_way = living
        .iter()
        .find(|(one, _)| current.as_ref().is_none_or(|(current, _)| current.serial != one.serial));
    if let Some((living, _)) = under_way {
        return Err(certified(living));
    }
    match (procedure, current) {
        (Procedure::Revocation | Procedure::Hold | Procedure::PinReset, _) => {
            Err(Refusal::NotAllowed)
        }
        (Procedure::Issue, None) => Ok(Slot::Current),
        (Procedure::Issue, Some((living, _))) => Err(certified(living)),
        (Procedure::Renewal, None) => Err(Refusal::NoLivingCertificate),
        (Procedure::Renewal, Some((living, _))) => {
            let opens = renewal_opens(living.not_after);
            if today < opens {
                return Err(Refusal::RenewalNotOpen { serial: living.serial, opens });
            }
            Ok(Slot::Next)
        }
    }
}
