//! 記録の保存: for how long what is recorded about a person is kept, and when it is deleted.
//!
//! Everything personal is sealed under the key of the month in which it is deleted; with that key it is
//! gone, wherever its octets lie (docs/decisions/0041). What is no personal data stays: serial numbers,
//! times, reasons, commitments.

use akashi_wire::DeletionMonth;
use akashi_wire::act::{Deed, Procedure};
use akashi_wire::date::day_in_japan;
use akashi_wire::validity::{ValidityRule, not_after};
use jiff::{Timestamp, ToSpan};

/// What a record is about, which decides how long it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// 発行の記録: until ten years after the day following the scheduled end of the certificate.
    Issuance,
    /// 失効の記録, and whatever else is about a certificate that is there already (a hold, a PIN): until its
    /// scheduled end.
    Status,
}

impl Record {
    /// Of what is done in a case of this procedure.
    pub fn of(procedure: Procedure) -> Self {
        match procedure {
            Procedure::Issue | Procedure::Renewal => Self::Issuance,
            Procedure::Revocation | Procedure::Hold | Procedure::PinReset => Self::Status,
        }
    }

    /// Of an act; `procedure` is that of its case, where it is known. What is about nobody's certificate is
    /// kept as long as anything, and so is what was asked by somebody who may not.
    pub fn of_act(deed: Option<&Deed>, procedure: Option<Procedure>) -> Self {
        let Some(deed) = deed else { return Self::Issuance };
        match deed {
            Deed::OpenCase { procedure } => Self::of(*procedure),
            Deed::FindCertificate { .. }
            | Deed::Revoke { .. }
            | Deed::Hold { .. }
            | Deed::Release { .. }
            | Deed::ResetPin { .. }
            | Deed::ReportOffline { .. }
            | Deed::PreviewRecall { .. }
            | Deed::ProposeRecall { .. }
            | Deed::ConfirmRecall { .. } => Self::Status,
            Deed::LookUp { .. }
            | Deed::SendInquiry { .. }
            | Deed::Apply { .. }
            | Deed::TakeUp { .. }
            | Deed::OpenChannel { .. }
            | Deed::CardAnswered { .. }
            | Deed::Certify { .. }
            | Deed::ConfirmDelivery { .. }
            | Deed::CloseCase { .. } => procedure.map_or(Self::Issuance, Self::of),
            Deed::Enrol { .. }
            | Deed::Prolong { .. }
            | Deed::Dismiss { .. }
            | Deed::StopRecovery { .. }
            | Deed::SignForAlarm { .. }
            | Deed::List { .. }
            | Deed::Suspend { .. }
            | Deed::Lift { .. }
            | Deed::HandOver { .. }
            | Deed::Countersign { .. }
            | Deed::Outcome { .. }
            | Deed::Review
            | Deed::AcceptClock
            | Deed::RegisterCards { .. } => Self::Issuance,
        }
    }

    /// The month of its deletion, about a certificate that is to end then.
    pub fn until(self, end: Timestamp) -> DeletionMonth {
        let end = day_in_japan(end);
        DeletionMonth::after(match self {
            Self::Issuance => end.saturating_add(1.day()).saturating_add(10.years()),
            Self::Status => end,
        })
    }

    /// The same where the certificate is not known: as if it were issued at this moment, the last at which
    /// one can be that this is about.
    pub fn until_of_any(self, last_issue: Timestamp) -> DeletionMonth {
        self.until(not_after(last_issue, ValidityRule::FromNextDay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_kept_as_long_as_the_law_says_and_deleted_in_the_month_after() {
        // Ends on 2029-03-31 in Japan: the day after it is in April.
        let end: Timestamp = "2029-03-31T14:59:59Z".parse().unwrap();
        assert_eq!(Record::Issuance.until(end).to_string(), "2039-05");
        assert_eq!(Record::Status.until(end).to_string(), "2029-04");
        let end: Timestamp = "2029-11-29T14:59:59Z".parse().unwrap();
        assert_eq!(Record::Issuance.until(end).to_string(), "2039-12");
        assert_eq!(Record::Status.until(end).to_string(), "2029-12");
        // A leap day has no corresponding day in ten years.
        let end: Timestamp = "2028-02-28T14:59:59Z".parse().unwrap();
        assert_eq!(Record::Issuance.until(end).to_string(), "2038-03");
    }

    #[test]
    fn what_is_recorded_before_a_certificate_is_known_outlives_every_one_issued_until_then() {
        let now: Timestamp = "2026-11-29T00:00:00Z".parse().unwrap();
        for rule in [ValidityRule::FromIssueDay, ValidityRule::FromNextDay] {
            for record in [Record::Issuance, Record::Status] {
                assert!(record.until_of_any(now) >= record.until(not_after(now, rule)));
            }
        }
    }

    #[test]
    fn a_case_decides_how_long_what_is_done_in_it_is_kept() {
        let look_up = Deed::SendInquiry { case: akashi_wire::CaseId::from_random([1; 16]) };
        assert_eq!(Record::of_act(Some(&look_up), Some(Procedure::Renewal)), Record::Issuance);
        assert_eq!(Record::of_act(Some(&look_up), Some(Procedure::Hold)), Record::Status);
        assert_eq!(Record::of_act(Some(&look_up), None), Record::Issuance);
        let open = Deed::OpenCase { procedure: Procedure::PinReset };
        assert_eq!(Record::of_act(Some(&open), None), Record::Status);
        assert_eq!(Record::of_act(Some(&Deed::Review), None), Record::Issuance);
        let hold = Deed::Hold { case: akashi_wire::CaseId::from_random([1; 16]) };
        assert_eq!(Record::of_act(Some(&hold), None), Record::Status);
    }
}
