//! Being found, and being told apart in results.

use super::super::dom::At;
use super::{Audited, Facts, View, is_indexed, places};
use crate::diag::{Code, Diagnostic, Diagnostics, codes};
use crate::site::What;
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;

/// Characters of a `<title>` that results show, with some room for the name of the site behind it.
const TITLE: usize = 70;
/// Characters of a description that results show, and those below which they show something else.
const DESCRIPTION: std::ops::RangeInclusive<usize> = 25..=170;

/// The title that an author wrote for a page; none of pages that he wrote none for, and of the second page of a list.
fn own_title<'a>(view: &View<'a>) -> Option<&'a str> {
    match view.route.what {
        What::Text(id, 1) => Some(&view.site.content.article(id).front.title),
        _ => None,
    }
}

pub(super) fn title_length(view: &mut View<'_>) {
    let Some(own) = own_title(view) else { return };
    let count = view.title().chars().count();
    if count > TITLE {
        let d = Diagnostic::new(codes::TITLE_LENGTH, format!("the title of the page has {count} characters"));
        view.report(d.help("results show about 60 of them: put what matters first, or write it shorter"), own);
    }
}

pub(super) fn description_length(view: &mut View<'_>) {
    let What::Text(id, 1) = view.route.what else { return };
    let own = &view.site.content.article(id).front.description;
    let count = own.chars().count();
    if own.is_empty() || DESCRIPTION.contains(&count) {
        return;
    }
    let d = Diagnostic::new(codes::DESCRIPTION_LENGTH, format!("the description has {count} characters"));
    let help = match count > *DESCRIPTION.end() {
        true => "results show about 160 of them: say it in two lines",
        false => "say in one or two lines what a reader finds here",
    };
    view.report(d.help(help), own);
}

pub(super) fn no_description(view: &mut View<'_>) {
    let What::Text(_, 1) = view.route.what else { return };
    if view.description().is_empty() {
        let mut d = Diagnostic::new(codes::NO_DESCRIPTION, "the page has no description");
        d = d.help("add `description = \"…\"` to its front matter");
        match places::source(view.site, view.route) {
            Some(file) => view.found.push(d.at(Span::file(&file))),
            None => view.found.push(d.on_page(&view.route.path)),
        }
    }
}

fn same(audited: &Audited<'_>, diags: &mut Diagnostics, code: Code, what: &str, of: fn(&Facts) -> &str) {
    let mut seen: FxHashMap<&str, &Facts> = FxHashMap::default();
    for facts in audited.pages {
        let route = audited.site.plan.route(facts.route);
        // The next pages of a list say the same as the first.
        let first = matches!(route.what, What::Text(_, 1) | What::Term(_, 1) | What::Terms(_));
        let words = of(facts);
        if !first || words.is_empty() || !is_indexed(audited.site, route) {
            continue;
        }
        let Some(before) = seen.get(words) else {
            seen.insert(words, facts);
            continue;
        };
        let other = audited.site.plan.route(before.route);
        let file = places::source(audited.site, route);
        let message = format!("`{}` has the same {what} as `{}`", route.path, other.path);
        let d = Diagnostic::new(code, message).help(format!("give one of them another {what}"));
        let own = match route.what {
            What::Text(id, _) if what == "title" => &*audited.site.content.article(id).front.title,
            _ => words,
        };
        let at = file.map(|file| audited.places.first(&file, own).unwrap_or_else(|| Span::file(&file)));
        diags.push(match at {
            Some(at) => d.at(at),
            None => d.on_page(&route.path),
        });
    }
}

pub(super) fn same_title(audited: &Audited<'_>, diags: &mut Diagnostics) {
    same(audited, diags, codes::SAME_TITLE, "title", |f| &f.title);
}

pub(super) fn same_description(audited: &Audited<'_>, diags: &mut Diagnostics) {
    // What a text does not say about itself, the site says for all that do not.
    let config = &audited.site.project.config;
    let general = [config.description.as_str(), config.tagline.as_str()];
    let mut own = Diagnostics::default();
    same(audited, &mut own, codes::SAME_DESCRIPTION, "description", |f| &f.description);
    let of_site = |d: &Diagnostic| {
        let path = d.message.split('`').nth(1).and_then(|p| audited.site.plan.find(p));
        let facts = path.and_then(|p| audited.pages.iter().find(|f| f.route == p));
        facts.is_some_and(|f| general.contains(&f.description.as_str()))
    };
    own.0.retain(|d| !of_site(d));
    diags.extend(own);
}

pub(super) fn no_canonical(view: &mut View<'_>) {
    let is = |e: At<'_>| e.get("rel").is_some_and(|r| r.eq_ignore_ascii_case("canonical"));
    if !view.dom.named("link").any(|e| is(e) && e.get("href").is_some_and(|h| !h.is_empty())) {
        let d = Diagnostic::new(codes::NO_CANONICAL, "the page does not name its own address");
        view.report(d.help("add `<link rel=\"canonical\" href=\"{{ page.url }}\">` to the head of the template"), "");
    }
}

/// The headings of a page, each with its level.
fn headings<'d>(view: &View<'d>) -> impl Iterator<Item = (u8, At<'d>)> {
    view.dom.all().filter_map(|e| match e.name().as_bytes() {
        [b'h', level @ b'1'..=b'6'] if !e.is_hidden() => Some((level - b'0', e)),
        _ => None,
    })
}

/// What a heading says, without the sign of the link to itself.
fn said<'d>(heading: At<'d>) -> &'d str {
    heading.said().trim().trim_end_matches('#').trim_end()
}

pub(super) fn one_heading(view: &mut View<'_>) {
    let first = headings(view).filter(|(level, _)| *level == 1).count();
    if first != 1 {
        let how =
            if first == 0 { "no first-level heading".to_string() } else { text::count(first, "first-level heading") };
        let d = Diagnostic::new(codes::ONE_HEADING, format!("the page has {how}"));
        let second = headings(view).filter(|(level, _)| *level == 1).nth(1).map(|(_, e)| said(e).to_string());
        view.report(d.help("the title is the `<h1>` of a page: begin the text with `##`"), &second.unwrap_or_default());
    }
}

pub(super) fn heading_order(view: &mut View<'_>) {
    let mut last = 1;
    let mut skips = Vec::new();
    for (level, e) in headings(view) {
        if level > last + 1 {
            skips.push((last, level, said(e).to_string()));
        }
        last = level;
    }
    for (above, level, words) in skips {
        let shown: String = words.chars().take(60).collect();
        let message = format!("the heading `{shown}` has level {level} below one of level {above}");
        let d = Diagnostic::new(codes::HEADING_ORDER, message);
        view.report(d.help(format!("make it one of level {}", above + 1)), words.lines().next().unwrap_or_default());
    }
}
