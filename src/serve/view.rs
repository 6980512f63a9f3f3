//! A page of a state, as a browser gets it.

use super::engine::{State, is_general};
use crate::diag::{Finding, Level, findings};
use crate::digest::{Digest, Hasher};
use crate::files::GATES_TOML;
use crate::render::{Bytes, Page, Snapshot};
use crate::site::{Route, RouteId};
use crate::source::RelPath;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// What open pages are compared by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The bytes.
    pub page: Digest,
    /// The bytes, the addresses of style sheets aside.
    pub shape: Digest,
}

/// What stands at a path.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A route of the site.
    Route(RouteId),
    /// The same, with a slash at the end.
    Slash(String),
    /// Nothing.
    Nothing,
}

/// A page for a browser.
#[derive(Debug)]
pub struct View {
    /// The page.
    pub page: Page,
    /// What it looks like; all zero of what is no HTML.
    pub look: Look,
    /// Whether it is of an earlier state, because this one has none that could be shown.
    pub earlier: bool,
    /// Its links to style sheets, in order.
    pub sheets: Vec<Sheet>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// A link to a style sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sheet {
    /// Its address, as it stands in the page.
    pub href: String,
    /// The digest that the page demands of it.
    pub integrity: String,
}

/// The pages of a state that were asked for.
#[derive(Default)]
pub struct Views {
    kept: Mutex<FxHashMap<RouteId, Arc<View>>>,
    /// What stood at each path when it last had no errors, whatever the state.
    well: Arc<Mutex<FxHashMap<Arc<str>, Arc<View>>>>,
}

/// More pages than this are not kept: they are rendered in less time than they are looked for.
const KEPT: usize = 64;

impl Views {
    /// The view of a route.
    pub fn of(&self, state: &State, id: RouteId) -> Arc<View> {
        if let Some(view) = self.kept.lock().ok().and_then(|kept| kept.get(&id).cloned()) {
            return view;
        }
        let path = &state.site.plan.route(id).path;
        let well = || self.well.lock().ok()?.get(path).cloned();
        let view = Arc::new(View::new(state, id, well));
        keep(&self.kept, id, &view);
        if view.look.page != Digest::ABSENT && !view.is_broken() {
            keep(&self.well, path.clone(), &view);
        }
        view
    }

    /// The views of the next state.
    pub fn next(&self) -> Views {
        Views { kept: Mutex::default(), well: self.well.clone() }
    }
}

fn keep<K: Eq + std::hash::Hash>(views: &Mutex<FxHashMap<K, Arc<View>>>, key: K, view: &Arc<View>) {
    if let Ok(mut views) = views.lock() {
        if views.len() >= KEPT {
            views.clear();
        }
        views.insert(key, view.clone());
    }
}

/// What stands at the decoded path of a request.
pub fn find(site: &Snapshot, path: &str) -> Found {
    let Some(below) = path.strip_prefix(&site.project.config.base_path).filter(|p| p.starts_with('/')) else {
        return match site.project.config.base_path == format!("{path}/") || path == "/" {
            true => Found::Slash(site.project.config.href("/")),
            false => Found::Nothing,
        };
    };
    let find = |path: &str| site.plan.find(path);
    if let Some(id) = find(below).or_else(|| find(below.strip_suffix("index.html")?)) {
        return Found::Route(id);
    }
    let slash = format!("{below}/");
    if find(&slash).is_some() { Found::Slash(site.project.config.href(&slash)) } else { Found::Nothing }
}

impl View {
    fn new(state: &State, id: RouteId, well: impl FnOnce() -> Option<Arc<View>>) -> View {
        let route = state.site.plan.route(id);
        let page = state.site.render(route);
        let levels = &state.site.project.config.levels;
        let mut diags = page.trace.diags.clone();
        crate::check::ignored(&*state.site.files(), &mut diags);
        let mut found = findings(diags, levels);
        let own = state.findings.iter().filter(|f| concerns(f, route.source.as_ref()));
        found.splice(0..0, own.cloned());
        let view = View::of(route, page, false, found);
        if !view.is_broken() || !is_html(route) {
            return view;
        }
        let again = |good: &Arc<Snapshot>| Some(good.render(good.plan.route(good.plan.find(&route.path)?)));
        let earlier = match well() {
            Some(well) => well.page.copy(),
            None => state.good.as_ref().and_then(again),
        };
        match earlier {
            Some(page) => View::of(route, page, true, view.findings),
            None => view,
        }
    }

    /// Whether it has errors beyond links that lead nowhere: what it shows is not what its author means.
    fn is_broken(&self) -> bool {
        self.earlier || self.findings.iter().any(|f| f.level == Level::Error && f.diagnostic.code.0 < 3000)
    }

    fn of(route: &Route, page: Page, earlier: bool, findings: Vec<Finding>) -> View {
        let (mut look, mut sheets) = (Look::default(), Vec::new());
        if let Bytes::New(html) = &page.bytes
            && is_html(route)
        {
            let mut shape = Hasher::new("shape");
            let mut past = 0;
            for (range, sheet) in style_sheets(html) {
                shape.bytes(&html[past..range.start]);
                past = range.end;
                sheets.push(sheet);
            }
            shape.bytes(&html[past..]);
            look = Look { page: Digest::of(html), shape: shape.finish() };
        }
        View { page, look, earlier, sheets, findings }
    }
}

/// Whether a finding concerns a page: it stands in its text, or in what every page is made with.
fn concerns(finding: &Finding, source: Option<&RelPath>) -> bool {
    let at = finding.diagnostic.at.as_ref().map(|at| &at.file);
    is_general(finding) || at.is_some_and(|at| Some(at) == source || at.as_str() == GATES_TOML)
}

/// Whether a route is shown by a browser as a page.
pub fn is_html(route: &Route) -> bool {
    route.path.ends_with('/') || route.path.ends_with(".html")
}

/// The links to style sheets in a page, with the bytes that they take.
fn style_sheets(html: &[u8]) -> Vec<(Range<usize>, Sheet)> {
    let mut out = Vec::new();
    for start in memchr::memmem::find_iter(html, b"<link ") {
        let Some(len) = memchr::memchr(b'>', &html[start..]) else { break };
        let range = start..start + len + 1;
        let tag = String::from_utf8_lossy(&html[range.clone()]);
        if attribute(&tag, "rel") == Some("stylesheet") {
            let value = |name| attribute(&tag, name).unwrap_or_default().replace("&amp;", "&");
            out.push((range, Sheet { href: value("href"), integrity: value("integrity") }));
        }
    }
    out
}

/// The value of an attribute, as it stands in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.match_indices(name).find(|(i, _)| {
        tag[..*i].ends_with(|c: char| c.is_ascii_whitespace()) && tag[i + name.len()..].starts_with('=')
    })?;
    let rest = &tag[at.0 + name.len() + 1..];
    match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].split(quote).next(),
        _ => rest.split(|c: char| c.is_ascii_whitespace() || c == '>').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_sheets_are_found_with_their_digest() {
        let html = br#"<link rel="icon" href="/i.svg"><link rel="stylesheet" href="/a.1.css?x=1&amp;y" integrity="sha384-x"><link href=/b.css rel=stylesheet>"#;
        let found: Vec<Sheet> = style_sheets(html).into_iter().map(|(_, sheet)| sheet).collect();
        let sheet = |href: &str, integrity: &str| Sheet { href: href.into(), integrity: integrity.into() };
        assert_eq!(found, [sheet("/a.1.css?x=1&y", "sha384-x"), sheet("/b.css", "")]);
    }
}
