//! Who may ask the authority for something, and as what.

use serde::{Deserialize, Serialize};

use crate::MunicipalityCode;

/// In what capacity a certificate of the authority's own hierarchy acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
pub enum Role {
    /// Enrols the others, two of them together; the first two are made by `init`. Touches no
    /// resident's case.
    SecurityOfficer,
    /// Enrols the officers of one municipality, two of them together, and stops them.
    TownAdministrator {
        /// The municipality.
        municipality: MunicipalityCode,
    },
    /// 受付窓口職員: a registration officer of one municipality.
    Officer {
        /// The only municipality whose residents this officer sees.
        municipality: MunicipalityCode,
    },
    /// 係長: sees who is enrolled and what is stopped in one municipality, and stops its links; opens no case.
    Supervisor {
        /// The municipality.
        municipality: MunicipalityCode,
    },
    /// Takes telephone calls for one municipality: puts certificates on hold, and does nothing else.
    HoldDesk {
        /// The only municipality whose certificates it sees.
        municipality: MunicipalityCode,
    },
    /// The machine at which an officer's token is used: at a counter of one municipality or, under the
    /// prefecture's own code, in the office of the authority. It signs no act, and no act is taken without
    /// it.
    Terminal {
        /// Where it stands.
        municipality: MunicipalityCode,
    },
    /// Runs the machines: says that a clock is right, and sees who is enrolled.
    Operator,
    /// Sees who is enrolled and what is suspended; does nothing.
    Auditor,
    /// 署名検証者: an agency that notified the authority beforehand.
    Agency {
        /// What it may ask for, as notified (law art. 17).
        #[serde(deserialize_with = "crate::bounds::purposes")]
        purposes: Vec<String>,
    },
    /// What sends the 異動 of one municipality.
    Source {
        /// The municipality.
        municipality: MunicipalityCode,
    },
    /// The register of one municipality, which answers look-ups (本人確認情報の照会): it tells of no change.
    Registry {
        /// The municipality.
        municipality: MunicipalityCode,
    },
    /// Cosigns heads of the audit chain, from outside.
    Witness,
    /// Recomputes book and chain: reads, and signs nothing that the authority takes.
    Verifier,
    /// Watches the authority from outside, with a certificate of its own that is revoked by plan.
    Canary,
    /// The authority's own scheduler: orders what time asks for.
    Scheduler,
    /// The authority's own client of the resident registries: asks look-ups (本人確認情報の照会).
    RegistryClient,
    /// The authority's own OCSP responder (RFC 6960 §2.6).
    Responder,
    /// The authority's own CRL issuer (RFC 5280 §5).
    ListIssuer,
    /// The authority's own repository (RFC 5280 §3), which publishes what the list issuer signed.
    Repository,
    /// The authority's own door for holders.
    HoldersDoor,
    /// The authority's own log of its audit chain.
    Log,
    /// The authority's recovery key, which no program holds: named persons open it together.
    Recovery,
}

impl Role {
    /// One word for the audit chain and the screen.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SecurityOfficer => "security_officer",
            Self::TownAdministrator { .. } => "town_administrator",
            Self::Officer { .. } => "officer",
            Self::Supervisor { .. } => "supervisor",
            Self::HoldDesk { .. } => "hold_desk",
            Self::Terminal { .. } => "terminal",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Agency { .. } => "agency",
            Self::Source { .. } => "source",
            Self::Registry { .. } => "registry",
            Self::Witness => "witness",
            Self::Verifier => "verifier",
            Self::Canary => "canary",
            Self::Scheduler => "scheduler",
            Self::RegistryClient => "registry_client",
            Self::Responder => "responder",
            Self::ListIssuer => "list_issuer",
            Self::Repository => "repository",
            Self::HoldersDoor => "holders_door",
            Self::Log => "log",
            Self::Recovery => "recovery",
        }
    }

    /// The municipality to which this role is confined.
    pub fn municipality(&self) -> Option<MunicipalityCode> {
        match self {
            Self::TownAdministrator { municipality }
            | Self::Officer { municipality }
            | Self::Supervisor { municipality }
            | Self::HoldDesk { municipality }
            | Self::Terminal { municipality }
            | Self::Source { municipality }
            | Self::Registry { municipality } => Some(*municipality),
            Self::SecurityOfficer
            | Self::Operator
            | Self::Auditor
            | Self::Agency { .. }
            | Self::Witness
            | Self::Verifier
            | Self::Canary
            | Self::Scheduler
            | Self::RegistryClient
            | Self::Responder
            | Self::ListIssuer
            | Self::Repository
            | Self::HoldersDoor
            | Self::Log
            | Self::Recovery => None,
        }
    }

    /// Whether an act of this role is taken from a terminal that stands here: a municipality's people work
    /// in that municipality, the authority's in its office.
    pub fn works_at(&self, terminal: MunicipalityCode) -> bool {
        match self {
            Self::TownAdministrator { municipality }
            | Self::Officer { municipality }
            | Self::Supervisor { municipality }
            | Self::HoldDesk { municipality } => *municipality == terminal,
            Self::SecurityOfficer | Self::Operator | Self::Auditor => terminal.is_prefecture(),
            Self::Terminal { .. }
            | Self::Agency { .. }
            | Self::Source { .. }
            | Self::Registry { .. }
            | Self::Witness
            | Self::Verifier
            | Self::Canary
            | Self::Scheduler
            | Self::RegistryClient
            | Self::Responder
            | Self::ListIssuer
            | Self::Repository
            | Self::HoldersDoor
            | Self::Log
            | Self::Recovery => false,
        }
    }

    /// Whether its people work at terminals, and nowhere else.
    pub fn works_at_terminals(&self) -> bool {
        match self {
            Self::SecurityOfficer
            | Self::TownAdministrator { .. }
            | Self::Officer { .. }
            | Self::Supervisor { .. }
            | Self::HoldDesk { .. }
            | Self::Operator
            | Self::Auditor => true,
            Self::Terminal { .. }
            | Self::Agency { .. }
            | Self::Source { .. }
            | Self::Registry { .. }
            | Self::Witness
            | Self::Verifier
            | Self::Canary
            | Self::Scheduler
            | Self::RegistryClient
            | Self::Responder
            | Self::ListIssuer
            | Self::Repository
            | Self::HoldersDoor
            | Self::Log
            | Self::Recovery => false,
        }
    }

    /// Whether it is an identity of the authority's own programs: made with the authority, never dismissed
    /// nor suspended, replaced by two security officers.
    pub fn is_own(&self) -> bool {
        match self {
            Self::Scheduler
            | Self::RegistryClient
            | Self::Responder
            | Self::ListIssuer
            | Self::Repository
            | Self::HoldersDoor
            | Self::Log
            | Self::Recovery => true,
            Self::SecurityOfficer
            | Self::TownAdministrator { .. }
            | Self::Officer { .. }
            | Self::Supervisor { .. }
            | Self::HoldDesk { .. }
            | Self::Terminal { .. }
            | Self::Operator
            | Self::Auditor
            | Self::Agency { .. }
            | Self::Source { .. }
            | Self::Registry { .. }
            | Self::Witness
            | Self::Verifier
            | Self::Canary => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_works_where_he_or_she_belongs_and_nowhere_else() {
        let (office, here, there): (MunicipalityCode, MunicipalityCode, MunicipalityCode) =
            ("310000".parse().unwrap(), "312011".parse().unwrap(), "312029".parse().unwrap());
        let municipality = here;
        for (role, places) in [
            (Role::SecurityOfficer, [true, false, false]),
            (Role::Operator, [true, false, false]),
            (Role::Auditor, [true, false, false]),
            (Role::TownAdministrator { municipality }, [false, true, false]),
            (Role::Officer { municipality }, [false, true, false]),
            (Role::Supervisor { municipality }, [false, true, false]),
            (Role::HoldDesk { municipality }, [false, true, false]),
            (Role::Terminal { municipality }, [false; 3]),
            (Role::Terminal { municipality: office }, [false; 3]),
            (Role::Agency { purposes: vec!["tax".into()] }, [false; 3]),
            (Role::Source { municipality }, [false; 3]),
            (Role::Registry { municipality }, [false; 3]),
            (Role::Witness, [false; 3]),
            (Role::Verifier, [false; 3]),
            (Role::Canary, [false; 3]),
            (Role::Scheduler, [false; 3]),
            (Role::RegistryClient, [false; 3]),
            (Role::Responder, [false; 3]),
            (Role::ListIssuer, [false; 3]),
            (Role::Repository, [false; 3]),
            (Role::HoldersDoor, [false; 3]),
            (Role::Log, [false; 3]),
            (Role::Recovery, [false; 3]),
        ] {
            let works = [office, here, there].map(|terminal| role.works_at(terminal));
            assert_eq!(role.works_at_terminals(), works.contains(&true), "{}", role.name());
            assert_eq!(works, places, "{}", role.name());
        }
    }
}
