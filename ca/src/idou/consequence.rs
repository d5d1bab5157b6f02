//! 異動 (idou): what a change in the resident register does to a signing certificate.
//!
//! A certificate states four facts. When one stops being true it must not stay valid; a change that
//! leaves all four true leaves it alone. Pure: one table in one place.
//!
//! Source: 公的個人認証法 art. 12, 15; docs/glossary.md.

use akashi_wire::date::day_in_japan;
use akashi_wire::{FourItems, Idou, IdouKind};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::characters::same_original;
use crate::rules::Rules;

/// What a kind of change may do; the table's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The record is gone: ends the certificate whatever its items.
    Ends,
    /// Ends it at 00:00 JST of the planned day; at once when that day has come.
    EndsOnDay,
    /// The move has happened: a planned end comes now.
    EndsEarly,
    /// Ends it if one of the four items differs from what it states.
    EndsIfDifferent,
    /// Never ends it: the facts are the same in other words (軽微な修正).
    CarriesForward,
    /// Never ends it and touches no item.
    Nothing,
    /// Nothing but a new resident code.
    Relinks,
    /// An entry: a certificate that lives under an older record is stale.
    EndsStale,
    /// Takes an earlier change back.
    TakesBack,
}

/// The table of the law. `rules.idou` may depart from it, kind by kind.
pub fn effect(kind: IdouKind, rules: &Rules) -> Effect {
    use IdouKind::*;
    rules.idou.get(&kind).copied().unwrap_or(match kind {
        Tenkyo | ShokkenShuusei | TsuushouHenkou | GokiShuusei => Effect::EndsIfDifferent,
        KokunaiTenshutsu | KokugaiTenshutsu => Effect::EndsOnDay,
        TennyuuTsuuchiJuri => Effect::EndsEarly,
        ShokkenShoujo | Shibou => Effect::Ends,
        KeibiShuusei => Effect::CarriesForward,
        Kaisei | Saisei | SetaiHenkou => Effect::Nothing,
        CodeHenkou => Effect::Relinks,
        Tennyuu | Shussei | Kika | ShokkenKisai => Effect::EndsStale,
        Torikeshi => Effect::TakesBack,
    })
}

/// What is to be done about one living certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// Revoke now.
    Revoke,
    /// Revoke at 00:00 JST of this day.
    RevokeOn(Date),
    /// Leave it alone; from now on it states these items in the register's newest words.
    CarryForward(Option<FourItems>),
    /// Leave it alone; the person has another resident code.
    Relink,
    /// Withdraw what was scheduled by the change with this history number.
    Withdraw {
        /// The history number taken back.
        cancels: u32,
    },
}

/// What a change does to a certificate that states `certified` (as carried forward through changes
/// that did not revoke), decided at `now`.
pub fn consequence(
    idou: &Idou,
    certified: &FourItems,
    rules: &Rules,
    now: Timestamp,
) -> Consequence {
    match effect(idou.kind, rules) {
        Effect::Ends | Effect::EndsEarly | Effect::EndsStale => Consequence::Revoke,
        Effect::EndsOnDay => match idou.effective_date.day() {
            Some(day) if day > day_in_japan(now) => Consequence::RevokeOn(day),
            // The day has come, or nobody knows it: an unknown day is today.
            _ => Consequence::Revoke,
        },
        Effect::EndsIfDifferent => match &idou.after {
            Some(after) if same_items(after, certified) => {
                Consequence::CarryForward(Some(after.clone()))
            }
            _ => Consequence::Revoke,
        },
        Effect::CarriesForward => Consequence::CarryForward(idou.after.clone()),
        Effect::Nothing => Consequence::CarryForward(None),
        Effect::Relinks => Consequence::Relink,
        Effect::TakesBack => match idou.cancels {
            Some(cancels) => Consequence::Withdraw { cancels },
            None => Consequence::CarryForward(None),
        },
    }
}

/// Whether two records state the same four facts. Compared on the register's own characters:
/// compared on substitutes, 髙橋 and 高橋 would be one person, or a false revocation.
pub fn same_items(a: &FourItems, b: &FourItems) -> bool {
    same_original(&a.name, &b.name)
        && same_original(&a.address, &b.address)
        && a.birth_date == b.birth_date
        && a.sex == b.sex
}

#[cfg(test)]
mod tests {
    use super::*;
    use akashi_wire::date::EffectiveDate;
    use akashi_wire::octets::Sha256;
    use akashi_wire::{CodeCommitment, Sex};

    fn items() -> FourItems {
        FourItems {
            name: "髙橋　証".into(),
            address: "東京都新宿区西新宿二丁目８番１号".into(),
            birth_date: "319700115".parse().unwrap(),
            sex: Sex::Female,
        }
    }

    fn idou(kind: IdouKind, after: Option<FourItems>) -> Idou {
        let commitment: CodeCommitment =
            serde_json::from_str(&format!("\"{}\"", Sha256([0; 32]))).unwrap();
        Idou {
            source: "131041".parse().unwrap(),
            sequence: 1,
            resident: commitment,
            history_number: 2,
            kind,
            cancels: None,
            effective_date: EffectiveDate::Full { day: jiff::civil::date(2026, 4, 10) },
            processed_at: Timestamp::UNIX_EPOCH,
            before: Some(items()),
            after,
            new_resident: None,
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn decide(kind: IdouKind, after: Option<FourItems>, now: &str) -> Consequence {
        consequence(&idou(kind, after), &items(), &Rules::default(), at(now))
    }

    const BEFORE: &str = "2026-04-09T14:59:59Z"; // the last second of the day before, in Japan
    const ON: &str = "2026-04-09T15:00:00Z"; // 00:00 of the planned day

    #[test]
    fn a_move_within_the_town_ends_the_certificate() {
        let moved = FourItems {
            address: "東京都新宿区歌舞伎町一丁目４番１号".into(), ..items()
        };
        assert_eq!(decide(IdouKind::Tenkyo, Some(moved), BEFORE), Consequence::Revoke);
    }

    #[test]
    fn a_correction_that_changes_nothing_never_ends_it() {
        for kind in [IdouKind::Tenkyo, IdouKind::GokiShuusei, IdouKind::ShokkenShuusei] {
            let same = decide(kind, Some(items()), BEFORE);
            assert_eq!(same, Consequence::CarryForward(Some(items())));
        }
    }

    #[test]
    fn a_planned_move_out_ends_it_at_midnight_in_japan_of_the_planned_day() {
        let day = jiff::civil::date(2026, 4, 10);
        let before = decide(IdouKind::KokunaiTenshutsu, None, BEFORE);
        assert_eq!(before, Consequence::RevokeOn(day));
        assert_eq!(decide(IdouKind::KokunaiTenshutsu, None, ON), Consequence::Revoke);
        assert_eq!(decide(IdouKind::KokugaiTenshutsu, None, BEFORE), Consequence::RevokeOn(day));
    }

    #[test]
    fn death_ends_it_on_receipt_however_odd_the_date() {
        for effective_date in
            [EffectiveDate::Unknown, EffectiveDate::NonCalendar { text: "令和６年春".into() }]
        {
            let idou = Idou { effective_date, ..idou(IdouKind::Shibou, None) };
            let now = at(BEFORE);
            assert_eq!(consequence(&idou, &items(), &Rules::default(), now), Consequence::Revoke);
        }
    }

    #[test]
    fn a_new_name_in_the_town_of_characters_is_another_name_but_another_dash_is_not() {
        let other = FourItems { name: "高橋　証".into(), ..items() };
        assert!(!same_items(&other, &items()));
        let dash = |dash: &str| FourItems {
            address: format!("東京都新宿区２{dash}８"), ..items()
        };
        assert!(same_items(&dash("\u{ff0d}"), &dash("\u{2212}")));
    }

    #[test]
    fn a_renaming_of_the_street_revokes_nobody() {
        let renamed = FourItems {
            address: "東京都新宿区北新宿一丁目１番１号".into(), ..items()
        };
        let kept = decide(IdouKind::KeibiShuusei, Some(renamed.clone()), BEFORE);
        assert_eq!(kept, Consequence::CarryForward(Some(renamed)));
    }

    #[test]
    fn re_creation_of_the_sheet_looks_like_deletion_and_is_none() {
        for kind in [IdouKind::Kaisei, IdouKind::Saisei, IdouKind::SetaiHenkou] {
            assert_eq!(decide(kind, None, BEFORE), Consequence::CarryForward(None));
        }
        assert_eq!(decide(IdouKind::CodeHenkou, None, BEFORE), Consequence::Relink);
    }

    #[test]
    fn an_entry_means_that_the_older_record_is_stale() {
        for kind in [IdouKind::Tennyuu, IdouKind::ShokkenKisai, IdouKind::Kika] {
            assert_eq!(decide(kind, Some(items()), BEFORE), Consequence::Revoke);
        }
    }

    #[test]
    fn a_deployment_may_depart_from_the_table_kind_by_kind() {
        let rules = Rules {
            idou: [(IdouKind::KeibiShuusei, Effect::EndsIfDifferent)].into(),
            ..Rules::default()
        };
        let renamed = FourItems {
            address: "東京都新宿区北新宿一丁目１番１号".into(), ..items()
        };
        let idou = idou(IdouKind::KeibiShuusei, Some(renamed));
        assert_eq!(consequence(&idou, &items(), &rules, at(BEFORE)), Consequence::Revoke);
    }

    #[test]
    fn every_kind_has_its_line_in_the_table() {
        for kind in IdouKind::ALL {
            let _ = effect(kind, &Rules::default());
        }
    }
}
