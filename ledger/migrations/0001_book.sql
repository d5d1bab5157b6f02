-- The authority's book. One text for SQLite and PostgreSQL: only types and clauses that both read
-- alike (BIGINT, TEXT, BYTEA). Times are Unix milliseconds. What is sealed says so in its name.

-- One row a generation of the authority's key.
CREATE TABLE authority (
    generation   BIGINT PRIMARY KEY,
    certificate  BYTEA  NOT NULL,
    profile      TEXT   NOT NULL
);

-- The DER of a municipality's distribution point, made once and copied into every certificate and
-- CRL: the two must be equal octet for octet (RFC 5280 §6.3.3 (b)(2)).
CREATE TABLE distribution_point (
    generation   BIGINT NOT NULL,
    municipality TEXT   NOT NULL,
    name         BYTEA  NOT NULL,
    PRIMARY KEY (generation, municipality)
);

-- Who may ask for anything, and as what. Ended rows stay.
CREATE TABLE enrolment (
    party        BYTEA  PRIMARY KEY,
    name         TEXT   NOT NULL,
    role         TEXT   NOT NULL,
    municipality TEXT,
    certificate  BYTEA  NOT NULL,
    fingerprint  BYTEA  NOT NULL UNIQUE,
    enrolled_at  BIGINT NOT NULL,
    ended_at     BIGINT
);

-- Every request of an officer, once: a repetition gets the same answer.
CREATE TABLE request (
    request       BYTEA  PRIMARY KEY,
    party         BYTEA  NOT NULL,
    digest        BYTEA  NOT NULL,
    sealed_answer BYTEA  NOT NULL,
    position      BIGINT NOT NULL
);

-- A person is a keyed hash of a resident code, which may change.
CREATE TABLE person (
    person     BYTEA  PRIMARY KEY,
    code_hash  BYTEA  NOT NULL UNIQUE,
    history    BIGINT NOT NULL
);

CREATE TABLE case_file (
    case_id      BYTEA  PRIMARY KEY,
    municipality TEXT   NOT NULL,
    party        BYTEA  NOT NULL,
    procedure    TEXT   NOT NULL,
    step         TEXT   NOT NULL,
    person       BYTEA,
    serial       BYTEA,
    sealed_file  BYTEA  NOT NULL,
    opened_at    BIGINT NOT NULL
);
CREATE INDEX case_by_serial ON case_file (serial) WHERE serial IS NOT NULL;

-- Written before the signature: everything that may ever have been signed stands here.
CREATE TABLE certificate (
    serial         BYTEA  PRIMARY KEY,
    generation     BIGINT NOT NULL,
    municipality   TEXT   NOT NULL,
    person         BYTEA  NOT NULL,
    case_id        BYTEA  NOT NULL,
    public_key     BYTEA  NOT NULL UNIQUE,
    tbs_digest     BYTEA  NOT NULL,
    not_before     BIGINT NOT NULL,
    not_after      BIGINT NOT NULL,
    position       BIGINT NOT NULL
);
CREATE INDEX certificate_by_person ON certificate (person);

-- Filed once signed, re-read and verified.
CREATE TABLE certificate_file (
    serial      BYTEA  PRIMARY KEY,
    sealed_der  BYTEA  NOT NULL,
    position    BIGINT NOT NULL
);

-- The four items that a certificate states, carried forward through changes that do not revoke.
CREATE TABLE certificate_items (
    serial         BYTEA  PRIMARY KEY,
    sealed_items   BYTEA  NOT NULL,
    issued_history BIGINT NOT NULL,
    history        BIGINT NOT NULL
);

-- 二重発行の禁止: one living certificate a person; `next` exists during a renewal only.
CREATE TABLE living (
    person  BYTEA NOT NULL,
    slot    TEXT  NOT NULL CHECK (slot IN ('current', 'next')),
    serial  BYTEA NOT NULL UNIQUE,
    PRIMARY KEY (person, slot)
);

-- What is true of a serial number is a function of its rows here, and of nothing else. Append only.
-- Municipality and end are repeated so that a CRL is one ordered read.
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
    idou_date    TEXT
);
CREATE INDEX status_by_serial ON status (serial, position);
CREATE INDEX status_for_crl ON status (municipality, serial, position) WHERE change <> 0;

-- One row a source of 異動.
CREATE TABLE source (
    municipality  TEXT   PRIMARY KEY,
    next_expected BIGINT NOT NULL,
    last_digest   BYTEA,
    last_heard    BIGINT,
    is_open       BIGINT NOT NULL
);

CREATE TABLE batch (
    source          TEXT   NOT NULL,
    digest          BYTEA  NOT NULL,
    first           BIGINT NOT NULL,
    count           BIGINT NOT NULL,
    sealed_evidence BYTEA  NOT NULL,
    answer          TEXT   NOT NULL,
    position        BIGINT NOT NULL,
    PRIMARY KEY (source, digest)
);

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

-- A number is recorded before it is signed, and burnt when it was not published.
CREATE TABLE crl (
    scope        TEXT   NOT NULL,
    number       BIGINT NOT NULL,
    this_update  BIGINT NOT NULL,
    next_update  BIGINT NOT NULL,
    up_to        BIGINT NOT NULL,
    digest       BYTEA,
    published_at BIGINT,
    PRIMARY KEY (scope, number)
);

-- Public keys of responders, and the certificates that the authority gave for them.
CREATE TABLE responder_key (
    public_key BYTEA  PRIMARY KEY,
    asked_at   BIGINT NOT NULL
);
CREATE TABLE responder_certificate (
    serial      BYTEA  PRIMARY KEY,
    public_key  BYTEA  NOT NULL,
    certificate BYTEA  NOT NULL,
    not_before  BIGINT NOT NULL,
    not_after   BIGINT NOT NULL
);

-- Which agency asked about which certificate, for what (law art. 17, 18).
CREATE TABLE inquiry (
    position BIGINT NOT NULL,
    ordinal  BIGINT NOT NULL,
    party    BYTEA  NOT NULL,
    purpose  TEXT   NOT NULL,
    asked    TEXT   NOT NULL,
    answer   TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (position, ordinal)
);
CREATE INDEX inquiry_by_serial ON inquiry (asked);

-- The chain. What an entry says beyond its subject is committed to here and kept, sealed, beside
-- it, where it can be deleted when its time is over without breaking the chain.
CREATE TABLE audit (
    position   BIGINT PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    verb       TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    commitment BYTEA  NOT NULL,
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

-- One row. Whoever writes locks it first and holds it to the commit: positions are given out in
-- the order of commits, so that a follower of `position > last` can miss nothing.
CREATE TABLE chain_head (
    one      BIGINT PRIMARY KEY CHECK (one = 1),
    position BIGINT NOT NULL,
    hash     BYTEA  NOT NULL,
    at       BIGINT NOT NULL
);
INSERT INTO chain_head (one, position, hash, at) VALUES (1, 0, '', 0);
