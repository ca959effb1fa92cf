-- Addresses that take no mail. Survives an import: no foreign key to contacts.
CREATE TABLE dead_address (
    email  TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    at     INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_email ON contact (email COLLATE NOCASE);

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
