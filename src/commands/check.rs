//! `hub check`: the site as a build sees it, and as readers, search engines and other sites do.

use super::build::{Bar, duration, print_findings, request_for};
use super::pipeline::{self, Look, Outcome, Request};
use super::{Exit, Failure, site};
use crate::check::{self, External, Verdict};
use crate::cli::LookArgs;
use crate::diag::{Code, Diagnostics, Format, Level, codes};
use crate::external::{self, Clock, Memory, Web};
use crate::project::checks::LinkRules;
use crate::render::Snapshot;
use crate::text::{count, thousands};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// What only other sites can tell.
const OTHERS: [Code; 5] =
    [codes::DEAD_EXTERNAL, codes::UNSURE_EXTERNAL, codes::EXTERNAL_ANCHOR, codes::MOVED_EXTERNAL, codes::SILENT_TARGET];

/// How links to other sites fared.
#[derive(Default)]
struct Asked {
    all: usize,
    known: usize,
    left: usize,
    asked: usize,
    requests: usize,
    hosts: usize,
    took: Duration,
}

pub(super) fn run(root: &Path, args: &LookArgs) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let request = Request { adopt: true, ..request_for(root, root.join("public"), &args.site)? };
    let bar = Bar::new(args.site.format == Format::Human, begun, "checking");
    let asked = RefCell::new(Asked::default());
    let ask = |snapshot: &Snapshot, external: &[External]| match args.offline {
        true => {
            asked.borrow_mut().all = external.len();
            Diagnostics::default()
        }
        false => ask(root, args, snapshot, external, &bar, &mut asked.borrow_mut()),
    };
    // What was not asked for anew is not known of every link either.
    let look = Look { ask: &ask, online: !args.offline, unknown: if args.offline { &OTHERS } else { &[] } };
    let outcome = pipeline::look(&request, &look, &|done, total| bar.show(done, total))?;
    bar.clear();
    let (errors, warnings) = (outcome.count(Level::Error), outcome.count(Level::Warning));
    let title = format!("hub check: {}, {}", count(errors, "error"), count(warnings, "warning"));
    print_findings(&outcome, root, args.site.format, &title);
    if args.site.format == Format::Human {
        // Nobody is left to tell that the terminal is gone.
        let _ =
            anstream::stderr().lock().write_all(summary(&outcome, args, &asked.borrow(), begun.elapsed()).as_bytes());
    }
    let exit = match (errors, warnings) {
        (0, 0) => Exit::Ok,
        (0, _) if args.site.strict => Exit::Warnings,
        (0, _) => Exit::Ok,
        _ => Exit::Errors,
    };
    // The program ends here, and the system takes memory back faster than its owner gives it.
    std::mem::forget(outcome);
    Ok(exit)
}

/// Asks other sites for what is not known of late.
fn ask(
    root: &Path,
    args: &LookArgs,
    snapshot: &Snapshot,
    external: &[External],
    bar: &Bar,
    asked: &mut Asked,
) -> Diagnostics {
    let begun = Instant::now();
    let config = &snapshot.project.config;
    let rules = LinkRules { anchors: config.links.anchors || args.anchors, ..config.links.clone() };
    let clock = Clock { now: Instant::now, today: jiff::Timestamp::now().as_second() };
    let path = site::hub_dir(root).join("cache").join("links");
    let mut memory = Memory::open(&path);
    let meant: Vec<&External> = external.iter().filter(|e| check::is_asked(&rules, &e.url)).collect();
    let recalled = |e: &External| memory.recall(&e.url, &rules, clock.today).filter(|_| !args.fresh).cloned();
    let known: Vec<Option<Verdict>> = meant.iter().map(|e| recalled(e)).collect();
    // Addresses that differ in a part that is not looked for are one.
    let page = |url: &str| match rules.anchors {
        true => url.to_string(),
        false => url.split('#').next().unwrap_or(url).to_string(),
    };
    let mut urls: Vec<String> =
        meant.iter().zip(&known).filter(|(_, k)| k.is_none()).map(|(e, _)| page(&e.url)).collect();
    urls.dedup();
    let refs: Vec<&str> = urls.iter().map(|u| &**u).collect();
    let web = Web::new(rules.timeout, clock);
    let (verdicts, counts) = external::ask(&refs, &rules, &web, clock, &|done| bar.show(done, refs.len()));
    for (url, verdict) in urls.iter().zip(&verdicts) {
        memory.remember(url, &rules, verdict, clock.today);
    }
    // Without it, they are asked again.
    let _ = memory.save(&path, &rules, clock.today);
    *asked = Asked {
        all: external.len(),
        known: known.iter().flatten().count(),
        left: external.len() - meant.len(),
        asked: urls.len(),
        requests: counts.requests,
        hosts: counts.hosts,
        took: begun.elapsed(),
    };
    let now: FxHashMap<&str, &Verdict> = refs.iter().copied().zip(&verdicts).collect();
    let answered = meant.into_iter().zip(known).filter_map(|(e, known)| {
        let verdict = known.or_else(|| now.get(&*page(&e.url)).map(|v| (*v).clone()))?;
        Some((e.clone(), verdict))
    });
    check::external(snapshot, &answered.collect::<Vec<_>>())
}

fn summary(outcome: &Outcome, args: &LookArgs, asked: &Asked, took: Duration) -> String {
    let mut out = String::new();
    let mut line = |label: &str, text: String| out.push_str(&format!("{label:>10}  {text}\n"));
    let levels = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")];
    let found: Vec<String> = levels
        .into_iter()
        .map(|(level, noun)| (outcome.count(level), noun))
        .filter(|(n, _)| *n > 0)
        .map(|(n, noun)| count(n, noun))
        .collect();
    let found = if found.is_empty() { "nothing is wrong".to_string() } else { found.join(", ") };
    let pages = count(outcome.summary.pages, "page");
    line("checked", format!("{pages} in {}: {found} (env {})", duration(took), outcome.summary.env));
    let links = count(asked.all, "link");
    if args.offline {
        line("offline", format!("{links} to other sites not asked"));
    } else if asked.all > 0 {
        let mut parts = Vec::new();
        if asked.asked > 0 {
            let (requests, hosts) = (count(asked.requests, "request"), count(asked.hosts, "host"));
            parts.push(format!(
                "{} asked by {requests} to {hosts} in {}",
                thousands(asked.asked),
                duration(asked.took)
            ));
        }
        parts.extend((asked.known > 0).then(|| format!("{} answered lately", thousands(asked.known))));
        parts.extend((asked.left > 0).then(|| format!("{} left alone", thousands(asked.left))));
        line("links", format!("{links} to other sites: {}", parts.join(", ")));
    }
    out
}
