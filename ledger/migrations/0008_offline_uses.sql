-- Each use of a municipality's token of which a journal told: a count that is not here is a gap.
CREATE TABLE offline_use (
    entry        BYTEA  PRIMARY KEY,
    municipality TEXT   NOT NULL,
    token        TEXT,
    uses         BIGINT,
    journal      BYTEA  NOT NULL,
    line         BIGINT NOT NULL,
    digest       BYTEA  NOT NULL,
    answer       TEXT   NOT NULL,
    position     BIGINT NOT NULL
);
CREATE INDEX offline_use_by_count ON offline_use (municipality, token, uses);
CREATE INDEX offline_use_by_line ON offline_use (journal, line);
