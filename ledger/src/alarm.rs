//! Alarms: the chain tells when each began, who signed for it and when it was over; what stands is a work list beside it.

use akashi_wire::Alarm;
use akashi_wire::act::PartyId;
use akashi_wire::alarm::{Ends, SignedFor};
use akashi_wire::party::Role;
use jiff::Timestamp;

use crate::object::Object;
use crate::right::Right;
use crate::row::Row;
use crate::store::args;
use crate::{Change, Ledger, LedgerError, Position, ReadsAll};

/// The verb of the entry that begins an alarm; its subject is the alarm as text.
pub const BEGUN: &str = "alarm";
/// The verb of the entry that ends one; its subject is the position of the entry that began it.
pub const OVER: &str = "alarm_over";

/// An alarm that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingAlarm {
    /// The entry that began it, by which it is named.
    pub position: Position,
    /// What it is.
    pub alarm: Alarm,
    /// Since when.
    pub since: Timestamp,
    /// Who signed for it.
    pub signed_for: Option<SignedFor>,
}

impl StandingAlarm {
    fn read(row: &Row) -> Result<Self, LedgerError> {
        let text: String = row.get("alarm")?;
        let signed_for = match row.maybe::<PartyId>("signed_by")? {
            Some(party) => Some(SignedFor { party, at: row.get("signed_at")? }),
            None => None,
        };
        Ok(Self {
            position: row.get("position")?,
            // One that cannot be read stands as an alarm itself: it keeps nobody from what else stands, nor an event that
            // raises another from being settled.
            alarm: Alarm::from_text(&text).unwrap_or_else(|_| Alarm::unreadable(&text)),
            since: row.get("since")?,
            signed_for,
        })
    }
}

const STANDING: &str = "SELECT position, alarm, since, signed_by, signed_at FROM standing_alarm
                        ORDER BY position";

impl<R: ReadsAll> Ledger<R> {
    /// Every alarm that stands, the oldest first.
    pub async fn standing_alarms(&self) -> Result<Vec<StandingAlarm>, LedgerError> {
        self.store.rows(STANDING, args![]).await?.iter().map(StandingAlarm::read).collect()
    }
}

impl Change {
    /// Every alarm that stands, the oldest first.
    pub async fn standing_alarms(&mut self) -> Result<Vec<StandingAlarm>, LedgerError> {
        self.tx.rows(STANDING, args![]).await?.iter().map(StandingAlarm::read).collect()
    }

    /// Begins an alarm. Gives whether it was begun: it is not where one of the same thing stands, however often that is
    /// found, unless whoever told of that says something else of it, by which the one before is over.
    pub async fn raise(&mut self, alarm: &Alarm) -> Result<bool, LedgerError> {
        for standing in self.standing_alarms().await? {
            if !standing.alarm.is_about_what(alarm) {
                continue;
            }
            if standing.alarm == *alarm || alarm.ends() != Ends::Told {
                return Ok(false);
            }
            self.end(standing.position).await?;
        }
        let text = alarm.to_text();
        let position = self.append(BEGUN, &text, None).await?;
        let sql = "INSERT INTO standing_alarm (position, alarm, since) VALUES ($1, $2, $3)";
        self.tx.execute(sql, args![position.0, text, self.at()]).await?;
        Ok(true)
    }

    /// Ends what stands of the same thing; gives whether anything did.
    pub(crate) async fn is_no_more(&mut self, alarm: &Alarm) -> Result<bool, LedgerError> {
        self.require(Right::EndAlarm)?;
        let standing = self.standing_alarms().await?;
        let of_it: Vec<_> = standing.iter().filter(|one| one.alarm.is_about_what(alarm)).collect();
        for one in &of_it {
            self.end(one.position).await?;
        }
        Ok(!of_it.is_empty())
    }

    /// Ends an alarm of which is seen that it is over.
    ///
    /// # Errors
    /// [`LedgerError::NotPermitted`] by anything but the order that looks after alarms;
    /// [`LedgerError::NotAsItStands`] where it does not stand.
    pub async fn end_alarm(&mut self, position: Position) -> Result<(), LedgerError> {
        self.require(Right::EndAlarm)?;
        self.end(position).await
    }

    async fn end(&mut self, position: Position) -> Result<(), LedgerError> {
        let sql = "DELETE FROM standing_alarm WHERE position = $1";
        if self.tx.execute(sql, args![position.0]).await? == 0 {
            return Err(LedgerError::NotAsItStands);
        }
        self.append(OVER, &position.to_string(), None).await.map(|_| ())
    }

    /// Signs for an alarm: from now on it is that person's, and nobody is called for it any more. One that nothing else
    /// ends is over once somebody of the office has signed, whoever of the municipality did before.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] where it does not stand, or somebody signed for it;
    /// [`LedgerError::NotEnrolled`] for one that is another municipality's; [`LedgerError::NotPermitted`] for one that
    /// is about the signer, and for one about the recovery key by anybody but a security officer.
    pub async fn sign_for(&mut self, position: Position) -> Result<(), LedgerError> {
        self.require_about(Right::SignForAlarm, &Object::Alarm(position))?;
        let standing = self.standing_alarms().await?;
        let one = standing.iter().find(|one| one.position == position);
        let (one, own) = (one.ok_or(LedgerError::NotAsItStands)?, self.permit.municipality());
        if own.is_some() && one.alarm.municipality() != own {
            return Err(LedgerError::NotEnrolled);
        }
        let is_own_matter = one.alarm.party() == Some(self.permit.party());
        let is_of_others =
            one.alarm.is_of_recovery() && *self.permit.role() != Role::SecurityOfficer;
        if is_own_matter || is_of_others {
            return Err(self.permit.not_permitted(Right::SignForAlarm));
        }
        if one.alarm.ends() == Ends::Signed && own.is_none() {
            return self.end(position).await;
        }
        if one.signed_for.is_some() {
            return Err(LedgerError::NotAsItStands);
        }
        let sql = "UPDATE standing_alarm SET signed_by = $2, signed_at = $3 WHERE position = $1";
        let row = args![position.0, self.permit.party().as_bytes(), self.at()];
        self.tx.execute(sql, row).await.map(|_| ())
    }
}
