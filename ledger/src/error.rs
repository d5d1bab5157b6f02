//! What can go wrong with the book.

use jiff::Timestamp;

use crate::Position;
use crate::store::Unique;

/// Why something was not read or not written. Nothing is ever half written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The data base is out of reach, full, locked or broken.
    #[error("the ledger cannot be reached: {}", told(.0))]
    Unreachable(#[from] sqlx::Error),
    /// Whoever was to write before has not come to an end.
    #[error("the ledger is busy: others have written to it for {seconds} s; nothing was done")]
    Busy {
        /// For so long it was waited.
        seconds: u64,
    },
    /// Another change of the same group met the failure of their commit.
    #[error("the ledger failed while it served several at once: ask again")]
    GroupLost,
    /// The address of the ledger is not understood.
    #[error("“{0}” is not a ledger: give sqlite:PATH or postgres://USER@HOST/DATABASE")]
    Address(String),
    /// A server elsewhere, and no word on TLS.
    #[error(
        "“{0}” is on another host: say how it is reached: ?sslmode=verify-full&sslrootcert=FILE, or sslmode=disable where nobody listens in between (sslmode=prefer and allow take a server without TLS)"
    )]
    TlsNotStated(String),
    /// There is no such file.
    #[error(
        "there is no book at {0}: restore it from the backup, or correct `ledger` in akashi.toml; none was made in its place"
    )]
    Missing(std::path::PathBuf),
    /// The book excludes programs as old as this one.
    #[error(
        "the book has schema {number}, which this program does not understand: use a newer one"
    )]
    NewerBook {
        /// Its schema.
        number: i64,
    },
    /// The book waits for a migration.
    #[error("the book has schema {number}, this program needs {known}: run `akashi migrate` first")]
    OlderBook {
        /// Its schema.
        number: i64,
        /// What this program needs.
        known: i64,
    },
    /// The book was migrated by a program that was none of ours.
    #[error(
        "step {number} of the book's schema is not the one that this program knows: it was changed by hand or by another program, and nothing is done with it"
    )]
    OtherSchema {
        /// Which step.
        number: i64,
    },
    /// A book from before the first release.
    #[error(
        "this book was made before the first release, whose form it does not have: make the authority anew with `akashi init`"
    )]
    BeforeRelease,
    /// The login of the address plays another role, or none.
    #[error(
        "the data base does not let this login be {role}: GRANT {role} TO it, or give the address of the login that is"
    )]
    NotThisRole {
        /// The data base's role.
        role: &'static str,
    },
    /// The data base's server loses what it says that it keeps, or cannot keep our characters.
    #[error(
        "the data base server has {setting} = {value}, with which it loses what it was given or changes it: set it to {sound} (for the server, the data base and the login; the encoding when a data base is made), and start anew"
    )]
    Server {
        /// Its setting.
        setting: &'static str,
        /// As it is.
        value: String,
        /// As it has to be.
        sound: &'static str,
    },
    /// A pooler gives each transaction another session of the server.
    #[error(
        "the data base's session is not the one that this program has set: a pooler between them changes sessions between transactions; give it pool_mode = session, or the server's own address"
    )]
    OtherSession,
    /// The login may not change the schema.
    #[error(
        "this login may not make or change the book's tables: give the address of the data base's owner, who may make roles too or finds akashi_authority, akashi_list_issuer, akashi_repository, akashi_responder and akashi_verifier made"
    )]
    NotOwner,
    /// The ledger is empty.
    #[error("this ledger belongs to no authority yet: run `akashi init` first")]
    NoAuthority,
    /// The founding record is not what its founders signed.
    #[error(
        "the founding record is not what its founders signed ({what}): nothing is issued by it"
    )]
    NotFounded {
        /// What is wrong.
        what: &'static str,
    },
    /// The ledger belongs to an authority already.
    #[error("this ledger belongs to an authority already: nothing was changed")]
    AuthorityExists,
    /// The clock stands before what is recorded.
    #[error(
        "the clock says {now}, but the book was last written at {last}: set the clock right; nothing is signed until then"
    )]
    ClockBehind {
        /// The clock.
        now: Timestamp,
        /// The last entry.
        last: Timestamp,
    },
    /// The book's time was brought back since this program began.
    #[error(
        "the time of this book was brought back since this program was started, which goes on by a wrong one: start it anew"
    )]
    BroughtBack,
    /// Another authority over this book does now what only one may do.
    #[error("another authority over this book acts now: this one does not")]
    LeaseElsewhere,
    /// The clock ran ahead already when the authority was founded: its own certificate has not begun.
    #[error(
        "this authority was founded at {at}, by a clock that ran ahead: its own certificate begins only then, which \
         nobody can bring back; found it anew with `akashi init`, or wait until then"
    )]
    FoundedAhead {
        /// What the clock said.
        at: Timestamp,
    },
    /// A person's clock is not the machine's.
    #[error(
        "the time is said to be {said}, and this machine's clock says {machine}: set that right first, or read the time \
         again"
    )]
    TimesDiffer {
        /// By the person.
        said: Timestamp,
        /// By the machine.
        machine: Timestamp,
    },
    /// Nobody knows the time, and this would be good from a time or until one.
    #[error(
        "nobody has witnessed the time since the start: what is good from a time or until one waits for it; \
         see `akashi clock`"
    )]
    TimeInDoubt,
    /// The authority's certificate has ended.
    #[error("the authority ended at {end}: its key signs nothing any more")]
    AuthorityOver {
        /// Its last moment.
        end: Timestamp,
    },
    /// A signature by somebody who is not enrolled, or no longer.
    #[error("the signer is not enrolled")]
    NotEnrolled,
    /// The signer, or the signer's counter, is suspended.
    #[error("the signer is suspended since {since}")]
    Suspended {
        /// Since when.
        since: Timestamp,
    },
    /// The key that signed has a newer one in its place.
    #[error("the signer had another key certified at {since}, and this one is dead")]
    Superseded {
        /// Since when.
        since: Timestamp,
    },
    /// The certificate or the enrolment of the signer is over.
    #[error("the signer's certificate ended at {end}")]
    Over {
        /// When.
        end: Timestamp,
    },
    /// A recovery would leave fewer than two security officers, or no terminal.
    #[error("after this recovery there were no two security officers and a terminal either")]
    RecoveryNotEnough,
    /// Another recovery waits.
    #[error("a recovery waits already")]
    RecoveryWaits,
    /// A certificate would end after the enrolment of its party.
    #[error("the enrolment ends at {until}, and no key of it lives longer")]
    OutlivesTerm {
        /// When that ends.
        until: Timestamp,
    },
    /// The act did not come from a terminal in force of the place where its signer works.
    #[error("the machine is no terminal of the signer's")]
    NotATerminal,
    /// It takes two persons, and one signed.
    #[error("this takes two persons")]
    TakesTwo,
    /// The second person is the first.
    #[error("the second person is the one who proposed it")]
    SamePerson,
    /// Nothing waits for this second signature.
    #[error("nothing of this number waits for a second person")]
    NoSuchProposal,
    /// Something else waits.
    #[error("what waits is not what was looked at")]
    ProposalDiffers,
    /// Nobody signed in time.
    #[error("the proposal had to be countersigned by {until}")]
    ProposalLapsed {
        /// Until when it could be.
        until: Timestamp,
    },
    /// It is suspended already, or is not, or there is no such thing.
    #[error("this is not how it stands")]
    NotAsItStands,
    /// A municipality cannot be handed over so.
    #[error(
        "one of the two was part of a hand-over before, or no source speaks for the one that takes the other up"
    )]
    NoHandOver,
    /// Another municipality speaks for this one.
    #[error("{by} has taken this municipality up, and its source speaks for it")]
    TakenUp {
        /// Which.
        by: akashi_wire::MunicipalityCode,
    },
    /// Two security officers must remain.
    #[error("fewer than two security officers could sign")]
    TooFewSecurityOfficers,
    /// A responder's key whose place another took.
    #[error(
        "another key took the place of this one: it gets no more certificates; make a new one (akashi responder-key)"
    )]
    KeyReplaced,
    /// The office keeps a terminal.
    #[error("the office would have no terminal")]
    LastTerminal,
    /// Nobody stops the own enrolment.
    #[error("another security officer must do this")]
    OwnEnrolment,
    /// The authority's own programs go on.
    #[error(
        "the identities of the authority's own programs are neither dismissed nor suspended; one that there is can be replaced"
    )]
    OwnIdentity,
    /// Nothing is issued.
    #[error("issuing is suspended")]
    IssuingSuspended,
    /// What was signed does not cover this.
    #[error("what {actor} signed ({cause}) does not allow “{right}”")]
    NotPermitted {
        /// Whose permit.
        actor: String,
        /// What was signed.
        cause: String,
        /// What was tried.
        right: &'static str,
    },
    /// A signed message whose content is not what it says.
    #[error("the signed content cannot be read (column {column})")]
    Unreadable {
        /// Where.
        column: usize,
    },
    /// Another party in force has the name.
    #[error("a party in force has this name already: give one that tells the two apart")]
    NameTaken,
    /// Another party has or had the key.
    #[error("this key is or was another party's: make a new one")]
    KeyTaken,
    /// A municipality would have had three sources, or three registries.
    #[error("this municipality has two of them in force already, which is for a change of keys")]
    LinkTaken,
    /// A person would have had two certificates.
    #[error("this person has a certificate already")]
    SecondCertificate,
    /// A public key that was certified before.
    #[error("this public key was certified before")]
    KeyUsedBefore,
    /// A serial number that is not in the book.
    #[error("the book knows no certificate {0}")]
    NoSuchCertificate(String),
    /// Two lists of one scope within a second.
    #[error("a list {scope} of this second is there already: the next has another thisUpdate")]
    ListTooSoon {
        /// Of what.
        scope: akashi_wire::Scope,
    },
    /// A list that was never recorded, or was published with other octets.
    #[error("the book knows no list {scope} {number} of these octets: it is not published")]
    NoSuchList {
        /// Of what.
        scope: akashi_wire::Scope,
        /// Its number.
        number: i64,
    },
    /// The status of this certificate does not allow the change.
    #[error("certificate {serial} is {standing}: it cannot be {change}")]
    StatusForbids {
        /// Which.
        serial: String,
        /// What it is.
        standing: &'static str,
        /// What was tried.
        change: &'static str,
    },
    /// A sequence that stood for another change before.
    #[error("sequence {sequence} of source {source_code} stood for another change before")]
    SequenceReused {
        /// The source.
        source_code: akashi_wire::MunicipalityCode,
        /// The sequence.
        sequence: u64,
    },
    /// A row holds what no version of this program writes.
    #[error("the ledger is damaged in {table}: {what}")]
    Damaged {
        /// Where.
        table: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The audit chain is broken.
    #[error("audit entry {position} is the first bad one: {what}")]
    Chain {
        /// The first bad entry.
        position: Position,
        /// What is wrong with it.
        what: String,
    },
}

/// What the driver says, in words that send nobody the wrong way.
fn told(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::PoolTimedOut => {
            "no connection to the data base was to be had: its server is away, or others use up its connections".into()
        }
        error => error.to_string(),
    }
}

impl LedgerError {
    /// Whether it says that the signer, or the terminal, may not act, or not with this key.
    pub fn is_of_the_signer(&self) -> bool {
        matches!(
            self,
            Self::NotEnrolled
                | Self::Suspended { .. }
                | Self::Superseded { .. }
                | Self::Over { .. }
                | Self::NotATerminal
        )
    }

    /// Whether it was this constraint that stopped a second row. PostgreSQL names the constraint,
    /// SQLite its columns.
    pub(crate) fn violates(&self, unique: &Unique) -> bool {
        let Self::Unreachable(sqlx::Error::Database(error)) = self else { return false };
        let told = || error.message().strip_prefix("UNIQUE constraint failed: ");
        error.is_unique_violation()
            && match error.constraint() {
                Some(name) => name == unique.name,
                None => told().is_some_and(|columns| columns == unique.columns),
            }
    }
}
