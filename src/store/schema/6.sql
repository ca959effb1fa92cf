-- Which copy of the database this is. Its twin, a file beside the database, says the same; where they disagree, one of them was restored or copied.
CREATE TABLE identity (
    only         INTEGER PRIMARY KEY CHECK (only = 1),
    -- Random; a new one when the operator says that a copy is the real one from now on.
    token        TEXT NOT NULL,
    machine      TEXT NOT NULL,
    -- Raised at each start and before each round of delivery.
    runs         INTEGER NOT NULL,
    -- Since when practices' mail is held because this looks like a copy, and what gave it away.
    fenced_since INTEGER,
    fenced_why   TEXT,
    CHECK ((fenced_since IS NULL) = (fenced_why IS NULL))
) STRICT;
