//! Leading on: every article to a next step, and somebody to every magnet.

use super::Audited;
use crate::content::{Id, Kind};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::share;
use crate::site::query::Query;
use crate::site::{RouteId, What};
use crate::source::Span;
use rustc_hash::FxHashSet;

/// The magnets that a page leads to: those that it offers, and those whose page it links to.
fn leads_to<'a>(audited: &'a Audited<'_>, route: RouteId) -> impl Iterator<Item = Id> + 'a {
    let trace = &audited.traces[route.0 as usize];
    let offered = trace.asked.iter().filter_map(|query| match query {
        Query::Magnet(id) => Some(*id),
        _ => None,
    });
    let linked = trace.links.iter().filter_map(|link| match audited.site.plan.route(*link).what {
        What::Text(id, _) => Some(id).filter(|id| audited.site.content.article(*id).kind == Kind::Magnet),
        _ => None,
    });
    offered.chain(linked)
}

/// The published articles, each with the route of its page.
fn texts(audited: &Audited<'_>) -> Vec<(RouteId, Id)> {
    let routes = audited.site.routes().iter().enumerate();
    let text = routes.filter_map(|(i, route)| match route.what {
        What::Text(id, 1) => Some((RouteId(i as u32), id)),
        _ => None,
    });
    text.collect()
}

pub(super) fn leads_nowhere(audited: &Audited<'_>, diags: &mut Diagnostics) {
    // A site without magnets has no funnel.
    if audited.site.plan.magnets.is_empty() {
        return;
    }
    // What every page links to, the menu does: it is no next step of an article.
    let pages = texts(audited);
    let mut everywhere: Option<FxHashSet<Id>> = None;
    for (route, _) in &pages {
        let here: FxHashSet<Id> = leads_to(audited, *route).collect();
        everywhere = Some(everywhere.map_or(here.clone(), |all| all.intersection(&here).copied().collect()));
    }
    let everywhere = everywhere.filter(|_| pages.len() > 1).unwrap_or_default();
    for (route, id) in pages {
        let article = audited.site.content.article(id);
        let leads = || leads_to(audited, route).any(|m| !everywhere.contains(&m));
        if article.kind == Kind::Article && !share::has_form(audited.site, id) && !leads() {
            let d = Diagnostic::new(codes::LEADS_NOWHERE, format!("`{}` leads nowhere", article.name()));
            let d = d.at(Span::file(&article.path));
            diags.push(d.help("give it `magnet = \"…\"`, put `::offer` into its text, or link to a magnet"));
        }
    }
}

pub(super) fn unreached_magnet(audited: &Audited<'_>, diags: &mut Diagnostics) {
    let site = audited.site;
    let mut reached: FxHashSet<Id> = FxHashSet::default();
    for (i, route) in site.routes().iter().enumerate() {
        // Lists have every magnet, and a magnet's own pages lead to itself.
        let own = match route.what {
            What::Text(id, _) => match site.content.article(id).kind {
                Kind::Section => continue,
                Kind::Magnet => Some(id),
                _ => None,
            },
            // The page after one magnet's form may lead to another.
            What::Thanks(id) | What::Unlock(id) | What::Unlisted(id) => Some(id),
            What::Go(..) => None,
            _ => continue,
        };
        reached.extend(leads_to(audited, RouteId(i as u32)).filter(|id| Some(*id) != own));
    }
    for magnet in site.plan.magnets.iter().filter(|m| site.plan.path(m.id).is_some() && !reached.contains(&m.id)) {
        let file = &site.content.article(magnet.id).path;
        let message = format!("nothing leads to the magnet `{}`", magnet.name);
        let d = Diagnostic::new(codes::UNREACHED_MAGNET, message).at(Span::file(file));
        diags.push(d.help(format!("let an article say `magnet = \"{}\"`, or link to its page", magnet.name)));
    }
}
