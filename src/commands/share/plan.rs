//! `hub share plan`.

use super::{site, table};
use crate::cli::PlanArgs;
use crate::commands::{Exit, Failure};
use crate::project::Settings;
use crate::render::Snapshot;
use crate::share::subjects::{Sources, gather};
use crate::share::{Calendar, Post, State, calendar, exports};
use crate::text::{choices, count};
use crate::{store, time};
use jiff::{Span, Timestamp, Zoned};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

/// The site, with what is to come if it is asked for, and what its calendar is made of.
pub(super) fn sources(root: &Path, now: Timestamp, future: bool) -> Result<(Arc<Snapshot>, Sources), Failure> {
    let settings = Settings { env: None, base_url: None, now, drafts: false, future };
    let site = site::snapshot(root, settings, None)?;
    let sources = gather(&site);
    Ok((site, sources))
}

/// The network of a name on the command line.
pub(super) fn known_network(site: &Snapshot, name: &str) -> Result<(), Failure> {
    let networks = &site.plan.networks;
    if networks.named(name).is_some() {
        return Ok(());
    }
    let known = || networks.all().iter().map(|n| &*n.name);
    let near = crate::text::nearest(name, known()).map(|n| format!("; did you mean `{n}`?"));
    let there = || format!("; there are {}", choices(known()));
    Err(Failure::usage(format!("there is no network `{name}`{}", near.unwrap_or_else(there))))
}

pub(super) fn run(root: &Path, args: &PlanArgs) -> Result<Exit, Failure> {
    let now = site::now(args.now.as_deref())?;
    let (site, sources) = sources(root, now, true)?;
    for name in &args.network {
        known_network(&site, name)?;
    }
    let calendar = sources.calendar();
    let failed = site::say(&site, sources.check(&site, &calendar));
    let zone = &site.project.config.zone;
    let today = |at: Timestamp| at.to_zoned(zone.clone()).start_of_day().map_err(|e| Failure::usage(e.to_string()));
    let from = match &args.from {
        Some(text) => today(
            time::parse(text, zone)
                .ok_or_else(|| Failure::usage(format!("`--from {text}` is not a date; write 2026-11-22")))?,
        )?,
        None => today(now)?,
    };
    let until =
        from.checked_add(Span::new().weeks(i64::from(args.weeks))).map_err(|e| Failure::usage(e.to_string()))?;
    // What is due shows whenever its time was.
    let shown = |p: &&Post<'_>| {
        let in_range = p.at >= from.timestamp() && p.at < until.timestamp();
        let due = args.from.is_none() && p.state == State::Due;
        let of_network = args.network.is_empty() || args.network.iter().any(|n| **n == *p.snippet.network);
        (in_range || due) && p.state != State::Missed && of_network
    };
    let posts: Vec<&Post<'_>> = calendar.posts.iter().filter(shown).collect();
    let exported = args.out.clone().unwrap_or_else(|| root.join("social/exports"));
    match args.format.as_str() {
        "json" => {
            let rows: Vec<_> = posts.iter().map(|p| exports::row(p, zone)).collect();
            println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
        }
        "table" => {
            let text = table::draw(&site, &posts, table::width());
            let _ = anstream::stdout().lock().write_all(text.as_bytes());
            summary(&sources, &calendar, &posts, &from, args.weeks);
            // As a build writes it: of what is published.
            let (site, sources) = self::sources(root, now, false)?;
            let file = calendar::ics(&site, sources.calendar().posts.iter());
            let dir = args.out.clone().unwrap_or_else(|| root.join("social"));
            write(&dir, vec![("calendar.ics".into(), file)])?;
        }
        "ics" => {
            let file = calendar::ics(&site, posts.iter().copied());
            write(&exported, vec![("calendar.ics".into(), file)])?;
        }
        name => {
            let Some(format) = exports::named(name) else { return Err(Failure::usage("there is no such format")) };
            let export = exports::export(format, &posts, &sources.rules, now);
            if export.files.is_empty() {
                eprintln!("{:>10}  nothing to post from {} on", "plan", from.date());
            }
            write(&exported, export.files)?;
            export.notes.iter().for_each(|note| eprintln!("{:>10}  {note}", "note"));
        }
    }
    Ok(if failed { Exit::Errors } else { Exit::Ok })
}

fn write(dir: &Path, files: Vec<(String, String)>) -> Result<(), Failure> {
    let failed = |path: &Path, e: &std::io::Error| Failure::io(format!("`{}` cannot be written", path.display()), e);
    std::fs::create_dir_all(dir).map_err(|e| failed(dir, &e))?;
    for (name, text) in files {
        let path = dir.join(name);
        if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            eprintln!("{:>10}  {} (unchanged)", "calendar", path.display());
            continue;
        }
        store::replace(&path, text.as_bytes()).map_err(|e| failed(&path, &e))?;
        eprintln!("{:>10}  {}", "written", path.display());
    }
    Ok(())
}

fn summary(sources: &Sources, calendar: &Calendar<'_>, posts: &[&Post<'_>], from: &Zoned, weeks: u16) {
    let line = |label: &str, text: String| eprintln!("{label:>10}  {text}");
    let open = posts.iter().filter(|p| p.state != State::Posted).count();
    let due = posts.iter().filter(|p| p.state == State::Due).count();
    let asks = posts.iter().filter(|p| p.ask).count();
    let mut text =
        format!("{} in {} from {}", count(open, "post"), count(weeks.into(), "week"), from.strftime("%-d %B %Y"));
    if due > 0 {
        text.push_str(&format!(", {due} due now"));
    }
    line("plan", text);
    let left_out = calendar.asks_left_out.len();
    if asks + left_out > 0 && sources.rules.ask_every > 0 {
        let out = if left_out > 0 { format!("; {left_out} left out for want of other posts") } else { String::new() };
        line("asks", format!("{asks}, at most one in {} posts{out}", sources.rules.ask_every));
    }
    if !calendar.crowded_out.is_empty() {
        let n = count(calendar.crowded_out.len(), "post");
        line("crowded", format!("{n} found no free time: give networks more `times` or `per_day` in `[share.plan]`"));
    }
}
