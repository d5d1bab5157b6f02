-- A clock that jumped forward holds what is scheduled until two persons accept it: here, so that a
-- restart forgets neither.
CREATE TABLE clock_hold (
    position    BIGINT PRIMARY KEY,
    released_at BIGINT
);
CREATE TABLE clock_acceptance (
    position BIGINT NOT NULL,
    party    BYTEA  NOT NULL,
    PRIMARY KEY (position, party)
);

-- The newest time that a responder has seen, so that one started anew never answers from before.
CREATE TABLE responder_time (
    public_key BYTEA  PRIMARY KEY,
    seen_at    BIGINT NOT NULL
);
