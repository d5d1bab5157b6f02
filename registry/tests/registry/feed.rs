//! What a source reports, as the authority reads it.

use std::collections::BTreeMap;

use crate::support::{CHIYODA, SHINJUKU, World, code, person};
use akashi_registry::RegistryError;
use akashi_wire::date::EffectiveDate;
use akashi_wire::lookup::ResidentState;
use akashi_wire::octets::Sha256;
use akashi_wire::{IdouKind, ResidentCode};
use jiff::civil::date;

/// Every kind of change, spread over two towns. Everybody whose code ever was in use is returned.
fn a_busy_day(world: &mut World) -> Vec<ResidentCode> {
    let now = world.now();
    let towns = [code(SHINJUKU), code(CHIYODA)];
    let mut everybody = Vec::new();
    for town in towns {
        let today = date(2006, 4, 3);
        everybody.extend(world.registry.populate(town, 12, today, &mut world.rng).unwrap());
    }
    let new_code = world.registry.free_code(&mut world.rng);
    let mut office = world.registry.at(now, &mut world.rng);
    let who = everybody.clone();
    office.move_within(&who[0], "東京都新宿区泉２－２").unwrap();
    office.notify_move_out(&who[1], date(2006, 4, 10)).unwrap();
    office.move_in(&who[1], towns[1], "東京都千代田区柳1番地").unwrap();
    office.hear_of_move_in(&who[1]).unwrap();
    office.notify_move_abroad(&who[2], date(2006, 5, 1)).unwrap();
    office.death(&who[3], EffectiveDate::Unknown).unwrap();
    office.office_deletion(&who[4]).unwrap();
    office.new_family_name(&who[5], "髙橋").unwrap();
    office.change_common_name(&who[6], "SMITH\u{3000}JOHN（林\u{3000}純）").unwrap();
    office.correct_error(&who[7], |i| i.birth_date = "319710228".parse().unwrap()).unwrap();
    office.minor_change(&who[8], |i| i.name = i.name.replace('髙', "高")).unwrap();
    office.kaisei(&who[9]).unwrap();
    office.saisei(&who[9]).unwrap();
    office.household_change(&who[9]).unwrap();
    office.naturalisation(&who[10], |i| i.name = "山田\u{3000}太郎".into()).unwrap();
    office.code_change(&who[11], new_code.clone()).unwrap();
    office.move_within(&new_code, "東京都新宿区泉９").unwrap();
    let queued = office.move_within(&who[0], "東京都新宿区泉３").unwrap();
    office.cancel(&who[0], queued.history_number).unwrap();
    everybody.push(new_code);
    everybody.push(office.birth(person(CHIYODA, "辻\u{e0100}\u{3000}さくら")).unwrap().0);
    everybody.push(office.office_entry(person(CHIYODA, "渡邉\u{3000}正")).unwrap().0);
    everybody.push(office.arrival(None, person(CHIYODA, "渡邊\u{3000}正")).unwrap().0);
    office.renumber_addresses(towns[1], "東京都千代田区", |old| format!("{old}改")).unwrap();
    everybody
}

#[test]
fn every_kind_of_change_is_reported_without_a_gap_and_each_history_is_contiguous() {
    let mut world = World::new();
    a_busy_day(&mut world);
    let mut kinds = std::collections::BTreeSet::new();
    let mut histories: BTreeMap<ResidentCode, Vec<u32>> = BTreeMap::new();
    let mut renamed = BTreeMap::new();
    for town in world.registry.sources() {
        let events = world.registry.outbox(town).unwrap().events();
        for (index, (event, opening)) in events.iter().enumerate() {
            assert_eq!(event.sequence, index as u64 + 1);
            assert_eq!(event.source, town);
            kinds.insert(event.kind);
            let person = opening.resident.open(&event.resident).unwrap();
            if let Some(new) = &opening.new_resident {
                renamed.insert(new.open(&event.new_resident.unwrap()).unwrap(), person.clone());
            }
            let person = renamed.get(&person).cloned().unwrap_or(person);
            histories.entry(person).or_default().push(event.history_number);
        }
    }
    assert_eq!(kinds.len(), IdouKind::ALL.len(), "a kind is never reported");
    for mut history in histories.into_values() {
        history.sort();
        assert!(history[0] <= 2, "the entry is 1, the first change after it 2");
        assert!(history.windows(2).all(|two| two[0] + 1 == two[1]), "{history:?}");
    }
}

#[test]
fn the_authority_opens_verifies_and_reads_every_batch_and_every_opening_opens() {
    let mut world = World::new();
    let everybody = a_busy_day(&mut world);
    for town in [SHINJUKU, CHIYODA] {
        let source = world.source(town);
        let (mut previous, mut next) = (None, 1);
        while let Some(sent) = {
            let now = world.now();
            world.registry.next_batch(&source, now, 5).unwrap()
        } {
            let (batch, openings, text) = world.open(&sent.sealed, &source);
            assert_eq!(batch, sent.batch);
            assert_eq!(Sha256::of(&akashi_wire::batch::signed_form(&text)), sent.digest);
            assert_eq!((batch.header.first, batch.header.previous), (next, previous));
            assert!(batch.events.len() <= 5 && batch.events.len() == openings.len());
            for (event, opening) in batch.events.iter().zip(&openings) {
                assert!(opening.resident.open(&event.resident).is_some());
                assert_eq!(opening.new_resident.is_some(), event.new_resident.is_some());
            }
            let text = String::from_utf8(text).unwrap();
            for code in &everybody {
                let digits = std::str::from_utf8(code.expose()).unwrap();
                assert!(!text.contains(digits), "a resident code stands in what is signed");
            }
            (previous, next) = (Some(sent.digest), next + batch.events.len() as u64);
        }
        let now = world.now();
        let heartbeat = world.registry.heartbeat(&source, now).unwrap();
        let (batch, _, _) = world.open(&heartbeat.sealed, &source);
        assert_eq!((batch.header.first, batch.header.count), (next, 0));
        assert_eq!(batch.header.previous, previous);
    }
}

#[test]
fn what_was_sent_can_be_sent_again_with_the_same_events_or_with_another_cause() {
    let mut world = World::new();
    let source = world.source(SHINJUKU);
    let who = world.enter(SHINJUKU, "証\u{3000}花子");
    let now = world.now();
    let mut office = world.registry.at(now, &mut world.rng);
    office.household_change(&who).unwrap();
    office.office_deletion(&who).unwrap();
    let refused = world.registry.resend(&source, 1, 2, now).unwrap_err();
    assert!(matches!(refused, RegistryError::NotSent { sent: 0, .. }));

    let first = world.registry.next_batch(&source, now, 100).unwrap().unwrap();
    let again = world.registry.resend(&source, 1, 2, now).unwrap();
    assert_eq!(again.batch.events, first.batch.events);
    assert_eq!(again.batch.header.previous, Some(first.digest));

    let died = |event: &mut akashi_wire::Idou| event.kind = IdouKind::Shibou;
    let changed = world.registry.resend_with(&source, 2, 1, now, died).unwrap();
    let [event] = &changed.batch.events[..] else { panic!("one event") };
    assert_eq!((event.sequence, event.kind), (2, IdouKind::Shibou));
    assert!(world.registry.next_batch(&source, now, 100).unwrap().is_none());
}

#[test]
fn a_cancelled_move_restores_the_address_and_leaves_what_came_in_between() {
    let mut world = World::new();
    let who = world.enter(SHINJUKU, "証\u{3000}花子");
    let old = world.registry.record(&who).unwrap().items().clone();
    let now = world.now();
    let mut office = world.registry.at(now, &mut world.rng);
    let moved = office.move_within(&who, "東京都新宿区泉２－２").unwrap();
    office.new_family_name(&who, "髙橋").unwrap();
    let cancel = office.cancel(&who, moved.history_number).unwrap();
    assert_eq!(cancel.history_number, 4);
    assert!(matches!(
        office.cancel(&who, moved.history_number),
        Err(RegistryError::NotToBeTakenBack { number: 2 })
    ));
    let items = world.registry.record(&who).unwrap().items();
    assert_eq!(items.address, old.address);
    assert_eq!(items.name, "髙橋\u{3000}花子");
}

#[test]
fn a_move_to_another_town_is_reported_by_both_and_can_be_taken_back_step_by_step() {
    let mut world = World::new();
    let who = world.enter(SHINJUKU, "証\u{3000}花子");
    let now = world.now();
    let mut office = world.registry.at(now, &mut world.rng);
    let out = office.notify_move_out(&who, date(2006, 4, 10)).unwrap();
    let arrived = office.move_in(&who, code(CHIYODA), "東京都千代田区柳1").unwrap();
    let heard = office.hear_of_move_in(&who).unwrap();
    assert_eq!(
        [out.source, arrived.source, heard.source].map(|s| s.to_string()),
        [SHINJUKU, CHIYODA, SHINJUKU]
    );
    let record = world.registry.record(&who).unwrap();
    assert_eq!(record.municipality(), code(CHIYODA));
    assert_eq!(record.state_at(now), ResidentState::Living);

    let mut office = world.registry.at(now, &mut world.rng);
    for number in [heard, arrived, out].map(|queued| queued.history_number) {
        office.cancel(&who, number).unwrap();
    }
    let record = world.registry.record(&who).unwrap();
    assert_eq!(record.municipality(), code(SHINJUKU));
    assert_eq!(record.standing().state, ResidentState::Living);
    assert_eq!(record.history_number(), 7);
}

#[test]
fn a_move_out_deletes_the_record_at_midnight_in_japan_of_the_planned_day() {
    let mut world = World::new();
    let who = world.enter(SHINJUKU, "証\u{3000}花子");
    let now = world.now();
    let day = date(2006, 4, 10);
    world.registry.at(now, &mut world.rng).notify_move_out(&who, day).unwrap();
    let record = world.registry.record(&who).unwrap();
    let at = |text: &str| record.state_at(text.parse().unwrap());
    assert_eq!(at("2006-04-09T14:59:59Z"), ResidentState::LeavingOn { day });
    assert_eq!(at("2006-04-09T15:00:00Z"), ResidentState::Deleted);

    let later = "2006-04-11T00:00:00Z".parse().unwrap();
    let mut office = world.registry.at(later, &mut world.rng);
    assert!(matches!(office.move_within(&who, "東京都"), Err(RegistryError::Deleted)));
    office.hear_of_move_in(&who).unwrap();
    assert!(matches!(office.hear_of_move_in(&who), Err(RegistryError::NoMove)));
}

#[test]
fn a_renumbered_quarter_changes_everybody_who_lives_there_and_nobody_else() {
    let mut world = World::new();
    let here = world.enter(SHINJUKU, "証\u{3000}花子");
    let dead = world.enter(SHINJUKU, "証\u{3000}太郎");
    let elsewhere = world.enter(CHIYODA, "証\u{3000}次郎");
    let now = world.now();
    let mut office = world.registry.at(now, &mut world.rng);
    let odd = EffectiveDate::NonCalendar { text: "平成18年2月29日".into() };
    office.death(&dead, odd.clone()).unwrap();
    let changed = office
        .renumber_addresses(code(SHINJUKU), "東京都新宿区青葉", |old| {
            old.replace("1番1号", "１－１")
        })
        .unwrap();
    assert_eq!(changed.len(), 1);
    let address = |who| world.registry.record(who).unwrap().items().address.clone();
    assert_eq!(address(&here), "東京都新宿区青葉一丁目１－１");
    assert_eq!(address(&dead), "東京都新宿区青葉一丁目1番1号");
    assert_eq!(address(&elsewhere), "東京都千代田区青葉一丁目1番1号");
    let events = world.registry.outbox(code(SHINJUKU)).unwrap().events();
    assert_eq!(events[0].0.effective_date, odd);
    assert_eq!(events[1].0.effective_date.day(), Some(date(2006, 4, 3)));
}
