-- The modulus of every key that was ever to be certified, in the order in which they were written
-- down: what shares a prime with another is found by looking at all of them. It names nobody, so it is
-- not sealed; without an index by number a row costs as little as it can.
CREATE TABLE modulus (
    position BIGINT PRIMARY KEY,
    serial   BYTEA  NOT NULL,
    modulus  BYTEA  NOT NULL
);

-- A work list: certificates from before, whose modulus is still to be read out of the sealed DER.
CREATE TABLE modulus_missing (
    serial   BYTEA  PRIMARY KEY,
    position BIGINT NOT NULL
);
INSERT INTO modulus_missing (serial, position) SELECT serial, position FROM certificate;

-- One row a night: it is begun once, whatever restarts, and a row without an end is itself an alarm.
CREATE TABLE comparison (
    day      TEXT   PRIMARY KEY,
    up_to    BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    ended_at BIGINT
);

-- Certificates whose key has something in common with another: `what` says with which.
CREATE TABLE shared_prime (
    serial   BYTEA  PRIMARY KEY,
    what     TEXT   NOT NULL,
    position BIGINT NOT NULL
);
