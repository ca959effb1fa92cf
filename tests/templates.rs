//! Templates from a folder: taken when they render, reported when they do not.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure is a failed test")]

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

#[test]
fn what_is_compiled_in_renders_with_every_sample() {
    let templates = Templates::compiled_in();
    for (number, (kind, sample)) in samples().iter().enumerate() {
        let render = |part: &str| templates.render(&format!("{}/{part}", kind.folder()), sample).unwrap();
        assert!(!render("subject.txt").trim().is_empty() && !render("body.txt").trim().is_empty());
        keep_page(&format!("sample-{number:02}-{}", kind.folder()), &render("body.html"));
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
