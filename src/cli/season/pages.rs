//! A season as a folder to leaf through: each mail as it would leave, and pages that lead to them by day and by practice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use mail_parser::MessageParser;

use crate::cli::failure::Failure;
use crate::clock;
use crate::domain::dutch;
use crate::domain::names::PracticeId;
use crate::job::simulate::SimulatedMail;

/// Writes each mail as `.eml`, HTML and text, a page for each practice, and an index page.
pub fn write(mails: &[SimulatedMail], folder: &Path) -> Result<(), Failure> {
    let put = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, content).map_err(|error| Failure::failed(format!("cannot write {}", path.display()), error))
    };
    fs::create_dir_all(folder).map_err(|error| Failure::failed(format!("cannot make {}", folder.display()), error))?;
    let mut leaves: BTreeMap<&PracticeId, Vec<Leaf<'_>>> = BTreeMap::new();
    for (number, mail) in mails.iter().enumerate() {
        let leaf = Leaf::new(number + 1, mail);
        let parsed = MessageParser::default().parse(&mail.bytes);
        let body = |body: Option<std::borrow::Cow<'_, str>>| body.map(|body| body.replace("\r\n", "\n")).unwrap_or_default();
        put(&format!("{}.eml", leaf.name), &mail.bytes)?;
        put(&format!("{}.html", leaf.name), body(parsed.as_ref().and_then(|mail| mail.body_html(0))).as_bytes())?;
        put(&format!("{}.txt", leaf.name), body(parsed.as_ref().and_then(|mail| mail.body_text(0))).as_bytes())?;
        leaves.entry(&mail.practice).or_default().push(leaf);
    }
    for (practice, leaves) in &leaves {
        put(&page_of(practice), page(practice.as_str(), "<p><a href=\"index.html\">Alle praktijken</a></p>", leaves).as_bytes())?;
    }
    let mut all: Vec<Leaf<'_>> = leaves.values().flatten().cloned().collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    put("index.html", page("Een seizoen herinneringen", &practices(&leaves), &all).as_bytes())
}

/// A mail with the name of its files.
#[derive(Debug, Clone)]
struct Leaf<'a> {
    day: NaiveDate,
    name: String,
    mail: &'a SimulatedMail,
}

impl<'a> Leaf<'a> {
    fn new(number: usize, mail: &'a SimulatedMail) -> Self {
        let day = clock::civil_day(mail.at);
        Self { day, name: format!("{day}-{number:03}-{}", mail.practice), mail }
    }
}

fn page_of(practice: &PracticeId) -> String {
    format!("praktijk-{practice}.html")
}

fn practices(leaves: &BTreeMap<&PracticeId, Vec<Leaf<'_>>>) -> String {
    let mut items = String::new();
    for (practice, leaves) in leaves {
        let _ = write!(items, "<li><a href=\"{}\">{}</a> ({})</li>", page_of(practice), escaped(practice.as_str()), leaves.len());
    }
    format!("<ul class=\"practices\">{items}</ul>")
}

/// Month by month, in the order in which they leave.
fn page(title: &str, top: &str, leaves: &[Leaf<'_>]) -> String {
    let mut months = String::new();
    for month in leaves.chunk_by(|a, b| (a.day.year(), a.day.month()) == (b.day.year(), b.day.month())) {
        let name = month.first().map(|leaf| format!("{} {}", dutch::month(leaf.day), leaf.day.year())).unwrap_or_default();
        let _ = write!(months, "<h2>{}</h2><table>{HEAD}<tbody>", dutch::capitalised(&name));
        month.iter().for_each(|leaf| months.push_str(&row(leaf)));
        months.push_str("</tbody></table>");
    }
    let count = if leaves.len() == 1 { "1 mail".to_owned() } else { format!("{} mails", leaves.len()) };
    PAGE.replace("{title}", &escaped(title)).replace("{top}", top).replace("{count}", &count).replace("{months}", &months)
}

fn row(leaf: &Leaf<'_>) -> String {
    let Leaf { day, name, mail } = leaf;
    format!(
        "<tr><td class=\"day\">{}</td><td><a href=\"{name}.html\">{}</a><br><small>{} aan {} · <a href=\"{name}.txt\">tekst</a> · \
         <a href=\"{name}.eml\">eml</a></small></td><td><a href=\"{}\">{}</a></td></tr>\n",
        dutch::short_date(*day),
        escaped(&mail.subject),
        escaped(&mail.kind),
        escaped(&mail.email),
        page_of(&mail.practice),
        escaped(mail.practice.as_str())
    )
}

const HEAD: &str = "<thead><tr><th>Dag</th><th>Mail</th><th>Praktijk</th></tr></thead>";

const PAGE: &str = "<!doctype html><html lang=\"nl\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
<title>{title}</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:66rem;padding:0 1rem;\
overflow-wrap:anywhere}h1,h2{line-height:1.2}table{border-collapse:collapse;width:100%}td,th{padding:.5rem 1rem .5rem 0;text-align:left;vertical-align:top;\
border-top:1px solid #8884}.day{white-space:nowrap;width:9rem}small{opacity:.8}.practices{columns:18rem;padding:0;list-style:none}\
@media(max-width:40rem){.day{width:auto;white-space:normal}}</style></head>\n\
<body><h1>{title}</h1><p>{count}, in de volgorde waarin ze weggaan.</p>{top}{months}</body></html>\n";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
