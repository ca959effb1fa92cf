-- What a practice asks for itself. Lead times and quiet days stand in the notation of a practice file's CSV cells; empty: as the operator has it.
ALTER TABLE practice ADD COLUMN salutation TEXT;
ALTER TABLE practice ADD COLUMN leads TEXT NOT NULL DEFAULT '';
ALTER TABLE practice ADD COLUMN quiet TEXT NOT NULL DEFAULT '';

ALTER TABLE contact ADD COLUMN salutation TEXT;
-- Classes and kinds, by their words, with spaces between; empty: everything.
ALTER TABLE contact ADD COLUMN wants TEXT NOT NULL DEFAULT '';

-- Dates of a practice's own, beside the insurers'.
CREATE TABLE own_date (
    practice    TEXT NOT NULL REFERENCES practice (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    id          TEXT NOT NULL,
    title       TEXT NOT NULL,
    word        TEXT NOT NULL CHECK (word IN ('by', 'on')),
    day         TEXT NOT NULL,
    repeats     TEXT,
    -- Such as '6w 2w'; NULL: as other deadlines.
    leads       TEXT,
    note        TEXT,
    -- Nothing before it.
    recorded_on TEXT NOT NULL,
    PRIMARY KEY (practice, id)
) STRICT, WITHOUT ROWID;

-- A recurring duty that a practice has done with for good. Survives an import, like the other marks.
CREATE TABLE series_done (
    practice  TEXT NOT NULL,
    milestone TEXT NOT NULL,
    care_type TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (practice, milestone, care_type)
) STRICT, WITHOUT ROWID;

-- Which addresses hear it, as a JSON array; NULL: all that the practice has.
ALTER TABLE decision ADD COLUMN contacts TEXT;
