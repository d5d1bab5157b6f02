//! `akashi content-keys`: the keys of what is recorded about persons, a month of deletion each.

use std::path::PathBuf;
use std::sync::Arc;

use akashi_edge::Opened;
use akashi_keys::ContentKeys;
use akashi_wire::order::SignedOrder;
use akashi_wire::party::Role;
use akashi_wire::{DeletionMonth, Order, OrderDoor};
use jiff::Timestamp;

use super::{Failure, OpenArgs};
use crate::clock::SystemClock;

/// The keys of what is recorded about persons, a month of deletion each.
#[derive(clap::Subcommand)]
pub enum ContentKeysCommand {
    /// Show every key and every copy of the store.
    List(OpenArgs),
    /// Make a copy of the store, or rewrite one: keys that were destroyed are destroyed there too.
    Copy {
        #[command(flatten)]
        open: OpenArgs,
        /// Directory of the copy.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Take a copy that you have destroyed off the list.
    Strike {
        #[command(flatten)]
        open: OpenArgs,
        /// Directory of the copy, as `list` shows it.
        copy: PathBuf,
    },
    /// Destroy the key of a month that has begun: everything that was to be deleted in it is deleted,
    /// in backups and replicas of the book too. The authority must be up.
    Destroy {
        #[command(flatten)]
        open: OpenArgs,
        /// The month, YYYY-MM.
        month: DeletionMonth,
    },
}

impl ContentKeysCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::List(open) => list(open.opened()?.vault()?.contents(), Timestamp::now()),
            Self::Copy { open, to } => {
                let copy = open.opened()?.vault()?.contents().copy(&to)?;
                akashi_edge::say!("copy         {}, keys: {}", copy.to.display(), copy.keys.len());
                Ok(())
            }
            Self::Strike { open, copy } => {
                if !open.opened()?.vault()?.contents().strike(&copy)? {
                    return Err(format!("{} is on no list of copies", copy.display()).into());
                }
                akashi_edge::say!("done         it is no longer on the list");
                Ok(())
            }
            Self::Destroy { open, month } => destroy(&open.opened()?, month).await,
        }
    }
}

fn month(number: u32) -> String {
    DeletionMonth::of_number(number).map_or_else(|| number.to_string(), |month| month.to_string())
}

fn list(keys: &ContentKeys, now: Timestamp) -> Result<(), Failure> {
    let destroyed = keys.destroyed()?;
    for number in &destroyed {
        akashi_edge::say!("deleted      {}", month(*number));
    }
    for number in keys.numbers()?.into_iter().filter(|number| !destroyed.contains(number)) {
        let is_due = DeletionMonth::of_number(number).is_some_and(|month| month.has_begun(now));
        let due = if is_due { ", which has begun: destroy it" } else { "" };
        akashi_edge::say!("kept until   {}{due}", month(number));
    }
    for copy in keys.copies()? {
        let stale = copy.has_destroyed(&destroyed);
        let stale: Vec<String> = stale.into_iter().map(month).collect();
        let says = match stale.is_empty() {
            true => String::new(),
            false => {
                format!(", which still opens what was deleted: {}; rewrite it", stale.join(" "))
            }
        };
        akashi_edge::say!("copy         {}, keys: {}{says}", copy.to.display(), copy.keys.len());
    }
    Ok(())
}

/// First on record, by the authority's own word and clock; then destroyed here.
async fn destroy(opened: &Opened, month: DeletionMonth) -> Result<(), Failure> {
    let (vault, now) = (opened.vault()?, Timestamp::now());
    let keys = vault.contents();
    // One that was destroyed may be said again: a book that was brought back does not know of it.
    let known = [keys.numbers()?, keys.destroyed()?].concat();
    if !known.contains(&month.number()) {
        return Err(format!("nothing was ever sealed for {month}").into());
    }
    if !month.has_begun(now) {
        return Err(format!("{month} has not begun: nothing is deleted before its time").into());
    }
    let scheduler = opened.own(&Role::Scheduler)?;
    let order = Order::DeleteContent { month };
    let order = SignedOrder::sign(order, scheduler.certificate(), now, |o| scheduler.sign(o))?;
    let door = opened.authority_link(&Role::Scheduler, Arc::new(SystemClock::new()))?;
    door.carry_out(order).await.map_err(|why| format!("nothing was deleted: {why}"))?;
    keys.destroy(month.number())?;
    akashi_edge::say!("deleted      {month}");
    let stale = keys.copies()?.into_iter().filter(|copy| copy.keys.contains(&month.number()));
    for copy in stale {
        let to = copy.to.display();
        akashi_edge::say!(
            "next         akashi content-keys copy --to {to}: that copy opens it still"
        );
    }
    Ok(())
}
