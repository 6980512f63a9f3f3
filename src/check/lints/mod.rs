//! Lints: what is wrong with pages as readers, search engines and programs get them. A lint is a row.

mod access;
mod budget;
mod funnel;
mod search;

use super::dom::{At, Dom};
use super::places::{self, Places};
use crate::diag::{Code, Diagnostic, Diagnostics, codes};
use crate::render::Snapshot;
use crate::site::query::Trace;
use crate::site::{Route, RouteId, What};
use crate::text;
use budget::Loads;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};

/// What a lint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Being found, and being told apart in results.
    Search,
    /// Being read by everybody.
    Access,
    /// Being there at once.
    Budget,
    /// Leading on.
    Funnel,
}

impl Group {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Group::Search => "search",
            Group::Access => "accessibility",
            Group::Budget => "budget",
            Group::Funnel => "funnel",
        }
    }
}

/// What a lint looks at.
#[derive(Clone, Copy)]
enum Look {
    /// A page.
    Page(fn(&mut View<'_>)),
    /// A page that search engines are meant to show.
    Indexed(fn(&mut View<'_>)),
    /// All of the site.
    Site(fn(&Audited<'_>, &mut Diagnostics)),
}

/// A lint. Its level and its texts are those of its code.
pub struct Lint {
    /// What it reports.
    pub code: Code,
    /// What it is about.
    pub group: Group,
    look: Look,
}

const fn lint(group: Group, code: Code, look: Look) -> Lint {
    Lint { code, group, look }
}

/// Every lint.
pub static TABLE: &[Lint] = &[
    lint(Group::Search, codes::TITLE_LENGTH, Look::Indexed(search::title_length)),
    lint(Group::Search, codes::DESCRIPTION_LENGTH, Look::Indexed(search::description_length)),
    lint(Group::Search, codes::NO_DESCRIPTION, Look::Indexed(search::no_description)),
    lint(Group::Search, codes::SAME_TITLE, Look::Site(search::same_title)),
    lint(Group::Search, codes::SAME_DESCRIPTION, Look::Site(search::same_description)),
    lint(Group::Search, codes::NO_CANONICAL, Look::Indexed(search::no_canonical)),
    lint(Group::Search, codes::ONE_HEADING, Look::Indexed(search::one_heading)),
    lint(Group::Search, codes::HEADING_ORDER, Look::Page(search::heading_order)),
    lint(Group::Access, codes::MISSING_ALT, Look::Page(access::missing_alt)),
    lint(Group::Access, codes::NO_LANGUAGE, Look::Page(access::no_language)),
    lint(Group::Access, codes::NO_LABEL, Look::Page(access::no_label)),
    lint(Group::Access, codes::NO_NAME, Look::Page(access::no_name)),
    lint(Group::Access, codes::EMPTY_HEADING, Look::Page(access::empty_heading)),
    lint(Group::Access, codes::DUPLICATE_ID, Look::Page(access::duplicate_id)),
    lint(Group::Access, codes::NO_TABLE_HEADERS, Look::Page(access::no_table_headers)),
    lint(Group::Access, codes::NO_FRAME_TITLE, Look::Page(access::no_frame_title)),
    lint(Group::Access, codes::TAB_ORDER, Look::Page(access::tab_order)),
    lint(Group::Access, codes::ARIA_NOTHING, Look::Page(access::aria_nothing)),
    lint(Group::Budget, codes::OVER_BUDGET, Look::Site(budget::over_budget)),
    lint(Group::Budget, codes::LARGE_IMAGE, Look::Site(budget::large_image)),
    lint(Group::Funnel, codes::LEADS_NOWHERE, Look::Site(funnel::leads_nowhere)),
    lint(Group::Funnel, codes::UNREACHED_MAGNET, Look::Site(funnel::unreached_magnet)),
];

/// A page that a lint looks at.
struct View<'a> {
    site: &'a Snapshot,
    places: &'a Places<'a>,
    route: &'a Route,
    dom: &'a Dom,
    found: Vec<Diagnostic>,
}

impl View<'_> {
    /// Reports something that the author wrote with these words, where he did; or on the page, where a template did.
    fn report(&mut self, d: Diagnostic, words: &str) {
        let file = places::source(self.site, self.route);
        let at = file.and_then(|file| self.places.first(&file, words.trim()));
        self.found.push(match at {
            Some(at) => d.at(at),
            None => d.on_page(&self.route.path),
        });
    }

    fn title(&self) -> &str {
        self.dom.named("title").next().map_or("", At::said).trim()
    }

    fn description(&self) -> &str {
        let is = |e: &At<'_>| e.get("name").is_some_and(|n| n.eq_ignore_ascii_case("description"));
        self.dom.named("meta").find(is).and_then(|e| e.get("content")).unwrap_or("").trim()
    }
}

/// What is kept of a page.
struct Facts {
    route: RouteId,
    title: String,
    description: String,
    loads: Loads,
    external: Vec<Box<str>>,
}

/// Looks at pages while they are made.
pub struct Audit<'a> {
    site: &'a Snapshot,
    places: Places<'a>,
    /// What the addresses of windows to post in begin with: every article has them, and they lead to no page.
    windows: Vec<String>,
    pages: Mutex<(Vec<Facts>, Diagnostics)>,
}

/// The pages, looked at, with all that was put out.
struct Audited<'a> {
    site: &'a Snapshot,
    places: &'a Places<'a>,
    pages: &'a [Facts],
    traces: &'a [Arc<Trace>],
}

impl Audited<'_> {
    /// Bytes of an output.
    fn bytes(&self, route: RouteId) -> u64 {
        self.traces.get(route.0 as usize).map_or(0, |t| t.len)
    }
}

/// An address of another site, and the pages that lead there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// The address.
    pub url: Box<str>,
    /// The pages, in order.
    pub pages: Vec<RouteId>,
}

/// Whether search engines are meant to show a page.
fn is_indexed(site: &Snapshot, route: &Route) -> bool {
    match route.what {
        What::Text(id, _) => !site.content.article(id).front.noindex,
        What::Term(..) | What::Terms(_) => true,
        _ => false,
    }
}

thread_local! {
    static DOM: RefCell<Dom> = RefCell::default();
}

impl<'a> Audit<'a> {
    /// Of a site.
    pub fn new(site: &'a Snapshot) -> Audit<'a> {
        let rows = site.plan.networks.all().iter().filter_map(|n| n.share_url.as_ref());
        let windows = rows.map(|url| url.split(['{', '?']).next().unwrap_or(url).to_string());
        let windows = windows.filter(|w| text::origin(w).is_some_and(|o| w.len() > o.len() + 1)).collect();
        Audit { site, places: Places::new(site), windows, pages: Mutex::default() }
    }

    /// Looks at a page.
    pub fn look(&self, route: &Route, html: &[u8]) {
        let Some(id) = self.site.plan.find(&route.path) else { return };
        DOM.with_borrow_mut(|dom| {
            dom.read(html);
            let mut view = View { site: self.site, places: &self.places, route, dom, found: Vec::new() };
            let indexed = is_indexed(self.site, route);
            for lint in TABLE {
                match lint.look {
                    Look::Page(look) => look(&mut view),
                    Look::Indexed(look) if indexed => look(&mut view),
                    _ => {}
                }
            }
            let facts = Facts {
                route: id,
                title: view.title().to_string(),
                description: view.description().to_string(),
                loads: budget::loads(self.site, route, dom),
                external: self.external(dom),
            };
            if let Ok(mut pages) = self.pages.lock() {
                pages.1.0.extend(view.found);
                pages.0.push(facts);
            }
        });
    }

    /// The addresses of other sites that a page links to or loads.
    fn external(&self, dom: &Dom) -> Vec<Box<str>> {
        let config = &self.site.project.config;
        let own = |url: &str| {
            let rest = url.strip_prefix(config.base_url.as_str());
            rest.is_some_and(|r| r.is_empty() || r.starts_with(['/', '#', '?']))
        };
        let mut all: Vec<Box<str>> = Vec::new();
        for element in dom.all() {
            let url = match element.name() {
                "a" | "area" => element.get("href"),
                "link" if element.get("rel").is_some_and(leads) => element.get("href"),
                "img" | "iframe" | "script" | "source" | "video" | "audio" | "embed" => element.get("src"),
                _ => None,
            };
            let Some(url) = url.map(str::trim).filter(|u| text::origin(u).is_some() && !own(u)) else { continue };
            if !self.windows.iter().any(|w| url.starts_with(w.as_str())) {
                all.push(url.into());
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What was found, and the addresses of other sites. `traces` are those of all routes, in their order.
    pub fn finish(self, traces: &[Arc<Trace>]) -> (Diagnostics, Vec<External>) {
        let (mut pages, mut diags) = self.pages.into_inner().unwrap_or_default();
        pages.sort_by_key(|p| p.route);
        let audited = Audited { site: self.site, places: &self.places, pages: &pages, traces };
        for lint in TABLE {
            if let Look::Site(look) = lint.look {
                look(&audited, &mut diags);
            }
        }
        let mut all: Vec<(&Box<str>, RouteId)> =
            pages.iter().flat_map(|p| p.external.iter().map(|url| (url, p.route))).collect();
        all.sort_unstable();
        let grouped = all.chunk_by(|a, b| a.0 == b.0);
        let external = grouped.map(|g| External { url: g[0].0.clone(), pages: g.iter().map(|(_, r)| *r).collect() });
        (diags, external.collect())
    }
}

/// Whether a `rel` is one whose address is a page or file that must be there.
fn leads(rel: &str) -> bool {
    let not = ["canonical", "preconnect", "dns-prefetch"];
    !rel.split_ascii_whitespace().any(|word| not.iter().any(|n| word.eq_ignore_ascii_case(n)))
}

/// The file or page of the site that an address on a page means.
fn local(site: &Snapshot, route: &Route, href: &str) -> Option<RouteId> {
    let config = &site.project.config;
    let href = href.trim();
    let href = href.split(['?', '#']).next().unwrap_or(href);
    let path = match href.strip_prefix(config.base_url.as_str()) {
        Some(inside) => inside.to_string(),
        None if text::is_external(href) || href.is_empty() => return None,
        None if href.starts_with('/') => href.strip_prefix(config.base_path.as_str())?.to_string(),
        None => {
            let dir = &route.path[..route.path.rfind('/').map_or(0, |i| i + 1)];
            format!("/{}", crate::source::normalize(dir, href)?)
        }
    };
    site.plan.find(&text::percent_decode(&path)?)
}
