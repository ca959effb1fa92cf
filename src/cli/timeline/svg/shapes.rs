//! Shapes and colours: each mark has its own shape, so that colour is never needed to tell them apart.

use crate::cli::timeline::marks::Mark;

/// The style sheet; dark where the reader's theme is dark.
pub const STYLE: &str = "
svg{--paper:#fff;--line:#d8dee4;--faint:#eef1f4;--text:#1f2328;--dim:#59636e;--red:#b3261e;--blue:#0b5cad;--violet:#7338a8;--amber:#8a5a00;--green:#1a7f37;color-scheme:light dark}
@media (prefers-color-scheme:dark){svg{--paper:#0d1117;--line:#3d444d;--faint:#21262d;--text:#e6edf3;--dim:#9aa4af;--red:#ff8a80;--blue:#79b8ff;--violet:#d2a8ff;--amber:#e3b341;--green:#56d364}}
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',Arial,sans-serif;fill:var(--text);font-size:13px}
.title{font-size:17px;font-weight:600}.heading{font-size:14px;font-weight:600}.small{font-size:10px;fill:var(--dim)}.day{font-size:12px;font-weight:600;fill:var(--ink)}
.paper{fill:var(--paper);stroke:var(--line)}.week{stroke:var(--faint)}.month,.row{stroke:var(--line)}.today{stroke:var(--text);stroke-dasharray:4 3}
path{fill:none}.span{fill:var(--ink);opacity:.3}.full{fill:var(--ink);stroke:none}.open{fill:var(--paper);stroke:var(--ink);stroke-width:2}.thick{stroke:var(--ink);stroke-width:3;stroke-linecap:round}
.sign,.ask,.act{--ink:var(--red)}.advice{--ink:var(--green)}.move,.publication{--ink:var(--blue)}.term{--ink:var(--violet)}.duty{--ink:var(--amber)}
.query{font-size:11px;font-weight:700;fill:var(--ink);text-anchor:middle}
";

/// The class that gives a mark its colour.
pub fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Sign => "sign",
        Mark::Ask => "ask",
        Mark::Act => "act",
        Mark::Advice => "advice",
        Mark::Move => "move",
        Mark::Term => "term",
        Mark::Duty => "duty",
        Mark::Publication => "publication",
    }
}

/// A mark with its middle at a place.
pub fn draw(mark: Mark, x: f64, y: f64) -> String {
    match mark {
        Mark::Sign => format!(r#"<path class="full" d="M{x:.1} {:.1}l7 7l-7 7l-7-7z"/>"#, y - 7.0),
        Mark::Ask => {
            format!(r#"<circle class="open" cx="{x:.1}" cy="{y:.1}" r="6.5"/><text class="query" x="{x:.1}" y="{:.1}">?</text>"#, y + 4.0)
        }
        Mark::Act => format!(r#"<path class="full" d="M{x:.1} {:.1}l6.5 11.5h-13z"/>"#, y - 6.0),
        Mark::Advice => format!(r#"<path class="thick" d="M{:.1} {y:.1}h11M{x:.1} {:.1}v11"/>"#, x - 5.5, y - 5.5),
        Mark::Move => format!(r#"<circle class="open" cx="{x:.1}" cy="{y:.1}" r="5.5"/>"#),
        Mark::Term => format!(r#"<path class="thick" d="M{x:.1} {:.1}v13"/>"#, y - 6.5),
        Mark::Duty => format!(r#"<path class="full" d="M{:.1} {:.1}h8v8h-8z"/>"#, x - 4.0, y - 4.0),
        Mark::Publication => format!(r#"<path class="open" d="M{:.1} {:.1}h10v10h-10z"/>"#, x - 5.0, y - 5.0),
    }
}
