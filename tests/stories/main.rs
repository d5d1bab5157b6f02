//! The service, told in sentences: each test goes through a whole small world with a real book,
//! real keys and real sockets, on a clock that is moved by hand.
//!
//! The core of it is told on SQLite and on PostgreSQL; `make test` starts a server for that.

mod access;
mod acts;
mod again;
mod alarms;
mod archive;
mod audit;
mod bounds;
mod brought_back;
mod cards;
mod cases;
mod channel;
mod clock;
mod clock_at_start;
mod clock_doors;
mod data_base;
mod deletion;
mod delivery;
mod feed;
mod founding;
mod handover;
mod holders_door;
mod inbox;
mod lint;
mod lists;
mod logins;
mod loss;
mod municipal_token;
mod observe;
mod offline;
mod one_certificate;
mod orders;
mod own_identity;
mod program;
mod programs;
mod recovery;
mod register;
mod rekey;
mod renewal;
mod residence;
mod responder_key;
mod restart;
mod running;
mod sealed_keys;
mod secrets;
mod shared_primes;
mod status;
mod support;
mod ten_years;
mod turns;
mod two_persons;
mod unwritten;
mod way;
