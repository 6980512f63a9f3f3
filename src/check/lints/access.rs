//! Being read by everybody: what WCAG 2.2 asks of HTML, as far as a program can see it.

use super::super::dom::At;
use super::{View, places};
use crate::diag::{Diagnostic, codes};
use crate::site::What;
use rustc_hash::FxHashSet;

/// The elements of these names that are told to everybody.
fn told<'d>(view: &View<'d>, names: &'static [&'static str]) -> Vec<At<'d>> {
    view.dom.all().filter(|e| names.contains(&e.name()) && !e.is_hidden()).collect()
}

/// What an element is known by: its id, name, class or address, for the message.
fn known_by(e: At<'_>) -> String {
    let by = ["id", "name", "href", "src", "class"].into_iter().find_map(|key| Some((key, e.get(key)?)));
    match by {
        Some((key, value)) => format!("`<{} {key}=\"{value}\">`", e.name()),
        None => format!("`<{}>`", e.name()),
    }
}

/// The words of an element that its author may have written.
fn words(e: At<'_>) -> String {
    ["href", "src", "id", "name"].into_iter().find_map(|key| e.get(key)).unwrap_or_default().to_string()
}

fn report(view: &mut View<'_>, d: Diagnostic, e: At<'_>) {
    let words = words(e);
    view.report(d, &words);
}

pub(super) fn missing_alt(view: &mut View<'_>) {
    let said = |e: &At<'_>| e.get("alt").is_some() || !e.label().is_empty() || e.get("role") == Some("presentation");
    for e in told(view, &["img"]).into_iter().filter(|e| !said(e)) {
        let src = e.get("src").unwrap_or_default();
        let d = Diagnostic::new(codes::MISSING_ALT, format!("the picture `{src}` has no text alternative"));
        report(view, d.help("add `alt=\"…\"`; an empty one says that the picture says nothing"), e);
    }
}

pub(super) fn no_language(view: &mut View<'_>) {
    if !view.dom.named("html").any(|e| e.get("lang").is_some_and(|l| !l.trim().is_empty())) {
        let d = Diagnostic::new(codes::NO_LANGUAGE, "the page does not say its language");
        view.report(d.help("write `<html lang=\"{{ site.language }}\">` in the template"), "");
    }
}

pub(super) fn no_label(view: &mut View<'_>) {
    let named = |e: &At<'_>| {
        ["aria-label", "aria-labelledby", "title"].iter().any(|k| e.get(k).is_some_and(|v| !v.trim().is_empty()))
    };
    let labels: Vec<At<'_>> = view.dom.named("label").collect();
    let labelled = |e: &At<'_>| {
        let id = e.get("id").filter(|id| !id.is_empty());
        let outer = e.inside().find(|a| a.name() == "label");
        let by_id = id.and_then(|id| labels.iter().find(|l| l.get("for") == Some(id)).copied());
        outer.into_iter().chain(by_id).any(|l| !l.said().trim().is_empty())
    };
    for e in told(view, &["input", "select", "textarea"]) {
        let kind = e.get("type").unwrap_or("text").to_ascii_lowercase();
        let (itself, picture) = (["hidden", "submit", "button", "reset"].contains(&&*kind), kind == "image");
        let fine = itself || named(&e) || labelled(&e) || picture && e.get("alt").is_some_and(|a| !a.is_empty());
        if !fine {
            let d = Diagnostic::new(codes::NO_LABEL, format!("the field {} has no label", known_by(e)));
            report(view, d.help("write `<label for=\"…\">` with its `id`, or put it into a `<label>`"), e);
        }
    }
}

pub(super) fn no_name(view: &mut View<'_>) {
    let counts = |e: &At<'_>| e.name() == "button" || e.get("href").is_some();
    for e in told(view, &["a", "button"]).into_iter().filter(|e| counts(e) && e.label().is_empty()) {
        let what = if e.name() == "a" { "link" } else { "button" };
        let d = Diagnostic::new(codes::NO_NAME, format!("the {what} {} says nothing", known_by(e)));
        report(view, d.help("give it a text, its picture an `alt`, or an `aria-label`"), e);
    }
}

pub(super) fn empty_heading(view: &mut View<'_>) {
    for e in told(view, &["h1", "h2", "h3", "h4", "h5", "h6"]).into_iter().filter(|e| e.label().is_empty()) {
        let d = Diagnostic::new(codes::EMPTY_HEADING, format!("the heading {} says nothing", known_by(e)));
        report(view, d.help("write what follows it, or take it out"), e);
    }
}

pub(super) fn duplicate_id(view: &mut View<'_>) {
    // The text said so already, at its line.
    let text = match view.route.what {
        What::Text(id, _) => &view.site.content.article(id).diags.0[..],
        _ => &[],
    };
    let said = |id: &str| text.iter().any(|d| d.code == codes::DUPLICATE_ID && d.message.contains(&format!("`{id}`")));
    let mut seen = FxHashSet::default();
    let mut twice: Vec<&str> = Vec::new();
    for id in view.dom.all().filter_map(|e| e.get("id")).filter(|id| !id.is_empty()) {
        if !seen.insert(id) && !twice.contains(&id) && !said(id) {
            twice.push(id);
        }
    }
    for id in twice.into_iter().map(str::to_string).collect::<Vec<_>>() {
        let d = Diagnostic::new(codes::DUPLICATE_ID, format!("two elements of the page have the id `{id}`"));
        let d = d.help("give one of them another id");
        let file = places::source(view.site, view.route);
        let at =
            file.and_then(|f| [format!("#{id}"), format!("\"{id}\"")].iter().find_map(|w| view.places.first(&f, w)));
        view.found.push(match at {
            Some(at) => d.at(at),
            None => d.on_page(&view.route.path),
        });
    }
}

pub(super) fn no_table_headers(view: &mut View<'_>) {
    let headed: Vec<At<'_>> = view.dom.all().filter(|e| e.name() == "th" || e.get("scope").is_some()).collect();
    for e in told(view, &["table"]) {
        let layout = e.get("role").is_some_and(|r| ["presentation", "none"].contains(&r));
        if !layout && !headed.iter().any(|h| h.inside().any(|a| a.is(e))) {
            let d = Diagnostic::new(codes::NO_TABLE_HEADERS, "a table has no headers");
            let first = e.said().trim().lines().next().unwrap_or_default().trim().to_string();
            view.report(d.help("write the names of its columns as `<th>`"), &first);
        }
    }
}

pub(super) fn no_frame_title(view: &mut View<'_>) {
    let titled = |e: &At<'_>| ["title", "aria-label"].iter().any(|k| e.get(k).is_some_and(|t| !t.trim().is_empty()));
    for e in told(view, &["iframe"]).into_iter().filter(|e| !titled(e)) {
        let d = Diagnostic::new(codes::NO_FRAME_TITLE, format!("the frame {} has no title", known_by(e)));
        report(view, d.help("add `title=\"…\"`: what is in it"), e);
    }
}

pub(super) fn tab_order(view: &mut View<'_>) {
    let first = |e: &At<'_>| e.get("tabindex").and_then(|t| t.trim().parse::<i32>().ok()).is_some_and(|t| t > 0);
    for e in view.dom.all().filter(first).collect::<Vec<_>>() {
        let message = format!("{} has a place of its own in the order of the tab key", known_by(e));
        report(view, Diagnostic::new(codes::TAB_ORDER, message).help("write `tabindex=\"0\"`, or none"), e);
    }
}

/// Attributes that name ids of other elements (WAI-ARIA 1.2, "ID reference list").
const REFERENCES: [&str; 7] = [
    "aria-activedescendant",
    "aria-controls",
    "aria-describedby",
    "aria-details",
    "aria-errormessage",
    "aria-labelledby",
    "aria-owns",
];

pub(super) fn aria_nothing(view: &mut View<'_>) {
    let ids: FxHashSet<&str> = view.dom.all().filter_map(|e| e.get("id")).collect();
    let mut lost = Vec::new();
    for e in view.dom.all() {
        let label = (e.name() == "label").then_some("for");
        for key in REFERENCES.into_iter().chain(label) {
            let all = e.get(key).unwrap_or_default().split_ascii_whitespace();
            lost.extend(all.filter(|id| !ids.contains(id)).map(|id| (e, key, id)));
        }
    }
    for (e, key, id) in lost {
        let message = format!("`{key}` of {} names `{id}`, which is no id of the page", known_by(e));
        view.report(Diagnostic::new(codes::ARIA_NOTHING, message).help("name the id of an element of the page"), id);
    }
}
