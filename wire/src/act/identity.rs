//! 本人確認: by what an officer knew a person, and whether that makes sense.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::bounds;

/// For how many days after the day it was sent an inquiry letter may be answered, unless the authority
/// is set otherwise.
pub const INQUIRY_DAYS: u32 = 30;

/// 本人確認: by what the officer knew the person (rule of identity proof).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "snake_case", deny_unknown_fields)]
pub enum IdentityProof {
    /// A photo card of this service is enough by itself.
    ResidentCard,
    /// Licence or passport with the current address.
    PhotoDocument {
        /// What it is; not empty.
        #[serde(deserialize_with = "bounds::document")]
        kind: String,
        /// Refused after this day.
        #[serde(deserialize_with = "bounds::day")]
        expires: Date,
        /// The last four characters of its number.
        #[serde(deserialize_with = "bounds::last_four")]
        last_four: String,
    },
    /// 照会書 sent by post and its 回答書 brought.
    InquiryLetter {
        /// When the letter was sent, a day in Japan.
        #[serde(deserialize_with = "bounds::day")]
        sent: Date,
    },
}

impl IdentityProof {
    /// Whether it can be what it says it is, on this day in Japan. `inquiry_days` is for how many days
    /// after the day it was sent a letter may be answered.
    ///
    /// # Errors
    /// A document of the past, one that is not told in full, and a letter that the post cannot have
    /// carried both ways by today, or that is too old.
    pub fn check(&self, today: Date, inquiry_days: u32) -> Result<(), Refusal> {
        match self {
            Self::ResidentCard => Ok(()),
            Self::PhotoDocument { kind, .. } if kind.trim().is_empty() => {
                Err(Refusal::DocumentIncomplete { what: "kind".into() })
            }
            Self::PhotoDocument { last_four, .. } if !is_last_four(last_four) => {
                Err(Refusal::DocumentIncomplete { what: "last_four".into() })
            }
            Self::PhotoDocument { expires, .. } if *expires < today => {
                Err(Refusal::DocumentExpired { expired: *expires })
            }
            Self::PhotoDocument { .. } => Ok(()),
            Self::InquiryLetter { sent } if *sent >= today => {
                Err(Refusal::LetterTooNew { sent: *sent })
            }
            Self::InquiryLetter { sent } => {
                let until = sent.saturating_add(i64::from(inquiry_days).days());
                if until < today {
                    return Err(Refusal::LetterTooOld { sent: *sent, until });
                }
                Ok(())
            }
        }
    }
}

/// Numbers of passports have letters too.
fn is_last_four(text: &str) -> bool {
    text.chars().count() == 4 && text.chars().all(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_document_counts_until_its_last_day_and_is_told_in_full() {
        let today = date(2026, 4, 1);
        let licence = |kind: &str, expires, last_four: &str| {
            IdentityProof::PhotoDocument { kind: kind.into(), expires, last_four: last_four.into() }
                .check(today, INQUIRY_DAYS)
        };
        assert_eq!(licence("運転免許証", today, "1234"), Ok(()));
        assert_eq!(licence("旅券", today, "12AB"), Ok(()));
        let expired = date(2026, 3, 31);
        assert_eq!(licence("旅券", expired, "1234"), Err(Refusal::DocumentExpired { expired }));
        for (kind, last_four, what) in [
            ("", "1234", "kind"),
            ("　", "1234", "kind"),
            ("旅券", "", "last_four"),
            ("旅券", "123", "last_four"),
            ("旅券", "12345", "last_four"),
            ("旅券", "12 4", "last_four"),
        ] {
            let incomplete = Refusal::DocumentIncomplete { what: what.into() };
            assert_eq!(licence(kind, today, last_four), Err(incomplete), "{kind:?} {last_four:?}");
        }
    }

    #[test]
    fn a_letter_goes_by_post_both_ways_and_is_answered_within_its_term() {
        let today = date(2026, 4, 1);
        let letter = |sent| IdentityProof::InquiryLetter { sent }.check(today, INQUIRY_DAYS);
        for sent in [date(2026, 4, 2), today] {
            assert_eq!(letter(sent), Err(Refusal::LetterTooNew { sent }));
        }
        assert_eq!(letter(date(2026, 3, 31)), Ok(()));
        assert_eq!(letter(date(2026, 3, 2)), Ok(()));
        let sent = date(2026, 3, 1);
        let until = date(2026, 3, 31);
        assert_eq!(letter(sent), Err(Refusal::LetterTooOld { sent, until }));
    }
}
