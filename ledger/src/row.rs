//! A row that was read: each column asked for by its name, as what it holds.
//!
//! A statement may gain a column, or have its columns in another order, and nothing is read for
//! something else. What a column cannot hold is damage, told with the column's name, and never `None`.

use akashi_wire::act::{PartyId, RecallId};
use akashi_wire::octets::Sha256;
use akashi_wire::{CaseId, DeletionMonth, MunicipalityCode, RequestId, SerialNumber};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::store::damaged;
use crate::{LedgerError, PersonId, Position};

/// A row of either data base.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// What stands in a column. Nothing there is damage.
    pub(crate) fn get<T: Stored>(&self, column: &'static str) -> Result<T, LedgerError> {
        self.maybe(column)?.ok_or_else(|| damaged("a row", format!("no {column}")))
    }

    /// What stands in a column that may be NULL.
    pub(crate) fn maybe<T: Stored>(&self, column: &'static str) -> Result<Option<T>, LedgerError> {
        let Some(value) = T::Native::read(self, column)? else { return Ok(None) };
        match T::of(value) {
            Ok(value) => Ok(Some(value)),
            Err(what) => Err(damaged("a row", format!("{column}: {what}"))),
        }
    }
}

/// What a column is read as.
pub(crate) trait Stored: Sized {
    /// How the data bases have it.
    type Native: Native;

    /// What a value means; says what is wrong with one that means nothing.
    fn of(value: Self::Native) -> Result<Self, String>;
}

/// A kind of value that both data bases have.
pub(crate) trait Native: Sized {
    /// What stands there, if it is not NULL.
    fn read(row: &Row, column: &str) -> Result<Option<Self>, LedgerError>;
}

macro_rules! native {
    ($($native:ty),*) => {$(
        impl Native for $native {
            fn read(row: &Row, column: &str) -> Result<Option<Self>, LedgerError> {
                Ok(match row {
                    Row::Sqlite(row) => row.try_get(column)?,
                    Row::Postgres(row) => row.try_get(column)?,
                })
            }
        }

        impl Stored for $native {
            type Native = Self;

            fn of(value: Self) -> Result<Self, String> {
                Ok(value)
            }
        }
    )*};
}
native!(i64, String, Vec<u8>);

/// Numbers that are not below zero.
macro_rules! counts {
    ($($count:ty),*) => {$(
        impl Stored for $count {
            type Native = i64;

            fn of(value: i64) -> Result<Self, String> {
                value.try_into().map_err(|_| format!("{value} is out of range"))
            }
        }
    )*};
}
counts!(u8, u32, u64, usize);

impl Stored for Position {
    type Native = i64;

    fn of(value: i64) -> Result<Self, String> {
        Ok(Self(value))
    }
}

/// Milliseconds since 1970.
impl Stored for Timestamp {
    type Native = i64;

    fn of(value: i64) -> Result<Self, String> {
        Self::from_millisecond(value).map_err(|_| format!("{value} is not a time"))
    }
}

macro_rules! octets {
    ($($named:ty),*) => {$(
        impl Stored for $named {
            type Native = Vec<u8>;

            fn of(value: Vec<u8>) -> Result<Self, String> {
                Self::from_slice(&value).ok_or_else(|| format!("{} octets", value.len()))
            }
        }
    )*};
}
octets!(CaseId, PartyId, PersonId, RecallId, RequestId, SerialNumber, Sha256);

impl<const N: usize> Stored for [u8; N] {
    type Native = Vec<u8>;

    fn of(value: Vec<u8>) -> Result<Self, String> {
        value.try_into().map_err(|value: Vec<u8>| format!("{} octets", value.len()))
    }
}

macro_rules! texts {
    ($($named:ty),*) => {$(
        impl Stored for $named {
            type Native = String;

            fn of(value: String) -> Result<Self, String> {
                value.parse().map_err(|_| format!("{value:?}"))
            }
        }
    )*};
}
texts!(DeletionMonth, MunicipalityCode);

/// What a column of JSON holds.
macro_rules! stored_as_json {
    ($type:ty) => {
        impl $crate::row::Stored for $type {
            type Native = String;

            fn of(value: String) -> Result<Self, String> {
                serde_json::from_str(&value).map_err(|error| error.to_string())
            }
        }
    };
}
pub(crate) use stored_as_json;
