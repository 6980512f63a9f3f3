//! The plan in the formats that schedulers read. A format is a row of the table; what it cannot hold follows from its columns.

pub mod csv;
mod table;

pub use table::{Format, TABLE};

use super::plan::{Post, State, Step};
use super::rules::Rules;
use crate::networks::LinkPlace;
use crate::text::count;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};
use table::Cell;

/// What a plan becomes in a format.
#[derive(Clone, Debug, Default)]
pub struct Export {
    /// Files by name.
    pub files: Vec<(String, String)>,
    /// What the format loses, and what is to be done before it is read.
    pub notes: Vec<String>,
}

/// So many minutes from now a scheduler takes a post at the earliest.
const LEAD: i64 = 10;
/// What a spreadsheet takes for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The format of this name.
pub fn named(name: &str) -> Option<&'static Format> {
    TABLE.iter().find(|format| format.name == name)
}

/// Writes the posts of a plan that are still to be made, in the order of their times.
pub fn export(format: &Format, posts: &[&Post<'_>], rules: &Rules, now: Timestamp) -> Export {
    let open: Vec<&Post<'_>> =
        posts.iter().filter(|p| p.state != State::Posted && p.state != State::Missed).copied().collect();
    let mut out = Export::default();
    let rows: Vec<&Post<'_>> = match format.schedules {
        true => open.iter().filter(|p| p.at > now + Span::new().minutes(LEAD)).copied().collect(),
        false => open.clone(),
    };
    let late = open.len() - rows.len();
    if late > 0 {
        let are = if late == 1 { "is" } else { "are" };
        out.notes.push(format!(
            "{} {are} due already and left out: no scheduler takes a date in the past",
            count(late, "post")
        ));
    }
    let mut networks: Vec<&str> = rows.iter().map(|p| &*p.snippet.network).collect();
    networks.sort_unstable();
    networks.dedup();
    let groups: Vec<(String, Vec<&Post<'_>>)> = match format.per_network {
        true => networks
            .into_iter()
            .map(|n| {
                (format!("{}-{n}", format.name), rows.iter().filter(|p| &*p.snippet.network == n).copied().collect())
            })
            .collect(),
        false => vec![(format.name.to_string(), rows.clone())],
    };
    for (name, rows) in groups {
        let parts: Vec<&[&Post<'_>]> = rows.chunks(format.most_rows.unwrap_or(usize::MAX)).collect();
        for (i, part) in parts.iter().enumerate() {
            let name = if parts.len() > 1 { format!("{name}-{}", i + 1) } else { name.clone() };
            out.files.push((format!("{name}.csv"), write(format, part, rules)));
        }
        if parts.len() > 1 {
            let most = format.most_rows.unwrap_or_default();
            out.notes.push(format!("{name}: {} in {} files of at most {most}", count(rows.len(), "post"), parts.len()));
        }
        if let Some(apart) = format.apart {
            let near = rows.windows(2).filter(|w| w[1].at < w[0].at + Span::new().minutes(apart)).count();
            if near > 0 {
                let stand = if near == 1 { "stands" } else { "stand" };
                out.notes.push(format!(
                    "{name}: {} {stand} less than {apart} minutes after another, which {} refuses",
                    count(near, "post"),
                    format.title
                ));
            }
        }
    }
    out.notes.extend(losses(format, &rows, rules));
    out
}

/// What the rows say that the format does not hold.
fn losses(format: &Format, rows: &[&Post<'_>], rules: &Rules) -> Vec<String> {
    let has = |cell: Cell| format.columns.contains(&cell);
    let image = has(Cell::Image) || has(Cell::ImageWithoutLink);
    let of = |holds: &dyn Fn(&Post<'_>) -> bool| rows.iter().filter(|p| holds(p)).count();
    let mut notes = Vec::new();
    let mut lost = |held: bool, n: usize, what: &str, todo: &str| {
        if !held && n > 0 {
            notes.push(format!("{} has no place for {what} ({}): {todo}", format.title, count(n, "post")));
        }
    };
    let alt = of(&|p| !p.snippet.alt.is_empty() && !p.snippet.card.is_empty());
    lost(has(Cell::Alt), alt, "alternative texts", "add them by hand");
    let comments = of(&|p| p.snippet.first_comment.is_some());
    lost(has(Cell::FirstComment), comments, "first comments", "post them yourself, the link stands there");
    let threads = of(&|p| !p.snippet.thread.is_empty());
    lost(has(Cell::Thread), threads, "threads", "only the first post is in the file");
    lost(has(Cell::Title), of(&|p| p.snippet.title.is_some()), "titles", "add them by hand");
    let cards = of(&|p| !p.snippet.card.is_empty());
    lost(image, cards, "pictures", "the link's preview shows one");
    if image && cards > 0 {
        notes.push(match (&rules.cards_url, &rules.previews) {
            (None, None) => "pictures need public addresses, and there are none: copy `social/cards/` to a host and set `cards_url` in `[share.plan]`".to_string(),
            (None, Some(_)) => "pictures are the previews of pages, 1200 by 630: for those of each network copy `social/cards/` to a host and set `cards_url` in `[share.plan]`".to_string(),
            (Some(url), _) => format!("pictures are fetched from {url}/: deploy them before the file is read"),
        });
    }
    let quoted = of(&|p| format.columns.iter().any(|c| cell(*c, p, rules).starts_with(FORMULA)));
    if quoted > 0 {
        notes.push(format!(
            "{} would be taken for a formula and begins with ': take it away after reading",
            count(quoted, "cell")
        ));
    }
    notes.extend(format.note.map(str::to_string));
    notes
}

fn write(format: &Format, rows: &[&Post<'_>], rules: &Rules) -> String {
    let mut out = String::new();
    if let Some(header) = format.header {
        out.push_str(header);
        out.push_str("\r\n");
    }
    for post in rows {
        let cells = format.columns.iter().map(|column| {
            let cell = cell(*column, post, rules);
            guarded(cell)
        });
        csv::push_row(&mut out, cells, format.quoted);
    }
    out
}

/// A cell that no spreadsheet takes for a formula.
pub fn guarded(cell: String) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell }
}

/// The text of a cell.
fn cell(cell: Cell, post: &Post<'_>, rules: &Rules) -> String {
    let snippet = post.snippet;
    // Where the link is in the text, the network makes a preview of it.
    let link = || match snippet.link {
        LinkPlace::Card => snippet.url.clone(),
        _ => String::new(),
    };
    match cell {
        Cell::At(pattern) => post.at.to_zoned(rules.zone.clone()).strftime(pattern).to_string(),
        Cell::Text => snippet.text.clone(),
        Cell::TextAndLink if snippet.link == LinkPlace::Card => format!("{}\n\n{}", snippet.text, snippet.url),
        Cell::TextAndLink => snippet.text.clone(),
        Cell::Link => link(),
        Cell::Url => snippet.url.clone(),
        Cell::Image => rules.card_address(snippet).unwrap_or_default(),
        Cell::ImageWithoutLink if !link().is_empty() => String::new(),
        Cell::ImageWithoutLink => rules.card_address(snippet).unwrap_or_default(),
        Cell::Alt => snippet.alt.to_string(),
        Cell::FirstComment => snippet.first_comment.clone().unwrap_or_default(),
        Cell::Title => snippet.title.clone().unwrap_or_default(),
        Cell::Thread => snippet.thread.join("\n\n---\n\n"),
        Cell::Tags => snippet.tags.join(" "),
        Cell::Network => snippet.network.to_string(),
        Cell::Article => snippet.article.to_string(),
        Cell::Variant => snippet.variant.to_string(),
        Cell::Campaign => match &post.step {
            Step::Campaign(name) => name.to_string(),
            _ => String::new(),
        },
        Cell::State => post.state.name().to_string(),
        Cell::Intent => snippet.intent.clone().unwrap_or_default(),
        Cell::Empty => String::new(),
    }
}

/// A post of the plan as JSON: its snippet, and when and why it goes out.
pub fn row(post: &Post<'_>, zone: &TimeZone) -> Value {
    let mut row = json!({
        "at": crate::time::rfc3339(post.at, zone),
        "state": post.state.name(),
        "ask": post.ask,
        "after_days": match post.step { Step::First => Some(0), Step::Repost(days) => Some(days), Step::Campaign(_) => None },
        "campaign": match &post.step { Step::Campaign(name) => Some(&**name), _ => None },
    });
    // A snippet is a table of plain values.
    if let (Value::Object(row), Ok(Value::Object(snippet))) = (&mut row, serde_json::to_value(post.snippet)) {
        row.extend(snippet);
    }
    row
}

#[cfg(test)]
mod tests;
