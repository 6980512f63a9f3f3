//! One build: read, render, check, and only then sync.

use super::Failure;
use super::site::{self, SiteFiles};
use super::unchanged::{self, Last};
use crate::buffers;
use crate::check;
use crate::content::Before;
use crate::diag::{Diagnostic, Diagnostics, Finding, Level, Parsed, codes, findings};
use crate::digest::Seal;
use crate::files::Files;
use crate::project::config::Config;
use crate::project::{Project, Settings};
use crate::publish::{Changes, Disk, Staged};
use crate::render::{Bytes, Cache, Snapshot, cache, identity};
use crate::site::query::Trace;
use crate::site::{Route, Withheld};
use jiff::Timestamp;
use rayon::prelude::*;
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
    let disk = match Disk::open(&request.root, &hub, &request.out, request.adopt).map_err(at_out)? {
        Ok(disk) => disk,
        Err(refused) => {
            return Err(Failure::usage(format!("{}\nhelp: {}", refused.message, refused.help.join("\nhelp: "))));
        }
    };
    if !request.verify
        && let Some(outcome) = unchanged(request, &project, &files, &disk, &cache_dir)
    {
        disk.discard().map_err(at_out)?;
        laps.lap("unchanged");
        return Ok(Outcome { summary: Summary { phases: laps.done, ..outcome.summary }, ..outcome });
    }
    let remembered = cache::read(&cache_dir);
    let lost = remembered.lost;
    laps.lap("cache");
    let site = Snapshot::of(project, files, request.settings.clone(), &remembered.before).take(&mut diags);
    diags.extend(site.check());
    laps.lap("read and plan");
    if lost {
        diags.push(Diagnostic::new(codes::CACHE_LOST, "the cache could not be read; everything was rendered anew"));
    }
    if site.needs_secret()
        && let Some(secret) = site::secret(&request.root, &mut diags)?
    {
        // Set once: nobody else has this snapshot yet.
        let _ = site.secret.set(secret);
    }
    let cache = remembered.join(&site);
    laps.lap("join");
    let rendered = AtomicUsize::new(0);
    let built = match render_all(&site, &cache, &disk, &rendered, progress) {
        Ok(built) => built,
        Err(e) => {
            let _ = disk.discard();
            return Err(at_out(e));
        }
    };
    laps.lap("render");
    let (staged, traces): (Vec<Staged>, Vec<Arc<Trace>>) = built.into_iter().unzip();
    diags.extend(check::links(&site, &traces));
    for trace in &traces {
        diags.extend(trace.diags.clone());
    }
    let outputs: Vec<(&str, Seal, u64)> = staged.iter().map(|s| (s.path.as_str(), s.seal, s.len)).collect();
    diags.extend(check::gated(&site, &outputs));
    laps.lap("check");
    if request.verify {
        diags.extend(verify(request, &site, &staged)?);
    }
    let stops = |diags: &Diagnostics| stops(request, &site.project, diags);
    if !stops(&diags) {
        diags.0.extend(disk.strangers(&staged));
    }
    if stops(&diags) {
        disk.discard().map_err(at_out)?;
    }
    let sync = || (!stops(&diags)).then(|| disk.sync(&staged)).transpose();
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
    laps.lap("sync and remember");
    let summary = summary(&site, &staged, changes.as_ref().map(|(changes, _)| *changes), rendered.into_inner());
    let remembered = remembered.and_then(|()| match &changes {
        Some((_, manifest)) => {
            Last::remember(&cache_dir, &site, &traces, (&summary, diags.clone()), *manifest, read_at)
        }
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
    let secret = || site::secret(&request.root, &mut Diagnostics::default()).ok()?.map(|s| s.fingerprint());
    let last = Last::recall(dir, project, &request.settings, disk.digest(), secret)?;
    if stops(request, project, &last.diags) {
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

fn render_all(
    site: &Arc<Snapshot>,
    cache: &Cache,
    disk: &Disk,
    rendered: &AtomicUsize,
    progress: Progress<'_>,
) -> std::io::Result<Vec<(Staged, Arc<Trace>)>> {
    let total = site.routes().len();
    let done = AtomicUsize::new(0);
    let one = |route: &Route| {
        let result = place(site, route, cache, disk, rendered);
        let n = done.fetch_add(1, Ordering::Relaxed) + 1;
        if n.is_multiple_of(64) {
            progress(n, total);
        }
        result
    };
    site.routes().par_iter().map(one).collect()
}

/// Renders a page, if it must be, and stages it, if the output folder does not have it.
fn place(
    site: &Arc<Snapshot>,
    route: &Route,
    cache: &Cache,
    disk: &Disk,
    rendered: &AtomicUsize,
) -> std::io::Result<(Staged, Arc<Trace>)> {
    let output = route.output();
    let source = route.source.as_ref();
    let mut page = site.page(route, cache);
    if let Bytes::Same = page.bytes {
        if let Some(there) = disk.has(&output, page.trace.output, source) {
            return Ok((there, page.trace));
        }
        page = site.render(route);
    }
    match page.bytes {
        Bytes::New(bytes) => {
            rendered.fetch_add(1, Ordering::Relaxed);
            let staged = disk.stage(&output, &bytes, page.trace.output, source)?;
            buffers::give(bytes);
            Ok((staged, page.trace))
        }
        Bytes::File(file) => {
            let staged = disk.stage_copy(&output, &mut &site.read(&file)?[..], source)?;
            let trace = Trace { output: staged.seal, len: staged.len, ..(*page.trace).clone() };
            Ok((staged, Arc::new(trace)))
        }
        // A page that was rendered just now is never the same as before.
        Bytes::Same => Err(std::io::Error::other("a rendered page without bytes")),
    }
}

/// Builds again from nothing, and compares.
fn verify(request: &Request, first: &Arc<Snapshot>, staged: &[Staged]) -> Result<Diagnostics, Failure> {
    let files: Arc<dyn Files + Send + Sync> = Arc::new(SiteFiles::new(&request.root));
    let Parsed { value: again, .. } = Snapshot::new(files, request.settings.clone(), &Before::default());
    if let Some(secret) = first.secret.get() {
        let _ = again.secret.set(secret.clone());
    }
    let mut diags = Diagnostics::default();
    let differ = |message: String| {
        Diagnostic::new(codes::NOT_REPRODUCIBLE, message)
            .help("did a file change meanwhile? If not, please report it: it is a bug in hub")
    };
    if again.routes().len() != first.routes().len() {
        diags.push(differ("the second build has other pages".to_string()));
        return Ok(diags);
    }
    let seals: Result<Vec<Seal>, std::io::Error> = again
        .routes()
        .par_iter()
        .map(|route| match again.render(route).bytes {
            Bytes::New(bytes) => Ok(crate::digest::seal(&bytes)),
            Bytes::File(file) => Ok(crate::digest::seal(&again.read(&file)?)),
            Bytes::Same => Ok(Seal::default()),
        })
        .collect();
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
fn lock(hub: &Path) -> Result<std::fs::File, Failure> {
    let path = hub.join("lock");
    let failed = |e: std::io::Error| Failure::io(format!("`{}` cannot be locked", path.display()), &e);
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.lock() {
        Err(e) if e.kind() != std::io::ErrorKind::Unsupported => Err(failed(e)),
        _ => Ok(file),
    }
}
