-- When a case closes itself if nobody touches it any more; absent once something was issued in it, or
-- it is over. Whether a letter is out for a case of before is not known: each gets a letter's time.
ALTER TABLE case_file ADD COLUMN closes_at BIGINT;
UPDATE case_file SET closes_at = opened_at + 2592000000
    WHERE step IN ('opened', 'looked_up', 'applied');
CREATE INDEX case_by_end ON case_file (closes_at) WHERE closes_at IS NOT NULL;

-- When the last line was signed that a journal told of, by its terminal's clock: a clock that goes
-- backwards from line to line shows.
ALTER TABLE offline_use ADD COLUMN at BIGINT;
