//! What the law and the sources leave open: settings, with their defaults.

use std::collections::BTreeMap;

use akashi_wire::IdouKind;
use akashi_wire::act::INQUIRY_DAYS;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::idou::consequence::Effect;

/// The settings of the authority's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Fee for issue and renewal, in yen; none for revocation.
    pub fee_yen: u32,
    /// The youngest age at which one may apply; absent: any.
    pub minimum_age: Option<u8>,
    /// Whether whoever is under guardianship (成年被後見人) is refused; then every application must say
    /// whether its applicant is. Sources disagree on both.
    pub refuses_guardianship: bool,
    /// Whether two security officers may release a hold (一時保留の解除); else the counter revokes the certificate
    /// and issues anew, as the real service does.
    pub releases_holds: bool,
    /// How long the permit for one key pair lasts, in seconds.
    pub permit_seconds: u32,
    /// How long a look-up is good for, in hours, before it is repeated; absent: the day in Japan on
    /// which it was made.
    pub look_up_hours: Option<u32>,
    /// A case that nobody touches for so many hours closes itself.
    pub case_hours: u32,
    /// For how many days after the day on which it was sent an inquiry letter (照会書) may be answered;
    /// its case stays open for as long.
    pub inquiry_days: u32,
    /// How far an act's time may lie from the authority's, in seconds.
    pub act_skew_seconds: u32,
    /// A certificate recorded but not filed for this long is void, in minutes.
    pub interrupted_after_minutes: u32,
    /// A certificate issued but not delivered for this long is revoked, in hours.
    pub undelivered_after_hours: u32,
    /// A municipality's token may have counted so many uses, while the authority was out of reach, of
    /// which no journal has told yet; a count beyond is not believed.
    pub offline_leap: u32,
    /// A source silent for this long raises an alarm, in minutes.
    pub feed_silence_minutes: u32,
    /// For how long what the recovery key asked for waits, in hours, and a security officer may stop it: a week;
    /// a day at least.
    pub recovery_waits_hours: u32,
    /// Days of a responder's certificate.
    pub responder_days: u32,
    /// Age in days at which a responder's certificate is renewed.
    pub responder_renewed_after_days: u32,
    /// How many of the newest keys a new one is held against for a shared prime before it is
    /// certified, 65,536 at most; 0: none. All keys are compared by night in any case.
    pub shared_prime_window: u32,
    /// Whether only cards of a registered delivery are taken.
    pub registered_cards_only: bool,
    /// Departures from the table of consequences, kind by kind.
    pub idou: BTreeMap<IdouKind, Effect>,
}

impl Rules {
    /// How far the time of what somebody signed may lie from ours.
    pub fn act_skew(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.act_skew_seconds))
    }

    /// For how many days a case may be open, whatever is done in it: as long as an inquiry letter may be on
    /// its way, and sixty days. What is recorded in it is kept as if it issued on its last day.
    pub fn longest_case(&self) -> i64 {
        i64::from(self.inquiry_days) + 60
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            fee_yen: 500,
            minimum_age: None,
            refuses_guardianship: false,
            releases_holds: false,
            permit_seconds: 120,
            look_up_hours: None,
            case_hours: 24,
            inquiry_days: INQUIRY_DAYS,
            act_skew_seconds: 300,
            interrupted_after_minutes: 15,
            undelivered_after_hours: 24,
            offline_leap: 100,
            feed_silence_minutes: 15,
            recovery_waits_hours: 7 * 24,
            responder_days: 30,
            responder_renewed_after_days: 15,
            shared_prime_window: 128,
            registered_cards_only: false,
            idou: BTreeMap::new(),
        }
    }
}

impl Rules {
    /// Whether the settings go together; else what is wrong and what to do.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.permit_seconds == 0 || self.responder_days < 2 {
            return Err("`rules.permit_seconds` must be over 0 and `rules.responder_days` over 1");
        }
        if self.act_skew_seconds == 0 {
            return Err("`rules.act_skew_seconds` must be over 0, or every act is refused");
        }
        // Beyond, a moment counted from now would lie outside of time.
        const DAY: u32 = 24 * 60 * 60;
        let parts_of_a_decade = [
            (self.permit_seconds, 3660 * DAY),
            (self.act_skew_seconds, 3660 * DAY),
            (self.interrupted_after_minutes, 3660 * DAY / 60),
            (self.feed_silence_minutes, 3660 * DAY / 60),
            (self.look_up_hours.unwrap_or(1), 3660 * 24),
            (self.case_hours, 3660 * 24),
            (self.inquiry_days, 3660),
            (self.undelivered_after_hours, 3660 * 24),
            (self.recovery_waits_hours, 3660 * 24),
            (self.responder_days, 3660),
        ];
        if parts_of_a_decade.iter().any(|(set, most)| set > most) {
            return Err("no time of `rules` may be longer than ten years (3660 days)");
        }
        if self.responder_days > 92 {
            return Err(
                "`rules.responder_days` must be 92 or less: nobody asks for the status of a \
                        responder's certificate",
            );
        }
        if self.recovery_waits_hours < 24 {
            return Err(
                "`rules.recovery_waits_hours` must be 24 or more: a security officer who is left \
                        needs the time to stop what others ask for",
            );
        }
        if self.case_hours == 0 || self.inquiry_days == 0 {
            return Err("`rules.case_hours` and `rules.inquiry_days` must be over 0");
        }
        if self.responder_renewed_after_days >= self.responder_days {
            return Err("a responder's certificate must be renewed before it ends: \
                        `rules.responder_renewed_after_days` must be under `rules.responder_days`");
        }
        if self.shared_prime_window > 65_536 {
            return Err(
                "`rules.shared_prime_window` must be 65536 or less: it is looked through for \
                        every certificate",
            );
        }
        let fits = |(kind, effect): (&IdouKind, &Effect)| match effect {
            Effect::Relinks => *kind == IdouKind::CodeHenkou,
            Effect::TakesBack => *kind == IdouKind::Torikeshi,
            _ => !matches!(kind, IdouKind::CodeHenkou | IdouKind::Torikeshi),
        };
        if !self.idou.iter().all(fits) {
            return Err("`rules.idou`: `relinks` belongs to code_henkou and `takes_back` to \
                        torikeshi, and neither kind may have another effect");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_responder_that_is_renewed_after_its_end_is_refused() {
        assert_eq!(Rules::default().check(), Ok(()));
        let late = Rules { responder_renewed_after_days: 30, ..Rules::default() };
        assert!(late.check().unwrap_err().contains("before it ends"));
    }

    #[test]
    fn no_time_is_so_long_that_a_moment_would_lie_outside_of_time() {
        let now: jiff::Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        for (name, most) in [
            ("permit_seconds", 316_224_000),
            ("act_skew_seconds", 316_224_000),
            ("interrupted_after_minutes", 5_270_400),
            ("feed_silence_minutes", 5_270_400),
            ("look_up_hours", 87_840),
            ("undelivered_after_hours", 87_840),
            ("case_hours", 87_840),
            ("inquiry_days", 3_660),
        ] {
            let with = |value: u32| {
                let mut rules = serde_json::to_value(Rules::default()).unwrap();
                rules[name] = value.into();
                serde_json::from_value::<Rules>(rules).unwrap().check()
            };
            assert_eq!(with(most), Ok(()), "{name}");
            for beyond in [most + 1, u32::MAX] {
                assert!(with(beyond).unwrap_err().contains("ten years"), "{name} {beyond}");
            }
        }
        let decade = jiff::SignedDuration::from_hours(3_660 * 24);
        assert!(now.checked_add(decade).is_ok() && now.checked_sub(decade).is_ok());
    }

    #[test]
    fn a_responder_that_lives_longer_than_its_certificate_may_is_refused() {
        let long = Rules { responder_days: 93, ..Rules::default() };
        assert!(long.check().unwrap_err().contains("92 or less"));
    }
}
