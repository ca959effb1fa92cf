-- Which contact had, or was spared, which overview: 'welcome', or the day of a season. No foreign keys: who comes back is not new.
CREATE TABLE greeted (
    practice TEXT NOT NULL,
    email    TEXT NOT NULL COLLATE NOCASE,
    occasion TEXT NOT NULL CHECK (occasion = 'welcome' OR occasion GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    -- The day of the mail; NULL: spared.
    day      TEXT,
    at       INTEGER NOT NULL,
    PRIMARY KEY (practice, email, occasion)
) STRICT, WITHOUT ROWID;

-- Who was there before there were welcomes needs none.
INSERT OR IGNORE INTO greeted (practice, email, occasion, day, at) SELECT practice, email, 'welcome', NULL, unixepoch() FROM contact;

-- How often an occurrence changed gives the SEQUENCE of its calendar event.
CREATE INDEX occurrence_change_occurrence ON occurrence_change (occurrence);
