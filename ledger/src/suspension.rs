//! 停止: what one person stopped, until two lift it.

use akashi_wire::MunicipalityCode;
use akashi_wire::act::{PartyId, Suspension};
use akashi_wire::party::Role;
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::Row;
use crate::store::{Value, args, damaged};
use crate::{Change, Enrolment, Issuing, Ledger, LedgerError, Position};

/// One suspension in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The entry that began it.
    pub position: Position,
    /// Of what.
    pub what: Suspension,
    /// By whom.
    pub by: PartyId,
    /// Since when.
    pub since: Timestamp,
}

/// Registries that were suspended, now or once: what they said before is asked for again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoppedRegistries(Vec<(MunicipalityCode, Option<Timestamp>)>);

impl StoppedRegistries {
    /// Whether the registry of this municipality was suspended at this moment or any after it.
    pub fn since(&self, municipality: MunicipalityCode, then: Timestamp) -> bool {
        let mut of_town = self.0.iter().filter(|(town, _)| *town == municipality);
        of_town.any(|(_, until)| until.is_none_or(|until| until >= then))
    }
}

/// Whether a suspension stops this party.
pub(crate) fn stops(what: &Suspension, party: PartyId, role: &Role) -> bool {
    let of_town = what.municipality().is_some() && what.municipality() == role.municipality();
    match what {
        Suspension::Party { party: suspended } => *suspended == party,
        Suspension::Town { .. } => of_town,
        Suspension::Source { .. } => {
            of_town && matches!(role, Role::Source { .. } | Role::Registry { .. })
        }
        Suspension::Counter { .. } => {
            of_town
                && matches!(
                    role,
                    Role::Officer { .. } | Role::Supervisor { .. } | Role::HoldDesk { .. }
                )
        }
        Suspension::Issuing => false,
    }
}

/// What is suspended and since when: `kind`, `of_municipality`, `of_party` and `since` of a row.
pub(crate) fn read_what(row: &Row) -> Result<Option<(Suspension, Timestamp)>, LedgerError> {
    let Some(kind) = row.maybe::<String>("kind")? else { return Ok(None) };
    let unknown = || damaged("suspension", format!("of {kind}"));
    let municipality = || row.get::<MunicipalityCode>("of_municipality");
    let what = match kind.as_str() {
        "source" => Suspension::Source { municipality: municipality()? },
        "counter" => Suspension::Counter { municipality: municipality()? },
        "town" => Suspension::Town { municipality: municipality()? },
        "party" => Suspension::Party { party: row.get("of_party")? },
        "issuing" => Suspension::Issuing,
        _ => return Err(unknown()),
    };
    Ok(Some((what, row.get("since")?)))
}

fn read(row: &Row) -> Result<InForce, LedgerError> {
    let (what, since) = read_what(row)?.ok_or_else(|| damaged("suspension", "of nothing"))?;
    Ok(InForce { position: row.get("position")?, by: row.get("by_party")?, what, since })
}

const IN_FORCE: &str = "SELECT suspension.position, suspension.by_party, kind,
                        municipality AS of_municipality, suspension.party AS of_party,
                        suspension.at AS since FROM suspension
                        LEFT JOIN lifting ON lifting.suspension = suspension.position
                        LEFT JOIN dismissal ON dismissal.party = suspension.party
                        WHERE lifting.suspension IS NULL AND dismissal.party IS NULL
                        ORDER BY suspension.position";

/// Every suspension that there was of a party or its municipality.
const OF_PARTY: &str = "SELECT kind, suspension.municipality AS of_municipality,
                        suspension.party AS of_party, suspension.at AS since,
                        lifting.at AS until FROM suspension
                        LEFT JOIN lifting ON lifting.suspension = suspension.position
                        WHERE suspension.party = $1 OR suspension.municipality = $2";

fn of_party(party: &Enrolment) -> Vec<Value> {
    let town = party.role.municipality().map(|code| code.to_string());
    args![party.party.as_bytes(), town]
}

/// From when to when the rows say that a party was suspended.
fn spans(
    rows: &[Row],
    party: &Enrolment,
) -> Result<Vec<(Timestamp, Option<Timestamp>)>, LedgerError> {
    let mut spans = Vec::new();
    for row in rows {
        if let Some((what, since)) = read_what(row)?
            && stops(&what, party.party, &party.role)
        {
            spans.push((since, row.maybe("until")?));
        }
    }
    Ok(spans)
}

impl Ledger<Issuing> {
    /// Everything that is suspended now, oldest first.
    pub async fn suspensions(&self) -> Result<Vec<InForce>, LedgerError> {
        self.store.rows(IN_FORCE, args![]).await?.iter().map(read).collect()
    }

    /// Whether a party was suspended at this time, whatever became of that.
    pub async fn was_suspended(
        &self,
        party: &Enrolment,
        then: Timestamp,
    ) -> Result<bool, LedgerError> {
        let spans = spans(&self.store.rows(OF_PARTY, of_party(party)).await?, party)?;
        let within = |(since, until): &(Timestamp, Option<Timestamp>)| {
            *since <= then && until.is_none_or(|until| then < until)
        };
        Ok(spans.iter().any(within))
    }
}

impl Change {
    async fn suspensions(&mut self) -> Result<Vec<InForce>, LedgerError> {
        self.tx.rows(IN_FORCE, args![]).await?.iter().map(read).collect()
    }

    /// Whether a party was suspended at this moment or any after it.
    pub(crate) async fn was_suspended_since(
        &mut self,
        party: &Enrolment,
        then: Timestamp,
    ) -> Result<bool, LedgerError> {
        let spans = spans(&self.tx.rows(OF_PARTY, of_party(party)).await?, party)?;
        Ok(spans.iter().any(|(_, until)| until.is_none_or(|until| until >= then)))
    }

    /// The registries that were ever suspended: with their town's source, as a party, or with their town.
    pub async fn stopped_registries(&mut self) -> Result<StoppedRegistries, LedgerError> {
        let rows = self
            .tx
            .rows(
                "SELECT suspension.kind, suspension.municipality AS of_municipality,
                 suspension.party AS of_party, suspension.at AS since, lifting.at AS until,
                 enrolment.role FROM suspension
                 LEFT JOIN lifting ON lifting.suspension = suspension.position
                 LEFT JOIN enrolment ON enrolment.party = suspension.party",
                args![],
            )
            .await?;
        let mut stopped = Vec::new();
        for row in &rows {
            let Some((what, _)) = read_what(row)? else { continue };
            let municipality = match (what, row.maybe::<Role>("role")?) {
                (Suspension::Source { municipality } | Suspension::Town { municipality }, _)
                | (Suspension::Party { .. }, Some(Role::Registry { municipality })) => municipality,
                _ => continue,
            };
            stopped.push((municipality, row.maybe("until")?));
        }
        Ok(StoppedRegistries(stopped))
    }

    /// Since when this is suspended.
    pub(crate) async fn suspended_since(
        &mut self,
        what: &Suspension,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let all = self.suspensions().await?;
        Ok(all.iter().find(|one| one.what == *what).map(|one| one.since))
    }

    /// Suspends something from now on.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] where it is suspended already, or there is no such party;
    /// [`LedgerError::NotEnrolled`] over a party of another municipality; and what keeps two security
    /// officers and the authority's own programs at work.
    pub async fn suspend(&mut self, what: Suspension) -> Result<(), LedgerError> {
        self.require_about(Right::Suspend, &Object::Suspension(what))?;
        if self.suspensions().await?.iter().any(|one| one.what == what) {
            return Err(LedgerError::NotAsItStands);
        }
        // The office of the authority is no town.
        if what.municipality().is_some_and(MunicipalityCode::is_prefecture) {
            return Err(LedgerError::NotAsItStands);
        }
        if let Suspension::Party { party } = what {
            self.may_stop(party).await?;
        }
        let position = self.append("suspend", &what.to_string(), None).await?;
        let row = args![
            position.0,
            what.kind(),
            what.municipality().map(|code| code.to_string()),
            Value::Octets(what.party().map(|party| party.as_bytes().to_vec())),
            self.permit.party().as_bytes(),
            self.at(),
        ];
        self.record(&evidence::SUSPENSION, vec![row]).await
    }

    /// Lifts a suspension.
    ///
    /// # Errors
    /// [`LedgerError::TakesTwo`] where one person alone signed it; [`LedgerError::NotAsItStands`] where
    /// nothing is suspended.
    pub async fn lift(&mut self, what: Suspension) -> Result<(), LedgerError> {
        // What cannot be lifted cannot be proposed either.
        if let Suspension::Party { party } = what {
            let party = self.party(party).await?;
            self.of_own_town(&party, Right::Lift)?;
        }
        let in_force = self.suspensions().await?;
        let one = in_force.iter().find(|one| one.what == what);
        let suspended = one.ok_or(LedgerError::NotAsItStands)?.position;
        self.require_about(Right::Lift, &Object::Suspension(what))?;
        let position = self.append("lift", &what.to_string(), None).await?;
        let row = args![position.0, suspended.0, self.at()];
        self.record(&evidence::LIFTING, vec![row]).await
    }

    /// Stops what would issue while issuing is suspended.
    pub(crate) async fn check_issuing(&mut self) -> Result<(), LedgerError> {
        let all = self.suspensions().await?;
        match all.iter().any(|one| one.what == Suspension::Issuing) {
            true => Err(LedgerError::IssuingSuspended),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspension_stops_those_whom_it_names_and_nobody_else() {
        let (here, there): (MunicipalityCode, MunicipalityCode) =
            ("312011".parse().unwrap(), "312029".parse().unwrap());
        let (one, other) = (PartyId::from_random([1; 16]), PartyId::from_random([2; 16]));
        let of = |municipality: MunicipalityCode| {
            [
                Role::Source { municipality },
                Role::Registry { municipality },
                Role::Officer { municipality },
                Role::Supervisor { municipality },
                Role::HoldDesk { municipality },
                Role::TownAdministrator { municipality },
                Role::Terminal { municipality },
            ]
        };
        let stopped =
            |what: Suspension, roles: [Role; 7]| roles.map(|role| stops(&what, one, &role));
        let municipality = here;
        for (what, expected) in [
            (Suspension::Source { municipality }, [true, true, false, false, false, false, false]),
            (Suspension::Counter { municipality }, [false, false, true, true, true, false, false]),
            (Suspension::Town { municipality }, [true; 7]),
            (Suspension::Party { party: one }, [true; 7]),
            (Suspension::Party { party: other }, [false; 7]),
            (Suspension::Issuing, [false; 7]),
        ] {
            assert_eq!(stopped(what, of(here)), expected, "{what}");
            if what.municipality().is_some() {
                assert_eq!(stopped(what, of(there)), [false; 7], "{what} elsewhere");
                assert!(!stops(&what, one, &Role::SecurityOfficer), "{what} of no town");
                assert!(!stops(&what, one, &Role::Scheduler), "{what} of no town");
            }
        }
    }
}
