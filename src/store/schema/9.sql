-- On which ground (GDPR, article 6(1)) a practice's data are used, since when, and where that is written.
CREATE TABLE ground (
    practice TEXT NOT NULL PRIMARY KEY REFERENCES practice (id) ON DELETE CASCADE,
    basis    TEXT NOT NULL CHECK (basis IN ('consent', 'contract', 'legal-obligation', 'vital-interests', 'public-task', 'legitimate-interests')),
    day      TEXT NOT NULL,
    source   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
