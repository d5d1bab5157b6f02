-- A card is a piece of plastic: its number is printed on it and says nothing of a person. `position`
-- is the audit entry of the delivery note: when it was registered, and by whom.
CREATE TABLE card (
    number   TEXT   PRIMARY KEY,
    lot      TEXT   NOT NULL,
    model    TEXT   NOT NULL,
    position BIGINT NOT NULL
);
CREATE INDEX card_by_lot ON card (lot, number);
CREATE INDEX card_by_model ON card (model, number);

-- The card that a certificate is written into; absent where the book is older than this column.
ALTER TABLE certificate ADD COLUMN card TEXT;
CREATE INDEX certificate_by_card ON certificate (card) WHERE card IS NOT NULL;
CREATE INDEX certificate_without_card ON certificate (serial) WHERE card IS NULL;

-- The recall of a lot, of a model, or of a lot of a model; an empty text stands for any. `position` is
-- the audit entry of the confirmation: cards registered after it were not looked at. Up to which card
-- the revocation has come stands in `up_to`.
CREATE TABLE recall (
    recall       BYTEA  PRIMARY KEY,
    lot          TEXT   NOT NULL,
    model        TEXT   NOT NULL,
    reason       BIGINT NOT NULL,
    sealed_why   BYTEA  NOT NULL,
    certificates BIGINT NOT NULL,
    digest       BYTEA  NOT NULL,
    proposed_by  BYTEA  NOT NULL,
    proposed_at  BIGINT NOT NULL,
    confirmed_by BYTEA,
    confirmed_at BIGINT,
    position     BIGINT,
    up_to        TEXT   NOT NULL,
    revoked      BIGINT NOT NULL,
    voided       BIGINT NOT NULL,
    finished_at  BIGINT
);
-- The scheduler asks for these five times a second.
CREATE INDEX recall_under_way ON recall (position)
    WHERE position IS NOT NULL AND finished_at IS NULL;
