//! The steps of a build, each with what it needs from the one before.

use super::verify::verify;
use super::{Look, Outcome, Progress, Request, Summary, lock};
use crate::check;
use crate::commands::Failure;
use crate::commands::pages::{self, Pages};
use crate::commands::placing::Placing;
use crate::commands::site::{self, SiteFiles};
use crate::commands::social::{self, Social};
use crate::commands::unchanged::{self, Last, Since};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes, findings};
use crate::digest::{Digest, Hasher};
use crate::files::{Files, SITE_TOML};
use crate::project::Project;
use crate::publish::{self, Changes, Disk, Item, Staged};
use crate::render::{Cache, Snapshot, cache, identity};
use crate::site::query::Trace;
use crate::source::RelPath;
use crate::store;
use jiff::Timestamp;
use rayon::prelude::*;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

/// Measures the phases of a build.
pub(super) struct Laps {
    last: Instant,
    pub(super) done: Vec<(&'static str, Duration)>,
}

impl Laps {
    pub(super) fn lap(&mut self, phase: &'static str) {
        self.done.push((phase, self.last.elapsed()));
        self.last = Instant::now();
    }
}

/// A build that is under way.
pub(super) struct Work<'a> {
    pub(super) request: &'a Request,
    look: Option<&'a Look<'a>>,
    files: Arc<dyn Files + Send + Sync>,
    hub: PathBuf,
    pub(super) cache: PathBuf,
    /// What the cache holds, where it was read already.
    remembered: Option<cache::Read>,
    /// What the last build came to, where this one may come to the same.
    pub(super) last: Option<Last>,
    /// The output folder; none where a site is only looked at.
    pub(super) disk: Option<Disk>,
    /// When the sources were listed, in nanoseconds since 1970.
    pub(super) read_at: i64,
    /// Digest of what was found then.
    pub(super) listed: Digest,
    /// Digest of the sources themselves.
    pub(super) sources: Digest,
    pub(super) laps: Laps,
    diags: Diagnostics,
    /// Files in which a finding is silenced.
    silenced: Vec<RelPath>,
    _lock: File,
}

/// A site that was read, and what is remembered of it.
pub(super) struct Read {
    pub site: Arc<Snapshot>,
    pub remembered: cache::Read,
    /// What is another since then, where it is known.
    pub since: Option<Since>,
}

/// A site and its pages of an earlier build.
pub(super) struct Joined {
    pub site: Arc<Snapshot>,
    cache: Cache,
    /// Whether there was a cache that could not be used.
    lost: bool,
}

/// The staged pages of a site.
pub(super) struct Built {
    staged: Vec<Staged>,
    traces: Vec<Arc<Trace>>,
    rendered: usize,
    guarded: Guarded,
}

/// What was guarded when the output was last looked at as a whole.
pub(super) struct Guarded {
    file: PathBuf,
    /// What is guarded now; none if there is nothing to guard.
    now: Option<Digest>,
    /// Whether the output must be looked at as a whole again.
    pub(super) all: bool,
    /// What is put out of it.
    found: Diagnostics,
}

impl Guarded {
    /// The format of its file.
    const FORMAT: &str = "hub guarded 1\n";

    pub(super) fn open(cache: &Path, guard: &check::Guard<'_>) -> Guarded {
        let file = cache.join("guarded");
        let now = guard.is_needed().then(|| guard.state());
        let all = now.is_some() && store::open::<Digest>(&file, Guarded::FORMAT).ok().flatten() != now;
        Guarded { file, now, all, found: Diagnostics::default() }
    }

    /// Remembers what an output that was `put` in its place was looked at for. Where this fails, it is looked at again.
    fn remember(&self, put: bool) {
        match self.now.filter(|_| self.found.is_empty() && put) {
            Some(state) if self.all => drop(store::save(&self.file, Guarded::FORMAT, &state)),
            Some(_) => {}
            // What was found is found again.
            None => drop(std::fs::remove_file(&self.file)),
        }
    }
}

impl<'a> Work<'a> {
    /// Lists the sources and opens the output folder. The outcome if there is nothing to do, or nothing that could be done.
    pub(super) fn begin(
        request: &'a Request,
        look: Option<&'a Look<'a>>,
    ) -> Result<Result<(Work<'a>, Project), Box<Outcome>>, Failure> {
        let read_at = clock();
        let mut laps = Laps { last: Instant::now(), done: Vec::new() };
        if !request.root.is_dir() {
            return Err(Failure::usage(format!("`{}` is not a folder", request.root.display())));
        }
        let files: Arc<dyn Files + Send + Sync> = Arc::new(SiteFiles::new(&request.root));
        let mut diags = Diagnostics::default();
        let hub = site::hub_dir(&request.root);
        // Where there is no site, nothing is made.
        let is_site = request.root.join(SITE_TOML).exists();
        let _lock = is_site.then(|| lock(&request.root)).transpose()?;
        let builds = look.is_none() && is_site;
        // Much of listing is the work of one thread; another opens the output meanwhile.
        let (project, disk) = rayon::join(
            || crate::project::load(&*files, &request.settings),
            || builds.then(|| Disk::open(&request.root, &hub, &request.out, request.adopt)).transpose(),
        );
        let project = project.take(&mut diags);
        laps.lap("list");
        let Some(_lock) = _lock else {
            // Everything else follows from it.
            diags.0.retain(|d| d.code == codes::NO_SITE);
            return Ok(Err(Box::new(Outcome::without_site(project, files, diags))));
        };
        let disk = match disk.map_err(|e| at_out(request, &e))?.transpose() {
            Ok(disk) => disk,
            Err(refused) => {
                return Err(Failure::usage(format!("{}\nhelp: {}", refused.message, refused.help.join("\nhelp: "))));
            }
        };
        let cache = hub.join("cache");
        let listed = Hasher::new("listed").value(&diags).finish();
        let sources = unchanged::sources(&project, &request.settings);
        let last = (builds && !request.verify).then(|| Last::read(&cache)).flatten();
        let same = last.as_ref().filter(|last| last.holds(&project, (listed, sources), &request.settings));
        let remembered = same.is_none().then(|| cache::read(&cache));
        if let Some((of, last)) = disk.as_ref().zip(same)
            && let Some(outcome) = unchanged(request, &project, &files, of, last)
        {
            of.discard().map_err(|e| at_out(request, &e))?;
            laps.lap("unchanged");
            let summary = Summary { phases: laps.done, ..outcome.summary };
            return Ok(Err(Box::new(Outcome { summary, left: disk, ..outcome })));
        }
        Ok(Ok((
            Work {
                request,
                look,
                files,
                hub,
                cache,
                remembered,
                last,
                disk,
                read_at,
                listed,
                sources,
                laps,
                diags,
                silenced: Vec::new(),
                _lock,
            },
            project,
        )))
    }

    /// Reads the texts and plans the site.
    pub(super) fn read(&mut self, project: Project) -> Result<Read, Failure> {
        let remembered = self.remembered.take().unwrap_or_else(|| cache::read(&self.cache));
        self.laps.lap("cache");
        let root = &self.request.root;
        let found = site::secrets(root);
        let secrets = found.as_ref().ok().cloned().flatten();
        let settings = || self.request.settings.clone();
        let files = || self.files.clone();
        let since = Since::of(&remembered, &project, &self.request.settings, secrets.as_ref());
        // Much of planning is the work of one thread; another looks at the output meanwhile.
        let look = || self.disk.iter().for_each(Disk::look);
        let read = || Snapshot::of(project, files(), settings(), secrets, &remembered.before);
        let (read, ()) = rayon::join(read, look);
        let mut site = read.take(&mut self.diags);
        if site.needs_secret() && site.secrets.is_none() {
            match found? {
                None if site::in_ci() => self.diags.push(site::no_secret()),
                // The first time there is none, and addresses may derive from it.
                _ => {
                    let secrets = Some(site::make_secret(root)?);
                    Parsed { value: site, diags: self.diags } =
                        Snapshot::new(files(), settings(), secrets, &remembered.before);
                }
            }
        }
        self.diags.extend(site.check());
        let targets = publish::targets::read(&site.project.config, &RelPath::new(SITE_TOML));
        self.diags.extend(targets.diags);
        self.laps.lap("read and plan");
        Ok(Read { site, remembered, since })
    }

    /// Asks again what the pages of an earlier build asked.
    pub(super) fn join(&mut self, Read { site, remembered, .. }: Read) -> Joined {
        let lost = remembered.lost;
        if lost {
            let message = "the cache could not be read; everything was rendered anew";
            self.diags.push(Diagnostic::new(codes::CACHE_LOST, message));
        }
        let cache = remembered.join(&site);
        self.laps.lap("join");
        Joined { site, cache, lost }
    }

    /// Renders what must be rendered, and stages what the output folder does not have. Beside it, what was seen on the pages of a
    /// site that is looked at.
    pub(super) fn place<'s>(
        &mut self,
        read: &'s Joined,
        progress: Progress<'_>,
    ) -> Result<(Built, Option<check::Audit<'s>>), Failure> {
        let site = &read.site;
        let rendered = AtomicUsize::new(0);
        let guard = check::Guard::new(site);
        let mut guarded = Guarded::open(&self.cache, &guard);
        let audit = self.look.map(|_| check::Audit::new(site));
        let placing = Placing {
            site,
            cache: &read.cache,
            disk: self.disk.as_ref(),
            guard: &guard,
            audit: audit.as_ref(),
            all: guarded.all,
            rendered: &rendered,
        };
        let placed = placing.all(progress).map_err(|e| self.cannot_write(&e))?;
        self.laps.lap("render");
        guarded.found = guard.finish();
        let (staged, traces) = placed;
        Ok((Built { staged, traces, rendered: rendered.into_inner(), guarded }, audit))
    }

    /// Checks what would be put out.
    pub(super) fn check(&mut self, site: &Arc<Snapshot>, built: &Built) -> Result<(), Failure> {
        let diags = &mut self.diags;
        diags.extend(check::links::said(&check::links::links(site, &built.traces)));
        for trace in &built.traces {
            diags.extend(trace.diags.clone());
        }
        let outputs = outputs(built.staged.iter().map(Staged::item));
        diags.extend(check::gated(site, &outputs));
        diags.extend(check::hosts(site, &outputs));
        diags.extend(built.guarded.found.clone());
        self.laps.lap("check");
        if self.request.verify {
            self.diags.extend(verify(self.request, site, &built.staged)?);
        }
        Ok(())
    }

    /// Stages what is posted, where the site posts.
    pub(super) fn posts(&mut self, site: &Arc<Snapshot>) -> Result<Option<Social>, Failure> {
        let settings = &self.request.settings;
        // What is not published yet has no posts that could go out.
        if site.plan.share.is_none() || settings.drafts || settings.future {
            return Ok(None);
        }
        let stopped = self.stops(site);
        let stops = |found: &Diagnostics| stopped || self.request.stops(&site.project, found);
        let (social, found) = Social::stage(&self.request.root, &self.hub, site, self.request.adopt, stops)?;
        self.diags.extend(found);
        self.laps.lap("social");
        Ok(social)
    }

    /// Compares the pages with those of the last build, and where a site is looked at, with everything else. Gives the pages if
    /// they are others.
    pub(super) fn compare(
        &mut self,
        site: &Arc<Snapshot>,
        built: &Built,
        audit: Option<check::Audit<'_>>,
    ) -> Option<Pages> {
        let request = self.request;
        let recall = || Pages::recall(&self.cache, site);
        let (before, mut now) = rayon::join(recall, || Pages::of(site, &built.staged));
        let pages = site.routes().iter().filter(|r| r.is_page()).count();
        let count = before.as_ref().map(|b| b.count);
        self.diags.0.extend(check::fewer(pages, now.count, count, request.min_pages));
        if let Some(before) = &before {
            now.give_up(before, request.min_pages.is_some() && check::fewer(pages, now.count, count, None).is_some());
        }
        match self.look.zip(audit) {
            Some((look, audit)) => self.look_closer(site, look, audit, &built.traces),
            None => self.silenced = check::ignored(&*site.files(), &mut self.diags),
        }
        if !self.stops(site) {
            self.diags.0.extend(self.disk.iter().flat_map(|disk| disk.strangers(&built.staged)));
        }
        (before.as_ref() != Some(&now)).then_some(now)
    }

    fn look_closer(&mut self, site: &Arc<Snapshot>, look: &Look<'_>, audit: check::Audit<'_>, traces: &[Arc<Trace>]) {
        let (found, external) = audit.finish(traces);
        self.diags.extend(found);
        self.laps.lap("lints");
        let places = (&*self.request.root, &*self.request.out);
        if let Some(published) = pages::published(site, places, look.online).take(&mut self.diags) {
            self.diags.extend(check::lost(site, &published));
        }
        self.laps.lap("targets");
        self.diags.extend((look.ask)(site, &external));
        self.laps.lap("other sites");
        let texts = site.project.files.iter().map(|e| e.path.clone()).filter(pages::has_comments);
        check::ignored_strictly(&*site.files(), texts, look.unknown, &mut self.diags);
    }

    /// Puts everything in its place if nothing speaks against it, and remembers what the next build need not do again.
    pub(super) fn settle(
        mut self,
        read: Joined,
        built: Built,
        social: Option<Social>,
        pages: Option<Pages>,
    ) -> Result<Outcome, Failure> {
        let Joined { site, .. } = &read;
        let Built { staged, traces, rendered, guarded, .. } = built;
        let at_out = |e: io::Error| at_out(self.request, &e);
        let ends = self.look.is_some() || self.stops(site);
        if ends {
            self.discard().map_err(at_out)?;
            social.as_ref().map_or(Ok(()), Social::discard).map_err(at_out)?;
        }
        let disk = self.disk.as_ref().filter(|_| !ends);
        let sync = || disk.map(|disk| disk.sync(&staged)).transpose();
        let (dir, listed, sources, read_at) = (&*self.cache, self.listed, self.sources, self.read_at);
        // What is remembered holds whether the sync succeeds or not: it says what the pages are, the manifest where they lie.
        let (changes, remembered) = rayon::join(sync, || remember(dir, &read, &traces, rendered, (sources, read_at)));
        let changes = changes.map_err(at_out)?;
        let drawn = social.as_ref().map_or(0, |s| s.drawn);
        let posted = match social.filter(|_| changes.is_some()) {
            Some(social) => Some((social.sync().map_err(at_out)?.1, social.next_change)),
            None => None,
        };
        if self.look.is_none() {
            guarded.remember(changes.is_some());
        }
        if let Some(pages) = pages.filter(|_| changes.is_some()) {
            // Without it, the next build compares with nothing.
            let _ = pages.remember(dir, site);
        }
        self.laps.lap("sync and remember");
        let summary = summary(site, &staged, changes.as_ref().map(|(changes, _)| *changes), rendered + drawn);
        let remembered = remembered.and_then(|()| match &changes {
            Some((_, manifest)) => {
                let found = (self.diags.clone(), self.silenced);
                let stands = (*manifest, posted);
                Last::remember(dir, site, &traces, &summary, found, stands, (listed, sources, read_at))
            }
            None if self.look.is_some() => Ok(()),
            None => unchanged::forget(dir),
        });
        if let Err(e) = remembered {
            self.diags.push(lost_cache(&e));
        }
        let summary = Summary { phases: self.laps.done, ..summary };
        let findings = findings(self.diags, &site.project.config.levels);
        let (config, files) = (site.project.config.clone(), site.files());
        Ok(Outcome {
            findings,
            summary,
            staged,
            left: None,
            config,
            files,
            _memory: Some(Box::new((read, traces, self.disk))),
        })
    }

    /// Ends a build that cannot be written, and leaves the output folder as it was.
    pub(super) fn cannot_write(&self, e: &io::Error) -> Failure {
        let _ = self.discard();
        at_out(self.request, e)
    }

    /// Leaves the output folder as it was.
    fn discard(&self) -> io::Result<()> {
        self.disk.as_ref().map_or(Ok(()), Disk::discard)
    }

    /// Whether something was found with which nothing may be published.
    fn stops(&self, site: &Snapshot) -> bool {
        self.request.stops(&site.project, &self.diags)
    }
}

/// Keeps what texts and pages said for the next build, if it is not kept already.
fn remember(
    dir: &Path,
    read: &Joined,
    traces: &[Arc<Trace>],
    rendered: usize,
    (sources, read_at): (Digest, i64),
) -> io::Result<()> {
    let Joined { site, cache, lost } = read;
    let routes = site.routes();
    let state = unchanged::state(site, sources, read_at);
    let known = cache.len() == routes.len() && !lost && (cache.tells() || state.is_none());
    if known && rendered == 0 && site.content.all_reused() {
        return Ok(());
    }
    let kept = routes.par_iter().zip(traces).map(|(r, t)| (r.path.clone(), identity(site, r), t.clone()));
    cache.write(dir, site, &kept.collect::<Vec<_>>(), state, read_at)
}

pub(super) fn at_out(request: &Request, e: &io::Error) -> Failure {
    Failure::io(format!("`{}` cannot be written", request.out.display()), e)
}

pub(super) fn lost_cache(e: &io::Error) -> Diagnostic {
    Diagnostic::new(codes::CACHE_LOST, format!("the cache could not be written: {e}"))
}

/// What is put out, as it is checked: path, bytes, their number.
pub(super) fn outputs<'a>(items: impl Iterator<Item = Item<'a>>) -> Vec<(&'a str, Digest, u64)> {
    items.map(|Item { path, digest, len, .. }| (path, digest, len)).collect()
}

/// The outcome of a build whose sources and output are those of the last one.
fn unchanged(
    request: &Request,
    project: &Project,
    files: &Arc<dyn Files + Send + Sync>,
    disk: &Disk,
    last: &Last,
) -> Option<Outcome> {
    let secret = || Some(site::secrets(&request.root).ok()??.fingerprint());
    let posted = || social::intact(&request.root, &site::hub_dir(&request.root));
    if !last.stands(disk.digest(), secret, posted) || !last.may_stay(request, project) {
        return None;
    }
    if !disk.is_intact(|_| false) {
        return None;
    }
    let summary = last.summary(project, disk.count_outputs());
    let findings = findings(last.diags.clone(), &project.config.levels);
    let (config, files) = (project.config.clone(), files.clone());
    Some(Outcome { findings, summary, staged: Vec::new(), left: None, config, files, _memory: None })
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
