//! Links to other sites: which are asked, and what is said of the answers.

use super::lints::External;
use super::places::{self, Places};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::files::SITE_TOML;
use crate::project::checks::LinkRules;
use crate::render::Snapshot;
use crate::source::{RelPath, Span};
use crate::text;
use serde::{Deserialize, Serialize};

/// What another site says of an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It is there.
    There,
    /// It is there, at another address for good.
    Moved(String),
    /// The page is there, the part of it is not.
    NoPart,
    /// It is gone; the status.
    Gone(u16),
    /// There is no such host.
    NoHost,
    /// Nobody knows; why.
    Unsure(String),
}

impl Verdict {
    /// Whether there is something to be done about it.
    pub fn is_bad(&self) -> bool {
        matches!(self, Verdict::Gone(_) | Verdict::NoHost | Verdict::NoPart)
    }

    /// Whether it holds for a while.
    pub fn is_sure(&self) -> bool {
        !matches!(self, Verdict::Unsure(_))
    }
}

/// A link on more pages than this is looked for in templates first.
const MANY: usize = 100;

/// Whether an address is asked.
pub fn is_asked(rules: &LinkRules, url: &str) -> bool {
    (rules.allow.is_empty() || rules.allow.is_match(url)) && !rules.deny.is_match(url)
}

/// What is said of an address, at every place where it is written.
pub fn external(site: &Snapshot, links: &[(External, Verdict)]) -> Diagnostics {
    let places = Places::new(site);
    let common = common(site);
    let mut diags = Diagnostics::default();
    for (link, verdict) in links {
        let Some(d) = finding(&link.url, verdict) else { continue };
        let mut written = shared(&common, &places, &link.url);
        // What so many pages have from a template is not looked for in each.
        if written.is_empty() || link.pages.len() <= MANY {
            written.extend(link.pages.iter().flat_map(|page| spans(site, &places, *page, &link.url)));
        }
        written.sort();
        written.dedup();
        match link.pages.first().filter(|_| written.is_empty()) {
            Some(page) => diags.push(d.on_page(&site.plan.route(*page).path)),
            None => diags.0.extend(written.into_iter().map(|at| d.clone().at(at))),
        }
    }
    diags
}

fn finding(url: &str, verdict: &Verdict) -> Option<Diagnostic> {
    let deny =
        format!("to leave it alone, add it to `deny` of `[check.links]`: `{}/*`", text::origin(url).unwrap_or(url));
    Some(match verdict {
        Verdict::There => return None,
        Verdict::Gone(status) => Diagnostic::new(codes::DEAD_EXTERNAL, format!("`{url}` is gone: status {status}"))
            .help("link to where it is now, or to a copy at web.archive.org, or take the link out"),
        Verdict::NoHost => {
            let host = text::origin(url).and_then(|o| o.rsplit('/').next()).unwrap_or(url);
            Diagnostic::new(codes::DEAD_EXTERNAL, format!("`{url}` leads nowhere: there is no host `{host}`"))
                .help("is the name right? Else link to a copy at web.archive.org, or take the link out")
        }
        Verdict::NoPart => {
            let (page, id) = url.split_once('#').unwrap_or((url, ""));
            Diagnostic::new(codes::EXTERNAL_ANCHOR, format!("`{page}` has no part `#{id}`"))
                .help("the part has another name now, or a script makes it: then add the address to `deny` of `[check.links]`")
        }
        Verdict::Moved(to) => {
            Diagnostic::new(codes::MOVED_EXTERNAL, format!("`{url}` has moved to `{to}`")).help("write the new address")
        }
        Verdict::Unsure(why) => {
            Diagnostic::new(codes::UNSURE_EXTERNAL, format!("`{url}` could not be checked: {why}")).help(deny)
        }
    })
}

/// The ways in which an address is written: markdown makes some characters others, and completes what has no scheme.
fn ways(url: &str) -> impl Iterator<Item = String> + '_ {
    let decoded = text::percent_decode(url).map(|u| u.into_owned()).filter(|u| u != url);
    let bare = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let bare = bare.filter(|u| u.starts_with("www.")).map(str::to_string);
    let escaped = url.contains('&').then(|| url.replace('&', "&amp;"));
    let slash = url.strip_suffix('/').map(str::to_string);
    [Some(url.to_string()), escaped, decoded, bare, slash].into_iter().flatten()
}

fn spans(site: &Snapshot, places: &Places<'_>, page: crate::site::RouteId, url: &str) -> Vec<Span> {
    let Some(file) = places::source(site, site.plan.route(page)) else { return Vec::new() };
    ways(url).map(|way| places.addresses(&file, &way)).find(|all| !all.is_empty()).unwrap_or_default()
}

/// Where pages have links from, if not from their text: the menus and forms of `site.toml`, authors, data, templates.
fn common(site: &Snapshot) -> Vec<&RelPath> {
    let apart = |path: &RelPath, dir| path.below(dir).is_some();
    let fits = |path: &&RelPath| {
        let template = ["html", "txt"].contains(&path.ext()) && !apart(path, "content") && !apart(path, "static");
        path.as_str() == SITE_TOML || apart(path, "content/authors") || apart(path, "content/data") || template
    };
    site.project.files.iter().map(|e| &e.path).filter(fits).collect()
}

fn shared(common: &[&RelPath], places: &Places<'_>, url: &str) -> Vec<Span> {
    let of = |file: &&RelPath| ways(url).map(|way| places.addresses(file, &way)).find(|all| !all.is_empty());
    common.iter().filter_map(of).flatten().collect()
}
