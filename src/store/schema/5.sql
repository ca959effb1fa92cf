-- Addresses that want no mail about a practice. Survives an import that takes the address away for a while: no foreign keys.
CREATE TABLE unsubscribed (
    practice TEXT NOT NULL,
    email    TEXT NOT NULL COLLATE NOCASE,
    at       INTEGER NOT NULL,
    PRIMARY KEY (practice, email)
) STRICT, WITHOUT ROWID;

-- How much mail came in, by day and by what it was.
CREATE TABLE inbound_count (
    day    TEXT NOT NULL,
    what   TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (day, what)
) STRICT, WITHOUT ROWID;
