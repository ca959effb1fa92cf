//! What is noted while a tree is read: problems, and what each key came to. Places count on from one text to the next, as compilers do it.

use std::cell::RefCell;
use std::ops::Range;

use crate::problems::{Problem, Problems, Text};
use crate::toml_reader::settings::{Origin, Setting};

/// The texts of a tree, and what is noted about them.
pub(in crate::toml_reader) struct Notes {
    texts: Vec<Layer>,
    pub(in crate::toml_reader) problems: RefCell<Problems>,
    pub(in crate::toml_reader) settings: RefCell<Vec<Setting>>,
    /// Unknown keys without a likely neighbour: the number of the problem, and the key.
    strangers: RefCell<Vec<(usize, String)>>,
}

struct Layer {
    start: usize,
    text: Text,
    variable: Option<String>,
}

impl Notes {
    pub(in crate::toml_reader) fn about(text: &Text) -> Self {
        let texts = vec![Layer { start: 0, text: text.clone(), variable: None }];
        Self { texts, problems: RefCell::default(), settings: RefCell::default(), strangers: RefCell::default() }
    }

    /// Puts the text of an environment variable behind the others, and gives the place where it begins.
    pub(in crate::toml_reader) fn append(&mut self, text: &Text, variable: &str) -> usize {
        // One byte apart, so that a place at the very end of a text is not the beginning of the next.
        let start = self.texts.last().map_or(0, |last| last.start + last.text.inner().len() + 1);
        self.texts.push(Layer { start, text: text.clone(), variable: Some(variable.to_owned()) });
        start
    }

    pub(in crate::toml_reader) fn syntax_error(&self, error: &toml::de::Error) {
        let text = self.texts.first().map(|layer| &layer.text);
        let problem = text.map(|text| Problem::new(text, format!("not valid TOML: {}", error.message())));
        self.add(problem.map(|problem| error.span().map_or(problem.clone(), |span| problem.at(span))));
    }

    fn layer(&self, span: &Range<usize>) -> Option<&Layer> {
        self.texts.iter().rev().find(|layer| layer.start <= span.start)
    }

    pub(in crate::toml_reader) fn problem(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Option<Problem> {
        let layer = self.layer(&span)?;
        let place = span.start - layer.start..span.end - layer.start;
        Some(Problem::new(&layer.text, message).at(place).hint(hint))
    }

    pub(in crate::toml_reader) fn add(&self, problem: Option<Problem>) {
        self.problems.borrow_mut().0.extend(problem);
    }

    pub(in crate::toml_reader) fn stranger(&self, key: &str) {
        let number = self.problems.borrow().0.len();
        self.strangers.borrow_mut().push((number, key.to_owned()));
    }

    pub(in crate::toml_reader) fn origin(&self, span: Option<Range<usize>>) -> Origin {
        let Some((layer, span)) = span.and_then(|span| self.layer(&span).map(|layer| (layer, span))) else { return Origin::Default };
        if let Some(name) = &layer.variable {
            return Origin::Variable(name.clone());
        }
        let before = layer.text.inner().get(..span.start - layer.start).unwrap_or_default();
        Origin::File { name: layer.text.name().to_owned(), line: before.matches('\n').count() + 1 }
    }

    /// A key that is unknown where it stands, but known elsewhere, was put into the wrong table.
    pub(in crate::toml_reader) fn finish(self) -> (Problems, Vec<Setting>) {
        let (mut problems, settings) = (self.problems.into_inner(), self.settings.into_inner());
        for (number, key) in self.strangers.into_inner() {
            let home = settings.iter().find(|setting| setting.name() == key).map(Setting::table);
            if let (Some(home), Some(problem)) = (home, problems.0.get_mut(number)) {
                *problem = problem.clone().hint(format!("did you mean `{key}` in [{home}]?"));
            }
        }
        (problems, settings)
    }
}
