-- Addresses that take no mail. No foreign keys: it survives an import that takes the address away for a while.
CREATE TABLE dead_address (
    email  TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
    reason TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Addresses that want no mail about a practice; survives an import as well.
CREATE TABLE unsubscribed (
    practice TEXT NOT NULL,
    email    TEXT NOT NULL COLLATE NOCASE,
    at       INTEGER NOT NULL,
    PRIMARY KEY (practice, email)
) STRICT, WITHOUT ROWID;

-- What the operator has to hear once: told when a report has carried it, over when its cause is gone.
CREATE TABLE operator_notice (
    id       INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    practice TEXT NOT NULL DEFAULT '',
    -- Tells two causes of one kind apart, such as the row of a mail.
    about    TEXT NOT NULL DEFAULT '',
    detail   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    told_at  INTEGER,
    over_at  INTEGER
) STRICT;

CREATE UNIQUE INDEX operator_notice_once ON operator_notice (kind, practice, about) WHERE over_at IS NULL;
CREATE INDEX operator_notice_untold ON operator_notice (id) WHERE told_at IS NULL;

-- How much mail came in, by day and by what it was.
CREATE TABLE inbound_count (
    day    TEXT NOT NULL,
    what   TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (day, what)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_email ON contact (email COLLATE NOCASE);
