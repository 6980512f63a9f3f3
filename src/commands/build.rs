//! `hub build`.

use super::pipeline::{self, Outcome, Request};
use super::{Exit, Failure, report, site};
use crate::buffers;
use crate::cli::{BuildArgs, SiteArgs};
use crate::diag::{self, Format, Level, draw_in};
use crate::project::Settings;
use crate::site::Withheld;
use crate::source::RelPath;
use crate::text::count;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the arguments ask for.
pub(super) fn request(root: &Path, args: &BuildArgs) -> Result<Request, Failure> {
    let out = args.out.clone().unwrap_or_else(|| root.join("public"));
    Ok(Request { verify: args.verify, adopt: args.adopt, ..request_for(root, out, &args.site)? })
}

/// The site that the arguments speak of, with an output folder.
pub(super) fn request_for(root: &Path, out: PathBuf, args: &SiteArgs) -> Result<Request, Failure> {
    let settings = Settings {
        env: args.env.clone(),
        base_url: args.base_url.clone(),
        now: site::now(args.now.as_deref())?,
        drafts: args.drafts,
        future: args.future,
    };
    let (strict, min_pages) = (args.strict, args.min_pages);
    Ok(Request { root: root.to_path_buf(), out, settings, strict, verify: false, adopt: false, min_pages })
}

/// Builds, and says what came of it.
pub(super) fn run(root: &Path, args: &BuildArgs) -> Result<Exit, Failure> {
    buffers::keep();
    once(&request(root, args)?, args)
}

/// One build of a request.
pub(super) fn once(request: &Request, args: &BuildArgs) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let bar = Bar::new(args.site.format == Format::Human, begun, "rendering");
    let outcome = pipeline::build(request, &|done, total| bar.show(done, total))?;
    bar.clear();
    if let Some(path) = &args.report {
        let json = report::json(&outcome, begun.elapsed());
        crate::store::replace(path, json.as_bytes())
            .map_err(|e| Failure::io(format!("`{}` cannot be written", path.display()), &e))?;
    }
    let title = match outcome.summary.changes {
        Some(_) => format!("hub build: {}", count(outcome.summary.pages, "page")),
        None => "hub build: nothing was published".to_string(),
    };
    print_findings(&outcome, &request.root, args.site.format, &title);
    if args.site.format == Format::Human {
        let mut err = anstream::stderr().lock();
        // Nobody is left to tell that the terminal is gone.
        let _ = err.write_all(summary(&outcome, request, begun.elapsed()).as_bytes());
    }
    let exit = if outcome.count(Level::Error) > 0 {
        Exit::Errors
    } else if request.strict && outcome.count(Level::Warning) > 0 {
        Exit::Warnings
    } else {
        Exit::Ok
    };
    if !args.watch {
        // The program ends here, and the system takes memory back faster than its owner gives it.
        std::mem::forget(outcome);
    }
    Ok(exit)
}

/// Writes the findings of a site. Under GitHub Actions they are annotations as well, and stand in the summary of the step.
pub(super) fn print_findings(outcome: &Outcome, root: &Path, format: Format, title: &str) {
    let text = |path: &RelPath| outcome.files.read(path).ok().map(|b| Arc::from(String::from_utf8_lossy(&b)));
    let folder = site::folder(root);
    // Colours are taken out by the stream where nobody could see them.
    let drawn = draw_in(&folder, &outcome.findings, format, format == Format::Human, &text);
    let _ = match format.is_for_programs() {
        true => anstream::stdout().lock().write_all(drawn.as_bytes()),
        false => anstream::stderr().lock().write_all(drawn.as_bytes()),
    };
    if !site::in_github_actions() {
        return;
    }
    if !format.is_for_programs() {
        let annotations = draw_in(&folder, &outcome.findings, Format::Github, false, &text);
        let _ = anstream::stdout().lock().write_all(annotations.as_bytes());
    }
    site::add_to_summary(&diag::summary(title, &outcome.findings, &text));
}

fn summary(outcome: &Outcome, request: &Request, took: Duration) -> String {
    let s = &outcome.summary;
    let (errors, warnings) = (outcome.count(Level::Error), outcome.count(Level::Warning));
    let mut out = String::new();
    let mut line = |label: &str, text: String| out.push_str(&format!("{label:>10}  {text}\n"));
    let problems = |n: usize, noun: &str| if n == 0 { String::new() } else { format!(", {}", count(n, noun)) };
    match s.changes {
        Some(changes) => {
            line(
                "built",
                format!(
                    "{} in {} (env {}{})",
                    count(s.pages, "page"),
                    duration(took),
                    s.env,
                    problems(warnings, "warning")
                ),
            );
            line(
                "outputs",
                format!(
                    "{}: {} written, {} unchanged, {} removed → {}",
                    crate::text::thousands(s.outputs),
                    crate::text::thousands(changes.written),
                    crate::text::thousands(changes.unchanged),
                    crate::text::thousands(changes.removed),
                    request.out.display()
                ),
            );
        }
        None => {
            let why = if errors > 0 { count(errors, "error") } else { count(warnings, "warning") };
            let more = if errors > 0 { problems(warnings, "warning") } else { String::new() };
            line("failed", format!("{why}{more} in {}; {} is as it was", duration(took), request.out.display()));
        }
    }
    for (label, is) in [("draft", 0), ("scheduled", 1), ("expired", 2)] {
        let of_kind = |w: &Withheld| match w {
            Withheld::Draft => 0,
            Withheld::Scheduled(_) => 1,
            Withheld::Expired(_) => 2,
        };
        let texts: Vec<&str> = s.withheld.iter().filter(|(_, w)| of_kind(w) == is).map(|(path, _)| &**path).collect();
        match texts.as_slice() {
            [] => {}
            few if few.len() <= 3 => line(label, few.join(", ")),
            [first, second, rest @ ..] => line(label, format!("{first}, {second} and {} more", rest.len())),
            [one] => line(label, one.to_string()),
        }
    }
    if let Some(next) = s.next_change {
        let zone = outcome.config.zone.clone();
        line("next", format!("the site changes by itself on {}", next.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z")));
    }
    if s.env != "production" && s.changes.is_some() {
        line("note", "not for production: pages ask search engines to stay away".to_string());
    }
    out
}

pub(super) fn duration(took: Duration) -> String {
    match took.as_millis() {
        ms if ms < 1000 => format!("{ms} ms"),
        ms => format!("{:.2} s", ms as f64 / 1000.0),
    }
}

/// A bar on a terminal, for anything that takes longer than a second.
pub(super) struct Bar {
    bar: Option<indicatif::ProgressBar>,
    begun: Instant,
    /// What takes so long.
    what: &'static str,
}

impl Bar {
    pub(super) fn new(wanted: bool, begun: Instant, what: &'static str) -> Bar {
        let shown = wanted && std::io::stderr().is_terminal() && !site::in_ci();
        Bar {
            bar: shown.then(|| indicatif::ProgressBar::with_draw_target(None, indicatif::ProgressDrawTarget::hidden())),
            begun,
            what,
        }
    }

    pub(super) fn show(&self, done: usize, total: usize) {
        let Some(bar) = &self.bar else { return };
        if self.begun.elapsed() < Duration::from_secs(1) {
            return;
        }
        if bar.is_hidden() {
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
            // The template is a constant that indicatif accepts.
            if let Ok(style) = indicatif::ProgressStyle::with_template("{msg:>11}  {bar:30} {pos}/{len}") {
                bar.set_style(style);
                bar.set_message(self.what);
            }
        }
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    }

    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
