//! What may happen in a prefecture, as plain values: each can be left out of a list that failed.

use serde::{Deserialize, Serialize};

use crate::prefecture::Role;
use crate::trouble::Mishap;

/// Something that happens, some time after what happened before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Minutes since the event before.
    pub after: u32,
    /// What happens.
    pub step: Step,
    /// What befalls the machines meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mishap: Option<Mishap>,
    /// What befalls one of them in the round that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<(Role, Mishap)>,
}

/// Numbers of persons, towns and the like count round and round, so that each means somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Nothing but time.
    Pass,
    /// Somebody applies at a counter: for a first certificate or for a renewal.
    Certify {
        /// Who; the next one who may.
        who: u8,
        /// 更新.
        renewal: bool,
        /// Whether it is tried even where it must be refused.
        stubborn: bool,
        /// After so many commands the card is torn out.
        torn: Option<u8>,
        /// How it ends.
        ending: Ending,
        /// Whether every request is sent twice.
        twice: bool,
    },
    /// The same person at two counters at once.
    Race {
        /// Who.
        who: u8,
    },
    /// A card with a key that was certified before.
    CopiedKey {
        /// Who.
        who: u8,
    },
    /// 失効.
    Revoke {
        /// Who.
        who: u8,
        /// A lost card and not a wish.
        lost: bool,
        /// Whether every request is sent twice.
        twice: bool,
    },
    /// 一時保留.
    Hold {
        /// Who.
        who: u8,
    },
    /// The register changes.
    Change {
        /// Whose record.
        who: u8,
        /// How.
        change: Change,
    },
    /// A street is renumbered: a town's whole neighbourhood in one night.
    Renumber {
        /// Which town.
        town: u8,
    },
    /// A source speaks.
    Feed {
        /// Which.
        town: u8,
        /// So many events in a batch at most.
        most: u8,
        /// How the line behaves.
        way: Way,
    },
    /// A source sends an event again with another content.
    Correct {
        /// Which source.
        town: u8,
        /// Which of its newest events.
        back: u8,
        /// The planned day moves by so many days.
        days: i8,
    },
    /// A process is stopped and started.
    Restart {
        /// Which.
        role: Role,
    },
    /// The registry does not answer for the next application.
    CutLine {
        /// Who applies.
        who: u8,
    },
    /// The clock is set forward while the machines' own clocks stand still.
    Jump {
        /// By so many minutes.
        minutes: u16,
    },
    /// Two officers say that the clock is right.
    AcceptClock,
    /// An officer has another key certified.
    Rekey {
        /// Of which town.
        town: u8,
        /// Which of the two.
        which: u8,
    },
    /// The clock is set back for a while.
    SetBack {
        /// By so many minutes.
        minutes: u16,
        /// Which process is started anew meanwhile.
        restart: Option<Role>,
    },
    /// The machine is started anew, with a clock that is wrong until somebody sets it right.
    Boot {
        /// It was off for so many minutes.
        off: u16,
        /// By so many minutes its clock is ahead; below zero it is behind.
        ahead: i32,
    },
    /// The machine is started anew ahead of its time, and believed; two persons bring the time back.
    BringBack {
        /// By so many minutes it was ahead.
        minutes: u16,
        /// Whether it was started once more before that.
        again: bool,
    },
    /// A list's file is lost, or an interruption left the one before in its place.
    Shelf {
        /// Which town; one more is the complete list.
        town: u8,
    },
}

/// How an application ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// 交付.
    Delivered,
    /// The applicant walks away after the issue.
    Left,
    /// The case is closed after the issue.
    Closed,
    /// The applicant walks away before the issue.
    Early,
}

/// How a record changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// 転居.
    MoveWithin,
    /// 国内転出 (or 国外転出), planned so many days ahead.
    Leave {
        /// 国外転出.
        abroad: bool,
        /// Days until then; may be past.
        days: i8,
    },
    /// 転入 into another town of the prefecture.
    MoveIn,
    /// 転入通知受理 by the old town.
    Hear,
    /// 死亡.
    Death,
    /// 職権消除.
    Deletion,
    /// 職権修正 that changes the family name to another way of writing it.
    Marriage,
    /// 職権修正 that changes nothing.
    FamilyNotice,
    /// 通称の変更.
    CommonName,
    /// 誤記修正 of the birth date.
    BirthDate,
    /// 誤記修正 of the sex.
    Sex,
    /// 軽微な修正 of the address.
    Minor,
    /// 改製.
    Kaisei,
    /// 再製.
    Saisei,
    /// 世帯の変更.
    Household,
    /// 住民票コードの変更.
    Code,
    /// 帰化.
    Naturalisation,
    /// 異動の取消し of the newest change.
    Cancel,
    /// 出生.
    Birth,
    /// 転入 from another prefecture.
    Arrival,
}

/// How a line behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// Everything comes, in order.
    Straight,
    /// Everything comes, and something twice.
    Repeating,
    /// The newest comes first.
    Backwards,
    /// It is made and does not come yet.
    Withholding,
    /// It is lost; only sending again brings it.
    Losing,
    /// What was lost is sent again.
    Again,
    /// Nothing but a sign of life.
    Heartbeat,
}
