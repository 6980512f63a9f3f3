//! Being there at once: what a page weighs.

use super::super::dom::{At, Dom};
use super::{Audited, Facts, local, places};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::render::Snapshot;
use crate::site::{Route, RouteId, What};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashSet;

/// What a page loads of this site, once each.
#[derive(Default)]
pub(super) struct Loads {
    css: Vec<RouteId>,
    js: Vec<RouteId>,
    images: Vec<Shown>,
}

/// A picture on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    route: RouteId,
    /// Pixels across, where the page says so.
    width: Option<u32>,
}

/// What a page loads.
pub(super) fn loads(site: &Snapshot, route: &Route, dom: &Dom) -> Loads {
    let mut loads = Loads::default();
    let at = |e: At<'_>, key| e.get(key).and_then(|href| local(site, route, href));
    for e in dom.all() {
        match e.name() {
            "link" if e.get("rel").is_some_and(|r| r.split_ascii_whitespace().any(|w| w == "stylesheet")) => {
                loads.css.extend(at(e, "href"));
            }
            "script" => loads.js.extend(at(e, "src")),
            "img" => {
                // Where the browser chooses among several, the one that it falls back to stands for them.
                let chosen = e.get("srcset").is_none();
                let width = e.get("width").and_then(|w| w.trim().parse().ok()).filter(|_| chosen);
                loads.images.extend(at(e, "src").map(|route| Shown { route, width }));
            }
            _ => {}
        }
    }
    for list in [&mut loads.css, &mut loads.js] {
        list.sort_unstable();
        list.dedup();
    }
    loads.images.sort_by_key(|s| (s.route, s.width));
    loads.images.dedup();
    loads
}

fn report(audited: &Audited<'_>, facts: &Facts, d: Diagnostic) -> Diagnostic {
    let route = audited.site.plan.route(facts.route);
    match places::source(audited.site, route) {
        Some(file) => d.at(Span::file(&file)),
        None => d.on_page(&route.path),
    }
}

pub(super) fn over_budget(audited: &Audited<'_>, diags: &mut Diagnostics) {
    let budget = &audited.site.project.config.budget;
    let sum = |routes: &[RouteId]| routes.iter().map(|r| audited.bytes(*r)).sum::<u64>();
    for facts in audited.pages {
        let mut images: Vec<RouteId> = facts.loads.images.iter().map(|s| s.route).collect();
        images.dedup();
        let (html, css, js) = (audited.bytes(facts.route), sum(&facts.loads.css), sum(&facts.loads.js));
        let pictures = sum(&images);
        let parts = [
            (html, budget.html, "html", "its HTML"),
            (css, budget.css, "css", "its style sheets"),
            (js, budget.js, "js", "its scripts"),
            (pictures, budget.images, "images", "its pictures"),
            (html + css + js + pictures, budget.page, "page", "all of it"),
        ];
        let path = &audited.site.plan.route(facts.route).path;
        for (is, may, key, what) in parts.into_iter().filter(|(is, may, ..)| is > may) {
            let (is, may) = (text::size(is), text::size(may));
            // Style sheets and scripts are the theme's: one finding for all pages that load the same.
            let shared = ["css", "js"].contains(&key);
            let of = if shared { "a page".to_string() } else { format!("`{path}`") };
            let message = format!("{what} makes {of} {is} heavy, and `{key}` allows {may}");
            let d = Diagnostic::new(codes::OVER_BUDGET, message);
            let d = d.help("make it smaller, or allow more in `[check.budget]` of `site.toml`");
            diags.push(if shared { d.on_page(path) } else { report(audited, facts, d) });
        }
    }
}

pub(super) fn large_image(audited: &Audited<'_>, diags: &mut Diagnostics) {
    let most = audited.site.project.config.budget.image_width;
    let mut said = FxHashSet::default();
    for facts in audited.pages {
        for shown in &facts.loads.images {
            let route = audited.site.plan.route(shown.route);
            let What::Copy(file) = &route.what else { continue };
            let Some((width, _)) = audited.site.size(file) else { continue };
            let limit = shown.width.map_or(most, |w| w.saturating_mul(2).min(most));
            if width <= limit || file.ext() == "svg" || !said.insert((file.clone(), limit)) {
                continue;
            }
            let message = match shown.width.filter(|w| w.saturating_mul(2) < most) {
                Some(w) => format!("`{file}` is {width} pixels across and is shown in {w}"),
                None => format!("`{file}` is {width} pixels across, and none is shown in more than {most}"),
            };
            let d = Diagnostic::new(codes::LARGE_IMAGE, message);
            let d = d.help(format!("save it {limit} pixels wide: half of the width is a quarter of the bytes"));
            let page = audited.site.plan.route(facts.route);
            let written = places::source(audited.site, page).and_then(|p| audited.places.first(&p, file.name()));
            diags.push(match written {
                Some(at) => d.at(at),
                None => d.on_page(&page.path),
            });
        }
    }
}
