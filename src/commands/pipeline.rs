//! One build: read, render, check, and only then sync.

use super::Failure;
use super::pages::{self, Pages};
use super::placing::{Placing, in_turn};
use super::site::{self, SiteFiles};
use super::social::{self, Social};
use super::unchanged::{self, Last};
use crate::check;
use crate::content::Before;
use crate::diag::{Code, Diagnostic, Diagnostics, Finding, Level, Parsed, codes, findings};
use crate::digest::{Digest, Seal, Sealing};
use crate::files::{Files, SITE_TOML};
use crate::project::config::Config;
use crate::project::{Project, Settings};
use crate::publish::{self, Changes, Disk, Staged};
use crate::render::{Bytes, Snapshot, cache, identity};
use crate::site::query::Trace;
use crate::site::{Route, Withheld};
use crate::source::RelPath;
use crate::store;
use jiff::Timestamp;
use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What is to be built.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folder of `site.toml`.
    pub root: PathBuf,
    /// The output folder.
    pub out: PathBuf,
    /// What the command line says about the site.
    pub settings: Settings,
    /// Warnings stop the build.
    pub strict: bool,
    /// Builds a second time, without a cache, and compares.
    pub verify: bool,
    /// Takes over files that hub did not write.
    pub adopt: bool,
    /// How many pages there are to be, at the least.
    pub min_pages: Option<usize>,
}

/// What a look at a site does beside what a build does. Nothing is put out.
pub struct Look<'a> {
    /// Finds out about the addresses of other sites.
    pub ask: &'a dyn Fn(&Snapshot, &[check::External]) -> Diagnostics,
    /// Whether the targets of the site may be asked what they show.
    pub online: bool,
    /// Findings that are not looked for, so that nobody knows whether something silences them.
    pub unknown: &'a [Code],
}

/// Counts of a build.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Pages for readers.
    pub pages: usize,
    /// Files of the output, pages among them.
    pub outputs: usize,
    /// Outputs that were rendered now.
    pub rendered: usize,
    /// What the sync did; nothing if the build had errors.
    pub changes: Option<Changes>,
    /// Texts that are not published: their file, and why.
    pub withheld: Vec<(String, Withheld)>,
    /// When the same sources make another site.
    pub next_change: Option<Timestamp>,
    /// The environment.
    pub env: String,
    /// What took how long, in order.
    pub phases: Vec<(&'static str, Duration)>,
}

/// Measures the phases of a build.
struct Laps {
    last: Instant,
    done: Vec<(&'static str, Duration)>,
}

impl Laps {
    fn start() -> Laps {
        Laps { last: Instant::now(), done: Vec::new() }
    }

    fn lap(&mut self, phase: &'static str) {
        self.done.push((phase, self.last.elapsed()));
        self.last = Instant::now();
    }
}

/// How a build ended.
pub struct Outcome {
    /// What was found, in order.
    pub findings: Vec<Finding>,
    /// Counts.
    pub summary: Summary,
    /// Every output.
    pub outputs: Vec<Staged>,
    /// What `site.toml` says.
    pub config: Config,
    /// The files of the site.
    pub files: Arc<dyn Files + Send + Sync>,
    /// All that the build had in memory: whoever has the outcome decides whether it is given back.
    _memory: Option<Box<dyn Any>>,
}

impl Outcome {
    fn without_site(project: Project, files: Arc<dyn Files + Send + Sync>, diags: Diagnostics) -> Outcome {
        let summary = Summary { env: project.config.env.clone(), ..Summary::default() };
        let findings = findings(diags, &project.config.levels);
        Outcome { findings, summary, outputs: Vec::new(), config: project.config, files, _memory: None }
    }

    /// How many findings have a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|f| f.level == level).count()
    }
}

/// Told how many pages are done, of how many.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Builds a site.
pub fn build(request: &Request, progress: Progress<'_>) -> Result<Outcome, Failure> {
    run(request, None, progress)
}

/// Looks at a site as a build does, and closer.
pub fn look(request: &Request, look: &Look<'_>, progress: Progress<'_>) -> Result<Outcome, Failure> {
    run(request, Some(look), progress)
}

fn run(request: &Request, look: Option<&Look<'_>>, progress: Progress<'_>) -> Result<Outcome, Failure> {
    let read_at = clock();
    let mut laps = Laps::start();
    if !request.root.is_dir() {
        return Err(Failure::usage(format!("`{}` is not a folder", request.root.display())));
    }
    let files: Arc<dyn Files + Send + Sync> = Arc::new(SiteFiles::new(&request.root));
    let mut diags = Diagnostics::default();
    let project = crate::project::load(&*files, &request.settings).take(&mut diags);
    laps.lap("list");
    if diags.0.iter().any(|d| d.code == codes::NO_SITE) {
        // Everything else follows from it.
        diags.0.retain(|d| d.code == codes::NO_SITE);
        return Ok(Outcome::without_site(project, files, diags));
    }
    let hub = site::hub_dir(&request.root);
    let hub = site::make_hub_dir(&request.root)
        .map_err(|e| Failure::io(format!("`{}` cannot be written", hub.display()), &e))?;
    let cache_dir = hub.join("cache");
    let _lock = lock(&hub)?;
    let at_out = |e: std::io::Error| Failure::io(format!("`{}` cannot be written", request.out.display()), &e);
    let open = || Disk::open(&request.root, &hub, &request.out, request.adopt);
    let disk = match look.is_none().then(open).transpose().map_err(at_out)?.transpose() {
        Ok(disk) => disk,
        Err(refused) => {
            return Err(Failure::usage(format!("{}\nhelp: {}", refused.message, refused.help.join("\nhelp: "))));
        }
    };
    if !request.verify
        && let Some(disk) = &disk
        && let Some(outcome) = unchanged(request, &project, &files, disk, &cache_dir)
    {
        disk.discard().map_err(at_out)?;
        laps.lap("unchanged");
        return Ok(Outcome { summary: Summary { phases: laps.done, ..outcome.summary }, ..outcome });
    }
    let remembered = cache::read(&cache_dir);
    let lost = remembered.lost;
    laps.lap("cache");
    let found = site::secrets(&request.root);
    let secrets = found.as_ref().ok().cloned().flatten();
    let settings = || request.settings.clone();
    let mut site = Snapshot::of(project, files.clone(), settings(), secrets, &remembered.before).take(&mut diags);
    if site.needs_secret() && site.secrets.is_none() {
        match found? {
            None if site::in_ci() => diags.push(site::no_secret()),
            // The first time there is none, and addresses may derive from it.
            _ => {
                let secrets = Some(site::make_secret(&request.root)?);
                Parsed { value: site, diags } = Snapshot::new(files, settings(), secrets, &remembered.before);
            }
        }
    }
    diags.extend(site.check());
    diags.extend(publish::targets::read(&site.project.config, &RelPath::new(SITE_TOML)).diags);
    laps.lap("read and plan");
    if lost {
        diags.push(Diagnostic::new(codes::CACHE_LOST, "the cache could not be read; everything was rendered anew"));
    }
    let cache = remembered.join(&site);
    laps.lap("join");
    let rendered = AtomicUsize::new(0);
    let guard = check::Guard::new(&site);
    let guarded = cache_dir.join("guarded");
    let state = guard.is_needed().then(|| guard.state());
    // What was looked at before is looked at again only if something else is guarded now.
    let all = state.is_some() && store::open::<Digest>(&guarded, GUARDED).ok().flatten() != state;
    let audit = look.map(|_| check::Audit::new(&site));
    let (disk, audit) = (disk.as_ref(), audit);
    let discard = || disk.map_or(Ok(()), Disk::discard);
    let placing =
        Placing { site: &site, cache: &cache, disk, guard: &guard, audit: audit.as_ref(), all, rendered: &rendered };
    let built = match placing.all(progress) {
        Ok(built) => built,
        Err(e) => {
            let _ = discard();
            return Err(at_out(e));
        }
    };
    laps.lap("render");
    let (staged, traces): (Vec<Staged>, Vec<Arc<Trace>>) = built.into_iter().unzip();
    diags.extend(check::links::said(&check::links::links(&site, &traces)));
    for trace in &traces {
        diags.extend(trace.diags.clone());
    }
    let outputs: Vec<(&str, Seal, u64)> = staged.iter().map(|s| (s.path.as_str(), s.seal, s.len)).collect();
    diags.extend(check::gated(&site, &outputs));
    diags.extend(check::hosts(&site, &outputs));
    let found = guard.finish();
    let clean = found.is_empty();
    diags.extend(found);
    laps.lap("check");
    if request.verify {
        diags.extend(verify(request, &site, &staged)?);
    }
    // What is not published yet has no posts that could go out.
    let posts = site.plan.share.is_some() && !request.settings.drafts && !request.settings.future;
    let stops = |diags: &Diagnostics| stops(request, &site.project, diags);
    let social = match posts {
        true => {
            let stopped = stops(&diags);
            let stops = |found: &Diagnostics| stopped || stops(found);
            let (social, found) = Social::stage(&request.root, &hub, &site, request.adopt, stops)?;
            diags.extend(found);
            laps.lap("social");
            social
        }
        false => None,
    };
    let before = Pages::recall(&cache_dir, &site);
    let now = Pages::of(&site, &staged);
    let pages = site.routes().iter().filter(|r| r.is_page()).count();
    diags.0.extend(check::fewer(pages, now.count, before.as_ref().map(|b| b.count), request.min_pages));
    match look.zip(audit) {
        Some((look, audit)) => {
            let (found, external) = audit.finish(&traces);
            diags.extend(found);
            laps.lap("lints");
            if let Some(published) =
                pages::published(&site, (&request.root, &request.out), look.online).take(&mut diags)
            {
                diags.extend(check::lost(&site, &published));
            }
            laps.lap("targets");
            diags.extend((look.ask)(&site, &external));
            laps.lap("other sites");
            let texts = site.project.files.iter().map(|e| e.path.clone()).filter(pages::has_comments);
            check::ignored_strictly(&*site.files(), texts, look.unknown, &mut diags);
        }
        None => check::ignored(&*site.files(), &mut diags),
    }
    if !stops(&diags) {
        diags.0.extend(disk.iter().flat_map(|disk| disk.strangers(&staged)));
    }
    let ends = look.is_some() || stops(&diags);
    if ends {
        discard().map_err(at_out)?;
        social.as_ref().map_or(Ok(()), Social::discard).map_err(at_out)?;
    }
    let sync = || disk.filter(|_| !ends).map(|disk| disk.sync(&staged)).transpose();
    let remember = || {
        let kept: Vec<(Arc<str>, u64, Arc<Trace>)> =
            site.routes().iter().zip(&traces).map(|(r, t)| (r.path.clone(), identity(&site, r), t.clone())).collect();
        let known =
            rendered.load(Ordering::Relaxed) == 0 && cache.len() == kept.len() && !lost && site.content.all_reused();
        match known {
            true => Ok(()),
            false => cache::write(&cache_dir, &site, &kept, read_at),
        }
    };
    // What is remembered holds whether the sync succeeds or not: it says what the pages are, the manifest where they lie.
    let (changes, remembered) = rayon::join(sync, remember);
    let changes = changes.map_err(at_out)?;
    let drawn = social.as_ref().map_or(0, |s| s.drawn);
    let posted = match social.filter(|_| changes.is_some()) {
        Some(social) => Some((social.sync().map_err(at_out)?.1, social.next_change)),
        None => None,
    };
    match state.filter(|_| clean && changes.is_some()) {
        Some(state) if all => drop(store::save(&guarded, GUARDED, &state)),
        Some(_) => {}
        None if look.is_some() => {}
        // What was found is found again.
        None => drop(std::fs::remove_file(&guarded)),
    }
    if changes.is_some() && before.as_ref() != Some(&now) {
        // Without it, the next build compares with nothing.
        let _ = now.remember(&cache_dir, &site);
    }
    laps.lap("sync and remember");
    let summary = summary(&site, &staged, changes.as_ref().map(|(changes, _)| *changes), rendered.into_inner() + drawn);
    let remembered = remembered.and_then(|()| match &changes {
        Some((_, manifest)) => {
            Last::remember(&cache_dir, &site, &traces, (&summary, diags.clone()), (*manifest, posted), read_at)
        }
        None if look.is_some() => Ok(()),
        None => unchanged::forget(&cache_dir),
    });
    if let Err(e) = remembered {
        diags.push(Diagnostic::new(codes::CACHE_LOST, format!("the cache could not be written: {e}")));
    }
    let summary = Summary { phases: laps.done, ..summary };
    let findings = findings(diags, &site.project.config.levels);
    let (config, files) = (site.project.config.clone(), site.files());
    Ok(Outcome { findings, summary, outputs: staged, config, files, _memory: Some(Box::new((site, traces, cache))) })
}

/// Whether findings are worse than what may be published.
fn stops(request: &Request, project: &Project, diags: &Diagnostics) -> bool {
    let worst = diags.0.iter().map(|d| project.config.levels.of(d.code)).max();
    worst >= Some(if request.strict { Level::Warning } else { Level::Error })
}

/// The outcome of a build whose sources and output are those of the last one.
fn unchanged(
    request: &Request,
    project: &Project,
    files: &Arc<dyn Files + Send + Sync>,
    disk: &Disk,
    dir: &Path,
) -> Option<Outcome> {
    let secret = || Some(site::secrets(&request.root).ok()??.fingerprint());
    let posted = || social::intact(&request.root, &site::hub_dir(&request.root));
    let last = Last::recall(dir, project, &request.settings, disk.digest(), secret, posted)?;
    if stops(request, project, &last.diags) || request.min_pages.is_some_and(|least| last.pages < least) {
        return None;
    }
    let outputs = disk.intact()?;
    let summary = Summary {
        pages: last.pages,
        outputs: outputs.len(),
        rendered: 0,
        changes: Some(Changes { unchanged: outputs.len(), ..Changes::default() }),
        next_change: last.until().and_then(|at| Timestamp::from_second(at).ok()),
        withheld: last.withheld,
        env: project.config.env.clone(),
        phases: Vec::new(),
    };
    let findings = findings(last.diags, &project.config.levels);
    Some(Outcome { findings, summary, outputs, config: project.config.clone(), files: files.clone(), _memory: None })
}

/// The format of what is remembered of the last look at the output.
const GUARDED: &str = "hub guarded 1\n";

/// Builds again from nothing, and compares.
fn verify(request: &Request, first: &Arc<Snapshot>, staged: &[Staged]) -> Result<Diagnostics, Failure> {
    let files: Arc<dyn Files + Send + Sync> = Arc::new(SiteFiles::new(&request.root));
    let secrets = first.secrets.clone();
    let Parsed { value: again, .. } = Snapshot::new(files, request.settings.clone(), secrets, &Before::default());
    let mut diags = Diagnostics::default();
    let differ = |message: String| {
        Diagnostic::new(codes::NOT_REPRODUCIBLE, message)
            .help("did a file change meanwhile? If not, please report it: it is a bug in hub")
    };
    if again.routes().len() != first.routes().len() {
        diags.push(differ("the second build has other pages".to_string()));
        return Ok(diags);
    }
    let seal_of = |route: &Route| {
        let mut sealing = Sealing::default();
        match again.render(route).bytes {
            Bytes::New(bytes) => sealing.update(&bytes),
            Bytes::File(file) => std::io::copy(&mut again.open(&file)?, &mut sealing).map(|_| ())?,
            Bytes::Sealed(part) => part.write(&again, &mut |piece| {
                sealing.update(piece);
                Ok(())
            })?,
            Bytes::Same => {}
        }
        Ok(sealing.finish())
    };
    let seals = in_turn(&again, seal_of);
    let seals = seals.map_err(|e| Failure::io("a file cannot be read", &e))?;
    for ((route, staged), seal) in again.routes().iter().zip(staged).zip(seals) {
        if route.output() != staged.path || seal != staged.seal {
            diags.push(differ(format!("`{}` is not the same twice", staged.path)));
        }
    }
    Ok(diags)
}

fn summary(site: &Snapshot, staged: &[Staged], changes: Option<Changes>, rendered: usize) -> Summary {
    let withheld = site.plan.all_withheld().map(|(id, why)| (site.content.article(id).path.to_string(), why)).collect();
    Summary {
        pages: site.routes().iter().filter(|r| r.is_page()).count(),
        outputs: staged.len(),
        rendered,
        changes,
        withheld,
        next_change: site.plan.next_change.and_then(|at| Timestamp::from_second(at).ok()),
        env: site.project.config.env.clone(),
        phases: Vec::new(),
    }
}

/// Nanoseconds since 1970: told to the cache, never to a page.
fn clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX))
}

/// Two builds of one site at once would take each other's files away: the second waits.
pub(super) fn lock(hub: &Path) -> Result<std::fs::File, Failure> {
    let path = hub.join("lock");
    let failed = |e: std::io::Error| Failure::io(format!("`{}` cannot be locked", path.display()), &e);
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.lock() {
        Err(e) if e.kind() != std::io::ErrorKind::Unsupported => Err(failed(e)),
        _ => Ok(file),
    }
}
