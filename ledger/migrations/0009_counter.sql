-- When a case closes itself if nobody touches it any more; absent once something was issued in it, or
-- it is over. Whether a letter is out for a case of before is not known: each gets a letter's time.
ALTER TABLE case_file ADD COLUMN closes_at BIGINT;
UPDATE case_file SET closes_at = opened_at + 2592000000
    WHERE step IN ('opened', 'looked_up', 'applied');
CREATE INDEX case_by_end ON case_file (closes_at) WHERE closes_at IS NOT NULL;

-- When the last line was signed that a journal told of, by its terminal's clock: a clock that goes
-- backwards from line to line shows.
ALTER TABLE offline_use ADD COLUMN at BIGINT;

-- A work list beside `living`: under which keyed hashes of name and birth date a living certificate is
-- found where no registry is asked. As the register writes them, and as the certificate states them.
CREATE TABLE stated_index (
    serial BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    PRIMARY KEY (serial, digest)
);
CREATE INDEX stated_by_digest ON stated_index (digest);

-- Living certificates from before, whose hashes are still to be made: the book has no key.
CREATE TABLE stated_missing (
    serial BYTEA PRIMARY KEY
);
INSERT INTO stated_missing (serial) SELECT serial FROM living;

-- People give the last eight digits of a serial number.
CREATE INDEX living_by_end ON living (substr(serial, 13));
