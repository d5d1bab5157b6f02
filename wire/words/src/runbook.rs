//! Runbooks: what is done about an alarm, as a page for the night and a page for the day.

use std::fmt::Write;

use akashi_wire::Alarm;
use akashi_wire::alarm::Severity;
use fluent_bundle::FluentArgs;

use crate::{Language, say};

/// What is done about the alarms of one code, in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runbook {
    /// What it is called.
    pub name: String,
    /// What it means.
    pub means: String,
    /// What one person may do alone, also at night: only what closes, and what looks.
    pub alone: String,
    /// What waits for two persons.
    pub two: String,
    /// How one sees that it is over.
    pub over: String,
}

impl Runbook {
    /// That of a code; `None` where a part of it is missing.
    pub fn of(code: &str, language: Language) -> Option<Self> {
        let part = |name| say(language, code, Some(name), &FluentArgs::new());
        Some(Self {
            name: part("name")?,
            means: part("means")?,
            alone: part("alone")?,
            two: part("two")?,
            over: part("over")?,
        })
    }
}

fn severity(severity: Severity, language: Language) -> &'static str {
    match (severity, language) {
        (Severity::Critical, Language::Japanese) => "至急（夜間も）",
        (Severity::Warning, Language::Japanese) => "当日中",
        (Severity::Notice, Language::Japanese) => "翌開庁日でよい",
        (Severity::Critical, Language::English) => "at once, also at night",
        (Severity::Warning, Language::English) => "within the day",
        (Severity::Notice, Language::English) => "the next working day will do",
    }
}

const HEADINGS: [[&str; 5]; 2] = [
    [
        "対応の期限",
        "一人でしてよいこと",
        "二人そろってからすること",
        "何が起きているか",
        "終わったと分かること",
    ],
    [
        "How soon",
        "What one person does alone",
        "What waits for two",
        "What it means",
        "When it is over",
    ],
];

/// The page of one code, in Markdown: Japanese, then English. It begins with what one does alone.
pub fn book(code: &str) -> Option<String> {
    let (_, soon) = Alarm::CODES.iter().find(|(known, _)| *known == code)?;
    let mut page = format!("# `{code}`\n");
    for (language, headings) in Language::ALL.into_iter().zip(HEADINGS) {
        let Runbook { name, means, alone, two, over } = Runbook::of(code, language)?;
        let [how_soon, alone_is, two_is, means_is, over_is] = headings;
        let soon = severity(*soon, language);
        write!(
            page,
            "\n## {name}\n\n**{how_soon}**: {soon}\n\n**{alone_is}**\n\n{alone}\n\n**{two_is}**\n\n{two}\n\n\
             **{means_is}**\n\n{means}\n\n**{over_is}**\n\n{over}\n"
        )
        .expect("a text takes everything");
    }
    Some(page)
}

/// The table of all of them, the most urgent first.
pub fn contents() -> Option<String> {
    let mut codes: Vec<_> = Alarm::CODES.iter().collect();
    codes.sort_by_key(|(code, soon)| (std::cmp::Reverse(*soon), *code));
    let mut page = String::from(
        "# Runbooks\n\nOne page an alarm, made from the words in `wire/words` by `make golden`. 警報ごとに一枚。\n\n\
         Who may do what alone: a hold (`desk hold`) is put by an officer of the municipality or its hold desk; a stop (`desk suspend`) by a \
         security officer, of a municipality's own links also by its officers, its supervisor and its administrator; an alarm is signed for \
         (`desk sign-for`) by a security officer or an operator, of the own municipality also by its administrator or supervisor, of the recovery key by a security officer alone. \
         一人でできる人: 一時保留は市区町村の受付窓口職員か一時保留の電話受付、停止はセキュリティ管理者（自分の市区町村については職員・係長・市区町村管理者も）、\
         確認の署名はセキュリティ管理者か運用者（自分の市区町村については市区町村管理者・係長も。回復鍵についてはセキュリティ管理者だけ）。\n\n\
         | code | 警報 | alarm | 対応の期限 | how soon |\n|---|---|---|---|---|\n",
    );
    for (code, soon) in codes {
        let [ja, en] =
            Language::ALL.map(|language| Runbook::of(code, language).map(|one| one.name));
        let [soon_ja, soon_en] = Language::ALL.map(|language| severity(*soon, language));
        writeln!(page, "| [`{code}`]({code}.md) | {} | {} | {soon_ja} | {soon_en} |", ja?, en?)
            .expect("a text takes everything");
    }
    Some(page)
}
