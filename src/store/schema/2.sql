-- What the bytes of a mail say, as JSON: written with them, and copied into the ledger once they are accepted.
ALTER TABLE outbox ADD COLUMN says TEXT;
UPDATE outbox SET says = (
    SELECT json_group_array(json_array(d.occurrence, d.care_type, d.last_day, json('false'))) FROM decision d
    WHERE d.practice = outbox.practice AND d.digest_day = outbox.day AND d.digest_kind = outbox.kind
) WHERE bytes IS NOT NULL;

-- Withdrawn: the contact was told that the occurrence with this day is off.
ALTER TABLE told ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));
-- The attempt in which the server accepted it. Attempts are numbered in order, so the latest word is known whatever the clock did.
ALTER TABLE told ADD COLUMN attempt INTEGER;

-- What a load replaced or took away. A contact was told otherwise by an insurer only if one of these said what it was told.
CREATE TABLE calendar_past (
    path    TEXT NOT NULL,
    hash    TEXT NOT NULL,
    content TEXT NOT NULL,
    -- The load that replaced it, the last time.
    load    INTEGER NOT NULL REFERENCES calendar_load (id),
    PRIMARY KEY (path, hash)
) STRICT, WITHOUT ROWID;

-- A load that would correct too many contacts; at most one waits for the operator.
CREATE TABLE calendar_set_aside (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    at       INTEGER NOT NULL,
    hash     TEXT NOT NULL,
    origin   TEXT NOT NULL,
    moments  INTEGER NOT NULL,
    contacts INTEGER NOT NULL
) STRICT;
