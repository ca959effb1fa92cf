//! What the milestones of a policy file are called, found without reading the rest of it.
//!
//! A list of one insurer's milestones has to know which of their names others carry too. To read those others' files for that would be most of
//! the time that it takes.

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use crate::calendar_file::generated;

/// The last parts of the identities of all milestones, of a file that passed every check. `None` where it is written in a way that only a whole
/// reading understands: quoted keys, escapes, all tables in one list.
pub fn milestone_names(text: &str) -> Option<Vec<String>> {
    let mut skimmed = Skimmed { text, names: Vec::new(), table: Table::Other, id: None, care_types: Vec::new() };
    let (mut expression, mut depth) = (Vec::new(), 0_usize);
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment => continue,
            TokenKind::Newline if depth > 0 => continue,
            TokenKind::Newline | TokenKind::Eof => {
                skimmed.take(&expression)?;
                expression.clear();
                continue;
            }
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => depth += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => depth = depth.checked_sub(1)?,
            _ => {}
        }
        expression.push(token);
    }
    skimmed.close()?;
    Some(skimmed.names)
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
    text: &'t str,
    names: Vec<String>,
    /// Where we are, and what it said so far.
    table: Table,
    id: Option<&'t str>,
    care_types: Vec<&'t str>,
}

impl<'t> Skimmed<'t> {
    /// Takes a header, or a key with its value.
    fn take(&mut self, expression: &[Token]) -> Option<()> {
        match expression {
            [] => {}
            [first, rest @ ..] if first.kind() == TokenKind::LeftSquareBracket => {
                self.close()?;
                self.table = self.header(rest)?;
            }
            [key, rest @ ..] => self.key(*key, rest)?,
        }
        Some(())
    }

    /// What a header opens; what follows its first bracket is given.
    fn header(&self, rest: &[Token]) -> Option<Table> {
        use TokenKind::{Atom, Dot, LeftSquareBracket as Open, RightSquareBracket as Close};
        match rest {
            [open, name, .., close] if rest.len() == 4 && (open.kind(), close.kind()) == (Open, Close) => {
                (name.kind() == Atom).then(|| Table::called(self.written(*name)))
            }
            _ => rest.iter().all(|token| matches!(token.kind(), Atom | Dot | Open | Close)).then_some(Table::Other),
        }
    }

    fn key(&mut self, key: Token, rest: &[Token]) -> Option<()> {
        let name = (key.kind() == TokenKind::Atom).then(|| self.written(key))?;
        match (name, rest) {
            ("milestone" | "agreement" | "module", _) => return None,
            ("id", [equals, value]) if equals.kind() == TokenKind::Equals => self.id = Some(self.plain(*value)?),
            ("care_types", [equals, values @ ..]) if equals.kind() == TokenKind::Equals => {
                let listed = values.iter().filter(|token| token.kind() != TokenKind::Comma);
                let inner = listed.filter(|token| !matches!(token.kind(), TokenKind::LeftSquareBracket | TokenKind::RightSquareBracket));
                self.care_types = inner.map(|token| self.plain(*token)).collect::<Option<_>>()?;
            }
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

    fn written(&self, token: Token) -> &'t str {
        &self.text[token.span().start()..token.span().end()]
    }

    /// What stands between quotes; `None` where it is no text, or where it says something else than what is written.
    fn plain(&self, token: Token) -> Option<&'t str> {
        let quote = match token.kind() {
            TokenKind::BasicString => '"',
            TokenKind::LiteralString => '\'',
            _ => return None,
        };
        let inner = self.written(token).strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains('\\')).then_some(inner)
    }
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
            let names = milestone_names(&file.content).unwrap_or_else(|| panic!("{} is not skimmed", file.path));
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
            changed("section = \"3\"", "section = \"3\"\nnote = \"\"\"\n[[milestone]]\nid = \"geen\"\n\"\"\""),
            changed("section = \"3\"", "section = \"3\"\nnote = '''[[module]]\n'''\n[milestone.applies]\ncare_types = [\"logopedie\"]"),
            changed("section = \"3\"", "section = \"3\"\n[[example]]\non = 2024-02-01\nmilestones = [\"uitleg\"]"),
            changed("term = { ", "term = {\n").replace(", last = 2024-12-31 }", ",\nlast = 2024-12-31,\n}"),
            changed("[[milestone]]\nid = \"uitleg\"", "[[milestone]]\nnote = \"\\u0075it\"\nid = \"uitleg\""),
        ];
        let left_alone = [
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
            files.push(File { path: "cz/beleid.toml".to_owned(), content: text.clone().into() });
            let whole = sorted(read_whole(&files, "cz/beleid.toml"));
            assert!(whole.contains(&"uitleg".to_owned()) && whole.len() == 7, "{whole:?}");
            assert!(names.is_none_or(|names| sorted(names) == whole), "{text}");
            files.pop();
        }
    }
}
