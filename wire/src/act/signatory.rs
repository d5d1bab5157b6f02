//! Who may sign an act for which deed: one table, asked where an act that was received gives its deed out
//! ([`super::ReceivedAct`]).

use super::{Deed, List, Procedure, Suspension};
use crate::MunicipalityCode;
use crate::party::Role;

/// Who may ask for a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signatory {
    /// An officer at a counter, for the own municipality.
    Officer,
    /// An officer, or the desk that takes telephone calls.
    Telephone,
    /// A security officer.
    SecurityOfficer,
    /// A security officer, or an administrator of this municipality.
    Town(MunicipalityCode),
    /// A security officer, an administrator, a supervisor or an officer of this municipality: whose links
    /// they are.
    OwnLinks(MunicipalityCode),
    /// A security officer, or an administrator: over parties of the own municipality, which the book
    /// knows.
    Administration,
    /// The same, or whoever only looks.
    Onlooker,
    /// Whoever is on watch: a security officer or an operator; of the own municipality, which the book knows, an
    /// administrator or a supervisor.
    Watch,
    /// An officer or a supervisor, of the own municipality; an auditor.
    Counter,
    /// Whoever sees a clock.
    Anybody,
}

impl Deed {
    /// Whether a party of this role may ask for it. A deed or a role that is new does not compile until
    /// it has its line here.
    pub(crate) fn is_for(&self, role: &Role) -> bool {
        use Signatory::*;
        let asked = self.signatory();
        match role {
            Role::SecurityOfficer => match asked {
                SecurityOfficer | Town(_) | OwnLinks(_) | Administration | Onlooker | Watch
                | Anybody => true,
                Officer | Telephone | Counter => false,
            },
            Role::TownAdministrator { municipality } => match asked {
                Town(town) | OwnLinks(town) => town == *municipality,
                Administration | Onlooker | Watch => true,
                Officer | Telephone | SecurityOfficer | Counter | Anybody => false,
            },
            Role::Officer { municipality } => match asked {
                Officer | Telephone | Counter | Anybody => true,
                OwnLinks(town) => town == *municipality,
                SecurityOfficer | Town(_) | Administration | Onlooker | Watch => false,
            },
            Role::Supervisor { municipality } => match asked {
                OwnLinks(town) => town == *municipality,
                Onlooker | Watch | Counter | Anybody => true,
                Officer | Telephone | SecurityOfficer | Town(_) | Administration => false,
            },
            Role::HoldDesk { .. } => asked == Telephone,
            Role::Operator => matches!(asked, Onlooker | Watch | Anybody),
            Role::Auditor => matches!(asked, Onlooker | Counter),
            Role::Terminal { .. }
            | Role::Agency { .. }
            | Role::Source { .. }
            | Role::Registry { .. }
            | Role::Witness
            | Role::Verifier
            | Role::Canary
            | Role::Scheduler
            | Role::RegistryClient
            | Role::Responder
            | Role::ListIssuer
            | Role::Repository
            | Role::HoldersDoor
            | Role::Log
            | Role::Recovery => false,
        }
    }

    fn signatory(&self) -> Signatory {
        match self {
            Self::OpenCase { procedure: Procedure::Hold }
            | Self::LookUp { .. }
            | Self::FindCertificate { .. }
            | Self::Hold { .. }
            | Self::CloseCase { .. } => Signatory::Telephone,
            Self::OpenCase { .. }
            | Self::SendInquiry { .. }
            | Self::Apply { .. }
            | Self::TakeUp { .. }
            | Self::OpenChannel { .. }
            | Self::CardAnswered { .. }
            | Self::Certify { .. }
            | Self::ResetPin { .. }
            | Self::ReportOffline { .. }
            | Self::ConfirmDelivery { .. }
            | Self::Revoke { .. } => Signatory::Officer,
            Self::Enrol { party, .. } => match party {
                Role::Officer { municipality }
                | Role::Supervisor { municipality }
                | Role::HoldDesk { municipality }
                | Role::Terminal { municipality } => Signatory::Town(*municipality),
                Role::SecurityOfficer
                | Role::TownAdministrator { .. }
                | Role::Operator
                | Role::Auditor
                | Role::Agency { .. }
                | Role::Source { .. }
                | Role::Registry { .. }
                | Role::Witness
                | Role::Verifier
                | Role::Canary
                | Role::Scheduler
                | Role::RegistryClient
                | Role::Responder
                | Role::ListIssuer
                | Role::Repository
                | Role::HoldersDoor
                | Role::Log
                | Role::Recovery => Signatory::SecurityOfficer,
            },
            Self::Suspend { what, .. } => match what {
                Suspension::Source { municipality }
                | Suspension::Counter { municipality }
                | Suspension::Town { municipality } => Signatory::OwnLinks(*municipality),
                Suspension::Party { .. } => Signatory::Administration,
                Suspension::Issuing => Signatory::SecurityOfficer,
            },
            Self::Lift { what: Suspension::Party { .. }, .. }
            | Self::Dismiss { .. }
            | Self::Prolong { .. }
            | Self::Countersign { .. }
            | Self::Outcome { .. } => Signatory::Administration,
            Self::Lift { .. }
            | Self::Release { .. }
            | Self::HandOver { .. }
            | Self::StopRecovery { .. }
            | Self::RegisterCards { .. }
            | Self::PreviewRecall { .. }
            | Self::ProposeRecall { .. }
            | Self::ConfirmRecall { .. } => Signatory::SecurityOfficer,
            Self::Review => Signatory::Onlooker,
            Self::List { list } => match list {
                List::Alarms | List::Parties | List::Sources => Signatory::Onlooker,
                List::Cases { .. } | List::Certificates { .. } => Signatory::Counter,
            },
            Self::SignForAlarm { .. } => Signatory::Watch,
            Self::AcceptClock => Signatory::Anybody,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    /// One of each.
    fn deeds() -> Vec<Deed> {
        let (case, card) = ("0f".repeat(16), "CARD");
        let (digest, known) = ("ab".repeat(32), json!({"proof": "resident_card"}));
        let lot = json!({"by": "lot", "lot": "L"});
        let deeds = [
            json!({"act": "open_case", "procedure": "issue"}),
            json!({"act": "look_up", "case": case, "by": {"by": "items", "name": "証", "birth_date": "319700115", "sex": "female"}}),
            json!({"act": "find_certificate", "case": case, "by": {"by": "card", "card": card}}),
            json!({"act": "send_inquiry", "case": case}),
            json!({"act": "apply", "case": case, "card": card, "identity": known}),
            json!({"act": "take_up", "case": case, "card": card}),
            json!({"act": "open_channel", "case": case, "card": card}),
            json!({"act": "card_answered", "case": case, "answers": []}),
            json!({"act": "certify", "case": case, "card": card, "proof": "AA=="}),
            json!({"act": "reset_pin", "case": case, "card": card, "identity": known}),
            json!({"act": "report_offline", "lines": ["AA=="]}),
            json!({"act": "confirm_delivery", "case": case, "card": card, "read_back": digest}),
            json!({"act": "revoke", "case": case, "identity": known, "reason": "keyCompromise"}),
            json!({"act": "hold", "case": case}),
            json!({"act": "close_case", "case": case, "why": "…"}),
            json!({"act": "enrol", "name": "N", "party": {"role": "security_officer"}, "request_for_certificate": "AA=="}),
            json!({"act": "dismiss", "party": case, "why": "…"}),
            json!({"act": "prolong", "party": case, "until": "2036-03-31T14:59:59Z"}),
            json!({"act": "accept_clock"}),
            json!({"act": "stop_recovery", "recovery": digest, "why": "…"}),
            json!({"act": "sign_for_alarm", "alarm": 7, "why": "…"}),
            json!({"act": "list", "list": {"list": "alarms"}}),
            json!({"act": "list", "list": {"list": "cases"}}),
            json!({"act": "suspend", "what": {"what": "counter", "municipality": "312029"}, "why": "…"}),
            json!({"act": "lift", "what": {"what": "issuing"}, "why": "…"}),
            json!({"act": "release", "serial": "5f".repeat(16), "why": "…"}),
            json!({"act": "hand_over", "from": "312029", "to": "312011", "why": "…"}),
            json!({"act": "countersign", "request": case, "digest": digest}),
            json!({"act": "outcome", "request": case}),
            json!({"act": "review"}),
            json!({"act": "register_cards", "lot": "L", "model": "M", "cards": [card]}),
            json!({"act": "preview_recall", "selection": lot}),
            json!({"act": "propose_recall", "selection": lot, "reason": "keyCompromise", "why": "…", "digest": digest}),
            json!({"act": "confirm_recall", "recall": case, "digest": digest}),
        ];
        let read = |deed: serde_json::Value| {
            serde_json::from_value(deed.clone()).unwrap_or_else(|error| panic!("{deed}: {error}"))
        };
        deeds.map(read).into()
    }

    /// docs/interfaces.md §4, once more by hand: the acts of each role, for a town's own the town
    /// 312029.
    fn may(role: &Role) -> Vec<&'static str> {
        let administrator = [
            "dismiss",
            "prolong",
            "suspend",
            "countersign",
            "outcome",
            "review",
            "list_alarms",
            "sign_for_alarm",
        ];
        let (cards, recall) =
            (["register_cards"], ["preview_recall", "propose_recall", "confirm_recall"]);
        let telephone = ["look_up", "find_certificate", "hold", "close_case"];
        let counter = [
            "open_case",
            "send_inquiry",
            "apply",
            "take_up",
            "open_channel",
            "card_answered",
            "certify",
            "reset_pin",
            "report_offline",
            "confirm_delivery",
            "revoke",
            "list_cases",
            "accept_clock",
        ];
        let own = |municipality: &MunicipalityCode| municipality.to_string() == "312029";
        match role {
            Role::SecurityOfficer => {
                let all: [&[&str]; 4] = [
                    &administrator,
                    &cards,
                    &recall,
                    &["enrol", "lift", "release", "hand_over", "accept_clock", "stop_recovery"],
                ];
                all.concat()
            }
            Role::TownAdministrator { municipality } if own(municipality) => administrator.into(),
            // Of another town: whose party it is the book knows, not the deed.
            Role::TownAdministrator { .. } => {
                administrator.into_iter().filter(|verb| *verb != "suspend").collect()
            }
            Role::Officer { municipality } if own(municipality) => {
                [telephone.as_slice(), &counter, &["suspend"]].concat()
            }
            Role::Officer { .. } => [telephone.as_slice(), &counter].concat(),
            Role::Supervisor { municipality } if own(municipality) => {
                vec![
                    "review",
                    "list_alarms",
                    "list_cases",
                    "sign_for_alarm",
                    "suspend",
                    "accept_clock",
                ]
            }
            Role::Supervisor { .. } => {
                vec!["review", "list_alarms", "list_cases", "sign_for_alarm", "accept_clock"]
            }
            Role::HoldDesk { .. } => telephone.into(),
            Role::Operator => vec!["review", "list_alarms", "sign_for_alarm", "accept_clock"],
            Role::Auditor => vec!["review", "list_alarms", "list_cases"],
            Role::Terminal { .. }
            | Role::Agency { .. }
            | Role::Source { .. }
            | Role::Registry { .. }
            | Role::Witness
            | Role::Verifier
            | Role::Canary
            | Role::Scheduler
            | Role::RegistryClient
            | Role::Responder
            | Role::ListIssuer
            | Role::Repository
            | Role::HoldersDoor
            | Role::Log
            | Role::Recovery => vec![],
        }
    }

    fn roles() -> Vec<Role> {
        let municipality = "312029".parse().unwrap();
        let elsewhere = "312011".parse().unwrap();
        vec![
            Role::SecurityOfficer,
            Role::TownAdministrator { municipality },
            Role::TownAdministrator { municipality: elsewhere },
            Role::Officer { municipality },
            Role::Officer { municipality: elsewhere },
            Role::Supervisor { municipality },
            Role::Supervisor { municipality: elsewhere },
            Role::HoldDesk { municipality },
            Role::Terminal { municipality },
            Role::Terminal { municipality: "310000".parse().unwrap() },
            Role::Operator,
            Role::Auditor,
            Role::Agency { purposes: vec!["tax".into()] },
            Role::Source { municipality },
            Role::Registry { municipality },
            Role::Witness,
            Role::Verifier,
            Role::Canary,
            Role::Scheduler,
            Role::RegistryClient,
            Role::Responder,
            Role::ListIssuer,
            Role::Repository,
            Role::HoldersDoor,
            Role::Log,
            Role::Recovery,
        ]
    }

    #[test]
    fn every_deed_is_for_the_roles_of_the_table_and_for_no_other() {
        let mut verbs = BTreeSet::new();
        for deed in deeds() {
            let verb = deed.verb();
            verbs.insert(verb);
            for role in roles() {
                let expected = may(&role).contains(&verb);
                assert_eq!(deed.is_for(&role), expected, "{verb} by {}", role.name());
            }
        }
        assert_eq!(verbs.len(), 34, "one of each: {verbs:?}");
    }

    #[test]
    fn a_town_enrols_its_own_officers_and_terminals_and_nobody_else() {
        let (own, other): (MunicipalityCode, MunicipalityCode) =
            ("312029".parse().unwrap(), "312011".parse().unwrap());
        let administrator = Role::TownAdministrator { municipality: own };
        let enrol = |party| Deed::Enrol {
            name: "N".into(),
            party,
            hosts: vec![],
            request_for_certificate: crate::octets::Octets(vec![]),
            until: None,
        };
        for party in roles() {
            let is_own_counter = party == Role::Officer { municipality: own }
                || party == Role::Supervisor { municipality: own }
                || party == Role::HoldDesk { municipality: own }
                || party == Role::Terminal { municipality: own };
            let deed = enrol(party);
            assert_eq!(deed.is_for(&administrator), is_own_counter, "{deed:?}");
            assert!(deed.is_for(&Role::SecurityOfficer), "{deed:?}");
            assert!(!deed.is_for(&Role::Officer { municipality: own }), "{deed:?}");
        }
        assert!(!enrol(Role::Officer { municipality: other }).is_for(&administrator));
    }

    #[test]
    fn whoever_answers_the_telephone_holds_and_does_nothing_else() {
        let municipality = "312029".parse().unwrap();
        let desk = Role::HoldDesk { municipality };
        for procedure in [
            Procedure::Issue,
            Procedure::Renewal,
            Procedure::Revocation,
            Procedure::Hold,
            Procedure::PinReset,
        ] {
            let held = procedure == Procedure::Hold;
            assert_eq!(Deed::OpenCase { procedure }.is_for(&desk), held, "{procedure:?}");
        }
    }

    #[test]
    fn what_stops_a_town_is_its_own_peoples_and_what_starts_it_again_is_not() {
        let (own, other): (MunicipalityCode, MunicipalityCode) =
            ("312029".parse().unwrap(), "312011".parse().unwrap());
        let why = || "…".to_owned();
        for role in [
            Role::Officer { municipality: own },
            Role::Supervisor { municipality: own },
            Role::TownAdministrator { municipality: own },
        ] {
            for what in [
                Suspension::Source { municipality: own },
                Suspension::Counter { municipality: own },
                Suspension::Town { municipality: own },
            ] {
                assert!(Deed::Suspend { what, why: why() }.is_for(&role), "{what}");
                assert!(!Deed::Lift { what, why: why() }.is_for(&role), "{what}");
            }
            for what in [Suspension::Source { municipality: other }, Suspension::Issuing] {
                assert!(!Deed::Suspend { what, why: why() }.is_for(&role), "{what}");
                assert!(!Deed::Lift { what, why: why() }.is_for(&role), "{what}");
            }
        }
    }
}
