//! `hub share mark`.

use super::{find, plan, site};
use crate::cli::MarkArgs;
use crate::commands::{Exit, Failure};
use crate::posting::Journal;
use crate::share::ledger::{self, Record};
use crate::share::snippets;
use crate::text::choices;
use crate::time;
use std::path::Path;

pub(super) fn run(root: &Path, args: &MarkArgs) -> Result<Exit, Failure> {
    let now = site::now(None)?;
    let at_ledger = |e: std::io::Error| Failure::io(format!("`{}` cannot be written", ledger::PATH), &e);
    let hub = site::make_hub_dir(root).map_err(at_ledger)?;
    let settings = crate::project::Settings { env: None, base_url: None, now, drafts: false, future: true };
    let site = site::snapshot(root, settings, None)?;
    plan::known_network(&site, &args.network)?;
    let id = find(&site, &args.article)?;
    let article = site.content.article(id).name();
    let of_network = |s: &crate::share::Snippet| *s.network == *args.network;
    let all: Vec<_> = snippets(&site, id).into_iter().filter(of_network).collect();
    let Some(snippet) = all.iter().find(|s| *s.variant == *args.variant) else {
        let known = choices(all.iter().map(|s| &*s.variant));
        return Err(Failure::usage(format!(
            "`{article}` has no variant `{}` on `{}`; it has {known}",
            args.variant, args.network
        )));
    };
    let zone = site.project.config.zone.clone();
    let at = match &args.at {
        Some(text) => time::parse(text, &zone).ok_or_else(|| {
            Failure::usage(format!("`--at {text}` is not a date; write 2026-11-22 or 2026-11-22T09:00:00"))
        })?,
        None => now,
    };
    if at > now {
        return Err(Failure::usage(format!("{at} has not come yet: a post is recorded when it is made")));
    }
    let journal = Journal::open(root, &hub, zone.clone()).map_err(at_ledger)?;
    let read = ledger::read(&journal.read().map_err(at_ledger)?, &zone, now);
    if site::say(&site, read.diags) {
        return Err(Failure { exit: Exit::Errors, message: format!("`{}` must be repaired first", ledger::PATH) });
    }
    if let Some(entry) = read.value.find(snippet) {
        let when = time::rfc3339(entry.at, &zone);
        return Err(Failure::usage(format!(
            "the ledger has `{}` of `{article}` on `{}` already: {when}",
            args.variant, args.network
        )));
    }
    let text = ledger::digest_of(snippet);
    let record = Record {
        article,
        network: &args.network,
        variant: &args.variant,
        at,
        text: &text,
        key: "",
        url: args.url.as_deref().unwrap_or_default(),
    };
    journal.add(&record).map_err(at_ledger)?;
    println!("{}: `{}` of `{article}` on `{}`, {}", ledger::PATH, args.variant, args.network, time::rfc3339(at, &zone));
    Ok(Exit::Ok)
}
