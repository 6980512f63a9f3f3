//! A build of sources that have not changed since the last one: of the site nothing is read but the list of its files.
//!
//! The law of the cache holds for the site as a whole: the same sources, settings and secret give the same output, until the
//! next moment at which the site changes by itself.

use super::pipeline::{Request, Summary};
use crate::diag::{Code, Diagnostics, codes};
use crate::digest::{Digest, Hasher};
use crate::files::{Entry, Stamp};
use crate::gate::Secrets;
use crate::gate::keys::Secret;
use crate::project::{Project, Settings};
use crate::publish::Changes;
use crate::render::Snapshot;
use crate::render::cache::{self, State, settled};
use crate::site::Withheld;
use crate::site::query::Trace;
use crate::source::RelPath;
use crate::store;
use jiff::Timestamp;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::Arc;

const FORMAT: &str = concat!("hub last ", env!("HUB_BUILD"), "\n");
const FILE: &str = "last";

/// What a build finds by what was there before, or by what it was asked for: the next one of the same sources does not.
const OF_ONE_BUILD: [Code; 4] = [codes::CACHE_LOST, codes::FEWER_PAGES, codes::FOREIGN_FILE, codes::NOT_REPRODUCIBLE];

/// What a build came to, without its output.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Last {
    sources: Digest,
    /// Of what was found while they were listed: what cannot be taken is no source.
    listed: Digest,
    /// Of the manifest that it left.
    manifest: Digest,
    /// Of that of `social/`, where the site posts.
    posted: Option<Digest>,
    /// Its time, seconds since 1970: before it, it may have been another site.
    since: i64,
    /// Seconds since 1970: from then on it is another site.
    until: Option<i64>,
    /// The same for what is posted.
    posts_until: Option<i64>,
    /// The day, where a page shows it.
    day: Option<String>,
    /// Whether files were sealed, and with which secret.
    secret: Option<[u8; 16]>,
    pages: usize,
    withheld: Vec<(String, Withheld)>,
    pub diags: Diagnostics,
    /// Files in which a finding is silenced.
    pub silenced: Vec<RelPath>,
}

/// Everything that a site is made of, but for the time and the secret; its files by these stamps.
fn sources_by(project: &Project, settings: &Settings, stamp: impl Fn(&Entry) -> Stamp + Sync) -> Digest {
    let files = |block: &Arc<[Entry]>| {
        let mut hasher = Hasher::new("files");
        for entry in block.iter() {
            let Stamp { len, modified, changed, inode } = stamp(entry);
            hasher.text(entry.path.as_str()).number(len).number(modified as u64).number(changed as u64).number(inode);
        }
        hasher.finish()
    };
    let files: Vec<Digest> = project.files.blocks().par_iter().map(files).collect();
    let mut hasher = Hasher::new("sources");
    files.into_iter().for_each(|digest| {
        hasher.digest(digest);
    });
    for entry in project.files.iter().filter(|e| project.history.0.contains_key(&e.path)) {
        hasher.value(&project.history.0.get(&entry.path));
    }
    hasher.value(&(&settings.env, &settings.base_url, settings.drafts, settings.future)).finish()
}

/// Everything that a site is made of, as it is now.
pub(super) fn sources(project: &Project, settings: &Settings) -> Digest {
    sources_by(project, settings, |e| e.stamp)
}

/// The same with all that answers to pages depend on.
fn all_sources(project: &Project, settings: &Settings, secrets: Option<&Secrets>, sources: Digest) -> Digest {
    let fingerprint = |secret: Option<&Secret>| secret.map(|s| s.fingerprint());
    let secrets = (fingerprint(secrets.map(|s| &s.now)), fingerprint(secrets.and_then(|s| s.former.as_ref())));
    let mut hasher = Hasher::new("all sources");
    hasher.digest(sources).text(&day(project, settings)).value(&secrets).finish()
}

/// Whether the stamps of all sources tell what they are; `read_at` is when they were listed, in nanoseconds since 1970.
fn all_settled(project: &Project, read_at: i64) -> bool {
    project.files.iter().all(|e| settled(&e.stamp, read_at))
}

/// What the pages of a site are made of, where the stamps of its files tell.
pub(super) fn state(site: &Snapshot, sources: Digest, read_at: i64) -> Option<State> {
    let Snapshot { project, settings, secrets, .. } = site;
    all_settled(project, read_at).then(|| State {
        sources: all_sources(project, settings, secrets.as_ref(), sources),
        since: settings.now.as_second(),
        until: site.plan.next_change,
    })
}

/// What is another than in a cache.
pub(super) struct Since {
    /// Texts.
    pub texts: Vec<RelPath>,
    /// Digest of the sources that the cache is of.
    pub sources: Digest,
}

impl Since {
    /// What is another since a cache was written; none if more is than some texts.
    pub(super) fn of(
        cache: &cache::Read,
        project: &Project,
        settings: &Settings,
        secrets: Option<&Secrets>,
    ) -> Option<Since> {
        let (state, now) = (cache.state()?, settings.now.as_second());
        let stamp = |e: &Entry| cache.before.get(&e.path).map_or(e.stamp, |(stamp, _)| *stamp);
        let sources = sources_by(project, settings, stamp);
        let same = state.since <= now
            && state.until.is_none_or(|until| now < until)
            && state.sources == all_sources(project, settings, secrets, sources);
        let others = project.files.iter().filter(|e| stamp(e) != e.stamp).map(|e| e.path.clone());
        same.then(|| Since { texts: others.collect(), sources })
    }
}

fn day(project: &Project, settings: &Settings) -> String {
    settings.now.to_zoned(project.config.zone.clone()).date().to_string()
}

impl Last {
    /// What the last build came to, if that is known.
    pub(super) fn read(dir: &Path) -> Option<Last> {
        store::open(&dir.join(FILE), FORMAT).ok()?
    }

    /// Whether it had these sources, and they make the same site now.
    pub(super) fn holds(&self, project: &Project, (listed, sources): (Digest, Digest), settings: &Settings) -> bool {
        self.listed == listed
            && self.sources == sources
            && self.since <= settings.now.as_second()
            && [self.until, self.posts_until].into_iter().flatten().all(|until| settings.now.as_second() < until)
            && self.day.as_ref().is_none_or(|d| *d == day(project, settings))
    }

    /// Whether a request like this one may leave what it published.
    pub(super) fn may_stay(&self, request: &Request, project: &Project) -> bool {
        !request.stops(project, &self.diags) && request.min_pages.is_none_or(|least| self.pages >= least)
    }

    /// The summary of a build that rendered nothing of so many outputs.
    pub(super) fn summary(&self, project: &Project, outputs: usize) -> Summary {
        Summary {
            pages: self.pages,
            outputs,
            rendered: 0,
            changes: Some(Changes { unchanged: outputs, ..Changes::default() }),
            next_change: self.until.and_then(|at| Timestamp::from_second(at).ok()),
            withheld: self.withheld.clone(),
            env: project.config.env.clone(),
            phases: Vec::new(),
        }
    }

    /// Whether it had the same secret, and what it left is there: this manifest, and what is posted.
    pub(super) fn stands(
        &self,
        manifest: Digest,
        secret: impl FnOnce() -> Option<[u8; 16]>,
        posted: impl FnOnce() -> Option<Digest>,
    ) -> bool {
        self.manifest == manifest
            && (self.secret.is_none() || self.secret == secret())
            && (self.posted.is_none() || self.posted == posted())
    }

    /// Remembers a build that was published; `read_at` is when its sources were listed, in nanoseconds since 1970.
    pub(super) fn remember(
        dir: &Path,
        site: &Snapshot,
        traces: &[Arc<Trace>],
        summary: &Summary,
        (mut diags, silenced): (Diagnostics, Vec<RelPath>),
        (manifest, posted): (Digest, Option<(Digest, Option<Timestamp>)>),
        (listed, sources, read_at): (Digest, Digest, i64),
    ) -> io::Result<()> {
        let project = &site.project;
        diags.0.retain(|d| !OF_ONE_BUILD.contains(&d.code));
        let shows_day = traces.par_iter().any(|t| t.asked.has_today());
        let last = Last {
            sources,
            listed,
            manifest,
            since: site.settings.now.as_second(),
            posted: posted.map(|(digest, _)| digest),
            posts_until: posted.and_then(|(_, until)| until).map(|at| at.as_second()),
            until: summary.next_change.map(|at| at.as_second()),
            day: shows_day.then(|| day(project, &site.settings)),
            secret: site.secrets.as_ref().filter(|_| site.needs_secret()).map(|s| s.fingerprint()),
            pages: summary.pages,
            withheld: summary.withheld.clone(),
            diags,
            silenced,
        };
        last.save(dir, project, read_at)
    }

    /// Remembers a build that came to the same, but for its sources and its manifest.
    pub(super) fn remember_step(
        &self,
        dir: &Path,
        site: &Snapshot,
        shows_day: bool,
        manifest: Digest,
        (sources, read_at): (Digest, i64),
    ) -> io::Result<()> {
        let day = (shows_day || self.day.is_some()).then(|| day(&site.project, &site.settings));
        Last { sources, manifest, day, ..self.clone() }.save(dir, &site.project, read_at)
    }

    /// Keeps it, where the stamps of its sources tell.
    fn save(&self, dir: &Path, project: &Project, read_at: i64) -> io::Result<()> {
        match all_settled(project, read_at) {
            true => store::save(&dir.join(FILE), FORMAT, self),
            false => forget(dir),
        }
    }
}

/// Forgets what the last build came to.
pub(super) fn forget(dir: &Path) -> io::Result<()> {
    store::remove(&dir.join(FILE))
}
