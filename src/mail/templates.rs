//! Templates: compiled in, and overridden by files of the same name from a folder.
//!
//! A file is taken only after every mail that could use it has been rendered with sample values; one that does not pass is reported with its
//! line and the compiled-in one stays in use. What templates get is described in [`crate::mail::compose::view`].

pub mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::mail::compose::key::MailKind;
use crate::mail::compose::sample::samples;

const COMPILED_IN: &[(&str, &str)] = &[
    ("correction/body.html", include_str!("templates/correction/body.html")),
    ("correction/body.txt", include_str!("templates/correction/body.txt")),
    ("correction/subject.txt", include_str!("templates/correction/subject.txt")),
    ("digest/body.html", include_str!("templates/digest/body.html")),
    ("digest/body.txt", include_str!("templates/digest/body.txt")),
    ("digest/subject.txt", include_str!("templates/digest/subject.txt")),
    ("farewell/body.html", include_str!("templates/farewell/body.html")),
    ("farewell/body.txt", include_str!("templates/farewell/body.txt")),
    ("farewell/subject.txt", include_str!("templates/farewell/subject.txt")),
    ("layout/mail.html", include_str!("templates/layout/mail.html")),
    ("layout/overview.html", include_str!("templates/layout/overview.html")),
    ("layout/overview.txt", include_str!("templates/layout/overview.txt")),
    ("layout/parts.html", include_str!("templates/layout/parts.html")),
    ("layout/stop.html", include_str!("templates/layout/stop.html")),
    ("layout/stop.txt", include_str!("templates/layout/stop.txt")),
    ("season/body.html", include_str!("templates/season/body.html")),
    ("season/body.txt", include_str!("templates/season/body.txt")),
    ("season/subject.txt", include_str!("templates/season/subject.txt")),
    ("report/body.html", include_str!("templates/report/body.html")),
    ("report/body.txt", include_str!("templates/report/body.txt")),
    ("report/subject.txt", include_str!("templates/report/subject.txt")),
    ("test/body.html", include_str!("templates/test/body.html")),
    ("test/body.txt", include_str!("templates/test/body.txt")),
    ("test/subject.txt", include_str!("templates/test/subject.txt")),
    ("welcome/body.html", include_str!("templates/welcome/body.html")),
    ("welcome/body.txt", include_str!("templates/welcome/body.txt")),
    ("welcome/subject.txt", include_str!("templates/welcome/subject.txt")),
];

/// What each kind of mail is made of.
const PARTS: [&str; 3] = ["subject.txt", "body.txt", "body.html"];

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    /// The file, or the name of a compiled-in template.
    pub file: String,
    /// Counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "template {}:{line}: {}", self.file, self.message),
            None => write!(f, "template {}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for TemplateProblem {}

/// Templates that were read from a folder, and what was wrong with some.
#[derive(Debug)]
pub struct Loaded {
    /// Ready for use; what had a problem is replaced by what is compiled in.
    pub templates: Templates,
    /// All problems, for the operator.
    pub problems: Vec<TemplateProblem>,
}

/// All templates by name, such as `digest/body.txt`.
#[derive(Debug, Clone)]
pub struct Templates {
    environment: Environment<'static>,
    /// Which names were overridden, from where.
    overridden: BTreeMap<&'static str, PathBuf>,
}

/// A file that wants to take the place of a compiled-in template.
struct Override {
    name: &'static str,
    path: PathBuf,
    source: String,
}

impl Templates {
    /// The templates of this program.
    pub fn compiled_in() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(syntax());
        environment.add_filter("row", text::row);
        environment.add_filter("fill", text::fill);
        environment.add_filter("beside", text::beside);
        environment.add_filter("capitalised", crate::domain::dutch::capitalised);
        for (name, source) in COMPILED_IN {
            // One that does not parse is missing then, and composing says so; a test renders them all.
            let _ = environment.add_template(name, source);
        }
        Self { environment, overridden: BTreeMap::new() }
    }

    /// The same, with files from a folder in place of those that have their names.
    ///
    /// The files are tried together, because they may need each other; if that fails, each is tried on its own.
    pub fn with_folder(folder: &Path) -> Loaded {
        let (overrides, mut problems) = read_overrides(folder);
        let mut templates = Self::compiled_in();
        if let Ok(together) = templates.clone().overridden_by(&overrides) {
            return Loaded { templates: together, problems };
        }
        for one in &overrides {
            match templates.clone().overridden_by(std::slice::from_ref(one)) {
                Ok(accepted) => templates = accepted,
                Err(problem) => problems.push(problem),
            }
        }
        Loaded { templates, problems }
    }

    /// Fills in a template.
    ///
    /// # Errors
    /// [`TemplateProblem`] with file and line, where it does not exist or uses what it does not get.
    pub fn render(&self, name: &str, values: &impl Serialize) -> Result<String, TemplateProblem> {
        self.fill_in(name, &Self::values(values))
    }

    /// Values as templates take them, made once for the several templates of a mail.
    pub fn values(values: &impl Serialize) -> Value {
        Value::from(Serde(values))
    }

    /// Fills in a template with values that were made before.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn fill_in(&self, name: &str, values: &Value) -> Result<String, TemplateProblem> {
        let template = self.environment.get_template(name);
        let rendered = template.and_then(|template| template.render(values.clone()));
        rendered.map_err(|error| self.problem(name, &error))
    }

    /// The names of all templates; a file of that name overrides it.
    pub fn names() -> impl Iterator<Item = &'static str> {
        COMPILED_IN.iter().map(|(name, _)| *name)
    }

    fn overridden_by(mut self, overrides: &[Override]) -> Result<Self, TemplateProblem> {
        for Override { name, path, source } in overrides {
            self.overridden.insert(*name, path.clone());
            let added = self.environment.add_template_owned(*name, source.clone());
            added.map_err(|error| self.problem(name, &error))?;
        }
        self.check()?;
        Ok(self)
    }

    /// Renders every mail with every sample.
    fn check(&self) -> Result<(), TemplateProblem> {
        for (kind, sample) in samples() {
            for part in PARTS {
                self.check_part(kind, part, &sample)?;
            }
        }
        Ok(())
    }

    fn check_part(&self, kind: MailKind, part: &str, sample: &impl Serialize) -> Result<(), TemplateProblem> {
        let name = format!("{}/{part}", kind.folder());
        let rendered = self.render(&name, sample)?;
        if rendered.trim().is_empty() {
            return Err(TemplateProblem { file: self.file(&name), line: None, message: "it renders to nothing".to_owned() });
        }
        Ok(())
    }

    fn problem(&self, asked: &str, error: &minijinja::Error) -> TemplateProblem {
        let innermost = innermost(error);
        let message = innermost.detail().map_or_else(|| innermost.kind().to_string(), |detail| format!("{}: {detail}", innermost.kind()));
        TemplateProblem { file: self.file(innermost.name().unwrap_or(asked)), line: innermost.line(), message }
    }

    fn file(&self, name: &str) -> String {
        self.overridden.get(name).map_or_else(|| format!("{name} (compiled in)"), |path| path.display().to_string())
    }
}

/// An error in an extended or included template carries the real one inside.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let mut at = error;
    while let Some(inner) = std::error::Error::source(at).and_then(|source| source.downcast_ref::<minijinja::Error>()) {
        at = inner;
    }
    at
}

/// Blocks leave no empty lines behind, and a file's last line break stays.
fn syntax() -> SyntaxConfig {
    let built = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    built.unwrap_or_default()
}

fn read_overrides(folder: &Path) -> (Vec<Override>, Vec<TemplateProblem>) {
    let (mut overrides, mut problems) = (Vec::new(), Vec::new());
    if let Err(error) = std::fs::read_dir(folder) {
        problems.push(unreadable(folder, &error));
        return (overrides, problems);
    }
    for name in Templates::names() {
        let path = folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(source) => overrides.push(Override { name, path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problems.push(unreadable(&path, &error)),
        }
    }
    problems.extend(strangers(folder));
    (overrides, problems)
}

fn unreadable(path: &Path, error: &io::Error) -> TemplateProblem {
    TemplateProblem { file: path.display().to_string(), line: None, message: format!("cannot be read: {error}") }
}

/// A misspelled file name would be passed over in silence.
fn strangers(folder: &Path) -> Vec<TemplateProblem> {
    let known: Vec<PathBuf> = Templates::names().map(|name| folder.join(name)).collect();
    let mut found: Vec<PathBuf> = files_in(folder).into_iter().chain(subfolders(folder).iter().flat_map(|sub| files_in(sub))).collect();
    found.retain(|path| path.extension().is_some_and(|ending| ending == "txt" || ending == "html") && !known.contains(path));
    found.sort();
    let names = Templates::names().collect::<Vec<_>>().join(", ");
    let stranger = |path: PathBuf| TemplateProblem {
        file: path.display().to_string(),
        line: None,
        message: format!("no template has this name; known: {names}"),
    };
    found.into_iter().map(stranger).collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    paths_in(folder).filter(|path| path.is_file()).collect()
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    paths_in(folder).filter(|path| path.is_dir()).collect()
}

fn paths_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok().map(|entry| entry.path()))
}
