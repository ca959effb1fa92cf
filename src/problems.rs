//! Problems: what is wrong in a file that somebody wrote, where, and what to do about it.
//!
//! All problems of a file are collected and shown together. Each points at the piece of text with miette.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode, SourceSpan};

/// A text with the name under which its writer knows it.
pub type Text = Arc<NamedSource<Cow<'static, str>>>;

/// Names a text, so that problems can point into it.
pub fn text(name: impl AsRef<str>, content: impl Into<Cow<'static, str>>) -> Text {
    Arc::new(NamedSource::new(name, content.into()))
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Problem {
    text: Text,
    message: String,
    span: Option<Range<usize>>,
    hint: Option<String>,
    severity: Severity,
}

impl Problem {
    /// What is wrong, in one sentence, in which text.
    pub fn new(text: &Text, message: impl Into<String>) -> Self {
        Self { text: text.clone(), message: message.into(), span: None, hint: None, severity: Severity::Error }
    }

    /// Points at the piece of text, in bytes.
    #[must_use]
    pub fn at(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Makes it a warning: shown, but nothing is refused because of it.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Whether it is only a warning.
    pub fn is_warning(&self) -> bool {
        self.severity != Severity::Error
    }

    /// Where it is, in bytes; `None` for the whole text.
    pub fn place(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    /// What is wrong, without its place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// `file:line:column: message (hint)`, for logs and machines.
    pub fn in_one_line(&self) -> String {
        let place = match &self.span {
            Some(span) => {
                let before = self.text.inner().get(..span.start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
                format!("{}:{line}:{column}", self.text.name())
            }
            None => self.text.name().to_owned(),
        };
        let hint = self.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{place}: {}{hint}", self.message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint.as_ref().map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.as_ref().map(|_| &*self.text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = SourceSpan::from(self.span.clone()?);
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some("here".to_owned()), span))))
    }
}

/// Everything that is wrong, in the order in which it was found.
#[derive(Debug, Clone, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Adds one.
    pub fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Adds all of another collection.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Those for which something is refused.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter().filter(|problem| !problem.is_warning())
    }

    /// Those that are only shown.
    pub fn warnings(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter().filter(|problem| problem.is_warning())
    }

    /// Without the warnings.
    #[must_use]
    pub fn only_errors(self) -> Self {
        Self(self.0.into_iter().filter(|problem| !problem.is_warning()).collect())
    }

    /// Whether something is refused.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Problem::in_one_line).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

/// How problems are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// With ANSI colours, in this many columns.
    Coloured(usize),
    /// Without colours, in this many columns.
    Plain(usize),
}

/// Draws a problem with its piece of text underlined.
pub fn draw(problem: &Problem, look: Look) -> String {
    let (theme, width) = match look {
        Look::Coloured(width) => (GraphicalTheme::unicode(), width),
        Look::Plain(width) => (GraphicalTheme::unicode_nocolor(), width),
    };
    let mut drawn = String::new();
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    match (handler.render_report(&mut drawn, problem), problem.span.is_some()) {
        (Ok(()), true) => drawn,
        (Ok(()), false) => format!("{drawn}   in {}\n", problem.text.name()),
        (Err(_), _) => problem.in_one_line(),
    }
}
