-- Where a mail stands changes several times, and what it is then handed over as never does: in a table of their own its bytes are written once
-- and removed once. And a list of more than two words makes SQLite build a table of them for each row that it checks; comparisons cost nothing.

-- What was handed over, or is about to be; kept until the answer is known, so that it can go again unchanged.
CREATE TABLE unanswered (
    mail  INTEGER PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE,
    bytes BLOB NOT NULL
) STRICT;

INSERT INTO unanswered (mail, bytes) SELECT id, bytes FROM outbox WHERE bytes IS NOT NULL ORDER BY id;

CREATE TABLE outbox_anew (
    id           INTEGER PRIMARY KEY,
    practice     TEXT NOT NULL,
    email        TEXT NOT NULL,
    day          TEXT NOT NULL,
    kind         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (
        state = 'queued' OR state = 'sending' OR state = 'sent' OR state = 'deferred' OR state = 'failed' OR state = 'uncertain'
        OR state = 'expired' OR state = 'cancelled' OR state = 'held'
    ),
    state_since  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    message_id   TEXT,
    subject      TEXT,
    reason       TEXT,
    -- What its bytes say, as JSON: written with them, and copied into the ledger once they are accepted.
    says         TEXT,
    -- Throttled without an attempt being counted: how often, and since when.
    throttles    INTEGER NOT NULL DEFAULT 0,
    throttled_at INTEGER,
    -- When its bytes were composed.
    composed_at  INTEGER
) STRICT;

INSERT INTO outbox_anew
    SELECT id, practice, email, day, kind, state, state_since, created_at, due_at, attempts, message_id, subject, reason, says, throttles, throttled_at, composed_at
    FROM outbox ORDER BY id;

DROP TABLE outbox;
ALTER TABLE outbox_anew RENAME TO outbox;

-- Made when the rows are there: SQLite sorts them once, instead of looking for the place of each.
CREATE UNIQUE INDEX outbox_key ON outbox (practice, email, day, kind);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'queued' OR state = 'deferred' OR state = 'uncertain';
CREATE INDEX outbox_state ON outbox (state) WHERE state <> 'sent';
CREATE INDEX outbox_email ON outbox (email COLLATE NOCASE) WHERE state = 'queued' OR state = 'deferred' OR state = 'failed' OR state = 'held';

CREATE TABLE decision_anew (
    practice    TEXT NOT NULL,
    occurrence  TEXT NOT NULL,
    care_type   TEXT NOT NULL,
    last_day    TEXT NOT NULL,
    lead_days   INTEGER NOT NULL,
    verdict     TEXT NOT NULL CHECK (verdict = 'send' OR verdict = 'overtaken' OR verdict = 'passed' OR verdict = 'stale'),
    -- The digest that carries it, where it is sent.
    digest_day  TEXT,
    digest_kind TEXT,
    at          INTEGER NOT NULL,
    -- Which addresses hear it, as a JSON array; NULL: all that the practice has.
    contacts    TEXT,
    PRIMARY KEY (practice, occurrence, care_type, last_day, lead_days),
    CHECK ((verdict = 'send') = (digest_day IS NOT NULL)),
    CHECK ((verdict = 'send') = (digest_kind IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO decision_anew
    SELECT practice, occurrence, care_type, last_day, lead_days, verdict, digest_day, digest_kind, at, contacts FROM decision
    ORDER BY practice, occurrence, care_type, last_day, lead_days;

DROP TABLE decision;
ALTER TABLE decision_anew RENAME TO decision;

CREATE INDEX decision_digest ON decision (practice, digest_day) WHERE digest_day IS NOT NULL;
