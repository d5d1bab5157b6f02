//! The book on both data bases: every test here runs on SQLite and on a real PostgreSQL server,
//! which `tests/with-postgres` starts (`make test` does).

mod alarms;
mod audit;
mod books;
mod brought_back;
mod cards;
mod certificates;
mod clock;
mod damaged;
mod deletions;
mod derived;
mod evidence;
mod followers;
mod founding;
mod groups;
mod inbox;
mod kinds;
mod lease;
mod lists;
mod moduli;
mod objects;
mod permits;
mod prepared;
mod recovery;
mod rekey;
mod responders;
mod roles;
mod schema;
mod stated;
mod statements;
mod terminals;
mod two_persons;
