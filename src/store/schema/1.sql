-- Days are ISO text (Europe/Amsterdam), instants are whole seconds since 1970 (UTC).

CREATE TABLE calendar_file (
    path    TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    hash    TEXT NOT NULL
) STRICT;

CREATE TABLE calendar_load (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    hash   TEXT NOT NULL,
    origin TEXT NOT NULL
) STRICT;

-- What the loaded files give to everyone; only there to see what a next load changes.
CREATE TABLE occurrence (
    id       TEXT NOT NULL,
    last_day TEXT NOT NULL,
    title    TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE occurrence_change (
    load       INTEGER NOT NULL REFERENCES calendar_load (id),
    occurrence TEXT NOT NULL,
    old_day    TEXT,
    new_day    TEXT,
    PRIMARY KEY (load, occurrence),
    CHECK (old_day IS NOT NULL OR new_day IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE practice (
    id       TEXT NOT NULL PRIMARY KEY,
    name     TEXT NOT NULL,
    agb      TEXT CHECK (agb GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'),
    -- From when planning has to look at it again; NULL: nothing will ever become due.
    look_at  INTEGER
) STRICT;

CREATE INDEX practice_look_at ON practice (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE contact (
    practice TEXT NOT NULL REFERENCES practice (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    email    TEXT NOT NULL,
    name     TEXT,
    role     TEXT CHECK (role IN ('signatory')),
    PRIMARY KEY (practice, email)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscription (
    id        INTEGER PRIMARY KEY,
    practice  TEXT NOT NULL REFERENCES practice (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    insurer   TEXT NOT NULL,
    care_type TEXT NOT NULL,
    standing  TEXT CHECK (standing IN ('contracted', 'uncontracted', 'new')),
    start     TEXT,
    setting   TEXT NOT NULL CHECK (setting IN ('practice', 'institution')),
    ended     TEXT,
    since     TEXT,
    -- The day of the import that brought it; stands in for `since`, and survives later imports.
    subscribed_on TEXT NOT NULL,
    UNIQUE (practice, insurer, care_type, setting)
) STRICT;

CREATE TABLE subscription_module (
    subscription INTEGER NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    module       TEXT NOT NULL,
    start        TEXT,
    PRIMARY KEY (subscription, module)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscription_trait (
    subscription INTEGER NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    trait        TEXT NOT NULL,
    PRIMARY KEY (subscription, trait)
) STRICT, WITHOUT ROWID;

-- What a practice did survives an import, also one that takes it away for a while: no foreign keys here.
CREATE TABLE done (
    practice   TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    care_type  TEXT NOT NULL,
    last_day   TEXT NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (practice, occurrence, care_type, last_day)
) STRICT, WITHOUT ROWID;

CREATE TABLE snooze (
    practice   TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    care_type  TEXT NOT NULL,
    until      TEXT NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (practice, occurrence, care_type)
) STRICT, WITHOUT ROWID;

CREATE TABLE happened (
    practice  TEXT NOT NULL,
    milestone TEXT NOT NULL,
    day       TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (practice, milestone)
) STRICT, WITHOUT ROWID;

-- A decision that never has to be taken again. The key makes planning twice harmless, and lets a moved day count anew.
CREATE TABLE decision (
    practice   TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    care_type  TEXT NOT NULL,
    last_day   TEXT NOT NULL,
    lead_days  INTEGER NOT NULL,
    verdict    TEXT NOT NULL CHECK (verdict IN ('send', 'overtaken', 'passed', 'stale')),
    -- The digest that carries it, where it is sent.
    digest_day  TEXT,
    digest_kind TEXT,
    at          INTEGER NOT NULL,
    PRIMARY KEY (practice, occurrence, care_type, last_day, lead_days),
    CHECK ((verdict = 'send') = (digest_day IS NOT NULL)),
    CHECK ((verdict = 'send') = (digest_kind IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX decision_digest ON decision (practice, digest_day) WHERE digest_day IS NOT NULL;

CREATE TABLE outbox (
    id           INTEGER PRIMARY KEY,
    practice     TEXT NOT NULL,
    email        TEXT NOT NULL,
    day          TEXT NOT NULL,
    kind         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'deferred', 'failed', 'uncertain', 'expired', 'cancelled', 'held')),
    state_since  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    message_id   TEXT,
    subject      TEXT,
    -- What was handed over in the attempt under way; kept until the answer is known.
    bytes        BLOB,
    reason       TEXT,
    UNIQUE (practice, email, day, kind)
) STRICT;

CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('queued', 'deferred', 'uncertain');
CREATE INDEX outbox_state ON outbox (state) WHERE state <> 'sent';

CREATE TABLE attempt (
    id       INTEGER PRIMARY KEY,
    mail     INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    at       INTEGER NOT NULL,
    outcome  TEXT NOT NULL,
    server   TEXT NOT NULL,
    code     INTEGER,
    enhanced TEXT,
    text     TEXT NOT NULL
) STRICT;

CREATE INDEX attempt_mail ON attempt (mail);

-- Who was told which date of which occurrence, in which mail.
CREATE TABLE told (
    practice   TEXT NOT NULL,
    email      TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    care_type  TEXT NOT NULL,
    last_day   TEXT NOT NULL,
    mail       INTEGER NOT NULL REFERENCES outbox (id),
    at         INTEGER NOT NULL,
    PRIMARY KEY (practice, email, occurrence, care_type, last_day, mail)
) STRICT, WITHOUT ROWID;

-- When each job was last completed, and what it said.
CREATE TABLE run (
    job    TEXT NOT NULL PRIMARY KEY,
    at     INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;
