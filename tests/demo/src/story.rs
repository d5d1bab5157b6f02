//! The story itself, in chapters.

use std::path::Path;
use std::time::Duration;

use akashi_card::{Card, KeySlot, SigningPin};
use akashi_cardhost::InsertedCard;
use akashi_keys::RsaSize;
use akashi_ledger::{Access, Scope};
use akashi_ra_console::journey::{self, Delivery, Stage};
use akashi_ra_console::{Desk, DeskError};
use akashi_registry::Person;
use akashi_wire::act::{IdentityProof, Procedure, Refusal};
use akashi_wire::date::{EffectiveDate, day_in_japan, start_of_day};
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, MunicipalityCode, ResidentCode, RevocationReason};
use jiff::{Timestamp, ToSpan};

use super::evidence::{Pair, leave};
use super::seat::Seat;
use akashi_agency::{Verdict, stated_items};
use akashi_town::{Setting, TownError, World};

use super::{DemoError, Narrator, Options, Reader, cast};

/// Somebody with a card.
struct Holder {
    /// What the card's file is called.
    name: &'static str,
    code: ResidentCode,
    /// In the pocket while nobody needs it.
    card: Option<InsertedCard>,
    pin: &'static str,
    delivery: Delivery,
}

impl Holder {
    fn pin(&self) -> SigningPin {
        pin(self.pin)
    }
}

fn pin(text: &str) -> SigningPin {
    text.parse().expect("a PIN of 4 to 16 letters and digits")
}

/// 鳥取県.
const PREFECTURE: &str = "310000";

fn town(code: &str) -> MunicipalityCode {
    code.parse().expect("a code of the table")
}

pub(super) async fn tell(
    dir: &Path,
    options: &Options,
    now: Timestamp,
    narrator: &mut Narrator,
) -> Result<(), DemoError> {
    // Three years and two months before now, at nine in the morning of a day in Japan.
    let first_day = day_in_japan(now).saturating_sub(3.years().months(2));
    let start = start_of_day(first_day) + 9.hours();
    let setting = Setting {
        prefecture: PREFECTURE.parse().expect("a code of the table"),
        towns: vec![town(cast::TOTTORI), town(cast::YONAGO)],
        access: options.access,
        seed: options.seed,
        start,
        ledger: "sqlite:book.sqlite".into(),
        size: RsaSize::Rsa3072,
        policy_critical: false,
    };
    narrator.chapter("An authority is made");
    let world = World::make(dir, &setting).await?;
    let at = world.clock.now();
    narrator.tell(at, "Tottori Prefecture (鳥取県) has an authority: keys sealed, the book begun");
    narrator.tell(
        at,
        "two registries, two officers and a tax office are enrolled with keys of their own",
    );
    for (name, address) in world.house.addresses() {
        narrator.aside(&format!("{name:<16} {address}"));
    }
    match (&options.reader, &options.no_reader) {
        (Reader::Virtual { name, .. }, _) => {
            narrator
                .tell(at, &format!("cards go into the PC/SC reader “{name}”, which is virtual"));
        }
        (Reader::None, why) => {
            narrator.tell(at, "cards lie in this process: there is no virtual reader");
            why.iter().for_each(|why| narrator.aside(why));
        }
    }
    let story = Story { world, narrator, reader: &options.reader, keep: options.keep.as_deref() };
    story.first_certificates().await?;
    Ok(())
}

struct Story<'n> {
    world: World,
    narrator: &'n mut Narrator,
    reader: &'n Reader,
    /// Where cards are kept.
    keep: Option<&'n Path>,
}

impl Story<'_> {
    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// A card from the factory, in the counter's reader.
    fn blank_card(&mut self) -> Result<Card<Seat>, DemoError> {
        let card = self.world.blank_card()?.into_transport();
        self.reader.insert(card)
    }

    /// Somebody's card, in a reader.
    fn insert(&self, holder: &mut Holder) -> Result<Card<Seat>, DemoError> {
        let card = holder.card.take().ok_or(TownError::Unexpected("a card in two places"))?;
        self.reader.insert(card)
    }

    /// Keeps cards in files, where somebody wants them.
    fn keep_cards(&mut self, holders: Vec<Holder>) -> Result<(), DemoError> {
        let Some(dir) = self.keep else { return Ok(()) };
        for holder in holders {
            let Some(mut card) = holder.card else { continue };
            let file = dir.join(format!("{}.card", holder.name));
            card.keep(&file)?;
            self.narrator.aside(&format!("{:<16} PIN {}", file.display(), holder.pin));
        }
        self.narrator.aside(
            "akashi-demo card certificate --file CARD reads one; akashi-demo softcard insert CARD",
        );
        self.narrator.aside("puts it into a virtual reader.");
        Ok(())
    }

    async fn first_certificates(mut self) -> Result<(), DemoError> {
        let (tottori, yonago) = (town(cast::TOTTORI), town(cast::YONAGO));
        self.narrator.chapter("First certificates, at the counters");
        let mut takahashi =
            self.issue_slowly(tottori, ("takahashi", cast::takahashi(), "ABC123")).await?;
        self.show_texts(&takahashi);
        let yoshida = self.issue(tottori, ("yoshida", cast::yoshida(), "MOVE7")).await?;
        let watanabe = self.issue(tottori, ("watanabe", cast::watanabe(), "LOST01")).await?;
        let rossi = self.issue(tottori, ("rossi", cast::rossi(), "ROMA64")).await?;
        let mut hamada = self.issue(yonago, ("hamada", cast::hamada(), "HAMA45")).await?;
        self.agency_asks(&mut takahashi).await?;
        self.stranger_asks(&takahashi).await?;
        self.twice(tottori, &takahashi).await?;

        self.narrator.chapter("A move within the town (転居)");
        self.pass(90.days().hours(2)).await;
        self.moved(tottori, &yoshida).await?;
        self.narrator.chapter("A lost card, a telephone call, a death");
        self.pass(40.days()).await;
        self.lost(tottori, &watanabe).await?;
        self.held(tottori, &rossi).await?;
        let yanagi = self.issue(yonago, ("yanagi", cast::yanagi(), "SAKURA")).await?;
        self.died(yonago, &yanagi).await?;

        self.narrator.chapter("Too early to renew");
        self.pass(365.days()).await;
        self.too_early(tottori, &mut takahashi).await?;

        self.narrator.chapter("A move out, planned for a later day (転出)");
        let segawa = self.issue(yonago, ("segawa", cast::segawa(), "TABI50")).await?;
        self.leaving(yonago, &segawa).await?;

        self.narrator.chapter("Renewal in the last three months (更新)");
        self.until_renewal(&takahashi).await;
        self.renewal(tottori, &mut takahashi).await?;

        self.narrator.chapter("A whole street is renumbered (住居表示)");
        let tokunaga = self.issue(yonago, ("tokunaga", cast::tokunaga(), "BANCHI")).await?;
        let tsuji = self.issue(yonago, ("tsuji", cast::tsuji(), "AKASHI")).await?;
        self.renumbered(yonago, &[&tokunaga, &tsuji]).await?;

        self.narrator.chapter("An expired certificate");
        self.expired(&mut hamada).await?;
        self.close(yonago, &tsuji, &segawa, &yoshida).await?;
        self.keep_cards(vec![
            takahashi, yoshida, watanabe, rossi, hamada, yanagi, segawa, tokunaga, tsuji,
        ])?;
        self.world.stop().await;
        Ok(())
    }

    /// Lets time pass, never beyond the real now.
    async fn pass(&mut self, span: jiff::Span) {
        let hours = span.total((jiff::Unit::Hour, jiff::SpanRelativeTo::days_are_24_hours()));
        let until = self.now() + jiff::SignedDuration::from_hours(hours.unwrap_or(0.0) as i64);
        self.pass_until(until).await;
    }

    async fn pass_until(&mut self, until: Timestamp) {
        self.world.clock.advance_to(until.min(Timestamp::now()));
        // The schedulers look once or twice a second of real time.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }

    /// The first certificate, step by step.
    async fn issue_slowly(
        &mut self,
        town: MunicipalityCode,
        (name, person, pin): (&'static str, Person, &'static str),
    ) -> Result<Holder, DemoError> {
        let full_name = person.items.name.clone();
        let code = self.world.enter(person)?;
        let mut card = self.blank_card()?;
        let (world, narrator) = (&self.world, &mut *self.narrator);
        let now = world.clock.now();
        let show = |stage| {
            let text = match stage {
                Stage::Opened { .. } => {
                    format!("{full_name} comes to the counter; the officer opens a case")
                }
                Stage::Found => "the authority asks the registry: one person, living here".into(),
                Stage::Permitted => "one key pair is permitted on this card, for 120 s".into(),
                Stage::KeyMade => {
                    "the card makes it, takes the PIN, and proves that it holds the key".into()
                }
                Stage::Certified => "recorded, linted, signed, read back, verified, filed".into(),
                Stage::Written => {
                    "written to the card, read back, compared, activated, tested".into()
                }
                Stage::Delivered => "delivered; only now the fee of 500 yen".into(),
            };
            narrator.tell(now, &text);
        };
        let chosen = self::pin(pin);
        let delivery = world
            .certify_showing(town, Procedure::Issue, &code, (&mut card, &chosen), show)
            .await?;
        let card = Some(card.into_transport().take_out()?);
        Ok(Holder { name, code, card, pin, delivery })
    }

    async fn issue(
        &mut self,
        town: MunicipalityCode,
        (name, person, pin): (&'static str, Person, &'static str),
    ) -> Result<Holder, DemoError> {
        let (full_name, born) = (person.items.name.clone(), person.items.birth_date.japanese());
        let code = self.world.enter(person)?;
        let mut card = self.blank_card()?;
        let chosen = self::pin(pin);
        let delivery =
            self.world.certify(town, Procedure::Issue, &code, &mut card, &chosen).await?;
        let card = Some(card.into_transport().take_out()?);
        let last = day_in_japan(delivery.not_after);
        self.narrator
            .tell(self.now(), &format!("{full_name}, born {born}, is certified through {last}"));
        Ok(Holder { name, code, card, pin, delivery })
    }

    fn show_texts(&mut self, holder: &Holder) {
        let name = &holder.delivery.name;
        let (text, map) =
            (name.text.clone().unwrap_or_default(), name.map.clone().unwrap_or_default());
        let as_must = text == "高崎　花子" && map == "11000";
        self.narrator.check(
            self.now(),
            &format!(
                "the register's {} stands as {text} with the map {map}: each substitute is marked",
                name.original
            ),
            as_must,
            || format!("{text} {map}"),
        );
    }

    async fn agency_asks(&mut self, holder: &mut Holder) -> Result<(), DemoError> {
        let certificate = holder.delivery.certificate.clone();
        let (verdict, _) =
            self.world.ask_until(&certificate, |verdict| *verdict == Verdict::Valid).await;
        self.narrator.check(
            self.now(),
            "the tax office asks by OCSP: good",
            verdict == Verdict::Valid,
            || format!("{verdict:?}"),
        );
        let application = "確定申告書 (an application file)".as_bytes();
        let mut card = self.insert(holder)?;
        card.verify_pin(&holder.pin())?;
        let signature = card.sign(KeySlot::Living, &Sha256::of(application).0)?;
        holder.card = Some(card.into_transport().take_out()?);
        let verified = self.world.agency.verifies(&certificate, application, &signature);
        let changed = self.world.agency.verifies(&certificate, b"another file", &signature);
        let stated = stated_items(&certificate).map_err(DemoError::Outcome)?;
        let items = &holder.delivery.items;
        let compared = stated.birth_date == items.birth_date.to_string()
            && stated.sex == items.sex.code()
            && Some(&stated.name) == holder.delivery.name.text.as_ref()
            && Some(&stated.address) == holder.delivery.address.text.as_ref();
        self.narrator.check(
            self.now(),
            "it verifies a file that the card signed and compares the four items; a changed file fails",
            verified && !changed && compared,
            || format!("verified {verified}, changed {changed}, compared {compared}"),
        );
        Ok(())
    }

    async fn stranger_asks(&mut self, holder: &Holder) -> Result<(), DemoError> {
        let verdict = self.world.stranger.judge(&holder.delivery.certificate, self.now()).await;
        match self.world.house.doors.issuer.authority.profile.access {
            Access::Registered => self.narrator.check(
                self.now(),
                "a stranger asks and is refused: status is for notified agencies only",
                matches!(&verdict, Verdict::CannotTell(why) if why.contains("sigRequired")),
                || format!("{verdict:?}"),
            ),
            Access::Open => self.narrator.check(
                self.now(),
                "a stranger asks and is answered: this authority was made with --access open",
                verdict == Verdict::Valid,
                || format!("{verdict:?}"),
            ),
        }
        Ok(())
    }

    async fn twice(&mut self, town: MunicipalityCode, holder: &Holder) -> Result<(), DemoError> {
        let mut card = self.blank_card()?;
        let chosen = holder.pin();
        let refused =
            self.world.certify(town, Procedure::Issue, &holder.code, &mut card, &chosen).await;
        card.into_transport().take_out()?;
        self.refused("a second certificate for the same person is refused", refused, |refusal| {
            matches!(refusal, Refusal::AlreadyCertified { .. })
        });
        Ok(())
    }

    fn refused<T>(
        &mut self,
        text: &str,
        outcome: Result<T, DeskError>,
        expected: impl Fn(&Refusal) -> bool,
    ) {
        let (holds, found) = match &outcome {
            Ok(_) => (false, "it was granted".to_owned()),
            Err(DeskError::InCase { error, .. }) => match &**error {
                DeskError::Refused(refusal) => (expected(refusal), refusal.to_string()),
                other => (false, other.to_string()),
            },
            Err(error) => (false, error.to_string()),
        };
        let text = if holds { format!("{text}: “{found}”") } else { text.to_owned() };
        self.narrator.check(self.now(), &text, holds, || found);
    }

    /// What every agency sees after a revocation: OCSP, the town's list, the complete list.
    async fn seen_revoked(
        &mut self,
        town: MunicipalityCode,
        holder: &Holder,
        reason: RevocationReason,
    ) -> Result<(), DemoError> {
        let certificate = &holder.delivery.certificate;
        let as_must = |verdict: &Verdict| matches!(verdict, Verdict::Revoked { reason: r, .. } if *r == reason);
        let (verdict, took) = self.world.ask_until(certificate, as_must).await;
        self.narrator.check(
            self.now(),
            &format!("OCSP says revoked ({reason}) after {}", super::narrator::duration(took)),
            as_must(&verdict) && took < Duration::from_secs(1),
            || format!("{verdict:?} after {took:?}"),
        );
        // Urgent ones are listed at once; the others within the hour, the complete list in six.
        if !reason.is_urgent() {
            self.pass(61.minutes()).await;
        }
        self.world.listed(Scope::Partition(town)).await?;
        self.pass(6.hours().minutes(1)).await;
        self.world.listed(Scope::Complete).await?;
        let serial = holder.delivery.serial;
        let mut lists = Vec::new();
        for scope in [Scope::Partition(town), Scope::Complete] {
            let file = self.world.dir.join("public/crl/1").join(format!("{scope}.crl"));
            let octets = std::fs::read(file)?;
            lists.push(octets.windows(16).any(|window| window == serial.as_bytes()));
        }
        self.narrator.check(
            self.now(),
            "the town's CRL and the complete CRL carry its serial number",
            lists == [true, true],
            || format!("{lists:?}"),
        );
        Ok(())
    }

    async fn moved(&mut self, town: MunicipalityCode, holder: &Holder) -> Result<(), DemoError> {
        let code = holder.code.clone();
        let new_address = "鳥取県鳥取市栄町６２７番地";
        self.world.office(|office| office.move_within(&code, new_address))?;
        let batch = self.world.next_batch(town)?.ok_or(TownError::Unexpected("an empty outbox"))?;
        let answer = self.world.send(town, &batch).await?;
        self.narrator.tell(
            self.now(),
            &format!(
                "the registry sends a signed, encrypted batch: {} event committed, then answered",
                answer.accepted
            ),
        );
        let mut tampered = batch.sealed.clone();
        let middle = tampered.len() / 2;
        tampered[middle] ^= 1;
        let forged = akashi_registry::SealedBatch { sealed: tampered, ..batch.clone() };
        let refused = self.world.send(town, &forged).await;
        self.narrator.check(
            self.now(),
            "the same batch with one bit changed is refused whole",
            matches!(
                refused,
                Err(TownError::Send(akashi_registry::http::SendError::Refused { .. }))
            ),
            || format!("{refused:?}"),
        );
        let again = self.world.send(town, &batch).await?;
        self.narrator.check(
            self.now(),
            "the same batch once more gets the same answer",
            again == answer,
            || format!("{again:?}"),
        );
        self.world.settled().await?;
        self.seen_revoked(town, holder, RevocationReason::AffiliationChanged).await
    }

    async fn lost(&mut self, town: MunicipalityCode, holder: &Holder) -> Result<(), DemoError> {
        let by = self.world.by_items(&holder.code);
        let desk: &Desk = &self.world.desks[&town];
        let ended =
            journey::revoke(desk, by, RevocationReason::KeyCompromise, IdentityProof::ResidentCard)
                .await?;
        self.narrator.tell(
            self.now(),
            &format!("渡邉　嵜子 has lost her card: revoked at the counter at {}", ended.at),
        );
        self.seen_revoked(town, holder, RevocationReason::KeyCompromise).await
    }

    async fn held(&mut self, town: MunicipalityCode, holder: &Holder) -> Result<(), DemoError> {
        let by = self.world.by_items(&holder.code);
        journey::hold(&self.world.desks[&town], by).await?;
        self.narrator
            .tell(self.now(), "ROSSI MARIA ALESSANDRA telephones: her certificate is put on hold");
        self.seen_revoked(town, holder, RevocationReason::CertificateHold).await
    }

    async fn died(&mut self, town: MunicipalityCode, holder: &Holder) -> Result<(), DemoError> {
        let code = holder.code.clone();
        let date = EffectiveDate::NonCalendar { text: "令和の春".into() };
        self.world.office(|office| office.death(&code, date))?;
        self.world.deliver_feed(town).await?;
        self.narrator.tell(
            self.now(),
            "the register reports the death of 栁　春, on a day known only as a spring",
        );
        self.seen_revoked(town, holder, RevocationReason::AffiliationChanged).await
    }

    async fn too_early(
        &mut self,
        town: MunicipalityCode,
        holder: &mut Holder,
    ) -> Result<(), DemoError> {
        let mut card = self.insert(holder)?;
        let refused = self
            .world
            .certify(town, Procedure::Renewal, &holder.code, &mut card, &holder.pin())
            .await;
        holder.card = Some(card.into_transport().take_out()?);
        self.refused("髙﨑　花子 asks for a renewal and is refused", refused, |refusal| {
            matches!(refusal, Refusal::RenewalNotOpen { .. })
        });
        Ok(())
    }

    async fn leaving(&mut self, town: MunicipalityCode, holder: &Holder) -> Result<(), DemoError> {
        let code = holder.code.clone();
        let day = day_in_japan(self.now()).saturating_add(20.days());
        self.world.office(|office| office.notify_move_out(&code, day))?;
        self.world.deliver_feed(town).await?;
        let certificate = holder.delivery.certificate.clone();
        let valid = |verdict: &Verdict| *verdict == Verdict::Valid;
        let (verdict, _) = self.world.ask_until(&certificate, valid).await;
        self.narrator.check(
            self.now(),
            &format!("瀨川　旅人 notifies a move for {day}: scheduled, and good until then"),
            valid(&verdict),
            || format!("{verdict:?}"),
        );
        self.pass_until(start_of_day(day) - 1.minute()).await;
        let (verdict, _) = self.world.ask_until(&certificate, valid).await;
        self.narrator.check(
            self.now(),
            "one minute before midnight: still good",
            valid(&verdict),
            || format!("{verdict:?}"),
        );
        self.pass_until(start_of_day(day)).await;
        self.narrator.tell(self.now(), "midnight in Japan: the planned day has come");
        self.seen_revoked(town, holder, RevocationReason::AffiliationChanged).await
    }

    async fn until_renewal(&mut self, holder: &Holder) {
        let opens = akashi_wire::validity::renewal_opens(holder.delivery.not_after);
        self.pass_until(start_of_day(opens) + 9.hours()).await;
    }

    async fn renewal(
        &mut self,
        town: MunicipalityCode,
        holder: &mut Holder,
    ) -> Result<(), DemoError> {
        let old = holder.delivery.certificate.clone();
        let old_serial = holder.delivery.serial;
        let mut card = self.insert(holder)?;
        let delivery = self
            .world
            .certify(town, Procedure::Renewal, &holder.code, &mut card, &holder.pin())
            .await?;
        holder.card = Some(card.into_transport().take_out()?);
        let last = day_in_japan(delivery.not_after);
        self.narrator.check(
            self.now(),
            &format!("髙﨑　花子 renews on the first day of the window: good through {last}; only then the old one ends"),
            delivery.superseded == Some(old_serial),
            || format!("{:?}", delivery.superseded),
        );
        let superseded = |verdict: &Verdict| {
            matches!(verdict, Verdict::Revoked { reason: RevocationReason::Superseded, .. })
        };
        let (verdict, _) = self.world.ask_until(&old, superseded).await;
        let valid = |verdict: &Verdict| *verdict == Verdict::Valid;
        let (new, _) = self.world.ask_until(&delivery.certificate, valid).await;
        self.narrator.check(
            self.now(),
            "OCSP: the old one revoked (superseded), the new one good",
            superseded(&verdict) && valid(&new),
            || format!("{verdict:?}, {new:?}"),
        );
        holder.delivery = delivery;
        Ok(())
    }

    async fn renumbered(
        &mut self,
        town: MunicipalityCode,
        holders: &[&Holder],
    ) -> Result<(), DemoError> {
        let prefix = "鳥取県米子市糀町一丁目";
        let count = self
            .world
            .office(|office| {
                office.renumber_addresses(town, prefix, |old| old.replace("番地", "番１号"))
            })?
            .len();
        self.world.deliver_feed(town).await?;
        let mut good = 0;
        for holder in holders {
            let valid = |verdict: &Verdict| *verdict == Verdict::Valid;
            good += usize::from(valid(
                &self.world.ask_until(&holder.delivery.certificate, valid).await.0,
            ));
        }
        self.narrator.check(
            self.now(),
            &format!(
                "{count} records get new numbers in one night (軽微な修正): nobody is revoked"
            ),
            good == holders.len(),
            || format!("{good} of {} good", holders.len()),
        );
        Ok(())
    }

    async fn expired(&mut self, holder: &mut Holder) -> Result<(), DemoError> {
        self.pass_until(holder.delivery.not_after + 1.hour()).await;
        let certificate = holder.delivery.certificate.clone();
        let (verdict, _) =
            self.world.ask_until(&certificate, |verdict| *verdict == Verdict::OutOfTime).await;
        self.narrator.check(
            self.now(),
            "濵田　昭三 signs with a certificate that has expired: the tax office refuses it",
            verdict == Verdict::OutOfTime,
            || format!("{verdict:?}"),
        );
        Ok(())
    }

    async fn close(
        &mut self,
        yonago: MunicipalityCode,
        good: &Holder,
        revoked: &Holder,
        earlier: &Holder,
    ) -> Result<(), DemoError> {
        self.narrator.chapter("Now");
        self.pass_until(Timestamp::now() - 2.seconds()).await;
        self.world.clock.advance_to(Timestamp::now());
        for scope in [Scope::Partition(yonago), Scope::Complete, Scope::Authority] {
            self.world.listed(scope).await?;
        }
        let valid = |verdict: &Verdict| *verdict == Verdict::Valid;
        let (verdict, _) = self.world.ask_until(&good.delivery.certificate, valid).await;
        self.narrator.check(
            self.now(),
            "辻　証 has a certificate that is good now",
            valid(&verdict),
            || format!("{verdict:?}"),
        );
        // 𠮷田's has expired meanwhile; it stays revoked all the same.
        let still = |verdict: &Verdict| matches!(verdict, Verdict::Revoked { .. });
        let (verdict, _) = self.world.ask_until(&earlier.delivery.certificate, still).await;
        self.narrator.check(
            self.now(),
            "what was revoked years ago is still revoked",
            still(&verdict),
            || format!("{verdict:?}"),
        );
        let pair = Pair {
            good: &good.delivery.certificate,
            revoked: &revoked.delivery.certificate,
            town: yonago,
        };
        leave(&self.world, &pair).await?;
        let report = self.world.house.ledger().verify_audit().await?;
        self.narrator.tell(
            self.now(),
            &format!(
                "the audit chain is whole: {} entries, the last {} not yet signed",
                report.entries, report.unsigned_tail
            ),
        );
        Ok(())
    }
}
