//! How an authority is, as a page for people: two columns, in their language.

use akashi_edge::observe::Unasked;
use akashi_ledger::{NewestList, Overview, StandingAlarm};
use akashi_wire::alarm::Severity;
use akashi_wire::municipality::Municipality;
use akashi_wire::{MunicipalityCode, Scope};
use akashi_words::{Language, line, of_alarm};
use jiff::{SignedDuration, Timestamp};

use super::{Book, Doubt, Shown};

/// Of the first column.
const WIDTH: usize = 26;

/// The page, line by line.
pub(super) fn lines(shown: &Shown, language: Language) -> Vec<String> {
    let mut page = Page { shown, language, lines: Vec::new() };
    page.of_programs();
    match &shown.book {
        Ok(book) => page.of_alarms(&book.alarms),
        Err(why) => page.add("book", "unreadable", &[("why", why.clone())]),
    }
    page.of_the_machine();
    if let Ok(book) = &shown.book {
        page.of_the_book(book);
        page.of_the_feed(book);
        page.of_lists(&book.overview.lists);
    }
    page.lines
}

struct Page<'a> {
    shown: &'a Shown,
    language: Language,
    lines: Vec<String>,
}

type Facts<'a> = &'a [(&'static str, String)];

impl Page<'_> {
    fn word(&self, attribute: &str, facts: Facts<'_>) -> String {
        line("status", Some(attribute), facts, self.language)
    }

    /// What, by its word, and how it is.
    fn add(&mut self, what: &str, how: &str, facts: Facts<'_>) {
        let (what, how) = (self.word(what, &[]), self.word(how, facts));
        self.lines.push(columns(&what, &how));
    }

    fn of_programs(&mut self) {
        for (program, report) in &self.shown.programs {
            let told = match report {
                Ok(report) if report.standing.not_ready.is_empty() => self.word("ready", &[]),
                Ok(report) => {
                    self.word("not-ready", &[("why", report.standing.not_ready.join("; "))])
                }
                Err(Unasked::NotHere) => self.word("not-here", &[]),
                Err(why) => self.word("not-ready", &[("why", why.to_string())]),
            };
            self.lines.push(columns(program.file(), &told));
        }
    }

    fn of_alarms(&mut self, alarms: &[StandingAlarm]) {
        let count = |severity| {
            let of_it = |one: &&StandingAlarm| one.alarm.severity() == severity;
            alarms.iter().filter(of_it).count().to_string()
        };
        let signed = alarms.iter().filter(|one| one.signed_for.is_some()).count();
        let facts = [
            ("critical", count(Severity::Critical)),
            ("warning", count(Severity::Warning)),
            ("notice", count(Severity::Notice)),
            ("signed", signed.to_string()),
        ];
        self.add("alarms", "counts", &facts);
        if self.shown.is_nobody_called {
            let nobody = self.word("nobody-called", &[]);
            self.lines.push(columns("", &nobody));
        }
        let mut sorted: Vec<_> = alarms.iter().collect();
        sorted.sort_by_key(|one| (std::cmp::Reverse(one.alarm.severity()), one.position));
        for one in sorted {
            let mark = match one.alarm.severity() {
                Severity::Critical => "!!",
                Severity::Warning => "! ",
                Severity::Notice => "  ",
            };
            let signed = match one.signed_for {
                Some(_) => self.word("signed-for", &[]),
                None => String::new(),
            };
            let facts = [
                ("said", of_alarm(&one.alarm, self.language)),
                ("code", one.alarm.code().to_owned()),
                ("ago", self.ago(one.since)),
                ("signed", signed),
            ];
            let alarm = self.word("alarm", &facts);
            self.lines.push(format!("  {mark} {:>6}  {alarm}", one.position.0));
        }
    }

    fn of_the_machine(&mut self) {
        let clock = if self.shown.is_synchronised { "synchronised" } else { "not-synchronised" };
        self.add("clock", clock, &[]);
        let doubt = self.shown.book.as_ref().ok().and_then(|book| book.doubt);
        let doubt = doubt.map(|doubt| match doubt {
            Doubt::Unwitnessed => "unwitnessed",
            Doubt::Disagrees => "disagrees",
        });
        if let Some(doubt) = doubt {
            let doubt = self.word(doubt, &[]);
            self.lines.push(columns("", &doubt));
        }
        if let Some(disk) = &self.shown.disk {
            let gib = |octets: u64| (octets / (1 << 30)).to_string();
            let percent = disk.free.saturating_mul(100) / disk.size.max(1);
            let facts = [
                ("free", gib(disk.free)),
                ("size", gib(disk.size)),
                ("percent", percent.to_string()),
            ];
            self.add("disk", "free", &facts);
        }
    }

    fn of_the_book(&mut self, book: &Book) {
        let Overview { head, signed, undelivered, undelivered_since, responders, .. } =
            &book.overview;
        let facts = [("head", head.to_string()), ("signed", signed.to_string())];
        self.add("chain", "entries", &facts);
        for at in responders {
            self.add("responder", "had-the-book", &[("ago", self.ago(*at))]);
        }
        if responders.is_empty() {
            self.add("responder", "none-had-the-book", &[]);
        }
        match undelivered_since {
            Some(at) => {
                let facts = [("count", undelivered.to_string()), ("ago", self.ago(*at))];
                self.add("delivery", "undelivered", &facts);
            }
            None => self.add("delivery", "delivered", &[]),
        }
    }

    fn of_the_feed(&mut self, book: &Book) {
        for source in &book.sources {
            let heard = match source.last_heard {
                Some(at) => self.word("heard", &[("ago", self.ago(at))]),
                None => self.word("never-heard", &[]),
            };
            let waiting = book.unsettled.iter().find(|one| one.municipality == source.municipality);
            let waiting = match waiting {
                Some(one) => {
                    let facts = [("count", one.events.to_string()), ("ago", self.ago(one.since))];
                    self.word("waits", &facts)
                }
                None => self.word("nothing-waits", &[]),
            };
            let stopped = if source.is_open { String::new() } else { self.word("stopped", &[]) };
            let next = source.next_expected.to_string();
            let facts =
                [("heard", heard), ("next", next), ("waiting", waiting), ("stopped", stopped)];
            let what = self.word("feed", &[("town", named(source.municipality))]);
            let how = self.word("of-the-feed", &facts);
            self.lines.push(columns(&what, &how));
        }
    }

    fn of_lists(&mut self, lists: &[NewestList]) {
        for list in lists {
            let NewestList { scope, this_update, next_update, unlisted_since, .. } = list;
            let scope = match scope {
                Scope::Partition(town) => named(*town),
                Scope::Complete => self.word("complete", &[]),
                Scope::Authority => self.word("authority", &[]),
            };
            let unlisted = match unlisted_since {
                Some(at) => self.word("unlisted", &[("ago", self.ago(*at))]),
                None => String::new(),
            };
            let unpublished = match self.shown.is_unpublished(list) {
                true => self.word("unpublished", &[]),
                false => String::new(),
            };
            let (made, next) = (self.ago(*this_update), self.until(*next_update));
            let what = self.word("list", &[("scope", scope)]);
            let how = self.word("of-a-list", &[("made", made), ("next", next)]);
            self.lines.push(columns(&what, &format!("{how}{unlisted}{unpublished}")));
        }
    }

    fn ago(&self, at: Timestamp) -> String {
        match self.shown.now.duration_since(at) {
            age if age.is_negative() => self.word("ahead", &[("time", self.length(-age))]),
            age => self.word("ago", &[("time", self.length(age))]),
        }
    }

    fn until(&self, at: Timestamp) -> String {
        match at.duration_since(self.shown.now) {
            left if left.is_negative() => self.word("was-due", &[("time", self.length(-left))]),
            left => self.word("due", &[("time", self.length(left))]),
        }
    }

    /// A length of time, in its two largest units.
    fn length(&self, length: SignedDuration) -> String {
        let seconds = length.as_secs();
        let units = [
            ("days", seconds / 86400),
            ("hours", seconds / 3600 % 24),
            ("minutes", seconds / 60 % 60),
            ("seconds", seconds % 60),
        ];
        let first = units.iter().position(|(_, count)| *count > 0).unwrap_or(3);
        let two = units.iter().skip(first).take(2);
        two.map(|(unit, count)| self.word(unit, &[("count", count.to_string())]))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What, and how it is, in two columns: a Japanese character is as wide as two others.
fn columns(what: &str, how: &str) -> String {
    let wide = what.chars().filter(|letter| *letter >= '\u{2e80}').count();
    format!("{what}{:1$} {how}", "", WIDTH.saturating_sub(what.chars().count() + wide))
}

/// A municipality by its name and code.
fn named(code: MunicipalityCode) -> String {
    Municipality::of(code).map_or(code.to_string(), |town| format!("{code} {}", town.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_in_its_two_largest_units() {
        let shown = Shown {
            now: Timestamp::UNIX_EPOCH,
            programs: Vec::new(),
            book: Err("none".into()),
            is_synchronised: true,
            disk: None,
            public: "none".into(),
            is_nobody_called: false,
        };
        let of = |seconds, language| {
            let page = Page { shown: &shown, language, lines: Vec::new() };
            page.length(SignedDuration::from_secs(seconds))
        };
        assert_eq!(of(0, Language::English), "0 s");
        assert_eq!(of(7, Language::English), "7 s");
        assert_eq!(of(61, Language::English), "1 min 1 s");
        assert_eq!(of(3 * 3600 + 61, Language::English), "3 h 1 min");
        assert_eq!(of(50 * 3600, Language::English), "2 d 2 h");
        assert_eq!(of(50 * 3600, Language::Japanese), "2日 2時間");
    }
}
