//! Who may sign an act for which deed: one table, asked where a permit is made and where an act is
//! carried out.

use super::Deed;
use crate::party::Role;

/// Who may ask for a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signatory {
    /// An officer at a counter, for the own municipality.
    Officer,
    /// A security officer.
    SecurityOfficer,
    /// Either.
    AnyOfficer,
}

impl Deed {
    /// Whether a party of this role may ask for it. A deed that is new does not compile until it has
    /// its line here.
    pub fn is_for(&self, role: &Role) -> bool {
        match (self.signatory(), role) {
            (Signatory::Officer | Signatory::AnyOfficer, Role::Officer { .. })
            | (Signatory::SecurityOfficer | Signatory::AnyOfficer, Role::SecurityOfficer) => true,
            (_, Role::Officer { .. } | Role::SecurityOfficer)
            | (_, Role::Agency { .. } | Role::Source { .. } | Role::Scheduler) => false,
        }
    }

    fn signatory(&self) -> Signatory {
        match self {
            Self::OpenCase { .. }
            | Self::LookUp { .. }
            | Self::FindCertificate { .. }
            | Self::SendInquiry { .. }
            | Self::Apply { .. }
            | Self::TakeUp { .. }
            | Self::OpenChannel { .. }
            | Self::CardAnswered { .. }
            | Self::Certify { .. }
            | Self::ResetPin { .. }
            | Self::ReportOffline { .. }
            | Self::ConfirmDelivery { .. }
            | Self::Revoke { .. }
            | Self::Hold { .. }
            | Self::CloseCase { .. } => Signatory::Officer,
            Self::Enrol { .. }
            | Self::Dismiss { .. }
            | Self::Link { .. }
            | Self::RegisterCards { .. }
            | Self::PreviewRecall { .. }
            | Self::ProposeRecall { .. }
            | Self::ConfirmRecall { .. } => Signatory::SecurityOfficer,
            Self::AcceptClock => Signatory::AnyOfficer,
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
            json!({"act": "accept_clock"}),
            json!({"act": "link", "source": "312029", "open": true, "why": "…"}),
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

    /// docs/interfaces.md §4, once more by hand.
    const SECURITY_OFFICER: [&str; 8] = [
        "enrol",
        "dismiss",
        "link",
        "accept_clock",
        "register_cards",
        "preview_recall",
        "propose_recall",
        "confirm_recall",
    ];

    #[test]
    fn every_deed_is_for_the_roles_of_the_table_and_for_no_other() {
        let municipality = "312029".parse().unwrap();
        let roles = [
            Role::SecurityOfficer,
            Role::Officer { municipality },
            Role::Agency { purposes: vec!["tax".into()] },
            Role::Source { municipality },
            Role::Scheduler,
        ];
        let mut verbs = BTreeSet::new();
        for deed in deeds() {
            let verb = deed.verb();
            verbs.insert(verb);
            for role in &roles {
                let expected = match role {
                    Role::SecurityOfficer => SECURITY_OFFICER.contains(&verb),
                    Role::Officer { .. } => {
                        verb == "accept_clock" || !SECURITY_OFFICER.contains(&verb)
                    }
                    _ => false,
                };
                assert_eq!(deed.is_for(role), expected, "{verb} by {}", role.name());
            }
        }
        assert_eq!(verbs.len(), 23, "one of each: {verbs:?}");
    }
}
