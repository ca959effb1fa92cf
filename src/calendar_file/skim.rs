//! What the milestones of a policy file are called, found without reading the rest of it.
//!
//! A list of one insurer's milestones has to know which of their names others carry too. To read the files of those others for that was nearly half of
//! the work; to pass over them, from quote to quote, is a seventh of it.

use memchr::{memchr, memchr2};

use crate::calendar_file::generated;

/// The last parts of the identities of all milestones, of a file that passed every check. `None` where it is written in a way that only a whole
/// reading understands: quoted keys, escapes in names, texts of several lines, all tables in one list.
pub fn milestone_names(text: &str) -> Option<Vec<String>> {
    let mut skimmed = Skimmed { names: Vec::new(), table: Table::Other, id: None, care_types: Vec::new() };
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        let (expression, after) = rest.split_at(end_of_expression(rest.as_bytes())?);
        match expression.as_bytes() {
            [b'#', ..] => {}
            [b'[', ..] => skimmed.header(expression)?,
            _ => skimmed.key(expression)?,
        }
        rest = after.trim_ascii_start();
    }
    skimmed.close()?;
    Some(skimmed.names)
}

/// Where a header, or a key with its value, ends: at a line end that stands in no list, table or text.
fn end_of_expression(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    while at < text.len() {
        match text[at] {
            b'\n' if depth == 0 => return Some(at),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.checked_sub(1)?,
            b'"' | b'\'' => at = end_of_text(text, at)?,
            b'#' => {
                at += memchr(b'\n', &text[at..]).unwrap_or(text.len() - at);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Some(text.len())
}

/// Where the quote stands that ends the text that begins here.
fn end_of_text(text: &[u8], start: usize) -> Option<usize> {
    let quote = text[start];
    if text[start..].starts_with(&[quote; 3]) {
        return None;
    }
    let mut at = start + 1;
    loop {
        let rest = text.get(at..)?;
        at += if quote == b'"' { memchr2(quote, b'\\', rest) } else { memchr(quote, rest) }?;
        if text[at] == quote {
            return Some(at);
        }
        at += "\\n".len();
    }
}

/// A table as far as it makes milestones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Milestone,
    Agreement,
    Module,
    Other,
}

impl Table {
    fn called(name: &str) -> Self {
        match name {
            "milestone" => Self::Milestone,
            "agreement" => Self::Agreement,
            "module" => Self::Module,
            _ => Self::Other,
        }
    }
}

struct Skimmed<'t> {
    names: Vec<String>,
    /// Where we are, and what it said so far.
    table: Table,
    id: Option<&'t str>,
    care_types: Vec<&'t str>,
}

impl<'t> Skimmed<'t> {
    fn header(&mut self, expression: &str) -> Option<()> {
        self.close()?;
        let header = bare(expression.split('#').next()?)?;
        let name = header.strip_prefix("[[").and_then(|name| name.strip_suffix("]]"));
        self.table = name.map_or(Table::Other, |name| Table::called(name.trim_ascii()));
        Some(())
    }

    fn key(&mut self, expression: &'t str) -> Option<()> {
        let (key, value) = expression.split_once('=')?;
        let key = bare(key)?;
        match key {
            "id" => self.id = Some(*texts(value)?.first()?),
            "care_types" => self.care_types = texts(value)?,
            _ if Table::called(key.split('.').next()?.trim_ascii_end()) != Table::Other => return None,
            _ => {}
        }
        Some(())
    }

    /// Notes what the table gives that ends here.
    fn close(&mut self) -> Option<()> {
        let (id, care_types) = (self.id.take(), std::mem::take(&mut self.care_types));
        match self.table {
            Table::Milestone => self.names.push(id?.to_owned()),
            Table::Agreement => self.names.extend(generated::names_of_agreement(id?)),
            Table::Module => {
                let id = id?;
                self.names.extend(care_types.into_iter().flat_map(|care_type| generated::names_of_module(id, care_type)));
            }
            Table::Other => {}
        }
        Some(())
    }
}

/// A header or a key, if it stands there without quotes.
fn bare(text: &str) -> Option<&str> {
    (!text.contains(['"', '\''])).then(|| text.trim_ascii_end())
}

/// The texts of a value; `None` where one says something else than what is written.
fn texts(mut value: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    while let Some(start) = value.find(['"', '\'', '#']) {
        if value[start..].starts_with('#') {
            value = value[start..].split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let end = end_of_text(value.as_bytes(), start)?;
        found.push(Some(&value[start + 1..end]).filter(|text| !text.contains('\\'))?);
        value = &value[end + 1..];
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar_file::{File, embedded, read_checked};

    fn read_whole(files: &[File], path: &str) -> Vec<String> {
        let id = path.trim_end_matches(".toml");
        let (almanac, problems) = read_checked(files);
        assert!(!problems.has_errors(), "{problems}");
        let policy = almanac.policies.iter().find(|policy| policy.id.as_str() == id).unwrap();
        policy.milestones.iter().map(|milestone| milestone.id.local().to_owned()).collect()
    }

    fn sorted(mut names: Vec<String>) -> Vec<String> {
        names.sort();
        names
    }

    #[test]
    fn a_skimmed_file_has_the_names_of_a_read_one() {
        let files = embedded::files();
        for file in files.iter().filter(|file| !file.is_names()) {
            let names = milestone_names(file.content()).unwrap_or_else(|| panic!("{} is not skimmed", file.path));
            assert_eq!(sorted(names), sorted(read_whole(&files, &file.path)), "{}", file.path);
        }
    }

    const PLAIN: &str = r#"insurer = "cz"
title = "Beleid"
care_types = ["logopedie", "fysiotherapie"]

[source]
document = "Beleid"

[[agreement]]
id = "basis"
care_types = ["logopedie", "fysiotherapie"]
term = { first = 2024-01-01, last = 2024-12-31 }
starts = [2024-01-01]
section = "1"

[[module]]
id = "extra"
name = "Extra"
care_types = ["logopedie", "fysiotherapie"]
form = "module"
starts = [2024-01-01]
section = "2"

[[milestone]]
id = "uitleg"
kind = "portal-open"
title = "Uitleg"
on = 2024-02-01
section = "3"
"#;

    #[test]
    fn however_a_file_is_written_its_names_are_right_or_not_given() {
        let changed = |from: &str, to: &str| {
            assert!(PLAIN.contains(from), "{from}");
            PLAIN.replace(from, to)
        };
        let skimmed = [
            PLAIN.to_owned(),
            changed("\"", "'"),
            changed(" = ", "="),
            changed("\n", "\r\n"),
            changed("id = ", "\tid\t= "),
            changed("]]\n", "]] # [[milestone]]\n\n"),
            changed("[\"logopedie\", ", "[ # id = \"x\"\n  \"logopedie\",\n"),
            changed("\"uitleg\"", "\"uitleg\" # \"geen\""),
            changed("[[milestone]]", "[[ milestone ]]"),
            changed("\"Uitleg\"", "\"Uitleg [[ { # \\\" ] \\\\\""),
            changed("\"Uitleg\"", "'Uitleg [[ { # \" ] \\'"),
            changed("section = \"3\"", "section = \"3\"\n[milestone.applies]\ncare_types = [\"logopedie\"]"),
            changed("section = \"3\"", "section = \"3\"\n[[example]]\non = 2024-02-01\nmilestones = [\"uitleg\"]"),
            changed("term = { ", "term = {\n").replace(", last = 2024-12-31 }", ",\nlast = 2024-12-31,\n}"),
            changed("[[milestone]]\nid = \"uitleg\"", "[[milestone]]\nnote = \"\\u0075it\"\nid = \"uitleg\""),
        ];
        let left_alone = [
            changed("section = \"3\"", "section = \"3\"\nnote = \"\"\"\n[[milestone]]\nid = \"geen\"\n\"\"\""),
            changed("section = \"3\"", "section = \"3\"\nnote = '''[[module]]\n'''\n[milestone.applies]\ncare_types = [\"logopedie\"]"),
            changed("\"uitleg\"", "\"\\u0075itleg\""),
            changed("\"uitleg\"", "\"\"\"uitleg\"\"\""),
            changed("id = ", "\"id\" = "),
            changed("[[module]]", "[[\"module\"]]"),
            changed("name = \"Extra\"\ncare_types = [\"logopedie\"", "name = \"Extra\"\ncare_types = [\"logo\\u0070edie\""),
            changed("[[milestone]]\nid = \"uitleg\"\nkind = \"portal-open\"\ntitle = \"Uitleg\"\non = 2024-02-01\nsection = \"3\"", "").replace(
                "care_types = [\"logopedie\", \"fysiotherapie\"]\n\n[source]",
                "care_types = [\"logopedie\", \"fysiotherapie\"]\nmilestone = [{ id = \"uitleg\", kind = \"portal-open\", title = \"Uitleg\", on = 2024-02-01, section = \"3\" }]\n\n[source]",
            ),
        ];
        let mut files: Vec<File> = embedded::files().into_iter().filter(File::is_names).collect();
        for (text, is_skimmed) in skimmed.map(|text| (text, true)).into_iter().chain(left_alone.map(|text| (text, false))) {
            let names = milestone_names(&text);
            assert_eq!(names.is_some(), is_skimmed, "{text}");
            files.push(File::new("cz/beleid.toml", text.clone()));
            let whole = sorted(read_whole(&files, "cz/beleid.toml"));
            assert!(whole.contains(&"uitleg".to_owned()) && whole.len() == 7, "{whole:?}");
            assert!(names.is_none_or(|names| sorted(names) == whole), "{text}");
            files.pop();
        }
    }
}
