//! `deadlines man`: a page of the manual for each command, made from what `--help` says.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::failure::Failure;
use crate::cli::{definition, output};

/// Write the manual, one page for each command, into a folder
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines man /usr/local/share/man/man1")]
pub struct Man {
    /// The folder; made if it is not there yet
    folder: PathBuf,
}

impl Man {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        let cannot = |path: &std::path::Path, error: io::Error| Failure::failed(format!("cannot write {}", path.display()), error);
        fs::create_dir_all(&self.folder).map_err(|error| cannot(&self.folder, error))?;
        let pages = pages(&definition())?;
        for (name, page) in &pages {
            let path = self.folder.join(name);
            fs::write(&path, page).map_err(|error| cannot(&path, error))?;
        }
        writeln!(output::results(), "The manual is in {}; it begins with deadlines.1.", self.folder.display())?;
        Ok(())
    }
}

/// The pages with the names of their files, the program's own first.
fn pages(program: &Command) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut program = program.clone().disable_help_subcommand(true);
    program.build();
    let mut found = Vec::new();
    collect(&program, None, &mut found)?;
    Ok(found)
}

fn collect(command: &Command, above: Option<&Command>, found: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    let name = format!("{}.1", title(command));
    let page = page(command, above).map_err(|error| Failure::failed(format!("cannot write {name}"), error))?;
    found.push((name, page));
    let shown = command.get_subcommands().filter(|inner| !inner.is_hide_set());
    shown.into_iter().try_for_each(|inner| collect(inner, Some(command), found))
}

/// `deadlines-practice-import`.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command, above: Option<&Command>) -> io::Result<Vec<u8>> {
    // Its own text on examples and exit codes follows below, in sections.
    let page = Page::new(command.clone()).source(concat!("deadlines ", env!("CARGO_PKG_VERSION"))).manual("Deadlines");
    let mut bytes = Vec::new();
    page.render_title(&mut bytes)?;
    page.render_name_section(&mut bytes)?;
    page.render_synopsis_section(&mut bytes)?;
    page.render_description_section(&mut bytes)?;
    page.render_options_section(&mut bytes)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut bytes)?;
    }
    after(command).to_writer(&mut bytes)?;
    if above.is_none() {
        whole_program().to_writer(&mut bytes)?;
    }
    related(command, above).to_writer(&mut bytes)?;
    Ok(bytes)
}

/// What stands below the options in `--help`: examples as they are typed, then the rest as text.
fn after(command: &Command) -> Roff {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let paragraphs = || text.split("\n\n").filter(|paragraph| !paragraph.is_empty() && !paragraph.starts_with("Exit codes:"));
    let mut roff = Roff::new();
    paragraphs().filter(|paragraph| is_example(paragraph)).for_each(|paragraph| example(&mut roff, paragraph));
    let notes: Vec<&str> = paragraphs().filter(|paragraph| !is_example(paragraph)).collect();
    if !notes.is_empty() {
        roff.control("SH", ["NOTES"]);
    }
    for note in notes {
        roff.control("PP", []).text([roman(note.replace('\n', " "))]);
    }
    roff
}

fn is_example(paragraph: &str) -> bool {
    paragraph.starts_with("Example")
}

fn example(roff: &mut Roff, paragraph: &str) {
    let (heading, lines) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
    roff.control("SH", ["EXAMPLES"]);
    if let Some((_, about)) = heading.trim_end_matches(':').split_once(", ") {
        roff.text([roman(about)]).control("PP", []);
    }
    roff.control("nf", []);
    for line in lines.lines() {
        roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    roff.control("fi", []);
}

/// What holds for every command.
fn whole_program() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    list(&mut roff, &[("0", "done"), ("1", "failed"), ("2", "wrong usage"), ("3", "the data has problems")]);
    roff.control("SH", ["FILES"]);
    list(
        &mut roff,
        &[
            ("./deadlines.toml", "the configuration, where --config and DEADLINES_CONFIG name none"),
            ("~/.config/deadlines/config.toml", "else this one"),
            ("/etc/deadlines/config.toml", "else this one, which the service uses; every key is explained in it"),
        ],
    );
    roff
}

fn list(roff: &mut Roff, items: &[(&str, &str)]) {
    for (item, meaning) in items {
        roff.control("TP", []).text([bold(*item)]).text([roman(*meaning)]);
    }
}

fn related(command: &Command, above: Option<&Command>) -> Roff {
    let mut roff = Roff::new();
    let inner = command.get_subcommands().filter(|inner| !inner.is_hide_set());
    let names: Vec<String> = above.into_iter().chain(inner).map(|other| format!("{}(1)", title(other))).collect();
    roff.control("SH", ["SEE ALSO"]).text([roman(names.join(", "))]);
    roff
}
