-- Who was erased, as keyed hashes: what is left to prove it, and by what an older database that was brought back is told.
CREATE TABLE erasure (
    -- As in the list beside the database.
    id   TEXT NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('practice', 'address')),
    hash TEXT NOT NULL,
    -- How many rows went or were blackened.
    rows INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
