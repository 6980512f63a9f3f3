//! What follows `hub publish`: a look at the site as a reader gets it, and word to search engines.

use super::{Exit, Failure};
use crate::cli::PublishArgs;
use crate::publish::Output;
use crate::publish::after::{ENDPOINT, announce, look};
use crate::publish::push::Report;
use crate::publish::targets::{Target, World};
use crate::render::Snapshot;
use crate::text::count;
use std::time::Duration;

/// A line for people: its label, its text.
type Say<'a> = &'a dyn Fn(&str, String);

/// `url` is the address that the host gave the deployment.
pub(super) fn run(
    site: &Snapshot,
    (target, args): (&Target, &PublishArgs),
    (output, report, url): (&Output, &Report, Option<&str>),
    world: &World,
    say: Say<'_>,
) -> Result<Exit, Failure> {
    let config = &site.project.config;
    let verify = args.verify_live || target.common.verify_live.unwrap_or(url.is_some());
    if verify {
        let base = url.unwrap_or(&config.base_url);
        let patience = Duration::from_secs(target.common.patience);
        let looked = look(base, output, &report.changed, patience, world.clock);
        let problems = looked.map_err(|e| Failure { exit: Exit::World, message: format!("`{base}`: {e}") })?;
        if let Some(first) = problems.first() {
            problems.iter().for_each(|p| say("look", format!("{}: {}", p.url, p.message)));
            let message = match problems.len() {
                1 => format!("`{}` does not show what was published", first.url),
                n => format!("`{}` and {} do not show what was published", first.url, count(n - 1, "other")),
            };
            return Err(Failure { exit: Exit::World, message });
        }
        say("look", format!("{base} shows what was published"));
    }
    let announces = args.indexnow || target.common.indexnow;
    if announces && !config.production() {
        say("note", "search engines are told of sites in production only".to_string());
    } else if announces && (args.indexnow || !report.changed.is_empty() || !report.removed.is_empty()) {
        let endpoint = (world.var)("HUB_INDEXNOW").unwrap_or_else(|| ENDPOINT.to_string());
        let changes = (report.changed.as_slice(), report.removed.as_slice());
        match announce(&endpoint, &config.base_url, output, changes, world.clock) {
            Ok(0) => say("indexnow", "no page changed that the sitemap lists".to_string()),
            Ok(n) => say("indexnow", format!("told search engines of {}", count(n, "page"))),
            // The site is published all the same, and engines find changes without it.
            Err(e) => say("note", format!("IndexNow: {e}")),
        }
    }
    Ok(Exit::Ok)
}
