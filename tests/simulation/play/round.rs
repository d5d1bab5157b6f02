//! The machines' round: the scheduler ticks, the responder follows, lists are made; then everything
//! is compared with what is true.

use std::collections::BTreeMap;

use akashi_ledger::Position;
use akashi_ocsp::Asker;
use akashi_wire::{Clock, SerialNumber};

use super::Play;
use crate::checks::lists::Listed;
use crate::checks::{self, Breach, hold, read};
use crate::octets::{Answer, Said};
use crate::prefecture::{Lists, Role};
use crate::trouble::Mishap;

/// The most certificates that one question is about.
const ASKED: usize = 90;

impl Play {
    /// A round, in which a mishap may strike once; it is repeated until nothing strikes.
    pub(super) fn round(&mut self, mishap: Option<(Role, Mishap)>) -> Result<(), Breach> {
        let begun = self.now();
        let of = |role| mishap.filter(|(struck, _)| *struck == role).map(|(_, mishap)| mishap);
        if self.tick(of(Role::Authority))?
            | self.follow(of(Role::Responder))?
            | self.publish(of(Role::Lists))?
        {
            // After a failure a list rests for a minute.
            self.a_minute();
            self.tick(None)?;
            self.follow(None)?;
            self.publish(None)?;
        }
        let now = self.now();
        self.truth.settle(begun, now);
        self.check()
    }

    /// `true` when something struck.
    pub(super) fn tick(&mut self, mishap: Option<Mishap>) -> Result<bool, Breach> {
        let kept = self.prefecture.kept.clone();
        let (outcome, struck) = self
            .prefecture
            .authority(mishap, async |authority| authority.scheduler.tick(&*kept).await);
        self.struck(struck);
        match outcome {
            None => Ok(true),
            Some(Err(error)) => {
                self.says(&format!("{error} {error:?}"))?;
                hold("the_scheduler_ticks", mishap.is_some(), || error.to_string())?;
                Ok(true)
            }
            Some(Ok(ticked)) => {
                self.says(&format!("{ticked:?}"))?;
                hold("a_held_clock_stays_held", ticked.held_by_clock == self.truth.held, || {
                    format!("held is {}, and must be {}", ticked.held_by_clock, self.truth.held)
                })?;
                Ok(struck)
            }
        }
    }

    pub(super) fn restart(&mut self, role: Role) {
        self.prefecture.restart(role);
    }

    pub(super) fn follow(&mut self, mishap: Option<Mishap>) -> Result<bool, Breach> {
        let reading = self.prefecture.kept.read();
        let (outcome, struck) =
            self.prefecture.responder(mishap, async |responder| responder.follow(reading).await);
        self.struck(struck);
        let well = matches!(&outcome, Some(Ok(followed)) if followed.trouble.is_none());
        if let Some(Ok(followed)) = &outcome {
            self.says(&format!("{followed:?}"))?;
            let differences = followed.differences.unwrap_or_default();
            hold("the_table_says_what_the_book_says", differences == 0, || {
                format!("{differences} differences")
            })?;
        }
        if well && !struck {
            return Ok(false);
        }
        // It has asked for a certificate, perhaps for its first: the next tick gives one.
        self.tick(None)?;
        let again = self.prefecture.responder(None, async |r| r.follow(reading).await);
        let well = matches!(&again.0, Some(Ok(followed)) if followed.trouble.is_none());
        hold("the_responder_follows", well, || format!("{:?}", again.0))?;
        Ok(struck)
    }

    pub(super) fn publish(&mut self, mishap: Option<Mishap>) -> Result<bool, Breach> {
        let now = self.prefecture.kept.now();
        let since_start = self.prefecture.clock.monotonic();
        let made = async |lists: &Lists| {
            let made = lists.issuer.tick(now).await;
            (made, lists.publisher.tick(since_start).await)
        };
        let (outcome, struck) = self.prefecture.lists(mishap, made);
        self.struck(struck);
        let words = format!("{outcome:?}");
        self.says(&words)?;
        let failed = match &outcome {
            Some((Ok(made), Ok(published))) => {
                made.iter().any(|one| one.result.is_err())
                    || published.iter().any(|one| one.result.is_err())
            }
            _ => true,
        };
        hold("lists_are_made", !failed || mishap.is_some(), || words)?;
        if failed || struck {
            self.see_the_shelf()?;
        }
        Ok(failed || struck)
    }

    fn check(&mut self) -> Result<(), Breach> {
        use checks::{chain, status, uniqueness};
        self.look_into_the_book()?;
        let answer = self.ask_about_everything()?;
        status::nothing_final_is_undone(&mut self.heard, &answer)?;
        status::the_responder_says_what_the_law_says(&self.truth, &answer.said)?;
        status::the_book_says_what_the_responder_says(&self.rows, &answer.said)?;
        status::what_nobody_has_ends_in_a_day(&self.truth, &self.rows)?;
        uniqueness::one_living_certificate_a_person(&self.truth, &answer.said, self.now())?;
        uniqueness::at_most_one_final_row(&self.rows)?;
        chain::one_entry_an_act(&self.truth, &self.told)?;
        let unrecorded = self.prefecture.signed_without_record();
        chain::nothing_is_signed_that_is_not_recorded(&unrecorded)?;
        self.read_the_shelf(&answer.said)
    }

    /// New rows and entries; what was read before stays as it was read.
    pub(super) fn look_into_the_book(&mut self) -> Result<(), Breach> {
        let last = self.rows.last().map_or(Position(0), |row| row.position);
        self.rows.extend(self.prefecture.lens.rows_after(last));
        let head = self.prefecture.lens.head();
        let mut new = self.prefecture.lens.newest(head.0 - self.chain.0);
        new.reverse();
        for entry in &new {
            self.says(&format!("{} {} {}", entry.actor, entry.verb, entry.subject))?;
        }
        checks::chain::count(&mut self.told, &new);
        self.entries.extend(new);
        self.chain = head;
        Ok(())
    }

    /// Asks about every number that the book ever gave, in as few questions as possible; and about
    /// one alone, so that a kept answer may be given.
    fn ask_about_everything(&mut self) -> Result<Answer, Breach> {
        use rand::RngExt as _;
        let mut serials: Vec<SerialNumber> = self.rows.iter().map(|row| row.serial).collect();
        serials.extend(self.truth.certificates.iter().map(|c| c.serial));
        serials.sort();
        serials.dedup();
        let mut all = Answer { this_update: self.now(), said: BTreeMap::new() };
        for group in serials.chunks(ASKED) {
            let nonce = self.rng.random();
            let answer = self.ask(group, Some(nonce))?;
            all.said.extend(answer.said);
        }
        let changed = self.rows.last().map(|row| row.serial);
        let newest = self.truth.certificates.last().map(|certificate| certificate.serial);
        for serial in changed.into_iter().chain(newest) {
            let answer = self.ask(&[serial], None)?;
            let (kept, asked) = (answer.said.get(&serial), all.said.get(&serial));
            hold("a_kept_answer_says_what_a_new_one_says", kept == asked, || {
                format!("{serial}: kept {kept:?}, asked {asked:?}")
            })?;
        }
        Ok(all)
    }

    fn ask(&mut self, serials: &[SerialNumber], nonce: Option<[u8; 16]>) -> Result<Answer, Breach> {
        const NAME: &str = "the_responder_answers";
        let octets = self.asked(serials, nonce);
        self.nobody_in("an answer", &octets)?;
        let answer = read(NAME, self.issuer.answer(&octets, nonce, self.now()))?;
        let answer =
            answer.map_err(|status| Breach { check: NAME, what: format!("it says {status}") })?;
        if nonce.is_some() {
            checks::status::no_answer_goes_back_in_time(&mut self.heard, &answer)?;
        }
        Ok(answer)
    }

    /// The responder's octets, whatever they are.
    pub(super) fn asked(&mut self, serials: &[SerialNumber], nonce: Option<[u8; 16]>) -> Vec<u8> {
        let reading = self.prefecture.kept.read();
        let founded = self.prefecture.founded.clone();
        let registered = founded.access == akashi_ledger::Access::Registered;
        let agency = registered.then_some(&*founded.agency);
        let request = self.issuer.request(serials, nonce, agency);
        let asker = Asker::default();
        let (answer, _) = self
            .prefecture
            .responder(None, async |responder| responder.answer(&request, asker, reading).await);
        answer.map(|answer| answer.octets().to_vec()).unwrap_or_default()
    }

    pub(super) fn nobody_in(&self, place: &str, octets: &[u8]) -> Result<(), Breach> {
        checks::privacy::nobody_is_named(&self.truth.secrets, place, octets)
    }

    fn read_the_shelf(&mut self, said: &BTreeMap<SerialNumber, Said>) -> Result<(), Breach> {
        use checks::lists;
        let mut listed = Vec::new();
        for row in &self.rows {
            if listed.iter().any(|one: &Listed| one.serial == row.serial) {
                continue;
            }
            let said = said.get(&row.serial).copied().flatten();
            let (serial, town, not_after) = (row.serial, row.municipality, row.not_after);
            listed.push(Listed { serial, town, not_after, said });
        }
        let scopes = crate::founded::TOWNS.iter().chain(&["complete"]);
        for scope in scopes {
            let file = self.prefecture.public().join("crl/1").join(format!("{scope}.crl"));
            let octets = std::fs::read(&file).unwrap_or_default();
            if self.read.get(*scope).is_none_or(|(known, _)| *known != octets) {
                let list = read("a_list_can_be_read", self.issuer.list(&octets));
                let of =
                    |breach: Breach| Breach { what: format!("{scope}: {}", breach.what), ..breach };
                let list = list.map_err(of)?;
                self.nobody_in("a list", &octets)?;
                self.read.insert(scope, (octets.clone(), list));
            }
            let list = &self.read[*scope].1;
            let now = self.now();
            lists::no_list_is_over(scope, list, now)?;
            let shelves = &mut self.shelves;
            lists::numbers_only_rise(shelves, scope, list)?;
            lists::one_number_is_one_file(shelves, scope, list.number, &octets)?;
            lists::each_list_says_what_the_responder_says(shelves, scope, list, &listed, now)?;
        }
        Ok(())
    }

    /// Every list with a number, also those that an interruption left.
    fn see_the_shelf(&mut self) -> Result<(), Breach> {
        for scope in crate::founded::TOWNS.iter().chain(&["complete"]) {
            let dir = self.prefecture.public().join("crl/1").join(scope);
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let file = entry.path();
                let number = file.file_stem().and_then(|name| name.to_str()?.parse().ok());
                let octets = std::fs::read(&file).unwrap_or_default();
                if let (Some(number), Some("crl")) =
                    (number, file.extension().and_then(|extension| extension.to_str()))
                {
                    checks::lists::one_number_is_one_file(
                        &mut self.shelves,
                        scope,
                        number,
                        &octets,
                    )?;
                }
            }
        }
        Ok(())
    }

    /// A list's file is gone, or the one before lies in its place, as when the power goes between
    /// two renames: on the list issuer's shelf and on the public one. Both begin anew and find it.
    pub(super) fn disturb_shelf(&mut self, town: u8) -> Result<(), Breach> {
        let scopes = crate::founded::TOWNS;
        let scope = scopes.get(usize::from(town)).copied().unwrap_or("complete");
        for shelf in [self.prefecture.public(), self.prefecture.dir().join("lists")] {
            let shelf = shelf.join("crl/1");
            let current = shelf.join(format!("{scope}.crl"));
            let numbers = std::fs::read_dir(shelf.join(scope)).into_iter().flatten().flatten();
            let mut numbered: Vec<_> = numbers.map(|entry| entry.path()).collect();
            numbered.sort();
            let _ = std::fs::remove_file(&current);
            if let [.., before, _] = &numbered[..] {
                let _ = std::fs::hard_link(before, &current);
            }
        }
        self.restart(Role::Lists);
        Ok(())
    }
}
