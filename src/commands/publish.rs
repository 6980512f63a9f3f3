//! `hub publish`.

use super::build::Bar;
use super::pages::Pages;
use super::{Exit, Failure, after, columns, pipeline, site};
use crate::check;
use crate::cli::PublishArgs;
use crate::files::SITE_TOML;
use crate::posting::Clock;
use crate::project::Settings;
use crate::publish::claim::Seen;
use crate::publish::door::{Comparison, Deploy, Door, Error, Store, Trouble};
use crate::publish::index;
use crate::publish::journal::Journal;
use crate::publish::plan::{Plan, most_deletes};
use crate::publish::push::{Push, Report, when};
use crate::publish::targets::{self, Keep, Target, World};
use crate::publish::{Differing, Known, Output, OutputFile};
use crate::render::Snapshot;
use crate::site::{Own, Withheld};
use crate::source::RelPath;
use crate::text::{count, size, thousands};
use jiff::Timestamp;
use rayon::prelude::*;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Instant;
use zeroize::Zeroizing;

const CLOCK: Clock = Clock { now: Timestamp::now, sleep: std::thread::sleep };
/// How often something is tried, at the most.
const TRIES: u32 = 6;
/// Paths that a plan shows of each sort.
const SHOWN: usize = 12;

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

pub(super) fn run(root: &Path, args: &PublishArgs) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let settings =
        Settings { env: args.env.clone(), base_url: None, now: site::now(None)?, drafts: false, future: false };
    let secrets = site::secrets(root)?;
    let site = site::snapshot(root, settings, secrets)?;
    let found = targets::read(&site.project.config, &RelPath::new(SITE_TOML));
    if site::say(&site, found.diags) {
        return Err(Failure {
            exit: Exit::Errors,
            message: "nothing is published before this is repaired".to_string(),
        });
    }
    let target = pick(&found.value, args.target.as_deref())?;
    if args.rollback && target.kind.can.keep == Keep::Nothing {
        return Err(Failure::usage(format!(
            "`{}` cannot go back: no former states are kept there ({})\nhelp: check out the earlier state of the sources, then run `hub build` and `hub publish`",
            target.name, target.kind.title
        )));
    }
    // No build changes the output while it is published.
    let _lock = pipeline::lock(root)?;
    let hub = site::hub_dir(root);
    let out = args.out.clone().unwrap_or_else(|| root.join("public"));
    let output = open_output(root, &hub, &out)?;
    refuse(&site, &output)?;
    if let Some(message) = unfit(&site, &output).filter(|_| !args.rollback) {
        return Err(Failure { exit: Exit::Errors, message: format!("nothing was published: {message}") });
    }
    let world = world(root, &hub, &out);
    let door = (target.kind.open)(target, &world).map_err(|e| failed(target, &e))?;
    let run = Run { site: &site, target, args, output: &output, world: &world, begun };
    match door {
        Door::Store(store) => run.store(&*store),
        Door::Deploy(deploy) => run.deploy(&*deploy),
    }
}

/// What targets may ask of this machine.
pub(super) fn world(root: &Path, hub: &Path, out: &Path) -> World {
    World {
        var: variable,
        home: variable("HOME").or_else(|| variable("USERPROFILE")).map(Into::into),
        root: root.to_path_buf(),
        hub: hub.to_path_buf(),
        out: out.to_path_buf(),
        clock: CLOCK,
        tries: TRIES,
        attended: !site::in_ci(),
    }
}

/// The target that is asked for.
fn pick<'a>(targets: &'a [Target], name: Option<&str>) -> Result<&'a Target, Failure> {
    let names = || targets.iter().map(|t| t.name.as_str());
    match (name, targets) {
        (Some(name), _) => {
            targets.iter().find(|t| t.name == name).ok_or_else(|| Failure::unknown("target", name, names()))
        }
        (None, [one]) => Ok(one),
        (None, []) => Err(Failure::usage(
            "`site.toml` names no target; add one, such as\n\n[publish.prod]\nkind = \"s3\"\nbucket = \"my-site\"\n\ndocs/publishing.md shows all kinds",
        )),
        (None, _) => {
            let names = crate::text::choices(names());
            Err(Failure::usage(format!("`site.toml` names several targets; name one: {names}")))
        }
    }
}

fn open_output(root: &Path, hub: &Path, out: &Path) -> Result<Output, Failure> {
    let read = Output::open(root, hub, out);
    let read = read.map_err(|e| Failure::io(format!("`{}` cannot be read", out.display()), &e))?;
    let wrong = |message: String| Err(Failure { exit: Exit::Errors, message });
    match read {
        Ok(output) if output.files.is_empty() => {
            wrong(format!("`{}` holds no output of hub: run `hub build` first", out.display()))
        }
        Ok(output) => Ok(output),
        Err(Differing { changed, missing }) => {
            let first = changed.first().or(missing.first()).map_or("", String::as_str);
            let what = if changed.is_empty() { "is missing" } else { "is not as hub built it" };
            let more = match changed.len() + missing.len() - 1 {
                0 => String::new(),
                more => format!(", and so {}", count(more, "more file")),
            };
            wrong(format!("`{}` {what}{more}: run `hub build` again", out.join(first).display()))
        }
    }
}

/// What is published by nobody, whatever the configuration says.
fn refuse(site: &Snapshot, output: &Output) -> Result<(), Failure> {
    let own = |path: &str| path.split('/').any(|part| part == ".hub" || part == ".git" || part.starts_with(".hub-"));
    if let Some(file) = output.files.iter().find(|file| own(&file.path)) {
        let message = format!("`{}` is hub's own or git's, and is not published", file.path);
        return Err(Failure { exit: Exit::Errors, message });
    }
    let outputs: Vec<_> = output.files.iter().map(|f| (f.path.as_str(), f.digest, f.len)).collect();
    let found = check::gated(site, &outputs);
    match found.0.first().map(|d| d.message.clone()) {
        Some(message) => {
            site::say(site, found);
            Err(Failure { exit: Exit::Errors, message: format!("nothing was published: {message}") })
        }
        None => Ok(()),
    }
}

/// Why an output was not built to be published: it is of another environment, or readers of production would see what they are not
/// to see yet. Of another environment everything may be shown.
fn unfit(site: &Snapshot, output: &Output) -> Option<String> {
    let config = &site.project.config;
    let apart = |path: &str| site.plan.find(path).is_some() != output.file(path.trim_start_matches('/')).is_some();
    if Own::ALL.into_iter().any(|(own, path)| own.only_in_production() && apart(path)) {
        let dir = output.dir.display();
        return Some(format!("`{dir}` was built for another environment: run `hub build --env {}` first", config.env));
    }
    let shown = |file: &OutputFile| {
        let text = file.source.as_ref()?;
        let why = site.plan.withheld(site.content.find(text)?)?;
        let early = matches!(why, Withheld::Draft | Withheld::Scheduled(_));
        early.then(|| format!("`{}` shows `{text}`, which is {}: run `hub build` again", file.path, why.name()))
    };
    output.files.iter().filter(|_| config.production()).find_map(shown)
}

fn failed(target: &Target, error: &Error) -> Failure {
    let exit = match error.trouble {
        Trouble::Denied => Exit::Usage,
        _ => Exit::World,
    };
    Failure { exit, message: format!("`{}`: {error}", target.name) }
}

/// One publishing.
struct Run<'a> {
    site: &'a Snapshot,
    target: &'a Target,
    args: &'a PublishArgs,
    output: &'a Output,
    world: &'a World,
    begun: Instant,
}

impl Run<'_> {
    fn store(&self, store: &dyn Store) -> Result<Exit, Failure> {
        let failed = |e: Error| failed(self.target, &e);
        let at_hub = |e: std::io::Error| Failure::io("the journal below `.hub/publish` cannot be opened", &e);
        let Some((journal, before)) = Journal::open(&self.world.hub, &self.target.name).map_err(at_hub)? else {
            return Err(Failure::usage(format!("another `hub publish {}` runs on this machine", self.target.name)));
        };
        let secrets = self.site.secrets.iter().flat_map(|s| s.all());
        let forbidden: Vec<Zeroizing<String>> = secrets.map(|secret| secret.reveal()).collect();
        let push = Push::new(self.target, store, self.output, (self.world, &journal), &forbidden);
        let seen = push.look(&before).map_err(failed)?;
        let former = match self.args.rollback {
            true => Some(self.former(&push, &seen)?),
            false => None,
        };
        let plan = match &former {
            Some((_, former)) => Plan::new(&former.files, &seen.published),
            None => Plan::new(&push.wanted(), &seen.published),
        };
        self.say(&plan, former.as_ref().map(|(at, _)| at.as_str()));
        if plan.is_empty() && seen.published.pending.is_empty() && seen.published.busy.is_none() && former.is_none() {
            eprintln!("{:>10}  nothing: {} has it all", "publish", self.target.name);
            self.remember(&Known::of(self.output, true));
            return self.after(&Report::default(), None);
        }
        if former.is_none() {
            let pages = seen.published.state().keys().filter(|name| name.ends_with(".html")).count();
            self.bound(&plan.delete, (pages, plan.there))?;
        }
        if !self.agreed()? {
            return Ok(Exit::Ok);
        }
        let progress = Bar::new(true, self.begun, "sending");
        let done = match &former {
            Some((_, former)) => push.roll_back(seen, &before, (former, &plan), &|done, of| progress.show(done, of)),
            None => push.publish(seen, &before, &plan, &|done, of| progress.show(done, of)),
        };
        progress.clear();
        let report = done.map_err(failed)?;
        journal.end().map_err(at_hub)?;
        self.done(&report);
        // What is shown now is not what lies in the output folder.
        if let Some((_, former)) = former {
            self.remember(&Known { shown: true, names: former.files.into_keys().collect() });
            return Ok(Exit::Ok);
        }
        self.remember(&Known::of(self.output, true));
        self.after(&report, None)
    }

    fn env(&self) -> &str {
        &self.site.project.config.env
    }

    /// Keeps what the target shows now.
    fn remember(&self, known: &Known) {
        // The site is published all the same.
        if let Err(e) = known.remember(&self.world.hub, self.env(), &self.target.name) {
            self.line("note", format!("`.hub/published` cannot be written: {e}"));
        }
    }

    /// What follows a publishing: a look at the site, and word to search engines.
    fn after(&self, report: &Report, url: Option<&str>) -> Result<Exit, Failure> {
        after::run(self.site, (self.target, self.args), (self.output, report, url), self.world, &|l, text| {
            self.line(l, text)
        })
    }

    /// The state that is gone back to.
    fn former(&self, push: &Push<'_>, seen: &Seen) -> Result<(String, crate::publish::index::Published), Failure> {
        let Some(kept) = seen.published.kept.last() else {
            let message = match self.target.common.keep {
                0 => format!(
                    "`{}` keeps no former state: set `keep = 3` in `[publish.{0}]` before the next change",
                    self.target.name
                ),
                _ => format!("`{}` has no former state: nothing was replaced since `keep` was set", self.target.name),
            };
            return Err(Failure::usage(message));
        };
        let former = push.reachable(kept).map_err(|e| failed(self.target, &e))?;
        Ok((when(kept.at), former))
    }

    fn deploy(&self, deploy: &dyn Deploy) -> Result<Exit, Failure> {
        let failed = |e: Error| failed(self.target, &e);
        if self.args.rollback {
            self.line("plan", format!("`{}` goes back to its deployment before this one", self.target.name));
            if !self.agreed()? {
                return Ok(Exit::Ok);
            }
            let done = deploy.rollback().map_err(failed)?;
            let forgotten = Known::forget(&self.world.hub, self.env(), &self.target.name);
            forgotten.map_err(|e| Failure::io("`.hub/published` cannot be written", &e))?;
            self.deployed(&done.url, &done.notes);
            return Ok(Exit::Ok);
        }
        let comparison = deploy.compare(self.output).map_err(failed)?;
        let changed = comparison.send.len();
        self.line("plan", format!("{} → {}", self.output.dir.display(), self.place()));
        // Addresses that nobody is to guess stand in no log.
        let named = |mark: char, paths: &[String]| {
            paths.iter().map(|p| format!("{mark} {}", index::name_of(p))).collect::<Vec<_>>()
        };
        self.list("send", &named('+', &comparison.send));
        let delete = self.removals(&comparison);
        self.list("remove", &named('-', &delete));
        self.line("as it is", count(comparison.unchanged, "file"));
        comparison.notes.iter().for_each(|note| self.line("note", note.clone()));
        if changed == 0 && delete.is_empty() {
            self.line("publish", format!("nothing: {} has it all", self.target.name));
            self.remember(&Known::of(self.output, !comparison.apart));
            return self.after(&Report::default(), None);
        }
        let paths = self.output.files.iter().map(|f| &f.path).chain(&delete);
        let pages = paths.filter(|path| path.ends_with(".html")).count();
        self.bound(&delete, (pages, comparison.unchanged + delete.len() + changed))?;
        if !self.agreed()? {
            return Ok(Exit::Ok);
        }
        self.refuse_secrets(&comparison.send)?;
        let done = deploy.deploy(self.output, &comparison).map_err(failed)?;
        self.deployed(&done.url, &done.notes);
        self.remember(&Known::of(self.output, !comparison.apart));
        let known = |paths: Vec<String>| {
            paths.into_iter().filter(|p| index::known_part(&index::name_of(p)).is_none()).collect::<Vec<_>>()
        };
        let report = Report { changed: known(comparison.send), removed: known(delete), sent: done.sent };
        self.done(&report);
        self.after(&report, done.url.as_deref())
    }

    /// The paths that go away; where the host does not say what it has, by what was published from here the last time.
    fn removals(&self, comparison: &Comparison) -> Vec<String> {
        if let Some(delete) = &comparison.delete {
            return delete.clone();
        }
        match Known::recall(&self.world.hub, self.env(), &self.target.name) {
            Some(before) => {
                let now = Known::of(self.output, before.shown);
                before.names.difference(&now.names).cloned().collect()
            }
            None => {
                let title = self.target.kind.title;
                self.line(
                    "note",
                    format!("{title} does not say which paths go away, and nothing was published from here"),
                );
                Vec::new()
            }
        }
    }

    /// No file that is sent holds the site's secret.
    fn refuse_secrets(&self, paths: &[String]) -> Result<(), Failure> {
        let secrets = self.site.secrets.iter().flat_map(|s| s.all()).map(|secret| secret.reveal()).collect::<Vec<_>>();
        let holds = |path: &String| {
            let bytes = self.output.file(path).map(|file| self.output.read(file)).transpose()?.unwrap_or_default();
            Ok(secrets
                .iter()
                .any(|secret| memchr::memmem::find(&bytes, secret.as_bytes()).is_some())
                .then(|| path.clone()))
        };
        let found =
            paths.par_iter().map(holds).collect::<Result<Vec<_>, Error>>().map_err(|e| failed(self.target, &e))?;
        match found.into_iter().flatten().next() {
            Some(path) => {
                let message = format!("nothing was published: `{path}` holds the site's secret");
                Err(Failure { exit: Exit::Errors, message })
            }
            None => Ok(()),
        }
    }

    fn deployed(&self, url: &Option<String>, notes: &[String]) {
        notes.iter().for_each(|note| self.line("note", note.clone()));
        if let Some(url) = url {
            self.line("at", url.clone());
        }
    }

    fn done(&self, report: &Report) {
        let took = self.begun.elapsed().as_secs_f64();
        let sent = format!("{} sent, {} removed", thousands(report.sent), thousands(report.removed.len()));
        self.line("published", format!("{}: {sent} in {took:.1} s", self.place()));
    }

    fn place(&self) -> String {
        format!("`{}` ({})", self.target.name, self.target.kind.title)
    }

    fn line(&self, label: &str, text: String) {
        // Nobody is left to tell that the terminal is gone.
        let _ = writeln!(anstream::stderr(), "{label:>10}  {text}");
    }

    /// A number of paths, and the first of them.
    fn list(&self, label: &str, paths: &[String]) {
        if paths.is_empty() {
            return;
        }
        self.line(label, count(paths.len(), "file"));
        let few = if paths.len() <= SHOWN + 1 { paths.len() } else { SHOWN };
        paths.iter().take(few).for_each(|path| self.line("", path.clone()));
        if paths.len() > few {
            self.line("", format!("… and {} more", thousands(paths.len() - few)));
        }
    }

    fn say(&self, plan: &Plan, former: Option<&str>) {
        let from = former.map_or_else(|| self.output.dir.display().to_string(), |at| format!("its state of {at}"));
        self.line("plan", format!("{from} → {}", self.place()));
        let mark = |replaces: bool| if replaces { '~' } else { '+' };
        let send: Vec<String> = plan.send.iter().map(|i| format!("{} {}", mark(i.replaces), i.name)).collect();
        let label = if former.is_some() { "restore" } else { "send" };
        self.list(label, &send);
        self.list("remove", &plan.delete.iter().map(|name| format!("- {name}")).collect::<Vec<_>>());
        let rows = [[count(plan.unchanged, "file"), format!("{} to send", size(plan.bytes()))]];
        self.line("as it is", columns(&rows).trim_end().to_string());
    }

    /// A run that would empty a site is a mistake more often than not. Pages that a build gave up with the author's consent do
    /// not count, nor does their share of the other files.
    fn bound(&self, delete: &[String], (pages, there): (usize, usize)) -> Result<(), Failure> {
        let given_up = Pages::recall(&self.world.hub.join("cache"), self.site).unwrap_or_default().given_up;
        let deletes = delete.len();
        let agreed =
            check::addresses(delete.iter().map(String::as_str)).iter().filter(|a| given_up.contains(*a)).count();
        let share = (agreed * there).div_ceil(pages.max(1));
        let set = self.target.common.max_deletes.unwrap_or_else(|| most_deletes(there));
        let most = self.args.max_deletes.unwrap_or(set + share);
        if deletes <= most || self.args.dry_run {
            return Ok(());
        }
        Err(Failure {
            exit: Exit::Errors,
            message: format!(
                "{} of {} would be removed, and at most {} may be: if that is meant, add `--max-deletes {deletes}`",
                count(deletes, "file"),
                thousands(there),
                thousands(most)
            ),
        })
    }

    /// Whether what was shown is to be done.
    fn agreed(&self) -> Result<bool, Failure> {
        if self.args.dry_run {
            self.line("publish", "nothing was sent: this was a dry run".to_string());
            return Ok(false);
        }
        if self.args.yes {
            return Ok(true);
        }
        if site::in_ci() || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Err(Failure::usage("nothing was sent: nobody is here to be asked, so add `--yes`"));
        }
        eprint!("{:>10}  [y/N] ", "publish?");
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        let yes = read.is_ok() && ["y", "yes"].contains(&line.trim().to_ascii_lowercase().as_str());
        if !yes {
            self.line("publish", "nothing was sent".to_string());
        }
        Ok(yes)
    }
}
