-- A list is one walk along this index, which holds all that a list says.
DROP INDEX status_for_crl;
CREATE INDEX status_for_crl ON status
    (municipality, serial, position, change, reason, recorded_at, not_after) WHERE change <> 0;
