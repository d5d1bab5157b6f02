-- Intentions come and go; the oldest are asked for five times a second.
CREATE INDEX intended_at ON intended (at, serial);
CREATE INDEX responder_certificate_key ON responder_certificate (public_key);
-- Cases whose certificate is not handed over, the oldest first.
DROP INDEX case_issued;
CREATE INDEX case_issued ON case_file (opened_at) WHERE step = 'issued';
