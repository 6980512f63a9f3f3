//! `hub share`.

use super::site;
use super::{Exit, Failure};
use crate::cli::ShareArgs;
use crate::content::{Id, Kind};
use crate::project::Settings;
use crate::render::Snapshot;
use crate::share::snippets;
use crate::text;
use std::path::Path;
use std::sync::Arc;

/// The site as it is now; with its drafts, if they are asked for.
pub(super) fn snapshot(root: &Path, drafts: bool) -> Result<Arc<Snapshot>, Failure> {
    let settings = Settings { env: None, base_url: None, now: site::now(None)?, drafts, future: drafts };
    site::snapshot(root, settings, None)
}

/// The article that a path, a name or a slug means.
fn find(site: &Snapshot, name: &str) -> Result<Id, Failure> {
    let wanted = name.trim_start_matches("./").trim_end_matches('/');
    let articles = || site.content.ids().filter(|id| site.content.article(*id).kind == Kind::Article);
    let matches = |id: &Id| {
        let article = site.content.article(*id);
        let path = article.path.as_str();
        let url = site.plan.path(*id).map_or("", |p| p.trim_matches('/'));
        path == wanted
            || article.bundle() == Some(wanted)
            || article.name() == wanted
            || url == wanted.trim_matches('/')
            || url.rsplit('/').next() == Some(wanted)
    };
    articles().find(matches).ok_or_else(|| {
        let near = text::nearest(wanted, articles().map(|id| site.content.article(id).name()));
        let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        Failure::usage(format!("there is no article `{name}`{near}"))
    })
}

pub(super) fn run(root: &Path, args: &ShareArgs) -> Result<Exit, Failure> {
    let site = snapshot(root, false)?;
    if let Some(name) = args.network.as_deref().filter(|n| site.plan.networks.named(n).is_none()) {
        let known = || site.plan.networks.all().iter().map(|n| &*n.name);
        return Err(Failure::usage(format!("there is no network `{name}`; there are {}", text::choices(known()))));
    }
    let id = find(&site, &args.article)?;
    if let Some(why) = site.plan.withheld(id) {
        let path = &site.content.article(id).path;
        return Err(Failure::usage(format!("`{path}` is {}: its link would lead nowhere", why.name())));
    }
    let mut posts = snippets(&site, id);
    if let Some(variant) = args.variant.as_deref().filter(|v| posts.iter().all(|s| *s.variant != **v)) {
        let mut known: Vec<&str> = posts.iter().map(|s| &*s.variant).collect();
        known.dedup();
        known.sort_unstable();
        known.dedup();
        return Err(Failure::usage(format!("there is no variant `{variant}`; there are {}", text::choices(known))));
    }
    posts.retain(|s| args.network.as_deref().is_none_or(|n| *n == *s.network));
    posts.retain(|s| args.variant.as_deref().is_none_or(|v| *v == *s.variant));
    if args.json {
        println!("{}", serde_json::to_string_pretty(&posts).unwrap_or_default());
        return Ok(Exit::Ok);
    }
    for post in &posts {
        println!("── {} · {} · {} of {}\n{}\n", post.network, post.variant, post.count, post.limit, post.text);
    }
    Ok(Exit::Ok)
}
