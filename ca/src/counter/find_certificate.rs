//! Finding a certificate in the authority's own book: loss, theft and hold ask no registry, need no text
//! that fits a certificate, and come after a death too (domain rule 12).

use akashi_ledger::{Sought, Standing, Step};
use akashi_wire::CaseId;
use akashi_wire::FourItems;
use akashi_wire::act::{Answer, CertificateBy, Procedure, Refusal, SerialGiven, StatedHolder};
use akashi_wire::date::day_in_japan;

use super::{Acting, Counter, Halt, at_step};
use crate::{CaError, stated};

impl Counter {
    /// Exactly one certificate of the officer's own town that is in force or on hold.
    pub(super) async fn find_certificate(
        &self,
        acting: &Acting,
        case: CaseId,
        by: &CertificateBy,
    ) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &[Step::Opened, Step::LookedUp], acting)?;
        if !matches!(record.procedure, Procedure::Revocation | Procedure::Hold) {
            return Err(Refusal::NotAllowed.into());
        }
        let digest;
        let sought = match by {
            CertificateBy::Serial { serial: SerialGiven::Whole(serial) } => Sought::Serial(*serial),
            CertificateBy::Serial { serial: SerialGiven::End(end) } => Sought::End(*end),
            CertificateBy::Card { card } => Sought::Card(card),
            CertificateBy::Stated { name, birth_date } => {
                // What ends a certificate is not held up by an era.
                if birth_date.is_after(day_in_japan(change.at())) {
                    return Err(Refusal::BornInTheFuture.into());
                }
                digest = stated::digest(self.vault(), name, birth_date);
                Sought::Stated(&digest)
            }
        };
        let found = change.seek(file.municipality, sought).await?;
        let (person, serial) = match found.as_slice() {
            [one] => *one,
            [] => return Err(Refusal::CertificateNotFound.into()),
            several => return Err(Refusal::SeveralCertificates { count: several.len() }.into()),
        };
        let damaged = || CaError::Damaged(format!("certificate {serial}, found and not there"));
        let living = self.living(&mut change, person).await?;
        let (living, standing) =
            living.iter().find(|(one, _)| one.serial == serial).ok_or_else(damaged)?;
        acting.applies_to(living.not_after);
        let items =
            self.vault().open("certificate_items", serial.as_bytes(), &living.sealed_items)?;
        let items: FourItems =
            serde_json::from_slice(&items).map_err(|e| CaError::Damaged(e.to_string()))?;

        (record.found, record.looked_up) = (Some(serial), None);
        record.is_about(&mut file, person);
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let answer = Answer::CertificateFound {
            serial,
            not_after: living.not_after,
            on_hold: matches!(standing, Some(Standing::Held { .. })),
            holder: StatedHolder { name: items.name, birth_date: items.birth_date },
        };
        self.finish(change, acting, &format!("{case} {serial}"), answer).await
    }
}
