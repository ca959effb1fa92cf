//! Templates from a folder: taken when they render, reported when they do not.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use deadlines::mail::compose::sample::samples;
use deadlines::mail::templates::{Loaded, Templates};

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, source).unwrap();
    }
    folder
}

fn problems(loaded: &Loaded, folder: &Path) -> Vec<String> {
    let prefix = format!("{}/", folder.display());
    loaded.problems.iter().map(|problem| problem.to_string().replace(&prefix, "")).collect()
}

fn subject(loaded: &Loaded) -> String {
    loaded.templates.render("digest/subject.txt", &samples()[0].1).unwrap().trim().to_owned()
}

/// Stays behind to be looked at, by a browser as well: see .ci/browser.
fn keep_page(name: &str, html: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mails");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.html")), html).unwrap();
}

/// Nothing is fetched, so nobody is followed; a screen reader knows the language; Outlook lays out by tables alone; Gmail clips what is over 102 kB.
fn assert_reads_anywhere(html: &str) {
    for part in ["<img", "<link", "<script", "src=", "url(", "@import", "background=\""] {
        assert!(!html.contains(part), "{part}");
    }
    assert!(html.contains("<html lang=\"nl\"") || html.contains("<html lang=\"en\""));
    assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\">") && html.contains("prefers-color-scheme: dark"));
    let layout = html.matches("<table role=\"presentation\"").count();
    assert!(layout >= 2 && html.matches("<div").count() == 0);
    assert!(html.len() < 60_000, "{} bytes", html.len());
}

/// With a word in every text that no phone is wide enough for.
fn lengthened(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::String(text) if text.len() > 8 => format!("{text} {}", "langwoord".repeat(9)).into(),
        serde_json::Value::Array(values) => values.into_iter().map(lengthened).collect(),
        serde_json::Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, lengthened(value))).collect(),
        other => other,
    }
}

#[test]
fn what_is_compiled_in_renders_with_every_sample() {
    let templates = Templates::compiled_in();
    for (number, (kind, sample)) in samples().iter().enumerate() {
        let render = |part: &str| templates.render(&format!("{}/{part}", kind.folder()), sample).unwrap();
        assert!(!render("subject.txt").trim().is_empty() && !render("body.txt").trim().is_empty());
        assert_reads_anywhere(&render("body.html"));
        keep_page(&format!("sample-{number:02}-{}", kind.folder()), &render("body.html"));
        let long = lengthened(serde_json::to_value(sample).unwrap());
        let html = templates.render(&format!("{}/body.html", kind.folder()), &long).unwrap();
        keep_page(&format!("sample-{number:02}-{}-long", kind.folder()), &html);
    }
}

#[test]
fn a_file_takes_the_place_of_its_namesake() {
    let folder = folder_with(&[("digest/subject.txt", "Let op: {{ headline.short }}")]);
    let loaded = Templates::with_folder(folder.path());
    assert_eq!(problems(&loaded, folder.path()), Vec::<String>::new());
    assert_eq!(subject(&loaded), "Let op: besluit uiterlijk ma 6 november");
}

#[test]
fn a_bad_file_is_reported_with_its_line_and_the_rest_is_used() {
    let folder = folder_with(&[
        ("digest/subject.txt", "Eigen onderwerp: {{ headline.party }}"),
        ("digest/body.txt", "Beste {{ practice }},\n\n{{ insurer }}\n"),
        ("digest/body.html", "<p>\n{% if others %}\n</p>"),
        ("test/body.txt", "{% if false %}nooit{% endif %}"),
        ("digset/body.txt", "verschreven"),
    ]);
    let loaded = Templates::with_folder(folder.path());
    insta::assert_snapshot!(problems(&loaded, folder.path()).join("\n"));
    assert_eq!(subject(&loaded), "Eigen onderwerp: CZ fysiotherapie");
    let body = loaded.templates.render("digest/body.txt", &samples()[0].1).unwrap();
    assert!(body.contains("Aan deze herinnering kunnen geen rechten worden ontleend"));
}

#[test]
fn files_that_need_each_other_are_taken_together() {
    let folder = folder_with(&[
        ("layout/mail.html", "<html lang=\"nl\">{% block body %}{% endblock %}</html>"),
        ("digest/body.html", "{% extends \"layout/mail.html\" %}{% block body %}{{ practice }}{% endblock %}"),
        ("test/body.html", "{% extends \"layout/mail.html\" %}{% block body %}{{ operator }}{% endblock %}"),
    ]);
    let loaded = Templates::with_folder(folder.path());
    assert_eq!(problems(&loaded, folder.path()), Vec::<String>::new());
    let html = loaded.templates.render("digest/body.html", &samples()[0].1).unwrap();
    assert_eq!(html, "<html lang=\"nl\">Fysiotherapie Leiden</html>");
}

#[test]
fn a_folder_that_is_not_there_is_reported() {
    let folder = folder_with(&[]);
    let loaded = Templates::with_folder(&folder.path().join("weg"));
    assert_eq!(loaded.problems.len(), 1);
    assert!(subject(&loaded).starts_with("CZ fysiotherapie"));
}

#[test]
fn html_is_escaped() {
    let mut sample = serde_json::to_value(&samples()[0].1).unwrap();
    sample["practice"] = "<script>alert(1)</script> & Zoon".into();
    let html = Templates::compiled_in().render("digest/body.html", &sample).unwrap();
    assert!(!html.contains("<script>"));
    assert!(html.contains("&lt;script&gt;"));
}

/// Each value that a sample has, as a template writes it: `sections[].items[].title`.
fn paths(value: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            fields.iter().for_each(|(name, value)| paths(value, &below(name), found));
        }
        serde_json::Value::Array(values) => {
            found.insert(format!("{path}[]"));
            values.iter().filter(|value| value.is_object()).for_each(|value| paths(value, &format!("{path}[]"), found));
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// The names in the first column of the table below a heading.
fn documented(text: &str, heading: &str) -> BTreeSet<String> {
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap_or_default();
    let name = |line: &str| line.strip_prefix("| `")?.split('`').next().map(str::to_owned);
    section.lines().filter_map(name).collect()
}

/// Those that some sample does not have.
fn absent(value: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| absent(value, format!("{path}.{name}").trim_start_matches('.'), found))
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| absent(value, &format!("{path}[]"), found)),
        serde_json::Value::Null => {
            found.insert(path.to_owned());
        }
        _ => {}
    }
}

#[test]
fn every_value_is_documented_and_nothing_else() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/templates.md")).unwrap();
    let mut real: BTreeMap<&str, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for (kind, sample) in samples() {
        let (values, optional) = real.entry(kind.folder()).or_default();
        let sample = serde_json::to_value(&sample).unwrap();
        paths(&sample, "", values);
        absent(&sample, "", optional);
    }
    for (folder, (mut values, optional)) in real {
        // What is absent or empty in one sample is an object or a list of objects in another.
        let all = values.clone();
        values.retain(|path| !all.iter().any(|other| other != path && other.starts_with(&format!("{path}."))));
        // A season's overview gets what a welcome gets.
        let section = if folder == "season" { "welcome" } else { folder };
        assert_eq!(documented(&text, &format!("`{section}/`")), values, "docs/templates.md on {folder}/");
        for path in optional {
            let rows = text.split("\n## ").find(|part| part.starts_with(&format!("`{section}/`"))).unwrap_or_default();
            let mut about =
                rows.lines().filter(|row| [format!("| `{path}`"), format!("| `{path}.")].iter().any(|start| row.starts_with(start)));
            assert!(about.all(|row| row.contains("absent")), "docs/templates.md on {folder}/: {path} may be absent");
        }
    }
    let files: BTreeSet<String> = Templates::names().map(str::to_owned).collect();
    assert_eq!(documented(&text, "Files"), files, "docs/templates.md on the files");
    for filter in ["row(", "fill`", "beside(", "capitalised`"] {
        assert!(text.contains(&format!("- `{filter}")), "docs/templates.md on the filter {filter}");
    }
}
