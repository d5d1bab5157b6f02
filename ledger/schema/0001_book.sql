-- The authority's book. One text for SQLite and PostgreSQL: only types and clauses that both read
-- alike (BIGINT, TEXT, BYTEA). Times are Unix milliseconds. What is sealed says so in its name.
--
-- A table is *evidence* or it is *derived*. Evidence is written once and never changed; each of its
-- rows has the `position` of the audit entry that it belongs to, and that entry has the digest of the
-- row (ledger/src/evidence.rs). What is derived says what is known now, or what is to be done.

-- Evidence. One row a generation of the authority's key, with its founding record.
CREATE TABLE authority (
    position     BIGINT NOT NULL,
    generation   BIGINT PRIMARY KEY,
    certificate  BYTEA  NOT NULL,
    profile      TEXT   NOT NULL
);

-- Evidence. The founding record as its founders signed it: the scheduler, and each security officer of the
-- founding. Its text stands in `authority`.
CREATE TABLE founding_signature (
    position   BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    party      BYTEA  NOT NULL,
    message    BYTEA  NOT NULL,
    PRIMARY KEY (generation, party)
);

-- Evidence. The DER of a municipality's distribution point, made once and copied into every
-- certificate and CRL: the two must be equal octet for octet (RFC 5280 §6.3.3 (b)(2)).
CREATE TABLE distribution_point (
    position     BIGINT NOT NULL,
    generation   BIGINT NOT NULL,
    municipality TEXT   NOT NULL,
    name         BYTEA  NOT NULL,
    PRIMARY KEY (generation, municipality)
);

-- Evidence. Who may ask for anything, and as what.
CREATE TABLE enrolment (
    position     BIGINT NOT NULL,
    party        BYTEA  PRIMARY KEY,
    name         TEXT   NOT NULL,
    role         TEXT   NOT NULL,
    municipality TEXT,
    enrolled_at  BIGINT NOT NULL
);

-- Evidence. The keys of a party, each certified in the place of the one before (RFC 3647 §4.7): the newest
-- one is in force, and a key has one successor.
CREATE TABLE party_key (
    position     BIGINT NOT NULL,
    party        BYTEA  NOT NULL,
    certificate  BYTEA  NOT NULL,
    fingerprint  BYTEA  PRIMARY KEY,
    public_key   BYTEA  NOT NULL,
    not_after    BIGINT NOT NULL,
    certified_at BIGINT NOT NULL,
    replaces     BYTEA,
    CONSTRAINT party_key_public_key UNIQUE (public_key),
    CONSTRAINT party_key_successor UNIQUE (replaces)
);
CREATE INDEX party_key_of_party ON party_key (party);
CREATE INDEX party_key_by_end ON party_key (not_after);
CREATE INDEX party_key_by_age ON party_key (certified_at);

-- Evidence. Until when an enrolment is good (任期): the latest one stands.
CREATE TABLE term (
    position BIGINT PRIMARY KEY,
    party    BYTEA  NOT NULL,
    until    BIGINT NOT NULL
);
CREATE INDEX term_of_party ON term (party);

-- Evidence. What the recovery key asked for (回復): the signed message, and when it is carried out.
CREATE TABLE recovery (
    position BIGINT NOT NULL,
    digest   BYTEA  PRIMARY KEY,
    message  BYTEA  NOT NULL,
    asked_at BIGINT NOT NULL,
    until    BIGINT NOT NULL
);

-- Evidence. What became of one: 0 stopped, 1 its parties are enrolled, 2 lapsed.
CREATE TABLE recovery_ended (
    position BIGINT NOT NULL,
    recovery BYTEA  PRIMARY KEY,
    outcome  BIGINT NOT NULL,
    at       BIGINT NOT NULL
);

-- Evidence. Who may no longer, since when.
CREATE TABLE dismissal (
    position     BIGINT NOT NULL,
    party        BYTEA  PRIMARY KEY,
    ended_at     BIGINT NOT NULL
);

-- Evidence. What one person stopped: a source, a counter, a town, one party, or all issuing (停止).
CREATE TABLE suspension (
    position     BIGINT PRIMARY KEY,
    kind         TEXT   NOT NULL,
    municipality TEXT,
    party        BYTEA,
    by_party     BYTEA  NOT NULL,
    at           BIGINT NOT NULL
);

-- Evidence. What two lifted again, by the position of its suspension.
CREATE TABLE lifting (
    position   BIGINT NOT NULL,
    suspension BIGINT PRIMARY KEY,
    at         BIGINT NOT NULL
);

-- Evidence. A municipality that another took up: whose source speaks for it from then on (引継ぎ).
CREATE TABLE handover (
    position  BIGINT NOT NULL,
    from_town TEXT   PRIMARY KEY,
    to_town   TEXT   NOT NULL,
    at        BIGINT NOT NULL
);

-- Evidence. What takes two persons and one proposed: the act itself stands in the entry's content.
CREATE TABLE proposal (
    position    BIGINT NOT NULL,
    request     BYTEA  PRIMARY KEY,
    party       BYTEA  NOT NULL,
    digest      BYTEA  NOT NULL,
    proposed_at BIGINT NOT NULL
);

-- Evidence. What a second person signed: by which request it was carried out.
CREATE TABLE countersignature (
    position   BIGINT NOT NULL,
    request    BYTEA  PRIMARY KEY,
    by_request BYTEA  NOT NULL
);

-- Evidence. Every request of an officer, once: a repetition gets the same answer.
CREATE TABLE request (
    position      BIGINT NOT NULL,
    request       BYTEA  PRIMARY KEY,
    party         BYTEA  NOT NULL,
    digest        BYTEA  NOT NULL,
    sealed_answer BYTEA  NOT NULL
);
CREATE INDEX request_position ON request (position);

-- Derived: what is known now of who is who. A person is a keyed hash of a resident code, which may
-- change.
CREATE TABLE person (
    person     BYTEA  PRIMARY KEY,
    code_hash  BYTEA  NOT NULL UNIQUE,
    history    BIGINT NOT NULL
);

-- Derived: where each case stands. What was done in it stands in the chain, act by act.
CREATE TABLE case_file (
    case_id      BYTEA  PRIMARY KEY,
    municipality TEXT   NOT NULL,
    party        BYTEA  NOT NULL,
    procedure    TEXT   NOT NULL,
    step         TEXT   NOT NULL,
    person       BYTEA,
    serial       BYTEA,
    sealed_file  BYTEA  NOT NULL,
    opened_at    BIGINT NOT NULL,
    -- When it closes itself if nobody touches it any more; absent once something was issued in it, or
    -- it is over.
    closes_at    BIGINT
);
CREATE INDEX case_by_serial ON case_file (serial) WHERE serial IS NOT NULL;
-- Cases whose certificate is not handed over, the oldest first.
CREATE INDEX case_issued ON case_file (opened_at) WHERE step = 'issued';
-- Cases that are open, for whoever looks.
CREATE INDEX case_open ON case_file (opened_at)
    WHERE step IN ('opened', 'looked_up', 'applied', 'issued');
CREATE INDEX case_by_end ON case_file (closes_at) WHERE closes_at IS NOT NULL;

-- Evidence. Written before the signature: everything that may ever have been signed stands here.
CREATE TABLE certificate (
    position       BIGINT NOT NULL,
    serial         BYTEA  PRIMARY KEY,
    generation     BIGINT NOT NULL,
    municipality   TEXT   NOT NULL,
    case_id        BYTEA  NOT NULL,
    public_key     BYTEA  NOT NULL,
    tbs_digest     BYTEA  NOT NULL,
    not_before     BIGINT NOT NULL,
    not_after      BIGINT NOT NULL,
    -- The card that it is written into.
    card           TEXT,
    CONSTRAINT certificate_key UNIQUE (public_key)
);
CREATE INDEX certificate_position ON certificate (position);
CREATE INDEX certificate_by_card ON certificate (card) WHERE card IS NOT NULL;
CREATE INDEX certificate_without_card ON certificate (serial) WHERE card IS NULL;

-- Derived: whose certificate it is. Two who turn out to be one become one here.
CREATE TABLE certificate_person (
    serial BYTEA PRIMARY KEY,
    person BYTEA NOT NULL
);
CREATE INDEX certificate_by_person ON certificate_person (person);

-- Evidence. Filed once signed, re-read and verified.
CREATE TABLE certificate_file (
    position    BIGINT PRIMARY KEY,
    serial      BYTEA  NOT NULL,
    sealed_der  BYTEA  NOT NULL,
    CONSTRAINT certificate_file_serial UNIQUE (serial)
);

-- Derived: the four items that a certificate states, carried forward through changes that do not
-- revoke.
CREATE TABLE certificate_items (
    serial         BYTEA  PRIMARY KEY,
    sealed_items   BYTEA  NOT NULL,
    issued_history BIGINT NOT NULL,
    history        BIGINT NOT NULL
);

-- Derived. 二重発行の禁止: one living certificate a person; `next` exists during a renewal only.
CREATE TABLE living (
    person  BYTEA NOT NULL,
    slot    TEXT  NOT NULL CHECK (slot IN ('current', 'next')),
    serial  BYTEA NOT NULL,
    CONSTRAINT living_place PRIMARY KEY (person, slot),
    CONSTRAINT living_serial UNIQUE (serial)
);
-- People give the last eight digits of a serial number.
CREATE INDEX living_by_end ON living (substr(serial, 13));

-- Derived, beside `living`: under which keyed hashes of name and birth date a living certificate is
-- found where no registry is asked. As the register writes them, and as the certificate states them.
CREATE TABLE stated_index (
    serial BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    PRIMARY KEY (serial, digest)
);
CREATE INDEX stated_by_digest ON stated_index (digest);

-- Derived, a work list: intentions that have no standing yet, the oldest asked for at each tick.
CREATE TABLE intended (
    serial BYTEA  PRIMARY KEY,
    at     BIGINT NOT NULL
);
CREATE INDEX intended_at ON intended (at, serial);

-- Derived, a work list: alarms that stand, each by the entry that began it, with who signed for it.
CREATE TABLE standing_alarm (
    position  BIGINT PRIMARY KEY,
    alarm     TEXT   NOT NULL,
    since     BIGINT NOT NULL,
    signed_by BYTEA,
    signed_at BIGINT
);

-- Evidence. What is true of a serial number is a function of its rows here, and of nothing else.
-- Municipality and end are repeated so that a CRL is one ordered read. `cause` names what the row
-- rests on: an event by source and sequence, an act, an order, a recall.
CREATE TABLE status (
    position     BIGINT PRIMARY KEY,
    serial       BYTEA  NOT NULL,
    generation   BIGINT NOT NULL,
    municipality TEXT   NOT NULL,
    not_after    BIGINT NOT NULL,
    change       BIGINT NOT NULL,
    reason       BIGINT NOT NULL,
    recorded_at  BIGINT NOT NULL,
    received_at  BIGINT NOT NULL,
    cause        TEXT   NOT NULL
);
CREATE INDEX status_by_serial ON status (serial, position);
-- A list is one walk along this index, which holds all that a list says.
CREATE INDEX status_for_crl ON status
    (generation, municipality, serial, position, change, reason, recorded_at, not_after)
    WHERE change <> 0;

-- Derived: how far each source of 異動 was heard.
CREATE TABLE source (
    municipality  TEXT   PRIMARY KEY,
    next_expected BIGINT NOT NULL,
    last_digest   BYTEA,
    last_heard    BIGINT
);

-- Evidence. Batches as they were signed.
CREATE TABLE batch (
    position        BIGINT PRIMARY KEY,
    source          TEXT   NOT NULL,
    digest          BYTEA  NOT NULL,
    first           BIGINT NOT NULL,
    count           BIGINT NOT NULL,
    message         BYTEA  NOT NULL,
    text_digest     BYTEA  NOT NULL,
    answer          TEXT   NOT NULL,
    CONSTRAINT batch_digest UNIQUE (source, digest)
);

-- Derived: the text of a batch, sealed, as text_digest says. What was signed has the digests of its lines, so
-- that one person's part can go alone once there is an act for it, which will say the digest of what is left.
CREATE TABLE batch_content (
    position    BIGINT PRIMARY KEY,
    sealed_text BYTEA  NOT NULL
);

-- Which batch an event came with.
CREATE INDEX batch_by_first ON batch (source, first);

-- Derived from the batches: where each event stands.
CREATE TABLE idou (
    source       TEXT   NOT NULL,
    sequence     BIGINT NOT NULL,
    code_hash    BYTEA  NOT NULL,
    history      BIGINT NOT NULL,
    digest       BYTEA  NOT NULL,
    sealed_event BYTEA  NOT NULL,
    received_at  BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    due_at       BIGINT,
    result       TEXT,
    PRIMARY KEY (source, sequence)
);
CREATE INDEX idou_by_person ON idou (code_hash, history);
CREATE INDEX idou_waiting ON idou (state, received_at) WHERE state IN ('waiting', 'held_back');
CREATE INDEX idou_due ON idou (due_at) WHERE state = 'scheduled';

-- Evidence. The keys of content, by their months, and what names each: whoever serves the book has these and
-- no others.
CREATE TABLE content_key (
    position BIGINT NOT NULL,
    month    TEXT   PRIMARY KEY,
    key_id   BYTEA  NOT NULL
);

-- Evidence. Months whose content is deleted: the key of each is destroyed outside of the data base.
CREATE TABLE deletion (
    position BIGINT NOT NULL,
    month    TEXT   PRIMARY KEY,
    at       BIGINT NOT NULL
);

-- Evidence. A number is recorded before it is signed, and burnt when it was not published.
CREATE TABLE crl (
    position     BIGINT PRIMARY KEY,
    generation   BIGINT NOT NULL,
    scope        TEXT   NOT NULL,
    number       BIGINT NOT NULL,
    this_update  BIGINT NOT NULL,
    next_update  BIGINT NOT NULL,
    up_to        BIGINT NOT NULL,
    CONSTRAINT crl_number UNIQUE (generation, scope, number)
);

-- Evidence. The same number never has other octets.
CREATE TABLE crl_published (
    position     BIGINT PRIMARY KEY,
    generation   BIGINT NOT NULL,
    scope        TEXT   NOT NULL,
    number       BIGINT NOT NULL,
    digest       BYTEA  NOT NULL,
    published_at BIGINT NOT NULL,
    CONSTRAINT crl_published_once UNIQUE (generation, scope, number)
);

-- Evidence. Public keys of responders that asked for a certificate, and what the authority gave them.
CREATE TABLE responder_key (
    position   BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    public_key BYTEA  NOT NULL,
    asked_at   BIGINT NOT NULL,
    PRIMARY KEY (generation, public_key)
);
-- Evidence. Keys whose place another took: certified no more, once that one is.
CREATE TABLE responder_replaced (
    position   BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    public_key BYTEA  NOT NULL,
    by_key     BYTEA  NOT NULL,
    PRIMARY KEY (generation, public_key, by_key)
);
CREATE TABLE responder_certificate (
    position    BIGINT NOT NULL,
    serial      BYTEA  PRIMARY KEY,
    generation  BIGINT NOT NULL,
    public_key  BYTEA  NOT NULL,
    certificate BYTEA  NOT NULL,
    not_before  BIGINT NOT NULL,
    not_after   BIGINT NOT NULL
);
CREATE INDEX responder_certificate_key ON responder_certificate (generation, public_key);

-- A responder's own: the newest time that it has seen, so that one started anew never answers from
-- before. No part of the chain.
CREATE TABLE responder_time (
    public_key   BYTEA  PRIMARY KEY,
    seen_at      BIGINT NOT NULL,
    -- The newest entry that had brought a time back by then: what was seen before it is of another time.
    brought_back BIGINT NOT NULL
);

-- Which agency asked about which certificate, for what (law art. 17, 18). Written by whoever answers,
-- who can do nothing else here; the authority enters the digest of each group into the chain.
CREATE TABLE inquiry (
    group_id BYTEA  NOT NULL,
    ordinal  BIGINT NOT NULL,
    party    BYTEA  NOT NULL,
    purpose  TEXT   NOT NULL,
    asked    TEXT   NOT NULL,
    answer   TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (group_id, ordinal),
    -- Whoever may add here adds nothing that the authority could not read: 9999-12-31 at most.
    CONSTRAINT inquiry_group CHECK (length(group_id) = 16),
    CONSTRAINT inquiry_party CHECK (length(party) = 16),
    CONSTRAINT inquiry_at CHECK (at BETWEEN 0 AND 253402300799999),
    CONSTRAINT inquiry_purpose CHECK (length(purpose) <= 64),
    CONSTRAINT inquiry_asked CHECK (length(asked) <= 64),
    CONSTRAINT inquiry_answer CHECK (length(answer) <= 16)
);
CREATE INDEX inquiry_by_serial ON inquiry (asked);
-- A work list: groups that are not in the chain yet.
CREATE TABLE inquiry_new (
    group_id BYTEA PRIMARY KEY,
    CONSTRAINT inquiry_new_group CHECK (length(group_id) = 16)
);
-- Evidence. Groups that are.
CREATE TABLE inquiry_entered (
    position BIGINT NOT NULL,
    group_id BYTEA  PRIMARY KEY,
    count    BIGINT NOT NULL,
    digest   BYTEA  NOT NULL
);
CREATE INDEX inquiry_entered_position ON inquiry_entered (position);

-- The modulus of every key that was ever to be certified, in the order in which they were written
-- down: what shares a prime with another is found by looking at all of them. It names nobody, so it is
-- not sealed; without an index by number a row costs as little as it can. Derived: it stands in the
-- certificate.
CREATE TABLE modulus (
    position BIGINT PRIMARY KEY,
    serial   BYTEA  NOT NULL,
    modulus  BYTEA  NOT NULL
);

-- Derived. One row a night: it is begun once, whatever restarts, and a row without an end is itself an
-- alarm.
CREATE TABLE comparison (
    day      TEXT   PRIMARY KEY,
    up_to    BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    ended_at BIGINT
);

-- Derived. Certificates whose key has something in common with another: `what` says with which.
CREATE TABLE shared_prime (
    serial   BYTEA  PRIMARY KEY,
    what     TEXT   NOT NULL,
    position BIGINT NOT NULL
);

-- Evidence. A card is a piece of plastic: its number is printed on it and says nothing of a person.
-- `position` is the entry of the delivery note: when it was registered, and by whom.
CREATE TABLE card (
    position BIGINT NOT NULL,
    number   TEXT   PRIMARY KEY,
    lot      TEXT   NOT NULL,
    model    TEXT   NOT NULL
);
CREATE INDEX card_position ON card (position);
CREATE INDEX card_by_lot ON card (lot, number);
CREATE INDEX card_by_model ON card (model, number);

-- Derived: how far the recall of a lot, of a model, or of a lot of a model has come; an empty text
-- stands for any. `position` is the entry of the confirmation: cards registered after it were not
-- looked at. Up to which card the revocation has come stands in `up_to`.
CREATE TABLE recall (
    recall       BYTEA  PRIMARY KEY,
    lot          TEXT   NOT NULL,
    model        TEXT   NOT NULL,
    reason       BIGINT NOT NULL,
    sealed_why   BYTEA  NOT NULL,
    certificates BIGINT NOT NULL,
    digest       BYTEA  NOT NULL,
    proposed_by  BYTEA  NOT NULL,
    -- At which terminal.
    terminal     BYTEA,
    proposed_at  BIGINT NOT NULL,
    confirmed_by BYTEA,
    confirmed_at BIGINT,
    position     BIGINT,
    up_to        TEXT   NOT NULL,
    revoked      BIGINT NOT NULL,
    voided       BIGINT NOT NULL,
    finished_at  BIGINT
);
-- The scheduler asks for these at each tick.
CREATE INDEX recall_under_way ON recall (position)
    WHERE position IS NOT NULL AND finished_at IS NULL;

-- Evidence. Each use of a municipality's token of which a journal told: a count that is not here is a
-- gap.
CREATE TABLE offline_use (
    position     BIGINT NOT NULL,
    entry        BYTEA  PRIMARY KEY,
    municipality TEXT   NOT NULL,
    token        TEXT,
    uses         BIGINT,
    journal      BYTEA  NOT NULL,
    line         BIGINT NOT NULL,
    digest       BYTEA  NOT NULL,
    answer       TEXT   NOT NULL,
    -- When the last line was signed, by its terminal's clock: one that goes backwards shows.
    at           BIGINT NOT NULL
);
CREATE INDEX offline_use_position ON offline_use (position);
CREATE INDEX offline_use_by_count ON offline_use (municipality, token, uses);
CREATE INDEX offline_use_by_line ON offline_use (journal, line);

-- Evidence. From here on the machine's clock is in doubt, until a later row of `clock_trust`: `ahead` is how
-- many milliseconds it was ahead of the time of the entry. `unwitnessed` is 1 where that time is itself a
-- bound and no more.
CREATE TABLE clock_doubt (
    position    BIGINT PRIMARY KEY,
    unwitnessed BIGINT NOT NULL,
    ahead       BIGINT NOT NULL
);
-- Evidence. All doubts before it are over. What nobody witnessed, from `first` on, is to be read as so many
-- milliseconds later, but as no later than `at`; both are 0 where everything is to be read as it stands.
CREATE TABLE clock_trust (
    position BIGINT PRIMARY KEY,
    first    BIGINT NOT NULL,
    shift    BIGINT NOT NULL,
    at       BIGINT NOT NULL
);
-- Evidence. A time that has not come yet was brought back by this entry: what stands at `first` and before `until`
-- is to be read as so many milliseconds earlier, but as no later than `latest`. The rows stay as they were written.
CREATE TABLE clock_back (
    position BIGINT NOT NULL,
    first    BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    back     BIGINT NOT NULL,
    latest   BIGINT NOT NULL,
    PRIMARY KEY (position, first)
);
-- Evidence. What each person signed who spoke of the time at the host.
CREATE TABLE time_word (
    position BIGINT NOT NULL,
    party    BYTEA  NOT NULL,
    message  BYTEA  NOT NULL,
    PRIMARY KEY (position, party)
);
-- Derived. Who said that the machine's clock is right, of which doubt; `decides` is 1 for whoever was the
-- second to say so.
CREATE TABLE clock_acceptance (
    position BIGINT NOT NULL,
    party    BYTEA  NOT NULL,
    terminal BYTEA,
    at       BIGINT NOT NULL,
    -- What the machine's clock said then.
    machine  BIGINT NOT NULL,
    decides  BIGINT NOT NULL,
    PRIMARY KEY (position, party)
);

-- The chain. What an entry says beyond its subject is committed to here and kept, sealed, beside it,
-- and the key is destroyed when its time is over; the row stays. `row_digest` is over every
-- row of evidence that the entry writes.
CREATE TABLE audit (
    position   BIGINT PRIMARY KEY,
    version    BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    quality    BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    verb       TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    cause      TEXT   NOT NULL,
    commitment BYTEA  NOT NULL,
    row_digest BYTEA  NOT NULL,
    hash       BYTEA  NOT NULL
);
CREATE TABLE audit_content (
    position       BIGINT PRIMARY KEY,
    salt           BYTEA  NOT NULL,
    sealed_content BYTEA  NOT NULL
);
CREATE TABLE audit_signature (
    position  BIGINT PRIMARY KEY,
    hash      BYTEA  NOT NULL,
    message   BYTEA  NOT NULL
);

-- One row. Whoever changes the book locks it first and holds it to the commit: positions are given out
-- in the order of commits, so that a follower of `position > last` can miss nothing. Nobody but the
-- authority can lock it.
CREATE TABLE chain_head (
    one      BIGINT PRIMARY KEY CHECK (one = 1),
    position BIGINT NOT NULL,
    hash     BYTEA  NOT NULL,
    at       BIGINT NOT NULL,
    quality  BIGINT NOT NULL,
    -- The newest entry that brought a time back; 0 where none did.
    brought_back BIGINT NOT NULL
);
INSERT INTO chain_head (one, position, hash, at, quality, brought_back) VALUES (1, 0, '', 0, 0, 0);

-- One row, on PostgreSQL alone. Whose turn it is, of several authorities over one book: `fence` grows with each who
-- takes it, `beat` moves while it is held. No part of the chain.
CREATE TABLE lease (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    fence  BIGINT NOT NULL,
    holder BYTEA  NOT NULL,
    beat   BIGINT NOT NULL
);
