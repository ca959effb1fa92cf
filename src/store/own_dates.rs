//! Dates of a practice's own.

use chrono::NaiveDate;
use rusqlite::{Connection, Row, params};

use crate::domain::leads::{Lead, joined};
use crate::domain::names::PracticeId;
use crate::domain::own_dates::{Due, OwnDate, OwnDates, Repeat};
use crate::store::error::StoreError;
use crate::store::practices::Since;
use crate::store::{Day, Store, Work, word};

impl Store {
    /// The practices that have a date of their own with this id.
    pub fn practices_with_own_date(&self, id: &str) -> Result<Vec<PracticeId>, StoreError> {
        let mut query = self.connection.prepare_cached("SELECT practice FROM own_date WHERE id = ?1 ORDER BY practice")?;
        let practices = query.query_map([id], |row| Ok(PracticeId::new(row.get::<_, String>(0)?)))?;
        Ok(practices.collect::<Result<_, _>>()?)
    }
}

impl Work<'_> {
    /// Writes a practice's own dates in place of those that were there. A date is on record from `today`, unless it was already.
    pub(in crate::store) fn put_own_dates(&self, practice: &PracticeId, dates: &[OwnDate], today: NaiveDate) -> Result<(), StoreError> {
        let before = read(self.connection(), practice, Since::OrImport)?;
        self.connection().prepare_cached("DELETE FROM own_date WHERE practice = ?1")?.execute([practice.as_str()])?;
        let insert = "INSERT INTO own_date (practice, position, id, title, word, day, repeats, leads, note, recorded_on) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let mut write = self.connection().prepare_cached(insert)?;
        for (position, date) in (0_i64..).zip(dates) {
            let known = before.iter().find(|known| known.id == date.id).and_then(|known| known.since);
            write.execute(params![
                practice.as_str(),
                position,
                date.id,
                date.title,
                date.due.word(),
                Day(date.due.day()),
                date.repeats.map(|repeats| repeats.to_string()),
                date.leads.as_deref().map(joined),
                date.note,
                Day(known.unwrap_or(today)),
            ])?;
        }
        Ok(())
    }
}

/// The dates of a practice, with their milestones.
pub(in crate::store) fn own_dates(connection: &Connection, practice: &PracticeId, since: Since) -> Result<OwnDates, StoreError> {
    Ok(OwnDates::new(practice, read(connection, practice, since)?))
}

fn read(connection: &Connection, practice: &PracticeId, since: Since) -> Result<Vec<OwnDate>, StoreError> {
    let sql = "SELECT id, title, word, day, repeats, leads, note, recorded_on FROM own_date WHERE practice = ?1 ORDER BY position";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([practice.as_str()], |row| own_date(row, since))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn own_date(row: &Row<'_>, since: Since) -> rusqlite::Result<OwnDate> {
    let Day(day) = row.get(3)?;
    let due = |text: &str| match text {
        "by" => Some(Due::By(day)),
        "on" => Some(Due::On(day)),
        _ => None,
    };
    let leads = |text: &str| text.split_whitespace().map(Lead::parse).collect::<Option<Vec<_>>>();
    Ok(OwnDate {
        id: row.get(0)?,
        title: row.get(1)?,
        due: word(row.get(2)?, due)?,
        repeats: row.get::<_, Option<String>>(4)?.map(|text| word(text, Repeat::parse)).transpose()?,
        leads: row.get::<_, Option<String>>(5)?.map(|text| word(text, leads)).transpose()?,
        note: row.get(6)?,
        since: match since {
            Since::AsWritten => None,
            Since::OrImport => Some(row.get::<_, Day>(7)?.0),
        },
    })
}
