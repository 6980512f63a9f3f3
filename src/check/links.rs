//! Every link of every page leads to something that is really put out.

use crate::content::Fill;
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::digest::id_hash;
use crate::render::Snapshot;
use crate::site::links::Target;
use crate::site::query::Trace;
use crate::site::{RouteId, What};
use crate::source::Span;
use crate::text;
use rayon::prelude::*;
use std::sync::Arc;

/// A link that leads to nothing, on the page of a route.
pub struct Broken {
    route: RouteId,
    link: Arc<str>,
    /// What is said of it; nothing if the page itself said it.
    said: Option<Diagnostic>,
}

/// Checks the links of all pages; `traces` are those of all routes, in their order.
pub fn links(site: &Snapshot, traces: &[Arc<Trace>]) -> Vec<Broken> {
    links_since(site, traces, &[], &|_| false)
}

/// The same where an earlier look found `before` in the same plan, and pages for which `same` holds are as they were.
pub fn links_since(
    site: &Snapshot,
    traces: &[Arc<Trace>],
    before: &[Broken],
    same: &(dyn Fn(RouteId) -> bool + Sync),
) -> Vec<Broken> {
    let found = traces.par_iter().enumerate().flat_map_iter(|(i, trace)| {
        trace.parts.iter().filter(|l| !leads_somewhere(site, traces, l)).map(move |l| (RouteId(i as u32), l.clone()))
    });
    let broken: Vec<(RouteId, Arc<str>)> = found.collect();
    let known = |route: RouteId, link: &str| {
        let own = &before[before.partition_point(|b| b.route < route)..];
        own.iter().take_while(|b| b.route == route).find(|b| *b.link == *link)
    };
    let tell = |(route, link): (RouteId, Arc<str>)| {
        let target = find(site, parts(&link).0);
        let as_before = same(route) && target.is_none_or(same);
        let said = match known(route, &link).filter(|_| as_before) {
            Some(broken) => broken.said.clone(),
            None => diagnose(site, traces, route, &link),
        };
        Broken { route, link, said }
    };
    broken.into_par_iter().map(tell).collect()
}

/// What is said of broken links.
pub fn said(broken: &[Broken]) -> Diagnostics {
    Diagnostics(broken.iter().filter_map(|b| b.said.clone()).collect())
}

fn find(site: &Snapshot, path: &str) -> Option<RouteId> {
    let plan = &site.plan;
    plan.find(path)
        .or_else(|| plan.find(&format!("{path}/")))
        .or_else(|| plan.find(path.strip_suffix("index.html")?))
        .or_else(|| path.ends_with('/').then(|| plan.find(path.trim_end_matches('/')))?)
}

/// The path of a link, and the part of the page that it names.
fn parts(link: &str) -> (&str, Option<&str>) {
    link.split_once('#').map_or((link, None), |(path, id)| (path, Some(id)))
}

fn leads_somewhere(site: &Snapshot, traces: &[Arc<Trace>], link: &str) -> bool {
    let (path, id) = parts(link);
    let Some(route) = find(site, path) else { return site.lookup().only_in_production(path).is_some() };
    let Some(id) = id else { return true };
    // A text fragment (`#:~:text=…`) names no element.
    let ids = &traces[route.0 as usize].ids;
    id.starts_with(":~:") || !site.plan.route(route).is_page() || ids.binary_search(&id_hash(id)).is_ok()
}

fn diagnose(site: &Snapshot, traces: &[Arc<Trace>], route: RouteId, link: &str) -> Option<Diagnostic> {
    let (path, id) = parts(link);
    let target = find(site, path);
    let written = written(site, route, link);
    if let Some((_, true)) = written {
        // The page said so already, with more to say.
        return None;
    }
    let mut d = match (target, id) {
        (Some(target), Some(id)) => {
            let d = Diagnostic::new(codes::DEAD_ANCHOR, format!("`{path}` has no part `#{id}`"));
            let known = headings(site, target);
            d.nearest(id, known.iter().map(|k| &**k))
        }
        _ => Diagnostic::new(codes::DEAD_LINK, format!("the link leads to `{link}`, which does not exist")),
    };
    match written {
        Some((span, _)) => d.at = Some(span),
        None => {
            if traces[route.0 as usize].diags.0.iter().any(|d| d.message.contains(&format!("`{link}`"))) {
                return None;
            }
            d = d
                .on_page(&site.plan.route(route).path)
                .help("a template or component writes it; it does not stand in the text");
        }
    }
    Some(d)
}

/// Where the author wrote the link, and whether it was reported when the page was rendered.
fn written(site: &Snapshot, route: RouteId, link: &str) -> Option<(Span, bool)> {
    let What::Text(id, _) = site.plan.route(route).what else { return None };
    let article = site.content.article(id);
    let own = &site.plan.route(route).path;
    let body = site.body(id);
    body.piece.slots.iter().find_map(|slot| {
        let to = match &slot.fill {
            Fill::Href(to) => to.clone(),
            Fill::Image(picture) => picture.src.clone(),
            Fill::Leaf(call) | Fill::Open(call) => {
                let value = call.args.iter().find(|a| ["to", "href", "src"].contains(&&*a.name))?;
                match &value.value {
                    crate::project::node::Value::String(text) => text.clone(),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let span = Span { file: article.path.clone(), start: slot.start, end: slot.end };
        match site.resolve(&article.path, &to) {
            Target::Path(path, suffix) => {
                let suffix = text::percent_decode(&suffix).unwrap_or_default();
                let fragment = suffix.find('#').map_or("", |i| &suffix[i..]);
                (format!("{path}{fragment}") == link).then_some((span, false))
            }
            Target::Here(suffix) => {
                let suffix = text::percent_decode(&suffix).unwrap_or_default();
                (format!("{own}{suffix}") == link).then_some((span, false))
            }
            Target::External => {
                let config = &site.project.config;
                let inside = to.strip_prefix(config.base_url.as_str())?;
                let inside = text::percent_decode(inside).unwrap_or_default();
                (inside == link).then_some((span, false))
            }
            _ => {
                let path = crate::source::normalize(if to.starts_with('/') { "" } else { own }, &to)?;
                let same = link.trim_matches('/') == path.trim_matches('/') || link == to;
                same.then_some((span, true))
            }
        }
    })
}

fn headings(site: &Snapshot, route: RouteId) -> Vec<String> {
    match site.plan.route(route).what {
        What::Text(id, _) => site.body(id).headings.iter().map(|h| h.id.clone()).collect(),
        _ => Vec::new(),
    }
}
