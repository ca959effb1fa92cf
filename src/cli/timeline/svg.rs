//! The timeline as a picture: SVG that follows the reader's light or dark theme, for a page or a mail.

mod shapes;

use std::fmt::Write;

use chrono::{Datelike, NaiveDate};

use crate::cli::timeline::Span;
use crate::cli::timeline::marks::{Extent, Item, Mark, Row};
use crate::cli::words;
use crate::domain::working_days::shift;

const WIDTH: f64 = 1000.0;
const PLOT_LEFT: f64 = 190.0;
const PLOT_RIGHT: f64 = 984.0;
/// Where the first row begins, below title, months and weeks.
const ROWS_TOP: f64 = 92.0;
const HEADING_HEIGHT: f64 = 28.0;
const LANE_HEIGHT: f64 = 19.0;
/// Half of what a mark needs for itself.
const MARK_HALF: f64 = 8.0;
/// What a day beside a mark needs.
const LABEL_WIDTH: f64 = 49.0;
/// The longest name that fits before the plot.
const LONGEST_NAME: usize = 25;

/// Draws the rows.
pub fn draw(rows: &[Row], span: Span) -> String {
    let axis = Axis { span };
    let mut body = String::new();
    let mut y = ROWS_TOP;
    let mut insurer = "";
    for row in rows {
        if row.insurer != insurer {
            insurer = &row.insurer;
            let _ = writeln!(body, r#"<text class="heading" x="16" y="{:.1}">{}</text>"#, y + 19.0, escaped(insurer));
            y += HEADING_HEIGHT;
        }
        y = draw_row(&mut body, &axis, row, y);
    }
    let rows_bottom = y + 4.0;
    let (legend, height) = draw_legend(rows, rows_bottom + 22.0);
    let mut picture = String::new();
    let _ = writeln!(
        picture,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0}" width="{WIDTH}" height="{height:.0}" role="img" aria-labelledby="timeline-title timeline-description">"#
    );
    let _ = writeln!(picture, "<title id=\"timeline-title\">{}</title>", escaped(&title(span)));
    let _ = writeln!(picture, "<desc id=\"timeline-description\">{}</desc>", escaped(&description(rows)));
    let _ = writeln!(picture, "<style>{}</style>", shapes::STYLE);
    let _ = writeln!(picture, r#"<rect class="paper" x="0.5" y="0.5" width="{}" height="{:.1}" rx="8"/>"#, WIDTH - 1.0, height - 1.0);
    let _ = writeln!(picture, r#"<text class="title" x="16" y="30">{}</text>"#, escaped(&title(span)));
    draw_axis(&mut picture, &axis, rows_bottom);
    picture + &body + &legend + "</svg>\n"
}

fn title(span: Span) -> String {
    format!("Contracting season, {} to {}", words::date(span.first), words::date(span.last))
}

/// For a reader who hears the picture: every deadline, and how much else there is.
fn description(rows: &[Row]) -> String {
    let of_row = |row: &Row| {
        let deadlines: Vec<&str> =
            row.items.iter().filter(|item| item.mark <= Mark::Act).flat_map(|item| &item.told).map(String::as_str).collect();
        let all: usize = row.items.iter().map(|item| item.told.len()).sum();
        let name = format!("{} {}", row.insurer, row.care_type);
        let others = words::counted(i64::try_from(all - deadlines.len()).unwrap_or(0), "other date");
        if deadlines.is_empty() {
            format!("{}: {others}.", name.trim())
        } else {
            format!("{}: {}; {others}.", name.trim(), deadlines.join("; "))
        }
    };
    rows.iter().map(of_row).collect::<Vec<_>>().join("\n")
}

/// How days become a place from left to right.
struct Axis {
    span: Span,
}

impl Axis {
    fn days(&self) -> f64 {
        whole(self.span.last.signed_duration_since(self.span.first).num_days().max(1)) + 1.0
    }

    /// The left edge of a day.
    fn edge(&self, day: NaiveDate) -> f64 {
        let days = whole(day.signed_duration_since(self.span.first).num_days()).clamp(0.0, self.days());
        PLOT_LEFT + days * (PLOT_RIGHT - PLOT_LEFT) / self.days()
    }

    fn middle(&self, day: NaiveDate) -> f64 {
        f64::midpoint(self.edge(day), self.edge(shift(day, 1)))
    }

    /// How many weeks apart numbers can stand without touching.
    fn weeks_between_numbers(&self) -> i64 {
        let week = 7.0 * (PLOT_RIGHT - PLOT_LEFT) / self.days();
        [1, 2, 4, 13, 26, 52].into_iter().find(|weeks| whole(*weeks) * week >= 19.0).unwrap_or(104)
    }
}

fn whole(count: i64) -> f64 {
    i32::try_from(count).map_or(0.0, f64::from)
}

/// Months and weeks along the top, with lines down through the rows.
fn draw_axis(picture: &mut String, axis: &Axis, bottom: f64) {
    let span = axis.span;
    let step = axis.weeks_between_numbers();
    let mut monday = shift(span.first, i64::from((7 - span.first.weekday().num_days_from_monday()) % 7));
    while monday <= span.last {
        let x = axis.edge(monday);
        let _ = writeln!(picture, r#"<path class="week" d="M{x:.1} 74V{bottom:.1}"/>"#);
        let week = monday.iso_week().week();
        let _ = writeln!(picture, r#"<text class="small" x="{:.1}" y="84">{week}</text>"#, x + 2.0);
        monday = shift(monday, 7 * step);
    }
    let _ = writeln!(picture, r#"<text class="small" x="{:.1}" y="84" text-anchor="end">week</text>"#, PLOT_LEFT - 8.0);
    draw_months(picture, axis, bottom);
    if span.first <= span.today && span.today <= span.last {
        let x = axis.middle(span.today);
        let _ =
            writeln!(picture, r#"<path class="today" d="M{x:.1} 66V{bottom:.1}"><title>today, {}</title></path>"#, words::day(span.today));
    }
}

/// What a month's name needs, with its year and without.
const MONTH_AND_YEAR: f64 = 62.0;
const MONTH: f64 = 30.0;

fn draw_months(picture: &mut String, axis: &Axis, bottom: f64) {
    let mut month = axis.span.first;
    let (mut free_from, mut year_is_due) = (0.0, true);
    while month <= axis.span.last {
        let x = axis.edge(month);
        let _ = writeln!(picture, r#"<path class="month" d="M{x:.1} 50V{bottom:.1}"/>"#);
        let room = axis.edge(next_month(month)) - x;
        let with_year = month.month() == 1 || (year_is_due && room >= MONTH_AND_YEAR);
        let (format, needed) = if with_year { ("%b %Y", MONTH_AND_YEAR) } else { ("%b", MONTH) };
        if x >= free_from && x + needed <= WIDTH && (with_year || room >= MONTH || free_from > 0.0) {
            let _ = writeln!(picture, r#"<text class="name" x="{:.1}" y="64">{}</text>"#, x + 4.0, month.format(format));
            free_from = x + needed;
            year_is_due &= !with_year;
        }
        month = next_month(month);
    }
    let _ = writeln!(picture, r#"<path class="month" d="M{PLOT_LEFT} 70H{PLOT_RIGHT}"/>"#);
}

fn next_month(day: NaiveDate) -> NaiveDate {
    let first = day.with_day(1).unwrap_or(day);
    first.checked_add_months(chrono::Months::new(1)).unwrap_or(NaiveDate::MAX)
}

/// What an item takes from left to right, and where its mark and its day stand.
struct Place<'r> {
    item: &'r Item,
    left: f64,
    right: f64,
    mark: f64,
    label: Option<(f64, &'static str)>,
}

impl<'r> Place<'r> {
    fn of(axis: &Axis, item: &'r Item) -> Self {
        let (begin, end) = (axis.edge(item.first), axis.edge(shift(item.last, 1)));
        let mark = if item.extent == Extent::Period { f64::midpoint(begin, end) } else { axis.middle(item.last) };
        let (mut left, mut right) = (begin.min(mark - MARK_HALF), end.max(mark + MARK_HALF));
        let mut label = None;
        if item.mark <= Mark::Act && item.extent != Extent::Period {
            if right + LABEL_WIDTH <= WIDTH {
                label = Some((right + 1.0, "start"));
                right += LABEL_WIDTH;
            } else {
                label = Some((left - 1.0, "end"));
                left -= LABEL_WIDTH;
            }
        }
        Self { item, left, right, mark, label }
    }
}

/// Draws a row with as many lanes as it needs, and gives the place below it.
fn draw_row(body: &mut String, axis: &Axis, row: &Row, top: f64) -> f64 {
    let mut items: Vec<&Item> = row.items.iter().collect();
    items.sort_by_key(|item| (item.extent == Extent::Period, item.mark, item.last));
    let mut lanes: Vec<Vec<(f64, f64)>> = Vec::new();
    for item in items {
        let place = Place::of(axis, item);
        let is_free = |lane: &Vec<(f64, f64)>| lane.iter().all(|(left, right)| place.right <= *left || *right <= place.left);
        let lane = lanes.iter().position(is_free).unwrap_or(lanes.len());
        if lane == lanes.len() {
            lanes.push(Vec::new());
        }
        lanes[lane].push((place.left, place.right));
        draw_item(body, axis, &place, top + 4.0 + LANE_HEIGHT * (whole_lanes(lane) + 0.5));
    }
    let bottom = top + 8.0 + LANE_HEIGHT * whole_lanes(lanes.len().max(1));
    let name = if row.care_type.is_empty() { "all care types" } else { &row.care_type };
    let _ = writeln!(body, r#"<text class="name" x="24" y="{:.1}">{}</text>"#, top + 18.0, escaped(&shortened(name)));
    let _ = writeln!(body, r#"<path class="row" d="M16 {bottom:.1}H{PLOT_RIGHT}"/>"#);
    bottom
}

fn whole_lanes(count: usize) -> f64 {
    u32::try_from(count).map_or(0.0, f64::from)
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    name.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}

fn draw_item(body: &mut String, axis: &Axis, place: &Place<'_>, y: f64) {
    let item = place.item;
    let class = shapes::class(item.mark);
    let _ = write!(body, r#"<g class="{class}"><title>{}</title>"#, escaped(&item.told.join("\n")));
    if item.extent != Extent::Day {
        let (begin, end) = (axis.edge(item.first), axis.edge(shift(item.last, 1)));
        let _ = write!(body, r#"<rect class="span" x="{begin:.1}" y="{:.1}" width="{:.1}" height="6" rx="3"/>"#, y - 3.0, end - begin);
    }
    body.push_str(&shapes::draw(item.mark, place.mark, y));
    if let Some((x, anchor)) = place.label {
        let day = item.last.format("%-d %b");
        let _ = write!(body, r#"<text class="day" x="{x:.1}" y="{:.1}" text-anchor="{anchor}">{day}</text>"#, y + 4.0);
    }
    body.push_str("</g>\n");
}

/// The marks that were used, four beside each other, and the height of the whole picture.
fn draw_legend(rows: &[Row], top: f64) -> (String, f64) {
    let items = || rows.iter().flat_map(|row| &row.items);
    let used = Mark::ALL.into_iter().filter(|mark| items().any(|item| item.mark == *mark));
    let glyph = |mark: Mark| (Some(mark), mark.legend());
    let spans = items().any(|item| item.extent != Extent::Day).then_some((None, "a period or window"));
    let (mut legend, mut y) = (String::new(), top);
    for (number, (mark, meaning)) in used.map(glyph).chain(spans).enumerate() {
        let x = 30.0 + 240.0 * whole_lanes(number % 4);
        y = top + 22.0 * whole_lanes(number / 4);
        let drawn = match mark {
            Some(mark) => format!(r#"<g class="{}">{}</g>"#, shapes::class(mark), shapes::draw(mark, x, y - 4.0)),
            None => {
                format!(r#"<g class="duty"><rect class="span" x="{:.1}" y="{:.1}" width="20" height="6" rx="3"/></g>"#, x - 10.0, y - 7.0)
            }
        };
        let _ = writeln!(legend, r#"{drawn}<text class="name" x="{:.1}" y="{y:.1}">{meaning}</text>"#, x + 15.0);
    }
    (legend, y + 18.0)
}

/// For text between tags and in attributes (XML 1.0, section 2.4); control characters are left out.
fn escaped(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => kept.push_str("&amp;"),
            '<' => kept.push_str("&lt;"),
            '>' => kept.push_str("&gt;"),
            '"' => kept.push_str("&quot;"),
            '\n' => kept.push('\n'),
            c if c.is_control() => kept.push(' '),
            c => kept.push(c),
        }
    }
    kept
}
