-- The way to the mail server: one row. What is learned of it survives a restart.
CREATE TABLE lane (
    only_one    INTEGER PRIMARY KEY CHECK (only_one = 1),
    state       TEXT NOT NULL CHECK (state IN ('open', 'resting', 'held')),
    since       INTEGER NOT NULL,
    rest_until  INTEGER,
    reason      TEXT,
    -- The operator held it: no changed configuration opens it again.
    by_hand     INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1)),
    -- How often in a row it had to rest.
    failures    INTEGER NOT NULL DEFAULT 0,
    -- How often connections and rate are halved, and since when.
    slowness    INTEGER NOT NULL DEFAULT 0,
    slowed_at   INTEGER,
    -- Troubles in a row that may be about one mail or about all, and the mail that met the last one.
    suspicions  INTEGER NOT NULL DEFAULT 0,
    suspect     INTEGER,
    accepted_at INTEGER,
    -- Stands for the [mail] configuration that all this was learned with.
    way         TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'resting') = (rest_until IS NOT NULL)),
    CHECK (state = 'open' OR reason IS NOT NULL)
) STRICT;

INSERT INTO lane (only_one, state, since) VALUES (1, 'open', 0);

-- Recipients refused since the last acceptance.
CREATE TABLE lane_refusal (
    email TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    mail  INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    text  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Addresses that take no mail. Survives an import: no foreign key to contacts.
CREATE TABLE dead_address (
    email  TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    at     INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_email ON contact (email COLLATE NOCASE);
CREATE INDEX outbox_email ON outbox (email COLLATE NOCASE) WHERE state IN ('queued', 'deferred', 'failed', 'held');

-- What the operator has to hear, each once for its occasion.
CREATE TABLE notice (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    occasion TEXT NOT NULL,
    text     TEXT NOT NULL,
    -- The mail that tells it.
    mail     INTEGER REFERENCES outbox (id),
    UNIQUE (kind, subject, occasion)
) STRICT;

CREATE INDEX notice_mail ON notice (mail);

-- Throttled without an attempt being counted: how often, and since when.
ALTER TABLE outbox ADD COLUMN throttles INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN throttled_at INTEGER;
-- When the bytes were composed.
ALTER TABLE outbox ADD COLUMN composed_at INTEGER;
CREATE INDEX attempt_at ON attempt (at);

-- The bytes that tell it were handed over, and no answer is recorded.
ALTER TABLE told ADD COLUMN uncertain INTEGER NOT NULL DEFAULT 0 CHECK (uncertain IN (0, 1));
CREATE INDEX told_mail ON told (mail);
