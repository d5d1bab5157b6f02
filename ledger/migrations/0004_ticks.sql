-- What the scheduler asks five times a second must not grow with the book: the intentions that have
-- no standing yet, and the cases whose certificate is not handed over.
CREATE TABLE intended (
    serial BYTEA  PRIMARY KEY,
    at     BIGINT NOT NULL
);
INSERT INTO intended (serial, at)
    SELECT certificate.serial, audit.at FROM certificate
    JOIN audit ON audit.position = certificate.position
    WHERE NOT EXISTS (SELECT 1 FROM status WHERE status.serial = certificate.serial);
CREATE INDEX case_issued ON case_file (serial) WHERE step = 'issued';
