//! 異動 (idou): one change in the resident register, as the registry reports it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::date::EffectiveDate;
use crate::{CodeCommitment, FourItems, MunicipalityCode};

/// What kind of change; the closed list of the register's rules.
///
/// Romaji where an English word would lose a legal distinction; docs/glossary.md has the kanji.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdouKind {
    /// 転居: a move within the municipality.
    Tenkyo,
    /// 国内転出: a move out, notified for a planned day.
    KokunaiTenshutsu,
    /// 国外転出: a move abroad, notified for a planned day.
    KokugaiTenshutsu,
    /// 転入通知受理: the old town hears that the new town has entered the person.
    TennyuuTsuuchiJuri,
    /// 職権消除: deleted by the office (失踪, 実態調査, 国籍喪失).
    ShokkenShoujo,
    /// 死亡.
    Shibou,
    /// 職権修正 after a notice of the family register (婚姻, 離婚, 縁組, 氏/名の変更).
    ShokkenShuusei,
    /// 通称の変更 of a foreign resident.
    TsuushouHenkou,
    /// 誤記修正: correction of an error.
    GokiShuusei,
    /// 軽微な修正: usual-character substitution, renaming of towns, 住居表示 and the like.
    KeibiShuusei,
    /// 改製: re-creation of the record sheet.
    Kaisei,
    /// 再製: restoration of a lost record sheet.
    Saisei,
    /// 世帯の変更, 世帯主の変更.
    SetaiHenkou,
    /// 住民票コードの変更.
    CodeHenkou,
    /// 転入: a move in.
    Tennyuu,
    /// 出生.
    Shussei,
    /// 帰化.
    Kika,
    /// 職権記載: entered by the office.
    ShokkenKisai,
    /// 異動の取消し: takes back an earlier change, which `cancels` names.
    Torikeshi,
}

impl IdouKind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Tenkyo,
        Self::KokunaiTenshutsu,
        Self::KokugaiTenshutsu,
        Self::TennyuuTsuuchiJuri,
        Self::ShokkenShoujo,
        Self::Shibou,
        Self::ShokkenShuusei,
        Self::TsuushouHenkou,
        Self::GokiShuusei,
        Self::KeibiShuusei,
        Self::Kaisei,
        Self::Saisei,
        Self::SetaiHenkou,
        Self::CodeHenkou,
        Self::Tennyuu,
        Self::Shussei,
        Self::Kika,
        Self::ShokkenKisai,
        Self::Torikeshi,
    ];

    /// The word of the register's rules, for people.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Tenkyo => "転居",
            Self::KokunaiTenshutsu => "国内転出",
            Self::KokugaiTenshutsu => "国外転出",
            Self::TennyuuTsuuchiJuri => "転入通知受理",
            Self::ShokkenShoujo => "職権消除",
            Self::Shibou => "死亡",
            Self::ShokkenShuusei => "職権修正",
            Self::TsuushouHenkou => "通称の変更",
            Self::GokiShuusei => "誤記修正",
            Self::KeibiShuusei => "軽微な修正",
            Self::Kaisei => "改製",
            Self::Saisei => "再製",
            Self::SetaiHenkou => "世帯の変更",
            Self::CodeHenkou => "住民票コードの変更",
            Self::Tennyuu => "転入",
            Self::Shussei => "出生",
            Self::Kika => "帰化",
            Self::ShokkenKisai => "職権記載",
            Self::Torikeshi => "異動の取消し",
        }
    }

    /// Whether the change is notified for a planned day that may lie in the future.
    pub fn is_planned(self) -> bool {
        matches!(self, Self::KokunaiTenshutsu | Self::KokugaiTenshutsu)
    }
}

/// One change. The resident code is only committed to; see [`crate::batch::Opening`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idou {
    /// The municipality whose register changed.
    pub source: MunicipalityCode,
    /// Gap-free number within the source, from 1.
    pub sequence: u64,
    /// Who: a commitment to the resident code.
    pub resident: CodeCommitment,
    /// Counts the changes of this person's record, from 1, within and across municipalities.
    pub history_number: u32,
    /// What kind of change.
    pub kind: IdouKind,
    /// For 異動の取消し: the history number taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancels: Option<u32>,
    /// 異動年月日, or 異動予定日 for a planned one.
    pub effective_date: EffectiveDate,
    /// When the municipality recorded it.
    #[serde(deserialize_with = "bounds::moment")]
    pub processed_at: Timestamp,
    /// The four items before; absent where there were none (記載).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<FourItems>,
    /// The four items after; absent where there are none (消除).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<FourItems>,
    /// For 住民票コードの変更: a commitment to the new code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_resident: Option<CodeCommitment>,
}
